"""The list of a workbook's sheets and names: ours are put in, and what points out of the workbook is taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.workbook.ooxml.external_links import reaches_out
from loader.workbook.ooxml.sheet_part import relation_key
from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.ooxml.xml_edit import RELATIONS, Part, between_tags, number_of, tag, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


# hidden names that say which sheets are ours, whatever they are called by then
OUR_SHEETS = {"Problems": "CampaignLoader.Problems", "Summary": "CampaignLoader.Summary"}
_FILTER = "_xlnm._FilterDatabase"
_TRUE = frozenset({"1", "true", "on"})
_OF_A_SHEET = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!")


class Book:
    """`xml` is the workbook part. Sheets are named by their place in the list, from 0."""

    def __init__(self, xml: bytes) -> None:
        self._part = Part(xml, root="workbook")
        self._sheets = list(self._part.all("workbook/sheets/sheet"))
        self._names = list(self._part.all("workbook/definedNames/definedName"))
        properties = self._part.first("workbook/workbookPr")
        calculation = self._part.first("workbook/calcPr")
        self.awaits_calculation = calculation is not None and calculation.attributes.get("fullCalcOnLoad") in _TRUE
        self.counts_from_1904 = properties is not None and properties.attributes.get("date1904") in _TRUE

    def titles(self) -> Sequence[str]:
        return [sheet.attributes.get("name", "") for sheet in self._sheets]

    def key(self, number: int) -> str:
        return relation_key(self._sheets[number])

    def ours(self) -> Mapping[str, int]:
        """Our sheets of an earlier run, by what they are."""
        meant = {it.attributes.get("name", ""): _title_in(text_of(self._part.inside(it))) for it in self._names}
        titles = self.titles()
        return {what: titles.index(meant[name]) for what, name in OUR_SHEETS.items() if meant.get(name) in titles}

    def edited(
        self, own: Sequence[int], gone: Sequence[int], added: Sequence[tuple[str, str, str]], filtered: str | None
    ) -> bytes:
        """The list with `added` (what, title, relation) right behind the user's sheets, and without those gone.

        `own`: the user's sheets, the one that is written first; `filtered`: the range of it that has a filter now,
        None where that has not changed.
        """
        staying = [number for number in range(len(self._sheets)) if number not in gone]
        place = max(map(staying.index, own)) + 1
        moved = {number: at + (len(added) if at >= place else 0) for at, number in enumerate(staying)}
        ids = max(number_of(sheet.attributes.get("sheetId", "0")) for sheet in self._sheets)
        lines = [self._part.whole(self._sheets[number]) for number in staying]
        lines[place:place] = [
            tag("sheet", {"name": title, "sheetId": str(ids + n), "xmlns:r": RELATIONS, "r:id": key})
            for n, (_, title, key) in enumerate(added, 1)
        ]
        listed = self._part.first("workbook/sheets")
        if listed is None:
            raise Unfit
        self._part.replace(listed, b"<sheets>" + b"".join(lines) + b"</sheets>")
        self._edit_names(own[0], moved, added, filtered)
        self._edit_views(moved)
        return self._part.edited()

    def _edit_names(
        self, own: int, moved: Mapping[int, int], added: Sequence[tuple[str, str, str]], filtered: str | None
    ) -> None:
        written = []
        for element in self._names:
            at = element.attributes
            local = number_of(at["localSheetId"]) if "localSheetId" in at else None
            ours = at.get("name") in OUR_SHEETS.values() or (filtered and at.get("name") == _FILTER and local == own)
            runs = any(at.get(kind) in _TRUE for kind in ("function", "vbProcedure", "xlm"))
            if (
                ours
                or runs
                or (local is not None and local not in moved)
                or reaches_out(text_of(self._part.inside(element)), self.titles())
            ):
                continue
            changed = {**at, **({} if local is None else {"localSheetId": str(moved[local])})}
            written.append(tag("definedName", changed, closed=False) + self._part.inside(element) + b"</definedName>")
        if filtered:
            written.append(_name(_FILTER, self.titles()[own], filtered, local=moved[own]))
        written += [_name(OUR_SHEETS[what], title, "A1") for what, title, _ in added]
        names = b"<definedNames>" + b"".join(written) + b"</definedNames>"
        existing = self._part.first("workbook/definedNames")
        if existing is not None:
            self._part.replace(existing, names)
        else:
            before = self._part.first("workbook/externalReferences") or self._part.first("workbook/sheets")
            assert before is not None  # noqa: S101 - the sheets have been seen
            self._part.insert(before.end, names)

    def _edit_views(self, moved: Mapping[int, int]) -> None:
        for name in ("externalReferences", "oleSize", "fileRecoveryPr"):
            if element := self._part.first(f"workbook/{name}"):
                self._part.replace(element, b"")
        for view in self._part.all("workbook/bookViews/workbookView"):
            places = {
                name: str(moved.get(number_of(view.attributes[name]), 0))
                for name in ("activeTab", "firstSheet")
                if name in view.attributes
            }
            self._part.retag(view, **places)
        if calculation := self._part.first("workbook/calcPr"):  # what other sheets count in this one has changed
            self._part.retag(calculation, fullCalcOnLoad="1")


def _name(name: str, title: str, ref: str, *, local: int | None = None) -> bytes:
    attributes = {"name": name, **({} if local is None else {"localSheetId": str(local)}), "hidden": "1"}
    absolute = re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", ref)
    quoted = title.replace("'", "''")
    return tag("definedName", attributes, closed=False) + between_tags(f"'{quoted}'!{absolute}") + b"</definedName>"


def _title_in(reference: str) -> str:
    found = _OF_A_SHEET.match(reference)
    return (found[1] or found[2]).replace("''", "'") if found else ""
