"""The results workbook: the user's own sheet with what became of every row, the problems, and a summary.

Rows are matched to outcomes and problems by their number, never by their place in a list.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from loader.row import Severity, Status, address
from loader.workbook.cells import PLAIN, WRAPPED, Look, Pen, cut, escaped
from loader.workbook.columns import RESULT_COLUMNS, result_column
from loader.workbook.save import write_new
from loader.workbook.summary import SummaryPage, status_look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from loader.row import Outcome, Problem, Sheet
    from loader.workbook.summary import Summary

_HEADER = Look(
    font=Font(name="Calibri", size=11, bold=True, color="FFFFFF"),
    fill=PatternFill("solid", fgColor="1F3864"),
    alignment=Alignment(vertical="center", wrap_text=True),
)
_OUR_HEADER = Look(font=_HEADER.font, fill=PatternFill("solid", fgColor="0B6E4F"), alignment=_HEADER.alignment)
_LINK = Look(font=Font(name="Calibri", size=11, color="0563C1", underline="single"))

# An error is darker, bold and framed, a warning light and dashed: they differ without any colour too.
_FRAME, _DASHES = Side(style="medium", color="9C2A00"), Side(style="dashed", color="7F6000")
_MARKED: Mapping[Severity, Look] = {
    Severity.ERROR: Look(
        font=Font(name="Calibri", size=11, bold=True, color="5C1A00"),
        fill=PatternFill("solid", fgColor="F8CBAD"),
        border=Border(_FRAME, _FRAME, _FRAME, _FRAME),
        alignment=WRAPPED.alignment,
    ),
    Severity.WARNING: Look(
        font=Font(name="Calibri", size=11, color="3F3000"),
        fill=PatternFill("solid", fgColor="FFF2CC"),
        border=Border(_DASHES, _DASHES, _DASHES, _DASHES),
        alignment=WRAPPED.alignment,
    ),
}

_MOST_LINKS = 65_000  # Excel holds 65,530 on a sheet and calls a workbook with more of them damaged
_MOST_COMMENTS = 20_000  # each is a drawing of its own; all of them are kept in memory and slow Excel down
_LONGEST_COMMENT = 2_000  # characters; the whole of it stands on the Problems sheet
_MOST_LINES = 1_048_576  # of a sheet
_SAMPLE = 300  # rows that a column's width is taken from

_RESULT_WIDTHS = {"Campaign ID": 40, "Message": 60, "Submitted at (UTC)": 20, "Run": 24}
_PROBLEM_HEADERS = {
    "Sheet": 18,
    "Cell": 11,
    "Header": 24,
    "Value seen": 32,
    "What is wrong": 60,
    "What would be right": 60,
    "Severity": 11,
}

_Place = tuple[int, int]  # row and column, from 1


def results_path(folder: Path, sheet_file: str, at: datetime) -> Path:
    """Where the results of a run on `sheet_file` go: `<sheet>-results-<UTC time>.xlsx` in the folder.

    A results workbook fed back keeps its name, with the new time.
    """
    stem = Path(sheet_file.replace("\\", "/")).name
    stem = re.sub(r"\.(xlsx|xlsm|csv)$", "", stem, flags=re.IGNORECASE)
    stem = re.sub(r"(-results-[0-9]{8}T[0-9]{6}Z(-[0-9]+)?)+$", "", stem)
    # a name that Windows and any mail program can carry, short enough for every file system (255 bytes)
    stem = re.sub(r'[\x00-\x1f\x7f<>:"|?*\ud800-\udfff]', "_", stem).encode()[:180].decode(errors="ignore")
    return folder / f"{stem or 'sheet'}-results-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.xlsx"


def write_results(
    path: Path,
    sheet: Sheet,
    outcomes: Sequence[Outcome],
    problems: Sequence[Problem],
    summary: Summary,
) -> Path:
    """Write the workbook and return where it is: `path`, or `<name>-2` and so on beside it where that is taken.

    `problems` may hold those of the sheet and the outcomes already; each is told once.
    """
    everything = dict.fromkeys([*sheet.problems, *problems, *(p for outcome in outcomes for p in outcome.problems)])
    ordered = sorted(everything, key=lambda problem: (problem.row or 0, problem.column or 0))
    return write_new(path, partial(_fill, sheet=sheet, outcomes=outcomes, problems=ordered, summary=summary))


def _fill(
    file: IO[bytes], *, sheet: Sheet, outcomes: Sequence[Outcome], problems: Sequence[Problem], summary: Summary
) -> None:
    book = Workbook(write_only=True)
    book.properties.creator = "campaign-loader"
    title = _title(sheet.title)
    page = book.create_sheet(title)
    _UserPage(page, sheet, outcomes, problems).fill()
    _fill_problems(book.create_sheet(_free_title("Problems", title)), page, sheet, problems)
    SummaryPage(book.create_sheet(_free_title("Summary", title))).fill(sheet, outcomes, problems, summary)
    book.save(file)


def _title(wanted: str) -> str:
    """The sheet's own name, or the nearest that Excel allows: a .csv file brings any."""
    allowed = re.sub(r"[\\/*?:\[\]\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", " ", wanted).strip(" '")
    while len(allowed.encode("utf-16-le")) > 2 * 31:
        allowed = allowed[:-1].rstrip(" '")
    return allowed if allowed and allowed.casefold() != "history" else "Sheet"


def _free_title(wanted: str, taken: str) -> str:
    return f"{wanted} (loader)" if wanted.casefold() == taken.casefold() else wanted


class _UserPage:
    """The user's own sheet with the result columns and the marks."""

    def __init__(self, page: Worksheet, sheet: Sheet, outcomes: Sequence[Outcome], problems: Sequence[Problem]) -> None:
        self._page = page
        self._pen = Pen(page)
        self._sheet = sheet
        self._outcomes = {outcome.row: outcome for outcome in outcomes}
        self._results = _places_of_results(sheet)
        self._width = max(_used_width(sheet), *self._results.values())
        self._marks = _marks(problems, sheet.header_row, self._results["Status"])
        self._caller_id = sheet.columns.get("caller_id", 0)
        self._comments_left = _MOST_COMMENTS

    def fill(self) -> None:
        header, last = self._sheet.header_row, max(len(self._sheet.cells), self._sheet.header_row)
        self._page.freeze_panes = f"{self._first_moving_column()}{header + 1}"
        self._page.auto_filter.ref = f"A{header}:{get_column_letter(self._width)}{last}"
        for column, width in self._widths().items():
            self._page.column_dimensions[get_column_letter(column)].width = width
        for row, values in enumerate(self._sheet.cells, 1):
            self._page.append(list(self._cells(row, values)))

    def _first_moving_column(self) -> str:
        """The name stays in sight when it stands at the left."""
        name = self._sheet.columns.get("name", 0)
        return get_column_letter(name + 1 if name <= 2 else 1)  # noqa: PLR2004 - more would fill the screen

    def _widths(self) -> dict[int, float]:
        widths: dict[int, float] = {}
        for values in self._sheet.cells[self._sheet.header_row - 1 : self._sheet.header_row + _SAMPLE]:
            for column, value in enumerate(values, 1):
                if value is not None:
                    longest = max((len(line) for line in str(value).splitlines()), default=0)
                    widths[column] = max(widths.get(column, 9.0), min(longest + 2.5, 44.0))
        return widths | {column: _RESULT_WIDTHS.get(header, 15) for header, column in self._results.items()}

    def _cells(self, row: int, values: Sequence[object]) -> Iterator[object]:
        results = self._results_of(row)
        usual = self._usual_look(row, values, results)
        for column in range(1, self._width + 1):
            value = values[column - 1] if column <= len(values) else None
            problems = self._marks.get((row, column))
            if column in results:
                value, look = results[column]
            elif problems:
                look = _MARKED[_worst(problems)]
            else:
                look = usual
            if problems:
                yield self._marked(column, value, look, problems)
            elif value is None:
                yield None
            elif look is PLAIN and column != self._caller_id:
                yield self._pen.plain(value)
            else:
                yield self._pen.cell(value, look, number_format=self._number_format(column, value))

    def _marked(self, column: int, value: object, look: Look, problems: Sequence[Problem]) -> Cell:
        cell = self._pen.cell(value, look, number_format=self._number_format(column, value))
        if self._comments_left:
            cell.comment = _comment(problems)
            self._comments_left -= 1
        return cell

    def _usual_look(self, row: int, values: Sequence[object], results: Mapping[int, tuple[object, Look]]) -> Look:
        """How the cells of a row look. Where in a cell its text stands matters only in rows of several lines."""
        if row == self._sheet.header_row:
            return _HEADER
        tall = any(isinstance(value, str) and "\n" in value for value in values)
        return WRAPPED if tall or any(look is WRAPPED and value for value, look in results.values()) else PLAIN

    def _number_format(self, column: int, value: object) -> str | None:
        if column != self._caller_id:
            return None
        # text, so that Excel leaves the plus alone when somebody edits it; all digits where it is a number already
        return "@" if isinstance(value, str) else "0"

    def _results_of(self, row: int) -> Mapping[int, tuple[object, Look]]:
        """What stands in the result columns of a row, by column; nothing in the rows above the header."""
        if row < self._sheet.header_row:
            return {}
        if row == self._sheet.header_row:
            return {column: (header, _OUR_HEADER) for header, column in self._results.items()}
        outcome = self._outcomes.get(row)
        values = {} if outcome is None else _result_values(outcome)
        return {column: values.get(header, (None, PLAIN)) for header, column in self._results.items()}


def _result_values(outcome: Outcome) -> dict[str, tuple[object, Look]]:
    sent = outcome.submitted_at
    return {
        "Status": (outcome.status.value, status_look(outcome.status)),
        "Campaign ID": (outcome.campaign_id, PLAIN),
        "Campaign status": (outcome.campaign_status, PLAIN),
        "Message": (_message(outcome), WRAPPED),
        "HTTP status": (outcome.http_status, PLAIN),
        "Attempts": (outcome.attempts, PLAIN),
        "Submitted at (UTC)": (sent and sent.astimezone(UTC).replace(tzinfo=None, microsecond=0), PLAIN),
        "Run": (outcome.run or None, PLAIN),
    }


def _message(outcome: Outcome) -> str | None:
    """An invalid row without a message of its own tells its errors."""
    if outcome.message or outcome.status is not Status.INVALID:
        return outcome.message or None
    errors = [problem.sentence() for problem in outcome.problems if problem.severity is Severity.ERROR]
    return "\n".join(errors) or None


def _used_width(sheet: Sheet) -> int:
    filled = (column for row in sheet.cells for column, value in enumerate(row, 1) if value not in (None, ""))
    return max(filled, default=1)


def _places_of_results(sheet: Sheet) -> dict[str, int]:
    """Where the result columns are, or where they go: to the right of the last used column.

    Most of them must be there already for the sheet to be a results workbook: one with a `Status` or a `Message`
    column of its own is not. Where one of their headers stands twice, ours is the one further right.
    """
    headers = enumerate(sheet.cells[sheet.header_row - 1], 1)
    found = {ours: column for column, header in headers if (ours := result_column(str(header)))}
    if len(found) * 2 <= len(RESULT_COLUMNS):
        found = {}
    free = itertools.count(_used_width(sheet) + 1)
    return {header: found[header] if header in found else next(free) for header in RESULT_COLUMNS}


def _marks(problems: Sequence[Problem], header_row: int, status_column: int) -> Mapping[_Place, list[Problem]]:
    """The problems of each cell; a column's are at its header, a row's at its status."""
    marks: dict[_Place, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.row is not None or problem.column is not None:
            marks[problem.row or header_row, problem.column or status_column].append(problem)
    return dict(marks)


def _worst(problems: Sequence[Problem]) -> Severity:
    errors = any(problem.severity is Severity.ERROR for problem in problems)
    return Severity.ERROR if errors else Severity.WARNING


def _comment(problems: Sequence[Problem]) -> Comment:
    text = "\n".join(
        f"{problem.severity.value.capitalize()}: {problem.wrong}"
        + (f"\nRight: {problem.right}" if problem.right else "")
        for problem in problems
    )
    text = cut(text, _LONGEST_COMMENT)
    lines = sum(len(line) // 42 + 1 for line in text.split("\n"))
    return Comment(escaped(text), "campaign-loader", height=min(24 + 18 * lines, 400), width=300)


def _fill_problems(page: Worksheet, user_page: Worksheet, sheet: Sheet, problems: Sequence[Problem]) -> None:
    """One line a problem, as many as a sheet holds."""
    pen = Pen(page)
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(_PROBLEM_HEADERS))}{min(len(problems) + 1, _MOST_LINES)}"
    for column, width in enumerate(_PROBLEM_HEADERS.values(), 1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.append([pen.cell(header, _HEADER) for header in _PROBLEM_HEADERS])
    links = _MOST_LINKS
    for problem in problems[: _MOST_LINES - 1]:
        place = pen.cell(address(problem.row, problem.column) or "whole sheet")
        if links and (target := _target(problem, sheet.header_row)):
            place = pen.cell(place.value, _LINK)
            place.row, place.column = 1, 1  # openpyxl asks for a place, and puts in the right one when it is written
            place.hyperlink = Hyperlink(ref="A1", location=f"{quote_sheetname(user_page.title)}!{target}")
            links -= 1
        texts = (problem.header, problem.seen, problem.wrong, problem.right)
        severity = pen.cell(problem.severity.value, _MARKED[problem.severity])
        page.append([pen.cell(user_page.title), place, *(pen.cell(text, WRAPPED) for text in texts), severity])


def _target(problem: Problem, header_row: int) -> str | None:
    """The cell a problem's link leads to: a column's is its header, a row's its first cell."""
    if problem.row is None and problem.column is None:
        return None
    return address(problem.row or header_row, problem.column or 1)
