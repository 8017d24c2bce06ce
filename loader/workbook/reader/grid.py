"""All cells of one sheet, and what its reader could not tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.workbook.reader.sheet_scan import Losses

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells of a sheet from A1 on, rows equally long, and what the reader would not have told about them.

    `ragged`: its rows had no columns but only separators, so that one too many shifts the rest of a row.
    `remarks` continue "The workbook ...".
    """

    title: str
    cells: list[list[object]]
    losses: Losses = field(default_factory=Losses)
    ragged: bool = False
    remarks: Sequence[str] = ()
