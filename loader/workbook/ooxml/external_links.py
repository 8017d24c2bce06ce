"""What in a workbook reaches out of it, or runs something: it does not come along into the results.

Formulas are judged by what they say, not by how that is spelled: known functions only, less those that reach out, and
sheets of this workbook only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openpyxl.utils import FORMULAE

from loader.workbook.ooxml.unfit import Ending, Unfit
from loader.workbook.ooxml.xml_edit import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from loader.workbook.ooxml.package_copy import Parts

# the network, other programs, other files, code; HYPERLINK sends what cells hold to whoever is linked
_REACHING = re.compile(
    r"WEBSERVICE|RTD|CALL|REGISTER(\.ID)?|DDE\w*|EXEC\w*|SQL\..*|IMAGE|STOCKHISTORY|HYPERLINK|PY|EVALUATE|FILES?|INFO"
    r"|COPILOT|TRANSLATE|DETECTLANGUAGE|IMPORT\w*|CUBE\w*|GET\.\w*|[A-Z]*\.?OPEN\w*"
)
_PREFIX = re.compile(r"(_xlfn\.|_xlws\.|_xludf\.)+", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"]|"")*+"')
_ERROR = re.compile(r"#[A-Z_/0]++[!?]?+")
_SHEETS = re.compile(r"(?:'((?:[^']|'')*+)'|([^\s'!\"(){},;+\-*/^&<>=]++))\s*+!")
_OTHER_BOOK = re.compile(r"(?<![\w\]])\[[0-9]+\]")
_CALLED = re.compile(r"([^\W\d][\w.\\]*+)\s*+\(")

_FORMULA = re.compile(rb"<f(?:\s[^<>]*+)?(?:/>|>([^<]*+)</f>)")
# whatever holds a formula, in cells, formats, validations, tables, charts and drawings, with any prefix
_ANY_FORMULA = re.compile(
    rb"<(?:[\w.-]++:)?(f|formula[12]?|calculatedColumnFormula|totalsRowFormula|Fmla\w*)(?:\s[^<>]*+)?>([^<]*+)<"
)
_OF_A_CONTROL = re.compile(rb"\sfmla\w++\s*=\s*[\"']([^\"']*+)")
_RUNS = re.compile(
    rb"<(?:[\w.-]++:)?webPublish|\s(?:macro|textlink|fmlaMacro)\s*=\s*(?:\"[^\"]|'[^'])|<(?:[\w.-]++:)?FmlaMacro"
)
_OTHER_SPELLING = re.compile(rb"<(?!xm:)[A-Za-z_][\w.-]*:f[\s/>]|<!")
_MORE = re.compile(rb'(<c\s[^<>]*?)\s(?:cm|vm)="[^"]*"')
_WITH_FORMULAS = frozenset(
    {"chart", "chartEx", "chartUserShapes", "drawing", "vmlDrawing", "table", "pivotTable", "ctrlProp", "rdRichValue"}
)
_LONGEST_ROW = 8 << 20  # bytes
_OVERLAP = 1 << 15  # bytes; a formula is shorter


def reaches_out(formula: str, titles: Collection[str]) -> bool:
    """Whether a formula, as somebody reads it, asks for more than this workbook, whose sheets have these titles."""
    bare = _ERROR.sub("0", _TEXT.sub('""', formula))
    if "|" in bare or "\\\\" in bare:
        return True
    known = {title.casefold() for title in titles}
    for quoted, plain in _SHEETS.findall(bare):
        named = quoted.replace("''", "'") or plain.removeprefix("$")
        if named.casefold() not in known and not known.issuperset(it.casefold() for it in named.split(":")):
            return True
    rest = _SHEETS.sub("", bare)
    return "!" in rest or bool(_OTHER_BOOK.search(rest)) or not all(map(_is_harmless, _CALLED.findall(rest)))


def _is_harmless(name: str) -> bool:
    own = _PREFIX.sub("", name).upper()
    known = bool(own in FORMULAE) or (own != name.upper() and "_XLUDF" not in name.upper())
    return known and not _REACHING.fullmatch(own)


def keep_inside(parts: Parts, own_sheet: str, titles: Collection[str]) -> list[str]:
    """The sheets to be written without their formulas. Unfit where something that reaches out cannot be taken away."""
    bare = []
    for name, carried in parts.by_name.items():
        if carried.word == "worksheet":
            if _examined(parts.blocks(name), titles, cells=name != own_sheet):
                bare.append(name)
        elif carried.word in _WITH_FORMULAS:
            _check(parts.text(name), titles)
        elif carried.word == "pivotCacheDefinition" and b'type="worksheet"' not in parts.text(name):
            raise Unfit
    return bare


def _check(xml: bytes, titles: Collection[str]) -> None:
    """Unfit where a formula anywhere in it reaches out, or it names something to run."""
    if _RUNS.search(xml):
        raise Unfit(Ending.CONTROLS)
    if b"<!" in xml:
        raise Unfit
    formulas = [*(formula for _, formula in _ANY_FORMULA.findall(xml)), *_OF_A_CONTROL.findall(xml)]
    if any(reaches_out(text_of(formula), titles) for formula in formulas):
        raise Unfit(Ending.REACHES_OUT)


def _examined(blocks: Iterable[bytes], titles: Collection[str], *, cells: bool) -> bool:
    """Whether formulas of cells reach out; Unfit where others of the sheet do."""
    seen, found, harmless = b"", False, set[bytes]()
    outside = True  # of the rows
    for block in blocks:
        seen += block
        if cells and _OTHER_SPELLING.search(seen):
            raise Unfit
        if outside and (begin := seen.find(b"<sheetData")) >= 0:
            _check(seen[:begin], titles)
            seen, outside = seen[begin:], False
        if not outside:
            end = seen.rfind(b"</sheetData")
            rows = seen if end < 0 else seen[:end]
            for formula in _FORMULA.finditer(rows) if cells and not found else ():
                text = formula[1] or b""
                if text not in harmless:
                    found = found or reaches_out(text_of(text), titles)
                    harmless.add(text)
            if end < 0:
                seen = seen[-_OVERLAP:]
            else:
                seen, outside = seen[end:], True
        elif len(seen) > _LONGEST_ROW:
            raise Unfit
    _check(seen, titles)
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
