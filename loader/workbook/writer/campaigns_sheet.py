"""The sheet Campaigns of the workbooks we write: headers with notes, rules for what is typed, and some rows."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from loader.model.cell_reference import LAST_ROW
from loader.workbook.columns import find, sentence_of
from loader.workbook.writer.cell_styles import CENTRED, HEADER, LINE_HEIGHT, PAGES_WIDE, lines_of, set_up_for_paper
from loader.workbook.writer.cells import PLAIN, WRAPPED, Look, Pen
from loader.workbook.writer.input_rules import input_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from loader.workbook.columns import Column

_WIDTHS = {
    "name": 32,
    "description": 44,
    "contact_lists": 30,
    "caller_id": 24,
    "timezone": 21,
    "experience_flow": 24,
    "queue": 22,
}
_USUAL_WIDTH, _WEEKDAY_WIDTH = 16, 36  # the second holds two windows
# all digits of a caller ID that is a number
_FORMATS: Mapping[type, str] = {str: "@", int: "0", time: "h:mm AM/PM"}

_WHITE_LINE = Side(style="thin", color="FFFFFF")
_EDGE = Border(left=_WHITE_LINE, right=_WHITE_LINE)
REQUIRED = Look(HEADER.font, HEADER.fill, _EDGE, HEADER.alignment)
OPTIONAL = Look(HEADER.font, PatternFill("solid", fgColor="5577A8"), _EDGE, HEADER.alignment)
_SAMPLE = Look(Font(name="Calibri", size=11, italic=True, color="6B6B6B"), alignment=WRAPPED.alignment)
_CENTRED_SAMPLE = Look(_SAMPLE.font, alignment=CENTRED.alignment)


def fill_campaigns(
    page: Worksheet,
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    names: Mapping[str, str],
    samples: bool = False,
) -> None:
    """`names`: cells with names to choose from, by field. `samples`: the rows are only there to be looked at."""
    pen = Pen(page)
    columns = [find(header) for header in headers]
    page.freeze_panes = "B2"
    set_up_for_paper(page, pages_wide=PAGES_WIDE, header_row=1)
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        page.column_dimensions[letter].width = _width(column)
        if column is not None:
            page.column_dimensions[letter].number_format = _format(column)
            rule = input_rule(column, f"{letter}2:{letter}{LAST_ROW}", names.get(column.field))
            page.data_validations.append(rule)
    page.row_dimensions[1].height = 32
    page.append([_header(pen, header, column) for header, column in zip(headers, columns, strict=True)])
    for number, row in enumerate(rows, 2):
        lines = max(_lines(value, column) for value, column in zip(row, columns, strict=True))
        page.row_dimensions[number].height = LINE_HEIGHT * lines
        cells = zip(row, columns, strict=True)
        page.append([_cell(pen, value, column, samples=samples) for value, column in cells])


def _width(column: Column | None) -> int:
    if column is None:
        return _USUAL_WIDTH
    return _WEEKDAY_WIDTH if column.is_weekday else _WIDTHS.get(column.field, _USUAL_WIDTH)


def _lines(value: object, column: Column | None) -> int:
    return lines_of(value, _width(column)) if isinstance(value, str) else 1


def _format(column: Column) -> str:
    if column.is_number:
        return "0"
    # text: Excel makes a date of the contact list '2026-04', eats the plus of a number and calculates '9-5'
    return "hh:mm" if column.is_end_of_day else "@"


def _header(pen: Pen, header: str, column: Column | None) -> Cell:
    if column is None:
        return pen.cell(header, OPTIONAL)
    cell = pen.cell(header, REQUIRED if column.required == "yes" or column.is_weekday else OPTIONAL)
    text = f"{sentence_of(column.rule)}\nRequired: {column.required}."
    if column.example:
        text += f"\nExample: {column.example}"
    if column.aliases:
        text += f"\nAlso understood: {', '.join(column.aliases)}"
    lines = sum(1 + len(line) // 45 for line in text.split("\n"))
    cell.comment = Comment(text, "campaign-loader", width=320, height=30 + 18 * lines)
    return cell


def _cell(pen: Pen, value: object, column: Column | None, *, samples: bool) -> Cell:
    if column is not None and (column.is_number or column.is_end_of_day):
        look = _CENTRED_SAMPLE if samples else CENTRED
    elif samples:
        look = _SAMPLE
    else:
        look = WRAPPED if _lines(value, column) > 1 else PLAIN
    return pen.cell(value, look, number_format=_FORMATS.get(type(value)))
