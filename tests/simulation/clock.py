"""An event loop whose time is a number: when nothing is ready it jumps to the next timer instead of waiting."""

from __future__ import annotations

import asyncio
import heapq
import math
import selectors
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


# whether what runs belongs to the machine of our processes, which can be suspended; all else is the world
ON_THE_MACHINE = ContextVar("ON_THE_MACHINE", default=False)
# the process that what runs belongs to; each can be stopped alone, as SIGSTOP does it
PROCESS = ContextVar("PROCESS", default="")


class StuckError(Exception):
    """Nothing is left to happen and somebody still waits, or they wait for ever."""


# a schedule is over after hours at most; what turns longer than that goes round in circles
_LONGEST_SECONDS = 4 * 86_400.0
_MOST_TURNS = 2_000_000
# a real clock goes on while a program computes; here a wait shorter than the clock can tell apart would never end
_TURNS_A_TICK = 1_000
_TICK_SECONDS = 1e-6


class _Jump(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError(f"at {self.now:.3f} s everyone waits for somebody else")
        self.now += max(0.0, timeout)
        self.turns += 1
        if self.turns % _TURNS_A_TICK == 0:
            self.now += _TICK_SECONDS
        if self.now > _LONGEST_SECONDS or self.turns > _MOST_TURNS:
            raise StuckError(f"at {self.now:.3f} s, after {self.turns} turns of the loop, there is no end")
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self._clock_resolution = 1e-9

        self._awake_at = self._slept = 0.0
        self._stopped_until: dict[str, float] = {}

    def time(self) -> float:
        return self._jump.now

    def machine_time(self) -> float:
        """The clock of our processes: it stands still while their machine is suspended."""
        time = max(self.time(), self._awake_at) - self._slept
        # rounded up: by less than the other clock can tell apart, nobody could wait
        return math.ceil(time * 1e6) / 1e6 if self._slept else time

    @property
    def is_asleep(self) -> bool:
        return self.time() < self._awake_at

    def suspend(self, seconds: float) -> None:
        """Suspend the machine: its timers come so much later, and the world goes on."""
        if self.is_asleep:
            return
        self._awake_at = self.time() + seconds
        self._slept += seconds
        for timer in self._scheduled:  # type: ignore[attr-defined]
            if timer._context.get(ON_THE_MACHINE):
                timer._when += seconds
        heapq.heapify(self._scheduled)  # type: ignore[attr-defined]

    def freeze(self, process: str, seconds: float) -> None:
        """Stop one process for so long: its clock goes on, and so do all others."""
        until = self._stopped_until[process] = self.time() + seconds
        for timer in self._scheduled:  # type: ignore[attr-defined]
            if timer._context.get(PROCESS) == process:
                timer._when = max(timer._when, until)
        heapq.heapify(self._scheduled)  # type: ignore[attr-defined]

    async def awake(self) -> bool:
        """Wait until the machine is awake, and the process goes on; whether it did not."""
        goes_on_at = max(self._awake_at, self._stopped_until.get(PROCESS.get(), 0.0))
        was_asleep = self.time() < goes_on_at
        await asyncio.sleep(max(0.0, goes_on_at - self.time()))
        return was_asleep


def virtual_loop() -> VirtualLoop:
    """The loop of the schedule that is being played."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


async def awake() -> bool:
    """Wait until the machine is awake, where it can be suspended; whether it was asleep."""
    loop = asyncio.get_running_loop()
    return isinstance(loop, VirtualLoop) and await loop.awake()


def run_virtually(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end without any real waiting.

    Raises:
        StuckError: there is no end.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)
