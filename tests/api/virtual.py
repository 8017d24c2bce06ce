"""An event loop on which waiting takes no time: as soon as nobody has anything to do, the clock moves on."""

from __future__ import annotations

import asyncio
import selectors
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

T = TypeVar("T")
_MONTH = 30 * 86_400.0


class _Selector(selectors.SelectSelector):
    """Instead of waiting it tells how long it would have waited."""

    def __init__(self, pass_by: Callable[[float], None]) -> None:
        super().__init__()
        self._pass_by = pass_by

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everyone waits, and nothing will ever happen")
        if not ready and timeout:
            self._pass_by(timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, start: float) -> None:
        self._virtual = start
        super().__init__(_Selector(self._pass_by))

    def time(self) -> float:
        return self._virtual

    def _pass_by(self, seconds: float) -> None:
        self._virtual += seconds
        if self._virtual > _MONTH:
            raise RuntimeError("a month has passed")


def virtually(scenario: Callable[[], Coroutine[Any, Any, T]], *, start: float = 1000.0) -> T:
    """Run it on such a loop, asyncio-throttle included; RuntimeError where all wait for one another, or for ever."""
    loop = _Loop(start)
    clock = SimpleNamespace(monotonic=loop.time)
    with mock.patch("asyncio_throttle.throttler.time", clock), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(scenario())
