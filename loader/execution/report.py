"""How a run ended, reported and written down; again from the journal at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.errors import AccountBusyError, CanaryError, LoaderError, RefusedError
from loader.execution.new_run import this_user
from loader.execution.read_request import read_request
from loader.model.records import Account
from loader.model.row import Gone, Outcome, Problem, Status
from loader.planning.checked import invalid_rows
from loader.planning.mismatch import Mismatch, problems_of
from loader.planning.plan import RunOptions, make_plan, outcome_of
from loader.planning.request import candidates_in, request_of
from loader.planning.said_again import names_there, said_by_the_server
from loader.planning.twins import any_ours, sentences
from loader.storage.upkeep import refuse_pruned
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import results_path, write_results
from loader.workbook.writer.summary_sheet import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loader.model.records import Run
    from loader.model.row import Outcome, Sheet
    from loader.planning.checked import Checked
    from loader.planning.twins import Twins
    from loader.storage.journal import Journal
    from loader.workbook.writer.results import Written


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. `halted`: what kept it from its end. `results`: the workbook, None where it was not written.

    `mismatches`: what the server has otherwise than it was sent. `remarks`: what else there is to report, in sentences.
    `twins`: campaigns that share a name. `declined`: somebody was asked and did not agree, so there are no results.
    `idle`: no row was left to send or to look up. `requests`: those of this
    process; the run has those of all.
    """

    run: Run
    outcomes: Sequence[Outcome]
    problems: Sequence[Problem]
    halted: LoaderError | None
    results: Path | None = None
    mismatches: Sequence[Mismatch] = ()
    remarks: Sequence[str] = ()
    twins: Sequence[Twins] = ()
    declined: bool = False
    idle: bool = False
    requests: int = 0

    @property
    def vanished(self) -> Sequence[Outcome]:
        """Rows whose campaigns were created and are not on the server any more."""
        return [outcome for outcome in self.outcomes if outcome.gone is Gone.VANISHED]

    @property
    def notes(self) -> Sequence[str]:
        """What there is to report beside how many rows ended how."""
        number = len(self.vanished)
        campaigns, them = ("1 campaign was", "it") if number == 1 else (f"{number} campaigns were", "them")
        gone = f"{campaigns} created, and the server does not have {them} any more: Campaign status {Gone.VANISHED}"
        return [*([gone] if number else []), *sentences(self.twins), *self.remarks]

    @property
    def exit_code(self) -> int:
        """The highest applicable row of the table of exit codes; those of the signals aside."""
        found = {outcome.status for outcome in self.outcomes}
        if Status.UNKNOWN in found or self.vanished or any_ours(self.twins):
            return 5
        if isinstance(self.halted, RefusedError):
            return 6
        if isinstance(self.halted, AccountBusyError):
            return 7
        differs = bool(self.mismatches) or isinstance(self.halted, CanaryError)
        if differs or found & {Status.REJECTED, Status.NOT_SENT, Status.CONFLICT}:
            return 4
        if Status.INVALID in found:
            return 3
        return 0 if self.halted is None else self.halted.exit_code


def results_again(journal: Journal, run: Run, output: Path) -> Report:
    """Write the results of a run as they stand in the journal; no request leaves."""
    load_request = request_of(run, journal.workbook_of(run))
    sheets, checked = read_request(load_request, run.options["api_version"])
    outcomes = so_far(journal, run, checked)
    problems = [*checked.problems, *said_by_the_server(outcomes, checked.invalid, sheets)]
    return write_report(Report(run, outcomes, problems, None), load_request.content, sheets, checked, output)


def outcomes_of(journal: Journal, run: Run) -> Sequence[Outcome]:
    """What became of every row of a run, also of one that was killed.

    Raises:
        JournalError: the run was pruned.
    """
    refuse_pruned(run)
    if run.ended_at is not None:
        return journal.outcomes(run.id)
    _, checked = read_request(request_of(run, journal.workbook_of(run)), run.options["api_version"])
    return _of_a_killed_run(journal, run, checked)


def so_far(journal: Journal, run: Run, checked: Checked) -> Sequence[Outcome]:
    return journal.outcomes(run.id) if run.ended_at else _of_a_killed_run(journal, run, checked)


def _of_a_killed_run(journal: Journal, run: Run, checked: Checked) -> list[Outcome]:
    """Where its campaigns stand is all there is to report."""
    candidates = candidates_in(checked, run.options["api_version"])
    records = journal.records(run.application, [candidate.key for candidate in candidates])
    plan = make_plan(candidates, records, None, RunOptions())
    return sorted(
        [
            *invalid_rows(checked),
            *plan.settled,
            *(
                outcome_of(candidate, records[key], Status.UNKNOWN, "the journal has no answer for it; resume the run")
                for key, candidate in plan.in_doubt.items()
            ),
            *(
                outcome_of(job.candidate, None, Status.NOT_SENT, "the run ended before it was sent")
                for job in plan.jobs
            ),
        ],
        key=lambda outcome: outcome.at,
    )


def write_report(report: Report, content: bytes, sheets: Sequence[Sheet], checked: Checked, output: Path) -> Report:
    run = report.run
    account = Account.written(run.account)
    summary = Summary(
        run=run.id,
        user=run.user,
        account=account.id,
        host=account.host,
        started_at=run.started_at,
        ended_at=run.ended_at or datetime.now(UTC),
        requests=run.requests,
        campaigns=[ready.campaign for ready in checked.ready],
        remarks=report.notes,
    )
    path = results_path(output, run.file, datetime.now(UTC))
    problems = [*report.problems, *problems_of(report.mismatches, sheets), *names_there(report.outcomes, sheets)]
    results = Results(sheets, report.outcomes, problems, summary)
    written = write_results(path, results, content)
    return replace(report, results=written.path, remarks=[*report.remarks, *filter(None, [written.remark])])


def write_check(path: Path, content: bytes, sheets: Sequence[Sheet], checked: Checked) -> Written:
    """Write the sheet, read from `content`, with its problems marked, as results in which nothing was sent."""
    now = datetime.now(UTC)
    summary = Summary(
        run="none, the sheet was only checked",
        user=this_user(),
        account="none",
        host="none",
        started_at=now,
        ended_at=now,
        campaigns=[ready.campaign for ready in checked.ready],
        checked=len(checked.ready),
    )
    return write_results(path, Results(sheets, invalid_rows(checked), checked.problems, summary), content)
