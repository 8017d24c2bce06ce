"""What the check of sheets found: valid rows, invalid ones, and every problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.row import Severity, errors_by_row, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.model.campaign import Campaign
    from loader.model.row import At, Outcome, Problem


@dataclass(frozen=True, slots=True)
class Ready:
    """A campaign and the row it stands in."""

    row: int
    campaign: Campaign
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """`invalid`: row -> campaign name as typed. `problems`: the sheet's own and all rows', errors and warnings."""

    ready: Sequence[Ready]
    invalid: Mapping[At, str]
    problems: Sequence[Problem]


def invalid_rows(checked: Checked) -> list[Outcome]:
    """What became of the rows that are not valid: nothing is sent of them."""
    errors = errors_by_row(checked.problems)
    return [invalid(at, name, errors[at]) for at, name in checked.invalid.items()]


def weightiest(found: Sequence[Problem]) -> Sequence[Problem]:
    """What is listed of a row when there are too many problems: one error, or what its warnings say of its meaning."""
    errors = [problem for problem in found if problem.severity is Severity.ERROR]
    return errors[:1] or [problem for problem in found if problem.changes_meaning]
