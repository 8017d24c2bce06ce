"""What a workbook holds, told before any reader sees it: its sheets, and what a reader would lose of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from loader.errors import WorkbookError
from loader.workbook.reader.admission import admit
from loader.workbook.reader.number_formats import styles_of
from loader.workbook.reader.sheet_scan import Losses, look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.model.limits import Limits
    from loader.workbook.ooxml.package import Package


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A sheet that a reader survives. `part` is where its cells are, blank for the text of a CSV file.

    `remarks` are about its workbook. `inflated`: bytes that the parts looked at so far unpack to.
    """

    title: str
    part: str
    losses: Losses
    remarks: Sequence[str] = ()
    inflated: int = 0


def survey(content: bytes, name: str, wanted: str | None, limits: Limits) -> Iterator[Surveyed]:
    """The sheet called `wanted`, or every visible one, each looked at when its turn comes.

    Raises:
        WorkbookError: the file is no workbook, or is one that no reader should see.
    """
    package = admit(content, name, limits)
    if isinstance(package, str):
        title = PurePath(name).stem  # what a spreadsheet program calls the sheet of such a file
        if wanted not in {None, title}:
            raise WorkbookError(f"{name} is a CSV file, and its only sheet is '{title}'.")
        yield Surveyed(title, "", Losses())
    else:
        yield from _sheets(package, wanted, limits)


def _sheets(package: Package, wanted: str | None, limits: Limits) -> Iterator[Surveyed]:
    sheets = package.sheets()
    chosen = [it for it in sheets if it.part and (it.visible if wanted is None else it.title == wanted)]
    if not chosen:
        missing = "visible sheet with cells: unhide one" if wanted is None else f"sheet '{wanted}'"
        raise WorkbookError(
            f"{package.name} has no {missing}; it has: {', '.join(repr(sheet.title) for sheet in sheets)}."
        )
    styles, remarks = styles_of(package), _remarks(package)
    for sheet in chosen:
        losses = look(package, sheet.part, sheet.title, limits=limits, styles=styles)
        yield Surveyed(sheet.title, sheet.part, losses, remarks, package.inflated_so_far)


def _remarks(package: Package) -> list[str]:
    remarks = []
    if package.has_links():
        remarks.append("refers to other workbooks; their values are those of the last time it was saved in Excel")
    if package.has_macros():
        remarks.append("has macros, which are neither run nor kept")
    return remarks
