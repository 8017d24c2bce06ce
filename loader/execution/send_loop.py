"""A few at a time, none of them twice: a fixed number of workers takes rows from one queue and handles each to its end.

Written down before: the intent. Written down after: the outcome. What was proved not sent goes again; what nobody
knows is looked up, while the workers go on with the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from loader.errors import JournalError, LoaderError, StopError, StoppedError
from loader.model.events import Waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable

    from loader.api.listing import Listing
    from loader.execution.lookup import Lookup
    from loader.execution.sender import Attempted, Claimed, Sender
    from loader.planning.plan import Job


class SendLoop:
    """Owns the rows of a run: those still to be sent, those in flight, and those in doubt.

    Sender and lookup know neither each other nor the loop: they return what is left to do after a request or a reading.
    """

    def __init__(self, sender: Sender, lookup: Lookup, concurrency: int, *, on_wait: Callable[[Waiting], None]) -> None:
        self._sender, self._lookup, self._concurrency, self._on_wait = sender, lookup, concurrency, on_wait
        self._jobs: deque[Job] = deque()
        self._put_off: list[Job] = []
        self._alone: Collection[str] | None = ()
        self._claimed: deque[Claimed] = deque()
        self._given_back: list[Claimed] = []
        self._in_flight = 0
        self._over = False
        self._changed, self._look_now, self._halting = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.halted: LoaderError | None = None

    @asynccontextmanager
    async def on_duty(self) -> AsyncIterator[None]:
        """Inside, rows are sent and those in doubt looked up. Rows without an outcome afterwards were not sent."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking())
            yield
            self._look_no_more()
        self._lookup.leave()
        try:
            self._apply(self._sender.judge_the_last_not_allowed())
            self._sender.give_back([*self._claimed, *self._given_back])
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
            for _ in range(self._concurrency):
                tasks.create_task(self._work())

    def halt(self, reason: LoaderError) -> None:
        """Let no further request leave; what is in flight is handled to its end. The first reason counts."""
        self.halted = self.halted or reason
        self._sender.stop()
        self._look_no_more()
        self._halting.set()
        self._signal_change()

    async def rest(self, seconds: float) -> None:
        """Wait, unless the run halts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._halting.wait()

    def settle_by(self, listing: Listing) -> None:
        """Settle whatever in doubt this reading of the list settles.

        Raises:
            JournalError: what was found out is not on disk.
        """
        self._reopen(self._lookup.look_at(listing))

    async def _work(self) -> None:
        try:
            while (claimed := await self._next()) is not None:
                self._in_flight += 1
                try:
                    self._apply(await self._sender.attempt(claimed))
                finally:
                    self._in_flight -= 1
                    self._signal_change()
                    if not self._is_sending():
                        self._look_now.set()
        except JournalError as error:
            self.halt(error)

    async def _next(self) -> Claimed | None:
        """The next row whose intent is on disk; None when all is done or the run has halted."""
        while self.halted is None:
            if not self._claimed:
                jobs = [self._jobs.popleft() for _ in range(min(self._sender.group, len(self._jobs)))]
                self._claimed.extend(self._sender.claim(jobs))
            if self._claimed:
                return self._claimed.popleft()
            if not self._in_flight and not self._lookup.is_handling(self._alone):
                return None
            await self._changed.wait()
        return None

    def _apply(self, attempted: Attempted) -> None:
        if attempted.again is not None:
            self._claimed.append(attempted.again)
        if attempted.in_doubt is not None:
            self._look_now.set()
            self._lookup.take_over(attempted.in_doubt)
        self._given_back.extend(attempted.given_back)
        if attempted.halt is not None:
            self.halt(attempted.halt)

    async def _keep_looking(self) -> None:
        """Read the list as soon as a reading can prove something, until nothing is left to look for."""
        try:
            while not self._over:
                self._look_now.clear()
                wait = self._lookup.seconds_until_look(sending=self._is_sending())
                if wait is not None and wait <= 0:
                    self._reopen(await self._lookup.look(sending=self._is_sending()))
                else:
                    await self._wait_for_a_look(wait)
        except (StopError, StoppedError, JournalError) as error:
            self.halt(error)

    async def _wait_for_a_look(self, wait: float | None) -> None:
        if wait is not None:
            reason = f"rows without an answer: {self._lookup.pending}; the campaign list is read"
            self._on_wait(Waiting(reason, wait))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._look_now.wait()

    def _look_no_more(self) -> None:
        self._over = True
        self._look_now.set()

    def _reopen(self, jobs: Iterable[Job]) -> None:
        """These were proved absent, and are sent again."""
        for job in jobs:
            goes_now = self._alone is None or job.candidate.key in self._alone
            (self._jobs if goes_now else self._put_off).append(job)
        self._signal_change()

    def _is_sending(self) -> bool:
        return bool(self._jobs or self._claimed or self._in_flight)

    def _signal_change(self) -> None:
        """Wake whoever waits for a change; the next change is another event."""
        self._changed.set()
        self._changed = asyncio.Event()
