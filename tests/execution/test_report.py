"""What a check says of the rows that cannot be sent, and the workbook it writes on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import load_workbook

from loader.execution.report import write_check
from loader.model.row import Status
from loader.planning.checked import invalid_rows
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from tests.sheets import read_results, row
from tests.workbook.reader.test_tables import several

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Main, MakeWorkbook


def test_an_invalid_row_is_reported_with_every_reason_in_a_line_of_its_own(make_workbook: MakeWorkbook) -> None:
    checked = validate(read_sheet(make_workbook(["A", row("B", Priority=9, Timezone="Mars")])))
    [outcome] = invalid_rows(checked)
    assert (outcome.row, outcome.name, outcome.status) == (3, "B", Status.INVALID)
    assert outcome.message.splitlines() == [
        "D3 Priority: '9' is above 5; right: a whole number from 1 to 5; 5 runs first",
        "G3 Timezone: 'Mars' is not a time zone of the tz database; right: a name such as Asia/Kolkata",
    ]
    assert [problem.header for problem in outcome.problems] == ["Priority", "Timezone"]


def test_a_warning_makes_no_row_invalid(make_workbook: MakeWorkbook) -> None:
    checked = validate(read_sheet(make_workbook([row("A", Caller_ID=15101234567)])))
    assert (len(checked.problems), invalid_rows(checked)) == (1, [])


def test_the_workbook_of_a_check_marks_the_cells_and_says_that_nothing_was_sent(
    make_workbook: MakeWorkbook, folder: Path
) -> None:
    path = make_workbook(["A", row("B", Priority=9)])
    sheet = read_sheet(path)
    written = write_check(folder / "marked.xlsx", path.read_bytes(), [sheet], validate(sheet)).path
    rows = read_results(written)
    assert [(it["Campaign name"], it["Status"], it["Run"]) for it in rows] == [
        ("A", None, None),
        ("B", "Invalid", None),
    ]
    book = load_workbook(written)
    assert book.sheetnames == ["Campaigns", "Problems", "Summary"]
    summary = {str(cell.value) for line in book["Summary"].iter_rows() for cell in line if cell.value is not None}
    assert {"none, the sheet was only checked", "Nothing was sent: 1 valid, 1 invalid"} <= summary
    lines = [[cell.value for cell in line[:2]] for line in book["Summary"].iter_rows()]
    at = lines.index(["Status", "Rows"])
    assert lines[at + 1 : at + 4] == [["Valid", 1], ["Invalid", 1], ["All rows", 2]]


def test_the_workbook_of_a_check_of_several_sheets_counts_the_valid_rows_of_each(main: Main, folder: Path) -> None:
    several(folder / "calls.xlsx", {"US": [row("A"), row("B")], "EU": [row("C"), row("D", Priority=9)]})
    assert main("check", "calls.xlsx", "--all-sheets", "--output", "marked.xlsx").code == 3
    lines = [[cell.value for cell in line[:3]] for line in load_workbook(folder / "marked.xlsx")["Summary"].iter_rows()]
    assert ["US", 2, "2 valid"] in lines
    assert ["EU", 2, "1 valid, 1 invalid"] in lines
