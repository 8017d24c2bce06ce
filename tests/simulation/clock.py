"""An event loop whose time is a number: when nothing is ready it jumps to the next timer instead of waiting."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


class StuckError(Exception):
    """Nothing is left to happen and somebody still waits, or they wait for ever."""


# a schedule is over after hours at most; what turns longer than that goes round in circles
_LONGEST_SECONDS = 4 * 86_400.0
_MOST_TURNS = 2_000_000


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
        if self.now > _LONGEST_SECONDS or self.turns > _MOST_TURNS:
            raise StuckError(f"at {self.now:.3f} s, after {self.turns} turns of the loop, there is no end")
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._jump.now


def run_virtually(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end without any real waiting.

    Raises:
        StuckError: there is no end.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)
