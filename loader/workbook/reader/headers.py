"""Which row is the header, and which column is which: everything wrong with the headers at once.

SMS campaigns are another request with other fields (API reference, section 3): their sheets are known, and not loaded.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.limits import HEAD
from loader.model.row import Problem, address
from loader.workbook.cell_parsers import NO_SMS, is_blank, says_sms
from loader.workbook.columns import BY_FIELD, COLUMNS, DAY_FIELDS, Column, closest, find, header_key, result_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set


_Finder = Callable[[str], Column | None]

_MARK = "name"  # the field without which no row is a header row
_OTHERS = 2  # columns that a header row has at least besides that one
_KINDS = frozenset({"campaign type", "type", "channel", "channel type", "campaign channel", "medium"})
_TEXTS = frozenset({"sms message", "sms text", "sms body", "sms template", "sms template name"})
_VOICE = frozenset({"max_attempts", "retry_period", "max_ring_time"})
# in a sheet without any of these
_TEXTS_OF_A_SHEET = frozenset({*_TEXTS, "message", "message text", "message template", "template", "template name"})


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` maps a field to its column, counted from 1; `unused` headers by column; `faults` are sentences."""

    columns: Mapping[str, int]
    unused: Mapping[int, str]
    faults: Sequence[str]


def header_row(cells: Sequence[Sequence[object]], find: _Finder = find) -> int | None:
    """The number of the first row, counted from 1, that names a campaign's columns."""
    for number, row in enumerate(itertools.islice(cells, HEAD), start=1):
        fields = {column.field for cell in row if isinstance(cell, str) and (column := find(cell))}
        if _MARK in fields and len(fields) > _OTHERS:
            return number
    return None


def likeliest_row(cells: Sequence[Sequence[object]]) -> int:
    """The number of the row that may be a header in words nobody knows here: the first one with the most texts."""
    texts = [sum(isinstance(cell, str) for cell in row) for row in itertools.islice(cells, HEAD)]
    return texts.index(max(texts)) + 1 if texts else 1


def nearest_miss(cells: Sequence[Sequence[object]]) -> str:
    """A sentence about the row that would be the header if it named the campaigns; blank where there is none."""
    for number, row in enumerate(itertools.islice(cells, HEAD), start=1):
        texts = {at: cell.strip() for at, cell in enumerate(row, start=1) if isinstance(cell, str)}
        if len({column.field for text in texts.values() if (column := find(text))}) >= _OTHERS:
            near = ((at, text) for at, text in texts.items() if (meant := closest(text)) and meant.field == _MARK)
            perhaps = next((f" Is it {address(number, at)} '{text}'?" for at, text in near), "")
            return f"Row {number} names other columns, but none 'Campaign name'.{perhaps}"
    return ""


def layout(row: Sequence[object], number: int, *, given: Collection[str] = (), find: _Finder = find) -> Layout:
    """`row` is the header row and `number` its number; `given` are fields whose value does not come from the sheet."""
    columns: dict[str, int] = {}
    unused: dict[int, str] = {}
    faults: list[str] = []
    meant: set[str] = set()
    for at, cell in enumerate(row, start=1):
        header = "" if cell is None else str(cell).strip()
        column = find(header)
        if not header or (result_column(header) and not column):
            continue
        place = f"{address(number, at)} '{header}'"
        if column:
            if first := columns.get(column.field):
                faults.append(f"{place}: {address(number, first)} is the column '{column.header}' already.")
            columns.setdefault(column.field, at)
        elif near := closest(header):
            meant.add(near.field)
            faults.append(f"{place} is no known column: did you mean '{near.header}'?")
        else:
            unused[at] = header
    known = {*columns, *meant, *given}
    return Layout(columns, unused, [*faults, *_two_ways(known), *_missing(known)])


def _two_ways(known: Set[str]) -> list[str]:
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
    if all(known.isdisjoint(fields) for fields in DAY_FIELDS.values()):
        names.append("a weekday such as 'Monday'")
    return [f"These columns are missing: {', '.join(names)}."] if names else []


def sms_rows(cells: Sequence[Sequence[object]], unused: Mapping[int, str], rows: Iterable[int]) -> Iterator[Problem]:
    """One error for each row of which a column, not used otherwise, says that it is none of a voice campaign."""
    keys = {at: header_key(header) for at, header in unused.items()}
    telling = [at for at, key in keys.items() if key in _KINDS | _TEXTS]
    for row in rows if telling else ():
        values = cells[row - 1]
        found = next((at for at in telling if _tells(keys[at], values[at - 1], _TEXTS)), None)
        if found is not None:
            yield Problem(row, found, unused[found], str(values[found - 1]), NO_SMS, "no row for it in this sheet")


def sms_column(cells: Sequence[Sequence[object]], header_row: int, fields: Collection[str]) -> str:
    """The header of a column by which a sheet is one of SMS campaigns; blank where it is not, or has voice's fields."""
    if not _VOICE.isdisjoint(fields):
        return ""
    for at, header in enumerate(cells[header_row - 1]):
        key = header_key(str(header))
        if any(_tells(key, row[at], _TEXTS_OF_A_SHEET) for row in cells[header_row:]):
            return str(header).strip()
    return ""


def _tells(key: str, value: object, texts: frozenset[str]) -> bool:
    return says_sms(value) if key in _KINDS else key in texts and not is_blank(value)
