"""Undo a run: what it created is deleted again, unless somebody has touched it since.

One campaign after the other, so that hardly a moment lies between the look at it and its deletion.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.api.campaign_list import CampaignList
from loader.errors import AccountBusyError, ApiError, JournalError, LoaderError, RefusedError, StoppedError
from loader.execution.connection import with_version_of
from loader.execution.deletion import Created, Deletion
from loader.execution.report import outcomes_of
from loader.model.campaign import name_key
from loader.model.events import Phase, Waiting
from loader.model.records import State
from loader.model.row import Status, Undone, UndoStatus
from loader.planning.modification import Modified, verdict
from loader.planning.twins import any_ours, ids_in, sentences, twins_among

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loader.api.client import Client
    from loader.api.messages import Listed
    from loader.execution.connection import RunContext, Stop
    from loader.model.events import Event
    from loader.model.records import Record, Run
    from loader.model.row import At, Outcome
    from loader.planning.twins import Twins

# how many requests it takes: a look, and a deletion
_REQUESTS = {UndoStatus.DELETED: 2, UndoStatus.GONE: 1}
_STATES = (State.CREATED, State.DELETING, State.SENDING, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class UndoForecast:
    """What is about to happen, as far as the campaign list shows it. `minutes`: at the rate that is set."""

    run: str
    rows: Sequence[Undone]
    requests: int
    minutes: float


@dataclass(frozen=True, slots=True)
class UndoReport:
    """`run` is as it stands afterwards. `halted`: what kept the undoing from its end. `requests`: what it took.

    `twins`: campaigns that shared a name before."""

    run: Run
    rows: Sequence[Undone]
    requests: int
    halted: LoaderError | None
    twins: Sequence[Twins] = ()

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.status.value for row in self.rows))

    @property
    def notes(self) -> Sequence[str]:
        return sentences(self.twins)

    @property
    def exit_code(self) -> int:
        """The first in the table of exit codes that applies; those of the signals aside."""
        found = {row.status for row in self.rows}
        if UndoStatus.UNKNOWN in found or any_ours(self.twins):
            return 5
        if isinstance(self.halted, RefusedError | AccountBusyError):
            return self.halted.exit_code
        if UndoStatus.KEPT in found:
            return 4
        return 0 if self.halted is None else self.halted.exit_code


class Undo:
    """One run undone, at most once an instance."""

    def __init__(
        self,
        context: RunContext,
        stop: Stop,
        *,
        confirm: Callable[[UndoForecast], bool] = lambda _: True,
        on_event: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self._context = replace(context, settings=with_version_of(context.run, context.settings))
        self._run, self._settings, self._journal = context.run, self._context.settings, context.journal
        self._stop, self._confirm, self._on_event, self._now = stop, confirm, on_event, context.now
        self._rows: dict[At, Undone] = {}
        self._busy: AccountBusyError | None = None
        self._wake = asyncio.Event()
        self._twins: Sequence[Twins] = ()

    async def carry_out(self) -> UndoReport:
        """Delete what nobody has touched.

        Raises:
            AccountBusyError: another process is at this run.
            JournalError: the journal cannot be used.
        """
        run = replace(self._run, process=os.getpid())
        with self._journal.carrying_out(run, self._journal.workbook_of(run)):
            outcomes = outcomes_of(self._journal, run)
            created = self._survey(outcomes)
            if not created:
                return self._report(run, 0, None)
            counts = Counter(outcome.ending for outcome in outcomes)
            async with self._context.connected(self._on_event) as client:
                deletion = Deletion(client, replace(self._context, run=run), counts)
                self._stop.reports_to(lambda reason: self._halt(deletion, reason))
                chosen = await self._chosen(client, deletion, created)
                if chosen and deletion.halted is None and run.ended_at is None:
                    # what was undone must not be created again by going on with a run that was killed
                    run = replace(run, ended_at=self._now(), counts=dict(counts))
                    self._journal.end(run, outcomes)
                await self._remove(deletion, chosen)
                return self._report(replace(run, counts=dict(deletion.counts)), client.requests, deletion.halted)

    def _report(self, run: Run, requests: int, halted: LoaderError | None) -> UndoReport:
        rows = [self._rows[row] for row in sorted(self._rows)]
        return UndoReport(run, rows, requests, halted or self._busy, self._twins)

    def _halt(self, deletion: Deletion, reason: LoaderError) -> None:
        deletion.halt(reason)
        self._wake.set()

    def _survey(self, outcomes: Sequence[Outcome]) -> list[Created]:
        """What the journal has as created by this run; why the rest cannot be undone is reported."""
        run, rows = self._run, {name_key(it.name): it for it in outcomes if it.status is not Status.INVALID}
        records = self._journal.records(run.application, rows)
        ours = {
            key: records[key].name
            for key in rows
            if key in records and records[key].run == run.id and records[key].state in _STATES
        }
        taken = self._journal.take(run.application, run, ours, loose=False)
        created = []
        for key, outcome in rows.items():
            record = taken.records.get(key, records.get(key))
            if record is None or record.run != run.id or record.state not in _STATES:
                self._report_lost(outcome, record)
            elif key in taken.held:
                self._busy = AccountBusyError(f"{taken.held[key]} is working on some of these rows")
                kind = UndoStatus.KEPT if record.state is State.CREATED else UndoStatus.UNKNOWN
                self._report_row(outcome, record.campaign_id, kind, f"{taken.held[key]} is working on this row")
            elif record.state in (State.SENDING, State.UNKNOWN) or record.campaign_id is None:
                unclear = "whether it was created is not known; `reconcile` looks it up, then undo the run again"
                self._report_row(outcome, record.campaign_id, UndoStatus.UNKNOWN, unclear)
            else:
                deleting = record.state is State.DELETING
                created.append(Created(record, record.campaign_id, outcome, deleting=deleting, left=deleting))
        return created

    def _report_lost(self, outcome: Outcome, record: Record | None) -> None:
        """A row of which the run says that it created it, and the journal no longer does."""
        if record is None or outcome.status is not Status.CREATED or outcome.run != self._run.id:
            return
        why = "this campaign is no longer in the journal"
        if record.state is State.CREATED and record.campaign_id == outcome.campaign_id:
            why = f"run {record.run} created it; undo that one"
        elif record.state is State.CREATED:
            why = f"run {record.run} has created this row anew, as {record.campaign_id}"
        self._report_row(outcome, outcome.campaign_id, UndoStatus.KEPT, why)

    async def _chosen(self, client: Client, deletion: Deletion, created: Sequence[Created]) -> list[Created]:
        """Those that are to be deleted, by the campaign list and by whoever is asked."""
        self._on_event(Phase("reading the campaign list"))
        campaigns = CampaignList(client, now=self._now, patience=self._settings.patience_seconds)
        try:
            listing = await campaigns.read()
        except ApiError as error:
            deletion.halt(error)
            return list(created)
        groups = client.shared_names.groups
        self._twins = twins_among(groups, self._journal.records(self._run.application, groups, ids_in(groups)))
        listed = {it.campaign_id: it for items in listing.by_key.values() for it in items}
        chosen, rows = [], [*self._rows.values()]
        for one in created:
            prospect = self._prospect(one, listed)
            rows.append(prospect)
            if prospect.status is UndoStatus.KEPT and not one.deleting:
                self._receive(prospect)
            else:
                chosen.append(one)
        requests = sum(_REQUESTS.get(row.status, 0) for row in rows)
        forecast = UndoForecast(
            self._run.id,
            sorted(rows, key=lambda row: row.at),
            requests,
            requests / self._settings.rate_per_minute,
        )
        if chosen and not self._confirm(forecast):
            deletion.halt(StoppedError("not confirmed, so nothing was deleted"))
        return chosen

    def _prospect(self, one: Created, listed: Mapping[str, Listed]) -> Undone:
        item = listed.get(one.campaign_id)
        one.listed = item is not None
        if item is None:
            return one.undone(UndoStatus.GONE, "the campaign list does not show it")
        said = verdict(one.record, item, b"")
        if isinstance(said, Modified):
            return one.undone(UndoStatus.KEPT, said.reason)
        return one.undone(UndoStatus.DELETED, said.rule)

    async def _remove(self, deletion: Deletion, chosen: Sequence[Created]) -> None:
        """See each to its end, those that are not settled again and again."""
        if deletion.halted is None:
            self._on_event(Phase("deleting", len(chosen)))
        pending = list(chosen)
        try:
            while pending and deletion.halted is None:
                for one in pending:
                    if deletion.halted is None and (done := await deletion.see_to(one)) is not None:
                        self._receive(done)
                pending = [one for one in pending if one.outcome.at not in self._rows]
                if pending and deletion.halted is None:
                    await self._pause(len(pending))
        except JournalError as error:
            deletion.halt(error)
        for one in chosen:
            if one.outcome.at not in self._rows:
                self._receive(deletion.leave(one, str(deletion.halted)))

    async def _pause(self, lost: int) -> None:
        """The server may still be at it."""
        seconds = self._settings.settle_seconds
        self._on_event(Waiting(f"campaigns without an answer: {lost}; they are read again", seconds))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _report_row(self, outcome: Outcome, campaign_id: str | None, status: UndoStatus, message: str) -> None:
        self._receive(Undone(outcome.row, outcome.name, campaign_id, status, message, outcome.sheet))

    def _receive(self, done: Undone) -> None:
        self._rows[done.at] = done
        self._on_event(done)
