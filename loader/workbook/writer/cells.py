"""What may stand in a cell we write: no text becomes a formula, every character survives, every value stays itself.

A workbook is XML 1.0, which has no way to hold most control characters, and openpyxl takes a text that begins with '='
for a formula. Excel's own way out of the first is `_xHHHH_`, with `_x005F_` before what only looks like one
(ECMA-376 part 1, 22.9.2.19, ST_Xstring); openpyxl.utils.escape knows neither look-alikes
nor NUL, and its upper bound, meant as 31, is octal.
"""

from __future__ import annotations

import math
import numbers
import re
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


LONGEST_TEXT = 32_767  # Excel's limit; it counts in UTF-16 units

# XML's own newline and tab are safe; a carriage return is not: every XML parser reads it as a line feed
_UNSAFE = "\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
# the underscore of a look-alike, also of one whose last underscore is only made by escaping what follows
_TO_ESCAPE = re.compile(f"[{_UNSAFE}]|_(?=x[0-9A-Fa-f]{{4}}[_{_UNSAFE}])")


def escaped(text: str) -> str:
    """The text as it may stand in a workbook's XML."""
    if text.isspace():  # a reader drops blanks that stand alone
        return "".join(f"_x{ord(blank):04X}_" for blank in text)
    return _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def cut(text: str, limit: int = LONGEST_TEXT) -> str:
    """The text, or as much of its beginning as fits together with a remark that it was cut."""
    if units(text) <= limit:
        return text
    remark = f"... (cut, {len(text):,} characters)"
    shortened = text[: limit - len(remark)]
    while units(shortened) + len(remark) > limit:
        shortened = shortened[: limit - len(remark) - units(shortened)]
    return shortened + remark


def units(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


@dataclass(frozen=True, slots=True, eq=False)
class CellStyle:
    """How a cell is shown. Compared as an object, not by its parts: it is looked up once for every cell."""

    font: Font = Font(name="Calibri", size=11)  # noqa: RUF009 - openpyxl's styles cannot be changed
    fill: PatternFill | None = None
    border: Border | None = None
    alignment: Alignment = Alignment(vertical="top")  # noqa: RUF009


PLAIN = CellStyle()
WRAPPED = CellStyle(alignment=Alignment(vertical="top", wrap_text=True))

# Excel counts days from 1900 and takes that year for a leap year; before March it is one day off
_FIRST_DAY = datetime(1900, 3, 1)  # noqa: DTZ001 - a cell knows no time zone
_MOST_DIGITS = 10**15  # Excel keeps 15 digits of a number
_GENERAL = "General"
LOOKS_LIKE_A_FORMULA = ("=", "+", "-", "@")
_NOT_BARE = (*LOOKS_LIKE_A_FORMULA, "#")  # nor what reads like an error cell: '#N/A'


def _written(value: object) -> tuple[object, str, str]:
    """What is stored for a value, its kind ("s" text, "n" number, "b" yes or no, "d" time) and its number format."""
    match value:
        case None | "":
            return None, "n", _GENERAL
        case str():
            return value, "s", _GENERAL
        case bool() | float() if math.isfinite(value):
            return value, "b" if isinstance(value, bool) else "n", _GENERAL
        case numbers.Integral() if abs(int(value)) < _MOST_DIGITS:
            return int(value), "n", _GENERAL
        case date() | time() | timedelta():
            number_format = _time_format(value)
            return (value, "d", number_format) if number_format else (str(value), "s", _GENERAL)
    return str(value), "s", _GENERAL


def _time_format(value: date | time | timedelta) -> str | None:
    """How to show a date or a time; None where Excel cannot hold it."""
    match value:
        case datetime() if value.tzinfo is None and value >= _FIRST_DAY:
            return "yyyy-mm-dd hh:mm:ss" if value.second else "yyyy-mm-dd hh:mm"
        case date() if not isinstance(value, datetime) and value >= _FIRST_DAY.date():
            return "yyyy-mm-dd"
        case time() if value.tzinfo is None:
            return "hh:mm:ss" if value.second else "hh:mm"
        case timedelta() if value >= timedelta(0):
            return "[h]:mm:ss"
    return None


class Pen:
    """Makes the cells of one sheet of a write-only workbook."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._blanks: dict[tuple[CellStyle, str, bool], Cell] = {}

    def cell(self, value: object, style: CellStyle = PLAIN, *, number_format: str | None = None) -> Cell:
        """A new cell. What no cell can hold (nan, a number of 20 digits, a moment with a time zone) is its text."""
        content, kind, usual_format = _written(value)
        number_format = number_format or usual_format
        if kind != "s":
            cell = self._blank(style, number_format, quoted=False)
            cell.value = content  # type: ignore[assignment]
            return cell
        text = str(content)
        cell = self._blank(style, number_format, quoted=text.startswith(LOOKS_LIKE_A_FORMULA))
        text = escaped(cut(text))
        # openpyxl cuts a plain text without a word, and counts the escapes; rich text it leaves alone
        cell.value = text if len(text) <= LONGEST_TEXT else CellRichText(text)
        cell.data_type = "s"  # what begins with '=' and what reads '#N/A' is text all the same
        return cell

    def plain(self, value: object) -> object:
        """The same in no style: the bare value where that will do, which is written twice as fast as a cell."""
        if isinstance(value, str):
            risky = value.startswith(_NOT_BARE) or len(value) > LONGEST_TEXT or value.isspace()
            return self.cell(value) if risky or _TO_ESCAPE.search(value) else value
        return value if value is None or (type(value) is int and abs(value) < _MOST_DIGITS) else self.cell(value)

    def _blank(self, style: CellStyle, number_format: str, *, quoted: bool) -> Cell:
        """A copy of a cell that has the style already: giving one a style costs many times as much."""
        key = (style, number_format, quoted)
        if key not in self._blanks:
            self._blanks[key] = self._styled(style, number_format, quoted=quoted)
        return copy(self._blanks[key])

    def _styled(self, style: CellStyle, number_format: str, *, quoted: bool) -> Cell:
        cell = WriteOnlyCell(self._sheet)
        cell.font = style.font
        cell.alignment = style.alignment
        cell.number_format = number_format
        if style.fill is not None:
            cell.fill = style.fill
        if style.border is not None:
            cell.border = style.border
        if quoted:
            cell.quotePrefix = True
        return cell


@contextmanager
def new_book(file: IO[bytes]) -> Iterator[Workbook]:
    """A write-only workbook to fill; it is saved to the file at the end.

    openpyxl keeps the rows in the temporary folder until then, and forgets them when it does not come to that; they are
    removed here. `Workbook.save` is not used: on a full disk it leaves a package open, which complains much later.
    """
    book = Workbook(write_only=True)
    book.properties.creator = "campaign-loader"
    try:
        yield book
        with ZipFile(file, "w", ZIP_DEFLATED) as package:
            ExcelWriter(book, package).save()
    except BaseException:
        for page in book.worksheets:
            _remove_rows(page)
        raise


def _remove_rows(page: Any) -> None:  # noqa: ANN401 - the stubs know nothing of what is inside
    rows, writer = page._rows, page._writer  # noqa: SLF001
    for step in (rows and rows.close, writer and writer.close, writer and writer.cleanup):
        with suppress(OSError, ValueError):  # the file is closed, or gone, or on a disk that is full
            if step:
                step()
