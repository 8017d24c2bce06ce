"""A reading, made again for as long as its failure may pass by itself, or after longer and longer pauses."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeVar

from loader.errors import ApiError, NotSentError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from loader.api.client import Client

T = TypeVar("T")
_GARBLED_IN_A_ROW = 3


async def retrying(client: Client, read: Callable[[], Awaitable[T]], patience: float) -> T:
    """`patience`: seconds without a good answer after which it is given up.

    Raises:
        ApiError: as `read` does; what may pass by itself only when it did not, or came garbled again and again.
    """
    garbled = 0
    while True:
        try:
            return await read()
        except (NotSentError, UnansweredError) as error:
            garbled += not no_answer(error)
            if garbled == _GARBLED_IN_A_ROW or client.rate_limiter.unwell_for() >= patience:
                raise


def no_answer(error: ApiError) -> bool:
    """The server is away, or not itself; it says nothing about what was asked."""
    return error.status is None or error.status >= 500 or isinstance(error, NotSentError)  # noqa: PLR2004


def growing_pauses(within: float) -> Iterator[float]:
    """Seconds between looks at what takes `within` seconds at most: a 60th of that, doubled up to a quarter."""
    return (min(within / 60 * 2 ** min(step, 9), within / 4) for step in count())
