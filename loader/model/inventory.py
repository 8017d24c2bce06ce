"""What an account has beside campaigns: contact lists and queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ContactList:
    """A contact list of the account; None or blank where the server did not say (API reference, 5.4)."""

    name: str
    status: str
    source: str
    records: int | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """None: not looked at, or not readable, which `unread` says in sentences. `queues` are the active ones."""

    contact_lists: Sequence[ContactList] | None
    queues: Sequence[str] | None
    unread: Sequence[str] = ()
