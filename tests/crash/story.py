"""One story: a sheet loaded again and again while the program is killed, the server fails and the sheet changes.

All of it follows from a seed, but for the moment's own chance in two processes and a network. The server shares this
process, so whatever takes its time here is done aside: a server that stands still for longer than a timeout creates
later than any server of this API is reckoned with, and a row may then rightly be sent again.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from loader.model.campaign import name_key
from loader.model.records import State
from loader.planning.request import candidates_in
from loader.planning.validate import validate
from loader.sandbox.server import Sandbox, serving
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, SandboxSettings
from loader.sandbox.store import Campaign, Store
from loader.workbook.reader.read import read_sheet
from tests.crash.checker import (
    LOOSE,
    Findings,
    Remembered,
    Server,
    after_a_run,
    at_the_end,
    half_files,
    left_over,
    remembered,
    server_at,
)
from tests.crash.faults import FAULTS, LAGS_AND_SETTLE_TIMES, LIST_REFUSED, TIMEOUT_SECONDS, rules
from tests.crash.points import ANY_MOMENT, COMPARING, OFTEN, POINTS, UNDOING
from tests.crash.sheet import EDITS, Sheet, key_of
from tests.crash.starts import cold, forked
from tests.crash.victim import Start
from tests.secrets_sought import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.forked import ForkServer


ROUNDS = 5
HANG_SECONDS = 300
_HANGS = -1
_ALL_POINTS = (*POINTS, ANY_MOMENT)
_FAULTS = tuple(FAULTS)
_HUNDREDTHS = 60  # of a second after its start: the latest that "at any moment" is
_ONLY_FIRST = "the journal is being made"
_KILLED = (-9, -14)  # by itself, and by the alarm of "at any moment"


@dataclass(frozen=True)
class Round:
    """One start of the program. `afresh`: with all its imports, not as a fork."""

    command: str
    point: str
    nth: int
    edits: Sequence[str]
    afresh: bool = False


@dataclass(frozen=True)
class Script:
    """What happens in a story. `foreign`: how many rows are on the server before."""

    seed: int
    rows: int
    faults: tuple[tuple[str, float], ...]
    rounds: tuple[Round, ...]
    preflight: bool
    foreign: int
    group: int
    settings: dict[str, str]
    server: dict[str, object]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.rows} rows, faults {dict(self.faults)}, server {self.server}"]
        lines += [f"  {one.command} until {one.point or 'its end'} ({one.nth}), {one.edits}" for one in self.rounds]
        return "\n".join([*lines, f"  repeat it: python -m tests.crash {self.seed}"])


def script(seed: int) -> Script:
    """Points and faults take turns from seed to seed, so that each meets each; all else is chance."""
    chance = Random(seed)  # noqa: S311 - repeatable on purpose
    preflight = chance.random() < 0.9
    lag, settle = chance.choice(LAGS_AND_SETTLE_TIMES)
    points = [_ALL_POINTS[(seed * ROUNDS + number) % len(_ALL_POINTS)] for number in range(ROUNDS)]
    chance.shuffle(points)
    points.sort(key=lambda point: (point != _ONLY_FIRST, point in UNDOING))  # there must be something to undo
    # where nobody looks before, and undoing does not have to
    adopting = not preflight and UNDOING.isdisjoint(points)
    compares = not COMPARING.isdisjoint(points)
    return Script(
        seed,
        rows=chance.randint(5, 9),
        faults=(
            *((_FAULTS[(2 * seed + one) % len(_FAULTS)], chance.choice((0.1, 0.2, 0.4))) for one in (0, 1)),
            *([(LIST_REFUSED, 0.7)] if adopting else []),
        ),
        rounds=tuple(_round(chance, point, number, adopting=adopting) for number, point in enumerate(points)),
        preflight=preflight,
        foreign=chance.choice((0, 0, 2)) if preflight else 0,
        group=chance.choice((1, 2, 3, 64)),
        settings={
            "LOADER_RATE_PER_MINUTE": chance.choice(("1200", "3000", "60000")),
            "LOADER_CONCURRENCY": chance.choice(("1", "3", "8")),
            "LOADER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            "LOADER_SETTLE_SECONDS": str(settle),
            "LOADER_CANARY": chance.choice(("1", "2") if compares else ("0", "0", "1")),
            "LOADER_VERIFY_SECONDS": chance.choice(("0", "1")),
        },
        server={
            "list_lag_seconds": lag,
            "largest_list_limit": chance.choice((None, 3, 5)),
            "unique_names": chance.random() < 0.2,
            "answer_variant": chance.choice(("documented", "full", "id-only")),
            "success_status": chance.choice((200, 201)),
        },
    )


def _round(chance: Random, point: str, number: int, *, adopting: bool) -> Round:
    nth = chance.randint(1, _HUNDREDTHS if point == ANY_MOMENT else OFTEN.get(point, 1))
    commands = {"run": 40, "adopt": 60} if adopting else {"run": 65, "resume": 10, "recreate": 25}
    command = "run" if not number else chance.choices(tuple(commands), tuple(commands.values()))[0]
    if point in UNDOING:
        command = "undo"
    edits = [*chance.sample(EDITS, 2), "insert"] if number else []
    return Round(command, point, nth, edits, afresh=chance.random() < 0.03)


@dataclass
class Ending:
    """What came of a story."""

    script: Script
    findings: Findings = field(default_factory=Findings)
    kills: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)  # what was running when it was killed
    met: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    left_over: list[str] = field(default_factory=list)


def _free_port() -> int:
    """For a server that is started twice: from where the system takes none for a connection in the meantime."""
    while True:
        port = random.randrange(10_000, 30_000)  # noqa: S311
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


class Story:
    """Told once, in a folder of its own."""

    def __init__(self, script: Script, folder: Path, forks: ForkServer, *, sabotage: str = "") -> None:
        self._script, self._folder, self._forks, self._sabotage = script, folder, forks, sabotage
        self._sheet = Sheet(Random(script.seed), script.rows)  # noqa: S311 - repeatable on purpose
        self._path = folder / "campaigns.xlsx"
        self._port, self._foreign = _free_port(), frozenset[str]()
        self._sandbox: Sandbox
        self._numbers = itertools.count(1)
        self._anew: set[str] = set()
        self.ending = Ending(script)

    async def told(self) -> Ending:
        (self._folder / "temporary").mkdir(parents=True)
        await asyncio.to_thread(self._sheet.write, self._path)
        await asyncio.to_thread(self._settle_foreigners)
        await self._disturbed()
        await self._undisturbed()
        self.ending.findings.add(await asyncio.to_thread(half_files, self._folder / "output"))
        self.ending.left_over = left_over(self._folder)
        return self.ending

    async def _disturbed(self) -> None:
        struck = tuple(rules(name, share) for name, share in self._script.faults)
        async with serving(self._server(fault_rules=struck, fault_seed=self._script.seed)) as sandbox:
            self._sandbox = sandbox
            for one in self._script.rounds:
                if not await self._killed(one):  # a run that passed there too seldom: once more, at the first passage
                    if one.command == "undo":
                        await self._start(self._arguments("run"))
                    again = "undo" if one.command == "undo" else "run"
                    await self._killed(replace(one, command=again, nth=1, edits=("insert",)))
            self.ending.met.update(it.fault for it in sandbox.requests if it.fault)

    async def _killed(self, one: Round) -> bool:
        for edit in one.edits:
            self._sheet.change(edit)
        again = await self._ask_once_more() if one.command == "recreate" else []
        await asyncio.to_thread(self._sheet.write, self._path)
        adopting = await self._adopting() if one.command == "adopt" else []
        if one.command == "undo":
            arguments = await self._undoing()
        else:
            arguments = adopting[0] if adopting else [*self._arguments(one.command), *again]
        code = await self._start(arguments, one)
        if code in _KILLED:
            self.ending.kills[one.point] += 1
            self.ending.commands["adopt" if adopting else "recreate" if again else arguments[0]] += 1
        else:
            await self._check_end(code, one)
        return code in _KILLED

    async def _ask_once_more(self) -> list[str]:
        """A row that was created is changed and asked for by name; its campaign is deleted before, as advised."""
        records = (await self._memory()).records
        there = {name_key(it.name): it.id for it in self._sandbox.campaigns}
        created = {key for key in there if key in records and records[key].state is State.CREATED}
        rows = [row for row in self._sheet.rows if key_of(row) in created]
        if not rows:
            return []
        key, name = key_of(rows[0]), str(rows[0]["Campaign name"])
        self._sheet.edit(key)
        self._sandbox.delete(there[key])
        self._anew.add(key)
        return ["--recreate", name]

    async def _undoing(self) -> list[str]:
        return ["undo", (await self._memory()).latest or "none", "--yes", "--json"]

    async def _adopting(self) -> list[list[str]]:
        """What a person says of rows that nobody knows the outcome of, and of which the server has one campaign."""
        unknown = [it for it in (await self._memory()).records.values() if it.state is State.UNKNOWN]
        there = {it.key: self._seen().there(it.key) for it in unknown}
        said: dict[str, list[str]] = {}
        for record in unknown:
            if len(there[record.key]) == 1:
                said.setdefault(record.run, []).append(f"--adopt={record.name}={there[record.key][0]}")
        return [["reconcile", run, *adoptions, "--yes", "--json"] for run, adoptions in said.items()]

    async def _undisturbed(self) -> None:
        """The list works; what is unknown is looked up by the program itself, and what is open then is sent."""
        async with serving(self._server()):
            for record in (await self._memory()).records.values():
                if record.state is State.DELETING:
                    await self._start(["undo", record.run, "--yes", "--json"])
            code = await self._start(self._arguments("run"))
            if code == 5 or await self._memory_has_unknown():
                await self._start(["reconcile", "--json"])
                code = await self._start(self._arguments("run"))
            for arguments in await self._adopting():
                await self._start(arguments)
                code = await self._start(self._arguments("run"))
            if code == 4 and self._anew:
                names = [str(row["Campaign name"]) for row in self._sheet.rows if key_of(row) in self._anew]
                again = [word for name in names for word in ("--recreate", name)]
                code = await self._start([*self._arguments("run"), *again])
        memory, seen = await self._memory(), self._seen()
        self.ending.findings.add(
            at_the_end(
                memory,
                seen,
                self._sheet,
                foreign=self._foreign,
                anew=self._anew,
                preflight=self._script.preflight,
                code=code,
            )
        )

    def _server(self, **faults: object) -> SandboxSettings:
        usual = {"client_secret": SECRET, "rate_per_minute": 0, "port": self._port, "store_path": self._store}
        return SandboxSettings(**{**usual, **self._script.server, **faults})  # type: ignore[arg-type]

    @property
    def _store(self) -> Path:
        return self._folder / "store.jsonl"

    def _arguments(self, command: str) -> list[str]:
        if command == "resume":
            return ["resume", "--yes", "--json"]
        return ["run", self._path.name, "--yes", "--json", *([] if self._script.preflight else ["--no-preflight"])]

    async def _start(self, arguments: list[str], one: Round | None = None) -> int:
        """Start it, and see how it ends; whatever it says is kept in the folder."""
        self.ending.starts += 1
        output = self._folder / f"start-{next(self._numbers)}.out"
        start = Start(
            arguments,
            str(self._folder),
            self._environment(),
            str(output),
            point=one.point if one else "",
            nth=one.nth if one else 1,
            group=self._script.group,
            sabotage=self._sabotage,
        )
        try:
            if one is not None and one.afresh:
                code = await cold(start, within=HANG_SECONDS)
            else:
                code = await forked(self._forks, start, within=HANG_SECONDS)
        except TimeoutError:
            code = _HANGS
            self.ending.findings.unexpected.append(f"{arguments[0]} hangs: {output}")
        said = output.with_suffix(".err").read_text() if output.exists() else ""
        if "Traceback" in said or code == 70:
            self.ending.findings.unexpected.append(f"{arguments[0]} ended with {code}: {said}")
        return code

    async def _check_end(self, code: int, one: Round) -> None:
        """It was not killed, or not yet when it ended."""
        if code == _HANGS:
            return  # that is a finding already
        said = (self._folder / f"start-{self.ending.starts}.out").read_text()
        if one.command in ("resume", "undo") and "the journal has no run" in said:
            return
        expected = (0, 4, 5, 143) if one.point.startswith("draining") else (0, 4, 5)
        if code not in expected:
            self.ending.findings.unexpected.append(f"{one} ended with {code}: {said}")
            return
        if one.command == "undo":
            return
        memory, told = await self._memory(), json.loads(said)
        if memory.last is None or memory.last.id != told["run"]:
            self.ending.findings.unexpected.append(f"the journal does not know of the end of {told['run']}")
        self.ending.findings.add(after_a_run(memory, self._seen(), self._foreign))

    async def _memory_has_unknown(self) -> bool:
        return any(record.state in LOOSE for record in (await self._memory()).records.values())

    async def _memory(self) -> Remembered:
        application = f"{DEMO_APP_ID} at http://127.0.0.1:{self._port}"
        return await asyncio.to_thread(remembered, self._folder / "journal.db", application)

    def _seen(self) -> Server:
        return server_at(self._store)

    def _settle_foreigners(self) -> None:
        """Some campaigns are on the server before any row is sent, under names of the sheet."""
        rows = self._sheet.rows[: self._script.foreign]
        self._foreign = frozenset(map(key_of, rows))
        store = Store(self._store, app=DEMO_APP_ID)
        for candidate in candidates_in(validate(read_sheet(self._path)), "v1"):
            if name_key(candidate.name) in self._foreign:
                body = json.loads(candidate.body)
                name = candidate.name
                store.add(Campaign(f"foreign-{name}", name, name.lower(), body, 1.7e9, DEMO_ACCOUNT_ID, DEMO_APP_ID))
        store.close()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TMPDIR": str(self._folder / "temporary"),
            "OPENBLAS_NUM_THREADS": "1",
            "COLUMNS": "200",
            "KORE_HOST": f"http://127.0.0.1:{self._port}",
            "KORE_APP_ID": DEMO_APP_ID,
            "KORE_ACCOUNT_ID": DEMO_ACCOUNT_ID,
            "KORE_CLIENT_ID": DEMO_CLIENT_ID,
            "KORE_CLIENT_SECRET": SECRET,
            "LOADER_OUTPUT": "output",
            "LOADER_JOURNAL": "sqlite:///journal.db",
            **self._script.settings,
        }
