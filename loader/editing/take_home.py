"""The workbook as it was handed in, with everything that people have changed since in its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.editing.corrected import Corrected, Edit, corrected
from loader.model.row import Sheet, address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.editing.history import History
    from loader.editing.sheet_edit import Book


def taken_home(content: bytes, book: Book, history: History, *, encoding: str | None = None) -> Corrected:
    """Rows that are left out are still in it: it is somebody's own file.

    Raises:
        WorkbookError: it cannot be edited in place, and why.
    """
    changed = {grid.title: history.edits(grid.title).cells for grid in book.grids}
    edits = [
        Edit(row, column, text, title) for title, cells in changed.items() for (row, column), text in cells.items()
    ]
    if not edits:
        return Corrected(content)
    sheets = [
        Sheet(book.file, grid.title, 1, grid.cells, {}, (), label=grid.title)
        for grid in book.grids
        if changed[grid.title]
    ]
    return corrected(content, sheets, edits, encoding=encoding)


def not_made(left: Corrected, *, several: bool) -> Sequence[str]:
    """A sentence for each edit that could not be made."""
    return [
        f"{f'{edit.sheet}!' if several else ''}{address(edit.row, edit.column)}: the cell {why}"
        for edit, why in left.left.items()
    ]
