"""How much is said of a run while it goes on. Imports nothing, so that `--help` stays quick."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LogLevel(StrEnum):
    INFO = "info"
    DEBUG = "debug"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """As they were typed. `as_json`: lines for a machine."""

    as_json: bool = False
    level: LogLevel = LogLevel.INFO
