"""A whole week in one cell: days, and the windows of each, such as "Mon-Fri 9:00 AM - 5:00 PM; Sat 10 AM - 2 PM"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from loader.model.campaign import WEEK, Weekday, Window
from loader.model.row import CellError
from loader.workbook.time_windows import WHOLE_DAY, Windows, plain_text, read_windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

RULE = "days and windows such as Mon-Fri 9:00 AM - 5:00 PM; Sat 10:00 AM - 2:00 PM"

_LONGER = {"tues": Weekday.TUESDAY, "weds": Weekday.WEDNESDAY, "thur": Weekday.THURSDAY, "thurs": Weekday.THURSDAY}
# what may stand alone for a day
DAY_NAMES = {name.casefold(): day for day in Weekday for name in (day, day[:3], day[:2])} | _LONGER
_NAME = f"(?:{'|'.join(sorted(DAY_NAMES, key=len, reverse=True))})"
_DAY = rf"\b{_NAME}\b\.?"
_SPAN = rf"{_DAY}(?:\s*(?:-|to|through|thru|until)\s*{_DAY})?"
_DAYS = re.compile(rf"(?:daily|every ?day|(?:{_SPAN})(?:(?:\s*[,/&+]\s*|\s+and\s+|\s+)(?:{_SPAN}))*)\s*:?")
_ALL_OF = re.compile(r"\s*(?:[,/&+]|\band\b|(?<=[a-z.])\s+(?=[a-z]))\s*")
_TO = re.compile(r"\s*(?:-|\bto\b|\bthrough\b|\bthru\b|\buntil\b)\s*")
_ALWAYS = re.compile(r"24 ?[/x] ?7|always|around the clock")
_AROUND = " ,;\n\r/&+"


class WeekRead(NamedTuple):
    """`warning` says how the cell was read, where it does not say so itself."""

    windows: Mapping[Weekday, tuple[Window, ...]]
    warning: str = ""


@lru_cache(maxsize=4096)
def read_week(text: str) -> WeekRead:
    """The windows of each day that is named; CellError with all that is wrong."""
    plain = plain_text(text)
    if _ALWAYS.fullmatch(plain):
        return WeekRead(dict.fromkeys(WEEK, (WHOLE_DAY,)), f"is read as {WHOLE_DAY} on every day")
    week: dict[Weekday, tuple[Window, ...]] = {}
    faults: dict[str, str] = {}
    read_as, warned = [], False
    for words, windows in _parts(plain):
        try:
            days = _new_days(words, week)
            read = _windows_in(windows)
        except CellError as error:
            faults[f"{error.wrong} ('{words or windows}')" if words else error.wrong] = error.right
            continue
        week.update(dict.fromkeys(days, read.windows))
        warned |= bool(read.warning)
        read_as.append(f"{_spelled(days)} {'; '.join(map(str, read.windows)) or 'closed'}")
    if faults:
        raise CellError("; it ".join(faults), "; ".join(dict.fromkeys(faults.values())))
    return WeekRead({day: it for day, it in week.items() if it}, f"is read as {'; '.join(read_as)}" if warned else "")


def _parts(plain: str) -> Iterator[tuple[str, str]]:
    """Days and their windows, in pairs; CellError, in the loop above, where one has no other."""
    groups = list(_DAYS.finditer(plain))
    ahead = plain[: groups[0].start()].strip(_AROUND) if groups else plain.strip(_AROUND)
    if ahead and len(groups) == 1 and not plain[groups[0].end() :].strip(_AROUND):  # "9-5 Mon-Fri"
        yield groups[0][0].strip(), ahead
        return
    if ahead or not groups:
        yield "", ahead
    if not groups:
        return
    ends = [*(it.start() for it in groups[1:]), len(plain)]
    for group, end in zip(groups, ends, strict=True):
        yield group[0].strip(), plain[group.end() : end].strip(_AROUND)


def _windows_in(text: str) -> Windows:
    """Nothing behind the days is not "closed": "Mon-Fri; Sat 10-2" was meant otherwise, or is not finished."""
    if not text:
        raise CellError("names days without a window", f"{RULE}; 'closed' for no calls")
    return read_windows(text)


def _new_days(words: str, week: Collection[Weekday]) -> list[Weekday]:
    days = days_of(words)
    if twice := next((day for day in days if day in week), None):
        raise CellError(f"names {twice} twice", "one part for each day")
    return days


def days_of(words: str) -> list[Weekday]:
    """The days that are named, from one to another where it says so; CellError where something else stands there."""
    words = words.strip(" .:")
    if not words:
        raise CellError("says windows without a day", RULE)
    if words.replace(" ", "") in {"daily", "everyday"}:
        return list(WEEK)
    days: list[Weekday] = []
    for item in _ALL_OF.split(_TO.sub("-", words)):
        ends = [DAY_NAMES.get(it.strip(" .")) for it in item.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:  # noqa: PLR2004 - from one day to another
            raise CellError(f"has '{item}', which is no day", RULE)
        span = (WEEK.index(last) - WEEK.index(first)) % len(WEEK) if len(ends) > 1 else 0
        days += [WEEK[(WEEK.index(first) + it) % len(WEEK)] for it in range(span + 1)]
    if len(days) > len(set(days)):
        raise CellError(f"has '{words}', which names a day twice", RULE)
    return days


def _spelled(days: list[Weekday]) -> str:
    """Days in words: "Monday to Friday", "Saturday and Sunday"."""
    first = WEEK.index(days[0])
    if len(days) > 2 and days == [WEEK[(first + it) % len(WEEK)] for it in range(len(days))]:  # noqa: PLR2004
        return f"{days[0]} to {days[-1]}"
    return ", ".join(days[:-1]) + (" and " if len(days) > 1 else "") + days[-1]
