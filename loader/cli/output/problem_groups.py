"""Problems of one kind as one line: what is wrong in 997 rows alike is said once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loader.model.row import Problem

_CELLS_NAMED = 5
_SUGGESTS = "perhaps "
# what differs from cell to cell: values in quotation marks, numbers
_VALUES = re.compile(r"'[^']*'|[0-9][0-9.,:]*( ?[AP]M)?")


def grouped(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Those of one kind together, in the order of the first of each; what is not one row's stands alone."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        # a suggestion is for its own cell: who follows that of another would change what is meant
        right = problem.right if problem.right.startswith(_SUGGESTS) else _VALUES.sub("_", problem.right)
        kind = (problem.severity, problem.header, _VALUES.sub("_", problem.wrong), right)
        groups.setdefault(kind if problem.row is not None else problem, []).append(problem)
    return list(groups.values())


def in_one_line(group: Sequence[Problem]) -> str:
    """ "997 rows: Priority '9' is above 5; right: a whole number from 1 to 5; D4, D5, D6, D7, D8, ..."."""
    first, places = group[0], [problem.place for problem in group]
    if len(group) == 1 or first.row is None:
        return first.sentence()
    rows = f"{len({row for problem in group for row in problem.rows}):,} rows"
    if len({(problem.seen, problem.wrong, problem.right) for problem in group}) == 1:
        return f"{rows}: {first.said()}; {_listed(places)}"
    return f"{rows}: {first.sentence()}; likewise {_listed(places[1:])}"


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places[:_CELLS_NAMED]) + (", ..." if len(places) > _CELLS_NAMED else "")
