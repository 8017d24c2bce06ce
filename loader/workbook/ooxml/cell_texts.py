"""A worksheet in which some cells have other texts, and all else is as it was.

A text is read as that of a CSV file is: nothing becomes a number, a date or a formula.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.model.row import address
from loader.workbook.ooxml.sheet_part import SheetPart, corners_of, is_within, rows_of
from loader.workbook.ooxml.sheet_rows import cells_of, whole_rows
from loader.workbook.ooxml.xml_edit import between_tags
from loader.workbook.writer.cells import LONGEST_TEXT, escaped, units

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from loader.model.cell_reference import Cell

_FORMULA = re.compile(rb"<f[\s/>]")
_BLOCK_FORMULA = re.compile(rb'<f(?=[^>]*\st="(?:array|dataTable)")[^>]*\sref="([A-Z0-9:]{1,30})"')
_SHARED_FORMULA = re.compile(rb"<f(?=[^>]*\sref=)[^>]*>")  # the first of them, which has what the others say
_STYLE = re.compile(rb'\ss="[0-9]{1,6}"')
_SPANS = re.compile(rb'\sspans="[^"]*"')


class CellTexts:
    """`blocks`: the worksheet, as often as it is asked for. `left`: by cell, why it stays as it is, once all is out.

    Raises:
        Unfit: it is not written as it should be.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterable[bytes]],
        texts: Mapping[Cell, str],
        *,
        named: Collection[Cell] = (),
        over_formulas: bool = False,
    ) -> None:
        """`named`: cells that are the names of a table's columns, which stand elsewhere, too.

        `over_formulas`: a text may take the place of a formula, unless other cells depend on that one being there.
        """
        self._blocks, self._over_formulas = blocks, over_formulas
        self.went_over_formulas = False
        self._part = SheetPart(blocks())
        self.left = dict.fromkeys(self._part.covered(texts), "is under a merged cell")
        self.left |= {cell: "is the name of a table's column: rename it in Excel" for cell in named if cell in texts}
        self.left |= {cell: "cannot hold a text so long" for cell, it in texts.items() if units(it) > LONGEST_TEXT}
        self._texts: dict[int, dict[int, str]] = {}
        for (row, column), text in sorted(texts.items()):
            if (row, column) not in self.left:
                self._texts.setdefault(row, {})[column] = text
        self._part.make_room_for(texts)
        self._of_formulas: list[tuple[Cell, Cell]] = []

    def edited(self) -> Iterator[bytes]:
        before, behind = self._part.edited()
        yield before
        new = iter(list(self._texts))
        next_row = next(new, None)
        for rows in whole_rows(rows_of(self._blocks())):
            written = []
            for number, row in rows:
                while next_row is not None and next_row < number:
                    written.append(self._row(next_row, b'<row r="%d"/>' % next_row))
                    next_row = next(new, None)
                if next_row == number:
                    next_row = next(new, None)
                written.append(self._row(number, row))
            yield b"".join(written)
        while next_row is not None:
            yield self._row(next_row, b'<row r="%d"/>' % next_row)
            next_row = next(new, None)
        yield behind

    def _row(self, number: int, row: bytes) -> bytes:
        self._of_formulas += (corners_of(ref.decode()) for ref in _BLOCK_FORMULA.findall(row))
        texts = self._texts.get(number)
        if texts is None:
            return row
        cells = cells_of(number, row)
        changed = False
        for column, text in texts.items():
            old = cells.get(column, b"")
            if self._must_stay((number, column), old):
                self.left[number, column] = "holds a formula"
                continue
            changed = True
            self.went_over_formulas |= bool(_FORMULA.search(old))
            cells[column] = self._cell(number, column, old, text)
        if not changed:
            return row
        # what the row says of its width may be left out, and is wrong where a cell is new
        opened = _SPANS.sub(b"", row[: row.index(b">")], count=1)
        tag = opened.removesuffix(b"/").rstrip()
        return tag + b">" + b"".join(cells[column] for column in sorted(cells)) + b"</row>"

    def _must_stay(self, cell: Cell, old: bytes) -> bool:
        """For its formula, or for one of other cells that reaches over it."""
        if any(is_within(cell, block) for block in self._of_formulas):
            return True
        return bool(_SHARED_FORMULA.search(old) or (_FORMULA.search(old) and not self._over_formulas))

    def _cell(self, row: int, column: int, old: bytes, text: str) -> bytes:
        """With the look of the old one, or of its column."""
        found = _STYLE.search(old[: old.find(b">") + 1])
        usual = self._part.usual_style(column)
        style = found[0] if found else b' s="%d"' % usual if usual and not old else b""
        opened = f'<c r="{address(row, column)}"'.encode() + style
        if not text:
            return opened + b"/>"
        return opened + b' t="inlineStr"><is><t xml:space="preserve">' + between_tags(escaped(text)) + b"</t></is></c>"
