"""The user's own sheet as it comes back, as openpyxl and calamine see it."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from openpyxl import load_workbook

from loader.errors import OutputError
from loader.model.attempt import Attempt
from loader.model.row import Outcome, Sheet, Status
from loader.workbook.writer.results import results_path
from tests.workbook.results_made import (
    AT,
    CHANGED,
    CREATED,
    HEADER,
    RESULT_HEADERS,
    ROWS,
    WRONG,
    Write,
    make_sheet,
    results_of,
    rows_of,
    seen_by_calamine,
    writer,
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


# The user's own sheet


def test_the_users_sheet_comes_first_with_its_title_and_the_two_others_follow(write: Write) -> None:
    assert load_workbook(write(make_sheet(*ROWS, title="Frühling 2026"))).sheetnames == [
        "Frühling 2026",
        "Problems",
        "Summary",
    ]


def test_on_paper_no_page_lacks_a_header_and_problems_are_as_wide_as_a_page(write: Write) -> None:
    book = load_workbook(write(make_sheet(*ROWS, above=[["Spring campaigns"]])))
    assert book["Campaigns"].print_title_rows == "$2:$2"
    wide = {page.title: (page.page_setup.orientation, page.page_setup.fitToWidth) for page in book}
    assert wide == {"Campaigns": ("landscape", 4), "Problems": ("landscape", 1), "Summary": ("landscape", 1)}


def test_every_value_of_the_users_is_where_it_was(write: Write) -> None:
    above: list[list[object]] = [["Spring campaigns", None, None], [], [None, "as of", date(2026, 11, 1)]]
    row = ["Recall", "+442079460018", time(9, 30), 12.5, datetime.fromisoformat("2026-11-24 08:30")]
    odd = [" padded ", "007", timedelta(hours=30), True, "two\nlines", "beyond the header"]
    path = write(make_sheet(row, odd, above=above))
    assert [line[:6] for line in rows_of(load_workbook(path), "Campaigns")] == [
        ["Spring campaigns", None, None, None, None, None],
        [None] * 6,
        [None, "as of", datetime.fromisoformat("2026-11-01"), None, None, None],
        [*HEADER, None],
        [*row, None],
        [" padded ", "007", timedelta(hours=30), True, "two\nlines", "beyond the header"],
    ]
    assert seen_by_calamine(path)[4][:5] == row
    assert seen_by_calamine(path)[5][:6] == odd


def test_result_columns_stand_to_the_right_of_the_last_used_one(write: Write) -> None:
    sheet = make_sheet([*ROWS[0], None, "a remark far right", None, ""])
    header = rows_of(load_workbook(write(sheet)), "Campaigns")[0]
    assert header == [*HEADER, None, None, *RESULT_HEADERS]


def test_a_created_row_shows_what_the_api_said(write: Write) -> None:
    path = write(make_sheet(*ROWS), [CREATED])
    assert results_of(path, 2) == {
        "Status": "Created",
        "Campaign ID": "cd-1234567-0000",
        "Campaign status": "Ready",
        "Message": None,
        "HTTP status": 200,
        "Attempts": 2,
        "Submitted at (UTC)": datetime.fromisoformat("2026-11-24 08:30:15"),
        "Run": "r1",
    }


def test_outcomes_find_their_rows_by_number_in_any_order(write: Write) -> None:
    rows = [[f"Recall {number}"] for number in range(2, 9)]
    outcomes = [Outcome(row, f"Recall {row}", status) for row, status in zip((8, 4, 2), Status, strict=False)]
    path = write(make_sheet(*rows), outcomes)
    assert [results_of(path, row)["Status"] for row in range(2, 9)] == [
        "Conflict",
        None,
        "Already exists",
        None,
        None,
        None,
        "Created",
    ]


def test_a_row_without_an_outcome_has_blank_results(write: Write) -> None:
    assert set(results_of(write(make_sheet(*ROWS), [CREATED]), 3).values()) == {None}


def test_an_invalid_row_tells_its_errors_where_it_has_no_message(write: Write) -> None:
    invalid = Outcome(3, "Renewal", Status.INVALID)
    path = write(make_sheet(*ROWS), [CREATED, invalid], [WRONG, replace(WRONG, column=1, seen=""), CHANGED])
    assert results_of(path, 3)["Message"] == (
        "A3 Max attempts is below 1; right: a whole number from 1 to 100\n"
        "D3 Max attempts: '0' is below 1; right: a whole number from 1 to 100"
    )
    assert results_of(path, 2)["Message"] is None


def test_every_status_has_its_word_and_a_look_of_its_own(write: Write) -> None:
    rows = [[status.value] for status in Status]
    path = write(make_sheet(*rows), [Outcome(row, status.value, status) for row, status in enumerate(Status, 2)])
    cells = [load_workbook(path)["Campaigns"].cell(row, 6) for row in range(2, 9)]
    assert [cell.value for cell in cells] == [
        "Created",
        "Already exists",
        "Conflict",
        "Invalid",
        "Rejected",
        "Not sent",
        "Unknown",
    ]
    assert len({cell.fill.fgColor.rgb for cell in cells}) == 7


def test_header_and_names_stay_in_sight_and_every_column_can_be_filtered(write: Write) -> None:
    page = load_workbook(write(make_sheet(*ROWS, above=[["Spring"], []])))["Campaigns"]
    assert page.freeze_panes == "B4"
    assert page.auto_filter.ref == "A3:M5"


def test_names_far_to_the_right_do_not_fill_the_screen(write: Write) -> None:
    sheet = replace(make_sheet(*ROWS), columns={"name": 5})
    assert load_workbook(write(sheet))["Campaigns"].freeze_panes == "A2"


def test_a_caller_id_stays_text_and_one_that_is_a_number_shows_all_digits(write: Write) -> None:
    page = load_workbook(write(make_sheet(*ROWS)))["Campaigns"]
    assert (page["B2"].value, page["B2"].number_format) == (442079460018, "0")
    assert (page["B3"].value, page["B3"].data_type, page["B3"].number_format) == ("+442079460019", "s", "@")


def test_columns_are_as_wide_as_what_they_hold_within_reason(write: Write) -> None:
    page = load_workbook(write(make_sheet([*ROWS[0][:4], "x" * 300])))["Campaigns"]
    assert page.column_dimensions["C"].width == 19.5
    assert page.column_dimensions["E"].width == 44
    assert page.column_dimensions["I"].width == 60


def test_a_row_of_several_lines_is_as_high_as_they_are(write: Write) -> None:
    rejected = Outcome(3, "Renewal", Status.REJECTED, attempt=Attempt(message="x" * 200))
    page = load_workbook(write(make_sheet(["Recall", None, "9-10\n11-12"], ROWS[1], ROWS[0]), [rejected]))["Campaigns"]
    assert [page.row_dimensions[row].height for row in range(2, 5)] == [30, 45, None]


def test_a_sheet_with_nothing_but_a_header_is_written(write: Write) -> None:
    assert rows_of(load_workbook(write(make_sheet())), "Campaigns") == [[*HEADER, *RESULT_HEADERS]]


# Results fed back in


def fed_back(path: Path) -> Sheet:
    cells = [list(row) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]
    return replace(make_sheet(), file=path.name, cells=cells)


def test_a_results_workbook_is_filled_anew_in_place(write: Write) -> None:
    first = write(
        make_sheet(*ROWS), [CREATED, Outcome(3, "Renewal", Status.INVALID, attempt=Attempt(message="wrong"), run="r1")]
    )
    created_later = Outcome(3, "Renewal", Status.CREATED, attempt=Attempt(campaign_id="cd-2"), run="r2")
    second = write(fed_back(first), [created_later])
    assert load_workbook(second).sheetnames == ["Campaigns", "Problems", "Summary"]
    assert rows_of(load_workbook(second), "Campaigns")[0] == [*HEADER, *RESULT_HEADERS]
    assert results_of(second, 3) == {
        "Status": "Created",
        "Campaign ID": "cd-2",
        "Campaign status": None,
        "Message": None,
        "HTTP status": None,
        "Attempts": 0,
        "Submitted at (UTC)": None,
        "Run": "r2",
    }
    assert set(results_of(second, 2).values()) == {None}


def test_columns_moved_deleted_or_added_between_two_runs_are_respected(write: Write) -> None:
    header = ["status", "Campaign name", "Run", "Message", "CAMPAIGN ID", "Attempts", "My remark"]
    sheet = replace(make_sheet(), cells=[header, ["Invalid", "Recall", "r0", "wrong", None, 0, "mine"]])
    rows = rows_of(load_workbook(write(sheet, [CREATED])), "Campaigns")
    assert rows[0] == [
        "Status",
        "Campaign name",
        "Run",
        "Message",
        "Campaign ID",
        "Attempts",
        "My remark",
        "Campaign status",
        "HTTP status",
        "Submitted at (UTC)",
    ]
    assert rows[1][:9] == ["Created", "Recall", "r1", None, "cd-1234567-0000", 2, "mine", "Ready", 200]


def test_a_users_own_status_and_message_columns_are_left_alone(write: Write) -> None:
    header = ["Campaign name", "Status", "Message", "Run"]
    sheet = replace(make_sheet(), cells=[header, ["Recall", "approved", "call early", "first"]], columns={"name": 1})
    path = write(sheet, [CREATED])
    assert rows_of(load_workbook(path), "Campaigns")[1][:5] == ["Recall", "approved", "call early", "first", "Created"]
    again = write(fed_back(path), [replace(CREATED, status=Status.UNKNOWN)])
    assert rows_of(load_workbook(again), "Campaigns")[0] == [*header, *RESULT_HEADERS]
    assert rows_of(load_workbook(again), "Campaigns")[1][:5] == ["Recall", "approved", "call early", "first", "Unknown"]


def test_rows_above_the_header_keep_what_stands_over_result_columns(write: Write) -> None:
    sheet = replace(make_sheet(), header_row=2, cells=[["Spring", "by Maria"], RESULT_HEADERS, []], columns={})
    assert rows_of(load_workbook(write(sheet)), "Campaigns")[0][:2] == ["Spring", "by Maria"]


# The file


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("spring.xlsx", "spring-results-20261124T080000Z.xlsx"),
        ("spring.v2.XLSM", "spring.v2-results-20261124T080000Z.xlsx"),
        ("spring.csv", "spring-results-20261124T080000Z.xlsx"),
        ("folder/spring", "spring-results-20261124T080000Z.xlsx"),
        ("C:\\folder\\spring.xlsx", "spring-results-20261124T080000Z.xlsx"),
        ("spring-results-20251231T235959Z.xlsx", "spring-results-20261124T080000Z.xlsx"),
        ("spring-results-20251231T235959Z-2.xlsx", "spring-results-20261124T080000Z.xlsx"),
        ("spring-results-20251231T235959Z-results-20260101T000000Z.xlsx", "spring-results-20261124T080000Z.xlsx"),
        ("spring-results-soon.xlsx", "spring-results-soon-results-20261124T080000Z.xlsx"),
        ("a\nb:c?.xlsx", "a_b_c_-results-20261124T080000Z.xlsx"),
        ("", "sheet-results-20261124T080000Z.xlsx"),
        (".xlsx", "sheet-results-20261124T080000Z.xlsx"),
        ("..", "..-results-20261124T080000Z.xlsx"),
        ("é" * 200 + ".xlsx", "é" * 90 + "-results-20261124T080000Z.xlsx"),
    ],
)
def test_results_are_named_after_the_sheet_and_the_time(file: str, name: str) -> None:
    assert results_path(Path("output"), file, AT) == Path("output") / name


def test_the_time_in_the_name_is_utc() -> None:
    at = AT.astimezone(timezone(timedelta(hours=-5)))
    assert results_path(Path("output"), "a.xlsx", at).name == "a-results-20261124T080000Z.xlsx"


def test_results_never_take_the_place_of_others(write: Write) -> None:
    first, second = write(make_sheet(*ROWS)), write(make_sheet(*ROWS), [CREATED])
    assert (first.name, second.name) == ("spring-results.xlsx", "spring-results-2.xlsx")
    assert results_of(first, 2)["Status"] is None


def test_results_are_for_their_owner_alone(write: Write) -> None:
    before = os.umask(0)
    try:
        path = write(make_sheet(*ROWS))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


class Unwritable:
    def __str__(self) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_where_a_row_cannot_be_written_nothing_is_left_anywhere(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows: list[list[object]] = [["Recall"]] * 400
    with pytest.raises(OutputError, match="No space left on device"):
        write(make_sheet(*rows, [Unwritable()]), [CREATED], [WRONG])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["m\udce4rz.xlsx", r"m\udce4rz.xlsx"], ids=["as it is", "as it is reported"])
def test_results_of_a_workbook_whose_name_is_no_text_keep_what_is_text_of_it(file: str) -> None:
    assert results_path(Path("output"), file, AT).name.startswith("m_rz-results-")
