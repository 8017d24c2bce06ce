"""What keeps a journal of many years small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import AccountBusyError, JournalError
from loader.storage.campaign_store import CampaignStore
from loader.storage.locks import Locks
from loader.storage.lookalikes import forget
from loader.storage.outcome_store import OutcomeStore
from loader.storage.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loader.model.records import Run
    from loader.storage.database import Database

_AT_ONCE = 20


class Upkeep:
    """Work on the journal as a whole, in the name of no run."""

    def __init__(self, database: Database) -> None:
        self._database, self._locks = database, Locks(database.path)
        self._runs, self._campaigns, self._outcomes = (
            RunStore(database),
            CampaignStore(database),
            OutcomeStore(database),
        )

    def campaigns(self) -> int:
        """How many campaigns are remembered, of all applications."""
        return self._campaigns.count()

    def prunable(self, before: datetime) -> Sequence[Run]:
        """The runs that ended before a moment, the latest first.

        One that has a row without an end is none of them: all there is of it may be needed to find out how it ended.
        """
        old = [run for run in self._runs.all() if run.pruned_at is None and (run.ended_at or run.started_at) < before]
        without_end = self._campaigns.runs_without_end() if old else set()
        return [run for run in old if run.id not in without_end]

    def prune(self, before: datetime, now: datetime) -> Sequence[Run]:
        """Drop the workbooks, the outcomes and the bodies of these runs; return the runs.

        What guards against creating a campaign twice stays: runs, and the keys, states, digests, ids and times of
        campaigns.
        """
        pruned: list[Run] = []
        while some := self._prune_some(before, now):
            pruned += some
        return pruned

    def _prune_some(self, before: datetime, now: datetime) -> Sequence[Run]:
        """A few at a time, so that a run that is writing meanwhile never waits for long."""
        with self._locks.gate():
            old = self.prunable(before)
            living = self._locks.living({run.id for run in old})
            some = [run for run in old if run.id not in living][:_AT_ONCE]
            ids = [run.id for run in some]
            if ids:
                with self._database.writing() as connection:
                    self._campaigns.drop_bodies(connection, ids)
                    self._outcomes.drop(connection, ids)
                    forget(connection, ids)
                    self._runs.prune(connection, ids, now)
        return some

    def vacuum(self) -> None:
        """Give room that is not used any more back to the disk.

        Raises:
            AccountBusyError: a run is writing; it says which.
        """
        with self._locks.gate():
            for run in sorted(self._locks.living({one.id for one in self._runs.all()})):
                raise AccountBusyError(f"{self._runs.who(run)} is running; make the journal smaller when it has ended")
            self._database.vacuum()


def refuse_pruned(run: Run) -> None:
    """Raises JournalError, which says what there is no more, where a run is pruned."""
    if run.pruned_at:
        raise JournalError(
            f"run {run.id} was pruned on {run.pruned_at:%Y-%m-%d}: its workbook, how its rows ended and what was sent "
            "are not stored any more, so it cannot be shown, written again, resumed, verified or undone; its campaigns "
            "are still known, and none of them is created again"
        )
