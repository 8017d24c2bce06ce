"""What a sheet's XML says its cells are, counted without a line of the loader's: by zipfile and ElementTree."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import isclose
from xml.etree import ElementTree as ET

Cell = tuple[int, int]
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Filled:
    kind: str
    text: str


class Book:
    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = {_key(name): name for name in self._archive.namelist()}
        book = self._related("", "officeDocument").get("", "xl/workbook.xml")
        self._parts = self._related(book, None)
        root = self._xml(book)
        self.epoch = datetime.fromisoformat("1904-01-01" if _is_1904(root) else "1899-12-30")
        self.sheets: dict[str, str] = {}
        for sheet in _all(root, "sheet"):
            identity = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            self.sheets[sheet.get("name", "")] = self._parts.get(identity, "")
        texts = self._related(book, "sharedStrings").get("", "")
        self._texts = [_text(item) for item in _all(self._xml(texts), "si")] if _key(texts) in self._names else []

    def filled(self, title: str) -> dict[Cell, Filled]:
        """All cells of a sheet that have a value; of two at one address the first."""
        found: dict[Cell, Filled] = {}
        row = column = 0
        for element in self._xml(self.sheets[title]).iter():
            if _local(element) == "row":
                stated = element.get("r", "")  # what is no number is none
                row, column = int(stated) if stated.isdecimal() else row + 1, 0
            elif _local(element) == "c":
                at_row, column = _address(element.get("r"), row, column + 1)
                value = self._value(element)
                if value and value.text:
                    found.setdefault((at_row, column), value)
        return found

    def _value(self, cell: ET.Element) -> Filled | None:
        kind = cell.get("t", "n")
        inline = next(_all(cell, "is"), None)
        if inline is not None:
            return Filled("str", _text(inline))
        value = next(_all(cell, "v"), None)
        text = "".join(value.itertext()) if value is not None else ""
        if kind == "s":
            index = int(text)
            return Filled("str", self._texts[index]) if 0 <= index < len(self._texts) else Filled("odd", text)
        return Filled("str" if kind in {"str", "inlineStr"} else kind, _unescaped(text) if kind == "str" else text)

    def _xml(self, part: str) -> ET.Element:
        return _parsed(self._archive.read(self._names[_key(part)]))

    def _related(self, part: str, kind: str | None) -> dict[str, str]:
        folder, base = posixpath.split(part)
        name = _key(posixpath.join(folder, "_rels", f"{base}.rels"))
        found: dict[str, str] = {}
        if name in self._names:
            for relation in _all(_parsed(self._archive.read(self._names[name])), "Relationship"):
                target = relation.get("Target", "").replace("\\", "/")
                full = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else posixpath.normpath(f"{folder}/{target}").lstrip("/")
                )
                if kind is None:
                    found[relation.get("Id", "")] = full
                elif relation.get("Type", "").endswith(f"/{kind}"):
                    found[""] = full
        return found


def same(expected: Filled, given: object, epoch: datetime) -> bool:  # noqa: PLR0911 - one for each kind
    """Whether a value that was read is what the XML says."""
    match expected.kind, given:
        case "b", bool():
            return given is (expected.text in {"1", "true", "TRUE"})
        case (("n" | "d"), str()):
            return given.strip() == expected.text.strip()
        case "str", str():
            return given.strip() == expected.text.replace("\r\n", "\n").strip()
        case "n", int() | float():
            return isclose(float(given), float(expected.text), rel_tol=1e-15, abs_tol=0) or given == float(
                expected.text
            )
        case "n", datetime() | time() | timedelta():
            return isclose(_serial(given, epoch), float(expected.text), rel_tol=0, abs_tol=1e-7)
        case "d", datetime() | time():
            return expected.text.rstrip("Z").removesuffix(".000") in {given.isoformat(), f"{given:%Y-%m-%d}"}
        case _:
            return False


def _serial(value: datetime | time | timedelta, epoch: datetime) -> float:
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time):
        return (datetime.combine(epoch.date(), value) - datetime.combine(epoch.date(), time())) / timedelta(days=1)
    days = (value - epoch) / timedelta(days=1)
    return days - 1 if epoch.year == 1899 and days < 61 else days  # before the 29 February 1900 that never was


def _parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 - of files that were admitted: they declare no entities


def _text(item: ET.Element) -> str:
    words: list[str] = []
    for element in item:
        if _local(element) == "t":
            words.append(_trimmed(element))
        elif _local(element) == "r":
            words.extend(_trimmed(text) for text in _all(element, "t"))
    return _unescaped("".join(words))


def _trimmed(text: ET.Element) -> str:
    whole = "".join(text.itertext())
    kept = text.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
    return whole if kept else whole.strip(" \t\r\n")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _address(reference: str | None, row: int, column: int) -> Cell:
    found = re.fullmatch(r"([A-Za-z]+)([0-9]+)", reference or "")
    if not found:
        return row, column
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - 64
    return int(found[2]), number


def _is_1904(root: ET.Element) -> bool:
    return any(element.get("date1904") in {"1", "true"} for element in _all(root, "workbookPr"))


def _all(root: ET.Element, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (element for element in root.iter() if _local(element) == name)


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _key(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").casefold()
