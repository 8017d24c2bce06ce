"""Formulas that are hidden from a search, or stand where nobody looks: none of them comes along into the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from loader.workbook.ooxml.external_links import reaches_out, refuse_what_reaches_out
from loader.workbook.ooxml.unfit import Unfit
from tests.workbook.formatted import results_from, rows_with_faults, write_formatted
from tests.workbook.ooxml.test_external_links import payloads
from tests.workbook.packages import SHEET, Change, changed, everything_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OTHER, BOOK, CHART = "xl/worksheets/sheet2.xml", "xl/workbook.xml", "xl/charts/chart1.xml"
DRAWING, BOXES = "xl/drawings/drawing1.xml", "xl/drawings/commentsDrawing1.vml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
FORMAT = (
    '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="9"><formula>WEBSERVICE(A1)</formula>'
    "</cfRule></conditionalFormatting>"
)
REACHES = re.compile(rb"WEBSERVICE|\[1\]|SERVICE\(A1|x\.example/p|\[0\]|AFs-1", re.IGNORECASE)


def put(part: str, before: str, piece: str) -> dict[str, Change]:
    return {part: lambda xml: xml.replace(before.encode(), (piece + before).encode(), 1)}


def cell(formula: str) -> dict[str, Change]:
    return put(OTHER, "</sheetData>", f'<row r="9"><c r="A9">{formula}<v>7</v></c></row>')


def undeclared(xml: bytes) -> bytes:
    return re.sub(rb"^<\?xml[^>]*\?>", b"", xml)


def in_charts(letters: Callable[[bytes], bytes]) -> dict[str, Change]:
    piece = b"<numRef><f>[1]S!A1</f></numRef></plotArea>"
    return {CHART: lambda xml: letters(undeclared(xml).replace(b"</plotArea>", piece))}


def theme_first(xml: bytes) -> bytes:
    """The theme is the first that a workbook points to, so what it points to is seen first."""
    found = re.search(rb"<Relationship [^>]*theme[^>]*>", xml)
    assert found
    return re.sub(rb"(<Relationships[^>]*>)", lambda it: it[1] + found[0], xml.replace(found[0], b""), count=1)


HIDDEN: dict[str, dict[str, Change]] = {
    "a shared formula": cell('<f t="shared" ref="A9:A12" si="0">WEBSERVICE(A1)</f>'),
    "an array formula": cell('<f t="array" ref="A9:A12">SUM(WEBSERVICE(A1))</f>'),
    "space in the end": cell("<f>WEBSERVICE(A1)</f >"),
    "an instruction before it": cell("<f><?x?>WEBSERVICE(A1)</f>"),
    "an instruction in it": cell("<f>WEB<?x?>SERVICE(A1)</f>"),
    "an element in it": cell("<f>WEB<x/>SERVICE(A1)</f>"),
    "marked as text": cell("<f><![CDATA[WEBSERVICE(A1)]]></f>"),
    "an attribute that looks like an end": cell("""<f ca='>"'>WEBSERVICE(A1)&amp;"x"</f>"""),
    "the prefix of an extension": cell(f'<xm:f xmlns:xm="{MAIN}">WEBSERVICE(A1)</xm:f>'),
    "a prefix with an accent": cell(f'<é:f xmlns:é="{MAIN}">WEBSERVICE(A1)</é:f>'),
    "a function that is handed on": cell("<f>_xlfn.MAP(A1:A3,_xleta.WEBSERVICE)</f>"),
    "longer than is looked at": cell(f"<f>WEBSERVICE(A1){'&#000000032;' * 6_000}</f>"),
    "behind no rows": {
        OTHER: lambda xml: re.sub(
            rb"<sheetData>.*</sheetData>", b"<sheetData/>%b%b" % (FORMAT.encode(), b" " * 99_999), xml, flags=re.DOTALL
        )
    },
    "between rows and rows": put(OTHER, "<pageMargins", f"{FORMAT}<sheetData></sheetData>"),
    "a validation of an extension": put(
        OTHER,
        "</worksheet>",
        '<extLst><ext xmlns:x14="x" xmlns:xm="y"><x14:dataValidations><x14:dataValidation><x14:formula1><xm:f>'
        "WEBSERVICE(A1)</xm:f></x14:formula1></x14:dataValidation></x14:dataValidations></ext></extLst>",
    ),
    "a format of an extension": put(
        SHEET,
        "</worksheet>",
        '<extLst><ext xmlns:x14="x" xmlns:xm="y"><x14:cfRule><xm:f>WEBSERVICE(A1)</xm:f></x14:cfRule></ext></extLst>',
    ),
    "an object that is linked": put(
        OTHER, "<pageMargins", '<oleObjects><oleObject progId="x" link="[1]!A1" shapeId="1"/></oleObjects>'
    ),
    "a name with instructions": put(
        BOOK, "</definedNames>", '<definedName name="n"><?x "?>WEBSERVICE(A1)<?y "?></definedName>'
    ),
    "names with a prefix": put(
        BOOK,
        "<definedNames>",
        f'<x:definedNames xmlns:x="{MAIN}"><x:definedName name="n">WEBSERVICE(A1)</x:definedName></x:definedNames>',
    ),
    "a chart with an instruction": put(CHART, "</plotArea>", "<numRef><f><?x?>[1]S!A1</f></numRef>"),
    "a chart's prefix": put(CHART, "</plotArea>", '<numRef><é:f xmlns:é="x">[1]S!A1</é:f></numRef>'),
    "a chart's range": put(CHART, "</plotArea>", '<c15:sqref xmlns:c15="x">[1]S!A1</c15:sqref>'),
    "a chart in other letters": in_charts(lambda xml: xml.decode().encode("utf-16")),
    "a chart in old letters": in_charts(
        lambda xml: b'<?xml version="1.0" encoding="utf-7"?>' + xml.replace(b"[1]", b"+AFs-1]")
    ),
    "a picture of cells": put(DRAWING, "</wsDr>", '<a14:cameraTool xmlns:a14="x" cellRange="[1]S!A1"/>'),
    "a control's attribute": put(BOXES, "</xml>", "<x:ClientData fmlaLink=\"'[1]S'!A1\"/>"),
    "a control's macro": put(BOXES, "</xml>", '<é:FmlaMacro xmlns:é="x">[0]!Go</é:FmlaMacro>'),
    "a box's picture": put(BOXES, "</xml>", '<v:shape><v:imagedata src="http://x.example/p.png"/></v:shape>'),
    "a sheet that says it is a picture": {
        "xl/theme/_rels/theme1.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{IMAGE}" Target="../worksheets/sheet2.xml"/></Relationships>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": theme_first,
        **cell("<f>WEBSERVICE(A1)</f>"),
    },
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_formula_that_is_hidden_does_not_come_along(how: str, tmp_path: Path) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", rows_with_faults())
    before = everything_in(path)
    changed(path, HIDDEN[how])
    assert everything_in(path) != before
    parts = everything_in(results_from(path, tmp_path))
    assert [name for name, held in parts.items() if REACHES.search(held.replace(b"\0", b""))] == []
    assert b"cd-2" in parts["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(
    "hiding",
    [
        pytest.param("<!-- -<f>1</f>- -->", id="a comment, which may have no two hyphens in it"),
        pytest.param('<row r="10"><c r="A10" t="str"><v><![CDATA[a <f>b</f> c]]></v></c></row>', id="a text"),
    ],
)
def test_what_only_looks_like_a_formula_is_not_taken_out_of_a_sheet_that_loses_its_formulas(
    hiding: str, tmp_path: Path
) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", rows_with_faults())
    changed(path, cell("<f>WEBSERVICE(A1)</f>"))
    changed(path, put(OTHER, "</sheetData>", hiding))
    parts = everything_in(results_from(path, tmp_path))
    assert [name for name, held in parts.items() if REACHES.search(held)] == []
    for name, held in parts.items():
        if name.endswith((".xml", ".rels", ".vml")):
            ElementTree.fromstring(held)  # noqa: S314 - of our own making
        assert b"<![CDATA[" not in held or b"a <f>b</f> c" in held


@pytest.mark.parametrize(
    ("formula", "titles"),
    [
        ("'a\"b'!A1&WEBSERVICE(A1)&'c\"d'!A1", ('a"b', 'c"d', 'a""d')),  # a title that is no text
        ('T[a"b]&WEBSERVICE(A1)&T[c"d]', ()),
        ('T[a\'[b]&"it\'s "&WEBSERVICE(A1)&"x"', ()),
        ('INDIRECT("[b.xlsx]S!A1")', ()),
        ('indirect ("["&"b.xlsx]S!A1")', ()),
        ("INDIRECT(\"'\\\\host\\share\\[b.xlsx]S'!A1\")", ()),
        ("_xlfn.MYUDF(A1)", ()),
        ("_xlfn.MAP(A1:A3,_xleta.HYPERLINK)", ()),
    ],
)
def test_a_formula_that_plays_with_quotes_and_texts_reaches_out(formula: str, titles: tuple[str, ...]) -> None:
    assert reaches_out(formula, titles)


@pytest.mark.parametrize(
    "formula",
    [
        *('INDIRECT("Table1["&A1&"]")', "INDIRECT(A1)", "_xlfn.LET(_xlpm.x,1,_xlpm.x+1)", '"["&A1&"]"'),
        *("_xlfn.MAP(A1:A3,_xlfn.LAMBDA(_xlpm.f,_xlpm.f(1)))", "_xlfn._xlws.FILTER(A:A,B:B)", "_xlfn.STDEV.S(A1:A9)"),
        *("Table1[[#This Row],[It''s]]", "'a b'!A1&\"it's\"", "NETWORKDAYS.INTL(A1,B1)"),
    ],
)
def test_a_formula_that_stays_inside_is_distinguished_from_those(formula: str) -> None:
    assert not reaches_out(formula, ("a b",))


@pytest.mark.parametrize(
    ("part", "before", "piece"),
    [
        (OTHER, "</sheetData>", '<row r="9"><c r="A9" t="inlineStr"><is><t>use macro="x"</t></is></c></row>'),
        (
            OTHER,
            "</sheetData>",
            '<row r="9"><c r="A9" t="inlineStr"><is><t>a src="x" formula="RTD(1)"</t></is></c></row>',
        ),
        (OTHER, "</sheetData>", '<row r="9"><c r="A9"><f>SUM(A1:A2)</f><v>7</v></c></row>'),
        (DRAWING, "</wsDr>", '<a14:cameraTool xmlns:a14="x" cellRange="$A$1"/>'),
    ],
)
def test_what_only_looks_like_it_comes_along(part: str, before: str, piece: str, tmp_path: Path) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", rows_with_faults())
    changed(path, put(part, before, piece))
    assert piece.encode() in everything_in(results_from(path, tmp_path))[part]


ELEMENTS = (
    *("<f>%s</f>", '<f t="array" ref="A1:A9">%s</f >', "<c:f>%s</c:f>", "<cx:f dir='row'>%s</cx:f>", "<xm:f>%s</xm:f>"),
    *("<formula>%s</formula>", "<formula1>%s</formula1>", "<x14:formula2><xm:f>%s</xm:f></x14:formula2>"),
    *("<calculatedColumnFormula>%s</calculatedColumnFormula>", '<totalsRowFormula array="1">%s</totalsRowFormula>'),
    *('<cacheField name="Sum" formula="%s"/>', '<formControlPr fmlaRange="%s"/>', '<controlPr linkedCell = "%s"/>'),
    *('<definedName name="n">%s</definedName>', "<x:FmlaPict>%s</x:FmlaPict>", '<a14:cameraTool cellRange="%s"/>'),
)


@pytest.mark.parametrize("element", ELEMENTS)
def test_every_payload_is_found_in_every_element_that_holds_a_formula(element: str) -> None:
    tried = [spelled.replace('"', "&quot;") for _, spelled in payloads()]
    assert len(set(tried)) >= 100  # in 16 elements
    for spelled in tried:
        with pytest.raises(Unfit):
            refuse_what_reaches_out((element % spelled).encode(), ("Campaigns", "Notes", "It's"))
    refuse_what_reaches_out((element % "SUM(A1:A9)+Notes!A1").encode(), ("Notes",))
