"""Waiting for one's turn at an account, a journal or a folder that another process uses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from loader.errors import AccountBusyError
from loader.model.events import Phase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from loader.execution.connection import Stop
    from loader.execution.send_request import Callbacks

_LOOK_AGAIN_SECONDS = 2.0
T = TypeVar("T")


class Turns:
    """How long one process waits for others, all in all; zero: not at all.

    `on_wait` hears in a sentence whom it waits for, once each; when `stopped`, it waits no longer.
    """

    def __init__(
        self,
        seconds: float,
        on_wait: Callable[[str], None],
        stopped: Callable[[], object],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._left, self._on_wait, self._stopped, self._sleep = seconds, on_wait, stopped, sleep

    async def take(self, attempt: Callable[[], T]) -> T:
        """What `attempt` returns, which is tried again while others are in the way.

        Raises:
            AccountBusyError: they still are.
        """
        reported = ""
        while True:
            try:
                return attempt()
            except AccountBusyError as error:
                if self._left <= 0 or self._stopped():
                    raise
                if str(error) != reported:
                    self._on_wait(f"waiting for {_span(self._left)} at most: {error}")
                reported = str(error)
            pause = min(_LOOK_AGAIN_SECONDS, self._left)
            await self._sleep(pause)
            self._left -= pause


def turns_of(callbacks: Callbacks, stop: Stop, seconds: float) -> Turns:
    """Those of a run, which tells of them as of its other work, and waits no longer when it is stopped."""
    return Turns(seconds, lambda text: callbacks.on_event(Phase(text)), lambda: stop.asked)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - as people say it
