"""A caller ID in the form +15101234567, whatever Excel and address books made of it, or a SIP number as it stands.

A number with its plus is taken as it is, with a warning where no numbering plan has it. Digits without a plus are read
only if a plan allows what they become: as dialled from abroad, or in the country that the user has named.
"""

from __future__ import annotations

import re

from loader.model.fixes import perhaps
from loader.model.row import CellError
from loader.workbook.cell_parsers import AS_TEXT, Reading, both, digits_of, plain_word
from loader.workbook.value_warnings import abroad, doubt_about_number

RULE = "'+', country code and number, or a SIP number such as sip:1001@pbx.example.com"
_OR_COUNTRY = "'+', country code and number; or --country US, if it is dialled like that there"
_AS_WANTED = re.compile(r"\+[0-9]{7,15}")
_WITH_DECIMALS = re.compile(r"(\+?[0-9]{7,17})[.]0+")
_SHORTENED = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"[\s.()\[\]\-\u2010-\u2015\u2212]+")
_SCHEME = re.compile(r"(?:tel|phone)\s*[:.]\s*", re.IGNORECASE)
_SIP = re.compile(r"sips?:", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*[,;]?\s*(?:ext(?:ension)?\.?|ext=|x|#|dw|durchwahl)\s*[0-9]{1,6}$", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*(?:[/;,|\n]|\bor\b|\band\b|&)\s*")
_NOBODY = frozenset({"anonymous", "private", "unknown", "withheld", "restricted", "blocked", "hidden", "no caller id"})
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def caller_id(value: object) -> Reading:
    return caller_id_in(value, "")


def caller_id_in(value: object, country: str) -> Reading:
    """`country`: two letters, in which numbers without a plus are dialled; blank where nobody said."""
    if not isinstance(value, str):
        digits = digits_of(value)
        if digits.startswith("-"):
            raise CellError("is a negative number")
        return _without_plus(digits, digits, country, "is a number (Excel removes the plus) and is read as")
    if _AS_WANTED.fullmatch(value):
        return Reading(value, doubt_about_number(value))
    plain = _SCHEME.sub("", plain_word(value).lstrip("'="))
    if "@" in plain:
        number = _SIP.sub(lambda scheme: scheme[0].lower(), plain, count=1)
        return Reading(number, "" if number == value.strip() else f"is read as '{number}'")
    _must_be_one_number(plain)
    if found := _WITH_DECIMALS.fullmatch(plain):
        plain = found[1]
    compact = _BETWEEN_DIGITS.sub("", plain)
    if compact.startswith(("+", "00")):
        return _with_plus(value, plain, compact)
    if not compact.isascii() or not compact.isdigit():
        raise CellError("is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com", RULE)
    return _without_plus(plain, compact, country, "is read as")


def _must_be_one_number(plain: str) -> None:
    if _SHORTENED.fullmatch(plain):
        raise CellError("is a number that Excel has shortened; its last digits are lost", f"{AS_TEXT} with its '+'")
    if plain.casefold() in _NOBODY:
        raise CellError("hides the number, and the API needs one", RULE)
    parts = _SEVERAL.split(plain)
    if sum(len(re.sub("[^0-9]", "", part)) >= _FEWEST_DIGITS for part in parts) > 1:
        raise CellError(f"has {len(parts)} numbers, and a campaign shows one", "one of them")
    if found := _EXTENSION.search(plain):
        wrong = f"has the extension '{found[0].strip()}', which cannot be shown"
        raise CellError(wrong, "the number without it", perhaps(plain[: found.start()].strip()))


def _with_plus(value: str, plain: str, compact: str) -> Reading:
    if re.search(r"\(\s*0\s*\)", plain):
        raise CellError("has '(0)', which is dialled inside the country only", "the number as dialled from abroad")
    number = f"+{compact[2:]}" if compact.startswith("00") else compact
    changed = "" if number == value.strip() else f"is read as '{number}'"
    return Reading(number, both(changed, doubt_about_number(number)))


def _without_plus(plain: str, compact: str, country: str, read_as: str) -> Reading:
    """The only number that the digits can be; CellError where there is none, or where there are two."""
    whole = f"+{compact}"
    fits = _FEWEST_DIGITS <= len(compact) <= _MOST_DIGITS and not compact.startswith("0")
    international = whole if fits and not doubt_about_number(whole) else ""
    national = abroad(plain, country) if country else ""
    if international and national and international != national:
        wrong = f"could be {international} or {national} in {country}"
        raise CellError(wrong, "'+' and the country code before it", perhaps(international, national))
    if number := international or national:
        return Reading(number, f"{read_as} '{number}'", changes_meaning=True)
    if country:
        raise CellError(f"is no number of {country}, and none with '+' before it", RULE)
    if compact.startswith("0"):
        raise CellError("begins with 0, as dialled inside a country", f"{_OR_COUNTRY.replace('US', 'GB')}")
    if not fits:
        raise CellError("is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com", RULE)
    raise CellError(f"would be {whole}, which {doubt_about_number(whole)}", _OR_COUNTRY)
