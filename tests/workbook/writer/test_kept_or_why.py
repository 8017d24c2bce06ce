"""What people put into a workbook is kept in its results, or one line says what kept it from being kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.execution.report import write_check
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from tests.workbook.packages import SHEET, changed, everything_in
from tests.workbook.people import FULL, campaign, said_of, saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
BOOK_RELATIONS, SHEET_RELATIONS = "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels"
EMPTY = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
BAG = f"{MICROSOFT}/2022/11/relationships/FeaturePropertyBag"
RICH = f"{MICROSOFT}/2017/06/relationships/rdRichValue"
CONTROL = b'<formControlPr objectType="CheckBox" checked="Checked" fmlaLink="$T$2"/>'
ANEW = "the results are a new workbook with the values of the sheet alone: the workbook itself has "


def related(kind: str, target: str, before: bytes = b"") -> Callable[[bytes], bytes]:
    added = f'<Relationship Id="rId99" Type="{kind}" Target="{target}"/></Relationships>'.encode()
    return lambda relations: (before or relations).replace(b"</Relationships>", added)


def typed(part: str, kind: str) -> Callable[[bytes], bytes]:
    added = f'<Override PartName="/{part}" ContentType="application/{kind}"/></Types>'.encode()
    return lambda types: types.replace(b"</Types>", added)


def with_part(path: Path, kind: str, part: str, content: bytes) -> Path:
    """The workbook with a part more, to which its workbook points, or its sheet."""
    of_the_book = kind in {BAG, RICH}
    added = related(kind, f"/{part}", b"" if of_the_book else EMPTY)
    relations = {BOOK_RELATIONS: added} if of_the_book else {SHEET_RELATIONS: added(EMPTY)}
    return changed(path, {"[Content_Types].xml": typed(part, "xml"), part: content, **relations})


def results(path: Path) -> tuple[str, dict[str, bytes], str]:
    """What is said of the results, their parts, and their sheet Summary as text."""
    sheet = read_sheet(path)
    written = write_check(path.with_name("results.xlsx"), path.read_bytes(), [sheet], validate(sheet))
    book = load_workbook(written.path)
    return written.remark, everything_in(written.path), str([*book["Summary"].values])


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return saved(tmp_path, [FULL, campaign("Camp 1")])


def test_check_boxes_in_cells_are_kept(calls: Path) -> None:
    content = b'<FeaturePropertyBags xmlns="urn:x"><bag type="Checkbox"/></FeaturePropertyBags>'
    part = "xl/featurePropertyBag/featurePropertyBag.xml"
    remark, parts, _ = results(with_part(calls, BAG, part, content))
    assert (remark, parts[part]) == ("", content)


def test_pictures_in_cells_are_kept(calls: Path) -> None:
    part, content = "xl/richData/rdrichvalue.xml", b'<rvData xmlns="urn:x"><rv s="0"><v>0</v></rv></rvData>'
    remark, parts, _ = results(with_part(calls, RICH, part, content))
    assert (remark, parts[part]) == ("", content)


def test_form_controls_that_run_nothing_are_kept(calls: Path) -> None:
    part = "xl/ctrlProps/ctrlProp1.xml"
    remark, parts, _ = results(with_part(calls, f"{OFFICE}/ctrlProp", part, CONTROL))
    assert (remark, parts[part]) == ("", CONTROL)


@pytest.mark.parametrize(
    ("kind", "part", "content", "why"),
    [
        (
            "ctrlProp",
            "xl/ctrlProps/ctrlProp1.xml",
            b'<formControlPr objectType="Button" fmlaMacro="[0]!Send"/>',
            "buttons or other controls that could run or call something",
        ),
        (
            "ctrlProp",
            "xl/ctrlProps/ctrlProp1.xml",
            b'<formControlPr objectType="List" fmlaRange="[1]Other!$A$1"/>',
            "a name, a chart, a rule or a drawing that reaches out of it",
        ),
        ("control", "xl/activeX/activeX1.xml", b"<ocx/>", "buttons or other controls that could run or call something"),
        ("oleObject", "xl/embeddings/one.xml", b"<ole/>", "objects of other programs embedded"),
        ("queryTable", "xl/queryTables/queryTable1.xml", b"<queryTable/>", "queries or a data model"),
    ],
)
def test_what_is_not_kept_is_named_on_the_screen_and_in_the_summary(
    calls: Path, kind: str, part: str, content: bytes, why: str
) -> None:
    remark, _, summary = results(with_part(calls, f"{OFFICE}/{kind}", part, content))
    assert remark == f"{ANEW}{why}"
    assert remark in summary


@pytest.mark.parametrize("key", ['r:id=""', 'r:id="rId98"', 'r:id="rId99"'])
def test_a_sheet_of_old_macros_without_a_part_is_no_damage(calls: Path, key: str) -> None:
    sheet = f'<sheet xmlns:r="{OFFICE}" name="Module1" sheetId="9" state="veryHidden" {key}/></sheets>'.encode()
    macros = related(f"{MICROSOFT}/2006/relationships/xlMacrosheet", "macrosheets/sheet1.xml")
    path = changed(
        calls,
        {
            "xl/workbook.xml": lambda book: book.replace(b"</sheets>", sheet),
            BOOK_RELATIONS: macros,
            "xl/media/image1.png": b"\x89PNG\0\0",
        },
    )
    assert [*said_of(path).campaigns] == ["Camp 1"]
    remark, _, _ = results(path)
    assert remark == f"{ANEW}sheets of old macros"


def test_a_workbook_that_is_damaged_is_still_reported_so(calls: Path) -> None:
    path = changed(calls, {SHEET: b"<worksheet"})
    assert "is damaged or was cut short" in said_of(path).refusal
