"""Calling windows: what the reference says (1.2) and where it is silent (10.7) the careful side of it.

A window ends after it starts, the windows of one day do not overlap (they may touch), and all stand in order of weekday
and start. `12:00 AM` is the first minute of a day, so it ends no window.
"""

import re
import zoneinfo
from collections.abc import Iterator
from itertools import pairwise

from loader.sandbox.json_schema import Rule, array, one_of, record

_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TIME = re.compile(r"(1[0-2]|[1-9]):([0-5][0-9]) (AM|PM)")
# read once: the list is gathered from the disk at every call
_ZONES = frozenset(zoneinfo.available_timezones())


def zone(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or value not in _ZONES:
        yield f"{path} must be a name of the tz database such as Europe/London"


def days(path: str, value: object) -> Iterator[str]:
    wrong = list(_ENTRIES(path, value))
    yield from wrong or _misplaced(path, value)


def _minute(value: object) -> int | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    hour, minute, half = match.groups()
    return int(hour) % 12 * 60 + int(minute) + (720 if half == "PM" else 0)


def _time(path: str, value: object) -> Iterator[str]:
    if _minute(value) is None:
        yield f"{path} must be a time such as 9:00 AM"


def _misplaced(path: str, value: object) -> Iterator[str]:
    """Judge well-formed windows against one another."""
    windows: list[tuple[int, int, int]] = []
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        start, end = _minute(entry["start"]), _minute(entry["end"])
        if start is None or end is None or end <= start:
            yield f"{path}[{index}].end must be after its start"
            return
        windows.append((_WEEK.index(entry["day"]), start, end))
    for index, (earlier, later) in enumerate(pairwise(windows), start=1):
        if later[:2] < earlier[:2]:
            yield f"{path}[{index}] is not in order: windows go by weekday from MO to SU, then by start"
        elif later[0] == earlier[0] and later[1] < earlier[2]:
            yield f"{path}[{index}] overlaps the window before it"


_ENTRIES: Rule = array(record({"day": one_of(*_WEEK), "start": _time, "end": _time}, of="a window"), least=1)
