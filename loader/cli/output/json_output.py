"""What `--json` prints: one object on standard output, and nothing else there."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from loader.cli.output.streams import in_utf8
from loader.model.redaction import without_whole_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.execution.check_result import CheckResult
    from loader.execution.report import Report
    from loader.execution.undo import UndoReport
    from loader.model.records import Run
    from loader.model.row import Outcome, Problem
    from loader.planning.mismatch import Mismatch


def print_json(content: dict[str, object]) -> None:
    """On one line, in which whatever is not to be seen is written out as JSON does it; in UTF-8 or in ASCII."""
    ascii_only = not in_utf8(sys.stdout)
    written = without_whole_tokens(json.dumps(content, ensure_ascii=ascii_only, default=datetime.isoformat))
    typer.echo(
        written if written.isprintable() else "".join(it if it.isprintable() else _escaped(it) for it in written)
    )


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1]


def report_shape(report: Report, *, exit_code: int) -> dict[str, object]:
    return {
        **run_shape(report.run),
        "problems": len(report.problems),
        "stopped": str(report.halted) if report.halted else None,
        "differences": [mismatch_shape(one) for one in report.mismatches],
        "remarks": list(report.notes),
        "results": str(report.results) if report.results else None,
        "exit_code": exit_code,
    }


def run_shape(one: Run) -> dict[str, object]:
    return {
        "run": one.id,
        "file": one.file,
        "account": one.account,
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "requests": one.requests,
        "counts": one.counts or {},
    }


def listed_run_shape(one: Run) -> dict[str, object]:
    return {**run_shape(one), "pruned_at": one.pruned_at.isoformat() if one.pruned_at else None}


def doctor_shape(checks: Sequence[CheckResult], *, exit_code: int) -> dict[str, object]:
    names = ("check", "grade", "seen", "remedy")
    return {"checks": [{name: getattr(it, name) for name in names} for it in checks], "exit_code": exit_code}


def undo_shape(report: UndoReport, *, exit_code: int) -> dict[str, object]:
    return {
        "run": report.run.id,
        "file": report.run.file,
        "account": report.run.account,
        "requests": report.requests,
        "counts": report.counts,
        "rows": [beside_its_sheet({name: getattr(row, name) for name in row.__slots__}) for row in report.rows],
        "remarks": list(report.notes),
        "stopped": str(report.halted) if report.halted else None,
        "exit_code": exit_code,
    }


def outcome_shape(outcome: Outcome) -> dict[str, object]:
    return {
        "sheet": outcome.sheet or None,
        "row": outcome.row,
        "name": outcome.name,
        "status": outcome.status,
        "message": outcome.message,
        "campaign_id": outcome.campaign_id,
        "campaign_status": outcome.shown_status,
        "http_status": outcome.http_status,
        "attempts": outcome.attempts,
        "submitted_at": outcome.submitted_at,
        "run": outcome.run,
    }


def beside_its_sheet(row: dict[str, object]) -> dict[str, object]:
    """The sheet before the row; null where one sheet only was loaded."""
    return {"sheet": row["sheet"] or None, **{name: it for name, it in row.items() if name != "sheet"}}


def mismatch_shape(mismatch: Mismatch) -> dict[str, object]:
    return {
        "sheet": mismatch.sheet or None,
        "row": mismatch.row,
        "name": mismatch.name,
        "campaign_id": mismatch.campaign_id,
        "header": mismatch.header,
        "sent": mismatch.sent,
        "found": mismatch.found,
    }


def problem_shape(problem: Problem) -> dict[str, object]:
    return {
        "sheet": problem.sheet or None,
        "cell": problem.cell,
        # see `cell`
        **{name: getattr(problem, name) for name in problem.__slots__ if name not in ("last", "sheet", "fixes")},
        "fixes": [{"text": fix.text, "label": fix.label, "sure": fix.sure} for fix in problem.fixes],
    }
