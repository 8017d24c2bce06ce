"""Our own sheets and cell styles, made by openpyxl as a small workbook, to be put into somebody else's."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from loader.workbook.ooxml.styles_part import Styles
from loader.workbook.ooxml.xml_edit import Part
from loader.workbook.writer.cell_styles import CENTRED, MARKED, OUR_HEADER, SENT_FORMAT
from loader.workbook.writer.cells import PLAIN, WRAPPED, CellStyle, Pen, new_book
from loader.workbook.writer.problems_sheet import fill_problems
from loader.workbook.writer.summary_sheet import STATUS_STYLES, SummaryPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.workbook.ooxml.package_copy import CopiedPart, Parts
    from loader.workbook.writer.result_cells import ResultCells

_STYLES = (PLAIN, WRAPPED, CENTRED, OUR_HEADER, *STATUS_STYLES.values(), *MARKED.values())
_STYLE = re.compile(rb'(<c r="[A-Z]+[0-9]+" s=")([0-9]+)"')
_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing+xml"
_MADE_CHART = "xl/charts/chart1.xml"  # openpyxl's name for the first one
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BLOCK = 1 << 20


class GeneratedSheets:
    """`titles` are what our two sheets are called."""

    def __init__(self, result_cells: ResultCells, titles: Sequence[str]) -> None:
        made = io.BytesIO()
        with new_book(made) as book:
            samples = book.create_sheet("Styles")
            pen = Pen(samples)
            for text in ("plain", "=quoted"):
                cells = [pen.cell(text, it, number_format=SENT_FORMAT if it is CENTRED else None) for it in _STYLES]
                samples.append(cells)
            problems, summary = (book.create_sheet(title) for title in titles)
            sheets, outcomes = result_cells.results.sheets, result_cells.results.outcomes
            tables = {sheet.label: (sheet.title, sheet.header_row) for sheet in sheets}
            fill_problems(problems, result_cells.problems, tables)
            SummaryPage(summary).fill(sheets, outcomes, result_cells.problems, result_cells.summary)
        self._package = zipfile.ZipFile(made)
        self._styles = Styles(self._package.read("xl/styles.xml"))
        self._numbers: list[int] = []
        self._drawing_key = ""
        self._ours: dict[tuple[CellStyle, bool], int] = {}

    def add_styles_to(self, styles: Styles) -> None:
        """Add our cell styles to those of the workbook."""
        self._numbers = styles.take_over(self._styles)
        found = [int(number) for _, number in _STYLE.findall(self._package.read("xl/worksheets/sheet1.xml"))]
        keys = [(style, quoted) for quoted in (False, True) for style in _STYLES]
        self._ours = {key: self._numbers[number] for key, number in zip(keys, found, strict=True)}

    def style_number(self, style: CellStyle, *, quoted: bool = False) -> int:
        return self._ours[style, quoted]

    def put_into(self, parts: Parts) -> tuple[CopiedPart, CopiedPart]:
        """Our two sheets as parts, with the chart if there is one; `sheet` gives what they hold."""
        problems = parts.add("xl/worksheets/loaderSheet%d.xml", _SHEET, b"", word="worksheet")
        summary = parts.add("xl/worksheets/loaderSheet%d.xml", _SHEET, b"", word="worksheet")
        if _MADE_CHART in self._package.namelist():
            self._drawing_key = parts.relate(summary, "drawing", self._drawing(parts))
        return problems, summary

    def _drawing(self, parts: Parts) -> CopiedPart:
        chart = parts.add("xl/charts/loaderChart%d.xml", _CHART, self._package.read(_MADE_CHART))
        drawing = parts.add("xl/drawings/loaderDrawing%d.xml", _DRAWING, b"")
        key = parts.relate(drawing, "chart", chart)
        drawn = Part(self._package.read("xl/drawings/drawing1.xml"), deepest=9)
        for element in drawn.elements:
            if element.name.endswith("chart") and "r:id" in element.attributes:
                drawn.retag(element, **{"r:id": key})
        drawing.new = drawn.edited()
        return drawing

    def sheet(self, number: int) -> Iterator[bytes]:
        """What our sheet of that number holds, 2 for the problems and 3 for the summary."""
        pending = b""
        with self._package.open(f"xl/worksheets/sheet{number}.xml") as file:
            while block := file.read(_BLOCK):
                pending += block
                last = pending.rfind(b"<row")
                if last > 0:
                    yield self._renumbered(pending[:last])
                    pending = pending[last:]
        yield self._renumbered(pending)

    def _renumbered(self, xml: bytes) -> bytes:
        xml = _STYLE.sub(lambda found: b'%b%d"' % (found[1], self._numbers[int(found[2])]), xml)
        return re.sub(rb'(<drawing [^>]*r:id=")[^"]*"', b'\\g<1>%b"' % self._drawing_key.encode(), xml)
