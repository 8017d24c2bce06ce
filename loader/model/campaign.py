"""The campaign: dialing modes, calling hours, rules and identity. Knows no spreadsheet and no field name of the API.

Limits and enumerations: API reference, sections 1.2, 2 and 10.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, cast
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)


class DialingMode(StrEnum):
    AGENTLESS = "Agentless"
    PROGRESSIVE = "Progressive"
    PREVIEW = "Preview"


class Frequency(StrEnum):
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    CUSTOM = "CUSTOM"


class DialingOrder(StrEnum):
    FIFO = "FIFO"
    LIFO = "LIFO"


class MachineDetection(StrEnum):
    """`YES` is v1's word; `DETECT` and `DISCONNECT` are v2's (reference, section 4)."""

    NO = "no"
    YES = "yes"
    DETECT = "detect"
    DISCONNECT = "disconnect"


class Weekday(StrEnum):
    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


WEEK = tuple(Weekday)  # going over the enumeration itself takes four times as long


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Calls are made from `start` to `end` on one day, in the campaign's time zone."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{clock(self.start)} - {clock(self.end)}"


_beginning = attrgetter("start", "end")


def clock(at: time) -> str:
    """The 12-hour spelling people and the API use: "9:05 AM", no leading zero (reference, 9.9)."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"  # noqa: PLR2004 - hours of half a day


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# a right-to-left override makes a name read as another (threats: look-alikes)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CALLER_ID = re.compile(r"\+[0-9]{7,15}|(sips?:)?[A-Za-z0-9_.!~*'()&=+$,;?/-]+@[A-Za-z0-9.-]+(:[0-9]{1,5})?")
# the zone names change with the system's tz database only; a look-up each costs 20 ms without this
# ("localtime" and "Factory" are names of files, and mean another zone on every machine)
ZONES = frozenset(available_timezones() - {"localtime", "Factory"})


def _readable(text: str) -> str:
    if text.isprintable():  # has neither, and that is known at once
        return text
    if found := _CONTROL.search(text):
        raise ValueError(f"contains the control character U+{ord(found[0]):04X}")
    if found := _DIRECTION.search(text):
        raise ValueError(f"contains the invisible direction mark U+{ord(found[0]):04X}")
    return text


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    if "\n" in text or "\t" in text:
        raise ValueError("contains a line break or a tab")
    return _readable(text)


def _orderly(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """One day's windows in order of time; ValueError where one ends before it starts or two overlap."""
    for window in windows:
        if window.end <= window.start:
            raise ValueError(f"has the window {window}, which does not end after it starts{_over_midnight(window)}")
    if len(windows) <= 1:
        return windows
    ordered = tuple(sorted(windows, key=_beginning))
    for earlier, later in itertools.pairwise(ordered):
        if later.start < earlier.end:
            raise ValueError(f"has the windows {earlier} and {later}, which overlap")
    return ordered


def _over_midnight(window: Window) -> str:
    if not time(0) < window.end < window.start:
        return ""
    first, second = Window(window.start, time(23, 59)), Window(time(0), window.end)
    return f"; over midnight write {first} here and {second} on the next day"


class Week(dict[Weekday, tuple[Window, ...]]):
    """The windows of each day that has some, Monday first. Checked already: campaigns with the same hours share one."""


def _orderly_week(value: object, check: ValidatorFunctionWrapHandler) -> Week:
    if isinstance(value, Week):
        return value
    hours = check(value)
    if not any(hours.values()):
        raise ValueError("has no calling window on any weekday")
    return Week((day, hours[day]) for day in WEEK if hours.get(day))


CallingHours = Annotated[
    Mapping[Weekday, Annotated[tuple[Window, ...], AfterValidator(_orderly)]], WrapValidator(_orderly_week)
]
_WEEK: TypeAdapter[Mapping[Weekday, tuple[Window, ...]]] = TypeAdapter(CallingHours)


def week(hours: Mapping[Weekday, object]) -> Week:
    """What `Campaign` would make of these calling hours.

    Raises:
        ValidationError: they break a rule.
    """
    return cast("Week", _WEEK.validate_python(hours))


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class Campaign(BaseModel):
    """One valid campaign. Building one from wrong values raises pydantic's ValidationError with every fault at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Line, Field(max_length=48)]
    description: Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_readable)]
    contact_lists: Annotated[tuple[Line, ...], Field(min_length=1, max_length=10)]
    priority: Annotated[int, Field(ge=1, le=5)] = 5
    dialing_mode: DialingMode = DialingMode.AGENTLESS
    caller_id: str
    frequency: Frequency = Frequency.WEEKLY
    timezone: str
    calling_hours: CallingHours
    dialing_order: DialingOrder = DialingOrder.FIFO
    max_attempts: Annotated[int, Field(ge=1, le=100)]
    retry_period: Annotated[int, Field(ge=1, le=1440, description="minutes")]
    max_ring_time: Annotated[int, Field(ge=5, le=120, description="seconds")]
    experience_flow: Annotated[Line | None, Field(validate_default=True)] = None
    queue: Annotated[Line | None, Field(validate_default=True)] = None
    max_skips: Annotated[int | None, Field(ge=0, validate_default=True)] = None
    machine_detection: MachineDetection = MachineDetection.NO
    dnc_list: Line | None = None

    @field_validator("contact_lists")
    @classmethod
    def _no_list_twice(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ValueError(f"names the list '{name}' twice")
            seen.add(name)
        return names

    @field_validator("caller_id")
    @classmethod
    def _dialable(cls, caller_id: str) -> str:
        if not _CALLER_ID.fullmatch(caller_id):
            raise ValueError("is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com")
        return caller_id

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in ZONES:
            raise ValueError("is not a time zone of the tz database")
        return zone

    # The fields of the other modes are checked one by one, not in a validator of the whole model: that one would be
    # skipped as soon as any field is wrong, and the user would meet these faults only after mending the first ones.
    @field_validator("experience_flow", "queue", "max_skips")
    @classmethod
    def _belongs_to_the_mode(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        mode = info.data.get("dialing_mode")
        if mode is None:  # itself wrong, and said so
            return value
        needed = mode in _NEEDED_IN[str(info.field_name)]
        if value is None and needed:
            raise ValueError(f"is blank, and a campaign in {mode} mode needs it")
        if value is not None and not needed:
            raise ValueError(f"is filled, and a campaign in {mode} mode has none")
        return value


_NEEDED_IN: Mapping[str, frozenset[DialingMode]] = {
    "experience_flow": frozenset({DialingMode.AGENTLESS}),
    "queue": frozenset({DialingMode.PROGRESSIVE, DialingMode.PREVIEW}),
    "max_skips": frozenset({DialingMode.PREVIEW}),
}


INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff]")


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """What two names share when they mean one campaign.

    NFKC, case folded, trimmed, blanks collapsed, invisible characters removed: the API keeps a lower-cased `lname`
    beside every name (reference, 5.2 and 8.4), and nobody sees a zero-width mark.
    """
    if name.isascii():  # which has nothing to normalise, and no invisible character
        return " ".join(name.casefold().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(INVISIBLE.sub("", folded).split())
