"""One process of a schedule: the real program between its birth and its death, on a real journal."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.api.listing import KnownCampaigns
from loader.errors import JournalError, LoaderError
from loader.execution.connection import Connection, RunContext
from loader.execution.send_request import Callbacks, SendRequest
from loader.execution.send_stage import send_stage
from loader.execution.undo import Undo
from loader.model.records import State
from loader.model.row import At, Outcome, Status, Undone
from loader.planning.plan import outcome_of
from loader.planning.twins import twins_among
from loader.storage.database import Database
from loader.storage.journal import Journal
from loader.storage.locks import Locks
from tests.simulation.clock import virtual_loop
from tests.simulation.network import sessions_to

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from filelock import BaseFileLock
    from sqlalchemy.engine import Connection as SqlConnection
    from sqlalchemy.engine import Engine

    from loader.config.settings import Settings
    from loader.execution.connection import Stop
    from loader.model.events import Event
    from loader.model.records import Record, Run
    from loader.planning.plan import Candidate
    from loader.planning.twins import Twins
    from tests.simulation.world import World


def borne_in(records: Mapping[str, Record]) -> frozenset[str]:
    """The ids of campaigns that rows have for good."""
    return frozenset(it.campaign_id for it in records.values() if it.campaign_id and it.state is State.CREATED)


class KilledError(BaseException):
    """No code of a dead process runs: whatever it would do to the world raises this instead."""


@dataclass(slots=True)
class Life:
    """`dies_at_step`: steps are all places where it touches the world. `disk`: says whether a write fails, and when.

    `wall`: how far its clock is ahead of the true one. `cut_off_until`: its own network is down until then.
    """

    name: str
    note: Callable[[str], None]
    dies_at_step: int | None = None
    wall: float = 0.0
    cut_off_until: float = 0.0
    disk: Callable[[], str] = lambda: ""
    tidied: bool = False  # its lock file was removed: another may do what it thinks is left to do
    dead: bool = False
    steps: int = 0
    locks: list[BaseFileLock] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    known: KnownCampaigns = field(default_factory=KnownCampaigns)
    """What runs before this one, of the same process, have read of the campaign list."""
    began: float = 0.0

    def step(self, where: str) -> None:
        if self.dead:
            raise KilledError
        self.steps += 1
        if self.steps == self.dies_at_step:
            self.die(where)
            raise KilledError

    def die(self, where: str) -> None:
        """What a SIGKILL does: the system lets go of the locks, their files stay, and nothing else is done."""
        if self.dead or (self.task is not None and self.task.done()):
            return
        self.note(f"{self.name} is KILLED {where}")
        self.dead = True
        for lock in self.locks:
            lock.release(force=True)
        if self.task is not None:
            self.task.cancel()


class _MortalLocks(Locks):
    def __init__(self, journal: str, life: Life) -> None:
        super().__init__(journal)
        self._life = life

    def take(self, run: str) -> BaseFileLock:
        lock = super().take(run)
        self._life.locks.append(lock)
        return lock

    def give_back(self, lock: BaseFileLock) -> None:
        if self._life.dead:  # what is in a dead process's `finally` does not happen
            return
        super().give_back(lock)


class _MortalDatabase(Database):
    """The database of one process, which can die before and after each transaction, and whose disk can be full."""

    def __init__(self, engine: Engine, path: str, life: Life) -> None:
        super().__init__(engine, path)
        self._life = life

    @contextmanager
    def writing(self, *, hasty: bool = False) -> Iterator[SqlConnection]:
        life = self._life
        life.step("before a transaction")
        trouble = life.disk()
        if trouble == "full":
            life.note(f"{life.name}: the disk is full")
            raise JournalError("the journal cannot be written: disk full")
        with super().writing(hasty=hasty) as connection:
            yield connection
            life.step("before a commit")
        life.step("after a commit")
        if trouble == "torn":
            life.note(f"{life.name}: the disk failed after a commit")
            raise JournalError("the journal cannot be written: input/output error")

    def checkpoint(self) -> None:
        pass  # it changes nothing that anybody reads

    @contextmanager
    def reading(self) -> Iterator[SqlConnection]:
        if self._life.dead:
            raise KilledError
        with super().reading() as connection:
            yield connection


class MortalJournal(Journal):
    def __init__(self, engine: Engine, path: str, life: Life) -> None:
        super().__init__(_MortalDatabase(engine, path, life))
        self._locks: Locks = _MortalLocks(path, life)


@dataclass(slots=True)
class Ending:
    """How a process ended. `by_itself`: not killed, so `outcomes` tell of every row. `fault`: a defect."""

    life: Life
    candidates: Sequence[Candidate]
    send: bool
    outcomes: dict[At, Outcome] = field(default_factory=dict)
    by_itself: bool = False
    halted: LoaderError | None = None
    fault: BaseException | None = None
    undone: Sequence[Undone] = ()
    twins: Sequence[Twins] = ()
    borne: Collection[str] = ()  # ids that the journal had for rows when it ended
    written: bool = False  # whether the journal has its outcomes
    begun: int = 0  # when it began the run, counted over all processes; 0 where it did not


@dataclass(frozen=True, slots=True)
class LoadRun:
    """`LoadRun` of `run.py` without workbooks: the same steps in the same order."""

    settings: Settings
    journal: MortalJournal
    run: Run
    send_request: SendRequest
    stop: Stop
    world: World
    began: datetime
    agree: Callable[[str], bool] = lambda _: False

    async def carry_out(self, ending: Ending) -> None:
        life = ending.life
        try:
            await self._load(ending)
            ending.by_itself = True
        except LoaderError as error:
            ending.halted = error
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what we look for
            if not life.dead:
                ending.fault = error
        life.note(f"{life.name} ends: {'dead' if life.dead else ending.fault or ending.halted or 'well'}")

    def now(self, life: Life) -> datetime:
        return self.began + timedelta(seconds=life.wall + virtual_loop().machine_time())

    def _context(self, life: Life) -> RunContext:
        connection = Connection(
            sessions_to(self.world, life), virtual_loop().machine_time, self.world.rng.random, lambda: self.now(life)
        )
        return RunContext(self.run, self.settings, self.journal, connection, life.known)

    async def _load(self, ending: Ending) -> None:
        life = ending.life

        def receive(event: Event) -> None:
            if life.dead:
                raise KilledError
            if isinstance(event, Outcome):
                life.note(f"{life.name} tells: '{event.name}' {event.status}: {event.message}")
                ending.outcomes[event.at] = event

        life.began = self.world.now
        with self.journal.carrying_out(self.run, b""):
            self.world.begun += 1
            ending.begun = self.world.begun
            callbacks = Callbacks(on_event=receive, agree=self.agree)
            sent = await send_stage(self._context(life), self.send_request, callbacks, self.stop)
            ending.outcomes, ending.halted = dict(sent.outcomes), sent.halted
            for candidate in self.send_request.candidates:
                if candidate.at not in ending.outcomes:
                    receive(outcome_of(candidate, None, Status.NOT_SENT, str(ending.halted or "open")))
            records = self.journal.records(self.settings.application)
            ending.twins = twins_among(sent.shared, records, self.send_request.candidates)
            ending.borne = borne_in(records)
            try:
                self.journal.end(replace(self.run, ended_at=self.now(life)), list(ending.outcomes.values()))
                ending.written = True
            except JournalError as error:
                ending.halted = ending.halted or error


@dataclass(frozen=True, slots=True)
class UndoRun(LoadRun):
    """A run that has ended is undone."""

    async def _load(self, ending: Ending) -> None:
        life = ending.life
        undo = Undo(self._context(life), self.stop)
        report = await undo.carry_out()
        ending.halted, ending.undone, ending.twins = report.halted, report.rows, report.twins
