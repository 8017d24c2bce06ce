"""A good workbook with something changed inside: unzipped, its XML damaged where it hurts, and zipped again."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from tests.workbook.raw import zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

_TAG = re.compile(r"<(/?)([A-Za-z:]+)((?: [^<>]*)?)>")
_ATTRIBUTE = re.compile(r' ([A-Za-z:]+)="([^"<>]*)"')
_NUMBER = re.compile(r"[0-9]+")
# what numbers, addresses and words are changed into
_VALUES = (
    "",
    "0",
    "-1",
    "1048577",
    "4294967296",
    "99999999999999999999",
    "1e400",
    "NaN",
    "A1",
    "XFD1048576",
    "A0",
    "ZZZZ1",
)
_KINDS = ("s", "str", "inlineStr", "n", "b", "e", "d", "x", "")
_TEXTS = (
    "",
    "\x01",
    "&",
    "<",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- x -->",
    "&#0;",
    "&lol;",
    "_x0000_",
    "\u202e",
    "x" * 40_000,
)


def mutants(content: bytes, random: Random, number: int) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(number):
        changed = dict(parts)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            name = _favoured(changed, random)
            if random.random() < 0.1:
                _change_package(changed, name, random)
            else:
                changed[name] = _damaged(changed[name], random)
        made = zipped(changed)
        yield _flipped(made, random) if random.random() < 0.1 else made


def _favoured(parts: dict[str, bytes], random: Random) -> str:
    """Sheets, texts and the lists of parts more often than themes."""
    names = list(parts)
    return random.choices(names, [1 if "theme" in name or "docProps" in name else 6 for name in names])[0]


def _change_package(parts: dict[str, bytes], name: str, random: Random) -> None:
    match random.randrange(4):
        case 0:
            del parts[name]
            parts.setdefault("left", b"")
        case 1:
            parts[name.upper()] = parts.pop(name)
        case 2:
            parts[name] = parts[random.choice(list(parts))]
        case _:
            parts[f"xl/worksheets/{name}"] = parts[name]


def _damaged(part: bytes, random: Random) -> bytes:
    return random.choice(_DAMAGES)(part.decode("utf-8", "replace"), random).encode("utf-8", "surrogatepass")


def _tag(text: str, random: Random) -> re.Match[str] | None:
    tags = list(_TAG.finditer(text))
    return random.choice(tags) if tags else None


def _drop_a_tag(text: str, random: Random) -> str:
    found = _tag(text, random)
    return text[: found.start()] + text[found.end() :] if found else text


def _double_an_element(text: str, random: Random) -> str:
    found = _tag(text, random)
    if not found:
        return text
    end = text.find(f"</{found[2]}>", found.end())
    stop = end + len(found[2]) + 3 if end >= 0 else found.end()
    return text[:stop] + text[found.start() : stop] * random.choice((1, 1, 3)) + text[stop:]


def _change_an_attribute(text: str, random: Random) -> str:
    found = list(_ATTRIBUTE.finditer(text))
    if not found:
        return text
    one = random.choice(found)
    values = _KINDS if one[1] == "t" else _VALUES
    return f'{text[: one.start()]} {one[1]}="{random.choice(values)}"{text[one.end() :]}'


def _drop_an_attribute(text: str, random: Random) -> str:
    found = list(_ATTRIBUTE.finditer(text))
    one = random.choice(found) if found else None
    return text[: one.start()] + text[one.end() :] if one else text


def _change_a_number(text: str, random: Random) -> str:
    found = list(_NUMBER.finditer(text))
    one = random.choice(found) if found else None
    return text[: one.start()] + random.choice(_VALUES) + text[one.end() :] if one else text


def _put_in_a_text(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_TEXTS) + text[at:]


def _cut(text: str, random: Random) -> str:
    return text[: random.randrange(len(text) + 1)]


def _move_a_piece(text: str, random: Random) -> str:
    at, length, to = random.randrange(len(text) + 1), random.randrange(200), random.randrange(len(text) + 1)
    piece = text[at : at + length]
    rest = text[:at] + text[at + length :]
    return rest[:to] + piece + rest[to:]


_DAMAGES: tuple[Callable[[str, Random], str], ...] = (
    _drop_a_tag,
    _double_an_element,
    _change_an_attribute,
    _change_an_attribute,
    _drop_an_attribute,
    _change_a_number,
    _put_in_a_text,
    _cut,
    _move_a_piece,
)


def _flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randrange(1, 4)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)
