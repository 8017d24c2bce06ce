"""A workbook as somebody keeps it: looks of their own, a filter, notes, rules, a chart, a second sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from loader.model.attempt import Attempt
from loader.model.row import Outcome, Status
from loader.planning.checked import invalid_rows
from loader.planning.validate import validate
from loader.workbook.reader.read import read_workbook
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import write_results
from tests.sheets import row
from tests.workbook.results_made import AT, SUMMARY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from loader.model.row import Sheet
    from tests.sheets import Row


def write_formatted(
    path: Path, rows: Sequence[Row], then: Callable[[Workbook], object] | None = None, *, table: bool = False
) -> Path:
    book = Workbook()
    page = book.worksheets[0]
    page.title = "Campaigns"
    headers = list(rows[0])
    page.append(headers)
    for one in rows:
        page.append([one.get(header) for header in headers])
    for cell in page[1]:
        cell.fill, cell.font = PatternFill("solid", fgColor="7030A0"), Font(name="Arial", bold=True, color="FFFFFF")
    for number, line in enumerate(page.iter_rows(min_row=2)):
        for cell in line:
            cell.font = Font(name="Arial", size=9)
            if number % 2:
                cell.fill = PatternFill("solid", fgColor="E4DFEC")
    page.column_dimensions["B"].width = 33
    ref = f"A1:{get_column_letter(len(headers))}{len(rows) + 1}"
    if table:
        page.add_table(Table(displayName="Campaigns_", ref=ref))
    else:
        page.auto_filter.ref = ref
    page.freeze_panes = "C2"
    page.add_data_validation(DataValidation(type="list", formula1='"Agentless,Preview"', sqref="E2:E500"))
    rule = CellIsRule(operator="greaterThan", formula=["4"], font=Font(bold=True))  # type: ignore[no-untyped-call]
    page.conditional_formatting.add("D2:D50", rule)
    page["A3"].comment = Comment("ask Maria", "Tom")
    chart = BarChart()
    chart.add_data(Reference(page, min_col=4, min_row=1, max_row=len(rows) + 1), titles_from_data=True)
    page.add_chart(chart, "N4")
    notes = book.create_sheet("Notes")
    notes["A1"], notes["A2"] = "Our notes", "=COUNTA(Campaigns!A:A)-1"
    if then:
        then(book)
    book.save(path)
    return path


def read(path: Path) -> tuple[bytes, Sheet]:
    content = path.read_bytes()
    return content, read_workbook(content, path.name)


def results_from(path: Path, folder: Path, message: str = "") -> Path:
    """The results of a run in which every valid row was created."""
    content, sheet = read(path)
    checked = validate(sheet)
    created = [
        Outcome(
            it.row,
            it.campaign.name,
            Status.CREATED,
            attempt=Attempt(
                message=message,
                campaign_id=f"cd-{it.row}",
                campaign_status="Ready",
                http_status=200,
                attempts=1,
                submitted_at=AT,
            ),
            run="r1",
        )
        for it in checked.ready
    ]
    told = Results([sheet], [*invalid_rows(checked), *created], checked.problems, SUMMARY)
    return write_results(folder / "results.xlsx", told, content).path


def rows_with_faults() -> list[Row]:
    return [
        row("Recall", Owner="Ann"),
        row("Renewal", Max_attempts=0, Owner="Ben"),
        row("Survey", Timezone="Mars", Description=None, Owner="Cem"),
        row("Winback", Caller_ID=442079460018, Owner="Dee"),
    ]
