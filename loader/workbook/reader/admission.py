"""Whether a file is a workbook or a text, told by what it holds and never by its name."""

from __future__ import annotations

import re

from loader.errors import WorkbookError
from loader.model.limits import USUAL_LIMITS, Limits
from loader.workbook.ooxml.package import Package

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|table|\?xml|meta|style)", re.IGNORECASE)
_OTHER_FORMATS = (b"%PDF", b"{\\rtf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")
_PACKAGES = {
    "xl/workbook.bin": "is an .xlsb workbook",
    "content.xml": "is an OpenDocument file",
    "word/document.xml": "is a Word document",
    "ppt/presentation.xml": "is a PowerPoint presentation",
    "index/document.iwa": "is an Apple Numbers file",
}


def admit(content: bytes, name: str, limits: Limits = USUAL_LIMITS) -> Package | str:
    """The package of a workbook, or the text of a CSV file, told by content; WorkbookError for everything else."""
    if not content:
        raise WorkbookError(f"{name} is empty: send the file once more.")
    if content.startswith(_OLE2):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise WorkbookError(
                f"{name} is protected with a password: open it in Excel and save it as .xlsx without one."
            )
        raise WorkbookError(f"{name} is an old Excel workbook (.xls): open it in Excel and save it as .xlsx.")
    if content.startswith(_ZIP):
        return _workbook(Package(content, name, most=limits.inflated))
    return _text(content, name)


def _workbook(package: Package) -> Package:
    name, workbook = package.name, package.workbook_part()
    if workbook in package and not workbook.endswith(".bin"):
        kinds = {found.get("ContentType", "") for found in package.elements("[Content_Types].xml", "Override")}
        if any("spreadsheet" in kind or "sheet.macroEnabled" in kind for kind in kinds):
            return package
    for part, what in _PACKAGES.items():
        if part in package:
            raise WorkbookError(f"{name} {what}: save it as .xlsx.")
    raise WorkbookError(f"{name} is a zip archive but no workbook: save it as .xlsx.")


def _text(content: bytes, name: str) -> str:
    if _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise WorkbookError(f"{name} is a web page or an XML file, whatever its name says: save it as .xlsx.")
    if content.startswith(_OTHER_FORMATS):
        raise WorkbookError(f"{name} is no workbook: save it as .xlsx.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise WorkbookError(f"{name} is neither a workbook nor text in UTF-8: save it as .xlsx or as 'CSV UTF-8'.")
    return text
