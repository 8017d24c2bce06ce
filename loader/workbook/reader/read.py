"""A workbook's sheet becomes drafts with their addresses. A process of its own opens it, see `reader_process`."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from loader.errors import HeadersError, SettingsError, WorkbookError
from loader.model.limits import HEAD, USUAL_LIMITS, Limits
from loader.model.row import CellError, Sheet
from loader.model.sheet_choice import ONLY_ONE, SheetChoice
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import find
from loader.workbook.header_words import closest
from loader.workbook.mapping import NOTHING_RENAMED, Renaming
from loader.workbook.reader.headers import header_row, in_columns, likeliest_row, nearest_miss, too_far_down
from loader.workbook.reader.losses import Grid
from loader.workbook.reader.protocol import unpacked_losses, unpacked_rows, unpacked_title
from loader.workbook.reader.reader_process import ReaderProcess, content_of
from loader.workbook.reader.sheet_problems import NOT_UNICODE
from loader.workbook.reader.tables import Table, chosen
from loader.workbook.value_warnings import load_numbering_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

_Part = TypeVar("_Part")


@contextmanager
def paused(*, for_good: bool = False) -> Iterator[None]:
    """Python's garbage collector is held off while thousands of objects are made that all stay.

    It would walk over all of them again and again, and triple the time that models take (measurements, Checking).

    `for_good`: what was made by then stays to the end of the process, so that it need not even be looked at once.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        if was_on:
            gc.enable()


def read_sheet(
    path: Path,
    *,
    sheet: str | None = None,
    defaults: Mapping[str, str] | None = None,
    limits: Limits = USUAL_LIMITS,
    renaming: Renaming = NOTHING_RENAMED,
) -> Sheet:
    return read_workbook(content_of(path), path.name, ReadOptions(sheet, defaults or {}, limits, renaming))


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a workbook is read."""

    sheet: str | None = None
    """None: the only one that has campaigns."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Values by header for blank cells and missing columns."""
    limits: Limits = USUAL_LIMITS
    renaming: Renaming = NOTHING_RENAMED
    encoding: str | None = None


def read_workbook(
    content: bytes,
    file: str,
    options: ReadOptions | None = None,
    *,
    open_reader: Callable[[], AbstractContextManager[ReaderProcess]] = ReaderProcess,
) -> Sheet:
    """One sheet of a workbook. `file` is its name, for messages."""
    options = options or ReadOptions()
    choice = SheetChoice((options.sheet,)) if options.sheet is not None else ONLY_ONE
    with open_reader() as reader:
        reader.hand_in(content, file, choice=choice, limits=options.limits, encoding=options.encoding)
        [found] = sheets_from(reader, file, choice=choice, defaults=options.defaults, renaming=options.renaming)
        return found


def sheets_from(
    reader: ReaderProcess,
    file: str,
    *,
    choice: SheetChoice = ONLY_ONE,
    defaults: Mapping[str, str],
    renaming: Renaming = NOTHING_RENAMED,
) -> list[Sheet]:
    """Those that are to be loaded of a workbook that was handed in."""
    with paused():
        load_numbering_plans()
        return chosen(_tables(reader, file, choice, _given(defaults), renaming), file, choice)


def grids_from(reader: ReaderProcess, *, renaming: Renaming = NOTHING_RENAMED, separator: int = -1) -> list[Grid]:
    """All sheets of a workbook that was handed in, whole, whether they have a header row or not.

    Of a text there is one, by the first separator that makes a header row of it; none where no separator does, unless
    `separator` says which one is taken, see `best_separator`.
    """
    grids = []
    with paused():
        for number, page in enumerate(_pages(reader, ())):
            if page.ragged and number != separator and header_row(page.head, renaming.find) is None:
                continue
            grids.append(page.whole())
    return grids


def best_separator(reader: ReaderProcess) -> int:
    """The number of the separator by which a text that was handed in has the most columns; -1 if it is none."""
    columns = [_columns_of(page.head) if page.ragged else 0 for page in _pages(reader, ())]
    return columns.index(max(columns)) if any(columns) else -1


def _tables(
    reader: ReaderProcess, file: str, choice: SheetChoice, given: Mapping[str, str], renaming: Renaming
) -> list[Table]:
    """All sheets with a header row, of those that are looked at."""
    heads: dict[str, list[list[object]]] = {}
    misses: list[str] = []
    elsewhere: list[str] = []
    turned: list[str] = []
    tables: list[Table] = []
    guessed = False
    for page in _pages(reader, tables):
        guessed = guessed or page.guessed
        number = header_row(page.head, renaming.find)
        if number is not None:
            tables.append(Table(file, page.whole(), number, given, renaming))
            heads.pop(page.title, None)
            continue
        if _columns_of(page.head) > _columns_of(heads.setdefault(page.title, page.head)):
            heads[page.title] = page.head  # a text comes by one separator after another
        if fault := too_far_down(page.head, renaming.find):
            elsewhere.append(f"{file}, sheet '{page.title}': {fault}")
        if fault := in_columns(page.head):
            turned.append(f"{file}, sheet '{page.title}': {fault}")
        misses += filter(None, [nearest_miss(page.head)])
    if elsewhere and not (choice.first and tables):  # no mapping would help: its headers are known
        raise WorkbookError(elsewhere[0])
    if turned and not tables:  # beside a sheet of campaigns it is one of instructions
        raise WorkbookError(turned[0])
    headless = {title: head for title, head in heads.items() if choice.has_named(title)}
    if headless or not tables:
        raise _without_header(file, headless or heads, misses, guessed=guessed)
    return tables


def _without_header(
    file: str, heads: Mapping[str, list[list[object]]], misses: Sequence[str], *, guessed: bool
) -> HeadersError:
    head = next(filter(None, heads.values()), [])
    seen = ", ".join(f"'{title}'" for title in heads)
    advice = misses[0] if misses else "`campaign-loader template` writes a sheet that has one."
    encoding = f" The file {NOT_UNICODE}: if that is wrong, name its encoding with --encoding." if guessed else ""
    return HeadersError(
        f"{file}: none of the first {HEAD} rows of {seen} is a header row with 'Campaign name' and the "
        f"names of other columns. {advice}{encoding}",
        head,
        likeliest_row(head),
    )


def _columns_of(head: Sequence[Sequence[object]]) -> int:
    """How many of them have something in the row that looks most like a header."""
    return sum(not is_blank(cell) for cell in head[likeliest_row(head) - 1]) if head else 0


def _pages(reader: ReaderProcess, found: Sequence[Table]) -> Iterator[_Page]:
    """`found`: what others can be loaded, if one cannot be read."""
    while (message := _received(reader, found))[0] == "page":
        page = _Page(reader, message)
        yield page
        if not page.taken:
            reader.send(False)


def _received(reader: ReaderProcess, found: Sequence[Table]) -> list[object]:
    try:
        return reader.receive()
    except WorkbookError as error:
        if not found:
            raise
        raise WorkbookError(f"{error} To load another sheet without that one: --sheet '{found[0].title}'.") from error


class _Page:
    """A sheet of the workbook: its first rows are here, the others come when they are asked for."""

    def __init__(self, reader: ReaderProcess, message: list[object]) -> None:
        self._reader = reader
        self._shared: dict[str, str] = {}
        self.taken = False
        self.title, self.ragged, self.guessed, self._remarks = self._understood(unpacked_title, message)
        self.head = self._understood(self._rows, message)

    def whole(self) -> Grid:
        self.taken = True
        self._reader.send(True)
        cells = list(self.head)
        while (message := self._reader.receive())[0] == "rows":
            cells += self._understood(self._rows, message)
        losses = self._understood(unpacked_losses, message)
        _even_out(cells)
        _put(cells, {**losses.errors, **losses.unsaved})
        return Grid(self.title, cells, losses, ragged=self.ragged, guessed=self.guessed, remarks=self._remarks)

    def _rows(self, message: list[object]) -> list[list[object]]:
        return unpacked_rows(message[-1], self._shared)

    def _understood(self, understand: Callable[[list[object]], _Part], message: list[object]) -> _Part:
        try:
            return understand(message)
        except (TypeError, ValueError, LookupError) as error:
            raise self._reader.broken() from error


def _even_out(cells: list[list[object]]) -> None:
    width = max(map(len, cells), default=0)
    for row in cells:
        if len(row) < width:
            row.extend([None] * (width - len(row)))


def _put(cells: list[list[object]], texts: Mapping[tuple[int, int], str]) -> None:
    """Show in their places, by row and column, what the reader has left out."""
    if not texts:
        return
    cells.extend([] for _ in range(len(cells), max(row for row, _ in texts)))
    cells[0].extend([None] * (max(column for _, column in texts) - len(cells[0])))
    _even_out(cells)
    for (row, column), text in texts.items():
        cells[row - 1][column - 1] = text


def _given(defaults: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for header, value in defaults.items():
        column = find(header)
        if column is None:
            near = closest(header)
            advice = f": did you mean '{near.header}'?" if near else "."
            raise SettingsError(f"--set '{header}={value}': there is no column '{header}'{advice}")
        if column.field in given:
            raise SettingsError(f"--set '{header}={value}': '{column.header}' is set twice.")
        if is_blank(value):
            raise SettingsError(f"--set '{header}={value}': there is no value after the '='.")
        try:
            column.read(value)
        except CellError as error:
            raise SettingsError(
                f"--set '{header}={value}': the value {error.wrong}; right: {error.right or column.rule}."
            ) from error
        given[column.field] = value
    return given
