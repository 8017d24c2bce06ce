"""The cell styles of a workbook, as its styles part lists them: new ones are added at the end, none is changed.

A cell style is a number, the `s` of a cell. One that marks a problem keeps the style it hides as a named style, so that
the next run can give it back, also after an office program has saved the workbook and numbered everything anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.ooxml.xml_edit import Part, number_of, tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.workbook.ooxml.xml_edit import Element

_PARTS = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
_LISTS = ("numFmts", *_PARTS.values(), "cellStyleXfs", "cellXfs", "cellStyles")
_WEIGHT_AND_COLOUR = re.compile(rb"<(?:b|color)(?:\s[^<>]*)?/>")
_FIRST_OWN_FORMAT = 164  # lower numbers are built in
_MOST_STYLES = 60_000  # Excel bears 64,000
_HIDDEN_STYLE = "Loader mark"  # how the named styles begin that keep what a mark hides
# the fill and the border of a mark in results that are a new workbook, which has no such named styles
_FILLS_AND_BORDERS = ((b"F8CBAD", b"9C2A00"), (b"FFF2CC", b"7F6000"))


@dataclass(frozen=True, slots=True)
class _Xf:
    """One cell style: which font, fill, border and number format; alignment and protection are inside."""

    attributes: Mapping[str, str]
    inside: bytes

    def number(self, name: str) -> int:
        return number_of(self.attributes.get(name, "0"))

    def changed(self, changes: Mapping[str, int | None]) -> _Xf:
        attributes = {**self.attributes, **{name: str(value) for name, value in changes.items() if value is not None}}
        for name, value in changes.items():
            if value is None:
                attributes.pop(name, None)
            elif name != "xfId":
                attributes[f"apply{'NumberFormat' if name == 'numFmtId' else name[:-2].capitalize()}"] = "1"
        return _Xf(attributes, self.inside)

    def written(self) -> bytes:
        if not self.inside:
            return tag("xf", self.attributes)
        return tag("xf", self.attributes, closed=False) + self.inside + b"</xf>"


class Styles:
    def __init__(self, xml: bytes) -> None:
        if xml.count(b"<xf ") > 2 * _MOST_STYLES:  # of cells and of named styles: no room for ours, as is seen at once
            raise Unfit
        self._part = part = Part(xml, root="styleSheet")
        inside: dict[str, list[Element]] = {name: [] for name in _LISTS}
        for element in part.elements:
            owner = element.path.rpartition("/")[0].removeprefix("styleSheet/")
            if owner in inside:
                inside[owner].append(element)
        self._lists = {name: [part.whole(element) for element in elements] for name, elements in inside.items()}
        self._places = {name: _first_places(self._lists[name]) for name in _PARTS.values()}
        self._sizes = {name: len(entries) for name, entries in self._lists.items()}
        if not all(self._sizes[name] for name in (*_PARTS.values(), "cellStyleXfs", "cellXfs")):
            raise Unfit
        self._formats = {
            number_of(it.attributes.get("numFmtId", "")): it.attributes.get("formatCode", "")
            for it in inside["numFmts"]
        }
        self._xfs = [_Xf(element.attributes, part.inside(element)) for element in inside["cellXfs"]]
        self._hidden = [_Xf(element.attributes, part.inside(element)) for element in inside["cellStyleXfs"]]
        self._names = {
            it.attributes.get("name", ""): number_of(it.attributes.get("xfId", "0")) for it in inside["cellStyles"]
        }
        self._known = _first_places(self._lists["cellXfs"])
        self._kept = {
            self._lists["cellStyleXfs"][number]: number
            for number in sorted(self._ours(), reverse=True)
            if number < self._sizes["cellStyleXfs"]
        }
        self._next_name = 1
        self._marked: dict[tuple[int, int], int] = {}
        self.unmarked = self._styles_under_marks()

    def take_over(self, other: Styles) -> list[int]:
        """Add all cell styles of another workbook; their new numbers, in the old order."""
        placed = {name: [self._place(name, entry) for entry in other._lists[name]] for name in _PARTS.values()}
        taken = []
        for xf in other._xfs:
            parts = {key: placed[name][xf.number(key)] for key, name in _PARTS.items()}
            number_format = xf.number("numFmtId")
            if code := other._formats.get(number_format):
                number_format = self._format(code)
            taken.append(self._add(xf.changed({**parts, "numFmtId": number_format, "xfId": 0})))
        return taken

    def marked(self, style: int, mark: int) -> int:
        """A style with the fill, the border and the font's weight and colour of a mark; all else stays its own."""
        if max(style, mark) >= len(self._xfs):
            raise Unfit
        if (style, mark) not in self._marked:
            own, marking = self._xfs[style], self._xfs[mark]
            parts: dict[str, int | None] = {name: marking.number(name) for name in _PARTS}
            parts["fontId"] = self._marked_font(own.number("fontId"), marking.number("fontId"))
            parts["xfId"] = self._keep(own)
            self._marked[style, mark] = self._add(own.changed(parts))
        return self._marked[style, mark]

    def edited(self) -> bytes:
        for name, entries in self._lists.items():
            added = entries[self._sizes[name] :]
            element = self._part.first(f"styleSheet/{name}")
            if added and element is not None and not element.blank:
                self._part.retag(element, count=str(len(entries)))
                self._part.append(element, b"".join(added))
            elif added:
                whole = [tag(name, {"count": str(len(entries))}, closed=False), *added, f"</{name}>".encode()]
                if element is not None:
                    self._part.replace(element, b"".join(whole))
                else:  # number formats come first, named styles behind the cell styles
                    xfs = self._part.first("styleSheet/cellXfs")
                    at = self._part.root.inside if name == "numFmts" or xfs is None else xfs.end
                    self._part.insert(at, b"".join(whole))
        return self._part.edited()

    def _place(self, name: str, entry: bytes) -> int:
        entries, places = self._lists[name], self._places[name]
        if entry not in places:
            places[entry] = len(entries)
            entries.append(entry)
        return places[entry]

    def _marked_font(self, own: int, mark: int) -> int:
        fonts = self._lists["fonts"]
        if own >= len(fonts):
            raise Unfit
        marked = b"".join(found[0] for found in _WEIGHT_AND_COLOUR.finditer(fonts[mark]))
        font = _WEIGHT_AND_COLOUR.sub(b"", fonts[own])
        if not font.startswith(b"<font>"):  # an empty one, or with attributes nobody knows
            return mark
        return self._place("fonts", b"<font>" + marked + font.removeprefix(b"<font>"))

    def _format(self, code: str) -> int:
        for number, known in self._formats.items():
            if known == code:
                return number
        number = max([_FIRST_OWN_FORMAT - 1, *self._formats]) + 1
        self._formats[number] = code
        self._lists["numFmts"].append(tag("numFmt", {"numFmtId": str(number), "formatCode": code}))
        return number

    def _add(self, xf: _Xf) -> int:
        written = xf.written()
        if written not in self._known:
            if len(self._xfs) >= _MOST_STYLES:
                raise Unfit
            self._known[written] = len(self._xfs)
            self._lists["cellXfs"].append(written)
            self._xfs.append(xf)
        return self._known[written]

    def _keep(self, own: _Xf) -> int:
        """The number of the named style that keeps a cell style."""
        kept, styles = own.changed({"xfId": None}).written(), self._lists["cellStyleXfs"]
        if kept in self._kept:
            return self._kept[kept]
        styles.append(kept)
        self._kept[kept] = number = len(styles) - 1
        while (name := f"{_HIDDEN_STYLE} {self._next_name}") in self._names:
            self._next_name += 1
        self._names[name] = number
        self._lists["cellStyles"].append(tag("cellStyle", {"name": name, "xfId": str(number)}))
        return number

    def _ours(self) -> set[int]:
        return {number for name, number in self._names.items() if name.startswith(_HIDDEN_STYLE)}

    def _styles_under_marks(self) -> Mapping[int, int]:
        """The cell styles that mark a problem of an earlier run, and those they hide."""
        ours = self._ours()
        found = {}
        for style, xf in enumerate(tuple(self._xfs)):
            named = xf.number("xfId")
            if named in ours and named < len(self._hidden):
                parts = {name: self._hidden[named].number(name) for name in _PARTS}
                found[style] = self._add(xf.changed({**parts, "xfId": 0}))
            elif self._is_a_mark(xf):
                found[style] = self._add(xf.changed({**dict.fromkeys(_PARTS, 0), "xfId": 0}))
        return found

    def _is_a_mark(self, xf: _Xf) -> bool:
        fills, borders = self._lists["fills"], self._lists["borders"]
        fill, border = xf.number("fillId"), xf.number("borderId")
        if fill >= len(fills) or border >= len(borders):
            raise Unfit
        return any(colour in fills[fill] and line in borders[border] for colour, line in _FILLS_AND_BORDERS)


def _first_places(entries: Sequence[bytes]) -> dict[bytes, int]:
    return {entry: number for number, entry in reversed([*enumerate(entries)])}
