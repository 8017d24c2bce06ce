"""What became of the campaigns that a run created: looked up in the campaign list until none is being prepared.

One walk through the list serves all of them. A campaign counts as vanished when two whole readings of the list, a
settle time apart, do not show it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.api.campaign_diff import Difference
from loader.api.campaign_list import PAGE_LIMIT, CampaignList
from loader.api.retry import growing_pauses
from loader.api.v1 import is_preparing, shown
from loader.errors import ApiError, JournalError, LoaderError, StoppedError
from loader.execution.connection import connected
from loader.model.campaign import name_key
from loader.model.events import Phase, Waiting
from loader.model.records import Seen, State
from loader.model.row import VANISHED, Status
from loader.planning.mismatch import Mismatch, from_list, in_words, mismatches
from loader.planning.modification import Modified, verdict
from loader.planning.plan import vanished

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from loader.api.campaign_list import Listing
    from loader.api.messages import Listed, Shown
    from loader.config.settings import Settings
    from loader.execution.send_stage import Callbacks
    from loader.execution.stop import Stop
    from loader.model.records import Record, Run
    from loader.model.row import Outcome
    from loader.planning.plan import Candidate
    from loader.storage.journal import Journal


def fewest_list_calls(created: int, there: int, *, page_size: int = PAGE_LIMIT) -> int:
    """The list calls that looking once takes at least: of so many campaigns created, beside those that were there.

    Reading ends behind the oldest of them. It takes more where others were created not long before, where the list is
    kept in another order, and where some are still being prepared and are looked at again.
    """
    needed = min(created + 1, created + there) if created else 0
    return -(-needed // page_size)


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
    rows = {candidate.row: candidate for candidate in candidates}
    made = []
    for outcome in outcomes:
        if outcome.status is not Status.CREATED or outcome.run != run.id or outcome.row not in rows:
            continue
        candidate = rows[outcome.row]
        record = records.get(candidate.key)
        if record is None or record.state is not State.CREATED or record.digest != candidate.digest:
            continue
        if outcome.campaign_id and outcome.campaign_id == record.campaign_id:
            made.append(Made(outcome, record, shown(candidate.body)))
    return made


@dataclass(frozen=True, slots=True)
class Verified:
    """What was seen. `outcomes` are those of the rows there is more to tell of. `failed`: what kept it from its end."""

    outcomes: Sequence[Outcome] = ()
    mismatches: Sequence[Mismatch] = ()
    remarks: Sequence[str] = ()
    requests: int = 0
    failed: LoaderError | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at, and for how many seconds at most. `at_once`: the campaigns have had time already."""

    run: Run
    outcomes: Sequence[Outcome]
    candidates: Sequence[Candidate]
    within: float
    at_once: bool = False


async def verify(  # noqa: PLR0913 - time is handed in
    look: Look, settings: Settings, journal: Journal, callbacks: Callbacks, stop: Stop, *, now: Callable[[], datetime]
) -> Verified:
    """Look at what a run created until none is being prepared, or time is up; what fails leaves all as it was."""
    watched, requests = Watched((), timedelta(seconds=settings.settle_seconds)), 0
    failed: LoaderError | None = None
    try:
        made = made_by(look.run, look.outcomes, look.candidates, journal.records(settings.application))
        if not made:
            return Verified()
        watched = Watched(made, watched.settle)
        callbacks.on_event(Phase("looking at what was created"))
        async with connected(settings, journal, on_wait=callbacks.on_event) as client:
            stopped = asyncio.Event()

            def halt(_: LoaderError) -> None:
                client.rate_limiter.stop()
                stopped.set()

            async def pause(seconds: float) -> None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await stopped.wait()

            stop.tells(halt)
            verification = Verification(
                CampaignList(client, now=now, patience=min(settings.patience_seconds, look.within)),
                watched,
                margin=timedelta(seconds=settings.timeout_seconds),
                now=now,
                pause=pause,
                on_seen=lambda seen: journal.observe(settings.application, seen),
                on_wait=callbacks.on_event,
            )
            try:
                await verification.carry_out(look.within, at_once=look.at_once)
            finally:
                requests = client.requests
    except (ApiError, JournalError) as error:
        failed = stop.asked if isinstance(error, StoppedError) and stop.asked else error
    return Verified(watched.outcomes(), watched.mismatches(), _remarks(look.run, watched, failed), requests, failed)


def _remarks(run: Run, watched: Watched, failed: LoaderError | None) -> list[str]:
    again = f"`campaign-loader verify {run.id}`"
    if failed is not None:
        return [f"what was created has not been looked at to the end: {failed}; {again} does that"]
    if number := len(watched.preparing):
        campaigns = "1 campaign was" if number == 1 else f"{number} campaigns were"
        return [f"{campaigns} still being prepared when last looked at; {again} looks again"]
    return []


@dataclass(slots=True)
class Watched:
    """What reading after reading says of those that were made. Pure: no clock, no request.

    `missing`: not seen yet, or not any more, with the time of the first whole reading that did not show them.
    """

    made: Sequence[Made]
    settle: timedelta
    missing: dict[str, datetime | None] = field(init=False)
    listed: dict[str, Listed] = field(init=False, default_factory=dict)
    gone: set[str] = field(init=False, default_factory=set)
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
            elif self._proved_gone(campaign_id, listing):
                self.gone.add(campaign_id)
                seen.append(Seen(one.record.key, VANISHED, one.record.updated_at))
        return seen

    def _seen(self, one: Made, item: Listed) -> Seen:
        """Of one that somebody has touched the journal keeps its last change before that: `undo` must notice it."""
        touched = isinstance(verdict(one.record, item, b""), Modified) or bool(self._deviations_of(one))
        return Seen(one.record.key, item.campaign_status, one.record.updated_at if touched else item.updated_at)

    def _proved_gone(self, campaign_id: str, listing: Listing) -> bool:
        since = self.missing.setdefault(campaign_id, None)
        if listing.reaches is not None:  # only a part of the list: no proof
            return False
        if since is None:
            self.missing[campaign_id] = listing.read_at
            return False
        if listing.read_at < since + self.settle:
            return False
        del self.missing[campaign_id]
        return True

    def back_to(self, now: datetime) -> datetime | None:
        """How far the next reading is to reach; None: all of the list, because only that proves absence."""
        if any(since is None or now >= since + self.settle for since in self.missing.values()) and self.readings:
            return None
        sought = {*self.missing, *self.preparing}
        times = [one.outcome.submitted_at for one in self.made if _id(one) in sought]
        known = [time for time in times if time is not None]
        return min(known) if len(known) == len(times) else None

    def outcomes(self) -> list[Outcome]:
        """What there is to tell now, of those that were seen or have vanished."""
        told = []
        for one in self.made:
            outcome, campaign_id = one.outcome, _id(one)
            if campaign_id in self.gone:
                message = _added(one.record.message, vanished(outcome.name, one.record))
                told.append(replace(outcome, campaign_status=VANISHED, message=message))
            elif campaign_id in self.listed:
                found = self._deviations_of(one)
                message = _added(one.record.message, in_words(found)) if found else one.record.message
                status = self.listed[campaign_id].campaign_status or outcome.campaign_status
                told.append(replace(outcome, campaign_status=status, message=message))
        return told

    def mismatches(self) -> list[Mismatch]:
        """Where the list shows other values than were sent."""
        return [mismatch for one in self.made for mismatch in self._deviations_of(one)]

    def _deviations_of(self, one: Made) -> list[Mismatch]:
        item = self.listed.get(_id(one))
        if item is None or _id(one) in self.gone:
            return []
        outcome, differences = one.outcome, from_list(one.shown, item.shown)
        if name_key(item.name) != one.record.key:
            differences.append(Difference("name", outcome.name, item.name))
        return mismatches(outcome.row, outcome.name, item.campaign_id, differences)


def _id(one: Made) -> str:
    return one.outcome.campaign_id or ""


def _added(message: str, more: str) -> str:
    return "; ".join(filter(None, (message, "" if more in message else more)))


class Verification:
    """`margin`: so long a create may have taken. `pause` waits so many seconds, or less if the run is stopped. `now` is
    a clock that never jumps, in UTC.
    """

    def __init__(  # noqa: PLR0913 - times are handed in
        self,
        campaigns: CampaignList,
        watched: Watched,
        *,
        margin: timedelta,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]],
        on_seen: Callable[[Sequence[Seen]], None],
        on_wait: Callable[[Waiting], None],
    ) -> None:
        self._campaigns, self._watched, self._margin, self._now = campaigns, watched, margin, now
        self._pause, self._on_seen, self._on_wait = pause, on_seen, on_wait

    async def carry_out(self, within: float, *, at_once: bool) -> None:
        """Look again and again, with growing pauses.

        Raises:
            ApiError: the list cannot be read, or the run was stopped.
            JournalError: what was seen is not on disk.
        """
        until, pauses = self._now() + timedelta(seconds=within), growing_pauses(within)
        wait: float | None = 0.0 if at_once else next(pauses)
        while wait is not None:
            await self._pause(wait)
            back_to = self._watched.back_to(self._now())
            listing = await self._campaigns.read(back_to=back_to and back_to - self._margin)
            self._on_seen(self._watched.take(listing))
            wait = self._wait(next(pauses), (until - self._now()).total_seconds())

    def _wait(self, pause: float, left: float) -> float | None:
        """Seconds till the next look; None: it is over. What is missing is looked for until that is proved."""
        missing, preparing = self._watched.missing, len(self._watched.preparing)
        waits = [min(pause, left)] if preparing and left > 0 else []
        if None in missing.values():
            waits.append(pause)
        elif missing:
            due = min(since for since in missing.values() if since) + self._watched.settle
            waits.append(max(0.0, (due - self._now()).total_seconds()))
        if not waits:
            return None
        of = f"missing from the campaign list: {len(missing)}" if missing else f"still being prepared: {preparing}"
        self._on_wait(Waiting(f"campaigns {of}; the list is read again", min(waits)))
        return min(waits)
