"""The styles of our own cells, and how much room their texts take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties

from loader.model.row import Severity
from loader.workbook.writer.cells import WRAPPED, CellStyle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl.worksheet.worksheet import Worksheet

HEADER = CellStyle(
    font=Font(name="Calibri", size=11, bold=True, color="FFFFFF"),
    fill=PatternFill("solid", fgColor="1F3864"),
    alignment=Alignment(vertical="center", wrap_text=True),
)
TITLE = CellStyle(font=Font(name="Calibri", size=16, bold=True, color="1F3864"))
NOTE = CellStyle(font=Font(name="Calibri", size=10, italic=True, color="595959"))
SENT_FORMAT = "yyyy-mm-dd hh:mm:ss"
OUR_HEADER = CellStyle(font=HEADER.font, fill=PatternFill("solid", fgColor="0B6E4F"), alignment=HEADER.alignment)
CENTRED = CellStyle(alignment=Alignment(horizontal="center", vertical="top"))

# An error is darker, bold and framed, a warning light and dashed: they differ without any colour too.
_LINE, _DASHES = Side(style="medium", color="9C2A00"), Side(style="dashed", color="7F6000")
MARKED: Mapping[Severity, CellStyle] = {
    Severity.ERROR: CellStyle(
        font=Font(name="Calibri", size=11, bold=True, color="5C1A00"),
        fill=PatternFill("solid", fgColor="F8CBAD"),
        border=Border(_LINE, _LINE, _LINE, _LINE),
        alignment=WRAPPED.alignment,
    ),
    Severity.WARNING: CellStyle(
        font=Font(name="Calibri", size=11, color="3F3000"),
        fill=PatternFill("solid", fgColor="FFF2CC"),
        border=Border(_DASHES, _DASHES, _DASHES, _DASHES),
        alignment=WRAPPED.alignment,
    ),
}


def set_up_for_paper(page: Worksheet, *, pages_wide: int = 1, header_row: int | None = None) -> None:
    """Landscape, and no column cut in two; `header_row` comes again on every page."""
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = pages_wide, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if header_row is not None:
        page.print_title_rows = f"{header_row}:{header_row}"


PAGES_WIDE = 4  # of a campaign sheet on paper; on fewer its cells could not be read
LINE_HEIGHT = 15  # points
_LETTER = 0.82  # an average letter's width, where a column's is measured in digits
_MOST_LINES_OF_A_ROW = 12  # one taller than that hides the others


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column so wide; office programs make no room by themselves."""
    lines = sum(1 + int(len(line) * _LETTER / width) for line in text.split("\n"))
    return min(lines, _MOST_LINES_OF_A_ROW)
