"""The list of columns: what a header is called, how its cells are read, what to put there.

The reader, the template, the results workbook and docs/sheet.md all use `COLUMNS`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from loader.model.campaign import DialingMode, DialingOrder, Frequency, Weekday
from loader.workbook.caller_ids import RULE as CALLER_RULE
from loader.workbook.caller_ids import caller_id
from loader.workbook.cell_parsers import (
    UNSEEN,
    Reader,
    detection,
    dialing_mode,
    names,
    one_of,
    text,
    time_of_day,
    whole_week,
    windows,
    zone,
)
from loader.workbook.header_synonyms import SPELLINGS
from loader.workbook.quantities import NUMBERS, minutes, priority, seconds, times, whole_number
from loader.workbook.week_cell import RULE as WEEK_RULE

_LONGEST_HEADER = 1_000  # characters that are compared


@dataclass(frozen=True, slots=True)
class Column:
    """`field` is a field of Campaign, or a weekday ("monday", "monday_start", "monday_end").

    `rule` says what would be right, in the user's words. `required` is "yes", or when, or "no" and the default.
    """

    header: str
    field: str
    read: Reader
    example: str = ""
    rule: str = ""
    required: str = "no"
    aliases: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        return self.read in NUMBERS

    @property
    def is_weekday(self) -> bool:
        return self.read is windows

    @property
    def modes(self) -> frozenset[str]:
        """The dialing modes whose campaigns have it; none where all have."""
        named = frozenset(self.required.split(", "))
        return named if named <= frozenset(DialingMode) else frozenset()

    @property
    def is_end_of_day(self) -> bool:
        """Whether it is the start or the end of a weekday's only window."""
        return self.read is time_of_day


class DayFields(NamedTuple):
    """The fields of a weekday: one for all of its windows, or two for the ends of its only one."""

    whole: str
    start: str
    end: str


DAY_FIELDS = {day: DayFields(day.lower(), f"{day.lower()}_start", f"{day.lower()}_end") for day in Weekday}


def _day(day: Weekday) -> Column:
    short = (day[:3], day[:2].upper())
    example = "closed" if day in {Weekday.SATURDAY, Weekday.SUNDAY} else "9:00 AM - 12:30 PM; 1:30 PM - 6:00 PM"
    rule = "windows such as 9:00 AM - 6:00 PM, several separated by ';'; blank, '-', 'closed' or 'off' for no calls"
    return Column(day, DAY_FIELDS[day].whole, windows, example, rule, "at least one window", short)


def _day_ends(day: Weekday) -> tuple[Column, Column]:
    def end(word: str, other_word: str, field: str, example: str) -> Column:
        short = (f"{name} {it}" for name in (day[:3], day[:2].upper()) for it in (word, other_word))
        aliases = (*short, f"{day} {other_word}")
        rule, required = f"a time such as {example}", f"instead of {day}"
        return Column(f"{day} {word}", field, time_of_day, example, rule, required, aliases)

    _, start_field, end_field = DAY_FIELDS[day]
    return end("start", "from", start_field, "9:00 AM"), end("end", "to", end_field, "6:00 PM")


COLUMNS: tuple[Column, ...] = (
    Column(
        "Campaign name",
        "name",
        text,
        example="Spring renewal - North",
        rule="1 to 48 characters, and no other row has the same name",
        required="yes",
        aliases=("Name", "Campaign"),
    ),
    Column(
        "Description",
        "description",
        text,
        example="Renewal calls to policy holders in the north",
        rule="1 to 256 characters",
        required="yes",
        aliases=("Desc",),
    ),
    Column(
        "Contact lists",
        "contact_lists",
        names,
        example="renewals-north; renewals-west",
        rule="1 to 10 names of contact lists, separated by ';', none twice",
        required="yes",
        aliases=("Contact list", "Lists"),
    ),
    Column(
        "Priority",
        "priority",
        priority,
        example="3",
        rule="a whole number from 1 to 5; 5 runs first",
        required="no, 5",
        aliases=("Prio",),
    ),
    Column(
        "Dialing mode",
        "dialing_mode",
        dialing_mode,
        example="Agentless",
        rule="Agentless, Progressive or Preview",
        required="no, Agentless",
        aliases=("Mode",),
    ),
    Column(
        "Caller ID",
        "caller_id",
        caller_id,
        example="+15101234567",
        rule=CALLER_RULE,
        required="yes",
        aliases=("Phone number", "Caller number"),
    ),
    Column(
        "Frequency",
        "frequency",
        one_of(Frequency),
        example="WEEKLY",
        rule="WEEKLY, DAILY or CUSTOM",
        required="no, WEEKLY",
        aliases=("Calling hours frequency",),
    ),
    Column(
        "Timezone",
        "timezone",
        zone,
        example="America/New_York",
        rule="a name of the tz database such as Asia/Kolkata",
        required="yes",
        aliases=("Time zone", "TZ"),
    ),
    *(_day(day) for day in Weekday),
    *chain.from_iterable(_day_ends(day) for day in Weekday),
    Column(
        "Dialing order",
        "dialing_order",
        one_of(DialingOrder),
        example="FIFO",
        rule="FIFO or LIFO",
        required="no, FIFO",
        aliases=("Order",),
    ),
    Column(
        "Max attempts",
        "max_attempts",
        times,
        example="3",
        rule="a whole number from 1 to 100",
        required="yes",
        aliases=("Max attempts per record",),
    ),
    Column(
        "Retry period (minutes)",
        "retry_period",
        minutes,
        example="60",
        rule="a whole number of minutes from 1 to 1440",
        required="yes",
        aliases=("Retry period", "Default retry period", "Retry"),
    ),
    Column(
        "Max ring time (seconds)",
        "max_ring_time",
        seconds,
        example="30",
        rule="a whole number of seconds from 5 to 120",
        required="yes",
        aliases=("Max ring time", "Ring time"),
    ),
    Column(
        "Experience flow",
        "experience_flow",
        text,
        example="Renewal intake",
        rule="the name of the voice flow, in Agentless mode only",
        required="Agentless",
        aliases=("Flow", "Experience flow name"),
    ),
    Column(
        "Queue",
        "queue",
        text,
        example="Renewals desk",
        rule="the name of the queue, in Progressive and Preview mode only",
        required="Progressive, Preview",
        aliases=("Queue name",),
    ),
    Column(
        "Max skips",
        "max_skips",
        whole_number,
        example="2",
        rule="a whole number from 0, in Preview mode only",
        required="Preview",
    ),
    Column(
        "Machine detection",
        "machine_detection",
        detection,
        example="No",
        rule="yes or no (API v1); no, detect or disconnect (API v2)",
        required="no, No",
        aliases=("Enable machine detect", "AMD"),
    ),
    Column("DNC list", "dnc_list", text, rule="the name of one do-not-call list (API v2 only)", required="v2"),
)

# instead of the weekdays; it is not offered, as it is harder to fill in without a mistake
WHOLE_WEEK = Column(
    "Calling hours",
    "calling_hours",
    whole_week,
    example="Mon-Fri 9:00 AM - 5:00 PM; Sat 10:00 AM - 2:00 PM",
    rule=WEEK_RULE,
    aliases=(
        *("Call hours", "Calling times", "Call times", "Calling windows", "Hours", "Opening hours", "Business hours"),
    ),
)
BY_FIELD = {column.field: column for column in (*COLUMNS, WHOLE_WEEK)}

RESULT_COLUMNS = (
    "Status",
    "Campaign ID",
    "Campaign status",
    "Message",
    "HTTP status",
    "Attempts",
    "Submitted at (UTC)",
    "Run",
)
ATTEMPTS_MADE = "Attempts made"  # instead of "Attempts", where that is the sheet's own column of how many may be made


def find(header: str) -> Column | None:
    return BY_KEY.get(header_key(header))


def sentence_of(rule: str) -> str:
    """A column's rule as a sentence of its own."""
    return f"{rule[:1].upper()}{rule[1:]}."


def result_column(header: str) -> str | None:
    """The result column of that name: a results workbook fed back in has them, and they are no input."""
    return RESULTS_BY_KEY.get(header_key(header))


def header_key(header: str) -> str:
    """What two headers share when they mean one column: no case, no punctuation, no repeated blanks."""
    folded = unicodedata.normalize("NFKC", UNSEEN.sub("", header[:_LONGEST_HEADER])).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


BY_KEY = {key: BY_FIELD[field] for field, spellings in SPELLINGS.items() for key in spellings} | {
    header_key(name): column for column in (*COLUMNS, WHOLE_WEEK) for name in (column.header, *column.aliases)
}
RESULTS_BY_KEY = {header_key(name): name for name in RESULT_COLUMNS} | {header_key(ATTEMPTS_MADE): "Attempts"}
