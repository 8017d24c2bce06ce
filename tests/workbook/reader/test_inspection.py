from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

import pytest

from loader.errors import WorkbookError
from loader.workbook.ooxml.package import Package
from loader.workbook.reader.inspection import Text, opened
from tests.workbook.raw import cell, parts, sheet_xml, zipped

PLAIN = f'<row r="1">{cell("A1", "x")}</row>'
NO_TEXT = "calls.xlsx is neither a workbook nor text in UTF-8: save it as .xlsx or as 'CSV UTF-8'."
WEB_PAGE = "calls.xlsx is a web page or an XML file, whatever its name says: save it as .xlsx."


def refusal(content: bytes) -> str:
    with pytest.raises(WorkbookError) as caught:
        opened(content, "calls.xlsx")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "calls.xlsx is empty: send the file once more."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100) + "EncryptedPackage".encode("utf-16-le"),
            "calls.xlsx is protected with a password: open it in Excel and save it as .xlsx without one.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
            "calls.xlsx is an old Excel workbook (.xls): open it in Excel and save it as .xlsx.",
        ),
        (b"\n<HTML><table>", WEB_PAGE),
        (b"\xef\xbb\xbf<?xml version", WEB_PAGE),
        (b"%PDF-1.7", "calls.xlsx is no workbook: save it as .xlsx."),
        ("Name".encode("utf-16-le"), NO_TEXT),
        ("Name".encode("utf-16") + b"\0", NO_TEXT),
        (b"Name\0", NO_TEXT),
        (zipped({"xl/workbook.bin": ""}), "calls.xlsx is an .xlsb workbook: save it as .xlsx."),
        (zipped({"content.xml": ""}), "calls.xlsx is an OpenDocument file: save it as .xlsx."),
        (zipped({"word/document.xml": ""}), "calls.xlsx is a Word document: save it as .xlsx."),
        (zipped({"Index/Document.iwa": ""}), "calls.xlsx is an Apple Numbers file: save it as .xlsx."),
        (zipped({"photo.jpg": ""}), "calls.xlsx is a zip archive but no workbook: save it as .xlsx."),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    assert refusal(content) == said


@pytest.mark.parametrize("content", [b"Name,Mode\n", b"\xef\xbb\xbfName,Mode\n"])
def test_text_in_utf_8_is_a_csv_file_with_or_without_a_byte_order_mark(content: bytes) -> None:
    assert opened(content, "calls.xlsx") == Text("Name,Mode\n")


@pytest.mark.parametrize("mark", [BOM_UTF16_LE, BOM_UTF16_BE])
def test_text_in_utf_16_is_a_csv_file_if_its_mark_says_so(mark: bytes) -> None:
    order = "utf-16-le" if mark == BOM_UTF16_LE else "utf-16-be"
    assert opened(mark + "Name\tStraße\n".encode(order), "calls.txt") == Text("Name\tStraße\n", codec="utf-16")


def test_a_workbook_is_known_by_its_content_also_one_with_macros() -> None:
    assert isinstance(opened(zipped(parts(sheet_xml(PLAIN))), "calls.txt"), Package)
    macros = parts(sheet_xml(PLAIN))
    macros["[Content_Types].xml"] = str(macros["[Content_Types].xml"]).replace(
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", "vnd.ms-excel.sheet.macroEnabled.main"
    )
    assert isinstance(opened(zipped(macros), "calls.xls"), Package)


def test_an_xml_workbook_that_calls_itself_something_else_is_refused() -> None:
    other = parts(sheet_xml(PLAIN))
    other["[Content_Types].xml"] = str(other["[Content_Types].xml"]).replace("spreadsheet", "drawing")
    assert refusal(zipped(other)) == "calls.xlsx is a zip archive but no workbook: save it as .xlsx."
