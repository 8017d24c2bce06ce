"""What reading after reading of the campaign list says of the campaigns that a run created. Pure: no clock, no request.

A campaign counts as vanished when two whole readings of the list, a settle time apart, do not show it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.api.campaign_diff import Difference
from loader.api.campaign_status import is_preparing
from loader.model.campaign import name_key
from loader.model.records import Seen, State
from loader.model.row import Gone, Status
from loader.planning.mismatch import Mismatch, from_list, in_words, mismatches
from loader.planning.modification import Modified, verdict
from loader.planning.plan import vanished

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime, timedelta

    from loader.api.listing import Listing
    from loader.api.messages import Listed, Shown
    from loader.model.records import Record, Run
    from loader.model.row import Outcome
    from loader.planning.plan import Candidate


@dataclass(frozen=True, slots=True)
class Made:
    """A campaign that a run created, and what the journal remembers of it. `shown`: what the list is to show of it."""

    outcome: Outcome
    record: Record
    shown: Shown


def made_by(
    run: Run, outcomes: Iterable[Outcome], candidates: Iterable[Candidate], records: Mapping[str, Record]
) -> list[Made]:
    """What this run created and nobody has deleted or created anew since, as far as the journal knows."""
    rows = {candidate.at: candidate for candidate in candidates}
    made = []
    for outcome in outcomes:
        if outcome.status is not Status.CREATED or outcome.run != run.id or outcome.at not in rows:
            continue
        candidate = rows[outcome.at]
        record = records.get(candidate.key)
        if record is None or record.state is not State.CREATED or record.digest != candidate.digest:
            continue
        if outcome.campaign_id and outcome.campaign_id == record.campaign_id:
            made.append(Made(outcome, record, candidate.shown))
    return made


@dataclass(slots=True)
class Watched:
    """What reading after reading says of those that were made. Pure: no clock, no request.

    `missing`: not seen yet, or not any more, with the time of the first whole reading that did not show them.
    `instead`: the ids that the list shows for the name of one that is gone.
    """

    made: Sequence[Made]
    settle: timedelta
    missing: dict[str, datetime | None] = field(init=False)
    listed: dict[str, Listed] = field(init=False, default_factory=dict)
    gone: set[str] = field(init=False, default_factory=set)
    instead: dict[str, str] = field(init=False, default_factory=dict)
    readings: int = 0

    def __post_init__(self) -> None:
        self.missing = dict.fromkeys(_id(one) for one in self.made)

    @property
    def preparing(self) -> list[str]:
        """The ids of those that were last seen being prepared."""
        return [
            campaign_id
            for campaign_id, item in self.listed.items()
            if is_preparing(item.campaign_status) and campaign_id not in self.missing
        ]

    def take(self, listing: Listing) -> list[Seen]:
        """Take in a reading of the list, and return what is new."""
        shown_now = {item.campaign_id: item for items in listing.by_key.values() for item in items}
        sought = {*self.missing, *self.preparing}
        seen = []
        self.readings += 1
        for one in self.made:
            campaign_id = _id(one)
            if campaign_id not in sought:
                continue
            if (item := shown_now.get(campaign_id)) is not None:
                self.missing.pop(campaign_id, None)
                self.listed[campaign_id] = item
                seen.append(self._seen(one, item))
            elif campaign_id in self.gone or self._proved_gone(campaign_id, listing):
                self.gone.add(campaign_id)
                self.instead[campaign_id] = ", ".join(it.campaign_id for it in listing.of(one.record.key))
                seen.append(Seen(one.record.key, campaign_id, None, one.record.updated_at, Gone.VANISHED))
        return seen

    def _seen(self, one: Made, item: Listed) -> Seen:
        """Of one that somebody has touched the journal keeps its last change before that: `undo` must notice it."""
        touched = isinstance(verdict(one.record, item, b""), Modified) or bool(self._mismatches_of(one))
        updated_at = one.record.updated_at if touched else item.updated_at
        return Seen(one.record.key, item.campaign_id, item.campaign_status, updated_at)

    def _proved_gone(self, campaign_id: str, listing: Listing) -> bool:
        since = self.missing.setdefault(campaign_id, None)
        if not listing.whole:  # only a part of the list: no proof
            return False
        if since is None:
            self.missing[campaign_id] = listing.read_at
            return False
        if listing.read_at < since + self.settle:
            return False
        del self.missing[campaign_id]
        return True

    def sought(self, now: datetime) -> AbstractSet[str] | None:
        """The ids that the next reading is to show; None: it is to show all, because only that proves absence."""
        if any(since is None or now >= since + self.settle for since in self.missing.values()) and self.readings:
            return None
        return {*self.missing, *self.preparing}

    def outcomes(self) -> list[Outcome]:
        """What there is to report now, of those that were seen or have vanished."""
        reported = []
        for one in self.made:
            outcome, campaign_id = one.outcome, _id(one)
            if campaign_id in self.gone:
                message = _added(one.record.message, self._said_of_gone(one))
                attempt = replace(outcome.attempt, campaign_status=None, message=message)
                reported.append(replace(outcome, attempt=attempt, gone=Gone.VANISHED))
            elif campaign_id in self.listed:
                found = self._mismatches_of(one)
                message = _added(one.record.message, in_words(found)) if found else one.record.message
                status = self.listed[campaign_id].campaign_status or outcome.campaign_status
                attempt = replace(outcome.attempt, campaign_status=status, message=message)
                reported.append(replace(outcome, attempt=attempt, gone=None))
        return reported

    def _said_of_gone(self, one: Made) -> str:
        """One of its name may be the same campaign under its true id: to create it once more would double it."""
        if ids := self.instead[_id(one)]:
            return f"campaign {_id(one)} was created, and the campaign list shows one of this name as {ids} instead"
        return vanished(one.outcome.name, one.record)

    def mismatches(self) -> list[Mismatch]:
        """Where the list shows other values than were sent."""
        return [mismatch for one in self.made for mismatch in self._mismatches_of(one)]

    def _mismatches_of(self, one: Made) -> list[Mismatch]:
        item = self.listed.get(_id(one))
        if item is None or _id(one) in self.gone:
            return []
        outcome, differences = one.outcome, from_list(one.shown, item.shown)
        if name_key(item.name) != one.record.key:
            differences.append(Difference("name", outcome.name, item.name))
        return mismatches(outcome, item.campaign_id, differences)


def _id(one: Made) -> str:
    return one.outcome.campaign_id or ""


def _added(message: str, more: str) -> str:
    return "; ".join(filter(None, (message, "" if more in message else more)))
