"""From valid rows to their outcomes: what is open is sent, what is in doubt is looked up, the rest is reported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.api.campaign_list import CampaignList
from loader.errors import AccountBusyError, ApiError, MisdirectedError, RejectedError, StoppedError
from loader.execution.account_resources import look_up
from loader.execution.by_hand import ByHand
from loader.execution.canary import Canary, canary_size
from loader.execution.in_doubt import beside_lookalikes, left_in_doubt
from loader.execution.lookup import Lookup
from loader.execution.recorder import Author, OutcomeRecorder
from loader.execution.reporter import Reporter
from loader.execution.send_loop import SendLoop
from loader.execution.send_request import SendResult, nothing_while_invalid
from loader.execution.sender import Sender
from loader.model.campaign import name_key
from loader.model.events import Phase, SendForecast, Waiting
from loader.model.records import Settlement, State
from loader.model.row import Status, errors_by_row, invalid
from loader.planning.forecast import Ahead
from loader.planning.mismatch import merged
from loader.planning.plan import make_plan, may_still_come, outcome_of, wants_the_list
from loader.planning.preflight import UNCHECKED, judge, to_read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from loader.api.client import Client
    from loader.api.listing import Listing
    from loader.errors import LoaderError
    from loader.execution.connection import RunContext, Stop
    from loader.execution.in_doubt import InDoubt
    from loader.execution.send_request import Callbacks, SendRequest
    from loader.model.records import Record, Taken
    from loader.model.row import Outcome
    from loader.planning.mismatch import Mismatch
    from loader.planning.plan import Job, Plan


async def send_stage(context: RunContext, send_request: SendRequest, callbacks: Callbacks, stop: Stop) -> SendResult:
    """Send what is open, look up what is in doubt.

    Raises:
        SettingsError: the secret does not fit the algorithm.
        JournalError: the journal cannot be read or written before anything is sent.
    """
    return await _SendStage(context, send_request, callbacks).carry_out(send_request, stop)


class _SendStage:
    """One run's dealings with the API, once an instance."""

    def __init__(self, context: RunContext, send_request: SendRequest, callbacks: Callbacks) -> None:
        self._context, self._settings, self._now = context, context.settings, context.now
        self._on_event, self._confirm, self._agree = callbacks.on_event, callbacks.confirm, callbacks.agree
        self._reporter = Reporter(context, send_request.candidates, callbacks.on_event)
        self._recorder = OutcomeRecorder(
            context.journal,
            Author(context.application, context.run.id),
            per_minute=context.settings.rate_per_minute,
            on_outcome=self._reporter.report,
        )
        self._busy: AccountBusyError | None = None
        self._held: Collection[str] = ()
        self._mismatches: Sequence[Mismatch] = ()
        self._declined = self._needs_whole_list = False

    async def carry_out(self, send_request: SendRequest, stop: Stop) -> SendResult:
        names = {candidate.key: candidate.name for candidate in send_request.candidates}
        taken = self._context.journal.take(self._context.application, self._context.run, names)
        self._recorder.know(taken.records.values())
        send_request = self._without_held(send_request, taken)
        until = self._now() + self._settings.timing.timeout
        doubts = left_in_doubt(taken, send_request, self._context.journal, self._context.application, until=until)
        plan = make_plan(send_request.candidates, taken.records, None, send_request.run_options)
        options, self._recorder.looks_first = send_request.run_options, send_request.preflight
        anew = any(wants_the_list(it, taken.records.get(it.key), options) for it in send_request.candidates)
        if anew:  # what is to be replaced must be gone, a corrected name may be there: only the list shows that
            send_request = replace(send_request, preflight=True)
        self._needs_whole_list = anew or bool(doubts)
        if send_request.send and not (doubts or plan.jobs or anew):
            self._report(plan.settled)
            return self._result(Ahead(), None)
        async with self._context.connected(self._on_event) as client:
            ahead, halted = await self._deal(client, send_request, taken.records, doubts, stop)
            return replace(self._result(ahead, halted), requests=client.requests, shared=client.shared_names.groups)

    def _result(self, ahead: Ahead, halted: LoaderError | None) -> SendResult:
        return SendResult(
            self._reporter.outcomes,
            self._reporter.problems,
            ahead=ahead,
            mismatches=self._mismatches,
            halted=halted or self._busy,
            declined=self._declined,
        )

    async def _deal(
        self,
        client: Client,
        send_request: SendRequest,
        records: Mapping[str, Record],
        doubts: Sequence[InDoubt],
        stop: Stop,
    ) -> tuple[Ahead, LoaderError | None]:
        timing, known = self._settings.timing, self._context.known
        campaigns = CampaignList(client, now=self._now, patience=timing.patience.total_seconds(), known=known)
        lookup = Lookup(campaigns, self._recorder, timing, now=self._now)
        sender = Sender(client, self._recorder, timing, now=self._now)
        loop = SendLoop(sender, lookup, self._settings.concurrency, on_wait=self._on_event)
        stop.reports_to(loop.halt)
        for pending in doubts:
            lookup.add(pending)
        by_hand = ByHand(doubts, lookup, self._recorder, self._agree, send_request.run_options)
        listing = await self._listing(campaigns, by_hand, loop, send_request, records)
        plan = make_plan(send_request.candidates, records, listing, send_request.run_options)
        self._report(plan.settled)
        if loop.halted is None and plan.jobs and send_request.send:
            plan = await self._judged(client, loop, send_request, plan, listing)
        ahead = Ahead(reads=client.requests)
        if loop.halted is None:
            by_hand.leave(listing)
            left = [job.candidate for job in plan.jobs]
            ahead = Ahead(left, lookup.rows, lookup.pending, listing, client.requests)
            if send_request.forecast_only:
                return ahead, None
            if changed := send_request.changed_since_planned(plan):
                loop.halt(changed)
            self._ask(loop, plan.jobs if send_request.send else (), lookup)
        jobs: Sequence[Job] = ()
        if send_request.send and loop.halted is None:
            jobs = plan.jobs if listing is None else beside_lookalikes(plan.jobs, listing, self._recorder)
            lookup.there_before = frozenset(item.campaign_id for item in listing or ())
        async with loop.on_duty():
            await loop.send(await self._first_sent(jobs, send_request, client, loop))
        self._mismatches = merged(sender.mismatches, self._mismatches)
        return ahead, loop.halted

    async def _listing(
        self,
        campaigns: CampaignList,
        by_hand: ByHand,
        loop: SendLoop,
        send_request: SendRequest,
        records: Mapping[str, Record],
    ) -> Listing | None:
        """The list before the first create; None where nobody looks, or the run has halted."""
        if not (send_request.preflight and send_request.send):
            # where nothing is in doubt, whoever asked for a look still wants to know of two campaigns of one name
            if send_request.run_options.adopt or not (send_request.send or by_hand.doubts):
                await self._preflight(campaigns, by_hand, loop)
            return None
        listing = await self._preflight(campaigns, by_hand, loop)
        if listing is None or not self._too_early(listing, send_request, records):
            return listing
        settle = self._settings.settle_seconds
        self._on_event(Waiting("what is replaced may be missing from the list yet", settle))
        await loop.rest(settle)
        return await self._preflight(campaigns, by_hand, loop)

    async def _first_sent(
        self, jobs: Sequence[Job], send_request: SendRequest, client: Client, loop: SendLoop
    ) -> Sequence[Job]:
        """What is left of the rows to send when those that are to go first have gone."""
        if not (size := canary_size(send_request.canary, len(jobs))):
            return jobs
        self._on_event(Phase("sending the first rows, to compare their campaigns with what was sent"))
        canary = Canary(client, loop, self._recorder, self._settings.timing, now=self._now)
        left = await canary.send_first(jobs, size)
        self._mismatches = canary.mismatches
        return left

    def _too_early(self, listing: Listing, send_request: SendRequest, records: Mapping[str, Record]) -> bool:
        options = send_request.run_options
        return any(may_still_come(it, records.get(it.key), listing, options) for it in send_request.candidates)

    async def _preflight(self, campaigns: CampaignList, by_hand: ByHand, loop: SendLoop) -> Listing | None:
        """The list as it is before the first create: it shows what was there, and read whole it settles old doubts."""
        self._on_event(Phase("reading the campaign list"))
        try:
            listing = await (campaigns.read() if self._needs_whole_list else campaigns.read_on())
        except RejectedError as error:
            loop.halt(MisdirectedError(f"the campaign list cannot be read, is the address wrong? {error}"))
            return None
        except ApiError as error:
            loop.halt(error)
            return None
        by_hand.adopt_from(listing)
        loop.settle_by(listing)
        return listing

    async def _judged(
        self, client: Client, loop: SendLoop, send_request: SendRequest, plan: Plan, listing: Listing | None
    ) -> Plan:
        """The plan without the rows that the account has something against; that is only reported."""
        if send_request.checks and not send_request.forecast_only:  # `plan` has its own place for it
            self._on_event(Phase(UNCHECKED))
        wanted = to_read(plan.jobs, send_request.checks)
        if wanted:
            self._on_event(Phase(f"reading {' and '.join(wanted)}".replace("-", " ")))
        try:
            inventory = await look_up(client, wanted, patience=self._settings.patience_seconds)
        except ApiError as error:
            loop.halt(error)
            return plan
        problems = [send_request.place(it) for it in judge(plan.jobs, inventory, listing, checks=send_request.checks)]
        for problem in problems:
            self._reporter.object(problem)
        errors = errors_by_row(problems)
        barred = [job.candidate for job in plan.jobs if job.candidate.at in errors]
        outcomes = [invalid(it.at, it.name, errors[it.at]) for it in barred]
        for outcome in outcomes:
            self._reporter.report(outcome)
        if outcomes and send_request.all_or_nothing:
            loop.halt(nothing_while_invalid(len(outcomes)))
        jobs = [job for job in plan.jobs if job.candidate.at not in errors]
        return replace(plan, jobs=jobs, settled=[*plan.settled, *outcomes])

    def _ask(self, loop: SendLoop, jobs: Sequence[Job], lookup: Lookup) -> None:
        ends = [outcome.status for outcome in self._reporter.outcomes.values()]
        forecast = _forecast(jobs, lookup.pending, len(jobs) / self._settings.rate_per_minute, ends)
        if jobs and loop.halted is None and not self._confirm(forecast):
            loop.halt(StoppedError("not confirmed, so nothing was sent"))
            self._declined = True
            return
        self._on_event(Phase("sending" if jobs else "looking up", forecast.to_send + forecast.in_doubt))

    def _report(self, settled: Iterable[Outcome]) -> None:
        for outcome in settled:
            if outcome.status is Status.ALREADY_EXISTS and name_key(outcome.name) not in self._held:
                self._recorder.note(_found_there(outcome))
            self._reporter.report(outcome)
        self._recorder.flush()

    def _without_held(self, send_request: SendRequest, taken: Taken) -> SendRequest:
        """The request without the rows another living run is handling, unless they have an end already."""
        self._held = taken.held
        free = []
        for candidate in send_request.candidates:
            who = taken.held.get(candidate.key)
            if who is None or (
                taken.records[candidate.key].state in (State.CREATED, State.EXISTS)
                and candidate.key not in send_request.run_options.recreate
            ):
                free.append(candidate)
                continue
            self._busy = AccountBusyError(f"{who} is working on some of these rows")
            self._reporter.report(outcome_of(candidate, None, Status.NOT_SENT, f"{who} is working on this row"))
        return replace(send_request, candidates=free)


def _forecast(jobs: Sequence[Job], in_doubt: int, minutes: float, ends: Sequence[Status]) -> SendForecast:
    return SendForecast(len(jobs), in_doubt, minutes, [job.candidate.campaign for job in jobs], ends=ends)


def _found_there(outcome: Outcome) -> Settlement:
    attempt = replace(outcome.attempt, http_status=None, submitted_at=None)
    return Settlement(name_key(outcome.name), State.EXISTS, attempt)
