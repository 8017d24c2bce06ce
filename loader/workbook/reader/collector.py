"""Python's garbage collector, held off while thousands of objects are made that all stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def paused(*, for_good: bool = False) -> Iterator[None]:
    """It would walk over all of them again and again, and triple the time that models take (measurements, Checking).

    `for_good`: what was made by then stays to the end of the process, so that it need not even be looked at once.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        if was_on:
            gc.enable()
