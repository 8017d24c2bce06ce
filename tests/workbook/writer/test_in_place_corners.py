"""Corners of somebody's workbook: widths, panes, pictures, notes, tall rows, long sheets, and files that are none."""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.table import Table

from loader.errors import OutputError
from loader.model.attempt import Attempt
from loader.model.row import Outcome, Problem, Status
from loader.workbook.ooxml import package_copy as parts
from loader.workbook.ooxml import styles_part
from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.ooxml.xml_edit import RELATIONS, tag
from loader.workbook.writer import in_place
from loader.workbook.writer.result_cells import ResultCells, Results
from loader.workbook.writer.results import write_results
from tests.sheets import row
from tests.workbook.formatted import read, results_from, rows_with_faults, write_formatted
from tests.workbook.packages import SHEET, changed, everything_in
from tests.workbook.results_made import RESULT_HEADERS, SUMMARY, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openpyxl.workbook.workbook import Workbook

COMMENTS, DRAWING = "xl/comments/comment1.xml", "xl/drawings/commentsDrawing1.vml"


def filled(path: Path, folder: Path, problems: list[Problem] | None = None) -> Path:
    """The results with every row rejected at length, in the user's own workbook or not at all."""
    content, sheet = read(path)
    outcomes = [Outcome(it.row, "n", Status.REJECTED, attempt=Attempt(message="no " * 400)) for it in sheet.drafts]
    result_cells = ResultCells(Results([sheet], outcomes, problems or [], SUMMARY))
    target = folder / "kept.xlsx"
    with target.open("wb") as file:
        assert in_place.write_in_place(file, [result_cells], content)
    return target


def with_sheet(path: Path, old: bytes, new: bytes) -> Path:
    def change(xml: bytes) -> bytes:
        found = re.sub(old, new, xml, count=1, flags=re.DOTALL)
        assert found != xml
        return found

    return changed(path, {SHEET: change})


@pytest.fixture
def formatted(tmp_path: Path) -> Path:
    return write_formatted(tmp_path / "spring.xlsx", rows_with_faults())


# Widths and views


def test_columns_beside_the_results_keep_what_they_have_and_hidden_ones_are_shown_for_them(
    formatted: Path, tmp_path: Path
) -> None:
    with_sheet(
        formatted, rb"<cols>.*</cols>", b'<cols><col min="2" max="16384" width="7" hidden="1" style="3"/></cols>'
    )
    xml = everything_in(filled(formatted, tmp_path))[SHEET]
    columns = re.findall(rb'<col min="(\d+)" max="(\d+)" width="([\d.]+)"( hidden="1")?', xml)
    assert [(int(first), int(last), width, bool(away)) for first, last, width, away in columns] == [
        (2, 13, b"7", True),
        (14, 14, b"17", False),
        (15, 15, b"42", False),
        (16, 16, b"17", False),
        (17, 17, b"60", False),
        (18, 18, b"17", False),
        (19, 19, b"17", False),
        (20, 20, b"20", False),
        (21, 21, b"24", False),
        (22, 16384, b"7", True),
    ]


def test_a_blank_cell_with_a_problem_has_the_look_of_its_column_under_the_mark(formatted: Path, tmp_path: Path) -> None:
    with_sheet(formatted, rb'<c r="B4"[^>]*?(/>|>.*?</c>)', b"")
    with_sheet(formatted, rb"<cols>.*</cols>", b'<cols><col min="2" max="2" width="7" style="1"/></cols>')
    cell = load_workbook(filled(formatted, tmp_path, [Problem(4, 2, "Description", "", "is blank")]))["Campaigns"]["B4"]
    assert (cell.font.name, cell.font.b, cell.fill.fgColor.rgb) == ("Arial", True, "00F8CBAD")


@pytest.mark.parametrize(
    "views",
    [
        b"",
        b"<sheetViews/>",
        b'<sheetViews><sheetView workbookViewId="0"/></sheetViews>',
        b'<sheetViews><sheetView workbookViewId="0"><selection activeCell="A1" sqref="A1"/></sheetView></sheetViews>',
    ],
)
def test_the_header_is_frozen_whatever_was_said_of_views(views: bytes, formatted: Path, tmp_path: Path) -> None:
    with_sheet(formatted, rb"<sheetViews>.*</sheetViews>", views)
    page = load_workbook(filled(formatted, tmp_path))["Campaigns"]
    assert page.freeze_panes == "B2"
    assert page.sheet_view.pane is not None
    assert page.sheet_view.pane.state == "frozen"


def test_nothing_is_frozen_in_a_view_of_pages(formatted: Path, tmp_path: Path) -> None:
    view = b'<sheetViews><sheetView view="pageLayout" workbookViewId="0"/></sheetViews>'
    with_sheet(formatted, rb"<sheetViews>.*</sheetViews>", view)
    assert load_workbook(filled(formatted, tmp_path))["Campaigns"].freeze_panes is None


def test_a_sheet_without_any_columns_or_number_formats_gets_them(formatted: Path, tmp_path: Path) -> None:
    with_sheet(formatted, rb"<cols>.*</cols>", b"")
    changed(formatted, {"xl/styles.xml": lambda xml: re.sub(rb"<numFmts[^>]*?/>|<cellStyles.*</cellStyles>", b"", xml)})
    inside = everything_in(filled(formatted, tmp_path, [Problem(3, 1, "Campaign name", "x", "is odd")]))
    assert b'<col min="17" max="17" width="60" customWidth="1"/>' in inside[SHEET]
    assert b'<numFmts count="' in inside["xl/styles.xml"]
    assert b'<cellStyle name="Loader mark 1"' in inside["xl/styles.xml"]


def test_a_filter_elsewhere_and_a_table_elsewhere_stay_as_they_are(tmp_path: Path) -> None:
    def elsewhere(book: Workbook) -> None:
        page = book["Campaigns"]
        page.auto_filter.ref = "A1:C2"
        page["A9"], page["B9"] = "x", "y"
        page.add_table(Table(displayName="Below", ref="A9:B10"))
        page["A10"], page["B10"] = "Other", "z"

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], elsewhere)
    page = load_workbook(filled(path, tmp_path))["Campaigns"]
    assert page.auto_filter.ref == "A1:C2"
    assert page.tables["Below"].ref == "A9:B10"


def test_a_table_that_has_a_column_called_like_one_of_ours_is_left_as_it_is(tmp_path: Path) -> None:
    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall", Status="approved")], table=True)
    changed(path, {"xl/tables/table1.xml": lambda xml: xml.replace(b"A1:L2", b"A1:M2")})
    page = load_workbook(filled(path, tmp_path))["Campaigns"]
    assert page.tables["Campaigns_"].ref == "A1:M2"
    assert rows_of(load_workbook(tmp_path / "kept.xlsx"), "Campaigns")[0][12:] == ["Status", *RESULT_HEADERS]


# Rows


def test_a_row_grows_for_a_long_message_but_not_against_a_fixed_height(formatted: Path, tmp_path: Path) -> None:
    for number, attributes in {2: b'ht="20"', 3: b'ht="20" customHeight="1"', 4: b'ht="90"'}.items():
        with_sheet(formatted, rb'<row r="%d"' % number, b'<row r="%d" spans="1:13" %b' % (number, attributes))
    xml = everything_in(filled(formatted, tmp_path))[SHEET]
    heights = re.findall(rb'<row r="(\d)"[^>]*? ht="([\d.]+)"', xml)
    assert heights == [(b"2", b"60"), (b"3", b"20"), (b"4", b"90"), (b"5", b"60")]
    assert b"spans" not in re.sub(rb'<row r="1".*?>', b"", xml)


def test_rows_of_blanks_and_between_line_breaks_are_understood(formatted: Path, tmp_path: Path) -> None:
    with_sheet(formatted, rb"</row></sheetData>", b'</row>\n  <row r="7" ht="9"/>\n<row r="9">\n</row>\n</sheetData>')
    with_sheet(formatted, rb"<sheetData>", b"<sheetData>\n")
    xml = everything_in(filled(formatted, tmp_path))[SHEET]
    assert re.findall(rb'<row r="(\d+)"', xml) == [b"1", b"2", b"3", b"4", b"5", b"7", b"9"]


def test_many_rows_without_a_cell_stay_byte_for_byte_and_what_follows_them_is_filled(
    formatted: Path, tmp_path: Path
) -> None:
    empty = b"".join(b'<row r="%d" hidden="1" ht="%d"/>' % (number, number % 9 + 1) for number in range(6, 9000))
    last = b'<row r="9000"><c r="A9000" t="inlineStr"><is><t>Last</t></is></c></row>'
    with_sheet(formatted, rb"</row></sheetData>", b"</row>" + empty + last + b"</sheetData>")
    xml = everything_in(filled(formatted, tmp_path))[SHEET]
    assert xml.count(empty) == 1
    assert re.search(rb'<c r="N9000"[^>]*><is><t[^>]*>Rejected<', xml)


def test_a_row_without_a_cell_among_many_is_marked_as_any_other(formatted: Path, tmp_path: Path) -> None:
    empty = b"".join(b'<row r="%d" ht="9"/>' % number for number in range(6, 12))
    with_sheet(formatted, rb"</row></sheetData>", b"</row>" + empty + b"</sheetData>")
    xml = everything_in(filled(formatted, tmp_path, [Problem(8, 2, "Description", "", "is odd")]))[SHEET]
    assert re.search(rb'<row r="7" ht="9"/><row r="8"[^>]*><c r="B8" s="[0-9]+"/>.*</row><row r="9" ht="9"/>', xml)


@pytest.mark.parametrize("numbers", [(7, 8, 8, 9), (9, 8, 7), (4, 6, 7)])
def test_rows_without_a_cell_that_are_out_of_order_are_not_passed_on(formatted: Path, numbers: tuple[int, ...]) -> None:
    content, sheet = read(formatted)
    empty = b"".join(b'<row r="%d" hidden="1"/>' % number for number in numbers)
    content = with_sheet(formatted, rb"</row></sheetData>", b"</row>" + empty + b"</sheetData>").read_bytes()
    told = ResultCells(Results([sheet], [], [], SUMMARY))
    assert not in_place.write_in_place(io.BytesIO(), [told], content)


def test_more_cell_styles_than_excel_bears_are_not_even_parsed(
    formatted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    xf = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    changed(
        formatted, {"xl/styles.xml": lambda xml: xml.replace(b"</cellStyleXfs>", xf * 120_000 + b"</cellStyleXfs>")}
    )
    xml = everything_in(formatted)["xl/styles.xml"]
    monkeypatch.setattr(styles_part, "Part", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(Unfit):
        styles_part.Styles(xml)


def test_a_sheet_longer_than_any_buffer_comes_through_whole(tmp_path: Path) -> None:
    rows = [row(f"Campaign {number}", Description=f"{number} " * 60) for number in range(4000)]
    path = write_formatted(tmp_path / "long.xlsx", rows)
    assert len(everything_in(path)[SHEET]) > 3 << 20
    before, after = (rows_of(load_workbook(it, read_only=True), "Campaigns") for it in (path, filled(path, tmp_path)))
    assert [line[:12] for line in after] == [line[:12] for line in before]
    assert {line[12] for line in after[1:]} == {"Rejected"}


# Pictures and notes


def picture() -> bytes:
    """The smallest PNG there is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_a_picture_is_the_same_byte_for_byte(formatted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    png = picture()
    changed(
        formatted,
        {
            "xl/media/image1.png": png,
            "xl/drawings/_rels/drawing1.xml.rels": lambda xml: xml.replace(
                b"</Relationships>",
                tag("Relationship", {"Id": "p1", "Type": f"{RELATIONS}/image", "Target": "../media/image1.png"})
                + b"</Relationships>",
            ),
            "[Content_Types].xml": lambda xml: xml.replace(
                b"</Types>", b'<Default Extension="png" ContentType="image/png"/></Types>'
            ),
        },
    )
    assert everything_in(filled(formatted, tmp_path))["xl/media/image1.png"] == png
    monkeypatch.setattr(parts, "MOST_BINARY", 10)
    content, sheet = read(formatted)
    assert not in_place.write_in_place(io.BytesIO(), [ResultCells(Results([sheet], [], [], SUMMARY))], content)


def test_a_conversation_on_a_wrong_cell_is_left_alone(formatted: Path, tmp_path: Path) -> None:
    changed(formatted, {COMMENTS: lambda xml: xml.replace(b"<author>Tom<", b"<author>tc={1}<")})
    page = load_workbook(filled(formatted, tmp_path, [Problem(3, 1, "Campaign name", "x", "is odd")]))["Campaigns"]
    assert page["A3"].comment.text == "ask Maria"
    assert page["A3"].fill.fgColor.rgb == "00F8CBAD"


def test_comments_without_boxes_are_not_touched(formatted: Path) -> None:
    content, sheet = read(with_sheet(formatted, rb"<legacyDrawing [^>]*>", b""))
    told = Results([sheet], [], [Problem(3, 1, "Campaign name", "x", "is odd")], SUMMARY)
    assert not in_place.write_in_place(io.BytesIO(), [ResultCells(told)], content)


def test_boxes_of_comments_are_as_many_as_comments(formatted: Path, tmp_path: Path) -> None:
    first = results_from(formatted, tmp_path)
    again = results_from(first, tmp_path)
    for path in (first, again):
        inside = everything_in(path)
        comments = re.findall(rb'<comment ref="([A-Z]+)(\d+)"', inside[COMMENTS])
        boxes = re.findall(rb":Row>(\d+)</\w+:Row><\w+:Column>(\d+)<", inside[DRAWING])
        assert sorted((int(number) - 1, ord(letter) - 65) for letter, number in comments) == sorted(
            (int(number), int(column)) for number, column in boxes
        )
        assert len(comments) == 5


def test_a_workbook_without_comments_gets_a_drawing_of_its_own(tmp_path: Path) -> None:
    def bare(book: Workbook) -> None:
        book["Campaigns"]["A3"].comment = None

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], bare)
    results = filled(path, tmp_path, [Problem(2, 1, "Campaign name", "Recall", "is odd")])
    assert load_workbook(results)["Campaigns"]["A2"].comment.text == "Error: is odd"
    assert b'Target="/xl/drawings/loaderDrawing1.vml"' in everything_in(results)["xl/worksheets/_rels/sheet1.xml.rels"]


# The file


class FullDisk(io.BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self._room:
            raise OSError(28, os.strerror(28))
        return super().write(data)


@pytest.mark.parametrize("room", [0, 100, 3000, 12000])
def test_on_a_full_disk_nothing_is_left_and_it_is_said_why(
    room: int, formatted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = in_place.write_in_place

    def on_a_full_disk(_file: IO[bytes], *args: object) -> bool:
        return bool(write(FullDisk(room), *args))  # type: ignore[arg-type]

    monkeypatch.setattr("loader.workbook.writer.results.write_in_place", on_a_full_disk)
    content, sheet = read(formatted)
    before = set(tmp_path.iterdir())
    with pytest.raises(OutputError, match="No space left on device"):
        write_results(tmp_path / "results.xlsx", Results([sheet], [], [], SUMMARY), content)
    assert set(tmp_path.iterdir()) == before


def test_a_sheet_that_is_not_there_is_not_filled(formatted: Path) -> None:
    content, sheet = read(formatted)
    other = replace(sheet, title="Nowhere")
    assert not in_place.write_in_place(io.BytesIO(), [ResultCells(Results([other], [], [], SUMMARY))], content)


@pytest.mark.parametrize(
    "change", [lambda content: b"PK\x03\x04" + content[4:2000], lambda _: b"", lambda _: b"a,b\n1,2"]
)
def test_what_is_no_workbook_is_not_kept(change: Callable[[bytes], bytes], formatted: Path) -> None:
    content, sheet = read(formatted)
    assert not in_place.write_in_place(io.BytesIO(), [ResultCells(Results([sheet], [], [], SUMMARY))], change(content))


def test_a_workbook_without_names_gets_ours_where_they_belong(formatted: Path, tmp_path: Path) -> None:
    changed(
        formatted,
        {"xl/workbook.xml": lambda xml: re.sub(rb"<definedNames.*</definedNames>", b"", xml, flags=re.DOTALL)},
    )
    xml = everything_in(filled(formatted, tmp_path))["xl/workbook.xml"]
    assert re.findall(rb"</sheets><definedNames>.*</definedNames><calcPr", xml)
    assert xml.count(b"CampaignLoader.") == 2


def test_what_is_written_in_another_encoding_is_not_touched(formatted: Path) -> None:
    _, sheet = read(formatted)
    changed(formatted, {"xl/styles.xml": lambda xml: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + xml})
    told = ResultCells(Results([sheet], [], [], SUMMARY))
    assert not in_place.write_in_place(io.BytesIO(), [told], formatted.read_bytes())


def test_a_sheet_of_nothing_but_a_tag_has_no_place_for_results(formatted: Path) -> None:
    content, sheet = read(formatted)
    emptied = with_sheet(formatted, rb"<sheetData>.*</sheetData>", b"<sheetData/>").read_bytes()
    told = Results([sheet], [Outcome(2, "Recall", Status.CREATED)], [], SUMMARY)
    assert content != emptied
    assert not in_place.write_in_place(io.BytesIO(), [ResultCells(told)], emptied)
