"""The load run: read the sheet, check it, send what is open, look up what is in doubt, write the results."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.api.campaign_diff import between
from loader.api.versions import BODIES
from loader.config.settings import VERIFY_SECONDS
from loader.errors import AccountBusyError, JournalError, LoaderError, OutputError
from loader.execution.canary import canary_requests
from loader.execution.connection import Stop, steady_clock, with_version_of
from loader.execution.new_run import taken_up_or_new
from loader.execution.read_request import read_request
from loader.execution.report import Report, said_by_the_server, so_far, write_report
from loader.execution.send_request import SendRequest, nothing_while_invalid
from loader.execution.send_stage import SendStage
from loader.execution.verify import Look, Verified, fewest_list_calls, verify
from loader.model.campaign import name_key
from loader.model.events import Begun, Phase
from loader.model.row import Check, Outcome, Problem, Status
from loader.planning.corrected_names import with_corrected_names
from loader.planning.forecast import Forecast, forecast_row, requests_of
from loader.planning.mismatch import merged
from loader.planning.plan import Candidate, outcome_of, why_conflict
from loader.planning.request import LoadRequest, candidates_in, placing
from loader.planning.twins import beside_rows, twins_among, warnings_of
from loader.planning.validate import invalid_rows
from loader.workbook.columns import BY_FIELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.config.settings import Settings
    from loader.execution.send_request import Callbacks
    from loader.model.events import Event
    from loader.model.records import Run
    from loader.model.row import Sheet
    from loader.planning.forecast import Ahead
    from loader.planning.twins import Groups, Twins
    from loader.planning.validate import ApiVersion, Checked
    from loader.storage.journal import Journal


class LoadRun:
    """One load request, carried out at most once an instance."""

    def __init__(
        self, request: LoadRequest, settings: Settings, journal: Journal, callbacks: Callbacks, stop: Stop | None = None
    ) -> None:
        self._request, self._settings, self._journal, self._callbacks = request, settings, journal, callbacks
        self._stop, self._now = stop or Stop(), steady_clock()
        self._outcomes: dict[int, Outcome] = {}
        self._candidates: dict[int, Candidate] = {}
        self._objections: list[Problem] = []
        self._shared: Groups = {}

    async def load(self, run: Run | None = None) -> Report:
        """Send what is open, and write the results. `run`: the one to go on with; else one is looked for, or begun.

        Raises:
            WorkbookError: the sheet as a whole cannot be used.
            AccountBusyError: another process is at this run.
            JournalError: the journal cannot be used.
        """
        return await self._carry_out(run, send=True)

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
        sheet, checked = read_request(self._request, self._settings.api_version, self._settings.limits)
        run = taken_up_or_new(self._journal, self._request, self._settings, started=self._now())
        for outcome in invalid_rows(checked):
            self._take(outcome)
        candidates = self._found_in(checked, sheet)
        callbacks = replace(self._callbacks, on_event=self._take)
        send_stage = SendStage(self._settings, self._journal.glance(), run, callbacks, now=self._now)
        halted = await self._sent(send_stage, sheet, candidates, send=True, forecast_only=True)
        ahead = send_stage.ahead
        known = {*self._outcomes, *(it.row for it in (*ahead.create, *ahead.look_up))}
        for candidate in candidates:
            if candidate.row not in known:
                self._take(outcome_of(candidate, None, Status.NOT_SENT, str(halted or "")))
        canary = canary_requests(self._canary, len(ahead.create))
        verification = _looks_at_least(ahead) if self._settings.verify_seconds else 0
        settle = timedelta(seconds=self._settings.settle_seconds + self._settings.timeout_seconds)
        report = Report(run, self._in_order(), [*checked.problems, *self._objections], halted, twins=self._twins())
        return Forecast(
            file=self._request.file,
            sheet=sheet.title,
            account=str(self._settings.account),
            rows=forecast_row(report.outcomes, ahead),
            problems=[*report.problems, *warnings_of(report.twins)],
            campaigns=[ready.campaign for ready in checked.ready],
            requests=requests_of(ahead, canary=canary, verification=verification),
            per_minute=self._settings.rate_per_minute,
            made_at=self._now(),
            waiting=settle if ahead.doubts else timedelta(0),
            halted=halted,
            exit_code=report.exit_code,
        )

    @property
    def _canary(self) -> int | None:
        return self._settings.canary if self._request.canary is None else self._request.canary

    async def _sent(
        self,
        stage: SendStage,
        sheet: Sheet,
        candidates: Sequence[Candidate],
        *,
        send: bool,
        forecast_only: bool = False,
    ) -> LoaderError | None:
        if self._request.all_or_nothing and self._outcomes:
            return nothing_while_invalid(len(self._outcomes))
        send_request = SendRequest(
            candidates,
            self._request.run_options,
            preflight=Check.NAMES in self._request.checks,
            send=send,
            forecast_only=forecast_only,
            planned=self._request.planned,
            checks=self._request.checks - {Check.NAMES},
            place=placing(sheet),
            all_or_nothing=self._request.all_or_nothing,
            canary=self._canary,
        )
        halted = await stage.carry_out(send_request, self._stop)
        self._shared = stage.shared
        return halted

    async def verify(self, run: Run) -> Report:
        """Look again at what this run created, and write its results anew; no create leaves."""
        self._settings = with_version_of(run, self._settings)
        version = self._settings.api_version
        sheet, checked = await asyncio.to_thread(read_request, self._request, version)
        with self._journal.carrying_out(replace(run, process=os.getpid()), self._request.content):
            self._callbacks.on_event(Begun(run.id, run.file, run.account))
            self._outcomes = {outcome.row: outcome for outcome in so_far(self._journal, run, checked)}
            self._objections = said_by_the_server(self._in_order(), checked)
            within = self._settings.verify_seconds or VERIFY_SECONDS
            verified = await self._verified(run, self._found_in(checked, sheet), within=within, at_once=True)
            run = replace(run, requests=run.requests + verified.requests)
            return await self._handed_over(run, sheet, checked, verified.failed, verified)

    async def _carry_out(self, run: Run | None, *, send: bool) -> Report:
        if run is not None:
            self._settings = with_version_of(run, self._settings)
        self._callbacks.on_event(Phase(f"reading {self._request.file}"))
        # work of seconds is done aside: other runs of this process go on meanwhile
        sheet, checked = await asyncio.to_thread(
            read_request, self._request, self._settings.api_version, self._settings.limits, self._callbacks.reading
        )
        run = run or taken_up_or_new(self._journal, self._request, self._settings, started=self._now())
        run = replace(run, ended_at=None, process=os.getpid())
        with self._journal.carrying_out(run, self._request.content):
            self._callbacks.on_event(Begun(run.id, run.file, run.account))
            for outcome in invalid_rows(checked):
                self._take(outcome)
            candidates = await asyncio.to_thread(self._found_in, checked, sheet)
            callbacks = replace(self._callbacks, on_event=self._take)
            send_stage = SendStage(self._settings, self._journal, run, callbacks, now=self._now)
            halted = await self._sent(send_stage, sheet, candidates, send=send)
            why = str(halted) if halted else "not sent yet; the next run sends it"
            # where nothing was to be sent, what was undone stays so
            undone = {} if send else {it.row: it for it in self._journal.outcomes(run.id) if it.undone}
            for candidate in candidates:
                if candidate.row not in self._outcomes:
                    left = outcome_of(candidate, None, Status.NOT_SENT, why)
                    self._take(undone.get(candidate.row, left))
            verified = Verified(mismatches=send_stage.mismatches)
            within = self._settings.verify_seconds
            if (
                send
                and within
                and self._stop.asked is None
                and (halted is None or isinstance(halted, AccountBusyError))
            ):
                verified = await self._verified(run, candidates, within=within)
                verified = replace(verified, mismatches=merged(send_stage.mismatches, verified.mismatches))
            counts = dict(Counter(outcome.ending for outcome in self._outcomes.values()))
            requests = run.requests + send_stage.requests + verified.requests
            run = replace(run, ended_at=self._now(), requests=requests, counts=counts)
            return await self._handed_over(run, sheet, checked, halted, verified)

    async def _verified(
        self, run: Run, candidates: Sequence[Candidate], *, within: float, at_once: bool = False
    ) -> Verified:
        """Look at what this run created, and keep what there is to report of it."""
        look = Look(run, self._in_order(), candidates, within, at_once)
        verified = await verify(look, self._settings, self._journal, self._callbacks, self._stop, now=self._now)
        self._outcomes |= {outcome.row: outcome for outcome in verified.outcomes}
        self._shared = {**self._shared, **verified.shared}
        return verified

    async def _handed_over(
        self, run: Run, sheet: Sheet, checked: Checked, halted: LoaderError | None, verified: Verified
    ) -> Report:
        """How the run ended, written into the journal, unless it was killed and is still to be resumed, and down."""
        twins: Sequence[Twins] = ()
        try:
            twins = self._twins()
            if run.ended_at is not None:
                self._journal.end(run, self._in_order())
        except JournalError as error:
            halted = halted or error
        self._callbacks.on_event(Phase("writing the results"))
        report = Report(
            run,
            self._in_order(),
            [*checked.problems, *self._objections],
            halted,
            mismatches=verified.mismatches,
            remarks=verified.remarks,
            twins=twins,
        )
        try:
            return await asyncio.to_thread(
                write_report, report, self._request.content, sheet, checked, self._settings.output
            )
        except OutputError as error:
            return _not_written(report, error)

    def _twins(self) -> Sequence[Twins]:
        """Campaigns that share a name, as far as a list was read."""
        if not self._shared:
            return ()
        twins = twins_among(self._shared, self._journal.records(self._settings.application), self._candidates.values())
        self._outcomes |= beside_rows(twins, self._candidates.values(), self._outcomes)
        return twins

    def _take(self, event: Event) -> None:
        if isinstance(event, Outcome):
            candidate = self._candidates.get(event.row)
            if event.status is Status.CONFLICT and candidate and not candidate.created_as:
                sent = self._journal.body(self._settings.application, candidate.key)
                event = replace(event, message=_conflict_in_words(event, candidate, sent, self._settings.api_version))
            self._outcomes[event.row] = event
        elif isinstance(event, Problem):
            self._objections.append(event)
        self._callbacks.on_event(event)

    def _found_in(self, checked: Checked, sheet: Sheet) -> list[Candidate]:
        candidates = candidates_in(checked, self._settings.api_version)
        keys = {*(candidate.key for candidate in candidates), *map(name_key, checked.invalid.values())}
        candidates = with_corrected_names(
            candidates, sheet, keys, lambda: self._journal.records(self._settings.application)
        )
        self._candidates = {candidate.row: candidate for candidate in candidates}
        return candidates

    def _in_order(self) -> list[Outcome]:
        return [self._outcomes[row] for row in sorted(self._outcomes)]


def _looks_at_least(ahead: Ahead) -> int:
    """The requests that looking at what was created takes, if all of it is ready at once."""
    created = len(ahead.create) + len(ahead.look_up)
    if ahead.listing is None:
        return fewest_list_calls(created)
    return fewest_list_calls(created, page_size=ahead.listing.page_size)


def _not_written(report: Report, error: OutputError) -> Report:
    later = f"{error}; every outcome is in the journal: `campaign-loader results {report.run.id}` writes them"
    return replace(report, halted=report.halted or OutputError(later))


def _conflict_in_words(outcome: Outcome, candidate: Candidate, sent: bytes, api_version: ApiVersion) -> str:
    """What was `sent` for the row, and what the row says now."""
    differences = between(json.loads(sent), BODIES[api_version].fields(candidate.campaign))
    what = "; ".join(f"{BY_FIELD[it.field].header} was '{it.ours}' and is '{it.theirs}'" for it in differences)
    return "; ".join(filter(None, (outcome.message, f"what differs: {what}", why_conflict(differences))))
