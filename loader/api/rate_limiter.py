"""When the next request of the account may leave; the same for everyone, reads included.

The allowance is 60 requests a minute (API reference, 8.3), window and signals undocumented. So requests leave evenly
spaced, one after the other, and whatever says "too fast" or "not now" holds everyone:

- a limit signal: as long as the server asks, or a minute; then the run goes on a little slower and recovers;
- trouble, which is no connection, a 5xx or "not now": longer and longer with full jitter, and one request at a time
  until an answer comes, so that an outage of minutes costs a few dozen requests.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from asyncio_throttle.throttler import Throttler

from loader.errors import ApiError, NotSentError, StoppedError, ThrottledError
from loader.model.events import Waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

# a hair under the limit keeps the server's own window from being exceeded when answers jitter on the way (measured)
_HAIR = 0.99
# shorter slots than this are lost in the event loop's own turns; several requests share one
_SHORTEST_SLOT_SECONDS = 0.02
_LIMIT_PAUSE_SECONDS = 60.0
LONGEST_LIMIT_PAUSE_SECONDS = 900.0
_SLOWER = 0.8
_RECOVERY_SECONDS = 300.0
_TURNS_OF_OTHERS = 20
# a single one holds nobody
_TROUBLES = 2
_LONGEST_TROUBLE_PAUSE_SECONDS = 28.0


class SharedRate(Protocol):
    """The account's slots, shared by all processes of the machine; times are those of the monotonic clock."""

    def reserve(self, length: float) -> float:
        """When the next free slot of so many seconds begins."""

    def hold(self, until: float) -> None:
        """Let none begin before."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, handed in. `now` counts seconds and never jumps; chance spreads what would leave together."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class RateLimiter:
    """One for each account and process; every request takes a `turn`. Without `shared` no other process is minded."""

    def __init__(
        self,
        per_minute: float,
        clock: Clock | None = None,
        *,
        shared: SharedRate | None = None,
        on_wait: Callable[[Waiting], None] = lambda _: None,
    ) -> None:
        clock = clock or Clock()
        interval = 60 / per_minute / _HAIR
        self._together = max(1, round(_SHORTEST_SLOT_SECONDS / interval))
        self._slot = interval * self._together
        self._throttler = Throttler(rate_limit=self._together, period=self._slot)
        self._shared_rate, self._left_in_slot = shared, 0
        self._lock = asyncio.Lock()
        self._answered = asyncio.Event()
        self._answered.set()
        self._on_wait, self._now, self._sleep, self._chance = on_wait, clock.now, clock.sleep, clock.chance
        self._held_since = self._held_until = float("-inf")
        self._reason = self.last_trouble = ""
        self._limited_at = self._probe_left_at = float("-inf")
        self._troubles = 0
        self._unwell_since: float | None = None
        self._waiters: set[asyncio.Task[object]] = set()
        self._stopped = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the next free moment; whoever came first leaves first. The request is made inside.

        What the request raises decides how everyone goes on.
        """
        left_at = await self._free()
        try:
            yield
        except ThrottledError as error:
            self._limited(left_at, error.retry_after)
            raise
        except ApiError as error:
            if error.status is None or error.status >= 500 or isinstance(error, NotSentError):  # noqa: PLR2004
                self._trouble(left_at, str(error))
            else:
                self._well()
            raise
        else:
            self._well()
        finally:
            # one that left before the probe says nothing about it, unless it was answered
            if left_at >= self._probe_left_at or self._troubles < _TROUBLES:
                self._answered.set()

    def stop(self) -> None:
        """Let nothing more leave: whoever waits for a turn, now or later, gets StoppedError instead."""
        self._stopped = True
        for task in self._waiters:
            task.cancel()

    def unwell_for(self) -> float:
        """Seconds since the first request that was refused or found trouble with no good answer after it."""
        return 0.0 if self._unwell_since is None else self._now() - self._unwell_since

    async def _free(self) -> float:
        task = asyncio.current_task()
        if self._stopped or task is None:
            raise StoppedError("stopped before it was sent")
        self._waiters.add(task)
        try:
            return await self._next_slot()
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            task.uncancel()
            raise StoppedError("stopped before it was sent") from None
        finally:
            self._waiters.discard(task)

    async def _next_slot(self) -> float:
        async with self._lock:
            await self._answered.wait()
            while True:
                while (left := self._held_until - self._now()) > 0:
                    self._on_wait(Waiting(self._reason, left))
                    await self._sleep(left)
                self._throttler.period = self._slot / self._share()
                self._throttler.retry_interval = min(0.05, self._throttler.period / 50)
                await self._throttler.acquire()
                if self._held_until > self._now():  # wait where the reason is reported, not for a slot
                    continue
                await self._shared_slot()
                if self._held_until <= self._now():
                    break
            left_at = self._now()
            if self._troubles >= _TROUBLES:  # nobody else leaves before this one has come back
                self._probe_left_at = left_at
                self._answered.clear()
            return left_at

    async def _shared_slot(self) -> None:
        """Processes that want to send take turns: each has one slot reserved at a time."""
        if self._shared_rate is None:
            return
        if not self._left_in_slot:
            self._left_in_slot = self._together
            begins = self._shared_rate.reserve(self._throttler.period)
            if (left := begins - self._now()) > 0:
                if left > _TURNS_OF_OTHERS * self._throttler.period:  # more than taking turns takes
                    self._on_wait(Waiting("another run has reached the limit", left))
                await self._sleep(left)
        self._left_in_slot -= 1

    def _well(self) -> None:
        self._troubles = 0
        self._unwell_since = None

    def _fell_ill(self, left_at: float) -> None:
        if self._unwell_since is None:
            self._unwell_since = left_at

    def _limited(self, left_at: float, retry_after: float | None) -> None:
        seconds = _LIMIT_PAUSE_SECONDS * (1 + self._chance() / 10) if retry_after is None else retry_after
        self._troubles = 0
        self._limited_at = self._now()
        self._fell_ill(left_at)
        self.last_trouble = "limit reached"
        self._hold(left_at, min(seconds, LONGEST_LIMIT_PAUSE_SECONDS), self.last_trouble)
        if self._shared_rate is not None:
            self._shared_rate.hold(self._held_until)

    def _trouble(self, left_at: float, reason: str) -> None:
        if left_at < self._held_since:  # it left before the pause began: the same outage, seen again
            return
        self._fell_ill(left_at)
        self.last_trouble = reason
        self._troubles += 1
        if self._troubles >= _TROUBLES:
            longest = min(_LONGEST_TROUBLE_PAUSE_SECONDS, 2.0 ** min(self._troubles - _TROUBLES, 9))
            self._hold(left_at, self._chance() * longest, reason)

    def _hold(self, left_at: float, seconds: float, reason: str) -> None:
        now = self._now()
        if left_at >= self._held_since:
            self._held_since = now
        if now + seconds > self._held_until:
            self._held_until, self._reason = now + seconds, reason

    def _share(self) -> float:
        """The share of the allowance to use: less after a limit signal, all of it again some minutes later."""
        since = self._now() - self._limited_at
        return 1.0 if since >= _RECOVERY_SECONDS else _SLOWER + (1 - _SLOWER) * since / _RECOVERY_SECONDS
