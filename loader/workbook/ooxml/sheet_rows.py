"""The rows of somebody's sheet on their way into the results: cells are added, replaced or marked in passing.

A row is taken apart only where something in it changes, and only when it is written as it should be, down to the last
attribute: what is not understood is never passed on half changed.
"""

from __future__ import annotations

import itertools
import operator
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from loader.model.cell_reference import column_of
from loader.model.row import address
from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.writer.cell_styles import LINE_HEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from loader.workbook.ooxml.styles_part import Styles

_ATTRIBUTES = rb'(?:\s+[A-Za-z_][A-Za-z0-9_.:]*+="[^"<>]*+")*+\s*+'
_FORMULA = rb"<f%b(?:/>|>[^<]*+</f>)" % _ATTRIBUTES
_VALUE = rb"<v%b(?:/>|>[^<]*+</v>)" % _ATTRIBUTES
# runs of rich text and phonetic hints, but nothing that could be taken for a cell
_TEXT = rb"<is%b(?:/>|>(?:[^<]++|<(?!/?(?:is|f|v|c|row)[\s/>])[^<>!?]*+>)*+</is>)" % _ATTRIBUTES
_CELL = rb'<c\s+r="[A-Z]{1,3}[1-9][0-9]{0,6}"%b(?:/>|>\s*+(?:%b\s*+)?+(?:%b\s*+|%b\s*+)?+</c>)' % (
    *(_ATTRIBUTES, _FORMULA, _VALUE, _TEXT),
)
_ROW = re.compile(rb'<row\s+r="([1-9][0-9]{0,6})"%b(?:/>|>\s*+(?:%b\s*+)*+</row>)\s*+' % (_ATTRIBUTES, _CELL))
# rows without a cell: hidden ones by the hundred thousand cost as much as their bytes
_EMPTY_ROWS = re.compile(rb'(?:<row\s+r="[1-9][0-9]{0,6}"%b/>\s*+){2,}+' % _ATTRIBUTES)
_ROW_NUMBER = re.compile(rb'<row\s+r="([0-9]+)"')
_EACH_CELL = re.compile(_CELL)
_PLACE = re.compile(rb'<c\s+r="([A-Z]+)([0-9]+)"')
_STYLE = re.compile(rb'\ss="([0-9]{1,6})"')
_SPANS = re.compile(rb'\sspans="[^"]*"')
_HEIGHT = re.compile(rb'\sht="([0-9.]{1,8})"')
_HAS_FORMULA = re.compile(rb"<f[\s/>]")
_FORMULA_OF = re.compile(_FORMULA)
_MORE = re.compile(rb'\s(?:cm|vm)="[^"]*"')  # of a formula that fills several cells
_FIXED_HEIGHT = re.compile(rb'\scustomHeight="(?:1|true)"')
_LONGEST_ROW = 8 << 20  # bytes
_KIND = re.compile(rb'\st="[A-Za-z]*"')


@dataclass(slots=True)
class Change:
    """What changes in one row: `cells` by column, already as XML; `marks` by column; `lines` the row needs."""

    cells: Mapping[int, bytes] = field(default_factory=dict)
    marks: Mapping[int, int] = field(default_factory=dict)
    lines: int = 1


class Rows:
    """`change_of` tells what changes in a row, `changing` in which; `styles` turns a mark and the style of a cell into
    the style of both.

    Formulas do not come along: what was read and sent is their value of that moment; `calculated` says that they have
    one, and not the 0 that the sheet scan takes for none.
    """

    def __init__(
        self,
        change_of: Callable[[int], Change],
        changing: Collection[int],
        styles: Styles,
        usual_style: Callable[[int], int],
        *,
        calculated: bool,
    ) -> None:
        self._change_of, self._styles, self._usual_style = change_of, styles, usual_style
        self._changing = frozenset(changing)
        self._unmarked = styles.unmarked
        self._calculated = calculated
        self.seen: set[int] = set()

    def edited(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """All rows anew. `blocks` is what stands between the tags of sheetData."""
        for rows in whole_rows(blocks, self._changing):
            yield b"".join(self._row(number, row) if number else row for number, row in rows)

    def _row(self, number: int, row: bytes) -> bytes:
        change = self._change_of(number)
        self.seen.add(number)
        as_it_is = not self._unmarked and not _HAS_FORMULA.search(row)
        inside = bool(change.marks) or not as_it_is
        if not inside and not change.cells:
            return row
        columns = _columns_in(number, row)
        if not inside and (not columns or columns[-1] < min(change.cells)):
            return _filled(row, row[_tag_end(row) :], change)
        found = _EACH_CELL.findall(row)
        cells = dict(zip(columns, found if as_it_is else map(self._plain, found), strict=True))
        for column, mark in change.marks.items():
            if column not in change.cells:
                cells[column] = self._marked(cells.get(column) or self._blank(number, column), mark)
        cells |= change.cells
        return _filled(row, b"".join(cells[column] for column in sorted(cells)), Change(lines=change.lines))

    def _plain(self, cell: bytes) -> bytes:
        """A cell without a formula, and without the mark of an earlier run."""
        if _HAS_FORMULA.search(cell):
            cell = _valued(cell, calculated=self._calculated)
        if self._unmarked and (found := _STYLE.search(cell)):
            hidden = self._unmarked.get(int(found[1]))
            if hidden is not None:
                cell = _STYLE.sub(b' s="%d"' % hidden, cell, count=1)
        return cell

    def _blank(self, row: int, column: int) -> bytes:
        return b'<c r="%b" s="%d"/>' % (address(row, column).encode(), self._usual_style(column))

    def _marked(self, cell: bytes, mark: int) -> bytes:
        found = _STYLE.search(cell)
        style = b' s="%d"' % self._styles.marked(int(found[1]) if found else 0, mark)
        if found:
            return cell[: found.start()] + style + cell[found.end() :]
        return _PLACE.sub(rb"\g<0>" + style, cell, count=1)


def whole_rows(
    blocks: Iterable[bytes], changing: frozenset[int] | None = None
) -> Iterator[Iterator[tuple[int, bytes]]]:
    """The rows with their numbers, as many at once as a block has; Unfit where one is not written as it should be.

    `changing`: where nothing else changes, rows without a cell may come several at once, with the number 0.
    """
    pending, passed = b"", _Passed()
    for block in blocks:
        pending += block
        last = pending.rfind(b"<row")
        if last > 0:
            yield _each(pending[:last], passed, changing)
            pending = pending[last:]
        elif len(pending) > _LONGEST_ROW:
            raise Unfit
    yield _each(pending, passed, changing)


class _Passed:
    """How far the rows have come; each is behind the one before it."""

    def __init__(self) -> None:
        self._last_row = 0

    def note(self, *numbers: int) -> None:
        if any(map(operator.ge, [self._last_row, *numbers], numbers)):
            raise Unfit
        self._last_row = numbers[-1]


def _each(rows: bytes, passed: _Passed, changing: frozenset[int] | None) -> Iterator[tuple[int, bytes]]:
    at = len(rows) - len(rows.lstrip()) if rows[:1].isspace() else 0
    looked_at = 0
    while at < len(rows):
        if changing is not None and at >= looked_at and (empty := _EMPTY_ROWS.match(rows, at)):
            looked_at = empty.end()
            numbers = [*map(int, _ROW_NUMBER.findall(empty[0]))]
            if changing.isdisjoint(numbers):
                passed.note(*numbers)
                at = looked_at
                yield 0, empty[0].rstrip()
                continue
        row = _ROW.match(rows, at)
        if row is None:
            raise Unfit
        at = row.end()
        passed.note(number := int(row[1]))
        yield number, row[0].rstrip()


def cells_of(number: int, row: bytes) -> dict[int, bytes]:
    """The cells of a row, by column."""
    return dict(zip(_columns_in(number, row), _EACH_CELL.findall(row), strict=True))


def _columns_in(number: int, row: bytes) -> tuple[int, ...]:
    """Those of a row's cells; Unfit where one says that it is elsewhere."""
    places = _PLACE.findall(row)
    if any(written != b"%d" % number for _, written in places):
        raise Unfit
    return _columns(tuple(letters for letters, _ in places))


def _valued(cell: bytes, *, calculated: bool) -> bytes:
    """The saved value of a formula; without one the cell is an error, as it was for the reader."""
    cell = _MORE.sub(b"", _FORMULA_OF.sub(b"", cell), count=1)
    if b"<v" in cell and (calculated or not _is_zero(cell)):
        return cell
    opened = _KIND.sub(b"", cell[: _tag_end(cell)], count=1).removesuffix(b"/>").removesuffix(b">")
    return opened.rstrip() + b' t="e"><v>#N/A</v></c>'


def _is_zero(cell: bytes) -> bool:
    kind = _KIND.search(cell)
    return b"<v>0</v>" in cell and (kind is None or kind[0].endswith(b'"n"'))


def _filled(row: bytes, cells: bytes, change: Change) -> bytes:
    """A row with the tag of the old one and other cells; what it says about its width goes, and it may grow."""
    opened = row[: _tag_end(row)]
    if b"spans" in opened:
        opened = _SPANS.sub(b"", opened, count=1)
    opened = opened.rstrip(b"/>").rstrip()
    if change.lines > 1:
        height = LINE_HEIGHT * change.lines
        found = _HEIGHT.search(opened)
        if found is None:
            opened += b' ht="%d"' % height
        elif not _FIXED_HEIGHT.search(opened) and float(found[1]) < height:
            opened = _HEIGHT.sub(b' ht="%d"' % height, opened, count=1)
    return opened + b">" + cells.removesuffix(b"</row>") + b"".join(change.cells.values()) + b"</row>"


def _tag_end(element: bytes) -> int:
    return element.index(b">") + 1  # no attribute of what has matched holds one


@lru_cache(maxsize=4096)
def _columns(places: tuple[bytes, ...]) -> tuple[int, ...]:
    """The columns of a row's cells; Unfit where they are out of order."""
    columns = tuple(column_of(letters.decode()) for letters in places)
    if any(first >= second for first, second in itertools.pairwise(columns)):
        raise Unfit
    return columns
