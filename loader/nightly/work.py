"""What a night took of the server, workbook by workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.errors import StopError
from loader.model.events import Waiting
from loader.model.row import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from loader.execution.report import Report
    from loader.model.events import Event


@dataclass(frozen=True, slots=True)
class Work:
    """What one workbook took tonight: requests, campaigns created, times that all requests were held back, and creates
    or whole runs that the server refused.
    """

    account: str = ""
    requests: int = 0
    created: int = 0
    waits: int = 0
    refusals: int = 0


def work_of(report: Report, began: datetime, waits: int) -> Work:
    """What a run took that began at this time; what it reports may have been created in earlier nights."""
    new = [it.status for it in report.outcomes if (at := it.attempt.submitted_at) and at >= began]
    refused = new.count(Status.REJECTED) + isinstance(report.halted, StopError)
    return Work("", report.requests, new.count(Status.CREATED), waits, refused)


def counting(listener: Callable[[Event], None], waits: list[Event]) -> Callable[[Event], None]:
    """The same listener, which keeps the waits that it hears of."""

    def receive(event: Event) -> None:
        if isinstance(event, Waiting):
            waits.append(event)
        listener(event)

    return receive
