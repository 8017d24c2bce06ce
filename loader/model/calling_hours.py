"""When campaigns call: how many are in their calling hours, by weekday and hour, by any clock."""

from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from loader.model.campaign import WEEK, Weekday, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from loader.model.campaign import Campaign

HOURS = 24
CAMPAIGNS_AT_ONCE = 50  # in their calling hours, that an account runs (API reference, 1.5)
_MINUTES_OF_A_WEEK = len(Weekday) * HOURS * 60


def busy_hours(
    campaigns: Iterable[Campaign], at: datetime, *, local: timedelta = timedelta(0)
) -> Sequence[Sequence[int]]:
    """How many campaigns may call in each hour of the week: seven days from Monday, 24 hours each.

    The clock is `local` ahead of UTC. An hour counts when any part of it lies in a window. Zones are taken at their
    offset of the moment `at`.
    """
    alike = Counter((campaign.timezone, tuple(campaign.calling_hours.items())) for campaign in campaigns)
    grid = [[0] * HOURS for _ in Weekday]
    for (zone, hours), number in alike.items():
        offset = _offset(zone, at) - local
        touched: set[int] = set()
        for day, windows in hours:
            midnight = list(Weekday).index(day) * HOURS * 60 - round(offset / timedelta(minutes=1))
            for window in windows:
                touched.update(_touched(midnight + _minutes(window.start), midnight + _minutes(window.end)))
        for hour in touched:
            grid[hour // HOURS][hour % HOURS] += number
    return grid


def week_in_words(campaigns: Iterable[Campaign]) -> str:
    """When any of them may call, in one line: "Monday to Friday 9:00 AM - 6:00 PM; no calls on Saturday, Sunday".

    Blank where there are no campaigns.
    """
    weeks = {tuple(campaign.calling_hours.items()) for campaign in campaigns}
    if not weeks:
        return ""
    windows: dict[Weekday, set[Window]] = {day: set() for day in WEEK}
    for week in weeks:
        for day, of_day in week:
            windows[day].update(of_day)
    days = [(day, _together(windows[day])) for day in WEEK]
    spans = [(_span([day for day, _ in alike]), hours) for hours, alike in groupby(days, key=itemgetter(1))]
    open_hours = [f"{span} {'; '.join(map(str, hours))}" for span, hours in spans if hours]
    silent = [span for span, hours in spans if not hours]
    none = [f"no calls on {' and '.join(silent)}"] if silent else []
    differ = " (of all campaigns together, they differ)" if len(weeks) > 1 else ""
    return f"{', '.join([*open_hours, *none])}{differ}; each campaign by the clock of its own zone"


def _together(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows that overlap or touch as one."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def _span(days: Sequence[Weekday]) -> str:
    return " and ".join(days) if len(days) <= 2 else f"{days[0]} to {days[-1]}"  # noqa: PLR2004 - no day between


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _touched(start: int, end: int) -> Iterable[int]:
    """The hours of the week that a window of minutes touches; Sunday's late hours may be Monday's early ones."""
    return (minute % _MINUTES_OF_A_WEEK // 60 for minute in range(start - start % 60, end, 60))


def zones_by_offset(campaigns: Iterable[Campaign], at: datetime) -> dict[timedelta, Sequence[str]]:
    """The zones that campaigns are in, by their offset from UTC at that moment, from west to east."""
    found: dict[timedelta, list[str]] = {}
    for zone in sorted({campaign.timezone for campaign in campaigns}):
        found.setdefault(_offset(zone, at), []).append(zone)
    return {offset: found[offset] for offset in sorted(found)}


def offset_text(offset: timedelta) -> str:
    """ "UTC+05:30"."""
    hours, minutes = divmod(abs(round(offset / timedelta(minutes=1))), 60)
    return f"UTC{'-' if offset < timedelta(0) else '+'}{hours:02d}:{minutes:02d}"


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
