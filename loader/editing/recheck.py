"""A sheet checked again after an edit: only its changed rows, and those that share a name with one. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from loader.model.campaign import name_key
from loader.model.row import in_order
from loader.planning.checked import Checked
from loader.planning.readings import read_anew
from loader.planning.validate import MOST_PROBLEMS, validate
from loader.workbook.cell_parsers import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from loader.model.row import Draft, Problem, Sheet
    from loader.planning.checked import Ready
    from loader.planning.validate import ApiVersion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowChecks:
    """A sheet, and what is known of its rows: enough to check a few of them again.

    `found`: what is wrong with each row, beside what is wrong with the sheet. `names`: what no other row may share.
    """

    sheet: Sheet
    ready: Mapping[int, Ready]
    invalid: Mapping[int, str]
    found: Mapping[int, Sequence[Problem]]
    names: Mapping[int, str]
    touched: Collection[int] = ()
    """The rows that were checked again."""

    @property
    def checked(self) -> Checked:
        """What `validate` says of the whole sheet."""
        rows = [draft.row for draft in self.sheet.drafts]
        problems = [*self.sheet.problems, *(one for row in rows for one in self.found.get(row, ()))]
        return Checked(
            [self.ready[row] for row in rows if row in self.ready],
            {(self.sheet.label, row): self.invalid[row] for row in rows if row in self.invalid},
            in_order(problems),
        )

    @property
    def is_whole(self) -> bool:
        """Whether all problems are listed, and not only the weightiest of too many."""
        return len(self.sheet.problems) + sum(map(len, self.found.values())) <= MOST_PROBLEMS


def row_checks(sheet: Sheet, api_version: ApiVersion) -> RowChecks:
    """All rows, checked."""
    names = {draft.row: _name(draft) for draft in sheet.drafts}
    return _with(RowChecks(sheet, {}, {}, {}, names), names.keys(), api_version)


def rechecked(before: RowChecks, sheet: Sheet, api_version: ApiVersion) -> RowChecks:
    """What `row_checks` says of the sheet, which has become of the one before."""
    if not before.is_whole or _headers(sheet) != _headers(before.sheet):
        return row_checks(sheet, api_version)
    rows, earlier = _as_read(sheet), _as_read(before.sheet)
    changed = {row for row in rows.keys() | earlier.keys() if rows.get(row) != earlier.get(row)}
    if not changed:
        return replace(before, sheet=sheet, touched=())
    drafts = {draft.row: draft for draft in sheet.drafts if draft.row in changed}
    names = {row: name for row, name in before.names.items() if row not in changed}
    names |= {row: _name(draft) for row, draft in drafts.items()}
    shared = {it.get(row, "") for it in (before.names, names) for row in changed} - {""}
    again = changed | {row for row, name in names.items() if name in shared}
    after = _with(replace(before, sheet=sheet, names=names), again, api_version)
    return after if after.is_whole else row_checks(sheet, api_version)


def _headers(sheet: Sheet) -> object:
    return sheet.header_row, sheet.columns, sheet.cells[sheet.header_row - 1]


def _as_read(sheet: Sheet) -> dict[int, object]:
    """What a row's check depends on, beside the names of other rows."""
    lost: defaultdict[int, list[Problem]] = defaultdict(list)
    for problem in sheet.problems:
        for row in problem.rows:
            lost[row].append(problem)
    return {draft.row: (draft.values, lost.get(draft.row), draft.row in sheet.strays) for draft in sheet.drafts}


def _with(before: RowChecks, rows: Collection[int], api_version: ApiVersion) -> RowChecks:
    """The same with these rows checked."""
    sheet = before.sheet
    some = replace(sheet, drafts=[draft for draft in sheet.drafts if draft.row in rows])
    checked = validate(some, api_version=api_version)
    known = {id(problem) for problem in sheet.problems}
    found: dict[int, list[Problem]] = {}
    of_sheet = list(sheet.problems)
    for problem in checked.problems:
        if id(problem) in known:
            continue
        if problem.row is None:  # that there are more than are listed
            of_sheet.append(problem)
        else:
            found.setdefault(problem.row, []).append(problem)
    return RowChecks(
        replace(sheet, problems=of_sheet),
        {**_without(before.ready, rows), **{one.row: one for one in checked.ready}},
        {**_without(before.invalid, rows), **{row: name for (_, row), name in checked.invalid.items()}},
        {**_without(before.found, rows), **found},
        before.names,
        rows,
    )


def _without(by_row: Mapping[int, T], rows: Collection[int]) -> dict[int, T]:
    return {row: it for row, it in by_row.items() if row not in rows}


def _name(draft: Draft) -> str:
    """By which rows are taken for one campaign; blank where it has none that can be read."""
    reading = read_anew("name", draft.values["name"]) if "name" in draft.values else None
    return name_key(reading.value) if isinstance(reading, Reading) and isinstance(reading.value, str) else ""
