"""The results workbook: the user's own sheet with what became of every row, the problems, and a summary.

Rows are matched to outcomes and problems by their number, never by their place in a list.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from loader.row import Problem, Severity, address
from loader.workbook.cells import PLAIN, WRAPPED, Look, Pen, cut, escaped
from loader.workbook.columns import RESULT_COLUMNS, result_column
from loader.workbook.save import new_book, write_new
from loader.workbook.summary import SummaryPage, status_look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from openpyxl.worksheet.worksheet import Worksheet

    from loader.row import Outcome, Sheet
    from loader.workbook.summary import Summary

_HEADER = Look(
    font=Font(name="Calibri", size=11, bold=True, color="FFFFFF"),
    fill=PatternFill("solid", fgColor="1F3864"),
    alignment=Alignment(vertical="center", wrap_text=True),
)
_OUR_HEADER = Look(font=_HEADER.font, fill=PatternFill("solid", fgColor="0B6E4F"), alignment=_HEADER.alignment)
_CENTRED = Look(alignment=Alignment(horizontal="center", vertical="top"))
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
_MOST_COMMENTS = 10_000  # each is a drawing of its own; all of them are kept in memory and slow Excel down
_LONGEST_COMMENT = 2_000  # characters; the whole of it stands on the Problems sheet
_MOST_LINES = 1_048_576  # of a sheet
_SAMPLE = 300  # rows that a column's width is taken from
_NARROWEST, _WIDEST = 9.0, 44.0  # columns, in characters
_LETTER = 0.82  # an average letter's width, where a column's is measured in digits
_LINE_HEIGHT, _MOST_LINES_OF_A_ROW = 15, 12  # points; a row taller than that hides the others

_RESULT_WIDTHS = {"Campaign ID": 42, "Message": 60, "Submitted at (UTC)": 20, "Run": 24}
_PROBLEM_HEADERS = {
    "Sheet": 18,
    "Cell": 11,
    "Header": 24,
    "Value seen": 32,
    "What is wrong": 60,
    "What would be right": 60,
    "Severity": 11,
}

_Marks = Mapping[int, Sequence[Problem]]  # of one row, by column


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
    title = _title(sheet.title)
    with new_book(file) as book:
        page = book.create_sheet(title)
        _UserPage(page, sheet, outcomes, problems).fill()
        _fill_problems(book.create_sheet(_free_title("Problems", title)), page, sheet, problems)
        SummaryPage(book.create_sheet(_free_title("Summary", title))).fill(sheet, outcomes, problems, summary)


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
        self._widths = _widths(sheet) | {place: _RESULT_WIDTHS.get(name, 17) for name, place in self._results.items()}
        self._last_column = max(_used_width(sheet), *self._results.values())
        self._errors = _errors(problems)
        self._marks = _marks(problems, sheet.header_row, self._results["Status"])
        self._caller_id = sheet.columns.get("caller_id")
        self._submitted = self._results["Submitted at (UTC)"]
        self._comments_left = _MOST_COMMENTS

    def fill(self) -> None:
        page, header = self._page, self._sheet.header_row
        page.freeze_panes = f"{self._first_moving_column()}{header + 1}"
        page.auto_filter.ref = f"A{header}:{get_column_letter(self._last_column)}{len(self._sheet.cells)}"
        for column, width in self._widths.items():
            page.column_dimensions[get_column_letter(column)].width = width
        for row, values in enumerate(self._sheet.cells, 1):
            marks = self._marks.get(row, {})
            contents = self._contents(row, values, marks)
            lines = min(self._lines(contents), _MOST_LINES_OF_A_ROW)
            if lines > 1:  # office programs do not make room by themselves when they open a file
                page.row_dimensions[row].height = _LINE_HEIGHT * lines
            page.append(list(self._cells(contents, marks, tall=lines > 1)))
            page.row_dimensions.pop(row, None)  # written by now; kept, they would be one object a row

    def _first_moving_column(self) -> str:
        """The name stays in sight when it stands at the left."""
        name = self._sheet.columns.get("name", 0)
        return get_column_letter(name + 1 if name <= 2 else 1)  # noqa: PLR2004 - more would fill the screen

    def _contents(self, row: int, values: Sequence[object], marks: _Marks) -> list[tuple[object, Look]]:
        """What goes into the cells of a row, and how it looks."""
        usual, broken = (_HEADER, _HEADER) if row == self._sheet.header_row else (PLAIN, WRAPPED)
        contents = [
            (value, broken if isinstance(value, str) and "\n" in value else usual)
            for value in values[: self._last_column]
        ]
        contents += [(None, usual)] * (self._last_column - len(contents))
        for column, problems in marks.items():
            if column <= self._last_column:
                contents[column - 1] = contents[column - 1][0], _MARKED[_worst(problems)]
        for column, content in self._results_of(row).items():
            contents[column - 1] = content
        return contents

    def _results_of(self, row: int) -> Mapping[int, tuple[object, Look]]:
        """What stands in the result columns of a row, by column; nothing of ours in the rows above the header."""
        if row < self._sheet.header_row:
            return {}
        if row == self._sheet.header_row:
            return {column: (header, _OUR_HEADER) for header, column in self._results.items()}
        outcome = self._outcomes.get(row)
        values = {} if outcome is None else _result_values(outcome, self._errors.get(row, ()))
        return {column: values.get(header, (None, PLAIN)) for header, column in self._results.items()}

    def _lines(self, contents: Sequence[tuple[object, Look]]) -> int:
        lines = 1
        for column, (value, look) in enumerate(contents, 1):
            if look is not PLAIN and isinstance(value, str):
                width = self._widths.get(column, _NARROWEST)
                lines = max(lines, sum(1 + int(len(line) * _LETTER / width) for line in value.split("\n")))
        return lines

    def _cells(self, contents: Sequence[tuple[object, Look]], marks: _Marks, *, tall: bool) -> Iterator[object]:
        """The cells of a row. In one of several lines every text stands at the top."""
        for column, (value, look) in enumerate(contents, 1):
            problems = marks.get(column)
            number_format = self._number_format(column, value)
            if value is None and not problems:
                yield None
            elif look is PLAIN and not problems and not tall and not number_format:
                yield self._pen.plain(value)
            else:
                cell = self._pen.cell(value, look, number_format=number_format)
                if problems and self._comments_left:
                    cell.comment = _comment(problems)
                    self._comments_left -= 1
                yield cell

    def _number_format(self, column: int, value: object) -> str | None:
        if column == self._caller_id:
            # text, so that Excel leaves the plus alone when somebody edits it; all digits of what is a number already
            return "@" if isinstance(value, str) else "0"
        return "yyyy-mm-dd hh:mm:ss" if column == self._submitted else None


def _result_values(outcome: Outcome, errors: Sequence[str]) -> dict[str, tuple[object, Look]]:
    sent = outcome.submitted_at
    return {
        "Status": (outcome.status.value, status_look(outcome.status)),
        "Campaign ID": (outcome.campaign_id, PLAIN),
        "Campaign status": (outcome.campaign_status, PLAIN),
        "Message": (outcome.message or "\n".join(errors) or None, WRAPPED),
        "HTTP status": (outcome.http_status, PLAIN),
        "Attempts": (outcome.attempts, PLAIN),
        "Submitted at (UTC)": (sent and sent.astimezone(UTC).replace(tzinfo=None, microsecond=0), _CENTRED),
        "Run": (outcome.run or None, PLAIN),
    }


def _errors(problems: Sequence[Problem]) -> Mapping[int, Sequence[str]]:
    """What is wrong with each row, in sentences: the message of a row that has none of its own."""
    errors: dict[int, list[str]] = {}
    for problem in problems:
        if problem.row is not None and problem.severity is Severity.ERROR:
            errors.setdefault(problem.row, []).append(problem.sentence())
    return errors


def _used_width(sheet: Sheet) -> int:
    """The last column with anything in it."""
    width = 1
    for row in sheet.cells:
        for column in range(len(row), width, -1):
            if row[column - 1] not in (None, ""):
                width = column
                break
    return width


def _widths(sheet: Sheet) -> dict[int, float]:
    """Wide enough for most of what a column's first rows hold."""
    widths: dict[int, float] = {}
    for values in sheet.cells[sheet.header_row - 1 : sheet.header_row + _SAMPLE]:
        for column, value in enumerate(values, 1):
            if value is not None:
                longest = max((len(line) for line in str(value).splitlines()), default=0)
                widths[column] = max(widths.get(column, _NARROWEST), min(longest + 2.5, _WIDEST))
    return widths


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


def _marks(problems: Sequence[Problem], header_row: int, status_column: int) -> Mapping[int, _Marks]:
    """The problems of each cell, by row and column; a column's are at its header, a row's at its status."""
    marks: dict[int, dict[int, list[Problem]]] = {}
    for problem in problems:
        if problem.row is not None or problem.column is not None:
            row, column = problem.row or header_row, problem.column or status_column
            marks.setdefault(row, {}).setdefault(column, []).append(problem)
    return marks


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
