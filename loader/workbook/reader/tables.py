"""The sheets of a workbook that have a header row, and which of them are loaded: none is left out without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.errors import HeadersError, WorkbookError
from loader.workbook.cell_parsers import is_blank
from loader.workbook.reader.rows import sheet_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.model.row import Sheet
    from loader.model.sheet_choice import SheetChoice
    from loader.workbook.mapping import Renaming
    from loader.workbook.reader.losses import Grid


class Table:
    """A sheet with a header row. `rows`: how many there are to load; all that are filled, if its headers are wrong."""

    def __init__(self, file: str, grid: Grid, header_row: int, given: Mapping[str, str], renaming: Renaming) -> None:
        self.title = grid.title
        self._sheet: Sheet | None = None
        self._fault: HeadersError | None = None
        try:
            self._sheet = sheet_of(file, grid, header_row, given, renaming)
            self.rows = len(self._sheet.drafts)
        except HeadersError as error:
            self._fault = error
            self.rows = sum(not all(map(is_blank, row)) for row in grid.cells[header_row:])

    @property
    def sheet(self) -> Sheet:
        """What it holds; HeadersError where its headers are wrong."""
        if self._sheet is None:
            raise self._fault or HeadersError("", (), 0)
        return self._sheet


def chosen(tables: Sequence[Table], file: str, choice: SheetChoice) -> list[Sheet]:
    """The sheets to load.

    Raises:
        WorkbookError: it is not said which are meant, or none of them has a campaign.
    """
    named = [table for table in tables if choice.has_named(table.title)]
    filled = [table for table in tables if table.rows]
    if choice.names:
        left = [table for table in filled if table not in named]
        if choice.strict and left:
            raise WorkbookError(
                f"{file} has {_told(left)}, which would not be loaded. Name what is to be loaded in --sheet or "
                "LOADER_SHEETS, and what is left out on purpose in LOADER_IGNORE_SHEETS."
            )
        loaded = named
    elif len(filled) > 1 and not (choice.every or choice.first):
        raise WorkbookError(
            f"{file} has several sheets with campaigns: {_told(filled)}. Say which are loaded: "
            f"--sheet '{filled[0].title}', which may be given repeatedly, or --all-sheets; LOADER_SHEETS says it, too."
        )
    else:
        loaded = list(tables[:1]) if choice.first else filled if choice.every else [*filled, *tables][:1]
    sheets = [table.sheet for table in loaded]
    if not any(table.rows for table in loaded):
        which = " and ".join(f"'{table.title}'" for table in loaded or tables)
        raise WorkbookError(f"{file}, sheet {which} has a header row and no campaign under it.")
    return sheets if len(sheets) == 1 else [_labelled(sheet) for sheet in sheets]


def _labelled(sheet: Sheet) -> Sheet:
    """One of several: its rows and problems are distinguished by its title."""
    problems = [replace(problem, sheet=sheet.title) for problem in sheet.problems]
    return replace(sheet, label=sheet.title, problems=problems)


def _told(tables: Sequence[Table]) -> str:
    """ "'APAC' (1 row), 'EMEA' (2 rows)"."""
    return ", ".join(f"'{it.title}' ({it.rows:,} row{'' if it.rows == 1 else 's'})" for it in tables)
