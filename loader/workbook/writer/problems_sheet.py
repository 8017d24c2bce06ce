"""The sheet of problems: one line each, with a link to its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from loader.model.cell_reference import LAST_ROW
from loader.model.row import address
from loader.workbook.writer.cell_styles import HEADER, LINE_HEIGHT, MARKED, lines_of, set_up_for_paper
from loader.workbook.writer.cells import WRAPPED, CellStyle, Pen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.row import Problem

_MOST_LINKS = 65_000  # Excel holds 65,530 on a sheet and calls a workbook with more of them damaged
_LINK = CellStyle(font=Font(name="Calibri", size=11, color="0563C1", underline="single"))
_HEADERS = {
    "Sheet": 18,
    "Cell": 11,
    "Header": 24,
    "Value seen": 32,
    "What is wrong": 60,
    "What would be right": 60,
    "Severity": 11,
}
_TEXT_WIDTHS = [_HEADERS[header] for header in ("Header", "Value seen", "What is wrong", "What would be right")]


def fill_problems(page: Worksheet, title: str, problems: Sequence[Problem], *, header_row: int) -> None:
    """One line a problem, as many as a sheet holds. `title` and `header_row` are those of the user's sheet."""
    pen = Pen(page)
    page.freeze_panes = "A2"
    set_up_for_paper(page)
    page.auto_filter.ref = f"A1:{get_column_letter(len(_HEADERS))}{min(len(problems) + 1, LAST_ROW)}"
    for column, width in enumerate(_HEADERS.values(), 1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.append([pen.cell(header, HEADER) for header in _HEADERS])
    links = _MOST_LINKS
    for row, problem in enumerate(problems[: LAST_ROW - 1], 2):
        place = pen.cell(problem.place or "whole sheet")
        if links and (target := _target(problem, header_row)):
            place = pen.cell(place.value, _LINK)
            place.row, place.column = 1, 1  # openpyxl asks for a place, and puts in the right one when it is written
            place.hyperlink = Hyperlink(ref="A1", location=f"{quote_sheetname(title)}!{target}")
            links -= 1
        texts = (problem.header, problem.seen, problem.wrong, problem.right)
        if (lines := max(map(lines_of, texts, _TEXT_WIDTHS))) > 1:
            page.row_dimensions[row].height = LINE_HEIGHT * lines
        severity = pen.cell(problem.severity.value, MARKED[problem.severity])
        page.append([pen.cell(title), place, *(pen.cell(text, WRAPPED) for text in texts), severity])


def _target(problem: Problem, header_row: int) -> str | None:
    """The cell a problem's link leads to: a column's is its header, a row's its first cell."""
    if problem.row is None and problem.column is None:
        return None
    return address(problem.row or header_row, problem.column or 1)
