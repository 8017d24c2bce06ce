"""The load run: read the sheet, check it, send what is open, look up what is in doubt, write the results."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from loader.api.listing import KnownCampaigns
from loader.config.settings import VERIFY_SECONDS
from loader.errors import AccountBusyError, JournalError, LoaderError, OutputError
from loader.execution.canary import canary_requests
from loader.execution.connection import Connection, RunContext, Stop, with_version_of
from loader.execution.new_run import begin, taken_up_or_new
from loader.execution.question import asking_about
from loader.execution.read_request import read_request
from loader.execution.report import Report, so_far, write_report
from loader.execution.send_request import SendRequest, SendResult, nothing_while_invalid
from loader.execution.send_stage import send_stage
from loader.execution.verify import Look, Verified, fewest_list_calls, verify
from loader.model.campaign import name_key
from loader.model.events import Begun, Phase
from loader.model.row import Check, Outcome, Problem, Status
from loader.planning.checked import invalid_rows
from loader.planning.corrected_names import with_corrected_names
from loader.planning.forecast import Forecast, forecast_row, requests_of
from loader.planning.mismatch import merged
from loader.planning.plan import Candidate, outcome_of
from loader.planning.request import LoadRequest, candidates_in, placing
from loader.planning.said_again import names_there, said_by_the_server
from loader.planning.twins import beside_rows, ids_in, twins_among, warnings_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loader.config.settings import Settings
    from loader.execution.send_request import Callbacks
    from loader.execution.turn import Turns
    from loader.model.records import Run
    from loader.model.row import At, Sheet
    from loader.planning.checked import Checked
    from loader.planning.forecast import Ahead
    from loader.planning.twins import Groups, Twins
    from loader.storage.journal import Journal


class LoadRun:
    """One load request, carried out at most once an instance."""

    def __init__(
        self, request: LoadRequest, settings: Settings, journal: Journal, callbacks: Callbacks, stop: Stop | None = None
    ) -> None:
        self._request, self._settings, self._journal, self._callbacks = request, settings, journal, callbacks
        self._stop, self._connection, self._declined = stop or Stop(), Connection(), False
        self._now = self._connection.now
        self._outcomes: dict[At, Outcome] = {}
        self._candidates: dict[At, Candidate] = {}
        self._objections: list[Problem] = []
        self._shared: Groups = {}

    async def load(
        self, run: Run | None = None, *, known: KnownCampaigns | None = None, turns: Turns | None = None
    ) -> Report:
        """Send what is open, and write the results. `run`: the one to go on with; else one is looked for, or begun.
        `known`: what earlier runs of this process have read of the campaign list. `turns`: to wait for other runs of
        the application with.

        Raises:
            WorkbookError: the sheet as a whole cannot be used.
            AccountBusyError: another process is at this run.
            JournalError: the journal cannot be used.
        """
        return await self._carry_out(run, send=True, known=known, turns=turns)

    async def reconcile(self, run: Run) -> Report:
        """Look up what is in doubt or unknown, and write the results of this run anew; no create leaves."""
        return await self._carry_out(run, send=False)

    async def forecast(self) -> Forecast:
        """What `load` would do, up to where it would ask; the allowance aside, nothing is written.

        Raises:
            WorkbookError: the sheet as a whole cannot be used.
            JournalError: the journal cannot be used.
        """
        self._callbacks.on_event(Phase(f"reading {self._request.file}"))
        sheets, checked = read_request(self._request, self._settings.api_version, self._settings.limits)
        run = taken_up_or_new(self._journal, self._request, self._settings, now=self._now)
        for outcome in invalid_rows(checked):
            self._report(outcome)
        candidates = self._found_in(checked, sheets)
        context = RunContext(run, self._settings, self._journal.glance(), self._connection)
        send_request = send_request_of(self._request, self._settings, candidates, sheets)
        sent = await self._sent(context, replace(send_request, forecast_only=True))
        ahead, halted = sent.ahead, sent.halted
        known = {*self._outcomes, *(it.at for it in (*ahead.create, *ahead.look_up))}
        for candidate in candidates:
            if candidate.at not in known:
                self._report(outcome_of(candidate, None, Status.NOT_SENT, str(halted or "")))
        canary = canary_requests(send_request.canary, len(ahead.create))
        verification = _looks_at_least(ahead) if self._settings.verify_seconds else 0
        settle = timedelta(seconds=self._settings.settle_seconds + self._settings.timeout_seconds)
        report = Report(run, self._in_order(), [*checked.problems, *self._objections], halted, twins=self._twins())
        return Forecast(
            file=self._request.file,
            sheets=[sheet.title for sheet in sheets],
            account=str(self._settings.account),
            rows=forecast_row(report.outcomes, ahead),
            problems=[*report.problems, *names_there(report.outcomes, sheets), *warnings_of(report.twins)],
            campaigns=[ready.campaign for ready in checked.ready],
            requests=requests_of(ahead, canary=canary, verification=verification),
            per_minute=self._settings.rate_per_minute,
            made_at=self._now(),
            waiting=settle if ahead.doubts else timedelta(0),
            halted=halted,
            exit_code=report.exit_code,
        )

    async def _sent(self, context: RunContext, send_request: SendRequest) -> SendResult:
        if self._request.all_or_nothing and self._outcomes:
            return SendResult(halted=nothing_while_invalid(len(self._outcomes)))
        sent = await send_stage(context, send_request, self._callbacks, self._stop)
        self._outcomes |= sent.outcomes
        self._objections += sent.problems
        self._declined = sent.declined
        self._shared = sent.shared
        return sent

    async def verify(self, run: Run) -> Report:
        """Look again at what this run created, and write its results anew; no create leaves."""
        self._settings = with_version_of(run, self._settings)
        version = self._settings.api_version
        sheets, checked = await asyncio.to_thread(read_request, self._request, version)
        with self._journal.carrying_out(replace(run, process=os.getpid()), self._request.content):
            self._callbacks.on_event(Begun(run.id, run.file, run.account))
            self._outcomes = {outcome.at: outcome for outcome in so_far(self._journal, run, checked)}
            self._objections = said_by_the_server(self._in_order(), checked.invalid, sheets)
            within = self._settings.verify_seconds or VERIFY_SECONDS
            context = RunContext(run, self._settings, self._journal, self._connection)
            verified = await self._verified(context, self._found_in(checked, sheets), within=within, at_once=True)
            run = replace(run, requests=run.requests + verified.requests)
            return await self._handed_over(run, sheets, checked, verified.failed, verified)

    async def _carry_out(
        self, run: Run | None, *, send: bool, known: KnownCampaigns | None = None, turns: Turns | None = None
    ) -> Report:
        if run is not None:
            self._settings = with_version_of(run, self._settings)
        self._callbacks.on_event(Phase(f"reading {self._request.file}"))
        # work of seconds is done aside: other runs of this process go on meanwhile
        sheets, checked = await asyncio.to_thread(
            read_request, self._request, self._settings.api_version, self._settings.limits, self._callbacks.reading
        )
        with ExitStack() as held:
            taken_up = partial(taken_up_or_new, self._journal, self._request, self._settings, now=self._now)
            run = await begin(held, self._journal, run or taken_up, self._request.content, turns)
            self._callbacks.on_event(Begun(run.id, run.file, run.account))
            for outcome in invalid_rows(checked):
                self._report(outcome)
            candidates = await asyncio.to_thread(self._found_in, checked, sheets)
            context = RunContext(run, self._settings, self._journal, self._connection, known or KnownCampaigns())
            self._callbacks = asking_about(self._callbacks, sheets, checked)
            send_request = send_request_of(self._request, self._settings, candidates, sheets)
            sent = await self._sent(context, replace(send_request, send=send))
            halted = sent.halted
            why = str(halted) if halted else "not sent yet; the next run sends it"
            # where nothing was to be sent, what was undone stays so
            undone = {} if send else {it.at: it for it in self._journal.outcomes(run.id) if it.undone}
            for candidate in candidates:
                if candidate.at not in self._outcomes:
                    left = outcome_of(candidate, None, Status.NOT_SENT, why)
                    self._report(undone.get(candidate.at, left))
            verified = Verified(mismatches=sent.mismatches)
            within = self._settings.verify_seconds
            undisturbed = self._stop.asked is None and (halted is None or isinstance(halted, AccountBusyError))
            if send and within and undisturbed:
                verified = await self._verified(context, candidates, within=within)
                verified = replace(verified, mismatches=merged(sent.mismatches, verified.mismatches))
            counts = dict(Counter(outcome.ending for outcome in self._outcomes.values()))
            requests = sent.requests + verified.requests
            run = replace(run, ended_at=self._now(), requests=run.requests + requests, counts=counts)
            report = await self._handed_over(run, sheets, checked, halted, verified)
            return replace(report, requests=requests, idle=send and bool(candidates) and not (sent.requests or halted))

    async def _verified(
        self, context: RunContext, candidates: Sequence[Candidate], *, within: float, at_once: bool = False
    ) -> Verified:
        """Look at what this run created, and keep what there is to report of it."""
        look = Look(self._in_order(), candidates, within, at_once)
        verified = await verify(look, context, self._callbacks, self._stop)
        self._outcomes |= {outcome.at: outcome for outcome in verified.outcomes}
        self._shared = {**self._shared, **verified.shared}
        return verified

    async def _handed_over(
        self, run: Run, sheets: Sequence[Sheet], checked: Checked, halted: LoaderError | None, verified: Verified
    ) -> Report:
        """How the run ended, written into the journal, unless it was killed and is still to be resumed, and down."""
        twins: Sequence[Twins] = ()
        try:
            twins = self._twins()
            if run.ended_at is not None:
                self._journal.end(run, self._in_order())
        except JournalError as error:
            halted = halted or error
        report = Report(
            run,
            self._in_order(),
            [*checked.problems, *self._objections],
            halted,
            mismatches=verified.mismatches,
            remarks=verified.remarks,
            twins=twins,
            declined=self._declined,
        )
        if self._declined:
            return report
        self._callbacks.on_event(Phase("writing the results"))
        output = self._settings.output
        return await asyncio.to_thread(_written, report, self._request.content, sheets, checked, output)

    def _twins(self) -> Sequence[Twins]:
        """Campaigns that share a name, as far as a list was read."""
        if not self._shared:
            return ()
        records = self._journal.records(self._settings.application, self._shared, ids_in(self._shared))
        twins = twins_among(self._shared, records, self._candidates.values())
        self._outcomes |= beside_rows(twins, self._candidates.values(), self._outcomes)
        return twins

    def _report(self, outcome: Outcome) -> None:
        self._outcomes[outcome.at] = outcome
        self._callbacks.on_event(outcome)

    def _found_in(self, checked: Checked, sheets: Sequence[Sheet]) -> list[Candidate]:
        candidates = candidates_in(checked, self._settings.api_version)
        keys = {*(candidate.key for candidate in candidates), *map(name_key, checked.invalid.values())}
        known = partial(self._journal.records, self._settings.application)
        candidates = with_corrected_names(candidates, sheets, keys, known)
        self._candidates = {candidate.at: candidate for candidate in candidates}
        return candidates

    def _in_order(self) -> list[Outcome]:
        return [self._outcomes[at] for at in sorted(self._outcomes)]


def send_request_of(
    request: LoadRequest, settings: Settings, candidates: Sequence[Candidate], sheets: Sequence[Sheet]
) -> SendRequest:
    return SendRequest(
        candidates,
        request.run_options,
        preflight=Check.NAMES in request.checks,
        send=True,
        planned=request.planned,
        checks=request.checks - {Check.NAMES},
        place=placing(sheets),
        all_or_nothing=request.all_or_nothing,
        canary=settings.canary if request.canary is None else request.canary,
    )


def _looks_at_least(ahead: Ahead) -> int:
    """The requests that looking at what was created takes, if all of it is ready at once."""
    created = len(ahead.create) + len(ahead.look_up)
    if ahead.listing is None:
        return fewest_list_calls(created)
    return fewest_list_calls(created, page_size=ahead.listing.page_size)


def _written(report: Report, content: bytes, sheets: Sequence[Sheet], checked: Checked, output: Path) -> Report:
    try:
        return write_report(report, content, sheets, checked, output)
    except OutputError as error:
        later = f"{error}; every outcome is in the journal: `campaign-loader results {report.run.id}` writes them"
        return replace(report, halted=report.halted or OutputError(later))
