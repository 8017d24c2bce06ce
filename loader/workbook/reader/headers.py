"""Which row is the header, and which column is which: everything wrong with the headers at once."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.fixes import Fix, Sure
from loader.model.limits import HEAD
from loader.model.row import Problem, Severity, address
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import (
    BY_FIELD,
    COLUMNS,
    DAY_FIELDS,
    WHOLE_WEEK,
    Column,
    find,
    header_key,
    result_column,
)
from loader.workbook.header_words import (
    DAY_ENDS,
    attempts_of_its_own,
    bare,
    beneath,
    closest,
    days_in,
    foreign_days,
    is_minutes,
    may_mean,
    one_line,
    suggested,
    with_remark,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Set

    from loader.workbook.mapping import Renaming


_Finder = Callable[[str], Column | None]

_MARK = "name"  # the field without which no row is a header row
_FIRST = 3  # columns of a sheet in which headers may stand that should be in a row
_OTHERS = 2  # columns that a header row has at least besides that one
_DAYS = frozenset(itertools.chain.from_iterable(DAY_FIELDS.values()))


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` maps a field to its column, counted from 1; `unused` headers by column; `faults` are sentences.

    `understood`: how headers were read, as warnings. `unknown`: whether one of the unused
    columns is not left out on purpose. `joined`: the columns of fields that a mapping puts together.
    `has_rows`: whether the rows beneath are certainly none of the header.
    """

    columns: Mapping[str, int]
    unused: Mapping[int, str]
    faults: Sequence[str]
    understood: Sequence[Problem] = ()
    unknown: bool = False
    joined: Mapping[str, Sequence[int]] = dataclasses.field(default_factory=dict)
    has_rows: bool = True


def header_row(cells: Sequence[Sequence[object]], find: _Finder = find) -> int | None:
    """The number of the first row, counted from 1, that names a campaign's columns."""
    for number, row in enumerate(itertools.islice(cells, HEAD), start=1):
        fields = {column.field for cell in row if isinstance(cell, str) and (column := find(cell))}
        if _MARK in fields and len(fields) > _OTHERS:
            return number
    return None


def too_far_down(cells: Sequence[Sequence[object]], find: _Finder) -> str:
    """A sentence about a header row beneath those in which one is looked for; blank where there is none."""
    below = next((it for it in range(HEAD, len(cells)) if header_row(cells[it : it + 1], find)), None)
    if below is None:
        return ""
    return (
        f"The header is looked for in the first {HEAD} rows, and stands in row {below + 1}: delete rows above it, or "
        "move them to another sheet."
    )


def likeliest_row(cells: Sequence[Sequence[object]]) -> int:
    """The number of the row that may be a header in words nobody knows here: the first one with the most texts."""
    texts = [sum(isinstance(cell, str) for cell in row) for row in itertools.islice(cells, HEAD)]
    return texts.index(max(texts)) + 1 if texts else 1


def in_columns(cells: Sequence[Sequence[object]]) -> str:
    """A sentence about headers that stand one below the other; blank where they do not."""
    if not _are_campaigns_in_columns(cells):
        return ""
    return (
        "The campaigns stand in columns, and one campaign a row is read: copy the table, and paste it with 'Transpose'."
    )


def nearest_miss(cells: Sequence[Sequence[object]]) -> str:
    """A sentence about the row that would be the header if it named the campaigns; blank where there is none."""
    for number, row in enumerate(itertools.islice(cells, HEAD), start=1):
        texts = {at: cell.strip() for at, cell in enumerate(row, start=1) if isinstance(cell, str)}
        if len({column.field for text in texts.values() if (column := find(text))}) >= _OTHERS:
            near = (
                it for it in texts.items() if (meant := closest(it[1]) or suggested(it[1])) and meant.field == _MARK
            )
            perhaps = next((f" Is it {address(number, at)} '{text}'?" for at, text in near), "")
            return f"Row {number} names other columns, but none 'Campaign name'.{perhaps}"
    return ""


def _are_campaigns_in_columns(cells: Sequence[Sequence[object]]) -> bool:
    """Whether one of the first columns names what a header row does."""
    for column in zip(*(row[:_FIRST] for row in itertools.islice(cells, HEAD)), strict=False):
        fields = {known.field for cell in column if isinstance(cell, str) and (known := find(cell))}
        if _MARK in fields and len(fields) > _OTHERS:
            return True
    return False


def layout(
    cells: Sequence[Sequence[object]],
    number: int,
    *,
    given: Collection[str] = (),
    renaming: Renaming,
) -> Layout:
    """`number` is that of the header row in `cells`; `given` are fields whose value does not come from the sheet."""
    layout = _Headers(cells, number, renaming, given)
    known = {*layout.columns, *layout.meant, *given}
    if two_rows := _in_two_rows(cells, number):
        return Layout(layout.columns, layout.unused, [two_rows], has_rows=False)
    faults = [*layout.faults, *_two_ways(known), *_missing(known)]
    unknown = any(header_key(header) not in renaming.ignored for header in layout.unused.values())
    return Layout(layout.columns, layout.unused, faults, layout.understood, unknown, layout.joined)


class _Headers:
    """What each header means. `meant`: fields of headers that are refused, so that they are not called missing too."""

    def __init__(
        self, cells: Sequence[Sequence[object]], number: int, renaming: Renaming, given: Collection[str]
    ) -> None:
        self.columns: dict[str, int] = {}
        self.unused: dict[int, str] = {}
        self.faults: list[str] = []
        self.understood: list[Problem] = []
        self.meant: set[str] = set()
        self._misspelled: dict[int, Column] = {}
        self._rows, self._number, self._renaming = cells[number:], number, renaming
        find = renaming.find
        headers = {at: one_line(cell) for at, cell in enumerate(cells[number - 1], start=1) if not is_blank(cell)}
        self.joined = self._joined(headers)
        left = {at: header for at, header in headers.items() if header_key(header) not in renaming.ignored}
        days, fault = foreign_days({at: it for at, it in left.items() if not find(it) or _is_a_day(find(it))})
        if fault:
            self.faults.append(f"Row {number} {fault}: name the columns in English, or in a mapping.")
        self._days = {at for at, header in left.items() if at in days or days_in(header) or _is_a_day(find(header))}
        attempts = attempts_of_its_own(left)
        for at, header in headers.items():
            if at not in left:
                self.unused[at] = header
            elif at in days:
                self._use(at, header, (days[at],))
            elif at == attempts and not any(
                (it := find(other)) and it.field == "max_attempts" for other in left.values()
            ):
                self._use(at, header, ("max_attempts",))
            else:
                self._understand(at, header)
        self._ask_about_misspelled(headers)
        self._ask_about_names_of_others(given)

    def _joined(self, headers: Mapping[int, str]) -> dict[str, list[int]]:
        """The columns of fields that the mapping puts together."""
        places = {header_key(header): at for at, header in headers.items()}
        for name, parts in self._renaming.joined.items():
            self.faults += (
                f"The mapping joins '{part}' to '{BY_FIELD[name].header}', and the sheet has no such column."
                for part in parts
                if header_key(part) not in places
            )
        found = self._renaming.joined.items()
        return {name: [places[key] for key in map(header_key, parts) if key in places] for name, parts in found}

    def _understand(self, at: int, header: str) -> None:
        if columns := self._renaming.meant(header):
            column = columns[0]
            self._use(at, header, [it.field for it in columns])
            if is_minutes(column, header):
                self.understood.append(_in_minutes(self._number, at, header, column))
        elif result_column(header):
            return
        elif fields := days_in(header):
            self._use(at, header, fields)
        elif meaning := with_remark(header):
            if meaning.fault:
                self.meant.update(meaning.fields)
                self.faults.append(f"{self._place(at, header)} {meaning.fault}.")
            else:
                self._use(at, header, meaning.fields)
        elif near := closest(header):
            self._misspelled[at] = near
        elif why := may_mean(header, beneath(self._rows, at), beside_days=not self._days.isdisjoint((at - 1, at + 1))):
            self.faults.append(
                f"{self._place(at, header)} {why}, and is no known column: rename it, name it in a mapping, or leave "
                f"it out on purpose with --ignore '{header}'."
            )
        else:
            self.unused[at] = header

    def _ask_about_misspelled(self, headers: Mapping[int, str]) -> None:
        for at, near in self._misspelled.items():
            place = self._place(at, headers[at])
            if first := self.columns.get(near.field):  # to rename it, too, would be the next error
                there = f"{address(self._number, first)} is the column '{near.header}' already"
                windows = "write all windows of a day into one cell, separated by ';', or " if near.is_weekday else ""
                leave = f"{windows}leave it out on purpose with --ignore '{headers[at]}'"
                self.faults.append(f"{place} is no known column, and {there}: {leave}.")
            else:
                self.meant.add(near.field)
                self.faults.append(f"{place} is no known column: did you mean '{near.header}'?")

    def _ask_about_names_of_others(self, given: Collection[str]) -> None:
        """About what people call a column that this sheet lacks; beside that column it is one of theirs."""
        known = {*self.columns, *given}
        weekly = not known.isdisjoint(_DAYS)
        for at, header in [*self.unused.items()]:
            column = None if header_key(header) in self._renaming.ignored else suggested(header)
            if column is None or column.field in known or (weekly and column == WHOLE_WEEK):
                continue
            del self.unused[at]
            self.meant.add(column.field)
            self.faults.append(
                f"{self._place(at, header)} is no known column: did you mean '{column.header}'? If so, rename it, or "
                f"name it in a mapping; else leave it out on purpose with --ignore '{header}'."
            )

    def _use(self, at: int, header: str, fields: Sequence[str]) -> None:
        for field in fields:
            if at in self.joined.get(field, ()):  # one of several that are the same column
                self.columns.setdefault(field, at)
            elif first := self.columns.get(field):
                already = f"{address(self._number, first)} is the column '{BY_FIELD[field].header}' already"
                self.faults.append(f"{self._place(at, header)}: {already}.")
            self.columns.setdefault(field, at)

    def _place(self, at: int, header: str) -> str:
        return f"{address(self._number, at)} '{header}'"


def _is_a_day(column: Column | None) -> bool:
    return column is not None and column.field in _DAYS


def _in_minutes(row: int, at: int, header: str, column: Column) -> Problem:
    wrong, fixes = "names no unit, and is read as minutes", (Fix(column.header, Sure.ALIAS),)
    return Problem(row, at, header, "", wrong, severity=Severity.WARNING, changes_meaning=True, fixes=fixes)


def _in_two_rows(cells: Sequence[Sequence[object]], number: int) -> str:
    """What is said of a header whose days have their Start and End one row further down; blank where it has not."""
    below = [bare(header_key(str(cell))) for cell in cells[number]] if number < len(cells) else []
    ends = [at for at, key in enumerate(below, start=1) if key in DAY_ENDS]
    if len(ends) < 2:  # noqa: PLR2004 - a start and an end
        return ""
    first = f"{address(number + 1, ends[0])} '{one_line(cells[number][ends[0] - 1])}'"
    return (
        f"Rows {number} and {number + 1} are both headers ({first}), and one row is read: write 'Monday start' and "
        "'Monday end' into one row, and so on for each day."
    )


def _two_ways(known: Set[str]) -> list[str]:
    if WHOLE_WEEK.field in known and not known.isdisjoint(_DAYS):
        return [f"There are a column '{WHOLE_WEEK.header}' and columns of single days: keep one of the two."]
    return [
        f"{day} has the column '{day}' and the columns '{day} start' and '{day} end': keep one of the two."
        for day, (whole, start, end) in DAY_FIELDS.items()
        if whole in known and known & {start, end}
    ]


def _missing(known: Set[str]) -> list[str]:
    missing = [column for column in COLUMNS if column.required == "yes" and column.field not in known]
    for _, start, end in DAY_FIELDS.values():
        if len(known & {start, end}) == 1:
            missing.append(BY_FIELD[end if start in known else start])
    names = [f"'{column.header}'" for column in missing]
    if known.isdisjoint({*_DAYS, WHOLE_WEEK.field}):
        names.append("a weekday such as 'Monday'")
    return [f"These columns are missing: {', '.join(names)}."] if names else []
