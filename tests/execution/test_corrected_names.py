"""A name is corrected in a results workbook: that is the campaign that was created, and no second one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import load_workbook

from loader.model.row import Status
from tests.load_runs import creates, end_of, ends, held

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loader.execution.report import Report
    from tests.conftest import Load, MakeWorkbook, Serve


def edited(report: Report, changes: Mapping[int, Mapping[str, str | None]], *, copies: Mapping[int, str] = {}) -> Path:
    """The results with cells changed by row and header, and with copies of rows below, each with a name of its own."""
    assert report.results is not None
    book = load_workbook(report.results)
    sheet = book.worksheets[0]
    columns = {str(cell.value): number for number, cell in enumerate(sheet[1], 1)}
    for row, name in copies.items():
        sheet.append([cell.value for cell in sheet[row]])
        sheet.cell(sheet.max_row, columns["Campaign name"], name)
    for row, cells in changes.items():
        for header, value in cells.items():
            sheet.cell(row, columns[header]).value = value
    path = report.results.with_name("edited.xlsx")
    book.save(path)
    return path


async def test_a_corrected_name_is_a_conflict_and_a_copied_row_a_campaign_of_its_own(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    first = await load(make_workbook(["Spring North", "Spring Sooth"]), server.url)
    sheet = edited(first, {3: {"Campaign name": "Spring South"}}, copies={2: "Spring West"})
    report = await load(sheet, server.url)
    assert ends(report) == {"Spring North": "Created", "Spring South": "Conflict", "Spring West": "Created"}
    old = end_of(first, "Spring Sooth").campaign_id
    conflict = end_of(report, "Spring South")
    assert conflict.message == (
        f"was created as 'Spring Sooth' ({old}); rename it in Kore.ai, or clear its Campaign ID to create another"
    )
    assert (conflict.campaign_id, conflict.run, report.exit_code) == (old, first.run.id, 4)
    assert creates(server) == {"Spring North": 1, "Spring Sooth": 1, "Spring West": 1}
    # the row keeps the mark: loaded again, with nothing else open, it is what it was
    again = await load(edited(report, {}), server.url, options={"preflight": False})
    assert ends(again) == ends(report)


async def test_both_ways_out_of_it_work(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    first = await load(make_workbook(["A", "B"]), server.url)
    sheet = edited(first, {2: {"Campaign name": "A right"}, 3: {"Campaign name": "B right", "Campaign ID": None}})
    server.edit(end_of(first, "A").campaign_id, "name", "A right")
    report = await load(sheet, server.url)
    assert ends(report) == {"A right": "Already exists", "B right": "Created"}
    assert end_of(report, "A right").campaign_id == end_of(first, "A").campaign_id
    assert held(server) == ["A right", "B", "B right"]


async def test_an_id_that_this_journal_did_not_give_to_this_run_says_nothing(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    first = await load(make_workbook(["A", "B"]), server.url)
    sheet = edited(
        first,
        {
            2: {"Campaign name": "A right", "Run": "20260101-000000-000000"},
            3: {"Campaign name": "C", "Campaign ID": "x"},
        },
    )
    assert {it.status for it in (await load(sheet, server.url)).outcomes} == {Status.CREATED}
