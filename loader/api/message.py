"""What goes out to the API and what comes back, in neither version's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query, percent-encoded."""

    method: str
    target: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names, repeated ones joined by a comma. `whole` is False where the body broke off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Created:
    http_status: int
    campaign_id: str
    campaign_status: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """As much of a campaign as the campaign list shows (API reference, 5.1)."""

    contact_lists: frozenset[str]
    dialing_mode: str
    priority: str
    connection: str


@dataclass(frozen=True, slots=True)
class Listed:
    campaign_id: str
    name: str
    campaign_status: str | None
    created_at: datetime | None
    shown: Shown


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the campaign list. `more`: at least one of the server's signals says that another page follows.

    `total` is the server's own count of all campaigns, `server_time` its clock, each None where it did not say.
    """

    items: tuple[Listed, ...]
    more: bool
    total: int | None
    server_time: datetime | None
