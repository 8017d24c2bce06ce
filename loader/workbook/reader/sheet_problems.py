"""What is wrong with a sheet as a whole, or odd about it."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from loader.model.fixes import Fix, Sure
from loader.model.limits import SAVE_AGAIN
from loader.model.row import Problem, Severity, address, shown
from loader.workbook.cell_parsers import AN_ERROR, NO_ERROR, is_blank
from loader.workbook.columns import BY_FIELD
from loader.workbook.header_words import one_line
from loader.workbook.reader.number_formats import Shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from loader.workbook.reader.headers import Layout
    from loader.workbook.reader.losses import Grid

LISTED = 10
NOT_UNICODE = "is not in UTF-8, and is read as Windows-1252"
_TOLD = 3  # cells


class SheetProblems:
    """What the values of the cells do not show: what is hidden, lost, uncertain or under no header."""

    def __init__(self, grid: Grid, headers: Sequence[object], found: Layout, rows: Sequence[int]) -> None:
        self._grid = grid
        self._headers = headers
        self._columns = sorted(found.columns.values())
        self._whole_numbers = {at for key, at in found.columns.items() if BY_FIELD[key].is_number}
        self._rows = rows

    def guessed(self, header_row: int) -> Iterator[Problem]:
        """In what a text is written that nobody has named, with cells by which a person sees whether it is right."""
        if self._grid.guessed:
            rows = enumerate(self._grid.cells[header_row - 1 :], start=header_row)
            cells = ((row, at, cell) for row, cells in rows for at, cell in enumerate(cells, start=1))
            found = (f"{address(row, at)} '{cell}'" for row, at, cell in cells if not str(cell or "").isascii())
            shown = ", ".join(itertools.islice(found, _TOLD))
            wrong = (
                f"{NOT_UNICODE}{f' ({shown})' if shown else ''}: if that is wrong, name its encoding with --encoding"
            )
            yield warning(wrong, of="file", changes_meaning=True)

    def strays(self, rows: Mapping[int, str], column: int | None) -> Iterator[Problem]:
        for row, wrong in rows.items():
            yield self._problem(row, column, wrong, "that row deleted, or filled in")

    def hidden(self) -> Iterator[Problem]:
        loaded = set(self._rows)
        if rows := [row for row in self._grid.losses.hidden_rows if row in loaded]:
            yield warning(
                f"has {counted(rows, 'hidden row')}, by hand or by a filter; hidden rows are loaded like any other"
            )
        if columns := [column for column in self._grid.losses.hidden_columns if column in self._columns]:
            named = ", ".join(f"'{self._header(column)}'" for column in columns)
            yield warning(f"has hidden columns, which are read like any other: {named}")

    def headless(self, header_row: int) -> Iterator[Problem]:
        """Cells under no header: in a text file it means that the cells of the row have shifted."""
        nameless = [at for at, header in enumerate(self._headers, start=1) if is_blank(header)]
        named = next((at for at, it in enumerate(self._headers, start=1) if not is_blank(it)), len(nameless))
        filled: dict[int, int] = {}
        for row in self._rows:
            cells = self._grid.cells[row - 1]
            for column in nameless:
                if is_blank(cells[column - 1]):
                    continue
                if self._grid.ragged and column > named:  # nothing shifts to the left: pandas' index stands there
                    wrong = "is under no header: a text in this row has the separator in it"
                    yield self._problem(row, column, wrong, "that text in quotation marks")
                    break
                filled.setdefault(column, row)
        if filled:
            listed = ", ".join(address(row, column) for column, row in filled.items())
            yield warning(f"has cells under no header in row {header_row}, which are not used: {listed}")

    def lost(self) -> Iterator[Problem]:
        losses, repaired = self._grid.losses, f"the workbook repaired: {SAVE_AGAIN}"
        yield from self._blocks(losses.errors, AN_ERROR, NO_ERROR)
        wrong = "is a formula whose result was not saved"
        yield from self._blocks(losses.unsaved, wrong, "the workbook opened and saved in Excel, or the value typed")
        wrong = "is in the file twice or out of place, so that its value is not certain"
        yield from self._blocks(losses.doubled, wrong, repaired)
        wrong = "is written in the file in a way that programs differ about, so that its value is not certain"
        yield from self._blocks(losses.odd, wrong, repaired)
        yield from self._merged()

    def _blocks(self, found: Collection[tuple[int, int]], wrong: str, right: str) -> Iterator[Problem]:
        """One problem for what is wrong in rows one below the other, with the same value in them."""
        blocks: dict[int, Problem] = {}  # by column, those that may go on
        for row, column in self._in_reach(found):
            problem, above = self._problem(row, column or None, wrong, right), blocks.get(column)
            if column and above and above.rows[-1] == row - 1 and above.seen == problem.seen:
                blocks[column] = replace(above, last=(row, column))
                continue
            if above:
                yield above
            blocks[column] = problem
        yield from blocks.values()

    def shown(self) -> Iterator[Problem]:
        """Numbers that the user sees as something else, where a whole number belongs."""
        for row, column in self._in_reach(self._grid.losses.shown):
            if column not in self._whole_numbers or isinstance(self._grid.cells[row - 1][column - 1], str):
                continue
            if self._grid.losses.shown[row, column] is Shown.PERCENTAGE:
                wrong = "is shown as a percentage, a hundred times as much"
                yield self._problem(row, column, wrong, "the number, in a cell formatted as a plain number")
            else:
                wrong = "is shown as an amount of money and is read as the number alone"
                number = self._grid.cells[row - 1][column - 1]
                fixes = (Fix(str(number), Sure.READ_SO),) if type(number) is int else ()
                yield replace(self._problem(row, column, wrong, severity=Severity.WARNING), fixes=fixes)

    def elsewhere(self) -> Iterator[Problem]:
        """Cells whose value is not certain, where no campaign depends on it."""
        losses = self._grid.losses
        uncertain = losses.odd | losses.doubled
        if cells := sorted(uncertain - set(self._in_reach(uncertain))):
            named = ", ".join(address(row, column or None) for row, column in cells[:LISTED])
            more = ", ..." if len(cells) > LISTED else ""
            yield warning(f"has cells elsewhere whose value is not certain, as programs differ about it: {named}{more}")

    def _merged(self) -> Iterator[Problem]:
        """One problem for each merged block; what an earlier one covers is not said again."""
        covered = dict.fromkeys(self._columns, 0)  # the last row, by column
        for first, last in sorted(self._grid.losses.merged):
            columns = [it for it in self._columns[bisect_left(self._columns, first[1]) :] if it <= last[1]]
            columns = [column for column in columns if covered[column] < last[0]]
            if not columns:
                continue
            begin = max(first[0], min(covered[column] for column in columns) + 1)
            covered |= dict.fromkeys(columns, last[0])
            rows = self._rows[bisect_left(self._rows, begin) : bisect_right(self._rows, last[0])]
            if rows:
                wrong = (
                    f"is merged ({address(*first)}:{address(*last)}), and only the first of merged cells has a value"
                )
                problem = self._problem(rows[0], columns[0], wrong, "the cells unmerged, and each filled")
                end = rows[-1], columns[-1]
                yield problem if end == (rows[0], columns[0]) else replace(problem, last=end)

    def _in_reach(self, found: Collection[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        rows, columns = set(self._rows) if found else set(), {0, *self._columns}
        return (at for at in sorted(found) if at[0] in rows and at[1] in columns)

    def _problem(
        self, row: int, column: int | None, wrong: str, right: str = "", severity: Severity = Severity.ERROR
    ) -> Problem:
        cells = self._grid.cells[row - 1]
        value = cells[column - 1] if column else None
        header = self._header(column) if column else ""
        return Problem(row, column, header, shown(value), wrong, right, severity)

    def _header(self, column: int) -> str:
        header = self._headers[column - 1]
        return "" if header is None else one_line(header)


def warning(wrong: str, of: str = "sheet", *, changes_meaning: bool = False) -> Problem:
    wrong = f"The {of} {wrong}."
    return Problem(None, None, "", "", wrong, severity=Severity.WARNING, changes_meaning=changes_meaning)


def counted(rows: Sequence[int], what: str) -> str:
    """ "3 hidden rows (5, 6, 7)"; long lists are cut."""
    listed = ", ".join(map(str, rows[:LISTED])) + (", ..." if len(rows) > LISTED else "")
    return f"{len(rows)} {what}{'s' if len(rows) > 1 else ''} ({listed})"
