"""One schedule, all of it drawn from one seed: a server, its weather, a sheet and its edits, processes and their ends.

Repeat one and read what happened: python -m tests.simulation SEED
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import asyncio_throttle.throttler
from sqlalchemy import event

import loader.campaign as campaign
from loader.dispatch import Mission, Stop
from loader.journal import open_journal
from loader.plan import Candidate, Wishes
from loader.record import Run
from loader.settings import Settings
from tests.simulation.checker import LONG_AGO, Finding, after_process, at_any_time, at_last
from tests.simulation.clock import StuckError, run_virtually
from tests.simulation.life import Ending, Errand, Life, MortalJournal
from tests.simulation.world import CALM, CREATE_FATES, PAGE_FATES, Customs, Weather, World, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

BEGAN = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
TIMEOUT, SETTLE = 30.0, 60.0


class Ground:
    """Where journals are laid out: a folder, and a journal made once and copied for every schedule."""

    def __init__(self, folder: Path) -> None:
        self._template, self._path = folder / "template.db", folder / "journal.db"
        made = open_journal(f"sqlite:///{self._template}")
        made.runs()
        made.close()
        journal = open_journal(f"sqlite:///{self._path}")
        self.engine, self.url = journal._engine, journal._url
        # a process that is killed loses nothing it wrote; only a power cut would, and none happens here
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    def clear(self) -> None:
        self.engine.dispose()
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()
        shutil.copyfile(self._template, self._path)


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
    episodes: int


@dataclass(slots=True)
class Result:
    seed: int
    findings: list[Finding] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

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
        schedule.result.findings.append(Finding("unexpected", f"stuck: {error}"))
    return schedule.result


class Schedule:
    def __init__(self, seed: int, ground: Ground, change: Callable[[Plan], None]) -> None:
        self.result, self.ground, self.rng = Result(seed), ground, random.Random(seed)  # noqa: S311 - no secret
        self.plan = _plan(self.rng)
        change(self.plan)
        self.lines = list(self.plan.lines)
        self.settings = Settings(
            _env_file=None,
            KORE_HOST="http://127.0.0.1:9",
            KORE_APP_ID="st-1",
            KORE_ACCOUNT_ID="acc-1",
            KORE_CLIENT_ID="cs-1",
            KORE_CLIENT_SECRET="s" * 32,
            LOADER_RATE_PER_MINUTE=self.plan.per_minute,
            LOADER_CONCURRENCY=self.plan.concurrency,
            LOADER_TIMEOUT_SECONDS=TIMEOUT,
            LOADER_SETTLE_SECONDS=SETTLE,
            LOADER_PATIENCE_SECONDS=self.plan.patience,
        )
        self.world = World(self.rng, self.plan.customs, self.note)
        self._processes = self._sheets = self._names = 0
        self._run_of_sheet = -1
        self._run_id = ""

    def note(self, text: str) -> None:
        self.result.log.append(f"{asyncio.get_running_loop().time():10.3f} {text}")

    def found(self, findings: Any) -> None:  # noqa: ANN401
        for finding in findings:
            self.note(f"FOUND {finding}")
            self.result.findings.append(finding)

    async def play(self) -> None:
        loop = asyncio.get_running_loop()
        # the throttler has a clock of its own, and looks at it fifty times a slot; five times do here
        throttler, sleep = asyncio_throttle.throttler, lambda seconds: asyncio.sleep(10 * seconds)
        with (
            patch.object(throttler, "time", SimpleNamespace(monotonic=loop.time)),
            patch.object(throttler, "asyncio", SimpleNamespace(sleep=sleep)),
        ):
            self.note(f"{self.plan}")
            self._settle_the_others()
            for _ in range(self.plan.episodes):
                await self._episode()
                await asyncio.sleep(self.rng.choice((0.0, 0.1, 1.0, 10.0, 100.0, 1000.0)))
                self._edit()
            await self._last()
        for kind in {finding.kind for finding in self.result.findings}:
            self.result.counts[kind] = sum(finding.kind == kind for finding in self.result.findings)

    async def _episode(self) -> None:
        rng = self.rng
        self.world.weather = _weather(rng)
        self.note(f"weather {self.world.weather}")
        self._stir_the_others()
        runs = [self._begin(self._some_of_the_lines() if number else self.lines) for number in range(_how_many(rng))]
        for later, (life, stop) in enumerate(runs):
            self._doom(life, stop, later)
        await asyncio.gather(*(life.task for life, _ in runs if life.task is not None), return_exceptions=True)
        self.found(at_any_time(self.world, per_minute=self.plan.per_minute))

    async def _last(self) -> None:
        """Nobody and nothing is in the way: what is in doubt is looked up, what is open is sent."""
        self.world.weather = CALM
        await asyncio.sleep(self.rng.choice((0.0, 1.0, TIMEOUT, 1000.0)))
        kinds = (True, False, True) if self.rng.random() < 0.5 else (False, True)
        for send in kinds:
            life, _ = self._begin(self.lines, send=send)
            assert life.task is not None
            await asyncio.gather(life.task, return_exceptions=True)
        await asyncio.sleep(TIMEOUT)  # what a dead process may have left under way
        self.found(at_last(self.world, self._ending, preflight=self.plan.preflight))
        self.found(at_any_time(self.world, per_minute=self.plan.per_minute))

    def _begin(self, lines: Sequence[Line], *, send: bool = True) -> tuple[Life, Stop]:
        self._processes += 1
        whole = lines is self.lines
        life = Life(f"P{self._processes}", self.note)
        if self.rng.random() < 0.5:
            life.wall = self.rng.choice((-1, 1)) * self.rng.random() * 300
        journal, stop = MortalJournal(self.ground.engine, self.ground.url, life), Stop()
        candidates = _candidates(lines)
        ending = self._ending = Ending(life, candidates, send)
        mission = Mission(candidates, Wishes(), preflight=self.plan.preflight, send=send)
        run = self._run(life, whole=whole)
        self.note(f"{life.name} begins{'' if send else ' to reconcile'} as {run.id}: {[line.name for line in lines]}")
        errand = Errand(self.settings, journal, run, mission, stop, self.world, BEGAN)
        life.task = asyncio.get_running_loop().create_task(self._carry_out(errand, ending))
        return life, stop

    async def _carry_out(self, errand: Errand, ending: Ending) -> None:
        await asyncio.sleep(0)
        await errand.carry_out(ending)
        self.found(after_process(self.world, ending))

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
            run_id, self.settings.account, self.settings.application, "kim", 1, "a.xlsx", run_id, {}, started_at=at
        )

    def _doom(self, life: Life, stop: Stop, later: int) -> None:
        """How a process ends, and what happens to it until then."""
        rng, loop = self.rng, asyncio.get_running_loop()
        end = rng.random()
        if end < 0.4:
            life.dies_at_step = 1 + int(rng.random() ** 2 * 80)
        elif end < 0.6:
            loop.call_later(rng.random() ** 2 * 200, life.die, "at some moment")
        elif end < 0.75:
            loop.call_later(rng.random() ** 2 * 200, stop.ask, "interrupted")
        if rng.random() < 0.1:
            life.cut_off_until = self.world.now + rng.random() * 400
        if rng.random() < 0.15:
            fails = rng.choice((0.02, 0.2, 1.0))
            first = rng.randint(1, 20)
            life.disk = lambda: rng.choice(("full", "torn")) if life.steps > first and rng.random() < fails else ""
        if later and life.task is not None:
            self.note(f"{life.name} at the same time")

    def _settle_the_others(self) -> None:
        """Campaigns of other people from before, some by the names of ours."""
        rng = self.rng
        for number in range(rng.choice((0, 1, 3, 8, 25))):
            self.world.make(_fields(Line(f"Other {number}")), ours=False, age=LONG_AGO + rng.random() * 1000)
        for line in self.lines:
            if rng.random() < 0.04:
                self.world.make(_fields(self._like(line)), ours=False, age=LONG_AGO + rng.random() * 1000)
            if rng.random() < 0.04:
                self.world.refuses.add(identity(line.name))

    def _stir_the_others(self) -> None:
        """They make and delete campaigns while our processes run."""
        rng, loop = self.rng, asyncio.get_running_loop()
        for _ in range(rng.choice((0, 0, 2, 6))):
            self._names += 1
            at = rng.random() ** 2 * 300
            loop.call_later(at, lambda name: self.world.make(_fields(Line(name)), ours=False), f"Noise {self._names}")
        for _ in range(rng.choice((0, 0, 0, 1, 3))):
            loop.call_later(rng.random() * 200, self._delete_one)
        if rng.random() < 0.06 and self.lines:
            double = self._like(rng.choice(self.lines))
            if not (self.plan.customs.unique_names and self.world.ours(identity(double.name))):
                loop.call_later(rng.random() * 100, lambda: self.world.make(_fields(double), ours=False))

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


def _plan(rng: random.Random) -> Plan:
    counts = rng.choice((("total",), ("total", "pages"), ("total", "more"), ("more",), ("pages",), ()))
    customs = Customs(
        timeout=TIMEOUT,
        lag=rng.choice((0.0, 5.0, SETTLE)),
        unique_names=rng.random() < 0.3,
        page_cap=rng.choice((2, 3, 5, 10, 100)),
        counts=frozenset(counts),
        order=rng.choices(("newest", "ignores", "refuses"), (6, 2, 2))[0],
        times=rng.random() < 0.9,
        dates=rng.random() < 0.8,
        clock=BEGAN + timedelta(seconds=rng.choice((0, 0, rng.uniform(-300, 300)))),
    )
    return Plan(
        customs,
        per_minute=rng.choice((20, 60, 600, 6000)),
        concurrency=rng.choice((1, 2, 4, 8)),
        patience=rng.choice((120.0, 1800.0)),
        preflight=rng.random() < 0.85,
        lines=[Line(f"Spring {number}", rng.randint(1, 5)) for number in range(rng.choice((1, 2, 3, 5, 8)))],
        episodes=rng.choice((1, 1, 2, 3)),
    )


def _weather(rng: random.Random) -> Weather:
    """A few fates, some rare and some frequent."""
    return Weather(_some(rng, CREATE_FATES), _some(rng, PAGE_FATES) if rng.random() < 0.5 else {})


def _some(rng: random.Random, fates: Sequence[str]) -> Mapping[str, int]:
    chosen = rng.sample(fates, rng.randint(0, 4))
    return {fate: rng.choice((3, 10, 30)) if fate != "denied" else 2 for fate in chosen}


def _how_many(rng: random.Random) -> int:
    return 2 if rng.random() < 0.25 else 1


def _fields(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "contactLists": ["Customers"],
        "dialingMode": "Agentless",
        "priority": str(line.priority),
        "experienceFlowName": "Flow",
    }


def _candidates(lines: Sequence[Line]) -> list[Candidate]:
    candidates = []
    for number, line in enumerate(lines):
        body = json.dumps(_fields(line)).encode()
        key = campaign.name_key(line.name)
        candidates.append(Candidate(2 + number, line.name, key, hashlib.sha256(body).hexdigest(), body))
    return candidates
