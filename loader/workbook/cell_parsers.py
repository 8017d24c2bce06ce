"""How one cell is read: what it holds becomes a plain value for the campaign, or a CellError says why not.

Nothing is changed silently: a value that is not exactly what was typed comes with a warning. No reader gets a blank.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from loader.model.campaign import INVISIBLE, DialingMode, MachineDetection, clock
from loader.model.fixes import perhaps
from loader.model.row import CellError
from loader.workbook.time_windows import WINDOWS, parse_time, read_windows
from loader.workbook.value_warnings import doubt_about_letters
from loader.workbook.week_cell import RULE as WEEK_RULE
from loader.workbook.week_cell import read_week
from loader.workbook.zone_names import place_instead_of, read_zone

if TYPE_CHECKING:
    from enum import StrEnum

    from loader.model.fixes import Fix


class Reading(NamedTuple):
    """`warning` continues "this cell ..."; blank when the value is exactly what was typed.

    `changes_meaning`: the warning says how something was understood, to be seen before the first create.
    `fixes`: what else may be meant; where there are none, it is the value that was read.
    """

    value: object
    warning: str = ""
    changes_meaning: bool = False
    fixes: tuple[Fix, ...] = ()


Reader = Callable[[object], Reading]


AS_TEXT = "the column formatted as text, and the value typed again"
AN_ERROR, NO_ERROR = "is an error, not a value", "the formula corrected, or the value typed"
_LONGEST = 4_000  # characters; a description has 256, ten contact lists or the windows of a week have hundreds
_HEAP = re.compile(r"[^\w\s\x00-\x7f]{31}")  # what may be accents; no language has more than thirty on a letter
_EXACT = 2**53  # from here on Excel keeps fewer digits than were typed
# characters nobody sees and nobody types on purpose; the joiners of Persian, Indic and emoji are not among them
UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\u00ad\u200b\u2060\ufeff"
_OTHER_BLANKS = re.compile("[\u00a0\u2007\u202f]")
# what a formula gone wrong leaves in a text file, and ### a column too narrow for its number
_ERROR = re.compile(
    r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|GETTING_DATA)"
    r"|Err:[0-9]{3}|#{3,}"
)
# what may stand between names, and in a name as well
_NO_SEPARATOR = re.compile(r"[,|\uff0c\u3001\uff1b]|\s[/&+]\s")
_BETWEEN_NAMES = re.compile(r"[;\n,|\uff0c\u3001\uff1b]")
_SEPARATOR = re.compile(r"[;\n]")


def is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(_BLANKS))


def text(value: object) -> Reading:
    """A line or a paragraph, without blanks around it."""
    if not isinstance(value, str):
        if isinstance(value, float) and value % 1 and math.isfinite(value):
            raise CellError("is a number with a fraction", AS_TEXT)
        digits = digits_of(value)
        return Reading(digits, f"is a number and is read as the text '{digits}'")
    stripped = value.strip()
    if _ERROR.fullmatch(stripped):
        raise CellError(AN_ERROR, NO_ERROR)
    if value.isprintable() and value == stripped:  # nothing invisible in it, and no blank but the usual one
        return Reading(value, "" if value.isascii() else doubt_about_letters(value))
    typed = value.replace("\r\n", "\n")
    plain = _OTHER_BLANKS.sub(" ", UNSEEN.sub("", typed)).strip()
    trimmed = "is read without the blanks around it" if typed != typed.strip() else ""
    return Reading(plain, both(both(trimmed, tidied(typed, UNSEEN)), doubt_about_letters(plain)))


def tidied(typed: str, gone: re.Pattern[str]) -> str:
    """What is said where characters that nobody sees were taken away, or blanks replaced; `gone` are the former."""
    without = f"is read without the invisible character U+{ord(found[0]):04X}" if (found := gone.search(typed)) else ""
    plain = "is read with plain blanks instead of non-breaking ones" if _OTHER_BLANKS.search(typed.strip()) else ""
    return both(without, plain)


def both(first: str, second: str) -> str:
    return f"{first}; it {second}" if first and second else first or second


def names(value: object) -> Reading:
    """Several names, separated by semicolons or line breaks."""
    whole = text(value)
    parts = tuple(part.strip() for part in _SEPARATOR.split(str(whole.value)))
    # blanks around a name are how lists are typed: nothing to warn of
    as_typed = isinstance(value, str) and value.strip() == whole.value
    warning = doubt_about_letters(str(whole.value)) if as_typed else whole.warning
    if found := _NO_SEPARATOR.search(str(whole.value)):
        remark = f"is read as one name where it has '{found[0].strip()}' in it: names are separated by ';'"
        several = "; ".join(part.strip() for part in _BETWEEN_NAMES.split(str(whole.value)) if part.strip())
        fixes = perhaps(several) if _BETWEEN_NAMES.search(str(whole.value)) else ()
        return Reading(tuple(part for part in parts if part), both(warning, remark), changes_meaning=True, fixes=fixes)
    return Reading(tuple(part for part in parts if part), warning)


def one_of(choices: type[StrEnum]) -> Reader:
    spelling = {choice.casefold(): choice for choice in choices}

    def read(value: object) -> Reading:
        choice = spelling.get(plain_word(value).casefold()) if isinstance(value, str) else None
        if choice is None:
            raise CellError("is none of the choices")
        return Reading(choice, tidied(str(value), INVISIBLE))

    return read


def says_sms(value: object) -> bool:
    return isinstance(value, str) and bool(_SMS.search(value))


def dialing_mode(value: object) -> Reading:
    if says_sms(value):
        raise CellError(NO_SMS)
    word = plain_word(value).casefold() if isinstance(value, str) else ""
    key = _MODE_AROUND.sub("", re.sub(r"[\s_-]+", "", word))
    if word != key and key in _MODES:
        return Reading(_MODES[key], f"is read as '{_MODES[key]}'", changes_meaning=True)
    if meant := _MODE_WORDS.get(key):
        raise CellError("is no dialing mode of the API", meant, perhaps(*_MODES_NEAR[meant]))
    return _dialing_mode(value)


_MODES = {mode.casefold(): mode for mode in DialingMode}
_MODE_AROUND = re.compile(r"(?:dialer|dialler|dialing|dialling|mode)$")
_ALONE = "Agentless, if a voice flow talks to people and no agent does"
_BY_HAND = "Preview, which is nearest: an agent sees the contact before the call"
_AGENTS = "Progressive, which is nearest: it dials when an agent is free; or Preview"
_MODES_NEAR = {
    _ALONE: (DialingMode.AGENTLESS,),
    _BY_HAND: (DialingMode.PREVIEW,),
    _AGENTS: (DialingMode.PROGRESSIVE, DialingMode.PREVIEW),
}
_MODE_WORDS = {
    **dict.fromkeys(("ivr", "voice", "voiceivr", "blaster", "voiceblaster", "voicebroadcast", "broadcast"), _ALONE),
    **dict.fromkeys(("automatic", "auto", "bot", "robocall", "outboundivr", "messagedrop", "noagent"), _ALONE),
    **dict.fromkeys(("predictive", "power"), _AGENTS),
    **dict.fromkeys(("manual", "clicktocall", "clicktodial"), _BY_HAND),
}
NO_SMS = "is about SMS, and SMS campaigns are not loaded here, only voice campaigns"
_SMS = re.compile(r"\bsms\b", re.IGNORECASE)
_dialing_mode = one_of(DialingMode)


def detection(value: object) -> Reading:
    """Yes or no in any office program's words, or one of the words of the API's version 2."""
    if isinstance(value, bool | int | float) and value in (0, 1):
        answer = MachineDetection.YES if value else MachineDetection.NO
        return Reading(answer, "" if isinstance(value, bool) else f"is a number and is read as '{answer}'")
    word = plain_word(value).casefold().rstrip("\ufe0f") if isinstance(value, str) else ""
    choice = _DETECTION.get(word)
    if word in {"x", "✗", "✘"}:
        raise CellError("could be a tick for yes or a cross for no")
    if choice is None:
        raise CellError("is neither yes nor no")
    plainly = word in {"yes", "y", "true", "no", "n", "false", "detect", "disconnect"}
    return Reading(choice, both(tidied(str(value), INVISIBLE), "" if plainly else f"is read as '{choice}'"))


_DETECTION = {
    **dict.fromkeys(
        ("yes", "y", "true", "on", "enabled", "1", "✓", "✔", "☑", "oui", "vrai", "ja", "wahr", "sí", "si", "verdadero"),
        MachineDetection.YES,
    ),
    **dict.fromkeys(("sim", "tak", "да", "はい", "是"), MachineDetection.YES),
    **dict.fromkeys(
        ("no", "n", "false", "off", "disabled", "0", "-", "none", "n/a", "non", "faux", "nein", "falsch", "keine"),
        MachineDetection.NO,
    ),
    **dict.fromkeys(("falso", "nee", "não", "nie", "нет", "いいえ", "否"), MachineDetection.NO),
    "detect": MachineDetection.DETECT,
    "disconnect": MachineDetection.DISCONNECT,
}


def zone(value: object) -> Reading:
    if not isinstance(value, str):
        raise CellError("is not a time zone of the tz database", "a name such as Asia/Kolkata")
    read = read_zone(plain_word(value))
    place = place_instead_of(read.name)
    warning = both(tidied(value, INVISIBLE), read.warning)
    return Reading(read.name, warning, read.changes_meaning, perhaps(place) if place else ())


def windows(value: object) -> Reading:
    """One weekday's calling windows."""
    if isinstance(value, str):
        read = read_windows(value)
        return Reading(read.windows, both(tidied(value, INVISIBLE), read.warning), bool(read.warning))
    if isinstance(value, date):
        raise CellError("is a date: Excel made one of what was typed", f"the column formatted as text, and {WINDOWS}")
    if isinstance(value, time | int | float) and not isinstance(value, bool):
        raise CellError("is one time, and a window has two", WINDOWS)
    raise CellError("is not a time window", WINDOWS)


def whole_week(value: object) -> Reading:
    """The windows of all days, in one cell."""
    if not isinstance(value, str):
        raise CellError("is not days and their windows", WEEK_RULE)
    read = read_week(value)
    return Reading(read.windows, both(tidied(value, INVISIBLE), read.warning), bool(read.warning))


def time_of_day(value: object) -> Reading:
    """One end of a weekday's only window; a cell with nothing but a dash, "closed" or "off" is blank."""
    if isinstance(value, str) and _is_off(value):
        return Reading(None)
    at = parse_time(value)
    if isinstance(value, date):
        return Reading(at, f"has a date, which is left out: it is read as {clock(at)}")
    if isinstance(value, int | float):
        return Reading(at, f"is a number and is read as {clock(at)}")
    return Reading(at, tidied(value, INVISIBLE) if isinstance(value, str) else "")


def _is_off(value: str) -> bool:
    try:
        return not read_windows(value).windows
    except CellError:
        return False


def must_be_short(value: object) -> None:
    """A text as long as no campaign has, or with a heap of accents, costs a reader more than it is worth.

    Raises:
        CellError: it is one.
    """
    if not isinstance(value, str):
        return
    if len(value) > _LONGEST:
        raise CellError(f"is {len(value):,} characters long, and at most {_LONGEST:,} are read")
    if not value.isascii() and any(all(map(unicodedata.combining, run)) for run in _HEAP.findall(value)):
        raise CellError("has more accents on one letter than any language", "the letters alone")


def plain_word(value: str) -> str:
    """For values that are digits or known words, whatever has been pasted around them."""
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", value)).strip()


def digits_of(value: object) -> str:
    """A number cell as typed; CellError where it is none, or no longer holds what was typed."""
    match value:
        case bool():
            raise CellError("is a yes/no value")
        case int() if abs(value) < _EXACT:
            return str(value)
        case float() if math.isfinite(value) and abs(value) < _EXACT:
            if not value.is_integer():
                raise CellError("is not a whole number")
            return str(int(value))
        case int() | float():
            raise CellError("is a number too long for Excel, which has lost its last digits", AS_TEXT)
        case date() | time() | timedelta():
            raise CellError("is a date or a time", AS_TEXT)
        case _:
            raise CellError("cannot be read", AS_TEXT)
