"""A second opinion on rows of which the reader gave another number of values than the file has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.cell_reference import cell_of, position

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from loader.model.cell_reference import Cell
    from loader.workbook.ooxml.package import Package


def filled_cells(package: Package, part: str, rows: Collection[int]) -> set[Cell]:
    """The cells of these rows that have a value in the file; a text without a letter is none."""
    found = _FilledCells(frozenset(rows))
    package.walk(package.inflated(part), start=found.start, end=found.end, characters=found.characters)
    empty = _empty_texts(package) if any(cell.shared for cell in found.cells.values()) else frozenset()
    return {
        at
        for at, cell in found.cells.items()
        if cell.text.strip() and not (cell.shared and position(cell.text.strip()) in empty)
    }


@dataclass(slots=True)
class _Cell:
    text: str
    shared: bool
    """Whether the text is the number of one that several cells share."""


class _FilledCells:
    def __init__(self, rows: frozenset[int]) -> None:
        self.cells: dict[Cell, _Cell] = {}
        self._rows = rows
        self._row = self._column = 0
        self._cell: _Cell | None = None
        self._at = (0, 0)
        self._listens = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "row":
                self._row, self._column = position(attributes.get("r", "")) or self._row + 1, 0
            case "c":
                row, column = cell_of(attributes.get("r", ""))
                self._column = column or self._column + 1
                self._at = (row or self._row, self._column)
                kind = attributes.get("t", "n")
                wanted = self._at[0] in self._rows and kind != "e"
                self._cell = _Cell("", kind == "s") if wanted else None
            case "v" | "t":
                self._listens = True
            case _:
                pass

    def characters(self, text: str) -> None:
        if self._cell and self._listens:
            self._cell.text += text

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._listens = False
        elif name == "c" and self._cell:
            self.cells[self._at] = self._cell
            self._cell = None


def _empty_texts(package: Package) -> frozenset[int]:
    part = package.texts_part()
    if not part:
        return frozenset()
    empty: list[int] = []
    seen = -1
    filled = listens = False

    def start(name: str, _: Mapping[str, str]) -> None:
        nonlocal seen, filled, listens
        if name == "si":
            seen, filled = seen + 1, False
        listens = name == "t"

    def characters(text: str) -> None:
        nonlocal filled
        filled |= listens and bool(text.strip())

    def end(name: str) -> None:
        nonlocal listens
        listens = False
        if name == "si" and not filled:
            empty.append(seen)

    package.walk(package.inflated(part), start=start, end=end, characters=characters)
    return frozenset(empty)
