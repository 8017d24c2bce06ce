"""Results as the user's own workbook: its package is copied, and what is ours is put into it.

Not through openpyxl, which takes 20 times as long, a gigabyte for a large workbook, and loses what it does not model.
Where a workbook holds something that could be damaged on the way, it is not touched: the caller writes a new one.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

from loader.errors import WorkbookError
from loader.model.row import address
from loader.workbook.ooxml.external_links import keep_inside, refuse_what_reaches_out, without_formulas
from loader.workbook.ooxml.package_copy import SHEET_ML, Parts
from loader.workbook.ooxml.sheet_part import SheetPart, rows_of
from loader.workbook.ooxml.sheet_rows import Change, Rows
from loader.workbook.ooxml.styles_part import Styles
from loader.workbook.ooxml.tables_part import covers, grown_table, shifted
from loader.workbook.ooxml.unfit import Ending, Unfit
from loader.workbook.ooxml.workbook_part import OUR_SHEETS, Book
from loader.workbook.ooxml.xml_edit import between_tags
from loader.workbook.writer.cell_styles import MARKED, OUR_HEADER, lines_of
from loader.workbook.writer.cells import LOOKS_LIKE_A_FORMULA, PLAIN, CellStyle, cut, escaped
from loader.workbook.writer.comments import merged_notes
from loader.workbook.writer.confined import Allowance, returned_apart
from loader.workbook.writer.generated_sheets import GeneratedSheets
from loader.workbook.writer.result_cells import worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loader.workbook.ooxml.package_copy import CopiedPart
    from loader.workbook.writer.result_cells import ResultCells

_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_CELLS_REMEMBERED = 4096
# what a workbook may cost: seconds and bytes, for any, for each of its rows and problems, and for its size
_SECONDS, _ROWS_A_SECOND, _SECONDS_PER_MB = 2, 2_000, 3
_MEMORY, _MEMORY_PER_ROW, _MEMORY_PER_BYTE = 128 << 20, 2 << 10, 16
ZIP = b"PK\x03\x04"
_MOST_LINES = 4  # a row grows by; their own texts stand at its foot
_NORMAL_COMPRESSION = 4  # of 9; a tenth larger than the usual 6 and half again as fast
_DAYS_BEGIN, _DAYS_1904 = datetime(1899, 12, 30), 1462  # noqa: DTZ001 - a cell knows no time zone


def write_in_place(file: IO[bytes], of_sheets: Sequence[ResultCells], content: bytes) -> Ending:
    """Write the user's workbook with the results in it; false, and any bytes, where it is none or unfit for that."""
    if not content.startswith(ZIP):
        return Ending.DAMAGE
    rows = sum(len(it.sheet.cells) + len(it.problems) for it in of_sheets)
    megabytes = len(content) >> 20
    allowance = Allowance(
        seconds=_SECONDS + rows // _ROWS_A_SECOND + _SECONDS_PER_MB * megabytes * len(of_sheets),
        memory=_MEMORY + _MEMORY_PER_ROW * rows + _MEMORY_PER_BYTE * len(content) * len(of_sheets),
    )
    ending = returned_apart(partial(_filled, file, of_sheets, content), allowance)
    return Ending.WORK if ending is None else Ending(ending)


def _filled(file: IO[bytes], of_sheets: Sequence[ResultCells], content: bytes) -> Ending:
    """Sheet after sheet, each into what the one before has made; the first one last, which a reader sees then."""
    first, *others = of_sheets
    try:
        remarks = first.summary.remarks
        for one in reversed(others):
            one.summary = replace(one.summary, remarks=remarks)
            made = io.BytesIO()
            _write_one(made, one, content)
            content, remarks = made.getvalue(), one.summary.remarks
        first.summary = replace(first.summary, remarks=remarks)
        _write_one(file, first, content)
        file.flush()
    except Unfit as error:
        return error.why
    except WorkbookError:  # the reader has looked at the sheet alone
        return Ending.DAMAGE
    return Ending.WRITTEN


def _write_one(file: IO[bytes], result_cells: ResultCells, content: bytes) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_NORMAL_COMPRESSION) as package:
        _Edit(result_cells, content).write(package)


def _without_formulas_in(title: str) -> str:
    return f"sheet '{title}' has the saved values of its formulas only, as some of them reach out of the workbook"


class _Edit:
    """One workbook on its way."""

    def __init__(self, result_cells: ResultCells, content: bytes) -> None:
        self._result_cells = result_cells
        self._parts = parts = Parts(content, result_cells.sheet.file)
        self._book = Book(parts.text(parts.workbook.name))
        if any(self._book.key(number) not in self._pointed_at() for number in range(len(self._book.titles()))):
            raise Unfit(Ending.MACRO_SHEETS)  # what old macros were written on has no part of its own
        self._own = self._number_of(result_cells.sheet.title)
        self._sheet = self._part_of(self._own)
        self._before = self._book.ours()
        for number in self._before.values():
            parts.drop(self._part_of(number).name)
        self._bare = keep_inside(parts, self._sheet.name, self._book.titles())
        remarks = [_without_formulas_in(self._title_of(name)) for name in self._bare]
        result_cells.summary = replace(result_cells.summary, remarks=[*result_cells.summary.remarks, *remarks])
        self._styles_name = next((it.name for it in parts.by_name.values() if it.word == "styles"), "")
        if not self._styles_name or self._own in self._before.values():
            raise Unfit
        self._styles = Styles(parts.text(self._styles_name))
        self._sheet_part = SheetPart(parts.blocks(self._sheet.name))
        refuse_what_reaches_out(self._sheet_part.around_rows, self._book.titles())
        self._titles = self._free_titles()
        self._generated_sheets = GeneratedSheets(result_cells, list(self._titles.values()))
        self._generated_sheets.add_styles_to(self._styles)
        self._around = lru_cache(maxsize=_CELLS_REMEMBERED, typed=True)(self._cell_around)
        self._added = {
            column: name for name, column in result_cells.places.items() if column not in result_cells.in_place
        }

    def write(self, package: ZipFile) -> None:
        parts, sheet_part = self._parts, self._sheet_part
        self._edit_sheet_part()
        self._edit_notes()
        problems, summary = self._generated_sheets.put_into(parts)
        self._edit_book(problems, summary)
        before, behind = sheet_part.edited()
        cells = self._result_cells
        rows = Rows(
            self._change_of,
            [cells.sheet.header_row, *cells.outcomes, *cells.marks],
            self._styles,
            sheet_part.usual_style,
            calculated=not self._book.awaits_calculation,
        )
        streams: dict[str, Callable[[], Iterator[bytes]]] = {
            **{name: partial(self._bare_sheet, name) for name in self._bare},
            problems.name: lambda: self._generated_sheets.sheet(2),
            summary.name: lambda: self._generated_sheets.sheet(3),
            self._sheet.name: lambda: self._rows(rows, before, behind),
            # last: only now it is known which cell styles there are
            self._styles_name: lambda: iter((self._styles.edited(),)),
        }
        parts.write(package, streams)
        if not self._result_cells.outcomes.keys() <= rows.seen:
            raise Unfit

    def _number_of(self, title: str) -> int:
        for number, known in enumerate(self._book.titles()):
            if known == title and self._part_of(number).word == "worksheet":
                return number
        raise Unfit

    def _pointed_at(self) -> set[str]:
        return {relation.key for relation in self._parts.workbook.relations}

    def _part_of(self, number: int) -> CopiedPart:
        key = self._book.key(number)
        for relation in self._parts.workbook.relations:
            if relation.key == key and relation.target in self._parts.by_name:
                return self._parts.by_name[relation.target]
        raise Unfit

    def _title_of(self, part: str) -> str:
        titles = self._book.titles()
        return next((title for at, title in enumerate(titles) if self._part_of(at).name == part), part)

    def _free_titles(self) -> dict[str, str]:
        """What our sheets are called: as before, or by a name no other sheet has."""
        titles = self._book.titles()
        taken = {title.casefold() for number, title in enumerate(titles) if number not in self._before.values()}
        free = {}
        for what in OUR_SHEETS:
            names = (what, f"{what} (loader)", *(f"{what} (loader {n})" for n in range(2, len(titles) + 3)))
            free[what] = next(name for name in names if name.casefold() not in taken)
        return free

    def _bare_sheet(self, name: str) -> Iterator[bytes]:
        return without_formulas(self._parts.blocks(name))

    def _edit_sheet_part(self) -> None:
        result_cells, sheet_part = self._result_cells, self._sheet_part
        header, first = result_cells.sheet.header_row, min(result_cells.places.values())
        sheet_part.forget_size()
        sheet_part.set_widths({column: result_cells.widths[column] for column in self._added})
        sheet_part.freeze(header, result_cells.first_moving_column())
        self._filtered = None
        if not self._grow_tables():
            columns = min(self._added, default=first), result_cells.last_column
            self._filtered = sheet_part.filter(header, len(result_cells.sheet.cells), columns)
        if self._added:
            for drawing in self._neighbours("drawing"):
                drawing.new = shifted(self._parts.text(drawing.name), min(self._added), len(self._added))

    def _neighbours(self, word: str) -> list[CopiedPart]:
        targets = [relation.target for relation in self._sheet.relations if relation.word == word]
        return [self._parts.part(target) for target in targets]

    def _grow_tables(self) -> bool:
        """Whether a table with the header in it has a filter already."""
        header, found = self._result_cells.sheet.header_row, False
        for table in self._neighbours("table"):
            xml = self._parts.text(table.name)
            if covers(xml, header):
                found = True
                table.new = grown_table(xml, header, self._added, self._result_cells.last_column)
        return found

    def _edit_notes(self) -> None:
        parts, sheet, sheet_part = self._parts, self._sheet, self._sheet_part
        comments = self._neighbours("comments")
        drawn = sheet_part.notes_drawing()
        box = next((it.target for it in sheet.relations if it.key == drawn and it.word == "vmlDrawing"), None)
        if not self._result_cells.marks and not (comments and self._result_cells.in_place):
            return
        if len(comments) > 1 or (comments and box is None) or (drawn and box is None):
            raise Unfit
        texts, boxes = merged_notes(
            parts.text(comments[0].name) if comments else None,
            parts.text(box) if box else None,
            self._result_cells.marks,
            again=bool(self._result_cells.in_place),
        )
        if comments:
            comments[0].new = texts
        else:
            added = parts.add("xl/loaderComments%d.xml", f"{SHEET_ML}.comments+xml", texts)
            parts.relate(sheet, "comments", added)
        if box:
            parts.by_name[box].new = boxes
        else:
            added = parts.add("xl/drawings/loaderDrawing%d.vml", _VML, boxes)
            sheet_part.add_notes_drawing(parts.relate(sheet, "vmlDrawing", added))

    def _edit_book(self, problems: CopiedPart, summary: CopiedPart) -> None:
        workbook = self._parts.workbook
        added = [
            (what, self._titles[what], self._parts.relate(workbook, "worksheet", page))
            for what, page in zip(OUR_SHEETS, (problems, summary), strict=True)
        ]
        others = [self._number_of(sheet.title) for sheet in self._result_cells.results.sheets]
        workbook.new = self._book.edited([self._own, *others], list(self._before.values()), added, self._filtered)
        refuse_what_reaches_out(workbook.new, [*self._book.titles(), *self._titles.values()])

    def _rows(self, rows: Rows, before: bytes, behind: bytes) -> Iterator[bytes]:
        yield before
        yield from rows.edited(rows_of(self._parts.blocks(self._sheet.name)))
        yield behind

    def _change_of(self, row: int) -> Change:
        result_cells = self._result_cells
        marks = {
            column: self._generated_sheets.style_number(MARKED[worst(problems)])
            for column, problems in result_cells.marks.get(row, {}).items()
        }
        if row > result_cells.sheet.header_row and row not in result_cells.outcomes and not result_cells.in_place:
            return Change(marks=marks)
        cells, lines = {}, 1
        for column, (value, style) in result_cells.results_of(row).items():
            if style is OUR_HEADER and column in result_cells.in_place:
                continue  # as they have written it, which a table knows it by
            before, behind = self._around(column, value, style) if value not in (None, "") else (b"", b"")
            cells[column] = b"%b%d%b" % (before, row, behind) if behind else b""
            if style is not PLAIN and isinstance(value, str):
                lines = max(lines, lines_of(value, result_cells.widths[column]))
        return Change(cells, marks, min(lines, _MOST_LINES))

    def _cell_around(self, column: int, value: object, style: CellStyle) -> tuple[bytes, bytes]:
        """A cell as what stands before and behind the number of its row: most values come again and again."""
        opened = f'<c r="{address(1, column)[:-1]}'.encode()
        if (number := self._number_of_cell(value)) is not None:
            return opened, f'" s="{self._generated_sheets.style_number(style)}"><v>{number}</v></c>'.encode()
        text = str(value)
        style_number = self._generated_sheets.style_number(style, quoted=text.startswith(LOOKS_LIKE_A_FORMULA))
        kind = f'" s="{style_number}" t="inlineStr"><is><t xml:space="preserve">'.encode()
        return opened, kind + between_tags(escaped(cut(text))) + b"</t></is></c>"

    def _number_of_cell(self, value: object) -> str | None:
        """A number, or a moment as days since the workbook's first; None for everything else."""
        if isinstance(value, datetime):
            days = (value - _DAYS_BEGIN) / timedelta(days=1)
            return f"{days - _DAYS_1904 if self._book.counts_from_1904 else days:.9f}"
        return str(value) if isinstance(value, int) else None
