"""What goes out to the API and what comes back, in neither version's words, and values out of JSON.

In an answer anything may stand where something is expected; what does not fit is none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from loader.model.campaign import name_key

if TYPE_CHECKING:
    from collections.abc import Mapping


# a small compressed answer can inflate without end; hardly a documented one comes near this
LONGEST_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query, percent-encoded; `longest` is what its answer may have in bytes.

    `changes`: it creates or deletes, so only the run that holds the campaign may send it.
    """

    method: str
    target: str
    body: bytes
    longest: int = LONGEST_ANSWER_BYTES
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names, repeated ones joined by a comma. `whole` is False where the body broke off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def content(self) -> object:
        """What its body holds as JSON; None where it is none."""
        try:
            return json.loads(self.body) if self.whole else None
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Created:
    """`name`: what the server calls it, None where it did not say."""

    http_status: int
    campaign_id: str
    campaign_status: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """As much of a campaign as the campaign list shows (API reference, 5.1)."""

    contact_lists: frozenset[str]
    dialing_mode: str
    priority: str
    connection: str


@dataclass(frozen=True, slots=True)
class Listed:
    """`has_run`: it was started at least once. Times are the server's, None where it named none.

    `campaign_id` is blank where the server showed none that can be kept and sent.
    """

    campaign_id: str
    name: str
    campaign_status: str | None
    created_at: datetime | None
    shown: Shown
    updated_at: datetime | None = None
    has_run: bool = False

    @property
    def mark(self) -> str:
        """What it is known by: its id, or its name where it has none."""
        return self.campaign_id or f"without an id: {name_key(self.name)}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A campaign read back by its id; `fields` in the API's own words (API reference, 5.2)."""

    campaign_id: str
    name: str
    campaign_status: str | None
    updated_at: datetime | None
    has_run: bool
    fields: Mapping[str, object]
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the campaign list. `more`: at least one of the server's signals says that another page follows.

    `total` is the server's own count of all campaigns, `server_time` its clock, each None where it did not say.
    `without_id`: campaigns that show no id that can be used.
    """

    items: tuple[Listed, ...]
    more: bool
    total: int | None
    server_time: datetime | None
    without_id: tuple[Listed, ...] = ()

    @property
    def size(self) -> int:
        """How many campaigns it shows."""
        return len(self.items) + len(self.without_id)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the account's queues: those that are active. `more`: another page follows."""

    names: tuple[str, ...]
    more: bool


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After: a number, sloppy or not, or a date in any form, taken relative to `Date`.

    None where it cannot be understood (RFC 9110, 10.2.3).
    """
    text = headers.get("retry-after", "").strip()
    numbers = [part.strip() for part in text.split(",")]
    if text.isascii() and all(re.fullmatch(r"\+?[0-9]+(\.[0-9]*)?", number) for number in numbers):
        return max(float(number) for number in numbers)
    if (until := http_date(text)) is None:
        return None
    return max(0.0, (until - (http_date(headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def http_date(text: str) -> datetime | None:
    """A date in any of the three forms (RFC 9110, 5.6.7), without its "GMT" too; None for anything else."""
    try:
        date = parsedate_to_datetime(text)
        return (date.replace(tzinfo=UTC) if date.tzinfo is None else date).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
