"""When a night has to be over: a time of day in a zone, as clocks there show it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from loader.campaign import ZONES
from loader.errors import SettingsError

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def time_of_day(text: str) -> time:
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise SettingsError(f"--deadline '{text}': should be a time of day such as 06:00")
    return time(int(found[1]), int(found[2]))


def zone_named(name: str) -> ZoneInfo:
    if name not in ZONES:
        near = get_close_matches(name, ZONES, n=1)
        right = f"perhaps '{near[0]}'" if near else "should be one such as Europe/Berlin"
        raise SettingsError(f"--timezone '{name}': is not a time zone of the tz database; {right}")
    return ZoneInfo(name)


def next_time(at: time, zone: ZoneInfo | None, now: datetime) -> datetime:
    """The first moment after `now` at which clocks in the zone show `at`, in UTC; None is the machine's own zone.

    A time of day that the clock jumps over when summer begins counts as an hour earlier: a deadline must hold. One that
    comes twice when summer ends counts both times.
    """
    today = now.astimezone(zone).date()
    moments = [
        datetime.combine(today + timedelta(days), at.replace(fold=fold), zone).astimezone(UTC)
        for days in (0, 1)
        for fold in (0, 1)
    ]
    return min(moment for moment in moments if moment > now)
