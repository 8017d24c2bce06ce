"""A stop that is asked for by a signal, while something is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.errors import LoaderError


class Stop:
    """Asked for at any time; whoever sends is told at once. `asked` says why."""

    def __init__(self) -> None:
        self.asked: StoppedError | None = None
        self._tell: Callable[[LoaderError], None] = lambda _: None

    def ask(self, why: str) -> None:
        self.asked = StoppedError(why)
        self._tell(self.asked)

    def tells(self, listener: Callable[[LoaderError], None]) -> None:
        self._tell = listener
        if self.asked is not None:
            listener(self.asked)
