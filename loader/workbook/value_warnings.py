"""What is odd about a value that may be meant all the same: a telephone number that nobody can have, as far as the
numbering plans of the countries tell; invisible characters; letters of one alphabet that look like those of another.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_CODE = 3  # digits
# as they are drawn in the usual fonts; the letters of a name that is in one alphabet throughout are never in question
_CYRILLIC, _AS_LATIN = "аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅ", "aeopcyxijsdhqwABEKMHOPCTYXIJS"  # noqa: RUF001
_GREEK, _AS_LATIN_TOO = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανυκιρ", "ABEZHIKMNOPTYXoavukip"
_LOOKS_LIKE = dict(zip(_CYRILLIC + _GREEK, _AS_LATIN + _AS_LATIN_TOO, strict=True))
_ALIKE = re.compile(f"[{''.join(_LOOKS_LIKE)}]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_JOINERS = "\u200c\u200d"  # parts of words in Persian and the languages of India, and of emoji
_FILLERS = "\u034f\u115f\u1160\u3164\uffa0"
_EMOJI_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")


def load_numbering_plans() -> None:
    """Load the library now, while the workbook is still being read."""
    _plan("1")


@lru_cache(maxsize=16384)
def doubt_about_number(number: str) -> str:
    """What speaks against it, as the end of a sentence that begins with the cell; blank where nothing does."""
    if not _NUMBER.fullmatch(number):
        return ""
    for length in range(1, _LONGEST_CODE + 1):
        code = number[1 : 1 + length]
        if plan := _plan(code):
            national = number[1 + length :]
            return "" if plan.fullmatch(national) else f"is no number of the numbering plan of country code +{code}"
    return f"begins with +{number[1 : 1 + _LONGEST_CODE]}, which is no country's code"


@lru_cache(maxsize=4096)
def abroad(number: str, country: str) -> str:
    """A number as dialled in a country, with "+" and its code; blank where the country has no such number."""
    import phonenumbers  # noqa: PLC0415 - only sheets with such numbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return ""
    whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return "" if not _NUMBER.fullmatch(whole) or doubt_about_number(whole) else whole


def is_country(country: str) -> bool:
    """Whether it is the two letters of a country with telephones."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - see above

    return country in SUPPORTED_REGIONS


@lru_cache(maxsize=1024)
def _plan(code: str) -> re.Pattern[str] | None:
    """The national numbers of all countries and territories with this code; None where there are none.

    phonenumbers' own question would cost thirty times as much, and half of that is taking the number apart again.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata  # noqa: PLC0415 - only sheets with numbers

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    patterns = []
    for region in regions:
        plan = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        if plan and plan.general_desc and plan.general_desc.national_number_pattern:
            patterns.append(plan.general_desc.national_number_pattern)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def doubt_about_letters(text: str) -> str:
    """What is odd about it, as the end of a sentence that begins with the cell; blank where nothing is."""
    if text.isascii():
        return ""
    return _invisible(_EMOJI_TAGS.sub("", text)) or _mixed(text)


def _invisible(text: str) -> str:
    for at, letter in enumerate(text):
        hidden = letter in _FILLERS or (unicodedata.category(letter) == "Cf" and letter not in _JOINERS)
        if hidden or (letter in _JOINERS and at and _LATIN.match(text[at - 1])):
            return f"has the invisible character U+{ord(letter):04X} in it, which is kept"
    return ""


def _mixed(text: str) -> str:
    for word in _WORD.findall(text):
        if _LATIN.search(word) and (found := _ALIKE.search(word)):
            letter = found[0]
            alphabet = unicodedata.name(letter).split()[0].capitalize()
            return f"mixes two alphabets in '{word}': the {alphabet} '{letter}' looks like '{_LOOKS_LIKE[letter]}'"
    return ""
