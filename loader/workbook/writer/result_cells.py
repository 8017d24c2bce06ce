"""What the results say of every row and cell of a sheet, before it is known how that will be written."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from loader.model.fixes import in_words
from loader.model.row import Problem, Severity, errors_by_row, in_order
from loader.workbook.columns import ATTEMPTS_MADE, RESULT_COLUMNS, header_key, result_column
from loader.workbook.writer.cell_styles import CENTRED, OUR_HEADER
from loader.workbook.writer.cells import PLAIN, WRAPPED, cut
from loader.workbook.writer.summary_sheet import STATUS_STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.model.row import Outcome, Sheet
    from loader.workbook.writer.cells import CellStyle
    from loader.workbook.writer.summary_sheet import Summary

AUTHOR = "campaign-loader"  # of comments
MOST_COMMENTS = 5_000  # each is a drawing of its own; all of them are kept in memory and slow Excel down
_LONGEST_COMMENT = 2_000  # characters; the whole of it stands on the Problems sheet
_WIDTHS = {"Campaign ID": 42, "Message": 60, "Submitted at (UTC)": 20, "Run": 24}


@dataclass(frozen=True, slots=True)
class Results:
    """All that the results workbook shows. `problems` may hold those of the sheet and of the outcomes already."""

    sheets: Sequence[Sheet]
    outcomes: Sequence[Outcome]
    problems: Sequence[Problem]
    summary: Summary


class ResultCells:
    """Of one of the sheets; `results`, `summary` and `problems` are those of all.

    `places`: the result columns, by header. `in_place`: those of them that the sheet had already.
    """

    def __init__(self, results: Results, number: int = 0) -> None:
        self.results, self.sheet, self.summary = results, results.sheets[number], results.summary
        self.outcomes = {it.row: it for it in results.outcomes if it.sheet == self.sheet.label}
        self.problems = _all_problems(results)
        found = _result_columns_of(self.sheet)
        self.in_place = frozenset(found.values())
        free = itertools.count(_used_width(self.sheet) + 1)
        self.places = {header: found[header] if header in found else next(free) for header in RESULT_COLUMNS}
        self.widths = {place: float(_WIDTHS.get(header, 17)) for header, place in self.places.items()}
        self.last_column = max(_used_width(self.sheet), *self.places.values())
        self.marks = self._marks()
        self._errors = errors_by_row(self.problems)

    def results_of(self, row: int) -> Mapping[int, tuple[object, CellStyle]]:
        """What stands in the result columns of a row, by column; nothing of ours in the rows above the header."""
        if row < self.sheet.header_row:
            return {}
        if row == self.sheet.header_row:
            return {column: (self._named(header), OUR_HEADER) for header, column in self.places.items()}
        outcome = self.outcomes.get(row)
        values = {} if outcome is None else _values(outcome, self._errors.get((self.sheet.label, row), ()))
        return {column: values.get(header, (None, PLAIN)) for header, column in self.places.items()}

    def _named(self, header: str) -> str:
        """A result column has another name where the sheet's own has that one."""
        own = self.sheet.columns.get("max_attempts")
        if header != "Attempts" or own is None:
            return header
        typed = str(self.sheet.cells[self.sheet.header_row - 1][own - 1])
        return ATTEMPTS_MADE if header_key(typed) == header_key(header) else header

    def first_moving_column(self) -> int:
        """The name stays in sight when it stands at the left."""
        name = self.sheet.columns.get("name", 0)
        return name + 1 if name <= 2 else 1  # noqa: PLR2004 - more would fill the screen

    def _marks(self) -> Mapping[int, Mapping[int, Sequence[Problem]]]:
        """The problems of each cell, by row and column; a column's are at its header, a row's at its status."""
        marks: dict[int, dict[int, list[Problem]]] = {}
        for problem in self.problems:
            if problem.sheet == self.sheet.label and (problem.row is not None or problem.column is not None):
                row, column = problem.row or self.sheet.header_row, problem.column or self.places["Status"]
                marks.setdefault(row, {}).setdefault(column, []).append(problem)
        return marks


def _all_problems(results: Results) -> list[Problem]:
    """Sheet after sheet, each by row and column; first what is wrong with all of them."""
    found = dict.fromkeys(
        [
            *(problem for sheet in results.sheets for problem in sheet.problems),
            *results.problems,
            *(problem for outcome in results.outcomes for problem in outcome.problems),
        ]
    )
    place = {sheet.label: number for number, sheet in enumerate(results.sheets)}
    return sorted(in_order(found), key=lambda problem: place.get(problem.sheet, -1))


def worst(problems: Sequence[Problem]) -> Severity:
    errors = any(problem.severity is Severity.ERROR for problem in problems)
    return Severity.ERROR if errors else Severity.WARNING


def comment_on(problems: Sequence[Problem]) -> tuple[str, int]:
    """What the comment of a cell says, and its height in points."""
    text = "\n".join(
        f"{problem.severity.value.capitalize()}: {problem.wrong}"
        + (f"\nRight: {problem.right}" if problem.right else "")
        + (f"\n{in_words(problem.fixes)}" if problem.fixes else "")
        for problem in problems
    )
    text = cut(text, _LONGEST_COMMENT)
    lines = sum(len(line) // 42 + 1 for line in text.split("\n"))
    return text, min(24 + 18 * lines, 400)


def _used_width(sheet: Sheet) -> int:
    """The last column with anything in it."""
    width = 1
    for row in sheet.cells:
        for column in range(len(row), width, -1):
            if row[column - 1] not in (None, ""):
                width = column
                break
    return width


def _values(outcome: Outcome, errors: Sequence[Problem]) -> dict[str, tuple[object, CellStyle]]:
    sent = outcome.submitted_at
    message = outcome.message or "\n".join(error.sentence() for error in errors)
    return {
        "Status": (outcome.status.value, STATUS_STYLES[outcome.status]),
        "Campaign ID": (outcome.campaign_id, PLAIN),
        "Campaign status": (outcome.shown_status, PLAIN),
        "Message": (message or None, WRAPPED),
        "HTTP status": (outcome.http_status, PLAIN),
        "Attempts": (outcome.attempts, PLAIN),
        "Submitted at (UTC)": (sent and sent.astimezone(UTC).replace(tzinfo=None, microsecond=0), CENTRED),
        "Run": (outcome.run or None, PLAIN),
    }


def _result_columns_of(sheet: Sheet) -> dict[str, int]:
    """Where a sheet that is a results workbook already has the result columns.

    Most of them must be there: a sheet with a `Status` or a `Message` column of its own is none. Where one of the
    headers stands twice, ours is the one further right.
    """
    headers = enumerate(sheet.cells[sheet.header_row - 1], 1)
    found = {ours: column for column, header in headers if (ours := result_column(str(header)))}
    return found if len(found) * 2 > len(RESULT_COLUMNS) else {}
