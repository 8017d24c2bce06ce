"""What was about to be sent, and what came of it.

An intent is on disk before its request leaves, an outcome soon after the answer. A record that says SENDING and has no
end is in doubt: its request may have happened or not, and is looked up before anything is sent again.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loader.errors import AccountBusyError, JournalError
from loader.model.records import Taken
from loader.storage.campaign_store import CampaignStore
from loader.storage.database import Database, open_database
from loader.storage.fence import Fence, end_hold_of
from loader.storage.locks import Locks, only_night
from loader.storage.lookalikes import remember, remembered
from loader.storage.outcome_store import OutcomeStore
from loader.storage.run_store import RunStore
from loader.storage.upkeep import refuse_pruned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from loader.model.records import Intent, Record, Run, Seen, Settlement, Standing, Turn
    from loader.model.row import Outcome


class Journal:
    """Open with `open_journal`. Every method that writes has it on disk when it returns, or raises JournalError.

    What is written in the name of a run is written inside of `carrying_out` it, and only while no other process has
    begun it again or has taken over its rows.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._locks = Locks(database.path)
        self._fence = Fence(database)
        self._runs, self._campaigns, self._outcomes = (
            RunStore(database),
            CampaignStore(database),
            OutcomeStore(database),
        )

    @contextmanager
    def carrying_out(self, run: Run, content: bytes, *, alone: bool = False) -> Iterator[None]:
        """Remember a run, new or taken up again, and be the one process that carries it out.

        `alone`: only while there is no other living run of the application, whether or not it has rows yet.

        Whatever the process held is free as soon as it ends, however it ends: the system lets go of its lock.

        Raises:
            AccountBusyError: another process is at this run, or with `alone` at another one.
        """
        with self._locks.gate():
            if alone and (living := self._locks.living(self._runs.of(run.application) - {run.id})):
                raise AccountBusyError(f"{self._runs.who(min(living))} is running on this account")
            try:
                lock = self._locks.take(run.id)
            except AccountBusyError as error:
                raise AccountBusyError(f"{self._runs.who(run.id)} is loading this sheet") from error
            try:
                self._begin(run, content)
            except JournalError:
                self._locks.give_back(lock)
                raise
        try:
            yield
        finally:
            self._fence.let_go(run.id)
            self._locks.give_back(lock)
            self.database.checkpoint()

    def holds(self, run_id: str) -> bool:
        """Whether this process is at the run, and the file that keeps others from it is still the one it locked."""
        return self._locks.holds(run_id)

    @contextmanager
    def only_night(self) -> Iterator[None]:
        """Be the one `nightly` at this journal.

        Raises:
            AccountBusyError: another is; it says which, and since when.
        """
        path = self.database.path
        with only_night(Path(f"{path}.nightly.lock"), f"the journal {path}"):
            yield

    def take(self, application: str, run: Run, names: Mapping[str, str], *, loose: bool = True) -> Taken:
        """Take these campaigns, `names` by key, and, if `loose`, whatever a dead run left without an end.

        What a living run has taken is held.
        """
        with self._locks.gate():
            self._campaigns.enroll(application, names)
            records, held = self._held(application, run, names, loose=loose)
            free = [record for key, record in records.items() if key not in held]
            with self._fence.writing(run.id) as connection:
                end_hold_of(connection, {record.held_by for record in free} - {run.id, ""})
                taken = self._campaigns.take(connection, application, run.id, free)
        if taken != len(free):
            raise JournalError(f"another process has taken rows of run {run.id} meanwhile; start the run again")
        return Taken(records, {key: self._runs.who(one) for key, one in held.items()})

    def _held(
        self, application: str, run: Run, keys: Collection[str], *, loose: bool
    ) -> tuple[Mapping[str, Record], Mapping[str, str]]:
        """Their records, and by key the living runs that see to some of them; within the gate."""
        living = self._locks.living(self._runs.of(application) - {run.id})
        # not before: a run that ends meanwhile writes until it does
        also = self._campaigns.loose(application) if loose else {}
        records = {**also, **self._campaigns.of(application, keys)}
        return records, {record.key: record.held_by for record in records.values() if record.held_by in living}

    def _begin(self, run: Run, content: bytes) -> None:
        self._fence.hold(run.id, self._runs.begin(run, content))

    def end(self, run: Run, outcomes: Iterable[Outcome]) -> None:
        """Write down how a run ended, row by row; what an earlier end of the same run said is replaced."""
        with self._fence.writing(run.id) as connection:
            self._outcomes.replace(connection, run.id, outcomes)
            self._runs.change(connection, run)

    def runs(self) -> Sequence[Run]:
        """All runs, the latest first."""
        return self._runs.all()

    def workbook(self, digest: str) -> bytes:
        return self._runs.workbook(digest)

    def workbook_of(self, run: Run) -> bytes:
        """What a run was begun with.

        Raises:
            JournalError: the run was pruned.
        """
        refuse_pruned(run)
        return self.workbook(run.digest)

    def outcomes(self, run_id: str) -> Sequence[Outcome]:
        """How a run ended, in order of rows; empty where it has not ended yet."""
        return self._outcomes.of(run_id)

    def records(
        self, application: str, keys: Collection[str] | None = None, ids: Collection[str] = ()
    ) -> Mapping[str, Record]:
        """The campaigns of these keys and these ids, by key; all of an application where no keys are given.

        Bodies only of those in doubt, nobody needs the others again.
        """
        return self._campaigns.all(application) if keys is None else self._campaigns.of(application, keys, ids)

    def bearers(self, application: str, campaign_id: str) -> Collection[str]:
        """The keys of the rows that bear a campaign: one at most, but for what earlier versions wrote."""
        return self._campaigns.bearers(application, campaign_id)

    def answered_before(self, application: str, moment: datetime, number: int) -> Sequence[str]:
        """The ids of the last campaigns, so many, that were answered as created before a moment, in that order."""
        return self._campaigns.answered_before(application, moment, number)

    def claim(self, application: str, run_id: str, intents: Sequence[Intent]) -> Sequence[Record]:
        """Write down, in one transaction, what is about to be sent, and return what was remembered before.

        Raises:
            JournalError: a campaign is not in the state it should be in, or not this run's; then none is claimed.
        """
        with self._fence.writing(run_id) as connection:
            return self._campaigns.claim(connection, application, run_id, intents)

    def give_back(self, application: str, run_id: str, before: Sequence[Record]) -> None:
        """Make campaigns that were claimed and never sent what they were before."""
        with self._fence.writing(run_id) as connection:
            written = self._campaigns.give_back(connection, application, run_id, before)
        _count(run_id, written, len(before))

    def settle(self, application: str, run_id: str, settlements: Sequence[Settlement]) -> None:
        """Write down, in one transaction, what came of what was sent.

        Raises:
            JournalError: another run has taken over some of these rows; only the others are written down.
        """
        with self._fence.writing(run_id) as connection:
            written = self._campaigns.settle(connection, application, run_id, settlements)
        _count(run_id, written, len(settlements))

    def observe(self, application: str, run_id: str, seen: Sequence[Seen]) -> None:
        """Write down how the server shows campaigns that were created; what is another by now is left as it is."""
        with self._fence.writing(run_id) as connection:
            self._campaigns.observe(connection, application, seen)

    def turn(self, run: Run, turn: Turn) -> None:
        """Write down, in one transaction, where a campaign of an ended run that is undone stands.

        Raises:
            JournalError: the journal does not have this campaign as created by now; then nothing is written.
        """
        with self._fence.writing(run.id) as connection:
            if not self._campaigns.turn(connection, run, turn):
                raise JournalError(f"campaign {turn.campaign_id} is not as the journal had it; undo the run again")
            self._outcomes.change(connection, run.id, turn.outcome)
            self._runs.count(connection, run.id, turn.counts)

    def standing(self, application: str) -> Standing:
        """Where campaigns stand by now, also those that other runs see to; ids are asked for one by one."""
        return self._campaigns.standing(application)

    def remember_lookalikes(self, run_id: str, lookalikes: Mapping[str, Collection[str]]) -> None:
        """Write down what the list showed before the rows of a run are first sent: ids, by what they look like."""
        with self._fence.writing(run_id) as connection:
            remember(connection, run_id, lookalikes)

    def lookalikes(self, run_ids: Collection[str]) -> Mapping[str, Mapping[str, Collection[str]]]:
        """What the list showed before the rows of these runs were first sent."""
        with self.database.reading() as connection:
            return remembered(connection, run_ids)

    def body(self, application: str, key: str) -> bytes:
        """What was last sent for a campaign; empty where nothing was."""
        return self._campaigns.body(application, key)

    def close(self) -> None:
        self.database.close()

    def glance(self) -> Journal:
        """The same journal for who only looks: nothing of campaigns and runs is written, the allowance is shared."""
        return _Glance(self.database)


class _Glance(Journal):
    def take(self, application: str, run: Run, names: Mapping[str, str], *, loose: bool = True) -> Taken:
        with self._locks.gate():
            records, held = self._held(application, run, names, loose=loose)
        return Taken(records, {key: self._runs.who(one) for key, one in held.items()})

    def claim(self, application: str, run_id: str, intents: Sequence[Intent]) -> Sequence[Record]:  # noqa: ARG002
        raise JournalError("only looking, so nothing is sent")

    def settle(self, application: str, run_id: str, settlements: Sequence[Settlement]) -> None:
        pass

    def remember_lookalikes(self, run_id: str, lookalikes: Mapping[str, Collection[str]]) -> None:
        pass


def open_journal(address: str) -> Journal:
    """The journal at a URL such as `sqlite:///output/journal.db`.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer version of the loader.
    """
    return Journal(open_database(address))


def _count(run_id: str, written: int, of: int) -> None:
    if written != of:
        raise JournalError(
            f"another run has taken over rows of run {run_id}: {of - written} of {of} were not written down"
        )
