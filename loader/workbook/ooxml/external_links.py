"""What in a workbook reaches out of it, or runs something: it does not come along into the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.workbook.ooxml.xml_edit import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loader.workbook.ooxml.package_copy import Parts

# another workbook, another program, the network
REACHES_OUT = re.compile(
    rb"\[[0-9]+\]|\||(?:WEBSERVICE|RTD|CALL|REGISTER(?:\.ID)?|DDE|EXEC|SQL\.REQUEST|IMAGE|STOCKHISTORY"
    rb"|IMPORT[A-Z]+|CUBE[A-Z]+)\s*\(",
    re.IGNORECASE,
)
_FORMULA = re.compile(rb"<f(?:\s[^<>]*)?(?:/>|>([^<]*)</f>)")
_OTHER_SPELLING = re.compile(rb"<(?!xm:)[A-Za-z_][\w.-]*:f[\s/>]|<!")
_SOURCE = re.compile(rb"<(?:\w+:)?f>\s*'?\[")
_MORE = re.compile(rb'(<c\s[^<>]*?)\s(?:cm|vm)="[^"]*"')
_LONGEST_ROW = 8 << 20  # bytes
_OVERLAP = 1 << 14  # bytes; a formula is shorter


def keep_inside(parts: Parts, own_sheet: str) -> list[str]:
    """The sheets to be written without their formulas. Unfit where something that reaches out cannot be taken away."""
    bare = []
    for name, carried in parts.by_name.items():
        match carried.word:
            case "worksheet" if name != own_sheet and _reaches_out(parts.blocks(name)):
                bare.append(name)
            case "chart" | "chartEx" if any(_SOURCE.search(block) for block in parts.blocks(name)):
                raise Unfit
            case "vmlDrawing" if b"FmlaMacro" in parts.text(name):
                raise Unfit
            case "pivotCacheDefinition" if b'type="worksheet"' not in parts.text(name):
                raise Unfit
            case _:
                pass
    return bare


def _reaches_out(blocks: Iterable[bytes]) -> bool:
    tail, found = b"", False
    for block in blocks:
        seen = tail + block
        if _OTHER_SPELLING.search(seen):
            raise Unfit
        found = found or any(REACHES_OUT.search(formula[1] or b"") for formula in _FORMULA.finditer(seen))
        tail = seen[-_OVERLAP:]
    return found


def without_formulas(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The values that were saved stay."""
    pending = b""
    for block in blocks:
        pending += block
        end = pending.rfind(b"<row")
        if end > 0:
            yield _MORE.sub(rb"\1", _FORMULA.sub(b"", pending[:end]))
            pending = pending[end:]
        elif len(pending) > _LONGEST_ROW:
            raise Unfit
    yield _MORE.sub(rb"\1", _FORMULA.sub(b"", pending))
