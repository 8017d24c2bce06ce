"""Calling windows as people write them. What could mean two times of day is refused, never guessed.

A time says AM or PM, or is written with two digits as on a 24-hour clock. Where a cell says neither, all of its
possible readings are laid out: if exactly one of them keeps its windows in order and within the day ("9-5";
"9-12; 1-5"), that one is read, and a warning says how.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from loader.model.campaign import INVISIBLE, Window, clock
from loader.model.fixes import perhaps
from loader.model.row import CellError
from loader.workbook.clock_spellings import END_OF_DAY, TIME, WHOLE_MINUTES, Clock, alone, clock_in, midnight, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WINDOWS = "windows such as 9:00 AM - 6:00 PM, several separated by ';'"
WHOLE_DAY = Window(time(0), time(23, 59))
_CLOSED = "'closed', or a blank cell, for no calls"
_EARLY, _LATE = 7 * 60, 21 * 60  # between these an example is sought
_READINGS_NAMED = 3  # readings of a cell that has several
_MOST_UNCLEAR = 12  # times of a cell: their readings double with each
_SECONDS = 24 * 60 * 60

_OFF = re.compile(
    r"-*|closed|off|no calls?|no calling|none|nil|null|no|n\.?/?a\.?|not called"
    r"|geschlossen|ferm[ée]e?|cerrado|chiuso|fechado|gesloten|zamknięte|закрыто"
)
_ALL_DAY = re.compile(
    r"(?:all|whole|full) day|24 ?(?:h|hrs?|hours?|std\.?|stunden|heures|horas)|24 ?[/x] ?7|around the clock|always"
    r"|ganzt(?:ags|ägig)|rund um die uhr|toute la journée|todo el d[ií]a|0?0(?::00)?-24(?::00)?"
)
_TICK = re.compile(r"x|[✓✔☑✅]\ufe0f?|y|yes|ja|oui|s[ií]|true|open|1")
_HOLIDAY = re.compile(r"\b(?:bank )?holidays?\b|\bfeiertage?n?\b|\bjours? f[ée]ri[ée]s?\b")
_BREAK = re.compile(r"lunch|break|pause|pausa|siesta|except|closed")
_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]?")
_ZONE = re.compile(
    r"(?<![a-z])(?:[aecmpi][sd]?t|[ac]k?[sd]t|h[sd]t|gmt|utc|bst|ces?t|ees?t|wes?t|msk|sgt|gst|ae[sd]t|local time"
    r"|eastern|central|pacific|mountain|[a-z]+/[a-z_]+)(?:[+-]?[0-9:]*)$"
)
_DASH = re.compile("[\u2010-\u2015\u2043\u2212\u301c\ufe58]")
_BLANKS = re.compile(r"[^\S\r\n\v\f\x85\u2028\u2029]+")  # all but line breaks
_APART = re.compile(r"[;\r\n\v\f\x85\u2028\u2029]")
_APART_TOO = re.compile(r"[;\r\n\v\f\x85\u2028\u2029,/&+|]|\s(?:and|und|et|y|e)\s")
_FROM = re.compile(r"^(?:from|von|de|das|desde|da|dalle|ab|od|från|fra|van|\u0441)\s+")
_BETWEEN = re.compile(
    r"\s*(?:-+|~|to|until|till|til|bis|through|thru|jusqu'à|às?|hasta|\s+a\s+|\s(?:alle|do|tot|до)\s)\s*"
)


class Windows(NamedTuple):
    """`warning` says how the cell was read, where it does not say so itself."""

    windows: tuple[Window, ...]
    warning: str = ""


_NONE = Windows(())


@lru_cache(maxsize=16384)
def read_windows(text: str) -> Windows:
    """The windows of one day in the order written, none for a closed day; CellError with all that is wrong."""
    try:
        return _windows_in(plain_text(text))
    except CellError as error:
        raise CellError(as_typed(error.wrong, text), error.right, error.fixes) from error


def as_typed(message: str, typed: str) -> str:
    """What is quoted from a cell in its own letters: 'EST', not 'est'."""
    folded = typed.casefold()

    def quoted(found: re.Match[str]) -> str:
        at = folded.find(found[1]) if len(folded) == len(typed) else -1
        return f"'{typed[at : at + len(found[1])]}'" if at >= 0 else found[0]

    return re.sub(r"'([^']+)'", quoted, message)


def _windows_in(plain: str) -> Windows:
    if _OFF.fullmatch(plain):
        return _NONE
    if _ALL_DAY.fullmatch(plain.replace(" - ", "-")):
        return _read_as((WHOLE_DAY,))
    if _TICK.fullmatch(plain):
        raise CellError("could be a tick for a day with calls or a cross for one without", f"{WINDOWS}; {_CLOSED}")
    faults, plain = _beside_the_windows(plain)
    if _OFF.fullmatch(plain) or _ALL_DAY.fullmatch(plain):
        plain = ""
    pairs: list[tuple[Clock, Clock]] = []
    for part in _APART_TOO.split(plain):
        if part.strip(" ."):
            try:
                pairs.append(_pair(part.strip()))
            except CellError as error:
                faults.append(error)
    try:
        read = _meant(pairs)
    except CellError as error:
        raise _all_of([*faults, error]) from error
    if faults:
        raise _all_of([*faults, *map(_backwards, (it for it in read.windows if it.end <= it.start))])
    return read


def plain_text(text: str) -> str:
    """Every blank a blank, every dash a hyphen, every letter small, nothing invisible; full-width digits are digits."""
    folded = _DASH.sub("-", unicodedata.normalize("NFKC", INVISIBLE.sub("", text))).strip().casefold()
    return _BLANKS.sub(" ", folded)


def _beside_the_windows(plain: str) -> tuple[list[CellError], str]:
    """What else stands in the cell and has no place there, and the cell without it."""
    faults: list[CellError] = []
    if found := _BRACKETS.search(plain):
        plain = _BRACKETS.sub("", plain).strip()
        faults += _in_brackets(found[0])
    if _HOLIDAY.search(plain):
        faults.append(_about_holidays())
        plain = _HOLIDAY.sub("", plain).strip()
    without = []
    for part in _APART.split(plain):
        if (found := _ZONE.search(part.strip())) and any(map(str.isdigit, part[: found.start()])):
            faults.append(_with_zone(found[0]))
            without.append(part.strip()[: found.start()])
        else:
            without.append(part)
    return faults, ";".join(without)


def _in_brackets(remark: str) -> Iterator[CellError]:
    inner = remark.strip("()[] ")
    if _HOLIDAY.search(inner):
        yield _about_holidays()
    elif _ZONE.fullmatch(inner):
        yield _with_zone(inner)
    elif any(map(str.isdigit, inner)) or _BREAK.search(inner):
        wrong = f"has '{remark}' in brackets: a break is left out by writing the windows before and after it"
        yield CellError(wrong, "windows such as 9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM")
    else:
        yield CellError(f"has the remark '{remark}', which no campaign can keep", "the windows alone")


def _about_holidays() -> CellError:
    return CellError("is about holidays, and calling hours are the same every week", f"{WINDOWS}; {_CLOSED}")


def _with_zone(zone: str) -> CellError:
    wrong = f"has the time zone '{zone}', and a campaign's zone stands in the column 'Timezone'"
    return CellError(wrong, "the windows alone")


def _pair(part: str) -> tuple[Clock, Clock]:
    ends = _BETWEEN.split(_FROM.sub("", part))
    if len(ends) == 1:
        raise CellError(f"has '{part}', which is not a time window", WINDOWS)
    if len(ends) != 2:  # noqa: PLR2004 - a start and an end
        raise CellError(f"has '{part}', a window of more than two times", WINDOWS)
    return clock_in(ends[0], right=WINDOWS), clock_in(ends[1], right=WINDOWS)


def _meant(pairs: Sequence[tuple[Clock, Clock]]) -> Windows:
    """The only reading of these times; CellError where there are several, or none."""
    clocks = [it for pair in pairs for it in pair]
    halves = any(it.half for it in clocks)
    shown = not halves and any(it.shows_24_hour() for it in clocks)
    on_24_hours = shown or all(it.has_two_digits() for it in clocks)
    moments = [[it.moments(on_24_hours=on_24_hours) for it in pair] for pair in pairs]
    spans = [(starts, tuple(at or END_OF_DAY for at in ends)) for starts, ends in moments]
    unclear = sum(len(it) > 1 for span in spans for it in span)
    if not unclear:
        return _literal([(starts[0], ends[0]) for starts, ends in spans], bare=any(it.bare for it in clocks))
    readings = list(_readings(spans)) if unclear <= _MOST_UNCLEAR else []
    if len(readings) == 1:
        return _read_as(_windows(readings[0]))
    if not readings:
        first = next(it for it in clocks if not it.half and not it.is_24_hour())
        wrong = f"has '{first.text}', which says neither AM nor PM, and no reading of it keeps the windows in order"
        raise CellError(wrong, "AM or PM at every time")
    spelled = [_spelled(it) for it in readings]
    named = spelled if len(spelled) <= _READINGS_NAMED else [spelled[0], spelled[-1]]
    in_full = [(it, text) for it, text in zip(readings, spelled, strict=True) if it[-1][1] != END_OF_DAY]
    by_day = next((text for it, text in in_full if _is_by_day(it)), in_full[-1][1] if in_full else spelled[-1])
    raise CellError(f"could be {' or '.join(named)}", f"AM or PM at every time, such as {by_day}", perhaps(*named))


_Span = tuple[int, int]


def _readings(spans: Sequence[tuple[Sequence[int], Sequence[int]]], since: int = 0) -> Iterator[list[_Span]]:
    """Every reading in which each window ends after it starts, and the next begins no earlier."""
    if not spans:
        yield []
        return
    starts, ends = spans[0]
    for start in starts:
        for end in ends:
            if since <= start < end:
                yield from ([(start, end), *rest] for rest in _readings(spans[1:], end))


def _is_by_day(spans: Sequence[_Span]) -> bool:
    return all(start >= _EARLY and end <= _LATE for start, end in spans)


def _literal(spans: Sequence[_Span], *, bare: bool) -> Windows:
    if any(start == END_OF_DAY for start, _ in spans):
        raise CellError("has a window that begins at 24:00", "12:00 AM, the first minute of the day")
    read = _windows(spans)
    return _read_as(read) if bare else Windows(read)


def _windows(spans: Sequence[_Span]) -> tuple[Window, ...]:
    return tuple(window(moment(start % END_OF_DAY), moment(end % END_OF_DAY)) for start, end in spans)


def _spelled(spans: Sequence[_Span]) -> str:
    return "; ".join(f"{clock(moment(start))} - {clock(moment(end % END_OF_DAY))}" for start, end in spans)


def _read_as(windows: tuple[Window, ...]) -> Windows:
    return Windows(windows, f"is read as {'; '.join(map(str, windows))}")


def _backwards(window: Window) -> CellError:
    return CellError(f"has the window {window}, which does not end after it starts", "a window within one day")


def _all_of(faults: Sequence[CellError]) -> CellError:
    if len(faults) == 1:
        return faults[0]
    wrong, right = (dict.fromkeys(it) for it in zip(*((it.wrong, it.right) for it in faults), strict=True))
    return CellError("; it ".join(wrong), "; ".join(right))


def window(start: time, end: time) -> Window:
    if end == time(0):
        raise midnight("ends at 12:00 AM, the midnight at the end of that day")
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
    return alone(clock_in(plain_text(text), right=TIME))


def _time_of(moment: datetime) -> time:
    # day 1 of Excel's calendars is what 24:00 looks like; any other midnight is a date somebody typed
    if moment.time() == time(0):
        if (moment.year, moment.month, moment.day) in {(1900, 1, 1), (1904, 1, 2)}:
            raise midnight("is 24:00")
        raise CellError("is a date, not a time of day", TIME)
    return _whole_minute(_since_midnight(moment))


def _since_midnight(at: time | datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _whole_minute(since_midnight: timedelta) -> time:
    """Excel keeps 9:10 as 0.38194444: a part of a second is noise, a second was meant."""
    seconds = round(since_midnight.total_seconds())
    if seconds == _SECONDS:
        raise midnight("is 24:00")
    if not 0 <= seconds < _SECONDS:
        raise CellError("is a duration of more than a day, not a time of day", TIME)
    if seconds % 60:
        raise CellError("has seconds, and calling hours have none", WHOLE_MINUTES)
    return time(seconds // 3600, seconds // 60 % 60)
