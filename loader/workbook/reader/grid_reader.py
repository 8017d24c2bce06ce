"""The cells of one sheet after another, as plain values. Runs in the process that reads, and nowhere else.

A workbook is opened by calamine, which gives its rows one at a time: made into a frame first, 10,000 of them would
take a quarter longer, and 100,000 twice the memory. Text is read by pandas, whose import takes half a second: it is
imported for text only, and before the process is confined.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, load_workbook

from loader.errors import WorkbookError
from loader.model.limits import SAVE_AGAIN, SEEN_FIRST
from loader.workbook.ooxml.package import Package, damaged
from loader.workbook.ooxml.package_copy import with_part
from loader.workbook.reader.cross_check import filled_cells
from loader.workbook.reader.inspection import DELIMITERS, decoded
from loader.workbook.reader.losses import Losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_calamine import CalamineSheet

    from loader.model.limits import Limits
    from loader.workbook.reader.inspection import Inspected, Text

Row = list[object]
_SHEETS = frozenset({"worksheet", "chartsheet"})
_SHEET = re.compile(rb"""<(?:[\w.-]+:)?sheet(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))+\s*/>""")
_KEY = re.compile(rb"""\s[\w.-]+:id\s*=\s*["']([^"']*)""")
_MOST_SUSPECTS = 20_000  # rows that are counted once more
# bytes: for anything, for each that a part unpacks to, for each cell of the block that a reader lays out
_USUAL, _PER_BYTE, _PER_CELL = 96 << 20, 8, 48
_PER_CSV_BYTE = 40


class Page:
    """One sheet: the first rows at once, the others when asked for, and then what was lost on the way.

    `text`: where its rows come from, unless it is a workbook.
    """

    def __init__(
        self, title: str, rows: Iterable[Row], losses: Losses, remarks: Sequence[str] = (), text: Text | None = None
    ) -> None:
        self.title, self.losses, self.remarks = title, losses, remarks
        self.ragged, self.guessed = text is not None, text is not None and text.guessed
        self._rows = iter(rows)
        self.head = list(itertools.islice(self._rows, SEEN_FIRST))

    def rest(self, at_once: int) -> Iterator[list[Row]]:
        while rows := list(itertools.islice(self._rows, at_once)):
            yield rows


@dataclass(frozen=True, slots=True)
class File:
    """A file that was handed in. `encoding`: of a text file, where somebody has said it."""

    content: bytes
    name: str
    encoding: str | None = None


def pages(
    file: File,
    sheets: Iterable[Inspected],
    limits: Limits,
    *,
    allow: Callable[[int], None] = lambda _: None,
) -> Iterator[Page]:
    """The sheets that were inspected; `allow` gets how many more bytes of memory a reader may use.

    Raises:
        WorkbookError: it cannot be read, or is too large.
    """
    content, name = file.content, file.name
    workbook: _Workbook | None = None
    for sheet in sheets:
        if sheet.is_text:
            allow(_USUAL + _PER_CSV_BYTE * len(content))
            yield from _text_pages(decoded(content, name, file.encoding), name, sheet.title, limits)
            return
        workbook = workbook or _Workbook(content, name, limits)
        allow(_USUAL + _PER_BYTE * sheet.inflated + _PER_CELL * sheet.losses.last_row * sheet.losses.last_column)
        yield Page(sheet.title, workbook.rows(sheet), sheet.losses, sheet.remarks)


class _Workbook:
    def __init__(self, content: bytes, name: str, limits: Limits) -> None:
        self._content, self._name, self._limits = content, name, limits
        self._book: CalamineWorkbook | None = None

    def rows(self, sheet: Inspected) -> Iterator[Row]:
        """The rows from the first on; when the last one is out, what is lost of the sheet is complete."""
        read, losses = self._read(sheet.title), sheet.losses
        suspects: dict[int, set[int]] = {}
        last = 0
        for last, row in enumerate(_plain_rows(read), start=1):
            if len(row) - row.count(None) != losses.filled.get(last, 0) and len(suspects) < _MOST_SUSPECTS:
                suspects[last] = {at for at, value in enumerate(row, start=1) if not _is_blank(value)}
            yield row
        beyond = (row for row in losses.filled if row > last)
        suspects |= {row: set() for row in itertools.islice(beyond, _MOST_SUSPECTS)}
        if suspects:
            package = Package(self._content, self._name, most=self._limits.inflated)
            in_file = filled_cells(package, sheet.part, suspects.keys())
            given = {(row, column) for row, columns in suspects.items() for column in columns}
            losses.odd |= (in_file ^ given) - losses.errors.keys() - losses.unsaved.keys() - losses.doubled

    def _without_old_macros(self) -> bytes:
        """The workbook without sheets that have no part of their own, as old macros had."""
        package = Package(self._content, self._name, most=self._limits.inflated)
        book = package.workbook_part()
        known = {key for key, kind, part in package.targets(book) if kind in _SHEETS and part in package}
        written = b"".join(package.inflated(book))
        left = _SHEET.sub(lambda found: found[0] if _key_of(found[0]) in known else b"", written)
        return self._content if left == written else with_part(self._content, package, book, left)

    def _read(self, title: str) -> CalamineSheet:
        self._book = self._book or _opened(self._content) or _opened(self._without_old_macros())
        if self._book is None:
            raise damaged(self._name)
        titles = [it.name for it in self._book.sheets_metadata if it.typ == SheetTypeEnum.WorkSheet]
        if titles.count(title) > 1:
            raise WorkbookError(f"{self._name} has two sheets called '{title}': rename one of them.")
        try:
            return self._book.get_sheet_by_name(title)
        except (CalamineError, ValueError, OSError) as error:
            raise WorkbookError(f"{self._name}, sheet '{title}' cannot be read: {SAVE_AGAIN}.") from error


def _opened(content: bytes) -> CalamineWorkbook | None:
    try:
        return load_workbook(io.BytesIO(content))
    except (CalamineError, ValueError, OSError):
        return None


def _key_of(sheet: bytes) -> str:
    found = _KEY.search(sheet)
    return found[1].decode(errors="replace") if found else ""


def _plain_rows(sheet: CalamineSheet) -> Iterator[Row]:
    """All rows from row 1, all cells from column A; None for a blank, whole numbers as such."""
    if sheet.start is None:
        return
    before: Row = [None] * sheet.start[1]
    for row in sheet.iter_rows():
        values: Row = [
            (value or None)
            if type(value) is str
            else (int(value) if type(value) is float and value.is_integer() else value)
            for value in row
        ]
        yield before + values if before else values


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text_pages(text: Text, name: str, title: str, limits: Limits) -> Iterator[Page]:
    """The one sheet, by one separator after another. By a wrong one a quotation mark may seem never to be closed."""
    failed: Exception | None = None
    for delimiter in DELIMITERS:
        try:
            page = Page(title, _text_rows(text.content, name, delimiter, limits), Losses(), text=text)
        except (csv.Error, ValueError) as error:
            failed = error
        else:
            yield page
    if failed:
        raise WorkbookError(
            f"{name} cannot be read: it has a quotation mark that is never closed, or no text."
        ) from failed


def _text_rows(text: str, name: str, delimiter: str, limits: Limits) -> Iterator[Row]:
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    head = [list(record) for record in itertools.islice(records, SEEN_FIRST)]
    width, count = max(map(len, head), default=0), len(head)
    for record in head:
        yield [*(cell or None for cell in record), *[None] * (width - len(record))]
    for record in records:  # only when this separator is the right one
        width, count = max(width, len(record)), count + 1
    if too_large := limits.exceeded_by(count, width):
        raise WorkbookError(f"{name} {too_large}.")
    yield from _frame_rows(text, delimiter, width)[SEEN_FIRST:]


def prepare_for_text() -> None:
    """Import what reads text, while files can still be opened."""
    import pandas  # noqa: F401, PLC0415


def _frame_rows(text: str, delimiter: str, width: int) -> list[Row]:
    import pandas as pd  # noqa: PLC0415 - see `prepare_for_text`

    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None,
        names=range(width),
        dtype=str,
        na_filter=False,
        skip_blank_lines=False,
    )
    return [[cell or None for cell in row] for row in frame.to_numpy(dtype=object).tolist()]
