"""Where the server has other values than were sent, reported by row and header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.api.campaign_diff import Difference
from loader.model.campaign import DialingMode
from loader.model.row import Problem
from loader.workbook.columns import BY_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loader.api.messages import Shown
    from loader.model.row import Outcome, Sheet
    from loader.planning.plan import Candidate

_NO_COLUMN = {"scheduling": "Scheduling"}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One value of one campaign. `field` as in `Sheet.columns`; values as text, blank where there is none."""

    row: int
    name: str
    campaign_id: str
    field: str
    sent: str
    found: str
    sheet: str = ""

    @property
    def header(self) -> str:
        return _NO_COLUMN.get(self.field) or BY_FIELD[self.field].header


def mismatches(row: Candidate | Outcome, campaign_id: str, differences: Iterable[Difference]) -> list[Mismatch]:
    """What was sent for this row is "ours" in `differences`."""
    return [Mismatch(row.row, row.name, campaign_id, it.field, it.ours, it.theirs, row.sheet) for it in differences]


def from_list(sent: Shown, listed: Shown) -> list[Difference]:
    """The differences as far as the campaign list shows them."""
    target = "experience_flow" if sent.dialing_mode == DialingMode.AGENTLESS else "queue"
    values = (
        ("contact_lists", "; ".join(sorted(sent.contact_lists)), "; ".join(sorted(listed.contact_lists))),
        ("dialing_mode", sent.dialing_mode, listed.dialing_mode),
        ("priority", sent.priority, listed.priority),
        (target, sent.connection, listed.connection),
    )
    return [Difference(*value) for value in values if value[1] != value[2]]


def merged(*found: Iterable[Mismatch]) -> list[Mismatch]:
    """All of them, each value of a row once; the later one counts."""
    return list({(it.sheet, it.row, it.field): it for some in found for it in some}.values())


def in_words(found: Sequence[Mismatch]) -> str:
    """A message for their row."""
    values = "; ".join(f"{it.header} '{it.found}' instead of '{it.sent}'" for it in found)
    return f"the server has other values than were sent: {values}"


def problems_of(found: Iterable[Mismatch], sheets: Iterable[Sheet]) -> list[Problem]:
    """The same, each at its cell."""
    columns = {sheet.label: sheet.columns for sheet in sheets}
    return [
        Problem(
            it.row,
            columns[it.sheet].get(it.field) or columns[it.sheet].get(f"{it.field}_start"),
            it.header,
            it.sent,
            f"was sent, and campaign {it.campaign_id} has '{it.found}' on the server",
            sheet=it.sheet,
        )
        for it in found
    ]
