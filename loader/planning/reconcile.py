"""What the campaign list says about a create whose answer was lost. Pure: no clock, no request.

    OPEN ──claimed──> SENDING ──answer──> CREATED, REJECTED, or OPEN again (proved not sent)
                         │
                         └─no answer, or the program died──> in doubt, and then the list:
                                CREATED   found once, alike
                                OPEN      absent from two readings to the end, a settle time apart, both late enough,
                                          and no campaign there that may be this one under another name
                                UNKNOWN   anything else

The list cannot be asked for a name (API reference, 5.1), so one walk through it serves every doubt of the run. A
reading that stops before the end only finds. Our clock is compared with itself alone, and so is the server's: suspended
machines, clocks that are set, and times of creation that another machine stamps make no absence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.model.campaign import name_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from loader.api.listing import Listing
    from loader.api.messages import Listed, Shown
    from loader.model.records import Standing

MOST_SEARCHES = 1
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """One create that perhaps happened. Times are our own clock's, in UTC."""

    key: str
    name: str
    shown: Shown
    until: datetime
    """The server is done with it, had it or not."""
    clear: bool
    """A reading to the end, made before the row was first sent, showed no such name."""
    lookalikes: Collection[str] = frozenset()
    """The ids of the campaigns in that reading that were alike in all but the name."""
    earlier: Sequence[str] = ()
    """Ids of campaigns whose creates were answered before this attempt left."""
    accepted: bool = False
    """The server said yes."""
    taken: bool = False
    """The server said that the name is there already."""
    absent_since: datetime | None = None
    """Start of the first reading to the end after `until` that did not show it."""
    searches: int = 0
    """How many readings after `until` did not show it and stopped before the end."""


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


class Evidence:
    """One reading of the list beside what the journal has of the campaigns in it."""

    def __init__(self, listing: Listing, standing: Standing) -> None:
        self.listing = listing
        self._adopted: set[str] = set()
        self._borne_among, self._sending = standing.borne_among, standing.sending
        self._alike: Mapping[Shown, Sequence[Listed]] | None = None

    def adopt(self, campaign_id: str) -> None:
        """From now on a row bears this campaign."""
        self._adopted.add(campaign_id)

    def is_borne(self, campaign_id: str) -> bool:
        return campaign_id in self._adopted or campaign_id in self._borne_among([campaign_id])

    def of(self, key: str) -> Sequence[Listed]:
        """The campaigns of this name that no row bears."""
        return self._borne_by_none(self.listing.of(key))

    def _borne_by_none(self, items: Sequence[Listed]) -> Sequence[Listed]:
        borne = self._adopted.union(self._borne_among({item.campaign_id for item in items})) if items else ()
        return [item for item in items if item.campaign_id not in borne]

    def is_later(self, item: Listed, doubt: Doubt) -> bool:
        """Created after one that was answered before the attempt left: the server's clock against itself."""
        answered = set(doubt.earlier)
        times = [it.created_at for it in self.listing if it.campaign_id in answered and it.created_at is not None]
        return bool(times) and item.created_at is not None and item.created_at > max(times)

    def newcomers(self, doubt: Doubt) -> Sequence[Listed]:
        """Campaigns that may be this one under another name: alike otherwise, borne by no row, and not known to have
        been there before: without a reading made before the first send, of none of them that is known.
        """
        if self._alike is None:
            alike: dict[Shown, list[Listed]] = {}
            for item in (*self.listing, *self.listing.without_id):
                alike.setdefault(item.shown, []).append(item)
            self._alike = alike
        new = [item for item in self._alike.get(doubt.shown, ()) if item.mark not in doubt.lookalikes]
        return self._borne_by_none(new)

    def may_be_borne_soon(self, items: Sequence[Listed], doubt: Doubt) -> bool:
        """Whether another row that is in flight has the name of one of them: its answer is still to come."""
        return any((key := name_key(item.name)) != doubt.key and key in self._sending for item in items)


def look_of(shown: Shown) -> str:
    """All that the list shows of a campaign but its name, as one text."""
    return json.dumps([sorted(shown.contact_lists), shown.dialing_mode, shown.priority, shown.connection])


def lookalikes_of(listing: Listing, looks: Collection[Shown]) -> Mapping[Shown, frozenset[str]]:
    """The ids of the campaigns of a reading, by what they look like; none where it shows none."""
    ids: dict[Shown, set[str]] = {shown: set() for shown in looks}
    for item in (*listing, *listing.without_id):
        if item.shown in ids:
            ids[item.shown].add(item.mark)
    return {shown: frozenset(found) for shown, found in ids.items()}


def verdict(doubt: Doubt, evidence: Evidence, *, settle: timedelta, patience: timedelta) -> Verdict:
    """What this reading of the list, and the one before it, prove. `patience`: so long other rows in flight count."""
    matches = evidence.of(doubt.key)
    if evidence.listing.has_without_id(doubt.key):
        return Undecided("the campaign list shows a campaign of this name, and no id of it that can be used")
    if not matches:
        return _absence(doubt, evidence, settle, patience)
    if len(matches) > 1:
        ids = ", ".join(match.campaign_id for match in matches)
        return Undecided(f"the server has {len(matches)} campaigns of this name: {ids}; {to_adopt(doubt.name)}")
    match = matches[0]
    alike = match.shown == doubt.shown
    if alike and _is_new(match, doubt, evidence):
        return Found(match)
    if doubt.taken:
        return Taken(match)
    which = "was perhaps there before this row was sent" if alike else "differs from this row"
    there = f"the server has a campaign of this name, {match.campaign_id}, that {which}"
    return Undecided(f"{there}; {to_adopt(doubt.name, match.campaign_id)}")


def _is_new(match: Listed, doubt: Doubt, evidence: Evidence) -> bool:
    """Not there before the row was first sent."""
    if doubt.clear:
        return match.campaign_id not in doubt.lookalikes
    return evidence.is_later(match, doubt)


def _absence(doubt: Doubt, evidence: Evidence, settle: timedelta, patience: timedelta) -> Verdict:
    listing = evidence.listing
    if listing.read_at < doubt.until:
        return Open(doubt)
    if not listing.whole:
        return Open(replace(doubt, searches=doubt.searches + 1))
    if doubt.absent_since is None:
        return Open(replace(doubt, absent_since=listing.read_at))
    if listing.read_at < doubt.absent_since + settle:
        return Open(doubt)
    return _end_of_absence(doubt, evidence, others_until=doubt.absent_since + patience)


def _end_of_absence(doubt: Doubt, evidence: Evidence, *, others_until: datetime) -> Verdict:
    """What it means that two readings to the end do not show the name. `others_until`: so long rows in flight count."""
    newcomers = evidence.newcomers(doubt)
    if evidence.listing.read_at < others_until and evidence.may_be_borne_soon(newcomers, doubt):
        return Open(doubt)
    if newcomers:
        return Undecided(looks_like(newcomers, doubt.name))
    if doubt.accepted:
        there = "the server accepted it without naming an id, and its list does not show it"
        return Undecided(f"{there}; look for it in Kore.ai, and if it is not there, {to_make_again(doubt.name)}")
    return Absent()


def looks_like(newcomers: Sequence[Listed], name: str) -> str:
    """What a person reads about campaigns that may be this row's under another name."""
    named = [f"{item.campaign_id or 'without an id'} '{item.name}'" for item in newcomers[:_NAMED]]
    more = f" and {len(newcomers) - _NAMED} more" if len(newcomers) > _NAMED else ""
    return (
        f"the server may keep it under another name: {', '.join(named)}{more} came up since, and no row bears it; "
        f"{to_adopt(name)}; if none is, {to_make_again(name)}"
    )


def to_adopt(name: str, campaign_id: str = "ID") -> str:
    """What a person does who knows which campaign it is."""
    which = "one of them" if campaign_id == "ID" else "it"
    return f"if {which} is this row's, say so: `campaign-loader reconcile --adopt '{name}={campaign_id}'`"


def to_make_again(name: str) -> str:
    """What a person does who knows that it is not there."""
    return f"create it once more: `campaign-loader run SHEET --recreate '{name}'`"


def next_search(doubt: Doubt, settle: timedelta) -> datetime | None:
    """When reading the newest part of the list can next find this one; None where that has been done often enough."""
    if doubt.searches >= MOST_SEARCHES:
        return None
    return next_proof(doubt, settle)


def next_proof(doubt: Doubt, settle: timedelta) -> datetime:
    """When reading the list to its end can next prove this one absent."""
    return doubt.until if doubt.absent_since is None else doubt.absent_since + settle
