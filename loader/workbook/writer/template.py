"""The workbook people fill, and one that is filled. Both come out the same, byte for byte, whenever that is done."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache, partial
from importlib.resources import files
from typing import IO, TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

from openpyxl.packaging.core import DocumentProperties
from openpyxl.packaging.custom import IntProperty
from openpyxl.styles import Border, Font, Side

from loader.model.campaign import DialingMode
from loader.storage.atomic_files import write_new
from loader.workbook.columns import COLUMNS, find, sentence_of
from loader.workbook.writer.campaigns_sheet import OPTIONAL, REQUIRED, fill_campaigns
from loader.workbook.writer.cell_styles import LINE_HEIGHT, NOTE, TITLE, lines_of, set_up_for_paper
from loader.workbook.writer.cells import WRAPPED, CellStyle, Pen, new_book

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SCHEMA_PROPERTY = "campaign-loader template"  # a custom property of the document
_SCHEMA_VERSION = 1

_CHOICES_SHEET, _ZONES_SHEET = "Lists and queues", "Time zones"
_ALWAYS = datetime(2026, 1, 1)  # noqa: DTZ001 - openpyxl takes it for UTC
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip file can name

_GREY_LINE = Side(style="thin", color="D9D9D9")
_ROW = CellStyle(border=Border(bottom=_GREY_LINE), alignment=WRAPPED.alignment)
_ROW_NAME = CellStyle(Font(name="Calibri", size=11, bold=True), border=_ROW.border, alignment=WRAPPED.alignment)

_STEPS = (
    "Fill the sheet Campaigns, one campaign a row. Dark blue headers are required; the notes at them say what goes in.",
    "Rows whose name begins with 'Example:' are ignored. Leave them or delete them.",
    "Write calling windows as 9:00 AM - 6:00 PM or 09:00 - 18:00, several of one day separated by ';' or a line break.",
    "A blank cell, '-', 'closed' or 'off' means no calls on that day.",
    "Columns may be moved, left out where they are not required, and added: your own ones are kept as they are.",
    "Check the workbook, nothing is sent:  campaign-loader check campaigns.xlsx",
    "Create the campaigns:  campaign-loader run campaigns.xlsx",
    "You get a results workbook: your sheet with a Status for every row. Correct what is wrong there and run it again.",
    "What is created already is not sent a second time.",
)
# the list that is chosen from must be one column; on paper, the same zones stand in several
_ZONE_WIDTH, _PRINTED_COLUMNS = 32, "CDEFGH"
_ZONES_NOTE = "Common ones first, then every place of the tz database; the same as in column A"
_TABLE = {"Column": 26, "Required": 24, "What goes in": 66, "Example": 42, "Also understood as": 44}


@dataclass(frozen=True, slots=True)
class Choices:
    """What an account has to choose from: contact lists, each with a remark, and queues."""

    contact_lists: Mapping[str, str] = field(default_factory=dict)
    queues: Sequence[str] = ()

    def cells(self) -> Mapping[str, str]:
        """Where they stand in the workbook, by field."""
        columns = {"contact_lists": ("A", self.contact_lists), "queue": ("D", self.queues)}
        return {
            name: f"'{_CHOICES_SHEET}'!${letter}$2:${letter}${len(names) + 1}"
            for name, (letter, names) in columns.items()
            if names
        }


NO_CHOICES = Choices()


@cache
def zones() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The time zones that a template offers: common ones, and every place of the tz database 2026 by today's name.

    Neither other names of the same place nor fixed offsets, UTC aside: they are read, and nobody should choose them.
    A list of its own, not the machine's: a template must come out the same, byte for byte, wherever it is written. What
    the loader accepts is another matter and the campaign's (`ZONES`).
    """
    common, every = _data("zones.txt").split("\n\n")
    return tuple(common.split()), tuple(every.split())


def _offered_zones() -> list[str]:
    return list(dict.fromkeys(itertools.chain(*zones())))


def _zone_cells() -> dict[str, str]:
    return {"timezone": f"'{_ZONES_SHEET}'!$A$2:$A${len(_offered_zones()) + 1}"}


def _example() -> tuple[list[str], list[list[object]]]:
    """Headers and rows: campaigns as people write them, all of them valid. The telephone numbers are nobody's.

    In the file texts are in quotes and numbers are not; TRUE and the ends of Saturday are cells of these kinds.
    """
    headers, *rows = csv.reader(io.StringIO(_data("example.csv"), newline=""), quoting=csv.QUOTE_NONNUMERIC)
    clocked = [bool((column := find(header)) and column.is_end_of_day) for header in headers]
    return headers, [[_as_typed(value, clocked=at) for value, at in zip(row, clocked, strict=True)] for row in rows]


def _as_typed(value: object, *, clocked: bool) -> object:
    if isinstance(value, float):
        return int(value)
    if not value:
        return None
    return value == "TRUE" or (time.fromisoformat(str(value)) if clocked else value)


def _data(name: str) -> str:
    return files("loader.workbook").joinpath("data", name).read_text("utf-8")


def write_template(path: Path, choices: Choices = NO_CHOICES) -> Path:
    """Write the empty workbook and return where it is: `path`, or `<name>-2` and so on where that is taken."""
    return write_new(path, partial(_fill_template, choices=choices))


def write_example(path: Path) -> Path:
    """Write the filled workbook; where it goes, see `write_template`."""
    return write_new(path, _fill_example)


def _fill_template(file: IO[bytes], *, choices: Choices) -> None:
    columns = [column for column in COLUMNS if not column.is_end_of_day]
    rows = [[sample.get(column.field) for column in columns] for sample in _samples()]
    names = choices.cells()
    made = io.BytesIO()
    with new_book(made) as book:
        _describe(book, "Campaigns to create")
        page = book.create_sheet("Campaigns")
        fill_campaigns(
            page, [column.header for column in columns], rows, names={**_zone_cells(), **names}, samples=True
        )
        _instructions(book.create_sheet("Instructions"))
        _time_zones(book.create_sheet(_ZONES_SHEET))
        if names:
            _choices(book.create_sheet(_CHOICES_SHEET), choices)
    _copy(made, file)


def _fill_example(file: IO[bytes]) -> None:
    headers, rows = _example()
    made = io.BytesIO()
    with new_book(made) as book:
        _describe(book, "Example campaigns")
        fill_campaigns(book.create_sheet("Campaigns"), headers, rows, names=_zone_cells())
        _time_zones(book.create_sheet(_ZONES_SHEET))
    _copy(made, file)


def _describe(book: Workbook, title: str) -> None:
    book.properties = DocumentProperties(creator="campaign-loader", title=title, created=_ALWAYS, modified=_ALWAYS)
    book.custom_doc_props.append(IntProperty(name=SCHEMA_PROPERTY, value=_SCHEMA_VERSION))  # type: ignore[attr-defined]


def _copy(made: IO[bytes], file: IO[bytes]) -> None:
    """The same package without the time of day, and without compression, whose outcome depends on the zlib at hand."""
    with ZipFile(made) as source, ZipFile(file, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, also when written on Windows
            target.writestr(entry, source.read(name))


def _samples() -> tuple[Mapping[str, object], ...]:
    """Rows the loader ignores: the columns' own examples, once for Agentless and once for Preview."""
    every = {column.field: int(column.example) if column.is_number else column.example for column in COLUMNS}
    agentless = every | {"name": f"Example: {every['name']}", "queue": None, "max_skips": None}
    preview = every | {
        "name": "Example: Callbacks",
        "description": "Agents see the contact before they call",
        "dialing_mode": DialingMode.PREVIEW,
        "experience_flow": None,
        "saturday": "10am to 1pm",
    }
    return agentless, preview


def _time_zones(page: Worksheet) -> None:
    pen = Pen(page)
    page.freeze_panes = "A2"
    set_up_for_paper(page, header_row=1)
    for letter, width in {"A": _ZONE_WIDTH, "B": 3, **dict.fromkeys(_PRINTED_COLUMNS, _ZONE_WIDTH)}.items():
        page.column_dimensions[letter].width = width
    offered = _offered_zones()
    height = -(-len(offered) // len(_PRINTED_COLUMNS))
    beside = [offered[at : at + height] for at in range(0, len(offered), height)]
    page.append([pen.cell("Time zone", OPTIONAL), None, pen.cell(_ZONES_NOTE, NOTE)])
    for zone, printed in itertools.zip_longest(offered, itertools.zip_longest(*beside), fillvalue=()):
        page.append([pen.cell(zone), None, *map(pen.cell, printed)])
    page.print_area = f"{_PRINTED_COLUMNS[0]}1:{_PRINTED_COLUMNS[-1]}{height + 1}"


def _choices(page: Worksheet, choices: Choices) -> None:
    pen = Pen(page)
    page.freeze_panes = "A2"
    for letter, width in {"A": 44, "B": 34, "C": 3, "D": 44}.items():
        page.column_dimensions[letter].width = width
    page.append([pen.cell("Contact lists", OPTIONAL), pen.cell("", OPTIONAL), None, pen.cell("Queues", OPTIONAL)])
    for contact_list, queue in itertools.zip_longest(choices.contact_lists.items(), choices.queues):
        name, remark = contact_list or (None, None)
        page.append([pen.cell(name), pen.cell(remark, NOTE), None, pen.cell(queue)])


def _instructions(page: Worksheet) -> None:
    pen = Pen(page)
    page.sheet_view.showGridLines = False
    set_up_for_paper(page, header_row=len(_STEPS) + 3)
    for letter, width in zip("ABCDE", _TABLE.values(), strict=True):
        page.column_dimensions[letter].width = width
    page.row_dimensions[1].height = 30
    page.append([pen.cell("How to fill this workbook", TITLE)])
    for number, step in enumerate(_STEPS, 1):
        page.append([pen.cell(f"{number}.  {step}")])
    page.append([])
    page.append([pen.cell(header, REQUIRED) for header in _TABLE])
    for number, column in enumerate(COLUMNS, len(_STEPS) + 4):
        texts = (column.required, sentence_of(column.rule), column.example, ", ".join(column.aliases))
        lines = max(lines_of(text, width) for text, width in zip(texts, list(_TABLE.values())[1:], strict=True))
        page.row_dimensions[number].height = LINE_HEIGHT * lines
        page.append([pen.cell(column.header, _ROW_NAME), *(pen.cell(text, _ROW) for text in texts)])
