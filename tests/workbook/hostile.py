"""Workbooks that strangers may send, built here so that the tests need no others: small ones that want much."""

from __future__ import annotations

import io
import struct
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING

from tests.workbook.conftest import HEADERS, VALUES
from tests.workbook.raw import MAIN, RELATIONS, SHEET, cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Parts = dict[str, str | bytes]
_RELATIONS_OF_BOOK = "xl/_rels/workbook.xml.rels"


def row_of(number: int, texts: Iterable[object]) -> str:
    cells = (cell(f"{letter}{number}", str(text)) for letter, text in zip("ABCDEFGHIJ", texts, strict=True))
    return f'<row r="{number}">{"".join(cells)}</row>'


HEADER, ROW = row_of(1, HEADERS), row_of(2, VALUES)
GOOD = HEADER + ROW


def sheet(rows: str = "", *, before: str = "", after: str = "") -> Parts:
    """A good sheet with something more in it."""
    return parts(sheet_xml(GOOD + rows, before=before, after=after))


def related(content: Parts, kind: str, target: str) -> Parts:
    more = f'<Relationship Id="rId{len(content) + 10}" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    content[_RELATIONS_OF_BOOK] = str(content[_RELATIONS_OF_BOOK]).replace("</Relationships>", more)
    return content


def shared(content: Parts, texts: str) -> Parts:
    related(content, "sharedStrings", "sharedStrings.xml")
    return {**content, "xl/sharedStrings.xml": f"<sst {MAIN}>{texts}</sst>"}


def styled(content: Parts, styles: str) -> Parts:
    related(content, "styles", "styles.xml")
    return {**content, "xl/styles.xml": f"<styleSheet {MAIN}><cellXfs>{styles}</cellXfs></styleSheet>"}


def strict(content: Parts) -> Parts:
    """ISO's own namespaces instead of the usual ones."""
    theirs = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
        RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    changed: Parts = {}
    for name, part in content.items():
        text = str(part)
        for usual, strictly in theirs.items():
            text = text.replace(usual, strictly)
        changed[name] = text
    return changed


def lying_directory() -> bytes:
    """The list at the end says that a part of 30 MB unpacks to ten bytes."""
    content = zipped({**sheet(), SHEET: sheet_xml(GOOD + " " * 30_000_000)})
    size = struct.pack("<I", len(sheet_xml(GOOD)) + 30_000_000)
    return content.replace(size, struct.pack("<I", 10))


def overlapping() -> bytes:
    """Two entries in the list at the end, one and the same packed bytes."""
    content = zipped(sheet())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    at = content.rindex(b"PK\x01\x02")  # of the last entry, which is the sheet
    entry = content[at : content.rindex(b"PK\x05\x06")]
    again = entry.replace(SHEET.encode(), SHEET.replace("sheet1", "sheet2").encode())
    end = bytearray(content[content.rindex(b"PK\x05\x06") :])
    end[8:12] = struct.pack("<HH", len(names) + 1, len(names) + 1)
    size = struct.unpack("<I", end[12:16])[0] + len(again)
    end[12:16] = struct.pack("<I", size)
    return content[: at + len(entry)] + again + bytes(end)


def many_entries() -> bytes:
    return zipped({**sheet(), **{f"xl/media/{number}.xml": "" for number in range(12_000)}}, method=zipfile.ZIP_STORED)


def backslashes() -> bytes:
    return zipped({name.replace("/", "\\"): part for name, part in sheet().items()})


def without_addresses() -> Parts:
    bare = GOOD
    for row in ("1", "2"):
        for letter in "ABCDEFGHIJ":
            bare = bare.replace(f' r="{letter}{row}"', "")
        bare = bare.replace(f' r="{row}"', "")
    return parts(sheet_xml(bare))


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def plain(content: Mapping[str, str | bytes]) -> Callable[[], bytes]:
    return lambda: zipped(content)


_REF = '<row r="3"><c r="A3" t="inlineStr"><is><t>C</t></is></c>{}</row>'
BOMB = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
_SPACES = " " * 110_000_000


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return zipped({**sheet(), SHEET: sheet_xml(GOOD + _SPACES)})


REFUSED: Mapping[str, Callable[[], bytes]] = {
    "far row": plain(sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
    "far column": plain(sheet('<row r="3"><c r="XFD3"><v>1</v></c></row><row r="999"><c r="A999"><v>1</v></c></row>')),
    "beyond the last row": plain(sheet('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>')),
    "beyond the last column": plain(sheet('<row r="3"><c r="ZZZ3"><v>1</v></c></row>')),
    "scattered cells": plain(sheet('<row r="90000"><c r="GR90000"><v>1</v></c></row>')),
    "bomb of blanks": _bomb,
    "bomb of one cell": lambda: zipped(sheet(f'<row r="3">{cell("A3", "x" * 110_000_000)}</row>')),
    "bomb of shared texts": plain(
        shared(
            sheet("".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(3, 60_000))),
            f"<si><t>{'x' * 32_000}</t></si>",
        )
    ),
    "lying directory of a bomb": lambda: _bomb().replace(
        struct.pack("<I", len(sheet_xml(GOOD)) + len(_SPACES)), struct.pack("<I", 10)
    ),
    "entities in the sheet": plain({**sheet(), SHEET: f"<!DOCTYPE x [<!ENTITY l0 'lol'>{BOMB}]>{sheet_xml(GOOD)}"}),
    "entities in the workbook": lambda: zipped(
        {**sheet(), "xl/workbook.xml": f"<!DOCTYPE x [{BOMB}]>{sheet()['xl/workbook.xml']!s}"}
    ),
    "external entity": plain({**sheet(), SHEET: f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{sheet_xml(GOOD)}'}),
    "deep nesting": plain(sheet("<a>" * 100_000)),
    "lying directory": lying_directory,
    "overlapping entries": overlapping,
    "many entries": many_entries,
    "utf-16": plain({**sheet(), SHEET: sheet_xml(GOOD).encode("utf-16")}),
    "another encoding": plain({**sheet(), SHEET: f'<?xml version="1.0" encoding="windows-1252"?>{sheet_xml(GOOD)}'}),
    "texts that are not there": plain(shared(sheet(_REF.format('<c r="B3" t="s"><v>9</v></c>')), "")),
    "a kind of cell nobody knows": plain(sheet(_REF.format('<c r="B3" t="zzz"><v>9</v></c>'))),
    "a sheet elsewhere": lambda: zipped(
        {
            **sheet(),
            _RELATIONS_OF_BOOK: str(sheet()[_RELATIONS_OF_BOOK]).replace(
                'Target="worksheets', 'TargetMode="External" Target="http://127.0.0.1:9/worksheets'
            ),
        }
    ),
    "two sheets of one name": lambda: zipped(
        {
            **sheet(),
            "xl/workbook.xml": str(sheet()["xl/workbook.xml"]).replace(
                "</sheets>", '<sheet name="Data" sheetId="2" r:id="rId1"/></sheets>'
            ),
        }
    ),
    "too many rows": lambda: zipped(
        sheet("".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(3, 101_000)))
    ),
    "too many columns": lambda: zipped(
        sheet(f'<row r="3">{"".join("<c><v>1</v></c>" for _ in range(250))}</row>')
    ),
}  # fmt: skip

# of these every value is right, or its cell is named
ACCEPTED: Mapping[str, Callable[[], bytes]] = {
    "nothing odd": plain(sheet()),
    "duplicate cells": plain(sheet(_REF.format(cell("A3", "D")))),
    "duplicate rows": plain(sheet(f'<row r="2">{cell("A2", "again")}</row>')),
    "unordered rows": plain(sheet(f'<row r="4">{cell("A4", "4")}</row><row r="3">{cell("A3", "3")}</row>')),
    "a cell of another row": plain(sheet(_REF.format(cell("B7", "x")))),
    "merged": plain(sheet(after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
    "hidden": plain(
        sheet(f'<row r="3" hidden="1">{cell("A3", "x")}</row>', before='<cols><col min="2" max="3" hidden="1"/></cols>')
    ),
    "errors": plain(sheet(_REF.format('<c r="B3" t="e"><v>#REF!</v></c><c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'))),
    "formulas without values": plain(
        sheet(_REF.format('<c r="B3"><f>A1</f></c><c r="D3" t="str"><f>A1</f><v></v></c>'))
    ),
    "formulas with values": plain(sheet(_REF.format('<c r="B3"><f>1+1</f><v>2</v></c>'))),
    "strict": lambda: zipped(strict(sheet())),
    "no addresses": plain(without_addresses()),
    "huge dimension": plain(sheet(before='<dimension ref="A1:XFD1048576"/>')),
    "small dimension": plain(sheet(before='<dimension ref="A1"/>')),
    "backslashes": backslashes,
    "1904": lambda: zipped(
        {
            **styled(sheet(_REF.format('<c r="F3" s="1"><v>0.375</v></c><c r="E3" s="2"><v>40000</v></c>')),
                     '<xf numFmtId="0"/><xf numFmtId="20"/><xf numFmtId="14"/>'),
            "xl/workbook.xml": str(sheet()["xl/workbook.xml"]).replace(
                "<sheets>", '<workbookPr date1904="1"/><sheets>'
            ),
        }
    ),
    "negative dates": plain(styled(sheet(_REF.format('<c r="F3" s="1"><v>-5</v></c>')), '<xf/><xf numFmtId="20"/>')),
    "rich and phonetic texts": plain(
        shared(
            sheet(_REF.format('<c r="B3" t="s"><v>0</v></c><c r="C3" t="s"><v>1</v></c>')),
            "<si><r><t>ri</t></r><r><t>ch</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si><si><t/></si>",
        )
    ),
    "escapes": plain(sheet(_REF.format(cell("B3", "a_x000D_b_x0041_")))),
    "blanks": plain(
        sheet(_REF.format('<c r="B3" t="inlineStr"><is><t xml:space="preserve"> </t></is></c>' + cell("C3", " x ")))
    ),
    "numbers of all kinds": plain(
        sheet(_REF.format("".join(f"<c><v>{text}</v></c>" for text in ("1e3", "-0", "0.1", "1" * 20, "1e300"))))
    ),
    "yes and no": plain(sheet(_REF.format('<c r="B3" t="b"><v>1</v></c><c r="C3" t="b"><v>0</v></c>'))),
    "dates as texts": plain(sheet(_REF.format('<c r="B3" t="d"><v>2026-03-01T09:00:00</v></c>'))),
    "a choice of contents": plain(
        sheet(
            '<row r="3"><mc:AlternateContent xmlns:mc="x"><mc:Choice><c r="A3"><v>1</v></c></mc:Choice>'
            '<mc:Fallback><c r="A3"><v>2</v></c></mc:Fallback></mc:AlternateContent></row>'
        )
    ),
    "a second block of rows": plain(sheet(f'</sheetData><sheetData><row r="3">{cell("A3", "lost")}</row>')),
    "comments in values": plain(sheet(_REF.format('<c r="B3"><v>1<!-- x -->2</v></c>'))),
    "values twice": plain(sheet(_REF.format('<c r="B3"><v>1</v><v>2</v></c>'))),
    "prefixes": lambda: zipped(
        {**sheet(), SHEET: sheet_xml(GOOD).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")}
    ),
}  # fmt: skip
