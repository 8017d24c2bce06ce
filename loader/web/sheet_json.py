"""A sheet as its page gets it: small on the wire, as texts that repeat are sent once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from loader.editing.sheet_edit import counts
from loader.model.row import address, shown
from loader.planning.problem_groups import kind_of
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import BY_FIELD, sentence_of
from loader.workbook.header_words import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from loader.editing.sheet_edit import View
    from loader.model.row import Problem
    from loader.web.open_sheets import OpenSheet

Json = dict[str, object]
ROWS_AT_ONCE = 20_000


def grid_shape(sheet: OpenSheet, view: View, *, begin: int = 0) -> Json:
    """The rows from the one numbered `begin` on, at most 20,000 of them, and everything else with the first ones."""
    rows = rows_of(view)
    block = rows[begin : begin + ROWS_AT_ONCE]
    columns = columns_of(view)
    texts, cells = _compact(view, block, [int(str(it["at"])) for it in columns])
    shape: Json = {"rows": block, "texts": texts, "cells": cells, "of": len(rows), "begin": begin}
    if begin:
        return shape
    edited = [[row, column] for row, column in view.edits.cells]
    return {
        **shape,
        **state_shape(sheet, view),
        "title": view.title,
        "header_row": view.header_row,
        "columns": columns,
        "edited": edited,
        "problems": problem_shapes(view),
    }


def state_shape(sheet: OpenSheet, view: View) -> Json:
    """What may differ after every edit."""
    history = sheet.stored.history
    return {
        "revision": history.revision,
        "undo": history.done,
        "redo": len(history.steps) - history.done,
        "counts": counts(view),
        "left_out": [[row, by] for row, by in view.edits.left_out.items()],
        "remarks": [it.said() for it in view.checks.sheet.problems if it.row is None] if view.checks else [],
    }


def change_shape(sheet: OpenSheet, view: View, cells: Iterable[tuple[int, int]]) -> Json:
    """What has become of a sheet by an edit: these cells, and the problems of every row that was checked again."""
    rows = {*view.changed, *(row for row, _ in cells)}
    of_sheet = {row for it in (view.checks.sheet.problems if view.checks else ()) for row in it.rows}
    problems = [it for it in problem_shapes(view) if it["row"] in rows or it["row"] in of_sheet]
    return {
        **state_shape(sheet, view),
        "touched": sorted(rows | of_sheet),
        "problems": problems,
        "cells": [[row, column, text_at(view, row, column)] for row, column in cells],
    }


def columns_of(view: View) -> list[Json]:
    """The columns that have a header or anything else in them."""
    headers = view.cells[view.header_row - 1] if view.cells else []
    sheet = view.checks.sheet if view.checks else None
    fields = {at: field for field, at in sheet.columns.items()} if sheet else {}
    shapes: list[Json] = []
    for at, header in enumerate(headers, start=1):
        column = BY_FIELD[fields[at]] if at in fields else None
        if column or not is_blank(header):
            shapes.append(
                {
                    "at": at,
                    "letter": address(None, at).removeprefix("column "),
                    "header": one_line(header) if not is_blank(header) else "",
                    "means": column.header if column else "",
                    "rule": sentence_of(column.rule) if column else "",
                }
            )
    return shapes


def rows_of(view: View) -> list[int]:
    """The rows under the header that have anything in them, also those that are left out."""
    beneath = enumerate(view.cells[view.header_row :], start=view.header_row + 1)
    return [number for number, row in beneath if not all(it is None for it in row) or number in view.edits.left_out]


def text_at(view: View, row: int, column: int) -> str:
    """A cell as a spreadsheet shows it."""
    cells = view.cells[row - 1]
    return shown(cells[column - 1]) if column <= len(cells) else ""


def _compact(view: View, rows: Collection[int], columns: Sequence[int]) -> tuple[list[str], list[list[int]]]:
    """All texts that there are, and for each row which of them stand in its columns."""
    numbers: dict[str, int] = {"": 0}
    cells = []
    for row in rows:
        values = view.cells[row - 1]
        line = (values[at - 1] if at <= len(values) else None for at in columns)
        texts = (it if type(it) is str else shown(it) for it in line)
        cells.append([numbers.setdefault(text, len(numbers)) for text in texts])
    return list(numbers), cells


def problem_shapes(view: View) -> list[Json]:
    """Every problem that has a row, with the sentence of `check`."""
    if view.checks is None:
        return []
    return [problem_shape(it) for it in view.checks.checked.problems if it.row is not None]


def problem_shape(problem: Problem) -> Json:
    """A problem; `kind` is what it shares with those that are like it."""
    last = problem.last or (problem.row, problem.column)
    kind = "|".join(kind_of(problem))
    return {
        "row": problem.row,
        "column": problem.column,
        "last": list(last),
        "severity": problem.severity.value,
        "header": problem.header,
        "seen": problem.seen,
        "place": problem.place,
        "text": problem.said(),
        "fixes": [{"text": fix.text, "label": fix.label, "sure": fix.sure} for fix in problem.fixes],
        "kind": hashlib.sha256(kind.encode("utf-8", "replace")).hexdigest()[:8],
    }
