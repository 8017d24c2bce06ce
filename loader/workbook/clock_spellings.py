"""One time of day as people write it: "9:00 AM", "9a", "09:00", "9h30", "18 Uhr", "0900", "noon".

What is read here is only what stands there. Which of two halves of the day was meant is decided where the whole cell is
seen, see `time_windows`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from loader.model.fixes import perhaps
from loader.model.row import CellError

TIME = "a time such as 9:00 AM"
WHOLE_MINUTES = "whole minutes such as 9:05 AM"
END_OF_DAY = 24 * 60  # in minutes, as all moments are here

_HALF, _DAY, _TWO_DIGITS, _HOUR = 12, 24, 10, 60
_WORDS = {
    **dict.fromkeys(("noon", "midday", "12 noon", "12noon", "midi", "mittag"), (12, "p")),
    **dict.fromkeys(("midnight", "12 midnight", "minuit", "mitternacht"), (12, "a")),
}
_MARKED = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.])(?P<minute>[0-9]{2})(?:(?P=mark)(?P<second>[0-9]{2}))?)?"
    r"\s*(?:(?P<half>[ap]\.?(?:\s?m\.?)?)|(?P<unit>uhr|hours?|hrs?|h|u|時|点))?"
)
_UNIT_WITHIN = re.compile(r"(?P<hour>[0-9]{1,2})\s?(?P<unit>h|uhr|u|時|点)\s?(?P<minute>[0-9]{2})")
_DIGITS_ALONE = re.compile(r"(?P<hour>[0-9]{1,2})(?P<minute>[0-9]{2})\s*(?P<unit>uhr|hours?|hrs?|h)?")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as written.

    `half` is "a", "p" or "" where neither was said. `padded`: two digits for the hour. `bare`: an hour alone, as in
    "9", which a second look must not mistake for a count.
    """

    text: str
    hour: int
    minute: int
    half: str
    padded: bool
    bare: bool

    def is_24_hour(self) -> bool:
        return not self.half and (self.hour > _HALF or self.hour == 0)

    def shows_24_hour(self) -> bool:
        """Whether it is evidence for its neighbours, too: nobody writes 09:00 and means the evening."""
        return self.is_24_hour() or (self.padded and self.hour < _TWO_DIGITS and not self.half)

    def has_two_digits(self) -> bool:
        """Whether it is as on a 24-hour clock, if all times of its cell are: 10:00 beside 12:00, not beside 8:00."""
        return self.padded and not self.bare and not self.half

    def moments(self, *, on_24_hours: bool) -> tuple[int, ...]:
        """The minutes of the day that it may mean. `on_24_hours`: the cell shows that it is on the 24-hour clock.

        Midnight is 0 here; at the end of a window it is the end of that day.
        """
        at = self.hour * _HOUR + self.minute
        if self.half:
            return ((self.hour % _HALF + (_HALF if self.half == "p" else 0)) * _HOUR + self.minute,)
        if self.is_24_hour() or on_24_hours:
            return (at,)
        morning = self.hour % _HALF * _HOUR + self.minute
        return morning, morning + _HALF * _HOUR


def clock_in(text: str, *, right: str) -> Clock:
    """The time in a text without capitals; CellError, whose advice is `right`, where no clock shows it."""
    if not text:
        raise CellError("has a window without a start or an end", right)
    if word := _WORDS.get(text):
        return Clock(text, word[0], 0, word[1], padded=True, bare=False)
    found = _MARKED.fullmatch(text) or _UNIT_WITHIN.fullmatch(text) or _DIGITS_ALONE.fullmatch(text)
    if not found:
        raise CellError(f"has '{text}', which is not a time of day", right)
    parts = found.groupdict()
    hour, minute, half = int(parts["hour"]), int(parts["minute"] or 0), (parts.get("half") or "")[:1]
    whole_day = hour == _DAY and minute == 0 and not half
    if minute >= _HOUR or (hour >= _DAY and not whole_day) or (half and not 1 <= hour <= _HALF):
        raise CellError(f"has '{text}', which no clock shows", right)
    if int(parts.get("second") or 0):
        raise CellError(f"has '{text}' with seconds, and calling hours have none", WHOLE_MINUTES)
    bare = parts["minute"] is None and not half and not parts["unit"]
    return Clock(text, hour, minute, half, padded=len(parts["hour"]) > 1, bare=bare)


def alone(clock: Clock) -> time:
    """The time of day of a cell with nothing beside it; CellError where it says neither AM nor PM."""
    if clock.hour == _DAY:
        raise midnight("is 24:00")
    moments = clock.moments(on_24_hours=clock.has_two_digits())
    if len(moments) > 1:
        either = f"{clock.hour}:{clock.minute:02d}"
        halves = perhaps(f"{either} AM", f"{either} PM")
        raise CellError(f"has '{clock.text}', which says neither AM nor PM", f"{either} AM or {either} PM", halves)
    return moment(moments[0])


def midnight(wrong: str) -> CellError:
    """What is said of the end of a day, which no window has."""
    return CellError(wrong, "11:59 PM, the last minute of the day", perhaps("11:59 PM"))


def moment(minutes: int) -> time:
    return time(minutes // _HOUR, minutes % _HOUR)
