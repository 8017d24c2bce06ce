"""What a reader would silently lose of a sheet, and whether it would survive it.

A reader gives a blank for an error and for a formula without a saved value, one value for a merged block, either of two
cells at one address, hidden rows like any others, and it dies of two cells far apart. So the sheet's own XML is looked
at before. Most of it, whole rows of plain cells, is proved harmless by searching bytes; only the rest is parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.errors import WorkbookError
from loader.model.cell_reference import LAST_COLUMN, LAST_ROW, cell_of, column_of, position
from loader.model.cell_reference import Cell as At
from loader.model.limits import HEAD, SAVE_AGAIN, USUAL_LIMITS, Limits
from loader.workbook.reader.losses import Losses
from loader.workbook.reader.number_formats import Shown
from loader.workbook.reader.plain_rows import COLUMN, EMPTY_ROWS, FILLED_COLUMN, PLAIN_ROW, row_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sized

    from loader.workbook.ooxml.package import Package


# a reader lays out the whole block from A1, at 32 bytes a cell: how large it always may be, and how empty otherwise
_MOST_CELLS, _EMPTIEST = 4_000_000, 20
MOST_LISTED = 100_000  # of each kind, the cells that a reader would lose; of a sheet with more no cell is believed


def scan_sheet(
    package: Package,
    part: str,
    title: str,
    *,
    limits: Limits = USUAL_LIMITS,
    styles: Mapping[int, Shown] = {},
) -> Losses:
    """What a reader would lose of this sheet; WorkbookError where it would not survive it."""
    scan = _SheetScan(package, title, styles)
    scan.parse(scan.doubtful(package.inflated(part)))
    # perhaps too large because of blank cells somebody coloured, which a reader passes over: look closer
    if _too_large(scan.losses, limits) and len(scan.losses.filled) <= limits.rows + HEAD:
        scan = _SheetScan(package, title, styles, closely=True)
        scan.parse(scan.doubtful(package.inflated(part)))
    if too_large := _too_large(scan.losses, limits):
        raise WorkbookError(f"{package.name}, sheet '{title}' {too_large}.")
    return scan.losses


_LONGEST_ROW = 8 << 20  # bytes; a longer one is passed on as it comes
_TRUE = frozenset({"1", "true", "on"})


def _too_large(losses: Losses, limits: Limits) -> str:
    """What is wrong with a sheet's size, and what to do, as the end of a sentence; blank where nothing is."""
    rows, columns = losses.last_row, losses.last_column
    block, exceeded = rows * columns, limits.exceeded_by(rows, columns)
    if (exceeded or block > _MOST_CELLS) and block > _EMPTIEST * sum(losses.filled.values()):
        reach = f"reaches over {rows:,} rows and {columns:,} columns"
        return f"{reach}: delete what stands far away, and {SAVE_AGAIN}"
    return exceeded


def _bound(where: str, noted: Sized, what: str) -> None:
    if len(noted) > MOST_LISTED:
        many = f"more than {MOST_LISTED:,} {what}, which is too many to check the rows below them"
        raise WorkbookError(f"{where} has {many}: mend it first.")


class _Cell:
    """A cell that is being parsed: what it holds so far."""

    __slots__ = ("formula", "has_formula", "is_inline", "is_odd", "kind", "shown", "value", "values")

    def __init__(self, attributes: Mapping[str, str], styles: Mapping[int, Shown]) -> None:
        self.kind = attributes.get("t", "n")
        self.shown = styles.get(position(attributes.get("s", "")))
        self.value = self.formula = ""
        self.values = 0
        self.has_formula = self.is_inline = self.is_odd = False

    def has_result(self, *, calculated: bool) -> bool:
        return bool(self.value) and (calculated or self.kind != "n" or self.value != "0")

    def is_doubtful(self) -> bool:
        """Whether readers differ about its value."""
        below_zero = self.value.lstrip().startswith("-")
        return self.is_odd or self.values > 1 or (below_zero and (self.kind == "s" or self.shown is Shown.DATE))


class _SheetScan:
    """Gathers the losses of one sheet, from what is parsed and from the plain rows that need not be."""

    def __init__(self, package: Package, title: str, styles: Mapping[int, Shown], *, closely: bool = False) -> None:
        self.losses = Losses()
        self._columns_of = FILLED_COLUMN if closely else COLUMN
        self._rows_left = LAST_ROW
        self._merged: dict[tuple[At, At], None] = {}
        self._hidden = bytearray(LAST_COLUMN + 1)
        self._package, self._where = package, f"{package.name}, sheet '{title}'"
        self._calculated = not package.awaits_calculation
        self._rows_seen: set[int] = set()
        self._last_of: dict[tuple[bytes, ...], int | None] = {}
        self._row = self._cell_row = self._column = 0
        self._columns_seen: set[int] = set()
        self._is_new_row = self._is_hidden = False
        self._styles = styles
        noted = "|".join(str(number) for number, shown in styles.items() if shown is not Shown.DATE)
        self._noted_cell = re.compile(rb'<c r="([A-Z]+)[0-9]+" s="(%s)"[^>/]*><' % noted.encode()) if noted else None
        self._text: list[str] | None = None
        self._cell = _Cell({}, styles)

    def parse(self, blocks: Iterable[bytes]) -> None:
        """Parse the sheet, or what is left of it."""
        self._package.walk(
            blocks, start=self._start, end=self._end, characters=self._characters, other=self._markup_within
        )
        self.losses.merged = [*self._merged]
        self.losses.hidden_columns = [column for column, hidden in enumerate(self._hidden) if hidden]

    def doubtful(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The sheet without its plain rows, which are taken note of here: what has to be parsed."""
        pending = b""
        for block in blocks:
            pending += block
            at, last = 0, pending.rfind(b"<row")  # the last row may go on in the next block
            while at < last:
                row = PLAIN_ROW.match(pending, at)
                if row and self._is_plain(row):
                    at = row.end()
                elif empty := EMPTY_ROWS.match(pending, at):
                    self._count_rows(empty[0].count(b"<row"))
                    self._row, at = row_after(empty[0], self._row), empty.end()
                else:
                    following = pending.find(b"<row", at + 1)
                    yield pending[at:following]
                    at = following
            pending = pending[at:]
            if last < 0 or len(pending) > _LONGEST_ROW:
                yield pending
                pending = b""
        yield pending

    def _refused(self, why: str) -> WorkbookError:
        return WorkbookError(f"{self._where} {why}: {SAVE_AGAIN}.")

    def _count_rows(self, more: int) -> None:
        self._rows_left -= more
        if self._rows_left < 0:
            raise self._refused("has more rows than any sheet can")

    def _is_plain(self, row: re.Match[bytes]) -> bool:
        """Whether no row and no cell of it is there twice; if so, all there is to say of it is noted."""
        if not self._calculated and b"<f" in row[0] and b"<v>0</v>" in row[0]:
            return False
        number, columns = int(row[1]), tuple(self._columns_of.findall(row[0]))
        if columns not in self._last_of:  # a sheet's rows have their cells in the same few columns
            numbers = [column_of(letters.decode()) for letters in columns]
            self._last_of[columns] = max(numbers, default=0) if len(set(numbers)) == len(numbers) else None
        last = self._last_of[columns]
        if last is None or number in self._rows_seen:
            return False
        self._row = number  # a row without a number follows it
        self._count_rows(1)
        self._rows_seen.add(number)
        self._reach(number, last)
        self._count(number, row[0].count(b"</c>"))  # those without a value have no such end
        if self._noted_cell:
            for letters, style in self._noted_cell.findall(row[0]):
                self._note_shown((number, column_of(letters.decode())), self._styles[int(style)])
        return True

    def _count(self, row: int, filled: int) -> None:
        if filled:
            self.losses.filled[row] = self.losses.filled.get(row, 0) + filled

    def _reach(self, row: int, column: int) -> None:
        if row > LAST_ROW or column > LAST_COLUMN:
            where = f"row {row:,}" if row > LAST_ROW else f"column {column:,}"
            raise self._refused(f"has a cell in {where}")
        losses = self.losses
        losses.last_row, losses.last_column = max(losses.last_row, row), max(losses.last_column, column)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "c":
                self._start_cell(attributes)
            case "v" | "f":
                self._text = []
                self._cell.has_formula |= name == "f"
                self._cell.values += name == "v"
            case "is":
                self._cell.values += 1
                self._cell.is_inline = True
            case "row":
                self._start_row(attributes)
            case "mergeCell":
                self._merge(attributes.get("ref", ""))
            case "col" if attributes.get("hidden") in _TRUE:
                first, last = position(attributes.get("min", "")), position(attributes.get("max", ""))
                last = min(last, LAST_COLUMN)
                self._hidden[first : last + 1] = b"\1" * (last + 1 - first)
            case _:
                pass

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _markup_within(self) -> None:
        """Note a comment or the like: of a value with one, readers take what is before it, or behind, or nothing."""
        self._cell.is_odd |= self._text is not None

    def _end(self, name: str) -> None:
        if name == "v":
            self._cell.value, self._text = "".join(self._text or ()), None
        elif name == "f":
            self._cell.formula, self._text = "".join(self._text or ()), None
        elif name == "c":
            self._end_cell()

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        self._count_rows(1)
        self._row = position(attributes.get("r", "")) or self._row + 1
        self._column = 0
        self._columns_seen = set()
        self._is_new_row, self._is_hidden = True, attributes.get("hidden") in _TRUE

    def _first_cell(self) -> None:
        """A row is what its cells are: one without any is neither there twice nor hidden."""
        self._is_new_row = False
        if self._row in self._rows_seen:
            self._note_doubled((self._row, 0))
        self._rows_seen.add(self._row)
        if self._is_hidden:
            self.losses.hidden_rows.append(self._row)
            _bound(self._where, self.losses.hidden_rows, "hidden rows")

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        if self._is_new_row:
            self._first_cell()
        row, column = cell_of(attributes.get("r", ""))
        self._cell_row, self._column = row or self._row, column or self._column + 1
        if not column and self._column > LAST_COLUMN:  # also a blank one without a place: a row may have millions
            raise self._refused("has a row of more cells than any sheet has columns")
        self._cell = _Cell(attributes, self._styles)
        # a cell that says it belongs to another row: the reader believes it, and it may meet another there
        if self._column in self._columns_seen or self._cell_row != self._row:
            self._note_doubled((self._cell_row, self._column))
        self._columns_seen.add(self._column)

    def _end_cell(self) -> None:
        at, cell = (self._cell_row, self._column), self._cell
        if cell.values or cell.has_formula:
            self._reach(*at)
        if cell.kind == "e":
            self.losses.errors[at] = cell.value or "#ERROR"
            _bound(self._where, self.losses.errors, "cells with an error")
        elif cell.has_formula and not cell.has_result(calculated=self._calculated):
            if cell.kind == "str" and cell.values:  # an empty text is a value, too
                return
            self.losses.unsaved[at] = f"={cell.formula}"
            _bound(self._where, self.losses.unsaved, "formulas whose result was not saved")
        elif cell.value or cell.is_inline:
            self._count(at[0], 1)
            self._note_value(at)

    def _note_value(self, at: At) -> None:
        """Note a value that readers differ about, or that is shown as something else."""
        cell = self._cell
        if cell.is_doubtful():
            self.losses.odd.add(at)
            _bound(self._where, self.losses.odd, "cells that programs differ about")
        elif cell.kind == "n" and cell.shown and cell.shown is not Shown.DATE:
            self._note_shown(at, cell.shown)

    def _note_shown(self, at: At, shown: Shown) -> None:
        self.losses.shown[at] = shown
        _bound(self._where, self.losses.shown, "numbers shown as a percentage or as money")

    def _note_doubled(self, at: At) -> None:
        self.losses.doubled.add(at)
        _bound(self._where, self.losses.doubled, "cells that are in the file twice or out of place")

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        begin, end = cell_of(first), cell_of(last or first)
        if begin != end and 0 not in begin + end:
            self._merged[begin, end] = None
            _bound(self._where, self._merged, "merged blocks")
