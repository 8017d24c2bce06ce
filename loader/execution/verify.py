"""What became of the campaigns that a run created: looked up in the campaign list until none is being prepared.

One walk through the list serves all of them. A campaign counts as vanished when two whole readings of the list, a
settle time apart, do not show it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from loader.api.campaign_list import PAGE_LIMIT, CampaignList
from loader.api.retry import growing_pauses
from loader.errors import ApiError, JournalError, LoaderError, StoppedError
from loader.model.events import Phase, Waiting
from loader.planning.watched import Watched, made_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from loader.api.campaign_list import Enough
    from loader.execution.connection import RunContext, Stop
    from loader.execution.send_request import Callbacks
    from loader.model.records import Run, Seen
    from loader.model.row import At, Outcome
    from loader.planning.mismatch import Mismatch
    from loader.planning.plan import Candidate
    from loader.planning.twins import Groups


def fewest_list_calls(created: int, *, page_size: int = PAGE_LIMIT) -> int:
    """The list calls that looking once takes at least, of so many campaigns created.

    Reading ends with the last one of them. It takes more where others were created meanwhile, where the list is kept in
    another order, and where some are still being prepared and are looked at again.
    """
    return -(-created // page_size)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was seen. `outcomes` are those of the rows there is more to report of. `failed`: what kept it from its end.

    `shared`: campaigns that the list showed under one name."""

    outcomes: Sequence[Outcome] = ()
    mismatches: Sequence[Mismatch] = ()
    remarks: Sequence[str] = ()
    requests: int = 0
    failed: LoaderError | None = None
    shared: Groups = field(default_factory=dict)


# two prove that what is missing is gone; and when time is up, that there is an end to it
_LATE_LOOKS = 4
_ROWS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at, and for how many seconds at most. `at_once`: the campaigns have had time already."""

    outcomes: Sequence[Outcome]
    candidates: Sequence[Candidate]
    within: float
    at_once: bool = False


async def verify(look: Look, context: RunContext, callbacks: Callbacks, stop: Stop) -> Verified:
    """Look at what a run created until none is being prepared, or time is up; what fails leaves all as it was."""
    run, settings, journal = context.run, context.settings, context.journal
    watched, requests = Watched((), settings.timing.settle), 0
    failed: LoaderError | None = None
    shared: Groups = {}
    try:
        keys = [candidate.key for candidate in look.candidates]
        made = made_by(run, look.outcomes, look.candidates, journal.records(context.application, keys))
        if not made:
            return Verified()
        watched = Watched(made, watched.settle)
        callbacks.on_event(Phase("looking at what was created"))
        async with context.connected(callbacks.on_event) as client:
            stopped = asyncio.Event()

            def halt(_: LoaderError) -> None:
                client.rate_limiter.stop()
                stopped.set()

            stop.reports_to(halt)
            verification = Verification(
                CampaignList(client, now=context.now, patience=min(settings.patience_seconds, look.within)),
                watched,
                Clock(context.now, partial(_wait, stopped)),
                on_seen=lambda seen: journal.observe(context.application, run.id, seen),
                on_wait=callbacks.on_event,
            )
            try:
                await verification.carry_out(look.within, at_once=look.at_once)
            finally:
                requests, shared = client.requests, client.shared_names.groups
    except (ApiError, JournalError) as error:
        failed = stop.asked if isinstance(error, StoppedError) and stop.asked else error
    remarks = _remarks(run, watched, failed)
    return Verified(watched.outcomes(), watched.mismatches(), remarks, requests, failed, shared)


async def _wait(stopped: asyncio.Event, seconds: float) -> None:
    """So long, or until the run is stopped."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopped.wait()


def _remarks(run: Run, watched: Watched, failed: LoaderError | None) -> list[str]:
    again = f"`campaign-loader verify {run.id}`"
    if failed is not None:
        return [f"not all that was created has been looked at: {failed}; {again} does that"]
    remarks = [f"{_row_list(rows)} have the same campaign id, {one}" for one, rows in _sharing(watched).items()]
    if number := len(watched.preparing):
        campaigns = "1 campaign was" if number == 1 else f"{number} campaigns were"
        remarks.append(f"{campaigns} still being prepared when last looked at; {again} looks again")
    if number := len(watched.missing):
        campaigns = "1 campaign was" if number == 1 else f"{number} campaigns were"
        remarks.append(f"{campaigns} not seen in the campaign list, and not proved to be gone; {again} looks again")
    return remarks


def _sharing(watched: Watched) -> dict[str, list[At]]:
    """Rows by the id that several of them have."""
    rows: dict[str, list[At]] = {}
    for one in watched.made:
        rows.setdefault(one.record.campaign_id or "", []).append(one.outcome.at)
    return {campaign_id: those for campaign_id, those in rows.items() if len(those) > 1}


def _row_list(rows: Sequence[At]) -> str:
    first = ", ".join(f"{row} of '{sheet}'" if sheet else str(row) for sheet, row in rows[:_ROWS_NAMED])
    return f"rows {first}" + (f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else "")


def _all_of(sought: AbstractSet[str] | None) -> Enough | None:
    return None if sought is None else lambda seen, _: sought <= seen


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` never jumps, in UTC; `pause` waits so many seconds, or less if the run is stopped."""

    now: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]


class Verification:
    """Looks at campaigns again and again, until each of them is ready, gone, or time is up."""

    def __init__(
        self,
        campaigns: CampaignList,
        watched: Watched,
        clock: Clock,
        *,
        on_seen: Callable[[Sequence[Seen]], None],
        on_wait: Callable[[Waiting], None],
    ) -> None:
        self._campaigns, self._watched, self._now, self._pause = campaigns, watched, clock.now, clock.pause
        self._on_seen, self._on_wait = on_seen, on_wait

    async def carry_out(self, within: float, *, at_once: bool) -> None:
        """Look again and again, with growing pauses.

        Raises:
            ApiError: the list cannot be read, or the run was stopped.
            JournalError: what was seen is not on disk.
        """
        until, pauses, late = self._now() + timedelta(seconds=within), growing_pauses(within), 0
        wait: float | None = 0.0 if at_once else next(pauses)
        while wait is not None and late < _LATE_LOOKS:
            await self._pause(wait)
            listing = await self._campaigns.read(enough=_all_of(self._watched.sought(self._now())))
            self._on_seen(self._watched.take(listing))
            wait = self._wait(next(pauses), (until - self._now()).total_seconds())
            late += self._now() >= until

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
