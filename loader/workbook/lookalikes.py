"""What nobody sees in a text: invisible characters, and letters of one alphabet that look like those of another."""

from __future__ import annotations

import re
import unicodedata

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


def unseen(text: str) -> str:
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
