"""What the campaign list says about a create whose answer was lost. Pure: no clock, no request.

    OPEN ──claimed──> SENDING ──answer──> CREATED, REJECTED, or OPEN again (proved not sent)
                         │
                         └─no answer, or the program died──> in doubt, and then the list:
                                CREATED   found once, alike
                                OPEN      absent from two whole reads, a settle time apart, both late enough
                                UNKNOWN   anything else

The list cannot be asked for a name (API reference, 5.1), so one walk through it serves every doubt of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.api.campaign_list import earliest_creation

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from loader.api.campaign_list import Listing
    from loader.api.messages import Listed, Shown


@dataclass(frozen=True, slots=True)
class Doubt:
    """One create that perhaps happened. Times are our own clock's, in UTC.

    `since`: it did not leave earlier. `until`: the server is done with it, had it or not.
    `clear`: a whole list, read before the row was first sent, showed no such name.
    `accepted`: the server said yes. `taken`: it said that the name is there already.
    `absent_since`: start of the first whole list read after `until` that did not show it.
    """

    key: str
    name: str
    shown: Shown
    since: datetime
    until: datetime
    clear: bool
    accepted: bool = False
    taken: bool = False
    absent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    listed: Listed


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was created: it may be sent again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The name belongs to a campaign that is not this row's."""

    listed: Listed


@dataclass(frozen=True, slots=True)
class Undecided:
    """For a person to look at; never sent again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Open:
    """Not settled yet: look again."""

    doubt: Doubt


Verdict = Found | Absent | Taken | Undecided | Open


def verdict(doubt: Doubt, listing: Listing, *, settle: timedelta) -> Verdict:
    """What this reading of the list, and the one before it, prove."""
    matches = listing.of(doubt.key)
    if not matches:
        return _absence(doubt, listing, settle)
    if len(matches) > 1:
        ids = ", ".join(match.campaign_id for match in matches)
        return Undecided(f"the server has {len(matches)} campaigns of this name: {ids}")
    match = matches[0]
    if _may_be_ours(doubt, match, listing.server_ahead):
        return Found(match)
    if doubt.taken:
        return Taken(match)
    return Undecided(f"the server has a campaign of this name, {match.campaign_id}, that differs from this row")


def _may_be_ours(doubt: Doubt, match: Listed, server_ahead: timedelta | None) -> bool:
    """Alike in all the list shows, and either the name was free before, or it was created after the attempt began."""
    if match.shown != doubt.shown:
        return False
    earliest = earliest_creation(doubt.since, server_ahead)
    return doubt.clear or (match.created_at is not None and match.created_at >= earliest)


def _absence(doubt: Doubt, listing: Listing, settle: timedelta) -> Verdict:
    if listing.read_at < doubt.until:
        return Open(doubt)
    if doubt.absent_since is None:
        return Open(replace(doubt, absent_since=listing.read_at))
    if listing.read_at < doubt.absent_since + settle:
        return Open(doubt)
    if doubt.accepted:
        return Undecided("the server accepted it without naming an id, and its list does not show it")
    return Absent()


def next_look(doubt: Doubt, settle: timedelta) -> datetime:
    """When reading the list can next prove this one absent."""
    return doubt.until if doubt.absent_since is None else doubt.absent_since + settle
