from __future__ import annotations

import pytest

from loader.workbook.ooxml.package import Package
from loader.workbook.reader.number_formats import Shown, shown_by, styles_of
from tests.workbook.raw import MAIN, parts, sheet_xml, zipped


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", None),
        ("0", None),
        ("#,##0.00", None),
        ("@", None),
        ('0" %"', None),
        ("0\\%", None),
        ("[Red]0", None),
        ("[$-409]0", None),
        ("0%", Shown.PERCENTAGE),
        ("[Red]0.00%;-0.00%", Shown.PERCENTAGE),
        ("$#,##0", Shown.MONEY),
        ('#,##0.00\\ "\u20ac"', Shown.MONEY),
        ("[$EUR] 0.00", Shown.MONEY),
        ("[$\u20b9-4009]0", Shown.MONEY),
        ("yyyy-mm-dd", Shown.DATE),
        ("[$-409]h:mm AM/PM", Shown.DATE),
        ("[hh]:mm", Shown.DATE),
        ('0" days"', None),
    ],
)
def test_what_a_number_format_makes_of_a_number(code: str, shown: Shown | None) -> None:
    assert shown_by(code) == shown


def test_the_styles_of_cells_are_reported_by_the_number_that_cells_have() -> None:
    content = parts(sheet_xml(""))
    relations = "xl/_rels/workbook.xml.rels"
    styles = '<Relationship Id="rId3" Type="x/styles" Target="styles.xml"/></Relationships>'
    content[relations] = str(content[relations]).replace("</Relationships>", styles)
    content["xl/styles.xml"] = (
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="0.0%"/></numFmts><cellStyleXfs>'
        '<xf numFmtId="44"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="44"/>'
        '<xf numFmtId="14"/><xf numFmtId="odd"/><xf/></cellXfs><dxfs><xf numFmtId="9"/></dxfs></styleSheet>'
    )
    assert styles_of(Package(zipped(content), "calls.xlsx")) == {1: Shown.PERCENTAGE, 2: Shown.MONEY, 3: Shown.DATE}
    assert styles_of(Package(zipped(parts(sheet_xml(""))), "calls.xlsx")) == {}
