"""The problems at their cells and on their sheet, and the summary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.model.campaign import Weekday
from loader.model.fixes import Fix, Sure, perhaps
from loader.model.row import Outcome, Problem, Severity, Status
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from loader.workbook.writer import new_workbook
from loader.workbook.writer import problems_sheet as problem_page
from tests.workbook.conftest import HEADERS
from tests.workbook.results_made import (
    CHANGED,
    CREATED,
    ROWS,
    SUMMARY,
    WRONG,
    Write,
    line_of,
    make_campaign,
    make_sheet,
    rows_of,
    writer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.workbook.workbook import Workbook

    from tests.workbook.conftest import MakeRow, MakeWorkbook


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


# Problems


def test_a_formula_whose_result_was_not_saved_is_none_either_where_the_results_are_read_again(
    write: Write, make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    results = write(read_sheet(make_workbook([HEADERS, make_row("=1+2"), make_row("Recall")])))
    again = validate(read_sheet(results))
    assert again.invalid == {("", 2): "#N/A"}
    assert [ready.row for ready in again.ready] == [3]


def test_a_wrong_cell_is_coloured_and_says_what_would_be_right(write: Write) -> None:
    page = load_workbook(write(make_sheet(*ROWS), [], [WRONG, CHANGED]))["Campaigns"]
    assert page["D3"].value == 0
    assert page["D3"].comment.text == "Error: is below 1\nRight: a whole number from 1 to 100"
    assert page["B2"].comment.text == "Warning: is a number and is read as '+442079460018'"
    error, warning, fine = page["D3"], page["B2"], page["D2"]
    assert error.fill.fgColor.rgb == "00F8CBAD"
    assert warning.fill.fgColor.rgb == "00FFF2CC"
    assert fine.fill.fill_type is None
    assert fine.comment is None


def test_what_a_cell_could_hold_instead_stands_in_its_comment_and_on_the_sheet_of_problems(write: Write) -> None:
    zone = replace(WRONG, wrong="is no zone", right="perhaps 'Asia/Kolkata'", fixes=(Fix("Asia/Kolkata", Sure.ZONE),))
    time = replace(CHANGED, wrong="says neither", fixes=perhaps("9:00 AM", "9:00 PM"))
    book = load_workbook(write(make_sheet(*ROWS), [], [zone, time]))
    offered = "perhaps 'Asia/Kolkata'\nUse Asia/Kolkata (sure)"
    assert book["Campaigns"]["D3"].comment.text == f"Error: is no zone\nRight: {offered}"
    assert book["Campaigns"]["B2"].comment.text == "Warning: says neither\nUse 9:00 AM, or use 9:00 PM"
    assert {line[5] for line in rows_of(book, "Problems")[1:]} == {offered, "Use 9:00 AM, or use 9:00 PM"}


def test_errors_and_warnings_differ_without_their_colours(write: Write) -> None:
    page = load_workbook(write(make_sheet(*ROWS), [], [WRONG, CHANGED]))["Campaigns"]
    assert (page["D3"].border.left.style, page["D3"].font.bold) == ("medium", True)
    assert (page["B2"].border.left.style, page["B2"].font.bold) == ("dashed", False)


def test_several_problems_of_a_cell_are_all_reported_and_the_worst_gives_the_colour(write: Write) -> None:
    problems = [replace(WRONG, severity=Severity.WARNING, wrong="is odd", right=""), WRONG]
    cell = load_workbook(write(make_sheet(*ROWS), [], problems))["Campaigns"]["D3"]
    assert cell.comment.text == "Warning: is odd\nError: is below 1\nRight: a whole number from 1 to 100"
    assert cell.fill.fgColor.rgb == "00F8CBAD"


def test_a_blank_cell_with_a_problem_is_marked_too(write: Write) -> None:
    cell = load_workbook(write(make_sheet(["Recall"]), [], [replace(WRONG, row=2, seen="")]))["Campaigns"]["D2"]
    assert cell.value is None
    assert cell.fill.fgColor.rgb == "00F8CBAD"
    assert cell.comment is not None


def test_a_rows_problem_is_at_its_status_and_a_columns_at_its_header(write: Write) -> None:
    row = Problem(3, None, "", "", "no weekday has a calling window", "9:00 AM - 6:00 PM")
    column = Problem(None, 5, "Owner", "Owner", "is not used", "", Severity.WARNING)
    page = load_workbook(write(make_sheet(*ROWS), [Outcome(3, "Renewal", Status.INVALID)], [row, column]))["Campaigns"]
    assert page["F3"].value == "Invalid"
    assert page["F3"].comment.text == "Error: no weekday has a calling window\nRight: 9:00 AM - 6:00 PM"
    assert page["E1"].comment.text == "Warning: is not used"


def test_a_problem_outside_of_the_sheet_is_listed_and_breaks_nothing(write: Write) -> None:
    book = load_workbook(write(make_sheet(*ROWS), [], [replace(WRONG, row=99), replace(WRONG, column=99)]))
    assert [row[1] for row in rows_of(book, "Problems")] == ["Cell", "CU3", "D99"]


def test_the_problems_sheet_has_a_line_for_each_in_order_with_a_link(write: Write) -> None:
    everywhere = Problem(None, None, "", "", "The sheet has 2 hidden rows.", "", Severity.WARNING)
    row = Problem(3, None, "", "", "no weekday has a calling window", "9:00 AM - 6:00 PM")
    column = Problem(None, 5, "Owner", "Owner", "is not used", "", Severity.WARNING)
    book = load_workbook(write(make_sheet(*ROWS, title="It's spring"), [], [WRONG, CHANGED, row, column, everywhere]))
    assert rows_of(book, "Problems") == [
        ["Sheet", "Cell", "Header", "Value seen", "What is wrong", "What would be right", "Severity"],
        ["It's spring", "whole sheet", None, None, "The sheet has 2 hidden rows.", None, "warning"],
        ["It's spring", "column E", "Owner", "Owner", "is not used", None, "warning"],
        [
            "It's spring",
            "B2",
            "Caller ID",
            "442079460018",
            "is a number and is read as '+442079460018'",
            None,
            "warning",
        ],
        ["It's spring", "row 3", None, None, "no weekday has a calling window", "9:00 AM - 6:00 PM", "error"],
        ["It's spring", "D3", "Max attempts", "0", "is below 1", "a whole number from 1 to 100", "error"],
    ]
    links = [book["Problems"].cell(row, 2).hyperlink for row in range(2, 7)]
    assert [link and (link.ref, link.location) for link in links] == [
        None,
        ("B3", "'It''s spring'!E1"),
        ("B4", "'It''s spring'!B2"),
        ("B5", "'It''s spring'!A3"),
        ("B6", "'It''s spring'!D3"),
    ]
    assert book["Problems"].freeze_panes == "A2"
    assert book["Problems"].auto_filter.ref == "A1:G6"


def test_a_line_of_problems_is_as_tall_as_its_longest_text(write: Write) -> None:
    long = replace(WRONG, wrong="is wrong in a way that takes many words " * 5)
    page = load_workbook(write(make_sheet(*ROWS), [], [CHANGED, long]))["Problems"]
    assert [page.row_dimensions[row].height for row in (2, 3)] == [None, 45]


def test_a_problem_reported_in_several_places_is_listed_once(write: Write) -> None:
    sheet = replace(make_sheet(*ROWS), problems=(WRONG,))
    outcome = Outcome(3, "Renewal", Status.INVALID, problems=(WRONG, CHANGED))
    assert len(rows_of(load_workbook(write(sheet, [outcome], [CHANGED, WRONG])), "Problems")) == 3


def test_beyond_what_anybody_reads_problems_are_counted_and_have_no_comment(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_workbook, "MOST_COMMENTS", 1)
    monkeypatch.setattr(problem_page, "MOST_LINES", 3)
    problems = [replace(WRONG, row=row) for row in range(2, 7)]
    book = load_workbook(write(make_sheet(*[["Recall"]] * 5), [], problems))
    assert [bool(book["Problems"].cell(row, 2).hyperlink) for row in range(2, 6)] == [True, True, True, False]
    assert book["Problems"].cell(5, 5).value == (
        "2 problems more are not listed here: the column Message has those of each row"
    )
    assert book["Problems"].max_row == 5
    marked = [book["Campaigns"].cell(row, 4) for row in range(2, 7)]
    assert [bool(cell.comment) for cell in marked] == [True, False, False, False, False]
    assert {cell.fill.fgColor.rgb for cell in marked} == {"00F8CBAD"}


# Summary


def test_the_summary_says_who_when_where_and_how_fast(write: Write) -> None:
    book = load_workbook(write(make_sheet(*ROWS), [CREATED], [WRONG, CHANGED, replace(CHANGED, row=3)]))
    facts = {str(row[0]): row[1] for row in rows_of(book, "Summary")[3:15]}
    assert facts == {
        "File": "spring.xlsx",
        "Sheet": "Campaigns",
        "Run": "r1",
        "Started by": "maria",
        "Account": "a1",
        "Host": "platform.kore.ai",
        "Started": "2026-11-24 08:00:00 UTC",
        "Ended": "2026-11-24 08:20:00 UTC",
        "Took (h:mm:ss)": "0:20:00",
        "Requests used": 900,
        "Rate reached (requests a minute)": 45,
        "Problems": "1 error, 2 warnings",
    }


def test_the_summary_counts_the_rows_of_every_status_and_draws_them(write: Write) -> None:
    outcomes = [
        CREATED,
        replace(CREATED, row=3),
        Outcome(4, "c", Status.ALREADY_EXISTS),
        Outcome(5, "d", Status.UNKNOWN),
    ]
    book = load_workbook(write(make_sheet(*ROWS), outcomes))
    assert rows_of(book, "Summary")[1][0] == "3 of 4 rows are created or were already there"
    counted = [line_of(book, status.value)[0] for status in Status]
    assert counted == [2, 1, 0, 0, 0, 0, 1]
    assert line_of(book, "All rows") == [4]
    (chart,) = book["Summary"]._charts  # type: ignore[attr-defined]
    assert chart.ser[0].val.numRef.f == "'Summary'!$B$18:$B$24"
    assert [book["Summary"].cell(row, 1).value for row in (18, 24)] == ["Created", "Unknown"]


def grid_of(book: Workbook) -> dict[str, list[object]]:
    return {day.value: line_of(book, day.value) for day in Weekday}


def test_the_grid_shows_how_many_campaigns_call_in_which_hour_utc(write: Write) -> None:
    campaigns = [make_campaign("Recall", "Asia/Kolkata"), make_campaign("Renewal", "Australia/Sydney")]
    campaigns += [make_campaign("Refused", "Asia/Kolkata")]
    outcomes = [CREATED, Outcome(4, "Refused", Status.REJECTED)]
    book = load_workbook(write(make_sheet(*ROWS), outcomes, [], replace(SUMMARY, campaigns=campaigns)))
    grid = grid_of(book)
    assert line_of(book, "UTC") == [f"{hour:02d}" for hour in range(24)]
    assert grid["Monday"] == [0, 0, 0, 1, 1, 1, *[0] * 18]
    assert grid["Sunday"] == [*[0] * 22, 1, 1]
    assert grid["Friday"] == [0] * 24


def test_the_grid_is_reported_by_the_clock_of_every_zone_used_as_well(write: Write) -> None:
    campaigns = [make_campaign("Recall", "Asia/Kolkata"), make_campaign("Renewal", "UTC")]
    book = load_workbook(write(make_sheet(*ROWS), [CREATED], [], replace(SUMMARY, campaigns=campaigns)))
    lines = rows_of(book, "Summary")
    (at,) = (number for number, line in enumerate(lines) if line[0] == "Asia/Kolkata (UTC+05:30)")
    assert lines[at + 1][:2] == ["UTC+05:30", "00"]
    assert lines[at + 2][:25] == ["Monday", *[0] * 9, 1, 1, *[0] * 2, 1, 1, 1, *[0] * 7] or lines[at + 2][10:12] == [
        1,
        1,
    ]
    assert [line[0] for line in lines].count("Monday") == 2
    assert "UTC (UTC)" in [line[0] for line in lines]


def test_hours_with_more_campaigns_than_an_account_runs_are_marked(write: Write) -> None:
    campaigns = [make_campaign(f"Recall {number}", "UTC") for number in range(51)]
    campaigns += [make_campaign(f"Renewal {number}", "Asia/Dubai") for number in range(50)]
    book = load_workbook(write(make_sheet(*ROWS), [], [], replace(SUMMARY, campaigns=iter(campaigns))))
    row = next(cells[0].row for cells in book["Summary"].iter_rows() if cells[0].value == "Monday")
    over, at_most = book["Summary"].cell(row, 2 + 9), book["Summary"].cell(row, 2 + 5)
    assert (over.value, over.number_format, over.border.left.style) == (51, '0"!"', "medium")
    assert (at_most.value, at_most.border.left.style) == (50, "thin")
    scale = next(iter(book["Summary"].conditional_formatting)).rules[0].colorScale
    assert len(scale.color) == 2
