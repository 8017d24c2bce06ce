"""The workbook people fill, and one that is filled. Both come out the same, byte for byte, whenever that is done."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from typing import IO, TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

from openpyxl.comments import Comment
from openpyxl.packaging.core import DocumentProperties
from openpyxl.packaging.custom import IntProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from loader.campaign import Campaign, DialingMode, DialingOrder, Frequency, Weekday
from loader.files import write_new
from loader.workbook.addresses import LAST_ROW
from loader.workbook.cells import PLAIN, WRAPPED, Look, Pen
from loader.workbook.columns import COLUMNS, find
from loader.workbook.example import EXAMPLE_HEADERS, EXAMPLE_ROWS
from loader.workbook.looks import PAGES_WIDE, set_up_for_paper
from loader.workbook.save import new_book
from loader.workbook.zones import ALL_ZONES, COMMON_ZONES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.cell import Cell

    from loader.workbook.columns import Column

SCHEMA_PROPERTY = "campaign-loader template"  # a custom property of the document
SCHEMA_VERSION = 1

_ACCOUNT = "Lists and queues"
_ALWAYS = datetime(2026, 1, 1)  # noqa: DTZ001 - openpyxl takes it for UTC
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip file can name
_LONGEST_PROMPT, _LONGEST_PROMPT_TITLE = 255, 32  # Excel's limits; with more it calls the workbook damaged

_CHOICES: Mapping[str, Sequence[str]] = {
    "priority": ("1", "2", "3", "4", "5"),
    "dialing_mode": tuple(DialingMode),
    "frequency": tuple(Frequency),
    "dialing_order": tuple(DialingOrder),
    "machine_detection": ("No", "Yes", "detect", "disconnect"),
}
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
_NUMBERS = frozenset({"priority", "max_attempts", "retry_period", "max_ring_time", "max_skips"})
_WEEKDAYS = frozenset(day.lower() for day in Weekday)
_WIDTHS = {
    "name": 32,
    "description": 44,
    "contact_lists": 30,
    "caller_id": 24,
    "timezone": 21,
    "experience_flow": 24,
    "queue": 22,
}

# all digits of a caller ID that is a number
_FORMATS: Mapping[type, str] = {str: "@", int: "0", time: "h:mm AM/PM"}

_WHITE_LINE = Side(style="thin", color="FFFFFF")
_GREY_LINE = Side(style="thin", color="D9D9D9")
_BOLD_WHITE = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
_MIDDLE = Alignment(vertical="center", wrap_text=True)
_EDGE = Border(left=_WHITE_LINE, right=_WHITE_LINE)
_REQUIRED = Look(_BOLD_WHITE, PatternFill("solid", fgColor="1F3864"), _EDGE, _MIDDLE)
_OPTIONAL = Look(_BOLD_WHITE, PatternFill("solid", fgColor="5577A8"), _EDGE, _MIDDLE)
_CENTRED = Look(alignment=Alignment(horizontal="center", vertical="top"))
_SAMPLE = Look(Font(name="Calibri", size=11, italic=True, color="6B6B6B"), alignment=WRAPPED.alignment)
_CENTRED_SAMPLE = Look(_SAMPLE.font, alignment=_CENTRED.alignment)
_TITLE = Look(Font(name="Calibri", size=16, bold=True, color="1F3864"))
_NOTE = Look(Font(name="Calibri", size=10, italic=True, color="595959"))
_ROW = Look(border=Border(bottom=_GREY_LINE), alignment=WRAPPED.alignment)
_ROW_NAME = Look(Font(name="Calibri", size=11, bold=True), border=_ROW.border, alignment=WRAPPED.alignment)

_STEPS = (
    "Fill the sheet Campaigns, one campaign a row. Dark blue headers are required; the notes at them say what goes in.",
    "Rows whose name begins with 'Example:' are ignored. Leave them or delete them.",
    "Write calling windows as 9:00 AM - 6:00 PM or 09:00 - 18:00, several of one day separated by ';' or a line break.",
    "A blank cell, '-', 'closed' or 'off' means no calls on that day.",
    "Columns may be moved, left out where they are not required, and added: your own ones are kept as they are.",
    "Check the workbook, nothing is sent:  campaign-loader check campaigns.xlsx",
    "Create the campaigns:  campaign-loader run campaigns.xlsx",
    "You get a results workbook: your sheet with a Status for every row. Correct what is wrong there and run it again.",
    "What is created already is not sent a second time.",
)
_TABLE = {"Column": 26, "Required": 24, "What goes in": 66, "Example": 42, "Also understood as": 44}


@dataclass(frozen=True, slots=True)
class Account:
    """What the account has to choose from: contact lists with what is to be said of each, and queues."""

    contact_lists: Mapping[str, str] = field(default_factory=dict)
    queues: Sequence[str] = ()

    def choices(self) -> Mapping[str, str]:
        """The cells to choose from, by field."""
        columns = {"contact_lists": ("A", self.contact_lists), "queue": ("D", self.queues)}
        return {
            name: f"'{_ACCOUNT}'!${letter}$2:${letter}${len(names) + 1}"
            for name, (letter, names) in columns.items()
            if names
        }


NO_ACCOUNT = Account()


def write_template(path: Path, account: Account = NO_ACCOUNT) -> Path:
    """Write the empty workbook and return where it is: `path`, or `<name>-2` and so on where that is taken."""
    return write_new(path, partial(_fill_template, account=account))


def write_example(path: Path) -> Path:
    """Write the filled workbook; where it goes, see `write_template`."""
    return write_new(path, _fill_example)


def _fill_template(file: IO[bytes], *, account: Account) -> None:
    columns = [column for column in COLUMNS if not _is_end_of_day(column)]
    rows = [[sample.get(column.field) for column in columns] for sample in _samples()]
    made = io.BytesIO()
    with new_book(made) as book:
        _describe(book, "Campaigns to create")
        _campaigns(book, [column.header for column in columns], rows, _SAMPLE, choices=account.choices())
        _instructions(book)
        _time_zones(book)
        if account.choices():
            _account(book, account)
    _copy(made, file)


def _fill_example(file: IO[bytes]) -> None:
    rows = [[row.get(header) for header in EXAMPLE_HEADERS] for row in EXAMPLE_ROWS]
    made = io.BytesIO()
    with new_book(made) as book:
        _describe(book, "Example campaigns")
        _campaigns(book, EXAMPLE_HEADERS, rows, PLAIN, choices={})
        _time_zones(book)
    _copy(made, file)


def _describe(book: Workbook, title: str) -> None:
    book.properties = DocumentProperties(creator="campaign-loader", title=title, created=_ALWAYS, modified=_ALWAYS)
    book.custom_doc_props.append(IntProperty(name=SCHEMA_PROPERTY, value=SCHEMA_VERSION))  # type: ignore[attr-defined]


def _copy(made: IO[bytes], file: IO[bytes]) -> None:
    """The same package without the time of day, and without compression, whose outcome depends on the zlib at hand."""
    with ZipFile(made) as source, ZipFile(file, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, also when written on Windows
            target.writestr(entry, source.read(name))


def _is_end_of_day(column: Column) -> bool:
    return column.field.endswith(("_start", "_end"))


def _samples() -> tuple[Mapping[str, object], ...]:
    """Rows the loader ignores: the columns' own examples, once for Agentless and once for Preview."""
    every = {column.field: int(column.example) if column.field in _NUMBERS else column.example for column in COLUMNS}
    agentless = every | {"name": f"Example: {every['name']}", "queue": None, "max_skips": None}
    preview = every | {
        "name": "Example: Callbacks",
        "description": "Agents see the contact before they call",
        "dialing_mode": DialingMode.PREVIEW,
        "experience_flow": None,
        "saturday": "10am to 1pm",
    }
    return agentless, preview


def _campaigns(
    book: Workbook,
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    look: Look,
    *,
    choices: Mapping[str, str],
) -> None:
    page = book.create_sheet("Campaigns")
    pen = Pen(page)
    columns = [find(header) for header in headers]
    page.freeze_panes = "B2"
    set_up_for_paper(page, pages_wide=PAGES_WIDE, header_row=1)
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        page.column_dimensions[letter].width = _width(column)
        if column is not None:
            page.column_dimensions[letter].number_format = _format(column)
            rule = _validation(column, f"{letter}2:{letter}{LAST_ROW}", choices.get(column.field))
            page.data_validations.append(rule)
    page.row_dimensions[1].height = 32
    page.append([_header(pen, header, column) for header, column in zip(headers, columns, strict=True)])
    for number, row in enumerate(rows, 2):
        lines = max(_lines(value, _width(column)) for value, column in zip(row, columns, strict=True))
        page.row_dimensions[number].height = 15 * lines
        page.append([_cell(pen, value, column, look) for value, column in zip(row, columns, strict=True)])


def _width(column: Column | None) -> int:
    if column is not None and column.field in _WEEKDAYS:
        return 36  # two windows
    return _WIDTHS.get(column.field, 16) if column is not None else 16


def _lines(value: object, width: int) -> int:
    """How many lines a text takes in a cell; a letter is a little narrower than the digits widths are measured in."""
    lines = value.split("\n") if isinstance(value, str) else []
    return sum(1 + int(len(line) * 0.82 / width) for line in lines) or 1


def _format(column: Column) -> str:
    if column.field in _NUMBERS:
        return "0"
    # text: Excel makes a date of the contact list '2026-04', eats the plus of a number and calculates '9-5'
    return "hh:mm" if _is_end_of_day(column) else "@"


def _header(pen: Pen, header: str, column: Column | None) -> Cell:
    if column is None:
        return pen.cell(header, _OPTIONAL)
    cell = pen.cell(header, _REQUIRED if _is_required(column) else _OPTIONAL)
    text = f"{_sentence(column.rule)}\nRequired: {column.required}."
    if column.example:
        text += f"\nExample: {column.example}"
    if column.aliases:
        text += f"\nAlso understood: {', '.join(column.aliases)}"
    cell.comment = Comment(text, "campaign-loader", width=320, height=30 + 18 * sum(map(_note_lines, text.split("\n"))))
    return cell


def _note_lines(line: str) -> int:
    return 1 + len(line) // 45


def _is_required(column: Column) -> bool:
    return column.required == "yes" or column.field in _WEEKDAYS


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _cell(pen: Pen, value: object, column: Column | None, look: Look) -> Cell:
    if column is not None and (column.field in _NUMBERS or _is_end_of_day(column)):
        look = _CENTRED_SAMPLE if look is _SAMPLE else _CENTRED
    elif look is PLAIN and _lines(value, _width(column)) > 1:
        look = WRAPPED
    return pen.cell(value, look, number_format=_FORMATS.get(type(value)))


def _validation(column: Column, cells: str, names: str | None) -> DataValidation:
    """What may be typed in a column and what is said about it. Excel's rule is never stricter than the loader's.

    `names` are the cells with the account's own names for it, if there are any.
    """
    rule = DataValidation(
        sqref=cells,
        allow_blank=True,
        showInputMessage=True,
        promptTitle=column.header[:_LONGEST_PROMPT_TITLE],
        prompt=_sentence(column.rule)[:_LONGEST_PROMPT],
        showErrorMessage=True,
        errorTitle=column.header[:_LONGEST_PROMPT_TITLE],
        error=_sentence(column.rule)[:_LONGEST_PROMPT],
    )
    if choices := _CHOICES.get(column.field):
        rule.type, rule.formula1 = "list", f'"{",".join(choices)}"'
    elif names is not None:
        # a warning only: a cell may hold several, and the account goes on without this workbook
        rule.type, rule.formula1, rule.errorStyle = "list", names, "warning"
    elif column.field == "timezone":
        # a warning only: the tz database grows
        rule.type, rule.formula1, rule.errorStyle = "list", f"'Time zones'!$A$2:$A${len(_zones()) + 1}", "warning"
    elif column.field in _NUMBERS:
        lowest, highest = _bound(column, "ge"), _bound(column, "le")
        rule.type, rule.operator = "whole", "between" if highest is not None else "greaterThanOrEqual"
        rule.formula1, rule.formula2 = str(lowest), None if highest is None else str(highest)
    elif column.field in _WEEKDAYS:
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


def _zones() -> Sequence[str]:
    return (*COMMON_ZONES, *(zone for zone in ALL_ZONES if zone not in COMMON_ZONES))


def _time_zones(book: Workbook) -> None:
    page = book.create_sheet("Time zones")
    pen = Pen(page)
    page.freeze_panes = "A2"
    page.column_dimensions["A"].width = 34
    page.column_dimensions["C"].width = 60
    page.append(
        [pen.cell("Time zone", _OPTIONAL), None, pen.cell("Common ones first, then the whole tz database", _NOTE)]
    )
    for zone in _zones():
        page.append([pen.cell(zone)])


def _account(book: Workbook, account: Account) -> None:
    page = book.create_sheet(_ACCOUNT)
    pen = Pen(page)
    page.freeze_panes = "A2"
    for letter, width in {"A": 44, "B": 34, "C": 3, "D": 44}.items():
        page.column_dimensions[letter].width = width
    page.append([pen.cell("Contact lists", _OPTIONAL), pen.cell("", _OPTIONAL), None, pen.cell("Queues", _OPTIONAL)])
    lists = itertools.zip_longest(account.contact_lists.items(), account.queues, fillvalue=None)
    for contact_list, queue in lists:
        name, remark = contact_list or (None, None)
        page.append([pen.cell(name), pen.cell(remark, _NOTE), None, pen.cell(queue)])


def _instructions(book: Workbook) -> None:
    page = book.create_sheet("Instructions")
    pen = Pen(page)
    page.sheet_view.showGridLines = False
    for letter, width in zip("ABCDE", _TABLE.values(), strict=True):
        page.column_dimensions[letter].width = width
    page.row_dimensions[1].height = 30
    page.append([pen.cell("How to fill this workbook", _TITLE)])
    for number, step in enumerate(_STEPS, 1):
        page.append([pen.cell(f"{number}.  {step}")])
    page.append([])
    page.append([pen.cell(header, _REQUIRED) for header in _TABLE])
    for number, column in enumerate(COLUMNS, len(_STEPS) + 4):
        texts = (column.required, _sentence(column.rule), column.example, ", ".join(column.aliases))
        lines = max(_lines(text, width) for text, width in zip(texts, list(_TABLE.values())[1:], strict=True))
        page.row_dimensions[number].height = 15 * lines
        page.append([pen.cell(column.header, _ROW_NAME), *(pen.cell(text, _ROW) for text in texts)])
