from __future__ import annotations

import io
import struct
import zipfile

import pytest

from loader.errors import WorkbookError
from loader.workbook.ooxml import package as package_module
from loader.workbook.ooxml.package import Package, SheetPart
from tests.workbook.raw import MAIN, SHEET, cell, parts, sheet_xml, zipped

GOOD = sheet_xml(f'<row r="1">{cell("A1", "x")}</row>')


def refusal(content: bytes, part: str = SHEET) -> str:
    with pytest.raises(WorkbookError) as caught:
        b"".join(Package(content, "calls.xlsx").inflated(part))
    return str(caught.value)


DAMAGED = (
    "calls.xlsx is damaged or was cut short: open it in Excel and save it again as .xlsx, or send the file once more."
)


def test_a_part_is_given_block_by_block_as_it_was_packed() -> None:
    long = "x" * 3_000_000
    content = zipped({**parts(GOOD), "xl/long.xml": long})
    blocks = list(Package(content, "calls.xlsx").inflated("xl/long.xml"))
    assert len(blocks) > 1
    assert b"".join(blocks) == long.encode()


def test_a_part_stored_without_packing_is_given_too() -> None:
    content = zipped(parts(GOOD), method=zipfile.ZIP_STORED)
    assert b"".join(Package(content, "calls.xlsx").inflated(SHEET)) == GOOD.encode()


def test_packing_that_readers_do_not_know_is_refused() -> None:
    assert refusal(zipped(parts(GOOD), method=zipfile.ZIP_BZIP2)) == DAMAGED


def test_part_names_are_found_in_any_case_and_with_backslashes() -> None:
    odd = {name.replace("/", "\\").upper() if name == SHEET else name: part for name, part in parts(GOOD).items()}
    assert SHEET in Package(zipped(odd), "calls.xlsx")


def test_inflating_stops_at_the_limit_whatever_size_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "ALWAYS_ALLOWED", 2_000_000)
    content = zipped({**parts(GOOD), SHEET: " " * 5_000_000})
    declared = struct.pack("<I", 5_000_000)
    assert content.count(declared) == 2
    assert refusal(content.replace(declared, struct.pack("<I", 10))) == (
        "calls.xlsx unpacks to more than 2 MB: split it, or delete sheets it does not need."
    )


def test_a_large_file_may_inflate_to_more_if_it_packs_as_workbooks_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "ALWAYS_ALLOWED", 1_000)
    digits = "".join(map(str, range(20_000)))
    content = zipped({**parts(GOOD), "a.xml": digits})
    assert b"".join(Package(content, "calls.xlsx").inflated("a.xml")) == digits.encode()
    with pytest.raises(WorkbookError, match=r"unpacks to more than 0 MB.*, or raise LOADER_MAX_INFLATED_MB"):
        list(Package(content, "calls.xlsx", most=50_000).inflated("a.xml"))


def test_all_parts_that_are_looked_at_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "ALWAYS_ALLOWED", 3_000_000)
    package = Package(zipped({**parts(GOOD), "a.xml": "x" * 2_000_000, "b.xml": "x" * 2_000_000}), "calls.xlsx")
    list(package.inflated("a.xml"))
    with pytest.raises(WorkbookError, match="unpacks to more than 3 MB"):
        list(package.inflated("b.xml"))


@pytest.mark.parametrize("filler", [0, (1 << 20) - 5])
@pytest.mark.parametrize("declaration", ["<!DOCTYPE x>", '<!ENTITY a "b">', "<!doctype x>", "<! DOCTYPE x>"])
def test_entities_are_refused_also_across_two_blocks(declaration: str, filler: int) -> None:
    assert refusal(zipped(parts(" " * filler + declaration + GOOD))) == (
        "calls.xlsx declares XML entities, which no spreadsheet needs: open it in Excel and save it again as .xlsx."
    )


def test_xml_in_utf_16_is_refused_because_nothing_could_be_found_in_it() -> None:
    assert refusal(zipped(parts(GOOD.encode("utf-16")))) == DAMAGED


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_cut_short_is_refused_in_one_sentence(at: float) -> None:
    content = zipped(parts(GOOD))
    with pytest.raises(WorkbookError) as caught:
        Package(content[: int(len(content) * at)], "calls.xlsx")
    assert str(caught.value) == DAMAGED


def test_a_missing_part_is_a_damaged_file() -> None:
    assert refusal(zipped(parts(GOOD)), "xl/worksheets/sheet9.xml") == DAMAGED


def test_bytes_that_do_not_inflate_are_a_damaged_file() -> None:
    content = bytearray(zipped(parts("x" * 1000)))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        info = archive.getinfo(SHEET)
    begin = info.header_offset + 30 + len(SHEET)
    content[begin : begin + info.compress_size] = b"\xff" * info.compress_size
    assert refusal(bytes(content)) == DAMAGED


def test_a_part_that_ends_in_the_middle_is_a_damaged_file() -> None:
    content = zipped(parts("".join(map(str, range(5000)))))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        info = archive.getinfo(SHEET)
    packed = struct.pack("<II", info.compress_size, info.file_size)
    assert content.count(packed) == 2
    shorter = struct.pack("<II", info.compress_size // 2, info.file_size)
    assert refusal(content.replace(packed, shorter)) == DAMAGED


def test_a_part_that_does_not_begin_where_the_list_says_is_a_damaged_file() -> None:
    content = bytearray(zipped(parts(GOOD)))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        begin = archive.getinfo(SHEET).header_offset
    content[begin : begin + 4] = b"PK??"
    assert refusal(bytes(content)) == DAMAGED


def test_two_parts_of_one_name_are_a_damaged_file() -> None:
    with pytest.raises(WorkbookError, match="is damaged"):
        Package(zipped({**parts(GOOD), SHEET.upper(): GOOD}), "calls.xlsx")


def test_more_parts_than_any_workbook_has_are_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "MOST_PARTS", 5)
    with pytest.raises(WorkbookError, match="is damaged"):
        Package(zipped({**parts(GOOD), "a.xml": "", "b.xml": ""}), "calls.xlsx")


def test_a_prefix_that_nobody_declared_is_a_damaged_file() -> None:
    undeclared = {**parts(GOOD)}
    undeclared["xl/workbook.xml"] = str(undeclared["xl/workbook.xml"]).replace("xmlns:r=", "xmlns:s=")
    with pytest.raises(WorkbookError) as caught:
        Package(zipped(undeclared), "calls.xlsx").sheets()
    assert str(caught.value) == DAMAGED


def test_elements_nested_without_end_are_refused() -> None:
    package = Package(zipped({**parts(GOOD), "deep.xml": "<a>" * 1000}), "calls.xlsx")
    with pytest.raises(WorkbookError, match="is damaged"):
        package.elements("deep.xml", "b")


def test_more_elements_than_any_list_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "MOST_PARTS", 50)
    package = Package(zipped({**parts(GOOD), "many.xml": f"<a>{'<b/>' * 51}</a>"}), "calls.xlsx")
    with pytest.raises(WorkbookError, match="is damaged"):
        package.elements("many.xml", "b")


def test_the_sheets_are_listed_with_where_their_cells_are() -> None:
    assert Package(zipped(parts(GOOD)), "calls.xlsx").sheets() == [SheetPart("Data", True, SHEET)]
    assert Package(zipped(parts(GOOD, state="veryHidden")), "calls.xlsx").sheets() == [SheetPart("Data", False, SHEET)]


def test_a_sheet_that_is_no_worksheet_or_lies_elsewhere_has_no_cells() -> None:
    chart = {**parts(GOOD)}
    relations = "xl/_rels/workbook.xml.rels"
    chart[relations] = str(chart[relations]).replace("/worksheet", "/chartsheet", 1)
    assert Package(zipped(chart), "calls.xlsx").sheets() == [SheetPart("Data", True, "")]
    elsewhere = {**parts(GOOD)}
    elsewhere[relations] = str(elsewhere[relations]).replace("Target=", 'TargetMode="External" Target=')
    assert Package(zipped(elsewhere), "calls.xlsx").sheets() == [SheetPart("Data", True, "")]


def test_the_texts_and_styles_a_reader_unpacks_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "ALWAYS_ALLOWED", 1_000_000)
    content = {**parts(GOOD), "xl/sharedStrings.xml": f"<sst {MAIN}>{' ' * 2_000_000}</sst>"}
    relations = "xl/_rels/workbook.xml.rels"
    shared = '<Relationship Id="rId2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    content[relations] = str(content[relations]).replace("</Relationships>", shared)
    with pytest.raises(WorkbookError, match="unpacks to more than 1 MB"):
        Package(zipped(content), "calls.xlsx").sheets()
