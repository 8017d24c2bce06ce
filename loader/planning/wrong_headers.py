"""A sheet with wrong headers: what is wrong in its cells is reported in the same round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import HeadersError
from loader.model.row import Severity, Sheet
from loader.planning.problem_groups import grouped, in_one_line
from loader.planning.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.model.row import Problem
    from loader.planning.validate import ApiVersion

_KINDS_AT_MOST = 20


def with_cells(error: HeadersError, api_version: ApiVersion) -> HeadersError:
    """The same error, which also names what is wrong in the cells of the columns that are known."""
    lines = list(_lines(error.sheet, api_version)) if isinstance(error.sheet, Sheet) else []
    if not lines:
        return error
    said = "\n".join([str(error), "In the columns that are known, these cells are wrong:", *lines])
    return HeadersError(said, error.cells, error.header_row, error.sheet)


def _lines(sheet: Sheet, api_version: ApiVersion) -> Iterator[str]:
    groups = grouped(it for it in validate(sheet, api_version=api_version).problems if _is_sure(it, sheet))
    for group in groups[:_KINDS_AT_MOST]:
        yield f"  {in_one_line(group)}"
    if len(groups) > _KINDS_AT_MOST:
        yield f"  ... and {len(groups) - _KINDS_AT_MOST:,} kinds of problems more"


def _is_sure(problem: Problem, sheet: Sheet) -> bool:
    """Whether it is wrong whatever the other headers mean; a row with a name alone may have more under those."""
    in_a_cell = problem.row is not None and problem.column is not None
    return problem.severity is Severity.ERROR and in_a_cell and problem.row not in sheet.strays
