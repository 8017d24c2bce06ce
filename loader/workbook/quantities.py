"""Whole numbers with the units that people write beside them: "1 hour" is 60 where minutes are counted."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

from loader.model.campaign import INVISIBLE
from loader.model.fixes import perhaps
from loader.model.row import CellError
from loader.workbook.cell_parsers import Reading, both, digits_of, plain_word, tidied

_NUMBER = re.compile(r"([0-9]{1,9})(?:[.,]0{1,2})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,'\u2019][0-9]{3})+")
_WITH_UNIT = re.compile(r"([0-9]{1,9})\s*([^\W\d_]+)\.?", re.IGNORECASE)
_SECONDS_IN = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden"), 1),
    **dict.fromkeys(("seconde", "secondes", "segundo", "segundos", "secondi"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos", "minuti"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures"), 3600),
    **dict.fromkeys(("hora", "horas", "ora", "ore"), 3600),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "jour", "jours"), 86400),
}
_HOURS_AND_MINUTES = re.compile(r"([0-9]{1,3})\s?h\s?([0-5][0-9])(?:\s?m(?:in)?)?", re.IGNORECASE)
_TIMES = frozenset(
    (
        *("x", "time", "times", "attempt", "attempts", "try", "tries", "call", "calls", "mal", "versuch", "versuche"),
        *("fois", "tentative", "tentatives", "veces", "intentos", "volte"),
    )
)
_MINUTE, _SECOND = 60, 1


def whole_number(value: object) -> Reading:
    if not isinstance(value, str):
        return Reading(int(digits_of(value)))
    plain = plain_word(value)
    if _THOUSANDS.fullmatch(plain):
        whole = re.sub(r"[^0-9]", "", plain)
        right = f"{whole}, without a sign between its digits"
        raise CellError(f"could be {whole} or a number with a fraction", right, perhaps(whole))
    if found := _NUMBER.fullmatch(plain):
        number = int(found[1])
        changed = f"is read as {number}" if plain != found[1] else ""
        return Reading(number, both(tidied(value, INVISIBLE), changed))
    if plain.endswith("%"):
        raise CellError("is a percentage, not a whole number")
    if any(unicodedata.category(letter) == "Sc" for letter in plain):
        raise CellError("is an amount of money, not a whole number")
    raise CellError("is not a whole number")


def minutes(value: object) -> Reading:
    return _duration(value, _MINUTE, "minutes")


def seconds(value: object) -> Reading:
    return _duration(value, _SECOND, "seconds")


def times(value: object) -> Reading:
    """How often: "3", "3 times", "3x"."""
    if isinstance(value, str) and (found := _WITH_UNIT.fullmatch(plain_word(value))) and found[2].casefold() in _TIMES:
        return Reading(int(found[1]), f"is read as {int(found[1])}")
    return whole_number(value)


def priority(value: object) -> Reading:
    """A number; words for it would mean one end to some people and the other end to others."""
    try:
        return whole_number(value)
    except CellError as error:
        if not isinstance(value, str) or error.wrong != "is not a whole number":
            raise
        raise CellError("is not a number, and which end runs first must be clear: 5 runs first, 1 last") from error


NUMBERS = frozenset({whole_number, minutes, seconds, times, priority})


def _duration(value: object, unit: int, name: str) -> Reading:
    if isinstance(value, timedelta):
        return _whole(value.total_seconds(), unit, f"is a duration and is read as {{}} {name}")
    if isinstance(value, str) and (found := _HOURS_AND_MINUTES.fullmatch(plain_word(value))):
        return _whole((int(found[1]) * 60 + int(found[2])) * 60, unit, f"is read as {{}} {name}")
    if isinstance(value, str) and (found := _WITH_UNIT.fullmatch(plain_word(value))):
        size = _SECONDS_IN.get(found[2].casefold())
        if size is not None:
            read = _whole(int(found[1]) * size, unit, f"is read as {{}} {name}")
            return read._replace(changes_meaning=size != unit)
    return whole_number(value)


def _whole(total: float, unit: int, read_as: str) -> Reading:
    if total < 0 or total % unit:
        raise CellError("is not a whole number of minutes" if unit == _MINUTE else "is not a whole number of seconds")
    number = int(total // unit)
    return Reading(number, read_as.format(number), changes_meaning=True)
