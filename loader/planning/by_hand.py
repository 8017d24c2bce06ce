"""What a person is asked about a row of unknown outcome, and what that is worth. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.planning.mismatch import from_list
from loader.workbook.columns import BY_FIELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.api.messages import Listed
    from loader.planning.reconcile import Doubt, Evidence

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign that can be a row's, if a person says so."""

    listed: Listed
    question: str


def adoption(doubt: Doubt, campaign_id: str, evidence: Evidence) -> Offer | str:
    """What to ask before a row bears this campaign; or why it cannot."""
    listed = next((item for item in evidence.listing if item.campaign_id == campaign_id), None)
    if listed is None:
        return f"the campaign list does not show {campaign_id}"
    if evidence.is_borne(campaign_id):
        return f"campaign {campaign_id} '{listed.name}' is another row's already"
    others = [item.campaign_id for item in evidence.of(doubt.key) if item.campaign_id != campaign_id]
    beside = f" The list shows others named so as well: {', '.join(others[:_NAMED])}." if others else ""
    row = f"Campaign {campaign_id} would be that of row '{doubt.name}'."
    return Offer(listed, f"{row} {_compared(doubt, listed)}{beside}")


def _compared(doubt: Doubt, listed: Listed) -> str:
    name = [] if listed.name == doubt.name else [f"its name there is '{listed.name}'"]
    differences = [
        f"{BY_FIELD[it.field].header} there is '{it.theirs}', and '{it.ours}' was sent"
        for it in from_list(doubt.shown, listed.shown)
    ]
    if not (name or differences):
        return "The list shows it as it was sent."
    return f"What differs: {'; '.join([*name, *differences])}."


def adopted(doubt: Doubt, listed: Listed) -> str:
    """What the row says from then on."""
    called = "" if listed.name == doubt.name else f", where it is called '{listed.name}'"
    return f"the answer was lost; a person said which campaign on the server is this row's{called}"


def making_again(doubt: Doubt, newcomers: Sequence[Listed]) -> str:
    """What to ask before a campaign that may be there is created once more."""
    if newcomers:
        named = ", ".join(f"{item.campaign_id or 'without an id'} '{item.name}'" for item in newcomers[:_NAMED])
        more = f" and {len(newcomers) - _NAMED} more" if len(newcomers) > _NAMED else ""
        known = f"may be on the server under another name: {named}{more} came up since, and no row bears it"
    elif doubt.accepted:
        known = "was accepted by the server, without an id, and the campaign list does not show it"
    else:
        known = "was sent and got no answer, and the campaign list does not show it"
    return f"'{doubt.name}' {known}. If it is there, creating it once more calls the same people twice."
