"""What an account has beside campaigns, contact lists and queues: for the preflight, and for the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.api.retry import no_answer, retrying
from loader.errors import RejectedError, StopError, UnansweredError
from loader.execution.connection import Connection, connected
from loader.model.inventory import Inventory
from loader.model.row import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from loader.api.client import Client
    from loader.config.settings import Settings
    from loader.model.events import Waiting
    from loader.model.inventory import ContactList
    from loader.storage.journal import Journal

_MOST_PATIENCE_SECONDS = 120  # somebody is waiting for a template
_MOST_PAGES = 1_000


async def read_inventory(
    settings: Settings,
    journal: Journal,
    *,
    connection: Connection | None = None,
    on_wait: Callable[[Waiting], None] = lambda _: None,
) -> Inventory:
    """All contact lists and the active queues, at the rate of the account. Queues need a permission of their own.

    Raises:
        ApiError: the contact lists cannot be read.
    """
    patience = min(settings.patience_seconds, _MOST_PATIENCE_SECONDS)
    async with connected(settings, journal, connection=connection, on_wait=on_wait) as client:
        contact_lists = await retrying(client, client.contact_lists, patience)
        queues, unread = await _queues(client, patience)
    return Inventory(contact_lists, queues, unread)


async def look_up(client: Client, what: Collection[Check], *, patience: float) -> Inventory:
    """Contact lists and queues, as far as asked for; where the server does not say, a create is what finds out.

    `patience` in seconds without a good answer.

    Raises:
        ApiError: no connection, or refused credentials: other requests would fare no better.
    """
    lists: Sequence[ContactList] | None = None
    names: Sequence[str] | None = None
    unread: list[str] = []
    if Check.CONTACT_LISTS in what:
        try:
            lists = await retrying(client, client.contact_lists, patience)
        except (RejectedError, UnansweredError) as error:
            if no_answer(error):
                raise
            unread.append(f"the contact lists are not checked, they cannot be read: {error}")
    if Check.QUEUES in what:
        names, said = await _queues(client, patience)
        unread += said
    return Inventory(lists, names, unread)


async def _queues(client: Client, patience: float) -> tuple[Sequence[str] | None, Sequence[str]]:
    """The active ones, or why there are none to be had."""
    names: dict[str, None] = {}
    try:
        for number in range(1, _MOST_PAGES):
            page = await retrying(client, lambda number=number: client.queue_page(number), patience)  # type: ignore[misc]
            known = len(names)
            names.update(dict.fromkeys(page.names))
            if not page.more or (page.names and len(names) == known):  # without pages the first one comes again
                break
    except (StopError, RejectedError, UnansweredError) as error:
        if no_answer(error):
            raise
        return None, [f"the queues cannot be read, perhaps the app lacks the scope Configuration: {error}"]
    return list(names), []
