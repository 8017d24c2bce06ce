"""Problems of one kind as one line: what is wrong in 997 rows alike is said once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.model.cell_reference import row_in_words
from loader.model.fixes import in_words
from loader.model.redaction import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loader.model.row import Outcome, Problem

_CELLS_NAMED = 5
_SUGGESTS = "perhaps "
# what differs from cell to cell: values in quotation marks, numbers
_VALUES = re.compile(r"'[^']*'|[0-9][0-9.,:]*( ?[AP]M)?")
_CELL = re.compile(r"(?:(?:'[^']*'|\S+)!)?[A-Z]{1,3}[0-9]+ ")


def grouped(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Those of one kind together, in the order of the first of each; what is not one row's stands alone."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(kind_of(problem) if problem.row is not None else problem, []).append(problem)
    return list(groups.values())


def kind_of(problem: Problem) -> tuple[str, str, str, str]:
    """What problems of one kind share."""
    # a suggestion is for its own cell: who follows that of another would change what is meant
    right = problem.right if problem.right.startswith(_SUGGESTS) else _VALUES.sub("_", problem.right)
    return problem.severity, problem.header, _VALUES.sub("_", problem.wrong), right


def in_one_line(group: Sequence[Problem]) -> str:
    """ "997 rows: Priority '9' is above 5; right: a whole number from 1 to 5; D4, D5, D6, D7, D8, ..."."""
    first, places = group[0], [problem.place for problem in group]
    if len(group) == 1 or first.row is None:
        return f"{first.sentence()}{_corrections(first)}"
    rows = f"{len({row for problem in group for row in problem.rows}):,} rows"
    if len({(problem.seen, problem.wrong, problem.right, problem.fixes) for problem in group}) == 1:
        return f"{rows}: {first.said()}{_corrections(first)}; {_listed(places)}"
    return f"{rows}: {first.sentence()}{_corrections(first)}; likewise {_listed(places[1:])}"


def _corrections(problem: Problem) -> str:
    """ " [Use 9:00 AM, or use 9:00 PM]"; blank where there are none."""
    return f" [{visible(in_words(problem.fixes))}]" if problem.fixes else ""


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places[:_CELLS_NAMED]) + (", ..." if len(places) > _CELLS_NAMED else "")


def ended_alike(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Rows with one status and one reason together, in the order of the first of each."""
    groups: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        reason = _CELL.sub("", first_line(outcome), count=1)
        kind = reason if _SUGGESTS in reason else _VALUES.sub("_", reason)
        groups.setdefault((outcome.status, kind) if reason else outcome.at, []).append(outcome)
    return list(groups.values())


def first_line(outcome: Outcome) -> str:
    return outcome.message.partition("\n")[0]


def row_names(group: Sequence[Outcome]) -> str:
    """ "; row 2 A, row 3 B, ..." for what has one reason, word by word; else "; likewise row 3 B, ..."."""
    alike = len({first_line(it) for it in group}) == 1
    named = [f"{row_in_words(it.at)} {it.name}" for it in (group if alike else group[1:])]
    return f"; {'' if alike else 'likewise '}{_listed(named)}"
