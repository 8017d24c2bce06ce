"""Results in the user's own workbook: what was theirs is there, what is ours is beside it."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.workbook.writer import in_place
from tests.sheets import read_results, row
from tests.workbook.formatted import read, results_from, rows_with_faults, write_formatted
from tests.workbook.results_made import RESULT_HEADERS, rows_of, seen_by_calamine

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.cell import Cell, MergedCell
    from openpyxl.workbook.workbook import Workbook


@pytest.fixture(autouse=True)
def _always_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook whose results are written elsewhere fails its test."""

    def in_place_or_failed(*args: object) -> bool:
        assert write(*args)  # type: ignore[arg-type]
        return True

    write = in_place.write_in_place
    monkeypatch.setattr("loader.workbook.writer.results.write_in_place", in_place_or_failed)


@pytest.fixture
def formatted(tmp_path: Path) -> Path:
    return write_formatted(tmp_path / "spring.xlsx", rows_with_faults())


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as package:
        return package.read(name)


def xml_rows(path: Path, name: str = "xl/worksheets/sheet1.xml") -> dict[int, bytes]:
    return {int(number): found for found, number in re.findall(rb'(<row r="(\d+)".*?</row>)', part(path, name))}


def look_of(cell: Cell | MergedCell) -> list[str]:
    return [repr(it) for it in (cell.font, cell.fill, cell.border, cell.alignment, cell.number_format)]


# What was theirs


def test_what_somebody_made_of_their_workbook_is_kept(formatted: Path, tmp_path: Path) -> None:
    results = results_from(formatted, tmp_path)
    before, after = (load_workbook(path)["Campaigns"] for path in (formatted, results))
    for line in before.iter_rows():
        for cell in line:
            assert after[cell.coordinate].value == cell.value
            if cell.coordinate not in ("I3", "G4", "B4", "F5"):
                assert look_of(after[cell.coordinate]) == look_of(cell)
    assert after.column_dimensions["B"].width == 33
    assert after.freeze_panes == "C2"
    assert [str(it.sqref) for it in after.data_validations.dataValidation] == ["E2:E500"]
    assert [str(it.sqref) for it in after.conditional_formatting] == ["D2:D50"]
    assert after["A3"].comment.text == "ask Maria"
    assert len(after._charts) == 1  # type: ignore[attr-defined]


def test_a_row_without_a_problem_is_the_same_byte_for_byte_up_to_the_results(formatted: Path, tmp_path: Path) -> None:
    before, after = xml_rows(formatted), xml_rows(results_from(formatted, tmp_path))
    for number in (1, 2):
        assert after[number].startswith(before[number].removesuffix(b"</row>"))


def test_other_sheets_are_the_same_byte_for_byte(formatted: Path, tmp_path: Path) -> None:
    results = results_from(formatted, tmp_path)
    assert part(results, "xl/worksheets/sheet2.xml") == part(formatted, "xl/worksheets/sheet2.xml")
    assert load_workbook(results)["Notes"]["A2"].value == "=COUNTA(Campaigns!A:A)-1"
    assert b'fullCalcOnLoad="1"' in part(results, "xl/workbook.xml")


def test_a_filter_of_theirs_grows_to_the_results_beside_it(formatted: Path, tmp_path: Path) -> None:
    book = load_workbook(results_from(formatted, tmp_path))
    assert book["Campaigns"].auto_filter.ref == "A1:U5"
    assert "$A$1:$U$5" in part(tmp_path / "results.xlsx", "xl/workbook.xml").decode()


def test_where_nothing_is_frozen_or_filtered_header_and_names_are(tmp_path: Path) -> None:
    def bare(book: Workbook) -> None:
        page = book["Campaigns"]
        page.freeze_panes, page.auto_filter.ref = None, None

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], bare)
    page = load_workbook(results_from(path, tmp_path))["Campaigns"]
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == "A1:T2"


def test_a_table_takes_the_results_in_so_that_sorting_it_moves_them(tmp_path: Path) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall"), row("Renewal")], table=True)
    page = load_workbook(results_from(path, tmp_path))["Campaigns"]
    table = page.tables["Campaigns_"]
    assert (table.ref, table.autoFilter.ref) == ("A1:T3", "A1:T3")
    assert [column.name for column in table.tableColumns][12:] == RESULT_HEADERS
    assert page.auto_filter.ref is None


def test_a_chart_beside_the_data_moves_out_of_the_way(formatted: Path, tmp_path: Path) -> None:
    charts = load_workbook(results_from(formatted, tmp_path))["Campaigns"]._charts  # type: ignore[attr-defined]
    assert charts[0].anchor._from.col == 13 + 8


# What is ours


def test_results_stand_to_the_right_and_our_sheets_right_behind(formatted: Path, tmp_path: Path) -> None:
    path = results_from(formatted, tmp_path, "it was refused")
    book = load_workbook(path)
    assert book.sheetnames == ["Campaigns", "Problems", "Summary", "Notes"]
    assert rows_of(book, "Campaigns")[0][12:] == ["Owner", *RESULT_HEADERS]
    assert rows_of(book, "Campaigns")[1][13:] == [
        *("Created", "cd-2", "Ready", "it was refused", 200, 1, datetime.fromisoformat("2026-11-24 08:00"), "r1"),
    ]
    assert rows_of(book, "Campaigns")[2][13:17] == [
        *("Invalid", None, None, "I3 Max attempts: '0' is below 1; right: a whole number from 1 to 100"),
    ]
    assert seen_by_calamine(path)[1][13:17] == ["Created", "cd-2", "Ready", "it was refused"]
    assert book["Campaigns"].column_dimensions["Q"].width == 60
    assert len(book["Summary"]._charts) == 1  # type: ignore[attr-defined]
    assert [it[1] for it in rows_of(book, "Problems")] == ["Cell", "whole sheet", "I3", "B4", "G4", "F5"]
    assert book["Problems"]["B3"].hyperlink.location == "'Campaigns'!I3"


def test_a_problem_is_marked_on_top_of_their_look_and_reported_in_a_comment(formatted: Path, tmp_path: Path) -> None:
    page = load_workbook(results_from(formatted, tmp_path))["Campaigns"]
    assert page["I3"].comment.text == "Error: is below 1\nRight: a whole number from 1 to 100"
    assert page["B4"].comment.text == "Error: is blank\nRight: 1 to 256 characters"
    assert page["F5"].comment.text.startswith("Warning: is a number")
    error, warning = page["I3"], page["F5"]
    assert (error.fill.fgColor.rgb, error.border.left.style, error.font.b) == ("00F8CBAD", "medium", True)
    assert (warning.fill.fgColor.rgb, warning.border.left.style, warning.font.b) == ("00FFF2CC", "dashed", False)
    assert (error.font.name, error.font.sz) == ("Arial", 9)


def test_a_comment_of_theirs_on_a_wrong_cell_stays_above_ours(tmp_path: Path) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall"), row("x" * 60)])
    page = load_workbook(results_from(path, tmp_path))["Campaigns"]
    assert page["A3"].comment.text == (
        "ask Maria\n--- campaign-loader ---\n"
        "Error: is 60 characters long, and at most 48 are allowed\nRight: 1 to 48 characters, and no other row has "
        "the same name"
    )
    assert page["A3"].comment.author == "Tom"


def test_sheets_of_theirs_called_like_ours_are_left_alone(tmp_path: Path) -> None:
    def theirs(book: Workbook) -> None:
        book.create_sheet("problems")["A1"] = "with the dialler"

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], theirs)
    book = load_workbook(results_from(path, tmp_path))
    assert book.sheetnames == ["Campaigns", "Problems (loader)", "Summary", "Notes", "problems"]
    assert book["problems"]["A1"].value == "with the dialler"


def test_days_are_counted_from_1904_where_the_workbook_does(tmp_path: Path) -> None:
    def mac(book: Workbook) -> None:
        book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - as openpyxl has it

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], mac)
    assert read_results(results_from(path, tmp_path))[0]["Submitted at (UTC)"] == datetime.fromisoformat(
        "2026-11-24 08:00"
    )


# Fed back


def test_results_fed_back_are_filled_anew_and_marks_that_are_settled_go(formatted: Path, tmp_path: Path) -> None:
    first = results_from(formatted, tmp_path)
    book = load_workbook(first)
    page = book["Campaigns"]
    page["I3"], page["B4"] = 3, "About the survey"
    page["V1"], page["V2"] = "Remark", "mine"
    book.save(tmp_path / "renamed.xlsx")
    again = load_workbook(results_from(tmp_path / "renamed.xlsx", tmp_path))
    assert again.sheetnames == ["Campaigns", "Problems", "Summary", "Notes"]
    rows = rows_of(again, "Campaigns")
    assert rows[0][12:] == ["Owner", *RESULT_HEADERS, "Remark"]
    assert [line[13] for line in rows[1:]] == ["Created", "Created", "Invalid", "Created"]
    assert (rows[2][16], rows[1][21]) == (None, "mine")
    page, before = again["Campaigns"], load_workbook(formatted)["Campaigns"]
    for place in ("I3", "B4"):
        assert page[place].comment is None
        assert look_of(page[place]) == look_of(before[place])
    assert page["G4"].comment is not None
    assert page["A3"].comment.text == "ask Maria"
    assert [it[1] for it in rows_of(again, "Problems")] == ["Cell", "whole sheet", "G4", "F5"]


def test_results_written_from_results_are_the_same_again(formatted: Path, tmp_path: Path) -> None:
    first = results_from(formatted, tmp_path)
    second = results_from(first, tmp_path)
    for name in ("Campaigns", "Problems", "Summary"):
        assert rows_of(load_workbook(second), name)[4:] == rows_of(load_workbook(first), name)[4:]
    third = results_from(second, tmp_path)
    assert xml_rows(third) == xml_rows(second)
    with zipfile.ZipFile(third) as one, zipfile.ZipFile(second) as other:
        assert sorted(map(len, one.namelist())) == sorted(map(len, other.namelist()))


def test_results_with_columns_of_ours_deleted_get_them_back_behind_the_last(formatted: Path, tmp_path: Path) -> None:
    book = load_workbook(results_from(formatted, tmp_path))
    book["Campaigns"].delete_cols(15)  # Campaign ID
    book.save(tmp_path / "less.xlsx")
    header = rows_of(load_workbook(results_from(tmp_path / "less.xlsx", tmp_path)), "Campaigns")[0]
    assert header[13:] == [it for it in RESULT_HEADERS if it != "Campaign ID"] + ["Campaign ID"]


def test_a_results_workbook_reads_as_the_sheet_it_was_made_of(formatted: Path, tmp_path: Path) -> None:
    _, sheet = read(formatted)
    _, again = read(results_from(formatted, tmp_path))
    assert (again.columns, again.drafts) == (sheet.columns, sheet.drafts)
