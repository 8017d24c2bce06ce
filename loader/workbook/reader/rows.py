"""The rows of a sheet become drafts, and what is wrong with the sheet itself, or odd about it, becomes problems."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from loader.errors import HeadersError, WorkbookError
from loader.model.row import Draft, Problem, Sheet, address
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import BY_FIELD, DAY_FIELDS, WHOLE_WEEK
from loader.workbook.header_words import has_time
from loader.workbook.reader.headers import Layout, layout
from loader.workbook.reader.sheet_problems import LISTED, NOT_UNICODE, SheetProblems, counted, warning
from loader.workbook.reader.sms_sheets import sms_column, sms_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from loader.workbook.mapping import Renaming
    from loader.workbook.reader.losses import Grid

# the template's own example rows; a campaign may be called so, too
_EXAMPLES = frozenset({f"Example: {BY_FIELD['name'].example}", "Example: Callbacks"})
_EXAMPLE_TEXTS = frozenset({BY_FIELD["description"].example, "Agents see the contact before they call"})
# what only a campaign has: a row without a name and all of these is prepared for one, and is none yet
_OWN = frozenset({"description", "contact_lists", "experience_flow", "queue"})
_HOURS = frozenset({WHOLE_WEEK.field, *chain.from_iterable(DAY_FIELDS.values())})
_MORE = frozenset({"caller_id", *_HOURS})
_HINT = re.compile(
    r"\(.*\)|e\.? ?g\.?\W.*|max\.? ?[0-9]+.*|.*[0-9] (?:chars?|characters)\b.*", re.IGNORECASE | re.DOTALL
)
_FEW = 6  # cells that a row of hints fills, at most
_NO_RESULT = "#N/A"


@dataclass(slots=True)
class _Rows:
    """The rows under the header, by what they are.

    `renamed`: how many cells a mapping gave other values; `rewritten`: other separators or a prefix. `nameless`:
    prepared for campaigns, and none yet. `strays`: what is wrong with a row as a whole. `second`: where a second table
    begins.
    """

    drafts: list[Draft] = field(default_factory=list)
    renamed: int = 0
    rewritten: int = 0
    examples: list[int] = field(default_factory=list)
    remarks: list[int] = field(default_factory=list)
    nameless: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    strays: dict[int, str] = field(default_factory=dict)
    second: int = 0
    uncertain: dict[int, bool] | None = None
    given: Collection[str] = ()

    def has_uncertain(self, row: int, grid: Grid, *, titled: bool = False) -> bool:
        """Whether a blank cell of that row may be none. `titled`: its name may go across columns of its own row."""
        if self.uncertain is None:
            self.uncertain = {}  # whether a row is one of a title, by row
            for first, last in grid.losses.merged:
                for it in range(first[0], last[0] + 1):
                    self.uncertain[it] = first[0] == last[0] and self.uncertain.get(it, True)
            self.uncertain |= dict.fromkeys((it for it, _ in grid.losses.odd | grid.losses.doubled), False)
        return row in self.uncertain and not (titled and self.uncertain[row])


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet whose headers have been looked at; `given` are values by field for blank cells."""

    file: str
    grid: Grid
    header_row: int
    layout: Layout
    given: Mapping[str, str]
    renaming: Renaming


def sheet_of(file: str, grid: Grid, header_row: int, given: Mapping[str, str], renaming: Renaming) -> Sheet:
    """HeadersError with everything that is wrong with the headers; `given` are values by field for blank cells."""
    of_headers = layout(grid.cells, header_row, given=given.keys() | renaming.given, renaming=renaming)
    found = _Found(file, grid, header_row, of_headers, given, renaming)
    if of_headers.faults:
        raise _wrong_headers(found)
    return _sheet(found)


def _sheet(of: _Found) -> Sheet:
    grid, header_row, found, given, renaming = of.grid, of.header_row, of.layout, of.given, of.renaming
    headers = grid.cells[header_row - 1]
    rows = _rows(grid, header_row, found, renaming, given.keys() | renaming.given)
    if rows.second:
        raise _second_table(of.file, grid.title, rows.second)
    if given or renaming.given:
        filled = ((it, renaming.filled(it.values, given)) for it in rows.drafts)
        rows.drafts = [it if it.row in rows.strays else Draft(it.row, values) for it, values in filled]
    numbers = [draft.row for draft in rows.drafts if draft.row not in rows.strays]
    of_sheet = SheetProblems(grid, headers, found, numbers)
    problems = [
        *(warning(remark, of="workbook") for remark in grid.remarks),
        *of_sheet.guessed(header_row),
        *_remarks(rows, found),
        *of_sheet.strays(rows.strays, found.columns.get("name")),
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
        file=of.file,
        title=grid.title,
        header_row=header_row,
        cells=grid.cells,
        columns=found.columns,
        drafts=rows.drafts,
        unused=tuple(found.unused.values()),
        problems=problems,
        strays=rows.strays.keys(),
        country=renaming.country,
        passed_over=len(rows.examples) + len(rows.remarks) + len(rows.nameless) + len(rows.totals),
    )


def _wrong_headers(of: _Found) -> HeadersError:
    grid, found = of.grid, of.layout
    header = sms_column(grid.cells, of.header_row, {*found.columns, *of.given})
    sms = f"is a sheet of SMS campaigns by its column '{header}': they are not loaded here, only voice campaigns."
    encoding = [f"The file {NOT_UNICODE}."] if grid.guessed else []
    faults = "\n".join(
        f"{of.file}, sheet '{grid.title}': {fault}" for fault in ([sms] if header else [*found.faults, *encoding])
    )
    sheet = None
    if found.has_rows and not header:
        settled = {*found.columns, *of.given, *of.renaming.given, WHOLE_WEEK.field}
        with suppress(WorkbookError):  # there is a second table, which is said when the headers are right
            sheet = _sheet(of)
            sheet = replace(sheet, unsettled=BY_FIELD.keys() - settled)
    return HeadersError(faults, grid.cells, of.header_row, sheet)


def _second_table(file: str, title: str, second: int) -> WorkbookError:
    fault = (
        f"Row {second} is a header row again, and one table a sheet is read: delete that row if the columns beneath "
        "are the same, or move what is beneath to a sheet of its own."
    )
    return WorkbookError(f"{file}, sheet '{title}': {fault}")


def _rows(grid: Grid, header_row: int, found: Layout, renaming: Renaming, given: Collection[str]) -> _Rows:
    rows = _Rows(given=given)
    places = [(key, column - 1) for key, column in found.columns.items()]
    headers = grid.cells[header_row - 1]
    titles = {headers[found.columns["name"] - 1]} if "name" in found.columns else set()
    rewrites = renaming.rewrites
    seen: set[object] = set()  # values that are known to be no blanks: faster than asking each time
    for number, row in enumerate(grid.cells[header_row:], start=header_row + 1):
        values = _filled(row, places, seen)
        if found.joined:
            renaming.put_together(values, row, found.joined)
        if not values:
            if any(not is_blank(row[column - 1]) for column in found.unused):
                rows.remarks.append(number)
            continue
        if values.get("name") in titles and _is_header(row, headers):
            rows.second = number
            break
        if not _is_none(rows, grid, number, values):
            if rewrites:
                rows.renamed += renaming.renamed(values)
                rows.rewritten += renaming.rewritten(values)
            rows.drafts.append(Draft(number, values))
    return rows


def _filled(row: Sequence[object], places: Sequence[tuple[str, int]], seen: set[object]) -> dict[str, object]:
    """The cells of a row that are no blanks, by field."""
    values: dict[str, object] = {}
    for key, at in places:
        value = row[at]
        if value in seen:
            values[key] = value
        elif not is_blank(value):
            values[key] = value
            seen.add(value)
    return values


def _is_none(rows: _Rows, grid: Grid, number: int, values: Mapping[str, object]) -> bool:
    """Whether a row is no campaign to be checked; if so, what it is has been noted."""
    has_own = not _OWN.isdisjoint(values)
    name = values.get("name")
    if name is None and (why := _belongs_to_another(rows, number, values)) and not rows.has_uncertain(number, grid):
        rows.strays[number] = why
        rows.drafts.append(Draft(number, {}))
        return True
    if has_own and not isinstance(name, str):
        return False
    if not has_own and number in grid.losses.totals:
        rows.totals.append(number)
    elif not has_own and name is None and not rows.has_uncertain(number, grid):
        rows.nameless.append(number)
    elif name in _EXAMPLES and values.get("description") in _EXAMPLE_TEXTS:
        rows.examples.append(number)
    elif (why := _is_stray(values, rows.given)) and not rows.has_uncertain(number, grid, titled=True):
        rows.strays[number] = why
        rows.drafts.append(Draft(number, {"name": name}))
    else:
        return False
    return True


def _belongs_to_another(rows: _Rows, number: int, values: Mapping[str, object]) -> str:
    """What is said of a row without a name that is no campaign of its own and must not be passed over, either."""
    if values.keys() == {"description"}:
        return "is blank, and so is all of the row but the description: a note?"
    below_another = bool(rows.drafts) and rows.drafts[-1].row == number - 1
    if below_another and values.keys() <= _HOURS and any(map(has_time, values.values())):
        return (
            "is blank, and the row has calling hours alone: more windows of the row above? All windows of a day stand "
            "in one cell, separated by ';'"
        )
    return ""


def _is_stray(values: Mapping[str, object], given: Collection[str]) -> str:
    """What is said of a row that has a name and is no campaign: a total, a note, a row of hints."""
    if "name" not in values:
        return ""
    if (_OWN | _MORE).isdisjoint((*values, *given)):
        return "has a name and nothing else: a total or a note?"
    few = len(values) <= _FEW and "contact_lists" not in values
    if _is_hint(values["name"]) and (few or all(map(_is_hint, values.values()))):
        return "looks like a row of hints, and no campaign"
    return ""


def _is_hint(cell: object) -> bool:
    return isinstance(cell, str) and bool(_HINT.fullmatch(cell.strip()))


def _is_header(row: Sequence[object], headers: Sequence[object]) -> bool:
    """Whether a row that has the header above its names has others, too."""
    return sum(a == b for a, b in zip(row, headers, strict=True) if not is_blank(a)) > 2  # noqa: PLR2004 - as a header


def _remarks(rows: _Rows, found: Layout) -> Iterator[Problem]:
    yield from found.understood
    if found.unused:
        named = ", ".join(f"'{header}' in {address(None, at)}" for at, header in found.unused.items())
        yield warning(f"has columns that are not used: {named}", changes_meaning=found.unknown)
    if rows.renamed:
        yield warning(f"has {rows.renamed} cells with values of another system, read as the mapping says")
    if rows.rewritten:
        yield warning(f"has {rows.rewritten} cells that are split, prefixed or left out as the mapping says")
    if rows.examples:
        yield warning(f"has {counted(rows.examples, 'example row')} that no campaign is made of")
    if rows.nameless:
        yield warning(f"has rows without a name, which are passed over: {_spans(rows.nameless)}")
    if rows.totals:
        yield warning(f"has the totals row of a table, which is passed over: {_spans(rows.totals)}")
    if rows.remarks:
        yield warning(f"has {counted(rows.remarks, 'row')} with nothing but unused columns filled, passed over")


def _spans(rows: Sequence[int]) -> str:
    """ "4 to 1000, 1007"; long lists are cut."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and spans[-1][-1] == row - 1:
            spans[-1] = [spans[-1][0], row]
        else:
            spans.append([row])
    named = [" to ".join(map(str, it)) for it in spans[:LISTED]]
    return ", ".join(named) + (", ..." if len(spans) > LISTED else "")
