"""All cells of a sheet, and what its reader would not report of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.cell_reference import Cell
    from loader.workbook.reader.number_formats import Shown


@dataclass(slots=True)
class Losses:
    """What a reader would not report of one sheet. In `doubled`, column 0 stands for a whole row.

    `odd` cells are written in a way that readers differ about, or that they gave another value for than the file has.
    `totals`: rows that a table has for its totals.
    `shown`: numbers that are shown as something else. `filled` counts the cells with a value by row.
    """

    errors: dict[Cell, str] = field(default_factory=dict)
    unsaved: dict[Cell, str] = field(default_factory=dict)
    doubled: set[Cell] = field(default_factory=set)
    odd: set[Cell] = field(default_factory=set)
    shown: dict[Cell, Shown] = field(default_factory=dict)
    merged: list[tuple[Cell, Cell]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    filled: dict[int, int] = field(default_factory=dict, compare=False, repr=False)
    last_row: int = field(default=0, compare=False)
    last_column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells of a sheet from A1 on, rows equally long, and what the reader would not have reported about them.

    `ragged`: its rows had no columns but only separators, so that one too many shifts the rest of a row.
    `guessed`: nobody has named the encoding of its text. `remarks` continue "The workbook ...".
    """

    title: str
    cells: list[list[object]]
    losses: Losses = field(default_factory=Losses)
    ragged: bool = False
    guessed: bool = False
    remarks: Sequence[str] = ()
