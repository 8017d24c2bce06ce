"""What `check` says of a sheet, and a run of the rows it cannot send."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.row import Outcome, Severity, Status

if TYPE_CHECKING:
    from pathlib import Path

    from loader.row import Problem, Sheet
    from loader.validate import Checked


def invalid_rows(checked: Checked) -> list[Outcome]:
    """The outcomes of the rows that cannot be sent, each with every reason."""
    errors: dict[int, list[Problem]] = {}
    for problem in checked.problems:
        if problem.row is not None and problem.severity is Severity.ERROR:
            errors.setdefault(problem.row, []).append(problem)
    return [
        Outcome(
            row,
            name,
            Status.INVALID,
            "\n".join(problem.sentence() for problem in errors[row]),
            problems=tuple(errors[row]),
        )
        for row, name in checked.invalid.items()
    ]


def write_check(path: Path, sheet: Sheet, checked: Checked) -> Path:
    """Write the sheet with its problems marked, as a results workbook in which nothing was sent."""
    # openpyxl costs as much as reading a small sheet: only who asks for a workbook waits for it
    from loader.workbook.results import write_results  # noqa: PLC0415
    from loader.workbook.summary import Summary  # noqa: PLC0415

    now = datetime.now(UTC)
    summary = Summary(
        run="none, the sheet was only checked",
        user=getpass.getuser(),
        account="none",
        host="none",
        started_at=now,
        ended_at=now,
        campaigns=[ready.campaign for ready in checked.ready],
    )
    return write_results(path, sheet, invalid_rows(checked), checked.problems, summary)
