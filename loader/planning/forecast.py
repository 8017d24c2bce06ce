"""What a run would do with every row, and what it would take; known before the first create. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from loader.model.row import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from loader.api.listing import Listing
    from loader.errors import LoaderError
    from loader.model.campaign import Campaign
    from loader.model.row import At, Outcome, Problem
    from loader.planning.plan import Candidate


class Verdict(StrEnum):
    """What a run would do with a row; the words stand in the output of `plan`."""

    CREATE = "create"
    LOOK_UP = "look up"
    CREATED = "already created"
    EXISTS = "already on the server"
    CONFLICT = "conflict"
    INVALID = "invalid"
    REJECTED = "rejected"
    LEFT = "leave"
    UNKNOWN = "unknown"


_OF_STATUS = {
    Status.CREATED: Verdict.CREATED,
    Status.ALREADY_EXISTS: Verdict.EXISTS,
    Status.CONFLICT: Verdict.CONFLICT,
    Status.INVALID: Verdict.INVALID,
    Status.REJECTED: Verdict.REJECTED,
    Status.NOT_SENT: Verdict.LEFT,
    Status.UNKNOWN: Verdict.UNKNOWN,
}
SENDS = frozenset({Verdict.CREATE, Verdict.LOOK_UP})


@dataclass(frozen=True, slots=True)
class RowForecast:
    """What would become of one row. `run`: the one that created it, blank where none did."""

    row: int
    name: str
    verdict: Verdict
    message: str = ""
    campaign_id: str | None = None
    run: str = ""
    sheet: str = ""

    @property
    def at(self) -> At:
        return self.sheet, self.row


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is left to do at the point where a run asks, and what led there.

    `create` is sent, `look_up` first looked for in the list; `doubts` counts these and what earlier runs left for no
    row of this sheet. `reads`: the requests that were made to know this; a run makes them again.
    """

    create: Sequence[Candidate] = ()
    look_up: Sequence[Candidate] = ()
    doubts: int = 0
    listing: Listing | None = None
    reads: int = 0


@dataclass(frozen=True, slots=True)
class Requests:
    """How many a run would make: `reads` before the first create, `lookups` of rows in doubt, `verification` after."""

    reads: int
    lookups: int
    creates: int
    canary: int
    verification: int

    @property
    def total(self) -> int:
        return self.reads + self.lookups + self.creates + self.canary + self.verification


@dataclass(frozen=True, slots=True)
class Forecast:
    """What `plan` reports. `waiting`: how long rows in doubt hold up the end beyond what the allowance takes."""

    file: str
    sheets: Sequence[str]
    account: str
    rows: Sequence[RowForecast]
    problems: Sequence[Problem]
    campaigns: Sequence[Campaign]
    requests: Requests
    per_minute: float
    made_at: datetime
    waiting: timedelta
    halted: LoaderError | None
    exit_code: int

    @property
    def takes(self) -> timedelta:
        """From the first request to the last, at the allowance that is set."""
        return timedelta(minutes=self.requests.total / self.per_minute) + self.waiting

    @property
    def ends_at(self) -> datetime:
        """When a run that began at once would end."""
        return self.made_at + self.takes


def forecast_row(outcomes: Iterable[Outcome], ahead: Ahead) -> list[RowForecast]:
    """Every row, in order."""
    reported = [
        RowForecast(it.row, it.name, _OF_STATUS[it.status], it.message, it.campaign_id, it.run, it.sheet)
        for it in outcomes
    ]
    to_create = [RowForecast(it.row, it.name, Verdict.CREATE, sheet=it.sheet) for it in ahead.create]
    looked_up = "its answer was lost: if the list shows it, it is created; if it is proved absent, it is sent"
    to_look_up = [RowForecast(it.row, it.name, Verdict.LOOK_UP, looked_up, sheet=it.sheet) for it in ahead.look_up]
    return sorted([*reported, *to_create, *to_look_up], key=lambda it: it.at)


def requests_of(ahead: Ahead, *, canary: int, verification: int) -> Requests:
    """What a run takes from here, lost answers and a list that grows by other hands aside."""
    creates = len(ahead.create) + len(ahead.look_up)
    # absence is proved by two readings; by then the list holds what was created meanwhile
    lookups = 2 * readings(ahead.listing, more=len(ahead.create)) if ahead.doubts else 0
    return Requests(ahead.reads, lookups, creates, canary if creates else 0, verification if creates else 0)


def readings(listing: Listing | None, *, more: int) -> int:
    """The requests of one whole reading of the list, once it has so many more campaigns."""
    if listing is None:
        return 1
    return listing.walks * max(1, -(-(listing.campaigns + more) // listing.page_size))
