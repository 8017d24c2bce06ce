"""What came of the requests that were to create one campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """As far as it is known."""

    campaign_id: str | None = None
    campaign_status: str | None = None
    """The server's word."""
    http_status: int | None = None
    attempts: int = 0
    submitted_at: datetime | None = None
    message: str = ""


UNTRIED = Attempt()


class OfAttempt:
    """Shows the parts of the attempt that something holds."""

    __slots__ = ()
    attempt: Attempt

    @property
    def campaign_id(self) -> str | None:
        return self.attempt.campaign_id

    @property
    def campaign_status(self) -> str | None:
        return self.attempt.campaign_status

    @property
    def http_status(self) -> int | None:
        return self.attempt.http_status

    @property
    def attempts(self) -> int:
        return self.attempt.attempts

    @property
    def submitted_at(self) -> datetime | None:
        return self.attempt.submitted_at

    @property
    def message(self) -> str:
        return self.attempt.message
