"""What a run reports while it goes on, through one callback."""

from __future__ import annotations

from dataclasses import dataclass

from loader.model.row import Outcome, Problem, Undone


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
    """What is about to happen. `minutes`: at the rate that is set, lost answers and lookups aside."""

    to_send: int
    in_doubt: int
    minutes: float


Event = Begun | Phase | Outcome | Undone | Waiting | Problem
