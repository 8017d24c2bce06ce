"""A few at a time, none of them twice: a fixed number of workers takes rows from one queue and handles each to its end.

Written down before: the intent. Written down after: the outcome. What was proved not sent goes again; what nobody
knows is handed to the lookup, while the workers go on with the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.api.campaign_diff import Difference
from loader.errors import (
    ApiError,
    JournalError,
    LoaderError,
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotSentError,
    RefusedError,
    RejectedError,
    StopError,
    StoppedError,
    UnansweredError,
)
from loader.execution.in_doubt import ENOUGH_EARLIER, unanswered
from loader.model.campaign import name_key
from loader.model.records import Intent, Settlement, State
from loader.model.row import Status
from loader.planning.mismatch import Mismatch, in_words, mismatches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from loader.api.client import Client
    from loader.api.messages import Created
    from loader.config.settings import Timing
    from loader.execution.lookup import Lookup
    from loader.execution.recorder import OutcomeRecorder
    from loader.model.records import Record
    from loader.planning.plan import Candidate, Job


# a permission that one row lacks is the row's fault; what so many lack, all others lack as well
_REFUSED_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """How to send."""

    concurrency: int
    timing: Timing


@dataclass(slots=True)
class _Claimed:
    """A row whose intent is on disk. `attempts`: with the one under way. `before`: what the journal had before that."""

    job: Job
    attempts: int
    before: Record


class Sender:
    """Sends the rows of one run. `now` is a clock that never jumps, in UTC."""

    def __init__(
        self, client: Client, recorder: OutcomeRecorder, lookup: Lookup, terms: Terms, *, now: Callable[[], datetime]
    ) -> None:
        self._client, self._recorder, self._lookup, self._terms, self._now = client, recorder, lookup, terms, now
        lookup.on_reopen, lookup.on_change, lookup.is_sending = self._reopened, self._signal_change, self._is_sending
        self._jobs: deque[Job] = deque()
        self._put_off: list[Job] = []
        self._alone: Collection[str] | None = ()
        self._claimed: deque[_Claimed] = deque()
        self._given_back: list[_Claimed] = []
        self._not_allowed: list[tuple[_Claimed, NotAllowedError]] = []
        self._in_flight = 0
        self._got_through = False
        self._answered: list[str] = []  # ids, in the order of their answers
        self.mismatches: list[Mismatch] = []
        self._changed, self._halting = asyncio.Event(), asyncio.Event()
        self.halted: LoaderError | None = None

    @asynccontextmanager
    async def on_duty(self) -> AsyncIterator[None]:
        """Inside, rows are sent and those in doubt looked up. Rows without an outcome afterwards were not sent."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking())
            yield
            self._lookup.finish()
        self._lookup.leave()
        try:
            self._judge_the_last_not_allowed()
            self._give_back()
        except JournalError as error:
            self.halt(error)

    async def send(self, jobs: Iterable[Job], *, alone: bool = False) -> None:
        """Handle these rows to their end, and all that is in doubt too unless they go `alone`, or until it halts."""
        self._jobs.extend(jobs)
        self._alone = frozenset(job.candidate.key for job in self._jobs) if alone else None
        if not alone:
            self._jobs.extend(self._put_off)
            self._put_off.clear()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._terms.concurrency):
                tasks.create_task(self._work())

    def halt(self, reason: LoaderError) -> None:
        """Let no further request leave; what is in flight is handled to its end. The first reason counts."""
        self.halted = self.halted or reason
        self._client.rate_limiter.stop()
        self._lookup.finish()
        self._halting.set()
        self._signal_change()

    async def rest(self, seconds: float) -> None:
        """Wait, unless the run halts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._halting.wait()

    async def _keep_looking(self) -> None:
        try:
            await self._lookup.keep_looking()
        except (StopError, StoppedError, JournalError) as error:
            self.halt(error)

    async def _work(self) -> None:
        try:
            while (claimed := await self._next()) is not None:
                self._in_flight += 1
                try:
                    await self._attempt(claimed)
                finally:
                    self._in_flight -= 1
                    self._signal_change()
                    if not self._is_sending():
                        self._lookup.wake()
        except JournalError as error:
            self.halt(error)

    async def _next(self) -> _Claimed | None:
        """The next row whose intent is on disk; None when all is done or the run has halted."""
        while self.halted is None:
            if not self._claimed:
                self._claim()
            if self._claimed:
                return self._claimed.popleft()
            if not self._in_flight and not self._lookup.is_handling(self._alone):
                return None
            await self._changed.wait()
        return None

    def _claim(self) -> None:
        jobs = [self._jobs.popleft() for _ in range(min(self._recorder.group, len(self._jobs)))]
        if jobs:
            since = self._now()
            records = self._recorder.claim(
                [
                    Intent(job.candidate.key, job.candidate.digest, job.candidate.body, job.clear, since, job.was)
                    for job in jobs
                ]
            )
            before = {record.key: record for record in records}
            self._claimed.extend(_Claimed(job, job.attempts + 1, before[job.candidate.key]) for job in jobs)

    def _is_sending(self) -> bool:
        return bool(self._jobs or self._claimed or self._in_flight)

    async def _attempt(self, claimed: _Claimed) -> None:
        candidate, earlier = claimed.job.candidate, self._answered[-ENOUGH_EARLIER:]
        try:
            created = await self._client.create(candidate.body, name=candidate.name)
        except NotSentError:  # or refused as one too many
            claimed.attempts += 1
            self._claimed.append(claimed)
            self._lose_patience()
        except (UnansweredError, NameTakenError) as error:
            self._doubt(claimed, error, earlier)
            self._lose_patience()
        except RejectedError as error:
            self._rejected(claimed, error)
        except NotAllowedError as error:
            self._hold(claimed, error)
        except (StopError, StoppedError) as error:
            self._given_back.append(claimed)
            self.halt(error)
        else:
            self._created(claimed, created, earlier)

    def _hold(self, claimed: _Claimed, error: NotAllowedError) -> None:
        """The row's fault or everyone's? It waits for what becomes of the next rows."""
        self._not_allowed.append((claimed, error))
        if len(self._not_allowed) == _REFUSED_IN_A_ROW:
            message = f"{error}; {_REFUSED_IN_A_ROW} rows in a row were refused, so no more were sent"
            self.halt(RefusedError(message, status=error.status))

    def _get_through(self) -> None:
        """The server takes rows: those it refused just before were refused for their own sake."""
        self._got_through = True
        if self.halted is None:
            held, self._not_allowed = self._not_allowed, []
            for claimed, error in held:
                self._reject(claimed, error)

    def _judge_the_last_not_allowed(self) -> None:
        """No row came after them: what became of those before decides."""
        if self._not_allowed and self._got_through:
            self._get_through()
        if self._not_allowed:
            self.halt(self._not_allowed[0][1])
        self._given_back += [claimed for claimed, _ in self._not_allowed]

    def _created(self, claimed: _Claimed, created: Created, earlier: Sequence[str]) -> None:
        self._get_through()
        candidate, campaign_id = claimed.job.candidate, created.campaign_id
        if not self._recorder.bears(candidate.key, campaign_id):
            which = f"the server accepted it and named campaign {campaign_id}, which another row bears"
            self._doubt(claimed, UnansweredError(which, status=created.http_status, accepted=True), earlier)
            return
        self._answered.append(campaign_id)
        self.mismatches += (found := _renamed(candidate, created))
        settlement = Settlement(
            candidate.key,
            State.CREATED,
            claimed.attempts,
            in_words(found) if found else "",
            created.http_status,
            campaign_id,
            created.campaign_status,
            submitted_at=self._now(),
        )
        self._recorder.settle(candidate, settlement, Status.CREATED)

    def _rejected(self, claimed: _Claimed, error: RejectedError) -> None:
        if error.status == 404 and not self._got_through:  # noqa: PLR2004 - no row has got through yet
            self._given_back.append(claimed)
            self.halt(MisdirectedError(f"the address of the API is wrong: {error}", status=error.status))
            return
        self._get_through()
        self._reject(claimed, error)

    def _reject(self, claimed: _Claimed, error: ApiError) -> None:
        settlement = Settlement(
            claimed.job.candidate.key,
            State.REJECTED,
            claimed.attempts,
            str(error),
            error.status,
            submitted_at=self._now(),
        )
        self._recorder.settle(claimed.job.candidate, settlement, Status.REJECTED)

    def _doubt(self, claimed: _Claimed, error: ApiError, earlier: Sequence[str]) -> None:
        now = self._now()
        until = now + self._terms.timing.timeout
        pending = unanswered(claimed.job, claimed.attempts, error, earlier=earlier, at=now, until=until)
        self._lookup.add(pending)
        # still SENDING, so that it stays in doubt after a kill; but with what the answer said
        self._recorder.note(pending.settlement(State.SENDING, str(error)))

    def _reopened(self, job: Job) -> None:
        goes_now = self._alone is None or job.candidate.key in self._alone
        (self._jobs if goes_now else self._put_off).append(job)

    def _lose_patience(self) -> None:
        unwell = self._client.rate_limiter.unwell_for()
        if unwell >= self._terms.timing.patience.total_seconds():
            self.halt(NotSentError(f"gave up after {unwell:.0f} s without a good answer (LOADER_PATIENCE_SECONDS)"))

    def _signal_change(self) -> None:
        """Wake whoever waits for a change; the next change is another event."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _give_back(self) -> None:
        """Make what was claimed and never left what it was before: open, rejected, or created in another form."""
        self._recorder.give_back([claimed.before for claimed in (*self._claimed, *self._given_back)])


def _renamed(candidate: Candidate, created: Created) -> list[Mismatch]:
    """The name that the server gives the campaign, where it is another one than was sent."""
    if created.name is None or name_key(created.name) == candidate.key:
        return []
    differences = [Difference("name", candidate.name, created.name)]
    return mismatches(candidate.row, candidate.name, created.campaign_id, differences)
