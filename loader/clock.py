"""Times of day and time zones as they are written on the command line."""

from __future__ import annotations

import re
from datetime import time
from zoneinfo import ZoneInfo

from loader.campaign import ZONES
from loader.errors import SettingsError


def time_of_day(option: str, text: str) -> time:
    """Raises SettingsError, which names the option."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise SettingsError(f"{option} '{text}': should be a time from 00:00 to 23:59, such as 06:00")
    return time.fromisoformat(text)


def zone_named(option: str, name: str) -> ZoneInfo:
    """Raises SettingsError, which names the option."""
    if name not in ZONES:
        raise SettingsError(f"{option} '{name}': should be a name of the tz database such as Europe/Berlin")
    return ZoneInfo(name)
