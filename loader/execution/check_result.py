"""What was found where something was looked at before the night."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`exit_code` is what a run would end with because of it: 0 unless it is a failure."""

    check: str
    grade: Grade
    seen: str
    remedy: str = ""
    exit_code: int = 0


def exit_code_of(checks: Sequence[CheckResult]) -> int:
    """6 where the server refuses us, else 2 where anything fails."""
    return max((check.exit_code for check in checks), default=0)
