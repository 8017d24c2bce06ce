"""The corrections of a sheet that are sure, made at once: each of them is proved by reading what came of it.

A correction that is not what it should be is given up: where a campaign is another one afterwards, a row is there that
was none, or anything is wrong that was not said before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.editing.corrected import Edit, corrected
from loader.errors import WorkbookError
from loader.model.fixes import Sure
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import header_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from loader.model.fixes import Fix
    from loader.model.row import At, Problem, Sheet
    from loader.planning.checked import Checked

    Read = Callable[[bytes], tuple[Sequence[Sheet], Checked]]

_COLLIDES = "would have the name of another column"
_DIFFERS = "could be corrected in two ways"
_CHANGES_MORE = "is not corrected: more than this problem would change"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is corrected. `why_not`: the end of a sentence about the cell, where it stays as it is."""

    problem: Problem
    fix: Fix
    edit: Edit
    before: str
    why_not: str = ""

    @property
    def at(self) -> At:
        return self.edit.sheet, self.edit.row


@dataclass(frozen=True, slots=True)
class Fixed:
    """`content`: the corrected workbook, None where there is nothing to correct. `sheets`, `checked`: what it holds.

    `left`: corrections that are sure by themselves, and were not made.
    """

    content: bytes | None
    sheets: Sequence[Sheet]
    checked: Checked
    made: Sequence[Change] = ()
    left: Sequence[Change] = field(default=())


def fixed(content: bytes, read: Read, *, encoding: str | None = None) -> Fixed:
    """`read` reads and checks the bytes of such a file, and lists all problems however many there are.

    Raises:
        WorkbookError: it cannot be read, or not be edited in place.
    """
    before = read(content)
    changes, left = _sure(*before)
    while changes:
        made = corrected(content, before[0], [it.edit for it in changes], encoding=encoding)
        left += [replace(it, why_not=made.left[it.edit]) for it in changes if it.edit in made.left]
        changes = [it for it in changes if it.edit not in made.left]
        if not changes:
            break
        after = _read_again(read, made.content)
        doubtful = _of_headers(changes) if after is None else _doubtful(changes, before, after)
        if after is not None and not doubtful:
            return Fixed(made.content, *after, made=changes, left=left)
        left += [replace(it, why_not=_CHANGES_MORE) for it in doubtful]
        changes = [it for it in changes if it not in doubtful]
    return Fixed(None, *before, left=left)


def _read_again(read: Read, content: bytes) -> tuple[Sequence[Sheet], Checked] | None:
    try:
        return read(content)
    except WorkbookError:
        return None


def _sure(sheets: Sequence[Sheet], checked: Checked) -> tuple[list[Change], list[Change]]:
    """What is to be changed, and what would be but for another cell."""
    by_cell: defaultdict[tuple[At, int], list[Change]] = defaultdict(list)
    labelled = {sheet.label: sheet for sheet in sheets}
    for problem in checked.problems:
        fix = next((it for it in problem.fixes if it.sure), None)
        if fix and problem.row is not None and problem.column is not None:
            edit = Edit(problem.row, problem.column, fix.text, problem.sheet)
            cell = labelled[problem.sheet].cells[edit.row - 1][edit.column - 1]
            change = Change(problem, fix, edit, problem.seen or str(cell))
            by_cell[change.at, edit.column].append(change)
    changes: list[Change] = []
    left: list[Change] = []
    for of_cell in by_cell.values():
        if len({it.edit.text for it in of_cell}) > 1:
            left.append(replace(of_cell[0], why_not=_DIFFERS))
        else:
            changes.append(of_cell[0])
    colliding = [change for sheet in sheets for change in _colliding(sheet, changes)]
    left += [replace(it, why_not=_COLLIDES) for it in colliding]
    return [it for it in changes if it not in colliding], left


def _colliding(sheet: Sheet, changes: Iterable[Change]) -> Iterator[Change]:
    """The new names of columns that another column of the sheet has, or would have."""
    renamed = {it.edit.column: it for it in changes if it.at == (sheet.label, sheet.header_row)}
    headers = enumerate(sheet.cells[sheet.header_row - 1], start=1)
    keys = {column: header_key(str(header)) for column, header in headers if not is_blank(header)}
    after = {**keys, **{column: header_key(it.edit.text) for column, it in renamed.items()}}
    for column, change in renamed.items():
        others = {key for at, key in [*keys.items(), *after.items()] if at != column}
        if after[column] in others:
            yield change


def _of_headers(changes: Sequence[Change]) -> Sequence[Change]:
    """Those that may be why the sheet cannot be read any more."""
    return [it for it in changes if it.fix.why is Sure.ALIAS] or changes


def _doubtful(
    changes: Sequence[Change], before: tuple[Sequence[Sheet], Checked], after: tuple[Sequence[Sheet], Checked]
) -> Sequence[Change]:
    """Those that made more of the sheet than they were to, or less; all where it is not known which they are."""
    found = set(map(_said, after[1].problems))
    new = found.difference(map(_said, before[1].problems))
    rows = {(it.sheet, it.row) for it in after[1].problems if it.row is not None and _said(it) in new}
    rows |= {it.at for it in changes if _said(it.problem) in found} | _other_rows(changes, before, after)
    return [it for it in changes if it.at in rows] or (_of_headers(changes) if rows else [])


def _said(it: Problem) -> object:
    """What is said of a cell. What is said of a whole sheet may quote cells that are corrected, and counts as one."""
    return (it.sheet, it.row, it.column, it.last, it.severity, it.wrong) if it.row is not None else None


def _other_rows(
    changes: Sequence[Change], before: tuple[Sequence[Sheet], Checked], after: tuple[Sequence[Sheet], Checked]
) -> set[At]:
    """Rows that are another campaign than they were, or are one, or none, without having been meant to be."""
    mended = {it.at for it in changes if it.fix.why is Sure.ZONE}
    was, now = _campaigns(before[1]), _campaigns(after[1])
    differing = {at for at in was.keys() | now.keys() if was.get(at) != now.get(at)}
    return (differing - {at for at in mended if at not in was}) | (_drafts(before[0]) ^ _drafts(after[0]))


def _campaigns(checked: Checked) -> Mapping[At, object]:
    return {(ready.sheet, ready.row): ready.campaign for ready in checked.ready}


def _drafts(sheets: Sequence[Sheet]) -> set[At]:
    return {(sheet.label, draft.row) for sheet in sheets for draft in sheet.drafts}
