"""What an account has beside campaigns, contact lists and queues, read for the drop-downs of the template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from loader.connection import OUTSIDE, Outside, connected
from loader.errors import NotSentError, RefusedError, RejectedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from loader.api.client import Client
    from loader.api.message import ContactList
    from loader.journal import Journal
    from loader.news import Waiting
    from loader.settings import Settings

T = TypeVar("T")
_GARBLED_IN_A_ROW = 3
_MOST_PATIENCE_SECONDS = 120  # somebody is waiting for a template
_MOST_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Inventory:
    """`unread` is a sentence about what could not be read, blank where all was."""

    contact_lists: Sequence[ContactList]
    queues: Sequence[str]
    unread: str = ""


async def read_inventory(
    settings: Settings,
    journal: Journal,
    *,
    outside: Outside = OUTSIDE,
    on_wait: Callable[[Waiting], None] = lambda _: None,
) -> Inventory:
    """All contact lists and the active queues, at the pace of the account. Queues need a permission of their own.

    Raises:
        ApiError: the contact lists cannot be read.
    """
    patience = min(settings.patience_seconds, _MOST_PATIENCE_SECONDS)
    async with connected(settings, journal, outside=outside, on_wait=on_wait) as client:
        contact_lists = await _insisting(client, client.contact_lists, patience)
        try:
            queues, unread = await _queues(client, patience), ""
        except (RefusedError, RejectedError) as error:
            queues, unread = [], f"the queues cannot be read, perhaps the app lacks the scope Configuration: {error}"
    return Inventory(contact_lists, queues, unread)


async def _queues(client: Client, patience: float) -> Sequence[str]:
    names: dict[str, None] = {}
    for number in range(1, _MOST_PAGES):
        page = await _insisting(client, lambda number=number: client.queue_page(number), patience)  # type: ignore[misc]
        known = len(names)
        names.update(dict.fromkeys(page.names))
        if not page.more or (page.names and len(names) == known):  # a server that knows no pages gives the first again
            break
    return list(names)


async def _insisting(client: Client, read: Callable[[], Awaitable[T]], patience: float) -> T:
    """Read again after what may pass by itself."""
    garbled = 0
    while True:
        try:
            return await read()
        except (NotSentError, UnansweredError) as error:
            answered = isinstance(error, UnansweredError) and error.status is not None and error.status < 500  # noqa: PLR2004
            garbled += answered
            if garbled == _GARBLED_IN_A_ROW or client.pace.unwell_for() >= patience:
                raise
