"""One schedule, all of it drawn from one seed: a server, its weather, a sheet and its edits, processes and their ends.

Repeat one and read what happened: python -m tests.simulation SEED
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections import Counter
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import asyncio_throttle.throttler
from sqlalchemy import event

from loader.config.settings import Settings
from loader.execution.connection import Stop
from loader.execution.send_request import SendRequest
from loader.model import campaign
from loader.model.records import Record, Run, State
from loader.model.row import Status
from loader.planning.plan import Candidate, RunOptions
from loader.storage.journal import open_journal
from tests.candidates import candidate
from tests.simulation.checker import (
    LONG_AGO,
    CheckResult,
    after_process,
    after_undo,
    at_any_time,
    at_last,
    in_the_journal,
    made_although_there,
)
from tests.simulation.clock import ON_THE_MACHINE, PROCESS, StuckError, run_virtually, virtual_loop
from tests.simulation.life import Ending, Life, LoadRun, MortalJournal, UndoRun, borne_in
from tests.simulation.world import CREATE_FATES, KEPT, PAGE_FATES, Customs, Weather, World, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

BEGAN = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
TIMEOUT, SETTLE = 30.0, 60.0


class Ground:
    """Where journals are laid out: a folder, and a journal made once and copied for every schedule."""

    def __init__(self, folder: Path) -> None:
        self._template, self.path = folder / "template.db", folder / "journal.db"
        made = open_journal(f"sqlite:///{self._template}")
        made.runs()
        made.close()
        journal = open_journal(f"sqlite:///{self.path}")
        self.engine = journal.database._engine
        # a process that is killed loses nothing it wrote; only a power cut would, and none happens here
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    def clear(self) -> None:
        self.engine.dispose()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        shutil.copyfile(self._template, self.path)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the sheet."""

    name: str
    priority: int = 5


@dataclass(slots=True)
class Plan:
    """What chance decides beforehand. A scenario sets some of it and leaves the rest to chance."""

    customs: Customs
    per_minute: int
    concurrency: int
    patience: float
    preflight: bool
    lines: list[Line]
    others: int  # campaigns of other people, from before
    episodes: int
    crowd: float = 0.25  # how often two processes run at once
    cut_off: float = 0.1  # how often one of them has no network at first
    drift: float = 0.5  # how often a process's clock is off
    namesakes: float = 0.04  # how often somebody else had a row's name first
    recreates: float = 0.3  # how often a row that was created is changed and asked for once more, between two runs
    by_hand: float = 0.5  # how often a person sees to a row that is unknown, between two runs
    undoes: float = 0.2  # how often a run that has ended is undone, between two runs
    tidied: float = 0.05  # how often somebody removes the lock files of runs that live
    suspends: float = 0.06  # how often the machine of our processes is suspended
    clock_set: float = 0.08  # how often somebody sets the server's clock
    lookalikes: float = 0.06  # how often somebody makes a campaign that is alike but for its name
    doubles: float = 0.06  # how often somebody makes a campaign of a row's name while our processes run
    not_allowed: float = 0.0  # how often the account lacks a permission that a row needs
    freezes: float = 0.0  # how often one process is stopped for minutes and goes on
    same_sheet: float = 0.2  # how often a second process has the very sheet of the first
    nightly: bool = False  # whether runs come one after the other in one process, for as long as it lives
    canary: int | None = None
    cut_short: bool = False  # whether undoing is, where nothing else is upset
    upset: bool = True  # whether processes are killed and stopped, and disks fail
    creates: Mapping[str, int] = field(default_factory=dict)  # fates that creates meet in all weathers


@dataclass(slots=True)
class Result:
    seed: int
    findings: list[CheckResult] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}

    def __str__(self) -> str:
        found = "\n".join(f"  {finding}" for finding in self.findings)
        return f"seed {self.seed} (python -m tests.simulation {self.seed}):\n{found}"


def play(seed: int, ground: Ground, change: Callable[[Plan], None] = lambda _: None) -> Result:
    """Play the schedule of a seed, and say what was found."""
    ground.clear()
    schedule = Schedule(seed, ground, change)
    try:
        run_virtually(schedule.play())
    except StuckError as error:
        schedule.result.findings.append(CheckResult("unexpected", f"stuck: {error}"))
    return schedule.result


class Schedule:
    def __init__(self, seed: int, ground: Ground, change: Callable[[Plan], None]) -> None:
        self.result, self.ground, self.rng = Result(seed), ground, random.Random(seed)  # noqa: S311 - no secret
        # what came later has a chance of its own, so that a seed goes on meaning the same
        self.later = random.Random(f"{seed}, later")  # noqa: S311
        self.person = random.Random(f"{seed}, person")  # noqa: S311
        self.plan = _plan(self.rng)
        _plan_more(self.plan, self.later)
        self.plan.nightly = random.Random(f"{seed}, night").random() < 0.3  # noqa: S311
        change(self.plan)
        self.lines = list(self.plan.lines)
        self.settings = _settings(self.plan.per_minute, self.plan.concurrency, self.plan.patience)
        self.world = World(self.rng, self.plan.customs, self.note, self.result.met)
        self.world.borne = lambda: borne_in(self._records())
        self._last_ends: dict[str, Ending] = {}
        self._processes = self._sheets = self._names = 0
        self._run_of_sheet = -1
        self._anew: set[str] = set()
        self._run_id = ""
        self._night = Life("nobody", self.note)

    def note(self, text: str) -> None:
        self.result.log.append(f"{asyncio.get_running_loop().time():10.3f} {text}")

    def found(self, findings: Any) -> None:  # noqa: ANN401
        for finding in findings:
            self.note(f"FOUND {finding}")
            self.result.findings.append(finding)

    async def play(self) -> None:
        loop = virtual_loop()
        # the throttler has a clock of its own, and looks at it fifty times a slot; five times do here
        throttler, sleep = asyncio_throttle.throttler, lambda seconds: asyncio.sleep(10 * seconds)
        with (
            patch.object(throttler, "time", SimpleNamespace(monotonic=loop.machine_time)),
            patch.object(throttler, "asyncio", SimpleNamespace(sleep=sleep)),
        ):
            self.note(f"{self.plan}")
            self._settle_the_others()
            for _ in range(self.plan.episodes):
                await self._episode()
                await asyncio.sleep(self.rng.choice((0.0, 0.1, 1.0, 10.0, 100.0, 1000.0)))
                self._edit()
                self._change_a_mind()
                await self._decide_by_hand()
                if self.rng.random() < self.plan.undoes:
                    await self._undo(upset=self.plan.upset or self.plan.cut_short)
            await self._last()

    async def _episode(self) -> None:
        rng = self.rng
        self.world.weather = _weather(rng, self.plan.creates)
        self.note(f"weather {self.world.weather}")
        self._stir_the_others()
        runs = [self._begin(self.lines)]
        if rng.random() < self.plan.crowd:
            lines = self._some_of_the_lines() if rng.random() < 1 - self.plan.same_sheet else self.lines
            runs.append(self._begin(lines, after=rng.choice((0.0, 0.01, 1.0, 40.0))))
        for life, stop in runs:
            self._doom(life, stop, upset=self.plan.upset)
        if rng.random() < self.plan.tidied:
            lives = [life for life, _ in runs]
            asyncio.get_running_loop().call_later(rng.random() ** 2 * 60, self._tidy_up, lives)
        if rng.random() < self.plan.suspends:
            virtual = virtual_loop()
            virtual.call_later(rng.random() ** 2 * 100, self._suspend, rng.choice((20.0, 600.0, 20_000.0)))
        if self.later.random() < self.plan.freezes:
            asyncio.get_running_loop().call_later(self.later.random() ** 2 * 30, self._freeze, runs[0][0])
        await asyncio.gather(*(life.task for life, _ in runs if life.task is not None), return_exceptions=True)
        self.found(at_any_time(self.world, per_minute=self.plan.per_minute))

    def _suspend(self, seconds: float) -> None:
        self.note(f"the machine is suspended for {seconds:.0f} s")
        self.result.met["suspended"] += 1
        virtual_loop().suspend(seconds)

    def _freeze(self, life: Life) -> None:
        """Somebody stops one process, and perhaps takes its lock file for one that was left over."""
        if life.task is None or life.task.done():
            return
        seconds = self.later.choice((30.0, 100.0, 400.0, 2000.0))
        self.note(f"{life.name} is stopped for {seconds:.0f} s")
        self.result.met["frozen"] += 1
        virtual_loop().freeze(life.name, seconds)
        if self.later.random() < 0.7:
            self._tidy_up([life])

    async def _last(self) -> None:
        """Nobody and nothing is in the way: what is in doubt is looked up, what is open is sent."""
        self.world.calm_down()
        patience = max(self.plan.patience, 600.0)  # a server that is slow now and then is no reason to give up
        self.settings = _settings(self.plan.per_minute, self.plan.concurrency, patience)
        await self._undo_what_was_begun()
        await asyncio.sleep(self.rng.choice((0.0, 1.0, TIMEOUT, 1000.0)))
        await self._last_runs()
        # a deletion that was cut short in a run begun again: `undo` settles it, as its message says, and a run follows
        if await self._undo_what_was_begun():
            await self._last_runs()
        await asyncio.sleep(TIMEOUT)  # what a dead process may have left under way
        self.found(at_last(self.world, self._ending, preflight=self.plan.preflight, anew=self._anew))
        self.found(at_any_time(self.world, per_minute=self.plan.per_minute))

    async def _last_runs(self) -> None:
        for send in (True, False, True) if self.rng.random() < 0.5 else (False, True):
            life, _ = self._begin(self.lines, send=send)
            assert life.task is not None
            await asyncio.gather(life.task, return_exceptions=True)
            open_still = {Status.UNKNOWN, Status.NOT_SENT} & {it.status for it in self._ending.outcomes.values()}
            if send and self._ending.halted is None and not open_still:
                break

    def _begin(
        self, lines: Sequence[Line], *, send: bool = True, after: float = 0.0, options: RunOptions | None = None
    ) -> tuple[Life, Stop]:
        self._processes += 1
        whole = lines is self.lines
        life = Life(f"P{self._processes}", self.note)
        if whole and self.plan.nightly and not self._night.dead:
            life.known = self._night.known
        if self.rng.random() < self.plan.drift:
            life.wall = self.rng.choice((-1, 1)) * self.rng.random() * 300
        journal, stop = MortalJournal(self.ground.engine, str(self.ground.path), life), Stop()
        candidates = _candidates(lines)
        self.world.wanted += [json.loads(candidate.body) for candidate in candidates]
        ending = self._ending = Ending(life, candidates, send)
        self._night = life if whole else self._night
        asked = options or RunOptions(recreate=frozenset(self._anew) if whole else ())
        send_request = SendRequest(candidates, asked, preflight=self.plan.preflight, send=send, canary=self.plan.canary)
        run = self._run(life, whole=whole)
        self.note(f"{life.name} begins{'' if send else ' to reconcile'} as {run.id}: {[line.name for line in lines]}")
        agree = self._knows if options else lambda _: False
        load_run = LoadRun(self.settings, journal, run, send_request, stop, self.world, BEGAN, agree)
        life.task = asyncio.create_task(self._carry_out(load_run, ending, after), context=_on_the_machine(life.name))
        return life, stop

    async def _carry_out(self, load_run: LoadRun, ending: Ending, after: float) -> None:
        await asyncio.sleep(after)
        await virtual_loop().awake()
        await load_run.carry_out(ending)
        met = self.result.met
        met["killed" if ending.life.dead else f"halted by {type(ending.halted).__name__}"] += 1
        for outcome in ending.outcomes.values():
            met[outcome.status.value] += 1
            met["found in the list"] += "was found in the campaign list" in outcome.message
            met["sent again"] += outcome.status is Status.CREATED and outcome.attempts > 1
        self.found(after_process(self.world, ending, canary=self.plan.canary))
        if self.plan.preflight:
            self.found(made_although_there(self.world, ending))
        self._remember_end(load_run.run.id, ending)

    def _remember_end(self, run_id: str, ending: Ending) -> None:
        """Of the processes that were at a run, the journal tells what the last one to begin it says."""
        before = self._last_ends.get(run_id)
        if ending.begun and (before is None or ending.begun > before.begun):
            self._last_ends[run_id] = ending
        if last := self._last_ends.get(run_id):
            self.found(in_the_journal(last, self._journal_of_somebody().outcomes(run_id)))

    def _run(self, life: Life, *, whole: bool) -> Run:
        """The same sheet is the same run, taken up again; another sheet is another run."""
        if not whole:
            run_id = f"run-{life.name}"
        elif self._run_of_sheet == self._sheets:
            run_id = self._run_id
        else:
            run_id = self._run_id = f"run-{life.name}"
            self._run_of_sheet = self._sheets
        at = BEGAN + timedelta(seconds=life.wall + self.world.now)
        return Run(
            run_id,
            str(self.settings.account),
            self.settings.application,
            "kim",
            1,
            "a.xlsx",
            run_id,
            {"api_version": "v1"},
            started_at=at,
        )

    def _doom(self, life: Life, stop: Stop, *, upset: bool) -> None:
        """How a process ends, and what happens to it until then."""
        rng, loop = self.rng, asyncio.get_running_loop()
        if rng.random() < self.plan.cut_off:
            life.cut_off_until = self.world.now + rng.random() * 400
        if not upset:
            return
        end = rng.random()
        if end < 0.4:
            life.dies_at_step = 1 + int(rng.random() ** 2 * 80)
        elif end < 0.6:
            loop.call_later(rng.random() ** 2 * 200, life.die, "at some moment")
        elif end < 0.75:
            loop.call_later(rng.random() ** 2 * 200, stop.ask, "interrupted", context=_on_the_machine())
        if rng.random() < 0.15:
            fails = rng.choice((0.02, 0.2, 1.0))
            first = rng.randint(1, 20)
            life.disk = lambda: rng.choice(("full", "torn")) if life.steps > first and rng.random() < fails else ""

    def _tidy_up(self, lives: Sequence[Life]) -> None:
        """Somebody takes the lock files of living runs for rubbish."""
        if all(life.task is None or life.task.done() for life in lives):
            return  # what lies there by now is of later ones
        self.note("somebody removes the lock files")
        for life in lives:
            life.tidied = True
        for path in self.ground.path.parent.glob(f"{self.ground.path.name}.run-*.lock"):
            path.unlink()

    def _settle_the_others(self) -> None:
        """Campaigns of other people from before, some by the names of ours."""
        rng = self.rng
        for number in range(self.plan.others):
            self.world.make(_fields(Line(f"Other {number}")), ours=False, age=LONG_AGO + rng.random() * 1000)
        for line in self.lines:
            if rng.random() < self.plan.namesakes:
                self.world.make(_fields(self._like(line)), ours=False, age=LONG_AGO + rng.random() * 1000)
            if rng.random() < 0.04:
                self.world.refuses.add(identity(line.name))
            if self.later.random() < self.plan.not_allowed:
                self.world.not_allowed.add(identity(line.name))

    def _stir_the_others(self) -> None:
        """They make and delete campaigns while our processes run."""
        rng, loop = self.rng, asyncio.get_running_loop()
        for _ in range(rng.choice((0, 0, 2, 6))):
            self._names += 1
            at = rng.random() ** 2 * 300
            loop.call_later(at, lambda name: self.world.make(_fields(Line(name)), ours=False), f"Noise {self._names}")
        for _ in range(rng.choice((0, 0, 0, 1, 3))):
            loop.call_later(rng.random() * 200, self._delete_one)
        if rng.random() < self.plan.clock_set:
            loop.call_later(rng.random() * 100, self.world.set_clock, rng.choice((-1, 1)) * rng.random() * 2700)
        if rng.random() < self.plan.lookalikes and self.lines:
            self._names += 1
            alike = Line(f"Alike {self._names}", rng.choice(self.lines).priority)
            loop.call_later(rng.random() * 100, lambda: self.world.make(_fields(alike), ours=False))
        if rng.random() < self.plan.doubles and self.lines:
            double = self._like(rng.choice(self.lines))
            loop.call_later(rng.random() * 100, self._make_double, double)

    def _make_double(self, double: Line) -> None:
        if not (self.plan.customs.unique_names and self.world.is_taken(double.name)):
            self.world.make(_fields(double), ours=False)

    def _like(self, line: Line) -> Line:
        """Somebody else's of the same name, most of the time another campaign by what is in it."""
        name = line.name if self.rng.random() < 0.5 else line.name.upper()
        return Line(name, line.priority if self.rng.random() < 0.3 else 1 + line.priority % 5)

    def _delete_one(self) -> None:
        others = [entry for entry in self.world.entries if not entry.ours]
        if others:
            self.world.delete(self.rng.choice(others))

    def _some_of_the_lines(self) -> list[Line]:
        return [line for line in self.lines if self.rng.random() < 0.7] + [Line("Extra")]

    def _edit(self) -> None:
        """Between two runs somebody may edit the sheet."""
        rng, lines = self.rng, self.lines
        if rng.random() < 0.5:
            return
        self._sheets += 1
        for _ in range(rng.randint(1, 3)):
            where = rng.randrange(len(lines)) if lines else 0
            match rng.choice(("sort", "insert", "delete", "content", "case", "rename")):
                case "sort":
                    rng.shuffle(lines)
                case "insert":
                    self._names += 1
                    lines.insert(where, Line(f"Inserted {self._names}"))
                case "delete" if len(lines) > 1:
                    lines.pop(where)
                case "content":
                    lines[where] = Line(lines[where].name, rng.randint(1, 5))
                case "case":
                    lines[where] = Line(lines[where].name.swapcase(), lines[where].priority)
                case "rename":
                    self._names += 1
                    lines[where] = Line(f"Renamed {self._names}")
        self.note(f"the sheet is edited: {lines}")

    async def _undo(self, run_id: str = "", *, upset: bool) -> None:
        """One of the runs that have ended is undone, or this one."""
        self._processes += 1
        life, stop = Life(f"U{self._processes}", self.note), Stop()
        journal = MortalJournal(self.ground.engine, str(self.ground.path), life)
        runs = [run for run in journal.runs() if run.id == run_id or (run.ended_at and not run_id)]
        if not runs:
            return
        run = self.rng.choice(runs)
        self.note(f"{life.name} begins to undo {run.id}")
        self._last_ends.pop(run.id, None)
        request = SendRequest([], RunOptions(), preflight=True, send=False)
        undoing = UndoRun(self.settings, journal, run, request, stop, self.world, BEGAN)
        ending = Ending(life, [], send=False)
        life.task = asyncio.get_running_loop().create_task(undoing.carry_out(ending))
        if upset:
            self._doom(life, stop, upset=True)
        await asyncio.gather(life.task, return_exceptions=True)
        for one in ending.undone:
            self.note(f"{life.name} tells: '{one.name}' {one.status}: {one.message}")
            self.result.met[f"undo: {one.status}"] += 1
        self.found(after_process(self.world, ending, canary=None))
        self.found(after_undo(self.world, ending))
        self.found(at_any_time(self.world, per_minute=self.plan.per_minute))

    async def _undo_what_was_begun(self) -> bool:
        """A deletion without an end is settled by the same command; whether there was one."""
        runs = dict.fromkeys(it.run for it in self._records().values() if it.state is State.DELETING)
        for run_id in runs:
            await self._undo(run_id, upset=False)
        return bool(runs)

    def _records(self) -> Mapping[str, Record]:
        return self._journal_of_somebody().records(self.settings.application)

    def _journal_of_somebody(self) -> MortalJournal:
        return MortalJournal(self.ground.engine, str(self.ground.path), Life("somebody", self.note))

    async def _decide_by_hand(self) -> None:
        """A person looks at the server for an unknown row's campaign: adopts it, or has it created once more."""
        records = self._records()
        unknown = [key for key, record in records.items() if record.state is State.UNKNOWN]
        keys = [key for line in self.lines if (key := campaign.name_key(line.name)) in unknown]
        if not keys or self.person.random() >= self.plan.by_hand:
            return
        await asyncio.sleep(TIMEOUT + SETTLE)  # until the list shows whatever is there
        key = self.person.choice(keys)
        its = self.world.there(identity(records[key].name))
        self.note(f"a person says that '{key}' {f'is {its[0].campaign_id}' if its else 'is not there'}")
        options = RunOptions(adopt={key: its[0].campaign_id}) if its else RunOptions(recreate={key})
        life, stop = self._begin(self.lines, send=not its, options=options)
        self._doom(life, stop, upset=self.plan.upset)
        assert life.task is not None
        await asyncio.gather(life.task, return_exceptions=True)
        for outcome in self._ending.outcomes.values():
            if campaign.name_key(outcome.name) == key:
                self.result.met[f"{'adopted' if its else 'made again'}: {outcome.status}"] += 1

    def _knows(self, question: str) -> bool:
        """What a person answers who sees what is on the server."""
        names = (record.name for record in self._records().values())
        asked = {name: at for name in names if (at := question.find(f"'{name}'")) >= 0}
        its = self.world.there(identity(min(asked, key=lambda name: asked[name])))
        if question.startswith("Campaign "):
            return any(question.startswith(f"Campaign {entry.campaign_id} ") for entry in its)
        return not its

    def _change_a_mind(self) -> None:
        """A row that was created is mostly changed, and asked for once more; mostly the old one is deleted before."""
        rng = self.rng
        records = self._records()
        created = {key for key, record in records.items() if record.state is State.CREATED}
        made = [number for number, line in enumerate(self.lines) if campaign.name_key(line.name) in created]
        if not made or rng.random() >= self.plan.recreates:
            return
        where = rng.choice(made)
        line = self.lines[where]
        if changed := self.person.random() < 0.8:
            line = self.lines[where] = Line(line.name, 1 + line.priority % 5)
        self._sheets += 1
        self._anew.add(campaign.name_key(line.name))
        self.note(f"'{line.name}' is {'changed, and ' if changed else ''}asked for once more")
        for entry in [entry for entry in self.world.entries if entry.of == identity(line.name)]:
            if rng.random() < 0.8:
                self.world.delete(entry)


@lru_cache
def _settings(per_minute: int, concurrency: int, patience: float) -> Settings:
    return Settings(
        _env_file=None,
        KORE_HOST="http://127.0.0.1:9",
        KORE_APP_ID="st-1",
        KORE_ACCOUNT_ID="acc-1",
        KORE_CLIENT_ID="cs-1",
        KORE_CLIENT_SECRET="s" * 32,
        LOADER_RATE_PER_MINUTE=per_minute,
        LOADER_CONCURRENCY=concurrency,
        LOADER_TIMEOUT_SECONDS=TIMEOUT,
        LOADER_SETTLE_SECONDS=SETTLE,
        LOADER_PATIENCE_SECONDS=patience,
    )


def _plan(rng: random.Random) -> Plan:
    others = rng.choice((0, 1, 3, 8, 25))
    counts = rng.choice((("total",), ("total", "pages"), ("total", "more"), ("more",), ("pages",), ()))
    customs = Customs(
        timeout=TIMEOUT,
        lag=rng.choice((0.0, 5.0, SETTLE)),
        unique_names=rng.random() < 0.3,
        page_cap=rng.choice((2, 3, 5, 10, 100)) if others < 20 else rng.choice((8, 12, 100)),
        counts=counts,
        order=rng.choices(("newest", "oldest", "by name", "refuses"), (6, 1, 1, 2))[0],
        times=rng.random() < 0.9,
        dates=rng.random() < 0.8,
        clock=BEGAN + timedelta(seconds=rng.choice((0, 0, rng.uniform(-300, 300)))),
        skew=rng.choice((0.0, 0.0, 0.0, -10.0, rng.uniform(-3600, 3600))),
        keeps=rng.choices(tuple(KEPT), (15, 1, 1, 1, 1, 1))[0],
    )
    return Plan(
        customs,
        per_minute=rng.choice((20, 60, 600, 6000)),
        concurrency=rng.choice((1, 2, 4, 8)),
        patience=rng.choice((600.0, 1800.0)),
        preflight=rng.random() < 0.85,
        lines=[Line(_name(number, customs.keeps), rng.randint(1, 5)) for number in range(rng.choice((1, 2, 3, 5, 8)))],
        others=others,
        episodes=rng.choice((1, 1, 2, 3)),
    )


def _name(number: int, keeps: str) -> str:
    """A name; where the server keeps names otherwise, every third one of those it makes its own of."""
    special = keeps != "as sent" and number % 3 == 0
    return f"Söhne & Co. \N{PARTY POPPER}  in the north of town {number}" if special else f"Spring {number}"


def _plan_more(plan: Plan, later: random.Random) -> None:
    """What only some schedules play."""
    if later.random() < 0.08:
        plan.not_allowed = later.choice((0.2, 0.5, 1.0))
    if later.random() < 0.06:
        plan.freezes = plan.crowd = 1.0
        plan.same_sheet = 0.5
    if later.random() < 0.06:
        plan.creates = {"another's id": 20}
    if later.random() < 0.08:
        plan.doubles = 0.7
    if later.random() < 0.15:
        plan.canary = later.choice((1, 2))
        if later.random() < 0.3:  # one that changes name and values cannot be followed
            plan.customs = replace(plan.customs, alters=True, keeps="as sent")
    if later.random() < 0.06:
        plan.patience, plan.cut_off = later.choice((30.0, 90.0)), 0.5


def _on_the_machine(process: str = "") -> Context:
    context = copy_context()
    context.run(PROCESS.set, process)
    context.run(ON_THE_MACHINE.set, True)
    return context


def _weather(rng: random.Random, always: Mapping[str, int]) -> Weather:
    """A few fates, some rare and some frequent."""
    return Weather({**always, **_some(rng, CREATE_FATES)}, _some(rng, PAGE_FATES) if rng.random() < 0.5 else {})


def _some(rng: random.Random, fates: Sequence[str]) -> Mapping[str, int]:
    chosen = rng.sample(fates, rng.randint(0, 6))
    return {fate: rng.choice((5, 15, 40)) if fate != "denied" else 5 for fate in chosen}


def _fields(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "contactLists": ["Customers"],
        "dialingMode": "Agentless",
        "priority": str(line.priority),
        "experienceFlowName": "Flow",
    }


def _candidates(lines: Sequence[Line]) -> list[Candidate]:
    alike: dict[str, Any] = {"contact_lists": ("Customers",), "experience_flow": "Flow"}
    return [candidate(2 + number, line.name, priority=line.priority, **alike) for number, line in enumerate(lines)]
