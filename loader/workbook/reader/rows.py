"""The rows of a sheet become drafts, and what is wrong with the sheet itself, or odd about it, becomes problems."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.errors import HeadersError
from loader.model.limits import SAVE_AGAIN
from loader.model.row import Draft, Problem, Severity, Sheet, address
from loader.workbook.cell_parsers import AN_ERROR, NO_ERROR, is_blank
from loader.workbook.columns import BY_FIELD
from loader.workbook.reader.headers import Layout, layout, one_line, sms_column, sms_rows
from loader.workbook.reader.number_formats import Shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from loader.workbook.mapping import Renaming
    from loader.workbook.reader.losses import Grid

_EXAMPLE = "example:"  # how the names of the template's example rows begin
_LISTED = 10
_NO_RESULT = "#N/A"


@dataclass(slots=True)
class _Rows:
    """The rows under the header, by what they are. `renamed`: how many cells a mapping gave other values."""

    drafts: list[Draft] = field(default_factory=list)
    renamed: int = 0
    examples: list[int] = field(default_factory=list)
    remarks: list[int] = field(default_factory=list)


def sheet_of(file: str, grid: Grid, header_row: int, given: Mapping[str, str], renaming: Renaming) -> Sheet:
    """HeadersError with everything that is wrong with the headers; `given` are values by field for blank cells."""
    headers = grid.cells[header_row - 1]
    found = layout(grid.cells, header_row, given=given.keys(), find=renaming.find, ignored=renaming.ignored)
    if found.faults:
        header = sms_column(grid.cells, header_row, {*found.columns, *given})
        sms = f"is a sheet of SMS campaigns by its column '{header}': they are not loaded here, only voice campaigns."
        faults = "\n".join(f"{file}, sheet '{grid.title}': {fault}" for fault in ([sms] if header else found.faults))
        raise HeadersError(faults, grid.cells, header_row)
    rows = _rows(grid, header_row, found, renaming)
    if given:
        rows.drafts = [Draft(draft.row, {**given, **draft.values}) for draft in rows.drafts]
    numbers = [draft.row for draft in rows.drafts]
    of_sheet = _SheetProblems(grid, headers, found, numbers)
    problems = [
        *(_warning(remark, of="workbook") for remark in grid.remarks),
        *_remarks(rows, found),
        *of_sheet.hidden(),
        *of_sheet.headless(header_row),
        *of_sheet.lost(),
        *of_sheet.shown(),
        *of_sheet.elsewhere(),
        *sms_rows(grid.cells, found.unused, numbers),
    ]
    for row, column in grid.losses.unsaved:  # or results would hold the formula as a text, and read again it were one
        grid.cells[row - 1][column - 1] = _NO_RESULT
    return Sheet(
        file=file,
        title=grid.title,
        header_row=header_row,
        cells=grid.cells,
        columns=found.columns,
        drafts=rows.drafts,
        unused=tuple(found.unused.values()),
        problems=problems,
        country=renaming.country,
    )


def _rows(grid: Grid, header_row: int, found: Layout, renaming: Renaming) -> _Rows:
    rows = _Rows()
    places = [(key, column - 1) for key, column in found.columns.items()]
    seen: set[object] = set()  # values that are known to be no blanks: faster than asking each time
    for number, row in enumerate(grid.cells[header_row:], start=header_row + 1):
        values: dict[str, object] = {}
        for key, at in places:
            value = row[at]
            if value in seen:
                values[key] = value
            elif not is_blank(value):
                values[key] = value
                seen.add(value)
        campaign = values.get("name")
        if not values:
            if any(not is_blank(row[column - 1]) for column in found.unused):
                rows.remarks.append(number)
        elif isinstance(campaign, str) and campaign.strip().casefold().startswith(_EXAMPLE):
            rows.examples.append(number)
        else:
            if renaming.values:
                rows.renamed += renaming.renamed(values)
            rows.drafts.append(Draft(number, values))
    return rows


def _remarks(rows: _Rows, found: Layout) -> Iterator[Problem]:
    yield from (_warning(remark, changes_meaning=True) for remark in found.understood)
    if found.unused:
        named = ", ".join(f"'{header}' in {address(None, at)}" for at, header in found.unused.items())
        yield _warning(f"has columns that are not used: {named}")
    if rows.renamed:
        yield _warning(f"has {rows.renamed} cells with values of another system, read as the mapping says")
    if rows.examples:
        yield _warning(f"has {_counted(rows.examples, 'example row')} that no campaign is made of")
    if rows.remarks:
        yield _warning(f"has {_counted(rows.remarks, 'row')} with nothing but unused columns filled, passed over")


class _SheetProblems:
    """What the values of the cells do not show: what is hidden, lost, uncertain or under no header."""

    def __init__(self, grid: Grid, headers: Sequence[object], found: Layout, rows: Sequence[int]) -> None:
        self._grid = grid
        self._headers = headers
        self._columns = sorted(found.columns.values())
        self._whole_numbers = {at for key, at in found.columns.items() if BY_FIELD[key].is_number}
        self._rows = rows

    def hidden(self) -> Iterator[Problem]:
        loaded = set(self._rows)
        if rows := [row for row in self._grid.losses.hidden_rows if row in loaded]:
            yield _warning(
                f"has {_counted(rows, 'hidden row')}, by hand or by a filter; hidden rows are loaded like any other"
            )
        if columns := [column for column in self._grid.losses.hidden_columns if column in self._columns]:
            named = ", ".join(f"'{self._header(column)}'" for column in columns)
            yield _warning(f"has hidden columns, which are read like any other: {named}")

    def headless(self, header_row: int) -> Iterator[Problem]:
        """Cells under no header: in a text file it means that the cells of the row have shifted."""
        nameless = [at for at, header in enumerate(self._headers, start=1) if is_blank(header)]
        named = next(at for at, header in enumerate(self._headers, start=1) if not is_blank(header))
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
            yield _warning(f"has cells under no header in row {header_row}, which are not used: {listed}")

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
                yield self._problem(row, column, wrong, severity=Severity.WARNING)

    def elsewhere(self) -> Iterator[Problem]:
        """Cells whose value is not certain, where no campaign depends on it."""
        losses = self._grid.losses
        uncertain = losses.odd | losses.doubled
        if cells := sorted(uncertain - set(self._in_reach(uncertain))):
            named = ", ".join(address(row, column or None) for row, column in cells[:_LISTED])
            more = ", ..." if len(cells) > _LISTED else ""
            yield _warning(
                f"has cells elsewhere whose value is not certain, as programs differ about it: {named}{more}"
            )

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
        header, seen = self._header(column) if column else "", "" if value is None else str(value)
        return Problem(row, column, header, seen, wrong, right, severity)

    def _header(self, column: int) -> str:
        header = self._headers[column - 1]
        return "" if header is None else one_line(header)


def _warning(wrong: str, of: str = "sheet", *, changes_meaning: bool = False) -> Problem:
    wrong = f"The {of} {wrong}."
    return Problem(None, None, "", "", wrong, severity=Severity.WARNING, changes_meaning=changes_meaning)


def _counted(rows: Sequence[int], what: str) -> str:
    """ "3 hidden rows (5, 6, 7)"; long lists are cut."""
    listed = ", ".join(map(str, rows[:_LISTED])) + (", ..." if len(rows) > _LISTED else "")
    return f"{len(rows)} {what}{'s' if len(rows) > 1 else ''} ({listed})"
