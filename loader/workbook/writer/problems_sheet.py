"""The sheet of problems: one line each, with a link to its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from loader.model.fixes import in_words
from loader.model.row import address
from loader.workbook.writer.cell_styles import HEADER, LINE_HEIGHT, MARKED, lines_of, set_up_for_paper
from loader.workbook.writer.cells import WRAPPED, CellStyle, Pen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.row import Problem

MOST_LINES = 5_000  # nobody reads as many; each has a link, and Excel holds 65,530 of those on a sheet
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


def fill_problems(page: Worksheet, problems: Sequence[Problem], tables: Mapping[str, tuple[str, int]]) -> None:
    """One line a problem; the last line says how many are left out. `tables`: titles and header rows, by label."""
    pen, more = Pen(page), len(problems) - MOST_LINES
    page.freeze_panes = "A2"
    set_up_for_paper(page)
    page.auto_filter.ref = f"A1:{get_column_letter(len(_HEADERS))}{min(len(problems), MOST_LINES) + 1}"
    for column, width in enumerate(_HEADERS.values(), 1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.append([pen.cell(header, HEADER) for header in _HEADERS])
    for row, problem in enumerate(problems[:MOST_LINES], 2):
        right = "\n".join(filter(None, (problem.right, in_words(problem.fixes))))
        texts = (problem.header, problem.seen, problem.wrong, right)
        lines = max(map(lines_of, texts, _TEXT_WIDTHS))
        if lines > 1:
            page.row_dimensions[row].height = LINE_HEIGHT * lines
        # a bare value is written in half the time
        written = (pen.cell(text, WRAPPED) if lines > 1 else pen.plain(text) for text in texts)
        title, header_row = tables.get(problem.sheet, ("", 0))
        place = _place(pen, problem, title, header_row)
        page.append([pen.plain(title), place, *written, pen.cell(problem.severity.value, MARKED[problem.severity])])
    if more > 0:
        rest = f"{more:,} problems more are not listed here: the column Message has those of each row"
        page.append([None, None, None, None, pen.cell(rest, WRAPPED)])


def _place(pen: Pen, problem: Problem, title: str, header_row: int) -> Cell:
    target = _target(problem, header_row) if title else None
    if target is None:
        return pen.cell(problem.cell or ("whole sheet" if title else "all sheets"))
    place = pen.cell(problem.cell, _LINK)
    place.row, place.column = 1, 1  # openpyxl asks for a place, and puts in the right one when it is written
    place.hyperlink = Hyperlink(ref="A1", location=f"{quote_sheetname(title)}!{target}")
    return place


def _target(problem: Problem, header_row: int) -> str | None:
    """The cell a problem's link leads to: a column's is its header, a row's its first cell."""
    if problem.row is None and problem.column is None:
        return None
    return address(problem.row or header_row, problem.column or 1)
