"""Rows that are no campaigns: passed over in one line, or one problem each; none is lost without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl.worksheet.table import Table

from loader.errors import WorkbookError
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from tests.workbook.conftest import HEADERS, VALUES

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from tests.workbook.conftest import MakeRow, MakeWorkbook

RIGHT = "right: that row deleted, or filled in"
PREPARED = [None, None, None, None, "Asia/Kolkata", None, 3, 60, 30, None]


def told(path: Path) -> list[str]:
    """What is said of the sheet and its rows, and before it how many rows are valid and invalid."""
    checked = validate(read_sheet(path))
    counts = f"{len(checked.ready)} valid, {len(checked.invalid)} invalid"
    return [counts, *(problem.sentence() for problem in checked.problems)]


def test_rows_prepared_for_campaigns_are_passed_over_in_one_line(make_workbook: MakeWorkbook) -> None:
    rows = [HEADERS, VALUES, *[PREPARED] * 26, [None] * 10, PREPARED]
    assert told(make_workbook(rows)) == [
        "1 valid, 0 invalid",
        "The sheet has rows without a name, which are passed over: 3 to 28, 30.",
    ]


@pytest.mark.parametrize("header", ["Description", "Contact lists", "Experience flow"])
def test_a_row_without_a_name_that_has_what_only_a_campaign_has_is_an_error(
    make_workbook: MakeWorkbook, header: str
) -> None:
    row = [value if name in {header, "Timezone"} else None for name, value in zip(HEADERS, VALUES, strict=True)]
    said = told(make_workbook([HEADERS, VALUES, row]))
    assert said[0] == "1 valid, 1 invalid"
    assert any(it.startswith("A3 Campaign name is blank") for it in said)


@pytest.mark.parametrize("more", [None, 9])
def test_a_name_and_nothing_else_is_one_problem(make_workbook: MakeWorkbook, more: int | None) -> None:
    total = ["Total", *[None] * 5, more, None, None, None]
    assert told(make_workbook([HEADERS, VALUES, [], total])) == [
        "1 valid, 1 invalid",
        f"A4 Campaign name: 'Total' has a name and nothing else: a total or a note?; {RIGHT}",
    ]


def test_a_formula_in_such_a_row_is_not_said_again(make_workbook: MakeWorkbook) -> None:
    said = told(make_workbook([HEADERS, VALUES, ["Total", *[None] * 5, "=SUM(G2:G2)", None, None, None]]))
    assert len(said) == 2


def test_a_row_of_hints_is_one_problem(make_workbook: MakeWorkbook) -> None:
    hints = ["(max 48 chars)", "(free text)", None, "e.g. +15101234567", *[None] * 6]
    assert told(make_workbook([HEADERS, hints, VALUES])) == [
        "1 valid, 1 invalid",
        f"A2 Campaign name: '(max 48 chars)' looks like a row of hints, and no campaign; {RIGHT}",
    ]


def test_a_second_header_row_is_reported_with_where_it_begins(make_workbook: MakeWorkbook, make_row: MakeRow) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_sheet(make_workbook([HEADERS, VALUES, [], ["South"], HEADERS, make_row("Autumn")]))
    assert str(caught.value) == (
        "calls.xlsx, sheet 'Campaigns': Row 5 is a header row again, and one table a sheet is read: delete that row if "
        "the columns beneath are the same, or move what is beneath to a sheet of its own."
    )


def test_the_totals_row_of_a_table_is_no_row(make_workbook: MakeWorkbook) -> None:
    def with_table(sheet: Worksheet) -> None:
        table = Table(displayName="Calls", ref="A1:J3", totalsRowCount=1)
        sheet.add_table(table)

    total = ["Total", *[None] * 5, 3, None, None, None]
    assert told(make_workbook([HEADERS, VALUES, total], then=with_table)) == [
        "1 valid, 0 invalid",
        "The sheet has the totals row of a table, which is passed over: 3.",
    ]


def test_a_merged_row_without_a_name_is_not_passed_over(make_workbook: MakeWorkbook) -> None:
    rows = [HEADERS, VALUES, PREPARED]
    said = told(make_workbook(rows, then=lambda sheet: sheet.merge_cells("A2:C3")))
    assert any("is merged (A2:C3)" in it for it in said)


def test_a_text_with_the_mark_of_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    values = ["Fr\u00fchling", *map(str, VALUES[1:])]
    path.write_text("\r\n".join("\t".join(row) for row in (HEADERS, values)), encoding="utf-16", newline="")
    (ready,) = validate(read_sheet(path)).ready
    assert ready.campaign.name == "Fr\u00fchling"
