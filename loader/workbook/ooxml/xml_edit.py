"""A small XML part as bytes with a map: a few places change, and the rest stays as it is, byte for byte."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat

from loader.workbook.ooxml.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_LARGEST = 32_000_000  # bytes of a part that is held in memory
_MOST_DIGITS = 10
_MOST_ELEMENTS = 300_000
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|#[0-9]{1,9}|#[xX][0-9A-Fa-f]{1,8});")
# xml.sax.saxutils has the same, and brings urllib and ssl along into a process that only reads
_QUOTED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
)
_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_ENCODING = re.compile(rb"""^\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)""")


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element stands: its tag begins at `start`, what it holds at `inside` and ends at `until`."""

    name: str
    attributes: Mapping[str, str]
    start: int
    inside: int
    until: int
    end: int
    path: str  # of its parents and itself: "worksheet/sheetViews/sheetView"

    @property
    def blank(self) -> bool:
        return self.inside == self.end


class Part:
    """One XML part. Changes are collected and made at once by `edited`."""

    def __init__(self, xml: bytes, *, deepest: int = 3, root: str = "") -> None:
        """Unfit where it is none of the usual ones: prefixed names, another namespace, another encoding."""
        found = _ENCODING.match(xml)
        if len(xml) > _LARGEST or (found and found[1].lower() not in (b"utf-8", b"us-ascii")):
            raise Unfit
        self.xml = xml
        self.elements = list(_elements(xml, deepest))
        self._changes: list[tuple[int, int, bytes]] = []
        if root and (self.root.name != root or self.root.attributes.get("xmlns") != MAIN):
            raise Unfit

    @property
    def root(self) -> Element:
        return self.elements[0]

    def all(self, path: str) -> Iterator[Element]:
        return (element for element in self.elements if element.path == path)

    def first(self, path: str) -> Element | None:
        return next(self.all(path), None)

    def inside(self, element: Element) -> bytes:
        return self.xml[element.inside : element.until]

    def whole(self, element: Element) -> bytes:
        return self.xml[element.start : element.end]

    def replace(self, element: Element, new: bytes) -> None:
        self._changes.append((element.start, element.end, new))

    def insert(self, at: int, new: bytes) -> None:
        self._changes.append((at, at, new))

    def append(self, element: Element, new: bytes) -> None:
        """Put it before the end of an element, which may be written without one."""
        if element.blank:
            opened = self.whole(element)[:-2].rstrip()
            self.replace(element, opened + b">" + new + f"</{element.name}>".encode())
        else:
            self.insert(element.until, new)

    def retag(self, element: Element, **changes: str | None) -> None:
        """Change attributes of an element, and leave alone what it holds. None takes one away."""
        attributes = {**element.attributes, **changes}
        kept = {name: value for name, value in attributes.items() if value is not None}
        self._changes.append((element.start, element.inside, tag(element.name, kept, closed=element.blank)))

    def edited(self) -> bytes:
        pieces, at = [], 0
        for start, end, new in sorted(self._changes, key=lambda change: change[:2]):
            if start < at:
                raise Unfit
            pieces += [self.xml[at:start], new]
            at = end
        return b"".join([*pieces, self.xml[at:]])


def tag(name: str, attributes: Mapping[str, str], *, closed: bool = True) -> bytes:
    written = "".join(f" {key}={_quoted(value)}" for key, value in attributes.items())
    return f"<{name}{written}{'/' if closed else ''}>".encode()


def between_tags(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()


def text_of(between: bytes) -> str:
    """The way back, however it is spelled."""
    return _REFERENCE.sub(_letter, between.decode(errors="replace"))


def _letter(reference: re.Match[str]) -> str:
    digits = reference[1]
    if digits in _NAMED:
        return _NAMED[digits]
    number = int(digits[1:]) if digits[1:].isdigit() else int(f"0{digits[1:]}", 16)
    return chr(number) if number <= sys.maxunicode else reference[0]


def number_of(digits: str) -> int:
    """Unfit where they are no whole number that a workbook can have."""
    if not (digits.isascii() and digits.isdigit() and len(digits) < _MOST_DIGITS):
        raise Unfit
    return int(digits)


def _quoted(value: str) -> str:
    return f'"{value.translate(_QUOTED)}"'


def _elements(xml: bytes, deepest: int) -> Iterator[Element]:
    """All elements down to a depth, in the order in which they begin."""
    found: list[Element | None] = []
    opened: list[tuple[int, str, Mapping[str, str], int]] = []
    path: list[str] = []
    depth = 0
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest:
            return
        if len(found) > _MOST_ELEMENTS:
            raise Unfit
        path.append(name)
        opened.append((len(found), sys.intern("/".join(path)), attributes, parser.CurrentByteIndex))
        found.append(None)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth >= deepest:
            return
        place, where, attributes, at = opened.pop()
        path.pop()
        head = _START_TAG.match(xml, at)
        if head is None:
            raise Unfit
        until = head.end() if head[1] else parser.CurrentByteIndex
        after = head.end() if head[1] else xml.index(b">", until) + 1
        found[place] = Element(name, attributes, at, head.end(), until, after, where)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise Unfit from error
    return (element for element in found if element is not None)
