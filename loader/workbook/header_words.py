"""What a header means that is not simply a column's name.

Several days in one header, days of other languages, a name with a remark in brackets; and headers that may mean
something and must not be passed over.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from datetime import time
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from loader.model.campaign import WEEK, Weekday
from loader.model.row import CellError
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import (
    BY_FIELD,
    BY_KEY,
    DAY_FIELDS,
    RESULTS_BY_KEY,
    Column,
    find,
    header_key,
    result_column,
)
from loader.workbook.header_synonyms import IN_MINUTES, SPELLINGS, SUGGESTIONS
from loader.workbook.header_translations import translated
from loader.workbook.time_windows import plain_text, read_windows
from loader.workbook.week_cell import DAY_NAMES, days_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_REMARK = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*$")
_HARMLESS = re.compile(
    r"\*?|required|mandatory|optional|text|free text|list|name|number|whole number|count|times|yes ?/ ?no|y ?/ ?n"
    r"|e\.? ?164|e\.?g\.?.*|iana|tz|tz database|tz name|hh:mm.*|24 ?h|am ?/ ?pm|max\.? ?[0-9]+.*|up to [0-9]+.*"
    r"|separated by ;|semicolon.*|[0-9]+ ?(?:-|to) ?[0-9]+",
    re.IGNORECASE,
)
_UNITS = {
    "retry_period": ("minutes", re.compile(r"m|min\.?|mins\.?|minutes?", re.IGNORECASE)),
    "max_ring_time": ("seconds", re.compile(r"s|secs?\.?|seconds?", re.IGNORECASE)),
}
_OTHER_UNITS = re.compile(
    r"(?:in )?(?:h|hrs?\.?|hours?|d|days?|m|min\.?|mins\.?|minutes?|s|secs?\.?|seconds?|ms)", re.IGNORECASE
)
_PRIORITIES = "1-5"
_ALSO_DAYS = frozenset({"weekday", "weekdays", "weekend", "weekends", "working days", "workdays", "business days"})
# what may stand behind a day for an end of its only window
DAY_ENDS = {
    **dict.fromkeys(("start", "from", "open", "opens"), "start"),
    **dict.fromkeys(("von", "ab", "beginn", "debut", "desde", "inicio", "inizio", "van", "begin"), "start"),
    **dict.fromkeys(("end", "to", "until", "close", "closes"), "end"),
    **dict.fromkeys(("bis", "ende", "fin", "hasta", "fine", "tot", "einde", "eind"), "end"),
}
# days of a language, or one name alone would be a guess: "Mar" is a Tuesday in French and a month elsewhere
_FEWEST = 5
_LOOKED_AT = 200  # cells beneath a header
_TIME = re.compile(r"(?<![0-9])[0-9]{1,2}(?::[0-9]{2}|\s?h(?:[0-9]{2})?\b|\s?[ap]\.?m\b|[ap]\b)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")


# "Mondy" is like "Monday" by 0.91, and "Campaign no" like "Campaign" by 0.84: the second is somebody's own column
_CLOSE = 0.85
_LONG_ENOUGH = 4
# names that a misspelling is sought for: "Max retries" is near to "Max tries", and another number
_NAMES = [key for key in BY_KEY if not any(key in it for it in SPELLINGS.values())]
_SUGGESTED = {key: BY_FIELD[field] for field, names in SUGGESTIONS.items() for key in names}


class Meaning(NamedTuple):
    """The fields that a header stands for; `fault` continues "F1 'Retry (hours)' ..." where it does not fit them."""

    fields: tuple[str, ...]
    fault: str = ""


def days_in(header: str) -> tuple[str, ...]:
    """The fields of a header that is nothing but days, such as "Mon-Fri" or "Sat & Sun start"; none where it is not."""
    words, end = _without_end(plain_text(header).strip(" .:"))
    try:
        return tuple(_field(day, end) for day in days_of(words))
    except CellError:
        return ()


def _without_end(words: str) -> tuple[str, str]:
    """A header without "start" or "end" behind it, and which of the two it was."""
    first, _, last = words.rpartition(" ")
    return (first, DAY_ENDS[last]) if first and last in DAY_ENDS else (words, "")


def _field(day: Weekday, end: str) -> str:
    whole, start, last = DAY_FIELDS[day]
    return {"": whole, "start": start, "end": last}[end]


def with_remark(header: str) -> Meaning | None:
    """What a known header with a remark in brackets behind it means: "Priority (1-5)", "Ring time (sec)"."""
    found = _REMARK.search(header)
    column = find(header[: found.start()]) if found else None
    if not found or not column:
        return None
    remark = found[1].strip()
    unit, spelled = _UNITS.get(column.field, ("", None))
    if spelled and spelled.fullmatch(remark):
        return Meaning((column.field,))
    if unit and _OTHER_UNITS.fullmatch(remark):
        return Meaning((column.field,), f"is in another unit: '{column.header}' is a number of {unit}")
    scale = column.field != "priority" or not any(map(str.isdigit, remark)) or remark.replace(" ", "") == _PRIORITIES
    if _HARMLESS.fullmatch(remark) and scale:
        return Meaning((column.field,))
    return Meaning((column.field,), f"says '{remark}' beside '{column.header}': leave that out if it is that column")


def foreign_days(headers: Mapping[int, str]) -> tuple[Mapping[int, str], str]:
    """Fields by column where at least five headers are days of one language, and what speaks against it.

    Nothing where as many of them are English, which has its own columns.
    """
    keys = {at: _without_end(bare(header_key(header))) for at, header in headers.items()}
    words = {word for word, _ in keys.values()}
    english = len({DAY_NAMES[word] for word in words if word in DAY_NAMES})
    readings: dict[tuple[tuple[int, str], ...], str] = {}
    for language, names in _languages():
        days = {name: day for name, day in zip(names, WEEK, strict=True) if name in words}
        if max(_FEWEST - 1, english) < len(days):
            columns = tuple((at, _field(days[word], end)) for at, (word, end) in keys.items() if word in days)
            readings.setdefault(columns, language)
    most = [it for it in readings if len(it) == max(map(len, readings))]
    if len(most) > 1:
        return {}, f"has days' names of more than one language ({', '.join(sorted(readings[it] for it in most))})"
    return dict(most[0]) if most else {}, ""


@lru_cache(maxsize=1)
def _languages() -> Sequence[tuple[str, Sequence[str]]]:
    lines = files("loader.workbook.data").joinpath("weekdays.txt").read_text(encoding="utf-8").splitlines()
    return [(it[0], it[1:]) for it in (line.split("\t") for line in lines if not line.startswith("#"))]


def bare(key: str) -> str:
    """Without accents on its letters, as many keyboards leave them out."""
    apart = unicodedata.normalize("NFD", key)
    return unicodedata.normalize("NFC", "".join(it for it in apart if not "\u0300" <= it <= "\u036f"))


def may_mean(header: str, cells: Iterable[object], *, beside_days: bool = False) -> str:
    """Why a header that nobody knows must not be passed over, as the end of a sentence; blank where it may be."""
    key = header_key(header)
    words = key.split()
    if key in _ALSO_DAYS or any(len(it) > 2 and (it in DAY_NAMES or it.removesuffix("s") in DAY_NAMES) for it in words):  # noqa: PLR2004
        return "is about days"
    typed = [cell for cell in cells if not is_blank(cell)]
    filled = Counter(map(has_time, typed))
    if filled[True] > filled[False]:
        return "stands over times of day"
    windows = Counter(map(_is_window, typed)) if beside_days else filled
    return "stands beside the days, over calling hours" if windows[True] > windows[False] else ""


def beneath(rows: Sequence[Sequence[object]], at: int) -> Iterable[object]:
    """The first cells of a column, counted from 1."""
    return (row[at - 1] for row in rows[:_LOOKED_AT] if at <= len(row))


def _is_window(cell: object) -> bool:
    """Whether the cell of a day may look so; "closed" may mean anything."""
    try:
        return isinstance(cell, str) and bool(read_windows(cell).windows)
    except CellError:
        return False


def has_time(cell: object) -> bool:
    """Whether a cell has what can only be a time of day."""
    if isinstance(cell, str):
        return bool(_TIME.search(cell)) and not _DATE.search(cell)
    return isinstance(cell, time)


def one_line(header: object) -> str:
    """A header as a message has it: people break the lines of long ones."""
    return " ".join(str(header).split())


def is_minutes(column: Column, header: str) -> bool:
    """Whether a header leaves open what its numbers count, where the API counts minutes."""
    return column.field == "retry_period" and header_key(header) in IN_MINUTES


def attempts_of_its_own(headers: Mapping[int, str]) -> int | None:
    """The column `Attempts` that says how many there may be, and is not the result column of that name."""
    results = [at for at, header in headers.items() if result_column(header) in {"Status", "Campaign ID"}]
    found = [at for at, header in headers.items() if header_key(header) == "attempts"]
    return next((at for at in found if len(results) < 2 or at < max(results)), None)  # noqa: PLR2004 - both of them


@lru_cache(maxsize=1024)
def closest(header: str) -> Column | None:
    """The column that an unknown header is probably a misspelling of, as it stands or without a remark in brackets."""
    return _closest(header_key(header)) or _closest(header_key(_REMARK.sub("", header)))


def suggested(header: str) -> Column | None:
    """The column that people often give this name, which could be another column of theirs as well."""
    for key in (header_key(header), header_key(_REMARK.sub("", header))):
        if key not in BY_KEY and (column := _SUGGESTED.get(key) or translated(key)):
            return column
    return None


def _closest(key: str) -> Column | None:
    if len(key) < _LONG_ENOUGH or key in BY_KEY or key in RESULTS_BY_KEY:
        return None
    letters = sorted(key)
    if twisted := next((known for known in _NAMES if sorted(known) == letters), None):
        return BY_KEY[twisted]
    near = difflib.get_close_matches(key, _NAMES, n=1, cutoff=_CLOSE)
    return BY_KEY[near[0]] if near else None
