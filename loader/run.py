"""The errand: read the sheet, check it, send what is open, look up what is in doubt, write the results."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import json
import os
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from loader.api.compare import between
from loader.campaign import name_key
from loader.canary import canary_requests
from loader.check import invalid_rows
from loader.collector import paused
from loader.connection import WIRES
from loader.deviation import Deviation, problems_of
from loader.dispatch import Dispatch, Mission, Stop, nothing_while_invalid
from loader.errors import AccountBusyError, CanaryError, JournalError, LoaderError, OutputError, RefusedError
from loader.news import Begun, Phase
from loader.outlook import Outlook, foreseen, requests_of
from loader.plan import Candidate, Wishes, make_plan, outcome_of
from loader.record import Run
from loader.row import DELETED, VANISHED, Check, Outcome, Problem, Status
from loader.settings import VERIFY_SECONDS
from loader.validate import Places, validate
from loader.verify import Look, Verified, fewest_list_calls, verify
from loader.workbook.columns import header_of
from loader.workbook.guard import MOST_COLUMNS, MOST_ROWS
from loader.workbook.limits import Limits
from loader.workbook.mapping import NOTHING_RENAMED, Renaming, renaming_of
from loader.workbook.read import read_workbook
from loader.workbook.results import results_path, write_results
from loader.workbook.summary import Summary
from loader.workbook.verdicts import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from loader.dispatch import Doors
    from loader.journal import Journal
    from loader.news import News
    from loader.outlook import Ahead
    from loader.row import Objection, Sheet
    from loader.settings import Settings
    from loader.validate import ApiVersion, Checked


_ONCE_ADMITTED = Limits(rows=MOST_ROWS, columns=MOST_COLUMNS, inflated_mb=4_000)  # what a run was begun with is read


@dataclass(frozen=True, slots=True)
class Order:
    """What to load and how. All but `planned` is kept with the run, so that it can be taken up from the journal alone.

    `preflight`: look at the server before the first create; `skip`: but not at these.
    `planned`: keys of the only names that may be sent, None where nobody planned.
    `canary`: how many rows are sent first and compared, None where nothing was said about it.
    """

    file: str
    content: bytes
    sheet: str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    all_or_nothing: bool = False
    preflight: bool = True
    wishes: Wishes = field(default_factory=Wishes)
    renaming: Renaming = NOTHING_RENAMED
    planned: Collection[str] | None = None
    skip: Collection[Check] = ()
    canary: int | None = None

    @property
    def checks(self) -> frozenset[Check]:
        return frozenset(Check).difference(self.skip) if self.preflight else frozenset()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def options(self) -> dict[str, Any]:
        """All but file and content, as JSON."""
        return {
            "sheet": self.sheet,
            "defaults": dict(self.defaults),
            "all_or_nothing": self.all_or_nothing,
            "preflight": self.preflight,
            "retry_rejected": self.wishes.retry_rejected,
            "recreate": sorted(self.wishes.recreate),
            "limit": self.wishes.limit,
            # runs that were begun before there were any have none
            **({"mapping": self.renaming.plain} if self.renaming.plain else {}),
            **({"skip": sorted(self.skip)} if self.skip else {}),
            **({"canary": self.canary} if self.canary is not None else {}),
        }


def order_of(run: Run, content: bytes) -> Order:
    """The order that a run was begun with."""
    return order_from(run.options, run.file, content)


def order_from(options: Mapping[str, Any], file: str, content: bytes) -> Order:
    """What `Order.options` gave."""
    return Order(
        file,
        content,
        options["sheet"],
        options["defaults"],
        options["all_or_nothing"],
        options["preflight"],
        Wishes(options["retry_rejected"], frozenset(options["recreate"]), options["limit"]),
        renaming_of(options.get("mapping", {})),
        skip=frozenset(map(Check, options.get("skip", ()))),
        canary=options.get("canary"),
    )


def unfinished(run: Run) -> bool:
    """Whether it was killed or stopped, or left rows that the next run sends; one that was undone is done with."""
    counts = run.counts or {}
    return DELETED not in counts and (run.ended_at is None or Status.NOT_SENT in counts)


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. `halted`: what kept it from its end. `results`: the workbook, None where it was not written.

    `deviations`: what the server has otherwise than it was sent. `remarks`: what else there is to tell, in sentences.
    """

    run: Run
    outcomes: Sequence[Outcome]
    problems: Sequence[Problem]
    halted: LoaderError | None
    results: Path | None = None
    deviations: Sequence[Deviation] = ()
    remarks: Sequence[str] = ()

    @property
    def vanished(self) -> Sequence[Outcome]:
        """Rows whose campaigns were created and are not on the server any more."""
        return [outcome for outcome in self.outcomes if outcome.campaign_status == VANISHED]

    @property
    def notes(self) -> Sequence[str]:
        """What there is to tell beside how many rows ended how."""
        number = len(self.vanished)
        campaigns = "1 campaign that was" if number == 1 else f"{number} campaigns that were"
        gone = f"{campaigns} created, and that the server does not have any more: Campaign status {VANISHED}"
        return [*([gone] if number else []), *self.remarks]

    @property
    def exit_code(self) -> int:
        """The highest applicable row of the table of exit codes; those of the signals aside."""
        found = {outcome.status for outcome in self.outcomes}
        if Status.UNKNOWN in found or self.vanished:
            return 5
        if isinstance(self.halted, RefusedError):
            return 6
        if isinstance(self.halted, AccountBusyError):
            return 7
        differs = bool(self.deviations) or isinstance(self.halted, CanaryError)
        if differs or found & {Status.REJECTED, Status.NOT_SENT, Status.CONFLICT}:
            return 4
        if Status.INVALID in found:
            return 3
        return 0 if self.halted is None else self.halted.exit_code


class Errand:
    """One order, carried out at most once an instance."""

    def __init__(
        self, order: Order, settings: Settings, journal: Journal, doors: Doors, stop: Stop | None = None
    ) -> None:
        self._order, self._settings, self._journal, self._doors = order, settings, journal, doors
        self._stop = stop or Stop()
        self._now = steady_clock()
        self._outcomes: dict[int, Outcome] = {}
        self._candidates: dict[int, Candidate] = {}
        self._objections: list[Problem] = []

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

    async def foresee(self) -> Outlook:
        """What `load` would do, up to where it would ask; the allowance aside, nothing is written.

        Raises:
            WorkbookError: the sheet as a whole cannot be used.
            JournalError: the journal cannot be used.
        """
        self._doors.on_news(Phase(f"reading {self._order.file}"))
        sheet, checked = _read(self._order, self._settings.api_version, self._settings.limits)
        run = self._taken_up() or self._new_run()
        for outcome in invalid_rows(checked):
            self._hear(outcome)
        candidates = self._found_in(checked)
        dispatch = Dispatch(
            self._settings, self._journal.glance(), run, replace(self._doors, on_news=self._hear), now=self._now
        )
        halted = await self._dispatched(dispatch, sheet, candidates, send=True, foresee=True)
        ahead = dispatch.ahead
        known = {*self._outcomes, *(it.row for it in (*ahead.create, *ahead.look_up))}
        for candidate in candidates:
            if candidate.row not in known:
                self._hear(outcome_of(candidate, None, Status.NOT_SENT, str(halted or "")))
        canary = canary_requests(self._order.canary, len(ahead.create))
        settle = timedelta(seconds=self._settings.settle_seconds + self._settings.timeout_seconds)
        report = Report(run, self._in_order(), [*checked.problems, *self._objections], halted)
        return Outlook(
            file=self._order.file,
            sheet=sheet.title,
            account=self._settings.account,
            rows=foreseen(report.outcomes, ahead),
            problems=report.problems,
            campaigns=[ready.campaign for ready in checked.ready],
            requests=requests_of(ahead, canary=canary, verification=self._looks_at_least(ahead)),
            per_minute=self._settings.rate_per_minute,
            made_at=self._now(),
            waiting=settle if ahead.doubts else timedelta(0),
            halted=halted,
            exit_code=report.exit_code,
        )

    def _looks_at_least(self, ahead: Ahead) -> int:
        """The requests that looking at what was created takes, if all of it is ready at once."""
        created = len(ahead.create) + len(ahead.look_up)
        if not self._settings.verify_seconds:
            return 0
        if ahead.listing is None:
            return fewest_list_calls(created, 0)
        return fewest_list_calls(created, ahead.listing.campaigns, page_size=ahead.listing.page_size)

    async def _dispatched(
        self, dispatch: Dispatch, sheet: Sheet, candidates: Sequence[Candidate], *, send: bool, foresee: bool = False
    ) -> LoaderError | None:
        if self._order.all_or_nothing and self._outcomes:
            return nothing_while_invalid(len(self._outcomes))
        mission = Mission(
            candidates,
            self._order.wishes,
            preflight=Check.NAMES in self._order.checks,
            send=send,
            foresee=foresee,
            planned=self._order.planned,
            checks=self._order.checks - {Check.NAMES},
            place=_placing(sheet),
            all_or_nothing=self._order.all_or_nothing,
            canary=self._order.canary,
        )
        return await dispatch.carry_out(mission, self._stop)

    async def verify(self, run: Run) -> Report:
        """Look again at what this run created, and write its results anew; no create leaves."""
        version = run.options["api_version"]
        sheet, checked = await asyncio.to_thread(_read, self._order, version)
        with self._journal.carrying_out(replace(run, process=os.getpid()), self._order.content):
            self._doors.on_news(Begun(run.id, run.file, run.account))
            self._outcomes = {outcome.row: outcome for outcome in _so_far(self._journal, run, checked)}
            self._objections = _said_by_the_server(self._in_order(), checked)
            within = self._settings.verify_seconds or VERIFY_SECONDS
            verified = await self._verified(run, _candidates(checked, version), within=within, at_once=True)
            run = replace(run, requests=run.requests + verified.requests)
            return await self._handed_over(run, sheet, checked, verified.failed, verified)

    async def _carry_out(self, run: Run | None, *, send: bool) -> Report:
        self._doors.on_news(Phase(f"reading {self._order.file}"))
        # work of seconds is done aside: other errands of this process go on meanwhile
        sheet, checked = await asyncio.to_thread(_read, self._order, self._settings.api_version, self._settings.limits)
        run = run or self._taken_up() or self._new_run()
        run = replace(run, ended_at=None, process=os.getpid())
        with self._journal.carrying_out(run, self._order.content):
            self._doors.on_news(Begun(run.id, run.file, run.account))
            for outcome in invalid_rows(checked):
                self._hear(outcome)
            candidates = await asyncio.to_thread(self._found_in, checked)
            dispatch = Dispatch(
                self._settings, self._journal, run, replace(self._doors, on_news=self._hear), now=self._now
            )
            halted = await self._dispatched(dispatch, sheet, candidates, send=send)
            why = str(halted) if halted else "open; the next run sends it"
            # where nothing was to be sent, what was undone stays so
            undone = {} if send else {it.row: it for it in self._journal.outcomes(run.id) if it.undone}
            for candidate in candidates:
                if candidate.row not in self._outcomes:
                    left = outcome_of(candidate, None, Status.NOT_SENT, why)
                    self._hear(undone.get(candidate.row, left))
            verified = Verified(deviations=dispatch.deviations)
            within = self._settings.verify_seconds
            if (
                send
                and within
                and self._stop.asked is None
                and (halted is None or isinstance(halted, AccountBusyError))
            ):
                verified = await self._verified(run, candidates, within=within)
            counts = dict(Counter(outcome.ending for outcome in self._outcomes.values()))
            requests = run.requests + dispatch.requests + verified.requests
            run = replace(run, ended_at=self._now(), requests=requests, counts=counts)
            return await self._handed_over(run, sheet, checked, halted, verified)

    async def _verified(
        self, run: Run, candidates: Sequence[Candidate], *, within: float, at_once: bool = False
    ) -> Verified:
        """Look at what this run created, and keep what there is to tell of it."""
        outcomes = self._in_order()
        look = Look(run, outcomes, candidates, within, at_once)
        verified = await verify(look, self._settings, self._journal, self._doors, self._stop, now=self._now)
        self._outcomes |= {outcome.row: outcome for outcome in verified.outcomes}
        return verified

    async def _handed_over(
        self, run: Run, sheet: Sheet, checked: Checked, halted: LoaderError | None, verified: Verified
    ) -> Report:
        """How the run ended, written into the journal, unless it was killed and is still to be resumed, and down."""
        try:
            if run.ended_at is not None:
                self._journal.end(run, self._in_order())
        except JournalError as error:
            halted = halted or error
        self._doors.on_news(Phase("writing the results"))
        report = Report(
            run,
            self._in_order(),
            [*checked.problems, *self._objections],
            halted,
            deviations=verified.deviations,
            remarks=verified.remarks,
        )
        try:
            return await asyncio.to_thread(_written, report, self._order.content, sheet, checked, self._settings.output)
        except OutputError as error:
            later = f"{error}; every outcome is in the journal: `campaign-loader results {run.id}` writes them"
            return replace(report, halted=halted or OutputError(later))

    def _new_run(self) -> Run:
        started = self._now()
        return Run(
            id=f"{started:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
            account=self._settings.account,
            application=self._settings.application,
            user=getpass.getuser(),
            process=os.getpid(),
            file=self._order.file,
            digest=self._order.digest,
            options=self._options(),
            started_at=started,
        )

    def _options(self) -> dict[str, Any]:
        # the version is part of what a row's content is: bodies differ
        return {**self._order.options(), "api_version": self._settings.api_version}

    def _taken_up(self) -> Run | None:
        """The unfinished run of the same order."""
        order = (self._settings.application, self._order.digest, self._options())
        for earlier in self._journal.runs():
            if (earlier.application, earlier.digest, earlier.options) == order and unfinished(earlier):
                return earlier
        return None

    def _hear(self, news: News) -> None:
        if isinstance(news, Outcome) and news.status is Status.CONFLICT:
            news = replace(news, message=f"{news.message}; what differs: {self._differences(news)}")
        if isinstance(news, Outcome):
            self._outcomes[news.row] = news
        elif isinstance(news, Problem):
            self._objections.append(news)
        self._doors.on_news(news)

    def _found_in(self, checked: Checked) -> list[Candidate]:
        candidates = _candidates(checked, self._settings.api_version)
        self._candidates = {candidate.row: candidate for candidate in candidates}
        return candidates

    def _differences(self, outcome: Outcome) -> str:
        """Between what was sent for a row and what the row says now."""
        candidate = self._candidates[outcome.row]
        sent = json.loads(self._journal.body(self._settings.application, candidate.key))
        return "; ".join(
            f"{header_of(it.field)} was '{it.ours}' and is '{it.theirs}'"
            for it in between(sent, json.loads(candidate.body))
        )

    def _in_order(self) -> list[Outcome]:
        return [self._outcomes[row] for row in sorted(self._outcomes)]


def results_again(journal: Journal, run: Run, output: Path) -> Report:
    """Write the results of a run as they stand in the journal; no request leaves."""
    order = order_of(run, journal.workbook(run.digest))
    sheet, checked = _read(order, run.options["api_version"])
    outcomes = _so_far(journal, run, checked)
    problems = [*checked.problems, *_said_by_the_server(outcomes, checked)]
    return _written(Report(run, outcomes, problems, None), order.content, sheet, checked, output)


def _said_by_the_server(outcomes: Iterable[Outcome], checked: Checked) -> list[Problem]:
    """What made rows invalid that the sheet alone does not; the journal has kept the sentences only."""
    rows = [it for it in outcomes if it.status is Status.INVALID and it.row not in checked.invalid]
    return [Problem(it.row, None, "", "", line) for it in rows for line in it.message.splitlines()]


def outcomes_of(journal: Journal, run: Run) -> Sequence[Outcome]:
    """What became of every row of a run, also of one that was killed."""
    if run.ended_at is not None:
        return journal.outcomes(run.id)
    _, checked = _read(order_of(run, journal.workbook(run.digest)), run.options["api_version"])
    return _of_a_killed_run(journal, run, checked)


def _so_far(journal: Journal, run: Run, checked: Checked) -> Sequence[Outcome]:
    return journal.outcomes(run.id) if run.ended_at else _of_a_killed_run(journal, run, checked)


def _of_a_killed_run(journal: Journal, run: Run, checked: Checked) -> list[Outcome]:
    """What its campaigns stand at is all there is to tell."""
    records = journal.records(run.application)
    plan = make_plan(_candidates(checked, run.options["api_version"]), records, None, Wishes())
    return sorted(
        [
            *invalid_rows(checked),
            *plan.settled,
            *(
                outcome_of(candidate, records[key], Status.UNKNOWN, "no answer is on record; resume the run")
                for key, candidate in plan.in_doubt.items()
            ),
            *(
                outcome_of(job.candidate, None, Status.NOT_SENT, "the run ended before it was sent")
                for job in plan.jobs
            ),
        ],
        key=lambda outcome: outcome.row,
    )


def _placing(sheet: Sheet) -> Callable[[Objection], Problem]:
    """How what is said against a row gets its cell, its header, and what the cell holds."""
    places = Places(sheet)
    drafts = {draft.row: draft.values for draft in sheet.drafts}

    def place(objection: Objection) -> Problem:
        row, field = objection.row, objection.field
        if not field:
            return objection.at()
        seen = None if row is None else drafts[row].get(field)
        return objection.at(places.column(field), places.header(field), "" if seen is None else str(seen))

    return place


def _read(order: Order, api_version: ApiVersion, limits: Limits = _ONCE_ADMITTED) -> tuple[Sheet, Checked]:
    with paused():
        sheet = read_workbook(
            order.content,
            order.file,
            sheet=order.sheet,
            defaults=order.defaults,
            limits=limits,
            renaming=order.renaming,
        )
        return sheet, validate(sheet, api_version=api_version)


def candidates_of(order: Order, settings: Settings) -> list[Candidate]:
    """The valid rows of an order."""
    return _candidates(_read(order, settings.api_version)[1], settings.api_version)


def _candidates(checked: Checked, api_version: ApiVersion) -> list[Candidate]:
    body_of = WIRES[api_version](app_id="", account_id="").body_of
    candidates = []
    for ready in checked.ready:
        name, body = ready.campaign.name, body_of(ready.campaign)
        candidates.append(Candidate(ready.row, name, name_key(name), hashlib.sha256(body).hexdigest(), body))
    return candidates


def _written(report: Report, content: bytes, sheet: Sheet, checked: Checked, output: Path) -> Report:
    run = report.run
    account, _, host = run.account.partition(" at ")
    summary = Summary(
        run=run.id,
        user=run.user,
        account=account,
        host=host,
        started_at=run.started_at,
        ended_at=run.ended_at or datetime.now(UTC),
        requests=run.requests,
        campaigns=[ready.campaign for ready in checked.ready],
        remarks=report.notes,
    )
    path = results_path(output, run.file, datetime.now(UTC))
    problems = [*report.problems, *problems_of(report.deviations, sheet)]
    told = Results(sheet, report.outcomes, problems, summary)
    return replace(report, results=write_results(path, told, content))


def steady_clock() -> Callable[[], datetime]:
    """The time in UTC, taken once from the system's clock and from then on from one that never jumps."""
    began, origin = datetime.now(UTC), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - origin)
