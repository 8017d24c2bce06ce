"""Times of day and time zones as they are written on the command line, and when they come."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loader.errors import SettingsError
from loader.model.campaign import ZONES

_YEAR = 366


def time_of_day(option: str, text: str) -> time:
    """Raises SettingsError, which names the option."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise SettingsError(f"{option} '{text}': should be a time from 00:00 to 23:59, such as 06:00")
    return time.fromisoformat(text)


def own_minute(folder: str) -> int:
    """A minute of the hour that goes with a folder: nights of several folders should not all begin at once."""
    return hashlib.sha256(folder.encode(errors="surrogateescape")).digest()[0] % 60


def duration(option: str, text: str) -> timedelta:
    """Raises SettingsError, which names the option."""
    found = re.fullmatch(r"(\d{1,5})(s|m|h|d)", text, re.ASCII)
    if not found:
        raise SettingsError(f"{option} '{text}': should be a number with s, m, h or d, such as 30m or 2h")
    return timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]: int(found[1])})


def zone_named(option: str, name: str) -> ZoneInfo:
    """Raises SettingsError, which names the option."""
    if name not in ZONES:
        raise SettingsError(f"{option} '{name}': should be a name of the tz database such as Europe/Berlin")
    return ZoneInfo(name)


def next_time(at: time, zone: ZoneInfo | None, now: datetime) -> datetime:
    """The first moment after `now` at which clocks in the zone show `at`, in UTC; None is the machine's own zone.

    A time of day that the clock jumps over when summer begins counts as an hour earlier: a deadline must hold. One that
    comes twice when summer ends counts both times.
    """
    return min(moment for moment in _moments(at, zone, now) if moment > now)


def last_time(at: time, zone: ZoneInfo | None, now: datetime) -> datetime:
    """The last moment, `now` included, at which clocks in the zone have shown `at`, in UTC."""
    return max(moment for moment in _moments(at, zone, now) if moment <= now)


def too_late(at: time, zone: ZoneInfo | None, now: datetime, hours: float) -> str:
    """Why a night that begins now is one that has missed its deadline; blank where it is in time for the next one."""
    passed = now - last_time(at, zone, now)
    if passed >= timedelta(hours=hours):
        return ""
    minutes = int(passed.total_seconds()) // 60
    after = f"{minutes // 60} h {minutes % 60} min after its deadline of {at:%H:%M}"
    return (
        f"the night began {after}, and within {hours:g} h after it no workbook is begun; to load now, until the next "
        f"{at:%H:%M}, give --late 0"
    )


def _moments(at: time, zone: ZoneInfo | None, now: datetime) -> list[datetime]:
    today = now.astimezone(zone).date()
    return [
        datetime.combine(today + timedelta(days), at.replace(fold=fold), zone).astimezone(UTC)
        for days in (-1, 0, 1)
        for fold in (0, 1)
    ]


def passed_over(at: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first day of the coming year on which the clocks of the zone pass over this time, if there is one.

    What starts by the clock, as systemd and Kubernetes do, would leave that night out.
    """
    day = now.astimezone(zone).date()
    for days in range(_YEAR):
        wanted = datetime.combine(day + timedelta(days=days), at, zone)
        if wanted.astimezone(UTC).astimezone(zone).time() != at:
            return wanted
    return None
