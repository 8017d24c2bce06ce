"""What reaches out of a workbook does not come along into the results, wherever it stands and however it is spelled."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from loader.workbook.ooxml.external_links import reaches_out
from loader.workbook.ooxml.xml_edit import text_of
from tests.workbook.formatted import results_from, rows_with_faults, write_formatted
from tests.workbook.packages import SHEET, changed, everything_in

if TYPE_CHECKING:
    from pathlib import Path

TITLES = ("Campaigns", "Notes", "It's")
OUTWARDS = (
    *("cmd|'/c calc'!A0", "WEBSERVICE(A1)", "_xlfn.WEBSERVICE(A1)", "[1]Notes!A1", "'[1]Notes'!A1", "[b.xlsx]S!A1"),
    *(
        "'C:\\a\\[b.xlsx]S'!A1",
        "'\\\\host\\share\\b.xlsx'!x",
        "[0]!Macro",
        "[1]'Notes'!A1",
        "HYPERLINK(A1)",
        "RTD(A1,A2,A3)",
    ),
    *("Elsewhere!A1", "Campaigns:Elsewhere!A1", "UDF(A1)", "CALL(A1)", "REGISTER.ID(A1)", "_xlfn.IMAGE(A1)"),
    *("SUM(1,IF(1,WEBSERVICE(A1),2))", "_xludf.FOO(A1)", "CUBEVALUE(A1)"),
)
INWARDS = (
    *("SUM(A1:A9)", "COUNTA(Campaigns!A:A)-1", "'It''s'!$A$1", "Notes:Campaigns!A1", "SUM(Table1[[#All],[Name]])"),
    *('IF(A1="a|b [1]x!",1,2)', "_xlfn.XLOOKUP(A1,B:B,C:C)", "#REF!A1", "1+2", "AGENTS", "A1:INDEX(A:A,3)"),
)


def spellings(formula: str) -> list[str]:
    """As it may stand in XML."""
    plain = formula.replace("&", "&amp;").replace("<", "&lt;")
    at = next((place for place, letter in enumerate(formula) if letter.isalpha() or letter in "|[!"), 0)
    return [
        plain,
        "".join(f"&#{ord(letter)};" for letter in formula),
        "".join(f"&#x{ord(letter):x};" for letter in formula),
        f"{formula[:at]}&#x{ord(formula[at]):06X};{formula[at + 1 :]}",
        plain.lower() if "(" in formula else plain.replace("|", "&#124;").replace("[", "&#91;").replace("!", "&#33;"),
    ]


FORMAT = (
    '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="9"><formula>%s</formula></cfRule>'
    "</conditionalFormatting>"
)
PLACES = {
    "a cell": ("xl/worksheets/sheet2.xml", "</sheetData>", '<row r="9"><c r="A9"><f>%s</f><v>7</v></c></row>'),
    "a format": (
        *(SHEET, "<conditionalFormatting"),
        FORMAT,
    ),
    "a format of another sheet": (
        *("xl/worksheets/sheet2.xml", "<pageMargins"),
        FORMAT,
    ),
    "a validation": (
        *(SHEET, "</dataValidations>"),
        '<dataValidation type="custom" sqref="A1"><formula1>%s</formula1></dataValidation>',
    ),
    "an extension": (
        *(SHEET, "</worksheet>"),
        '<extLst><ext xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><xm:f>%s</xm:f></ext></extLst>',
    ),
    "a name": ("xl/workbook.xml", "</definedNames>", '<definedName name="Prices">%s</definedName>'),
    "a chart": ("xl/charts/chart1.xml", "</plotArea>", "<numRef><f>%s</f></numRef>"),
    "a drawing": ("xl/drawings/drawing1.xml", "</wsDr>", '<sp textlink="%s"/>'),
    "a button": ("xl/drawings/commentsDrawing1.vml", "</xml>", "<x:FmlaLink>%s</x:FmlaLink>"),
}


def payloads() -> list[tuple[str, str]]:
    return [(formula, spelled) for formula in OUTWARDS for spelled in spellings(formula)]


@pytest.mark.parametrize("formula", OUTWARDS)
def test_a_formula_that_reaches_out_is_known_in_every_spelling(formula: str) -> None:
    assert all(reaches_out(text_of(spelled.encode()), TITLES) for spelled in spellings(formula))


@pytest.mark.parametrize("formula", INWARDS)
def test_a_formula_of_the_workbook_itself_is_left_alone(formula: str) -> None:
    assert not any(reaches_out(text_of(spelled.encode()), TITLES) for spelled in spellings(formula))


def test_there_are_enough_of_them() -> None:
    assert len(set(payloads())) * len(PLACES) >= 200


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_reaches_out_is_in_the_results_wherever_it_stood(place: str, tmp_path: Path) -> None:
    part, before, xml = PLACES[place]
    for number, (_, spelled) in enumerate(itertools.islice(payloads(), 0, None, 9)):
        (tmp_path / str(number)).mkdir()
        path = write_formatted(tmp_path / str(number) / "spring.xlsx", rows_with_faults())
        piece = (xml % spelled.replace('"', "&quot;")).encode() + before.encode()
        changed(path, {part: lambda old, piece=piece: old.replace(before.encode(), piece, 1)})  # type: ignore[misc]
        assert spelled.replace('"', "&quot;").encode() in everything_in(path)[part]
        parts = everything_in(results_from(path, path.parent))
        assert not [name for name, held in parts.items() if spelled.encode() in held], spelled
        assert "xl/worksheets/sheet1.xml" in parts


@pytest.mark.parametrize(
    ("part", "before", "piece"),
    [
        (SHEET, b"</worksheet>", b'<webPublishItems><webPublishItem destinationFile="x"/></webPublishItems>'),
        ("xl/drawings/drawing1.xml", b"</wsDr>", b'<sp macro="[0]!Run"/>'),
        ("xl/drawings/commentsDrawing1.vml", b"</xml>", b"<x:FmlaMacro>Run</x:FmlaMacro>"),
    ],
)
def test_what_publishes_or_runs_something_does_not_come_along(
    part: str, before: bytes, piece: bytes, tmp_path: Path
) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", rows_with_faults())
    changed(path, {part: lambda old: old.replace(before, piece + before, 1)})
    parts = everything_in(results_from(path, tmp_path))
    assert not [name for name, held in parts.items() if re.search(rb"webPublish|macro=|FmlaMacro", held)]
