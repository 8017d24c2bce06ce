"""What a cell's number format makes of its value: the readers give the value alone."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.workbook.ooxml.package import Package


class Shown(StrEnum):
    """How a number is shown, where that is not as a plain number."""

    PERCENTAGE = "percentage"
    MONEY = "amount of money"
    DATE = "date or time"


# formats that have a number only (ECMA-376, part 1, 18.8.30)
_BUILT_IN = {
    **dict.fromkeys((9, 10), Shown.PERCENTAGE),
    **dict.fromkeys((5, 6, 7, 8, 42, 44), Shown.MONEY),
    **dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), Shown.DATE),
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_CURRENCY = re.compile(r"[$\u00a2-\u00a5\u058f\u060b\u09f2\u09f3\u0e3f\u17db\u20a0-\u20cf\ufdfc]")
_CURRENCY_TAG = re.compile(r"\[\$[^\]\-]")  # [$EUR], [$kr-41D]; [$-409] is a language only
_CLOCK = re.compile(r"[dmyhs]", re.IGNORECASE)
_CLOCK_TAG = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def shown_by(code: str) -> Shown | None:
    """What a number format makes of a number."""
    if _CURRENCY_TAG.search(code) or _CURRENCY.search(_IN_BRACKETS.sub("", code)):
        return Shown.MONEY
    plain = _LITERAL.sub("", code)
    bare = _IN_BRACKETS.sub("", plain)
    if "%" in bare:
        return Shown.PERCENTAGE
    if _CLOCK_TAG.search(plain) or _CLOCK.search(bare.replace("General", "")):
        return Shown.DATE
    return None


def styles_of(package: Package) -> Mapping[int, Shown]:
    """The styles of the workbook that show a number as something else, by the number cells refer to them with."""
    part = package.styles_part()
    if not part:
        return {}
    codes: dict[str, str] = {}
    used: list[str] = []
    of_cells = False

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal of_cells
        of_cells |= name == "cellXfs"
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and of_cells:
            used.append(attributes.get("numFmtId", "0"))

    def end(name: str) -> None:
        nonlocal of_cells
        of_cells &= name != "cellXfs"

    package.walk(package.inflated(part), start=start, end=end)
    return {number: shown for number, key in enumerate(used) if (shown := _shown(key, codes))}


def _shown(key: str, codes: Mapping[str, str]) -> Shown | None:
    if key in codes:
        return shown_by(codes[key])
    return _BUILT_IN.get(int(key)) if key.isascii() and key.isdigit() and len(key) < 4 else None  # noqa: PLR2004
