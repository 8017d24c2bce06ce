"""What a file is, by what it holds and never by its name, before any reader sees it.

Of a workbook: its sheets, and what a reader would lose of each.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from loader.errors import WorkbookError
from loader.model.cell_reference import cell_of
from loader.model.encodings import GUESSED
from loader.model.limits import USUAL_LIMITS, Limits
from loader.model.sheet_choice import SheetChoice
from loader.workbook.ooxml.package import Package
from loader.workbook.reader.losses import Losses
from loader.workbook.reader.number_formats import styles_of
from loader.workbook.reader.sheet_scan import scan_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.model.limits import Limits

DELIMITERS = (",", ";", "\t", "|")  # between the cells of a text, in the order in which they are tried
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|table|\?xml|meta|style)", re.IGNORECASE)
_OTHER_FORMATS = (b"%PDF", b"{\\rtf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")  # \x1a ends a text of MS-DOS
_PACKAGES = {
    "xl/workbook.bin": "is an .xlsb workbook",
    "content.xml": "is an OpenDocument file",
    "word/document.xml": "is a Word document",
    "ppt/presentation.xml": "is a PowerPoint presentation",
    "index/document.iwa": "is an Apple Numbers file",
}


@dataclass(frozen=True, slots=True)
class Inspected:
    """A sheet that a reader survives. `part` is where its cells are, blank for the text of a CSV file.

    `remarks` are about its workbook. `inflated`: bytes that the parts inspected so far unpack to.
    """

    title: str
    part: str
    losses: Losses
    remarks: Sequence[str] = ()
    inflated: int = 0

    @property
    def is_text(self) -> bool:
        return not self.part


class Text(NamedTuple):
    """What a text file says. `guessed`: nobody has named its encoding, and its bytes do not show it.

    `codec`: Python's name of its encoding.
    """

    content: str
    guessed: bool = False
    codec: str = "utf-8-sig"


def inspected(
    content: bytes, name: str, choice: SheetChoice, limits: Limits, encoding: str | None = None
) -> Iterator[Inspected]:
    """The sheets to look at, each inspected when its turn comes.

    `encoding`: of a text that is not in Unicode; None where nobody has named it, and it may be guessed.

    Raises:
        WorkbookError: the file is no workbook, or is one that no reader should see.
    """
    package = opened(content, name, limits, encoding)
    if isinstance(package, Text):
        title = PurePath(name).stem  # what a spreadsheet program calls the sheet of such a file
        if choice.names and not choice.has_named(title):
            raise WorkbookError(f"{name} is a CSV file, and its only sheet is '{title}'.")
        yield Inspected(title, "", Losses())
    else:
        yield from _sheets(package, choice, limits)


def _sheets(package: Package, choice: SheetChoice, limits: Limits) -> Iterator[Inspected]:
    sheets = package.sheets()
    with_cells = [it for it in sheets if it.part]
    unknown = [name for name in choice.names if not any(SheetChoice((name,)).has_named(it.title) for it in with_cells)]
    chosen = [
        it
        for it in with_cells
        if choice.has_named(it.title) or (choice.looks_at_others and it.visible and not choice.ignores(it.title))
    ]
    if unknown or not chosen:
        missing = f"sheet '{unknown[0]}'" if unknown else "visible sheet with cells: unhide one"
        raise WorkbookError(
            f"{package.name} has no {missing}; it has: {', '.join(repr(sheet.title) for sheet in sheets)}."
        )
    styles, remarks = styles_of(package), _remarks(package)
    for sheet in chosen:
        losses = scan_sheet(package, sheet.part, sheet.title, limits=limits, styles=styles)
        losses.totals = _totals_rows(package, sheet.part)
        yield Inspected(sheet.title, sheet.part, losses, remarks, package.inflated_so_far)


def _totals_rows(package: Package, part: str) -> list[int]:
    """The last rows of tables that say that it has their totals."""
    tables = [target for _, kind, target in package.targets(part) if kind == "table" and target in package]
    found = [table for target in tables for table in package.elements(target, "table")]
    ends = (it.get("ref", "").rpartition(":")[2] for it in found if it.get("totalsRowCount", "0") not in {"", "0"})
    return [row for row, _ in map(cell_of, ends) if row]


def _remarks(package: Package) -> list[str]:
    remarks = []
    if package.has_links():
        remarks.append("refers to other workbooks; their values are those of the last time it was saved in Excel")
    if package.has_macros():
        remarks.append("has macros, which are never run, and do not come along into the results")
    return remarks


def opened(content: bytes, name: str, limits: Limits = USUAL_LIMITS, encoding: str | None = None) -> Package | Text:
    """The package of a workbook, or the text of a CSV file, by what it holds; WorkbookError for everything else."""
    if not content:
        raise WorkbookError(f"{name} is empty: send the file once more.")
    if content.startswith(_OLE2):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise WorkbookError(
                f"{name} is protected with a password: open it in Excel and save it as .xlsx without one."
            )
        raise WorkbookError(f"{name} is an old Excel workbook (.xls): open it in Excel and save it as .xlsx.")
    if content.startswith(_ZIP):
        return _spreadsheet(Package(content, name, most=limits.inflated))
    return _text(content, name, encoding)


def _spreadsheet(package: Package) -> Package:
    name, workbook = package.name, package.workbook_part()
    if workbook in package and not workbook.endswith(".bin"):
        kinds = {found.get("ContentType", "") for found in package.elements("[Content_Types].xml", "Override")}
        if any("spreadsheet" in kind or "sheet.macroEnabled" in kind for kind in kinds):
            return package
    for part, what in _PACKAGES.items():
        if part in package:
            raise WorkbookError(f"{name} {what}: save it as .xlsx.")
    raise WorkbookError(f"{name} is a zip archive but no workbook: save it as .xlsx.")


def _text(content: bytes, name: str, encoding: str | None) -> Text:
    if _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise WorkbookError(f"{name} is a web page or an XML file, whatever its name says: save it as .xlsx.")
    if content.startswith(_OTHER_FORMATS):
        raise WorkbookError(f"{name} is no workbook: save it as .xlsx.")
    return decoded(content, name, encoding)


def decoded(content: bytes, name: str, encoding: str | None) -> Text:
    """A text in Unicode, by its mark or its bytes; else in `encoding`; else, where that is None, in Windows-1252.

    Raises:
        WorkbookError: it is in none of these.
    """
    marked = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for codec in ("utf-16",) if marked else ("utf-8-sig", encoding or GUESSED):
        with suppress(UnicodeDecodeError):
            text = content.decode(codec)
            if not _NO_TEXT.search(text):
                return Text(text, guessed=encoding is None and codec == GUESSED, codec=codec)
    if encoding == "utf-8" and not marked:
        raise WorkbookError(
            f"{name} is not in UTF-8: save it as 'CSV UTF-8', or name its encoding, such as --encoding windows-1252."
        )
    others = f" or {encoding}" if encoding else ""
    raise WorkbookError(f"{name} is neither a workbook nor text in UTF-8{others}: save it as .xlsx or as 'CSV UTF-8'.")
