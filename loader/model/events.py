"""What a run reports while it goes on, through one callback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.row import Outcome, Problem, Undone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.campaign import Campaign
    from loader.model.row import Status


@dataclass(frozen=True, slots=True)
class Begun:
    """From here on it is this run, a new one or one that is taken up again."""

    run: str
    file: str
    account: str


@dataclass(frozen=True, slots=True)
class Phase:
    """What the run is at. `rows`: how many it is about to see to, 0 where it is not about rows."""

    text: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everyone is held for `seconds` more, for `reason` (a clause such as "limit reached")."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SendForecast:
    """What is about to happen. `minutes`: at the rate that is set, lost answers and lookups aside.

    `campaigns` are those to create. Of the sheets: their titles, how many `rows` have something in them, how many of
    these are `passed_over`, how those ended of which nothing is sent (`ends`), and every warning that changes what a
    row means.
    """

    to_send: int
    in_doubt: int
    minutes: float
    campaigns: Sequence[Campaign] = ()
    sheets: Sequence[str] = ()
    rows: int = 0
    passed_over: int = 0
    ends: Sequence[Status] = ()
    warnings: Sequence[Problem] = ()


Event = Begun | Phase | Outcome | Undone | Waiting | Problem
