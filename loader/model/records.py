"""What is remembered: of a campaign, of a run, of what was about to be sent and of what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from loader.model.attempt import UNTRIED, Attempt, OfAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from loader.model.row import Gone, Outcome


class State(StrEnum):
    """Where a campaign stands; the arrows between are drawn in `reconcile.py`."""

    OPEN = "open"
    SENDING = "sending"
    CREATED = "created"
    EXISTS = "exists"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be sent. `was` is the state it is expected in: whoever finds another one must not send."""

    key: str
    digest: str
    body: bytes
    clear: bool
    since: datetime
    was: State


@dataclass(frozen=True, slots=True)
class Settlement(OfAttempt):
    """What came of it. SENDING stands for "still in doubt": then only what the answer said is noted."""

    key: str
    state: State
    attempt: Attempt = UNTRIED
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Record(OfAttempt):
    """All that is remembered of one campaign of one application."""

    key: str
    name: str
    state: State
    digest: str
    body: bytes
    clear: bool
    accepted: bool
    attempt: Attempt
    since: datetime | None
    run: str
    held_by: str
    updated_at: datetime | None = None
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How the server shows a campaign that was created. `updated_at`: its last change, on the server's clock."""

    key: str
    campaign_id: str
    campaign_status: str | None
    updated_at: datetime | None
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A created campaign of a run on its way out: DELETING before its deletion leaves, then CREATED again, or OPEN.

    `outcome` is how the run reports its row from then on, `counts` how many rows of it ended how.
    """

    key: str
    campaign_id: str
    state: State
    outcome: Outcome
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """The records of a run's campaigns, and those left without an end.

    `held`: those of them that another living run is handling: by key, who that is.
    """

    records: Mapping[str, Record]
    held: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """Written "ID at HOST", in the journal and wherever it is shown."""

    id: str
    host: str

    def __str__(self) -> str:
        return f"{self.id} at {self.host}"

    @classmethod
    def written(cls, text: str) -> Account:
        """The account that is written so."""
        account_id, _, host = text.partition(" at ")
        return cls(account_id, host)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the campaigns of an application stand. `sending`: keys in flight."""

    borne_among: Callable[[Collection[str]], Collection[str]]
    """Which of these ids a record bears."""
    sending: Collection[str] = ()


class StoredOptions(TypedDict, total=False):
    """How a run was asked for, as JSON; a run of an earlier version has only those that there were then."""

    sheets: Mapping[str, Any]
    """See `SheetChoice.plain`."""
    sheet: str | None
    """Instead of `sheets`, in runs of earlier versions."""
    defaults: Mapping[str, str]
    all_or_nothing: bool
    preflight: bool
    retry_rejected: bool
    recreate: Sequence[str]
    limit: int | None
    mapping: Mapping[str, Any]
    """See `Renaming.plain`."""
    skip: Sequence[str]
    canary: int | None
    encoding: str | None
    api_version: Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class Run:
    """One load. `application` is host and application id, `digest` that of the workbook's bytes."""

    id: str
    account: str
    application: str
    user: str
    process: int
    file: str
    digest: str
    options: StoredOptions
    started_at: datetime
    ended_at: datetime | None = None
    requests: int = 0
    counts: Mapping[str, int] | None = None
    pruned_at: datetime | None = None
    """When its workbook, its outcomes and what was sent were dropped."""
