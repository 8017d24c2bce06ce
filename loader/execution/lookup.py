"""Creates whose answer was lost, looked up together: one walk through the campaign list serves all of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from loader.errors import ApiError, StopError, StoppedError
from loader.model.events import Waiting
from loader.model.records import Settlement, State
from loader.model.row import Status
from loader.planning.plan import Job, conflict
from loader.planning.reconcile import Absent, Doubt, Found, Open, Taken, Undecided, next_look, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from loader.api.campaign_list import CampaignList, Listing
    from loader.config.settings import Timing
    from loader.execution.recorder import OutcomeRecorder
    from loader.planning.plan import Candidate
    from loader.planning.reconcile import Verdict


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A create that perhaps happened. `candidate`: the row of this run that bears its name, None where no row does.

    `reopen`: proof of absence makes it open again. `resend`: and then it is sent again in this run. `timed`: its
    `since` is of this run's clock; where an earlier run wrote it down, the clock may have been set in the meantime.
    """

    doubt: Doubt
    digest: str
    attempts: int
    candidate: Candidate | None
    reopen: bool = True
    resend: bool = True
    timed: bool = True
    http_status: int | None = None
    submitted_at: datetime | None = None
    message: str = ""

    def settlement(self, state: State, message: str) -> Settlement:
        return Settlement(
            self.doubt.key,
            state,
            self.attempts,
            message,
            self.http_status,
            accepted=self.doubt.accepted and state is not State.OPEN,
            submitted_at=self.submitted_at,
        )


class Lookup:
    """All that is in doubt. `now` is a clock that never jumps, in UTC.

    `on_reopen` gets what is to be sent again, `on_change` is called when something was settled.
    """

    def __init__(
        self,
        campaigns: CampaignList,
        recorder: OutcomeRecorder,
        timing: Timing,
        *,
        now: Callable[[], datetime],
        on_wait: Callable[[Waiting], None],
    ) -> None:
        self._campaigns, self._ledger, self._now, self._on_wait = campaigns, recorder, now, on_wait
        self._settle, self._patience = timing.settle, timing.patience
        self._doubts: dict[str, InDoubt] = {}
        self._first_doubted: dict[str, datetime] = {}
        self._looked_at: datetime | None = None
        self._wake = asyncio.Event()
        self._over = False
        self.on_reopen: Callable[[Job], None] = lambda _: None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def pending(self) -> int:
        """How many are in doubt."""
        return len(self._doubts)

    @property
    def rows(self) -> Sequence[Candidate]:
        """Those of this run that are in doubt."""
        return [pending.candidate for pending in self._doubts.values() if pending.candidate is not None]

    def sees_to(self, keys: Collection[str] | None) -> bool:
        """Whether any of these is in doubt; None: any at all."""
        return bool(self._doubts) if keys is None else any(key in self._doubts for key in keys)

    def add(self, pending: InDoubt) -> None:
        self._doubts[pending.doubt.key] = pending
        self._first_doubted.setdefault(pending.doubt.key, self._now())
        self._wake.set()

    def finish(self) -> None:
        """Look no more."""
        self._over = True
        self._wake.set()

    async def keep_looking(self) -> None:
        """Look as soon as looking can prove something, until `finish`.

        Raises:
            StopError, StoppedError: the API refuses to go on, or the run was stopped.
            JournalError: what was found out is not on disk.
        """
        while not self._over:
            self._wake.clear()
            wait = self._until_next_look()
            if wait is not None and wait <= 0:
                await self._look()
            else:
                if wait is not None:
                    self._on_wait(
                        Waiting(f"rows without an answer: {len(self._doubts)}; the campaign list is read", wait)
                    )
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()

    def look_at(self, listing: Listing) -> None:
        """Settle whatever this reading of the list settles."""
        for pending in list(self._doubts.values()):
            self._conclude(pending, verdict(pending.doubt, listing, settle=self._settle))
        self._ledger.flush()
        self.on_change()

    def leave(self) -> None:
        """Say of whatever is still in doubt that it is. The journal keeps it so, and the next run looks it up."""
        for pending in self._doubts.values():
            if pending.candidate is not None:
                told = "no answer came, and the run ended before it could be looked up; the next run looks it up first"
                self._ledger.tell(pending.candidate, pending.settlement(State.UNKNOWN, told), Status.UNKNOWN)

    def give_up(self, doubts: Iterable[InDoubt], reason: str) -> None:
        """Leave those of them that are still in doubt to a person."""
        for pending in doubts:
            if pending.doubt.key in self._doubts:
                self._conclude(pending, Undecided(reason))
        self._ledger.flush()
        self.on_change()

    def _until_next_look(self) -> float | None:
        """Seconds; None when nothing is in doubt."""
        if not self._doubts:
            return None
        due = min(next_look(pending.doubt, self._settle) for pending in self._doubts.values())
        if self._looked_at is not None:  # one walk for all that came up meanwhile
            due = max(due, self._looked_at + self._settle)
        return (due - self._now()).total_seconds()

    async def _look(self) -> None:
        doubts = list(self._doubts.values())
        self._looked_at = self._now()
        try:
            since = min(pending.doubt.since for pending in doubts)
            timed = all(pending.timed for pending in doubts)
            listing = await self._campaigns.read(back_to=since if timed else None)
        except (StopError, StoppedError):
            raise
        except ApiError as error:
            self.give_up(doubts, f"the campaign list could not be read: {error}")
        else:
            self.look_at(listing)

    def _conclude(self, pending: InDoubt, said: Verdict) -> None:
        if isinstance(said, Open):
            self._doubts[pending.doubt.key] = replace(pending, doubt=said.doubt)
            return
        self._doubts.pop(pending.doubt.key, None)
        match said:
            case Found(listed):
                self._found(pending, listed.campaign_id, listed.campaign_status)
            case Absent() if pending.doubt.taken:
                self._end(pending, State.REJECTED, Status.REJECTED, pending.message)
            case Absent() if pending.reopen:
                self._reopen(pending)
            case Absent():
                reason = "looked up again, and it is not on the server; after `reconcile` the next run sends it"
                self._end(pending, State.UNKNOWN, Status.UNKNOWN, reason)
            case Taken(listed):
                reason = f"{pending.message}; campaign {listed.campaign_id} has this name"
                self._end(pending, State.REJECTED, Status.REJECTED, reason)
            case Undecided(reason):
                self._end(pending, State.UNKNOWN, Status.UNKNOWN, reason)
            case _:
                assert_never(said)

    def _found(self, pending: InDoubt, campaign_id: str, campaign_status: str | None) -> None:
        settlement = replace(
            pending.settlement(State.CREATED, "the answer was lost; the campaign was found in the campaign list"),
            campaign_id=campaign_id,
            campaign_status=campaign_status,
        )
        candidate = pending.candidate
        if candidate is None or candidate.digest == pending.digest:
            self._ledger.settle(candidate, settlement, Status.CREATED)
        else:  # the row was edited after it was sent
            self._ledger.tell(candidate, replace(settlement, message=conflict(candidate.name)), Status.CONFLICT)
            self._ledger.note(settlement)

    def _reopen(self, pending: InDoubt) -> None:
        """The server made nothing of it: that is proved."""
        settlement = pending.settlement(State.OPEN, "")
        self._ledger.note(settlement)
        if pending.candidate is None:
            return
        if not pending.resend:
            told = "looked up: the server did not create it; the next run sends it"
        elif self._now() - self._first_doubted[pending.doubt.key] >= self._patience:
            told = f"tried {pending.attempts} times, and the server did not create it: {pending.message}"
        else:
            self.on_reopen(Job(pending.candidate, State.OPEN, pending.doubt.clear, pending.attempts))
            return
        self._ledger.tell(pending.candidate, replace(settlement, message=told), Status.NOT_SENT)

    def _end(self, pending: InDoubt, state: State, status: Status, message: str) -> None:
        self._ledger.settle(pending.candidate, pending.settlement(state, message), status)
