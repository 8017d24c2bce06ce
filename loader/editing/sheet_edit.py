"""A workbook that is being corrected: its cells as they were handed in, with what people have changed since. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.editing.recheck import RowChecks, rechecked, row_checks
from loader.errors import SettingsError, WorkbookError
from loader.model.limits import SEEN_FIRST
from loader.model.row import Severity
from loader.workbook.cell_parsers import is_blank
from loader.workbook.mapping import NOTHING_RENAMED, Renaming, renaming_of
from loader.workbook.reader.headers import header_row, in_columns, likeliest_row, too_far_down
from loader.workbook.reader.read import paused
from loader.workbook.reader.rows import sheet_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from loader.editing.history import Edits, History
    from loader.model.cell_reference import Cell
    from loader.model.row import Sheet
    from loader.planning.validate import ApiVersion
    from loader.workbook.reader.losses import Grid


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook with all of its sheets, as it was handed in."""

    file: str
    grids: Sequence[Grid]

    def grid(self, title: str) -> Grid:
        """Raises LookupError."""
        return {grid.title: grid for grid in self.grids}[title]


@dataclass(frozen=True, slots=True)
class Reading:
    """How sheets are read where nobody says anything else."""

    api_version: ApiVersion = "v1"
    renaming: Renaming = NOTHING_RENAMED

    def with_mapping(self, plain: Mapping[str, object] | None) -> Renaming:
        """Raises SettingsError where it is none."""
        return self.renaming if plain is None else renaming_of({**self.renaming.plain, **plain}, "of this sheet")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sheet that may be meant. `header_row` is None where none of its rows is known to be one."""

    title: str
    header_row: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class View:
    """One sheet as it stands. `checks` is None where it cannot be read, and `fault` says why.

    `header_row`: the one that counts, or the likeliest. `changed`: rows that were checked again.
    """

    title: str
    header_row: int
    edits: Edits
    renaming: Renaming
    cells: Sequence[Sequence[object]]
    checks: RowChecks | None = None
    fault: str = ""
    changed: Collection[int] = field(default=())


def candidates(book: Book, renaming: Renaming) -> list[Candidate]:
    """The sheets that have anything in them beside headers, those with a header row first."""
    found = []
    for grid in book.grids:
        number = header_row(grid.cells, renaming.find)
        filled = sum(not all(map(is_blank, row)) for row in grid.cells[number or 0 :])
        if filled or number:
            found.append(Candidate(grid.title, number, filled))
    found = [it for it in found if it.rows] or found
    return sorted(found, key=lambda it: it.header_row is None)


def only_candidate(found: Sequence[Candidate]) -> str:
    """The sheet that is meant where nobody has said anything; blank where that would be a guess."""
    with_header = [it.title for it in found if it.header_row is not None]
    titles = with_header or [it.title for it in found]
    return titles[0] if len(titles) == 1 else ""


def view(book: Book, title: str, history: History, reading: Reading, before: View | None = None) -> View:
    """The sheet as it stands; `before` saves the check of rows that are as they were.

    Raises:
        SettingsError: the mapping is none.
        LookupError: there is no such sheet.
    """
    edits, renaming = history.edits(title), reading.with_mapping(history.mapping)
    grid = _edited(book.grid(title), edits.cells)
    known = edits.header_row or header_row(grid.cells, renaming.find)
    number = known or likeliest_row(grid.cells)
    shown = View(title, number, edits, renaming, grid.cells)
    if not known and (fault := _no_headers(grid.cells, renaming)):
        return replace(shown, fault=f"{book.file}, sheet '{title}': {fault}")
    try:
        with paused():
            sheet = _without_rows(sheet_of(book.file, grid, number, {}, renaming), edits.left_out)
    except (WorkbookError, SettingsError) as error:
        return replace(shown, fault=str(error))
    if not sheet.drafts and not edits.left_out:
        return replace(shown, fault=f"{book.file}, sheet '{title}' has a header row and no campaign under it.")
    comparable = before if before and before.title == title and before.renaming == renaming else None
    if comparable and comparable.checks:
        checks = rechecked(comparable.checks, sheet, reading.api_version)
    else:
        checks = row_checks(sheet, reading.api_version)
    return replace(shown, checks=checks, changed=checks.touched)


def _no_headers(cells: Sequence[Sequence[object]], renaming: Renaming) -> str:
    """What is said where they are in another place than a row at the top; blank where a match may help."""
    return too_far_down(cells[:SEEN_FIRST], renaming.find) or in_columns(cells)


def must_be_editable(shown: View, cells: Collection[Cell], rows: Collection[int]) -> None:
    """Raises WorkbookError where a cell is neither a header nor a campaign's, or a row no campaign's."""
    last_row, last_column = len(shown.cells), max(map(len, shown.cells), default=0)
    for row, column in [*cells, *((row, 1) for row in rows)]:
        if row < shown.header_row + (row in rows):
            raise WorkbookError(f"Row {row} is the header or above it, and no campaign.")
        if not (row <= last_row and 1 <= column <= last_column):
            raise WorkbookError(f"The sheet ends in row {last_row:,} and column {last_column:,}.")


def _edited(grid: Grid, cells: Mapping[Cell, str]) -> Grid:
    """With new texts, which are read as those of a text file are; what was odd about the cells before is gone."""
    losses, rows = grid.losses, list(grid.cells)
    for row in {row for row, _ in (*cells, *losses.unsaved)}:  # whoever reads a sheet changes the second kind
        rows[row - 1] = list(rows[row - 1])
    for (row, column), text in cells.items():
        rows[row - 1][column - 1] = text or None
    kept = replace(
        losses,
        errors={at: it for at, it in losses.errors.items() if at not in cells},
        unsaved={at: it for at, it in losses.unsaved.items() if at not in cells},
        odd={at for at in losses.odd if at not in cells},
        doubled={at for at in losses.doubled if at not in cells},
        shown={at: it for at, it in losses.shown.items() if at not in cells},
    )
    return replace(grid, cells=rows, losses=kept)


def _without_rows(sheet: Sheet, left_out: Collection[int]) -> Sheet:
    """Rows that are left out are no campaigns, and nothing is wrong with them."""
    if not left_out:
        return sheet
    return replace(
        sheet,
        drafts=[draft for draft in sheet.drafts if draft.row not in left_out],
        problems=[it for it in sheet.problems if it.row not in left_out],
    )


def counts(shown: View) -> dict[str, int]:
    """How many rows are ready, how many are not, and how many warnings there are on cells."""
    if shown.checks is None:
        return {"ready": 0, "invalid": 0, "warnings": 0, "left_out": len(shown.edits.left_out)}
    checked = shown.checks.checked
    warnings = sum(it.severity is Severity.WARNING and it.row is not None for it in checked.problems)
    return {
        "ready": len(checked.ready),
        "invalid": len(checked.invalid),
        "warnings": warnings,
        "left_out": len(shown.edits.left_out),
    }
