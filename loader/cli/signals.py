"""Ctrl-C, termination, a closed terminal: the first stops a run in good order, the second ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    _Handler = Callable[[int, FrameType | None], object] | int | None

_SAID = {signal.SIGINT: "stopped by Ctrl-C", signal.SIGTERM: "stopped by a termination signal"}
_HANG_UP = getattr(signal, "SIGHUP", None)  # Windows has none
if _HANG_UP is not None:
    _SAID[_HANG_UP] = "stopped, because the terminal or the connection was closed"


class Interrupts:
    """`ask` receives the reason, once. `exit_code`: 129, 130 or 143 after a signal, 0 without one."""

    def __init__(self, ask: Callable[[str], None]) -> None:
        self._ask = ask
        self.exit_code = 0

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Within an event loop. Plain handlers, not the loop's: they also run while the loop is busy writing."""
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _frame: object) -> None:
            if self.exit_code and number == _HANG_UP:  # shell and system both tell of one closed terminal
                return
            if self.exit_code:  # the second, on the heels of the first: the journal is right at any moment
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            self.exit_code = 128 + number
            loop.call_soon_threadsafe(first_seen, _SAID[signal.Signals(number)])

        def first_seen(why: str) -> None:
            for number in earlier:  # the next one is the system's, whatever Python is busy with then
                signal.signal(number, signal.SIG_IGN if number == _HANG_UP else signal.SIG_DFL)
            self._ask(why)

        earlier = _handled_by(on_signal)
        try:
            yield
        finally:
            for number, handler in earlier.items() if not self.exit_code else ():
                signal.signal(number, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """While somebody is asked: a signal means no, and the run ends before it began."""

        def on_signal(number: int, _frame: object) -> None:
            self.exit_code = 128 + number
            raise KeyboardInterrupt

        heeded = _handled_by(on_signal)
        try:
            yield
        except KeyboardInterrupt:
            self._ask(_SAID[signal.Signals(self.exit_code - 128)])
        finally:
            for number, handler in heeded.items():
                signal.signal(number, handler)


def _handled_by(on_signal: Callable[[int, FrameType | None], None]) -> Mapping[signal.Signals, _Handler]:
    """The earlier handlers. A closed terminal that was to be ignored from the start, as under `nohup`, stays so."""
    ignored = {_HANG_UP} if _HANG_UP is not None and signal.getsignal(_HANG_UP) is signal.SIG_IGN else set()
    return {number: signal.signal(number, on_signal) for number in _SAID if number not in ignored}
