"""Calling windows as people write them. What could mean two times of day is refused, never guessed.

A time says AM or PM, or is written with two digits as on a 24-hour clock. A single digit without AM or PM ("9:00")
passes only beside a time that can be nothing but 24-hour ("9:00 - 18:00"): "1:00 - 5:00" may well mean the afternoon.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from loader.model.campaign import INVISIBLE, Window
from loader.model.row import CellError

WINDOWS = "windows such as 9:00 AM - 6:00 PM, several separated by ';'"
TIME = "a time such as 9:00 AM"
_MIDNIGHT = "11:59 PM, the last minute of the day"
_MINUTES = "whole minutes such as 9:05 AM"

_HALF, _DAY, _TWO_DIGITS = 12, 24, 10  # hours
_SECONDS = 24 * 60 * 60
_OFF = frozenset({"", "-", "closed", "off"})
_DASH = re.compile("[\u2010-\u2015\u2043\u2212\ufe58]")
_LINE_BREAKS_AND_SEMICOLONS = re.compile(r"[;\r\n\v\f\x85\u2028\u2029]")
_BETWEEN = re.compile(r"\s*(?:-|to)\s*")
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.])(?P<minute>[0-9]{2})(?:(?P=mark)(?P<second>[0-9]{2}))?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?"
)


@dataclass(frozen=True, slots=True)
class _Clock:
    """A time as written. `half` is "a", "p" or "" where neither was said; `padded`: two digits for the hour."""

    text: str
    hour: int
    minute: int
    half: str
    padded: bool

    def is_24_hour(self) -> bool:
        return not self.half and (self.hour > _HALF or self.hour == 0)

    def shows_24_hour(self) -> bool:
        """Whether it is evidence for its neighbours, too: nobody writes 09:00 and means the evening."""
        return self.is_24_hour() or (self.padded and self.hour < _TWO_DIGITS and not self.half)

    def at(self) -> time:
        return time(self.hour % _HALF + (_HALF if self.half == "p" else 0) if self.half else self.hour, self.minute)

    def unclear(self, why: str) -> CellError:
        if not 1 <= self.hour <= _HALF:
            return CellError(f"has '{self.text}', {why}", f"{self.hour:02d}:{self.minute:02d}")
        either = f"{self.hour}:{self.minute:02d}"
        return CellError(f"has '{self.text}', {why}", f"{either} AM or {either} PM")


@lru_cache(maxsize=16384)
def parse_windows(text: str) -> tuple[Window, ...]:
    """The windows of one day in the order written, none for a closed day; CellError where anything is unclear."""
    plain = _plain(text)
    if plain in _OFF:
        return ()
    pairs = [_pair(part.strip()) for part in _LINE_BREAKS_AND_SEMICOLONS.split(plain) if part.strip()]
    _must_be_clear([clock for pair in pairs for clock in pair])
    return tuple(window(start.at(), end.at()) for start, end in pairs)


def window(start: time, end: time) -> Window:
    if end == time(0):
        raise CellError("ends at 12:00 AM, the midnight at the end of that day", _MIDNIGHT)
    return Window(start, end)


def parse_time(value: object) -> time:
    """The time of day in one cell: text, a time, a date and time, a duration or the fraction of a day Excel keeps."""
    match value:
        case bool():
            raise CellError("is a yes/no value, not a time of day", TIME)
        case str():
            return _time_in(value)
        case datetime():
            return _time_of(value)
        case time():
            return _whole_minute(_since_midnight(value))
        case timedelta():
            return _whole_minute(value)
        case int() | float():
            if not 0 <= value <= 1:
                raise CellError("is a number, not a time of day", TIME)
            return _whole_minute(timedelta(days=value))
        case _:
            raise CellError("is not a time of day", TIME)


@lru_cache(maxsize=4096)
def _time_in(text: str) -> time:
    clock = _clock(_plain(text), right=TIME)
    _must_be_clear([clock])
    return clock.at()


def _time_of(moment: datetime) -> time:
    # day 1 of Excel's calendars is what 24:00 looks like; any other midnight is a date somebody typed
    if moment.time() == time(0):
        if (moment.year, moment.month, moment.day) in {(1900, 1, 1), (1904, 1, 2)}:
            raise CellError("is 24:00", _MIDNIGHT)
        raise CellError("is a date, not a time of day", TIME)
    return _whole_minute(_since_midnight(moment))


def _since_midnight(at: time | datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _whole_minute(since_midnight: timedelta) -> time:
    """Excel keeps 9:10 as 0.38194444: a part of a second is noise, a second was meant."""
    seconds = round(since_midnight.total_seconds())
    if seconds == _SECONDS:
        raise CellError("is 24:00", _MIDNIGHT)
    if not 0 <= seconds < _SECONDS:
        raise CellError("is a duration of more than a day, not a time of day", TIME)
    if seconds % 60:
        raise CellError("has seconds, and calling hours have none", _MINUTES)
    return time(seconds // 3600, seconds // 60 % 60)


def _plain(text: str) -> str:
    """Every blank a blank, every dash a hyphen, every letter small, nothing invisible; full-width digits are digits."""
    return _DASH.sub("-", unicodedata.normalize("NFKC", INVISIBLE.sub("", text))).strip().casefold()


def _pair(part: str) -> tuple[_Clock, _Clock]:
    ends = _BETWEEN.split(part)
    if part in _OFF or len(ends) == 1:
        raise CellError(f"has '{part}', which is not a time window", WINDOWS)
    if len(ends) != 2:  # noqa: PLR2004 - a start and an end
        raise CellError("has a window of more than two times", WINDOWS)
    return _clock(ends[0], right=WINDOWS), _clock(ends[1], right=WINDOWS)


def _clock(text: str, *, right: str) -> _Clock:
    found = _CLOCK.fullmatch(text)
    if not text:
        raise CellError("has a window without a start or an end", right)
    if not found:
        raise CellError(f"has '{text}', which is not a time of day", right)
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "")[:1]
    if hour == _DAY and minute == 0:
        raise CellError("has 24:00", _MIDNIGHT)
    if minute >= 60 or hour >= _DAY or (half and not 1 <= hour <= _HALF):  # noqa: PLR2004 - minutes of an hour
        raise CellError(f"has '{text}', which no clock shows", right)
    if int(found["second"] or 0):
        raise CellError(f"has '{text}' with seconds, and calling hours have none", _MINUTES)
    clock = _Clock(text, hour, minute, half, padded=len(found["hour"]) > 1)
    if not half and (not found["minute"] or (found["mark"] == "." and not clock.padded)):
        raise clock.unclear("which says neither AM nor PM")
    return clock


def _must_be_clear(clocks: list[_Clock]) -> None:
    """Refuse a time without AM or PM unless the cell shows that it is on the 24-hour clock."""
    halves = any(clock.half for clock in clocks)
    shown = not halves and any(clock.shows_24_hour() for clock in clocks)
    for clock in clocks:
        if clock.half or clock.is_24_hour() or shown or (clock.padded and not halves):
            continue
        raise clock.unclear("which says neither AM nor PM" + (", although its neighbour does" if halves else ""))
