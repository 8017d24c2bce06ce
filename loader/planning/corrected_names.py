"""Rows of a results workbook whose name was corrected: each bears the id of the campaign that it was created as.

The journal says whose id it is, never the position. Where another row still has the campaign's own name, the row is a
copy of that one, and a campaign to create.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.model.records import Record, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from loader.model.row import Sheet
    from loader.planning.plan import Candidate

_CAMPAIGN_ID, _RUN = "campaign id", "run"  # columns of the results, in small letters


def with_corrected_names(
    candidates: Iterable[Candidate],
    sheets: Sequence[Sheet],
    keys: Collection[str],
    known: Callable[[Collection[str], Collection[str]], Mapping[str, Record]],
) -> list[Candidate]:
    """The candidates, those of them with `created_as`.

    `keys`: of the names of all rows, the invalid ones too. `known` reads what is remembered of keys and of ids, where
    that is needed.
    """
    marks = {(sheet.label, row): mark for sheet in sheets for row, mark in _marks(sheet).items()}
    if not marks:
        return list(candidates)
    records = known(keys, {campaign_id for campaign_id, _ in marks.values()})
    created = {
        (record.campaign_id, record.run): record
        for key, record in records.items()
        if record.state is State.CREATED and key not in keys
    }

    def marked(candidate: Candidate) -> Candidate:
        own = records.get(candidate.key)
        if own is not None and own.state is not State.OPEN:  # it has a campaign of its own, or had one refused
            return candidate
        return replace(candidate, created_as=created.get(marks.get(candidate.at, ("", ""))))

    return [marked(candidate) for candidate in candidates]


def _marks(sheet: Sheet) -> dict[int, tuple[str, str]]:
    """What the rows have in the results' columns Campaign ID and Run, by row; empty where there are no such columns."""
    headers = [_text(cell).lower() for cell in sheet.cells[sheet.header_row - 1]]
    if _CAMPAIGN_ID not in headers or _RUN not in headers:
        return {}
    places = headers.index(_CAMPAIGN_ID), headers.index(_RUN)
    marks: dict[int, tuple[str, str]] = {}
    for number, cells in enumerate(sheet.cells[sheet.header_row :], sheet.header_row + 1):
        campaign_id, run = (_text(cells[place]) if place < len(cells) else "" for place in places)
        if campaign_id and run:
            marks[number] = (campaign_id, run)
    return marks


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
