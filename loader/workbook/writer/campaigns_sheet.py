"""The sheet Campaigns of the workbooks we write: headers with notes, rules for what is typed, and some rows."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from loader.model.campaign import Campaign, DialingMode, DialingOrder, Frequency
from loader.model.cell_reference import LAST_ROW
from loader.workbook.columns import find, sentence_of
from loader.workbook.writer.cell_styles import CENTRED, HEADER, LINE_HEIGHT, PAGES_WIDE, lines_of, set_up_for_paper
from loader.workbook.writer.cells import PLAIN, WRAPPED, CellStyle, Pen

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
REQUIRED = CellStyle(HEADER.font, HEADER.fill, _EDGE, HEADER.alignment)
OPTIONAL = CellStyle(HEADER.font, PatternFill("solid", fgColor="5577A8"), _EDGE, HEADER.alignment)
_SAMPLE = CellStyle(Font(name="Calibri", size=11, italic=True, color="6B6B6B"), alignment=WRAPPED.alignment)
_CENTRED_SAMPLE = CellStyle(_SAMPLE.font, alignment=CENTRED.alignment)
_LONGEST_PROMPT, _LONGEST_PROMPT_TITLE = 255, 32  # Excel's limits; with more it calls the workbook damaged
_WORDS: Mapping[str, Sequence[str]] = {
    "priority": ("1", "2", "3", "4", "5"),
    "dialing_mode": tuple(DialingMode),
    "frequency": tuple(Frequency),
    "dialing_order": tuple(DialingOrder),
    "machine_detection": ("No", "Yes", "detect", "disconnect"),
}
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"


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
    page.print_title_cols = "A:A"  # the names, on every page
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
        style = _CENTRED_SAMPLE if samples else CENTRED
    elif samples:
        style = _SAMPLE
    else:
        style = WRAPPED if _lines(value, column) > 1 else PLAIN
    return pen.cell(value, style, number_format=_FORMATS.get(type(value)))


def input_rule(column: Column, cells: str, names: str | None) -> DataValidation:
    """What may be typed in `cells`, never stricter than the loader, and what Excel says about it.

    `names`: cells with names to choose from, if any.
    """
    title, sentence = column.header[:_LONGEST_PROMPT_TITLE], sentence_of(column.rule)[:_LONGEST_PROMPT]
    rule = DataValidation(
        sqref=cells,
        allow_blank=True,
        showInputMessage=True,
        promptTitle=title,
        prompt=sentence,
        showErrorMessage=True,
        errorTitle=title,
        error=sentence,
    )
    if words := _WORDS.get(column.field):
        rule.type, rule.formula1 = "list", f'"{",".join(words)}"'
    elif names is not None:
        # a warning only: a cell may hold several, and there may be new ones that this workbook does not know
        rule.type, rule.formula1, rule.errorStyle = "list", names, "warning"
    elif column.is_number:
        lowest, highest = _bound(column, "ge"), _bound(column, "le")
        rule.type, rule.operator = "whole", "between" if highest is not None else "greaterThanOrEqual"
        rule.formula1, rule.formula2 = str(lowest), None if highest is None else str(highest)
    elif column.is_weekday:
        # a warning only: it sees nonsense, and the loader's own rule is finer
        rule.type, rule.formula1, rule.errorStyle = "custom", window_rule(cells.partition(":")[0]), "warning"
    elif longest := _bound(column, "max_length") if column.field in ("name", "description") else None:
        rule.type, rule.operator, rule.formula1 = "textLength", "lessThanOrEqual", str(longest)
    return rule


def window_rule(cell: str) -> str:
    """A formula that is false for what cannot be a weekday's windows: they begin with a digit and have a dash or "to".

    Excel takes no lists in such a formula, and at most 255 characters.
    """
    found = ",".join(f'FIND("{dash}",{cell})' for dash in _DASHES)
    closed = f'COUNT(FIND(";"&LOWER(TRIM({cell}))&";",";-;\u2013;closed;off;"))=1'
    return f'OR({closed},AND(ISNUMBER(-LEFT(TRIM({cell}))),COUNT({found},SEARCH("to",{cell}))>0))'


def _bound(column: Column, kind: str) -> int | None:
    """A limit of the campaign itself, so that the workbook cannot have another one."""
    limits = Campaign.model_fields[column.field].metadata
    return next((getattr(limit, kind) for limit in limits if hasattr(limit, kind)), None)
