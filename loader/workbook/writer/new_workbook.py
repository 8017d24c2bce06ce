"""Results as a new workbook: the user's values in our cell styles, where no workbook can be copied."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName

from loader.workbook.ooxml.workbook_part import OUR_SHEETS
from loader.workbook.writer.cell_styles import (
    HEADER,
    LINE_HEIGHT,
    MARKED,
    PAGES_WIDE,
    SENT_FORMAT,
    lines_of,
    set_up_for_paper,
)
from loader.workbook.writer.cells import PLAIN, WRAPPED, CellStyle, Pen, escaped, new_book
from loader.workbook.writer.problems_sheet import fill_problems
from loader.workbook.writer.result_cells import AUTHOR, MOST_COMMENTS, comment_on, worst
from loader.workbook.writer.summary_sheet import SummaryPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.row import Problem, Sheet
    from loader.workbook.writer.result_cells import ResultCells

_SAMPLE = 300  # rows that a column's width is taken from
_NARROWEST, _WIDEST = 9.0, 44.0  # columns, in characters


def write_new_workbook(file: IO[bytes], of_sheets: Sequence[ResultCells]) -> None:
    """With one sheet for each of those that were loaded, and ours."""
    first = of_sheets[0]
    own = [_title(it.sheet.title) for it in of_sheets]
    with new_book(file) as book:
        titles = {what: _free_title(what, own) for what in OUR_SHEETS}
        for what, name in OUR_SHEETS.items():
            place = f"{quote_sheetname(titles[what])}!$A$1"
            book.defined_names[name] = DefinedName(name, attr_text=place, hidden=True)
        for title, of_sheet in zip(own, of_sheets, strict=True):
            _UserPage(book.create_sheet(title), of_sheet).fill()
        problems = book.create_sheet(titles["Problems"])
        tables = {it.sheet.label: (title, it.sheet.header_row) for title, it in zip(own, of_sheets, strict=True)}
        fill_problems(problems, first.problems, tables)
        page = SummaryPage(book.create_sheet(titles["Summary"]))
        page.fill(first.results.sheets, first.results.outcomes, first.problems, first.summary)


def _title(wanted: str) -> str:
    """The sheet's own name, or the nearest that Excel allows: a .csv file brings any."""
    allowed = re.sub(r"[\\/*?:\[\]\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", " ", wanted).strip(" '")
    while len(allowed.encode("utf-16-le")) > 2 * 31:
        allowed = allowed[:-1].rstrip(" '")
    return allowed if allowed and allowed.casefold() != "history" else "Sheet"


def _free_title(wanted: str, taken: Sequence[str]) -> str:
    return f"{wanted} (loader)" if wanted.casefold() in map(str.casefold, taken) else wanted


class _UserPage:
    """The user's own sheet with the result columns and the marks."""

    def __init__(self, page: Worksheet, result_cells: ResultCells) -> None:
        self._page, self._pen, self._result_cells = page, Pen(page), result_cells
        self._sheet = result_cells.sheet
        self._widths = _widths(result_cells.sheet) | result_cells.widths
        self._caller_id = result_cells.sheet.columns.get("caller_id")
        self._submitted = result_cells.places["Submitted at (UTC)"]
        self._comments_left = MOST_COMMENTS

    def fill(self) -> None:
        page, header, result_cells = self._page, self._sheet.header_row, self._result_cells
        page.freeze_panes = f"{get_column_letter(result_cells.first_moving_column())}{header + 1}"
        set_up_for_paper(page, pages_wide=PAGES_WIDE, header_row=header)
        page.auto_filter.ref = f"A{header}:{get_column_letter(result_cells.last_column)}{len(self._sheet.cells)}"
        for column, width in self._widths.items():
            page.column_dimensions[get_column_letter(column)].width = width
        for row, values in enumerate(self._sheet.cells, 1):
            marks = result_cells.marks.get(row, {})
            contents = self._contents(row, values, marks)
            lines = self._lines(contents)
            if lines > 1:
                page.row_dimensions[row].height = LINE_HEIGHT * lines
            page.append(list(self._cells(contents, marks, tall=lines > 1)))
            page.row_dimensions.pop(row, None)  # written by now; otherwise they would be one object a row

    def _contents(
        self, row: int, values: Sequence[object], marks: Mapping[int, Sequence[Problem]]
    ) -> list[tuple[object, CellStyle]]:
        """What goes into the cells of a row, and in which style."""
        usual, broken = (HEADER, HEADER) if row == self._sheet.header_row else (PLAIN, WRAPPED)
        last = self._result_cells.last_column
        contents = [(value, broken if isinstance(value, str) and "\n" in value else usual) for value in values[:last]]
        contents += [(None, usual)] * (last - len(contents))
        for column, problems in marks.items():
            if column <= last:
                contents[column - 1] = contents[column - 1][0], MARKED[worst(problems)]
        for column, content in self._result_cells.results_of(row).items():
            contents[column - 1] = content
        return contents

    def _lines(self, contents: Sequence[tuple[object, CellStyle]]) -> int:
        return max(
            lines_of(value, self._widths.get(column, _NARROWEST))
            if style is not PLAIN and isinstance(value, str)
            else 1
            for column, (value, style) in enumerate(contents, 1)
        )

    def _cells(
        self, contents: Sequence[tuple[object, CellStyle]], marks: Mapping[int, Sequence[Problem]], *, tall: bool
    ) -> Iterator[object]:
        """The cells of a row. In one of several lines every text stands at the top."""
        for column, (value, style) in enumerate(contents, 1):
            problems = marks.get(column)
            number_format = self._number_format(column, value)
            if value is None and not problems:
                yield None
            elif style is PLAIN and not problems and not tall and not number_format:
                yield self._pen.plain(value)
            else:
                cell = self._pen.cell(value, style, number_format=number_format)
                if problems and self._comments_left:
                    cell.comment = _comment(problems)
                    self._comments_left -= 1
                yield cell

    def _number_format(self, column: int, value: object) -> str | None:
        if column == self._caller_id:
            # text, so that Excel leaves the plus alone when somebody edits it; all digits of what is a number already
            return "@" if isinstance(value, str) else "0"
        return SENT_FORMAT if column == self._submitted else None


def _comment(problems: Sequence[Problem]) -> Comment:
    text, height = comment_on(problems)
    return Comment(escaped(text), AUTHOR, height=height, width=300)


def _widths(sheet: Sheet) -> dict[int, float]:
    """Wide enough for most of what a column's first rows hold."""
    widths: dict[int, float] = {}
    for values in sheet.cells[sheet.header_row - 1 : sheet.header_row + _SAMPLE]:
        for column, value in enumerate(values, 1):
            if value is not None:
                longest = max((len(line) for line in str(value).splitlines()), default=0)
                widths[column] = max(widths.get(column, _NARROWEST), min(longest + 2.5, _WIDEST))
    return widths
