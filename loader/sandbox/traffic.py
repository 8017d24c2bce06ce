"""Requests as they came in: counted for the rate limit, stored for tests, written to a log."""

import json
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from loader.sandbox.errors import opened_to_add

_MINUTE = 60.0


@dataclass(slots=True)
class Arrival:
    """One request; what became of it is filled in when it ends."""

    at: float
    """Monotonic seconds."""
    operation: str
    """One of OPERATIONS in fault_rules.py, or unknown for any other path or method."""
    account: str
    name: str | None = None
    """The one a create asks for, whether or not it is accepted."""
    fault: str | None = None
    status: int | None = None
    """None when the connection was closed without a status line."""


def largest_window(times: Sequence[float], seconds: float = 60.0) -> int:
    """Return the largest number of `times` (ascending) in any half-open window of that length."""
    largest = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        largest = max(largest, last - first + 1)
    return largest


class RateLimit:
    """A rolling minute for each account (reference 8.3, RATE); refused requests count like any other."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._recent: dict[str, deque[float]] = {}

    def seconds_to_wait(self, arrival: Arrival) -> int | None:
        """Count the arrival; None lets it pass, else say in how many whole seconds a request would pass."""
        if self._most == 0:
            return None
        recent = self._recent.setdefault(arrival.account, deque())
        while recent and arrival.at - recent[0] >= _MINUTE:
            recent.popleft()
        recent.append(arrival.at)
        if len(recent) <= self._most:
            return None
        return math.ceil(recent[-self._most] + _MINUTE - arrival.at)


class RequestLog:
    """JSON lines, one when a request ends; never a header, so never a token."""

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = None
        if path is not None:
            self._file = opened_to_add(path)

    def write(self, arrival: Arrival) -> None:
        if self._file is not None:
            line = {
                "at": arrival.at,
                "operation": arrival.operation,
                "name": arrival.name,
                "fault": arrival.fault,
                "status": arrival.status,
            }
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
