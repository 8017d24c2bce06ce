"""Sixty nights against one server: whatever happens, each row is created once, and every ending is told in full."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from loader.config.settings import read_notices
from loader.errors import LoaderError
from loader.model.events import Begun
from loader.model.row import Outcome
from loader.nightly.clock_times import next_time, too_late
from loader.nightly.night_report import Night
from loader.nightly.notification import notice_of
from loader.sandbox.fault_rules import rule
from loader.storage.locks import only_night
from tests.conftest import account_at, sandbox
from tests.docs.pages import PAGES, blocks
from tests.forked import Order
from tests.listeners import Hook
from tests.nightly.month import NIGHTS, STUBBORN, SUMMER_BEGINS, Month
from tests.nightly.nights import Inbox
from tests.nightly.test_one_reading import body_named
from tests.program import until
from tests.secrets_sought import SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from loader.sandbox.server import Sandbox
    from tests.forked import ForkServer
    from tests.program import Program

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 3, 14, 1, 30, tzinfo=BERLIN)
DEADLINE = time(6)
ROWS_AN_HOUR = 6  # on long nights
METRICS, STATUS, FOREIGN = Path("night.prom"), Path("output/nightly.json"), Path("foreign.json")
[SCHEMA] = [it for it in map(json.loads, blocks(PAGES["json"], "json")) if "last_success" in it.get("properties", {})]
SIGNALS = {"killed": signal.SIGKILL, "hung up": signal.SIGHUP, "terminated": signal.SIGTERM}


@dataclass
class Ending:
    """`code`: None where it was killed. `reasons`: what somebody was told. `counts`: rows by what became of them."""

    code: int | None
    reasons: Sequence[str] = ()
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class World:
    """The server is there by night, unless there is an outage, and remembers."""

    folder: Path
    port: int
    monkeypatch: pytest.MonkeyPatch
    program: Callable[..., Program]
    fork_server: ForkServer
    hook: Hook
    names: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def night(self, month: Month, kind: str) -> Ending:
        """A night of this kind."""
        async with AsyncExitStack() as stack:
            patch = stack.enter_context(self.monkeypatch.context())
            for name, value in self.environment(kind).items():
                patch.setenv(name, value)
            if kind in ("outage", "two down"):
                return await self._in_this_process(month, kind)
            if kind == "clock off":
                await stack.enter_async_context(refusing(self.port, 401, "the token is expired"))
                return await self._in_this_process(month, kind)
            if kind == "proxy":
                proxy = await stack.enter_async_context(refusing(0, 403, "not allowed"))
                patch.setenv("KORE_PROXY", f"http://127.0.0.1:{proxy}")
                return await self._in_this_process(month, kind)
            rules = [rule(operation="create", action="slow", seconds=0.05)] if kind in ("long", *SIGNALS) else []
            server = await stack.enter_async_context(
                sandbox(*rules, port=self.port, store_path=self.folder / "server.db")
            )
            try:
                return await self._with_server(month, kind, server, patch)
            finally:
                self.names = [campaign.name for campaign in server.campaigns]

    async def _with_server(self, month: Month, kind: str, server: Sandbox, patch: pytest.MonkeyPatch) -> Ending:
        match kind:
            case "killed" | "hung up" | "terminated":
                return await self._stopped(month, kind, server)
            case "full output" | "closed output":
                return await self._as_a_process(["incoming"], kind)
            case "two folders":
                other = self.folder / "other"
                Inbox(other, month.box.now).put("other.xlsx", (rows := month.new_rows(2)))
                beside = {"LOADER_OUTPUT": "output-other", "LOADER_JOURNAL": "sqlite:///output/journal.db"}
                running = await self.program(**self.environment(kind), **beside).start(
                    "nightly", "other", "--wait", "2m"
                )
                ending = await self._in_this_process(month, kind, wait=timedelta(hours=100))
                assert (await running.ended()).code == 0
                month.created.update(rows)
                return ending
            case "nameless":
                patch.setattr(getpass, "getuser", without_a_name)
                patch.delenv("HOME", raising=False)
            case "not ours":
                patch.setattr(Path, "read_bytes", not_readable(month))
            case "somebody":
                month.box.on_event = as_the_second_begins(lambda name: server.create(body_named(name)), month)
        return await self._in_this_process(month, kind)

    async def _in_this_process(self, month: Month, kind: str, **wanted: Any) -> Ending:  # noqa: ANN401 - as of Wanted
        box = month.box
        if kind == "foreign status":
            box.put_bytes(f"../{FOREIGN}", b"somebody else's")
            wanted["status"] = FOREIGN
        wanted["too_late"] = too_late(DEADLINE, BERLIN, box.now, 12) if kind == "late" else ""
        deadline = next_time(DEADLINE, BERLIN, box.now)
        night = await box.night(deadline=deadline, expected=True, metrics=METRICS, **wanted)
        notice = notice_of(night, read_notices(), host="here")
        assert box.defects == []
        return Ending(night.exit_code, notice.reasons if notice else (), dict(night.counts))

    async def _stopped(self, month: Month, kind: str, server: Sandbox) -> Ending:
        there = len(server.campaigns)
        one = self.program(**self.environment(kind), LOADER_NOTIFY_WEBHOOK=self.hook.url)
        running = await one.start("nightly", "incoming", "--metrics", METRICS, "--expect")
        enough = there + month.chance.randint(0, 2)
        await until(lambda: len(server.campaigns) > enough or running.over)
        running.signal(SIGNALS[kind])
        code = (await running.ended()).code
        return Ending(None if code < 0 else code, self._told())

    async def _as_a_process(self, words: Sequence[str], kind: str) -> Ending:
        """One that can say nothing: its output is full, or nobody reads it."""
        handle = os.open("/dev/full", os.O_WRONLY) if kind == "full output" else nobody_reads()
        environment = self.program(**self.environment(kind), LOADER_NOTIFY_WEBHOOK=self.hook.url).environment
        arguments = ["nightly", *words, "--json", "--metrics", str(METRICS), "--expect"]
        order = Order("loader.cli.main:main", arguments, str(self.folder), environment)
        nothing = os.open(os.devnull, os.O_RDONLY)
        forked = self.fork_server.start(order, [nothing, handle, handle])
        os.close(nothing)
        os.close(handle)
        await until(lambda: forked.poll() is not None)
        code = forked.poll()
        forked.close()
        return Ending(code, self._told())

    def _told(self) -> Sequence[str]:
        bodies, self.hook.bodies[:] = list(self.hook.bodies), []
        return [str(body) for body in bodies]

    def environment(self, kind: str) -> dict[str, str]:
        return {
            **account_at("https://127.0.0.1:9" if kind == "proxy" else self.host),
            "KORE_CLIENT_SECRET": f"{SECRET}-of-yesterday" if kind == "refused" else SECRET,
            "LOADER_PATIENCE_SECONDS": "0.1" if kind in ("outage", "two down", "proxy") else "30",
            "LOADER_CONCURRENCY": "1" if kind in ("long", *SIGNALS) else "4",
            "LOADER_TIMEOUT_SECONDS": "1",
        }


@asynccontextmanager
async def refusing(port: int, status: int, why: str) -> AsyncIterator[int]:
    """Somebody who answers everything so, and whose clock is an hour ahead; says at which port."""

    async def answer(_: web.BaseRequest) -> web.Response:
        ahead = datetime.now(UTC) + timedelta(hours=1)
        return web.json_response({"message": why}, status=status, headers={"Date": format_datetime(ahead, usegmt=True)})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def without_a_name() -> str:
    raise KeyError("getpwuid(): uid not found: 1000770000")


def not_readable(month: Month) -> Callable[[Path], bytes]:
    """The permissions of some workbooks do not allow it; who runs the tests may read everything."""
    read_bytes, names = Path.read_bytes, {name for name, book in month.books.items() if book.state == "not ours"}

    def read(path: Path) -> bytes:
        if path.name in names:
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    return read


def nobody_reads() -> int:
    reads, writes = os.pipe()
    os.close(reads)
    return writes


def as_the_second_begins(make: Callable[[str], object], month: Month) -> Callable[[Workbook, Event], None]:
    """Somebody makes the campaign of its last row."""
    [second] = [name for name in month.books if name.startswith("b ")]

    def received(workbook: Workbook, event: Event) -> None:
        if isinstance(event, Begun) and workbook.path.name == second:
            make(month.books[second].rows[-1])

    return received


def each_outcome_takes(long: timedelta, box: Inbox) -> Callable[[Workbook, Event], None]:
    def received(_: Workbook, event: Event) -> None:
        if isinstance(event, Outcome):
            box.now += long

    return received


@pytest.fixture
async def world(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[..., Program],
    fork_server: ForkServer,
    _hurried: None,
) -> AsyncIterator[World]:
    (folder / "incoming").mkdir()
    hook = Hook()
    async with AsyncExitStack() as stack:
        await hook.start(stack)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        yield World(folder, port, monkeypatch, program, fork_server, hook)


def status() -> dict[str, Any]:
    """What `nightly.json` says, which is as the page json says."""
    told: dict[str, Any] = json.loads(STATUS.read_bytes())
    Draft202012Validator(SCHEMA).validate(told)
    return told


def troubles() -> list[str]:
    """What needs a look, by name; blank for the night as a whole."""
    return list(status()["troubles"]) if STATUS.exists() else []


def metrics() -> dict[str, float]:
    """The sum of each of them."""
    total: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(METRICS.read_text(encoding="utf-8")):
        for sample in family.samples:
            total[sample.name.removeprefix("campaign_loader_nightly_")] += sample.value
    return total


def files_in(told: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Exit code and folder of each workbook; of one that lies in `done` and differs, its path from there."""
    found = {}
    for it in told["files"]:
        file = Path(it["file"])
        name = f"done/{file.name}" if file.parent.name == "done" else file.name
        found[name] = (it["exit_code"], Path(it["moved_to"]).parent.name if it["moved_to"] else "")
    return found


@contextmanager
def moved(box: Inbox) -> Iterator[None]:
    """The folder is somewhere else for a while."""
    box.folder.rename("elsewhere")
    yield
    Path("elsewhere").rename(box.folder)


async def could_not_begin(world: World, month: Month, kind: str) -> None:
    """There is no folder, or another night is at work in it."""
    for name, value in world.environment(kind).items():
        world.monkeypatch.setenv(name, value)
    before, began = status(), month.box.now
    hindered = only_night(month.box.folder / ".nightly.lock", "the folder") if kind == "busy" else moved(month.box)
    with hindered, pytest.raises(LoaderError) as ended:
        await month.box.night(metrics=METRICS)
    code = ended.value.exit_code
    if kind == "busy":
        assert status() == before  # that is the other one's
    else:
        assert (status()["exit_code"], status()["error"], metrics()["exit_code"]) == (2, str(ended.value), 2)
    assert code == {"busy": 7, "no folder": 2}[kind]
    notice = notice_of(Night(began, began, code), read_notices(), host="here", error=str(ended.value))
    assert notice is not None
    assert notice.reasons == [str(ended.value)]


async def one_night(world: World, month: Month, kind: str) -> None:
    """Play it, and look at all that it leaves behind."""
    if kind in ("busy", "no folder"):
        await could_not_begin(world, month, kind)
        return
    before, earlier = set(month.created), troubles()
    ending = await world.night(month, kind)
    told, names = status(), set(world.names)
    if kind == "killed":
        month.created |= names
        assert ending.code is not None or told["last_start"] != told["last_end"]
    elif kind in ("hung up", "terminated", "long"):
        month.created |= names
        files = files_in(told)
        assert set(files.values()) <= {(0, "done"), (4, ""), (3, "failed"), (0, "")}
        done = [name for name, (_, place) in files.items() if place == "done" and name in month.books]
        assert all(set(month.books[name].rows) <= names for name in done)
        assert len(names) > len(before)
    else:
        expected = month.expected(kind)
        assert files_in(told) == expected
        assert ending.code == month.code(kind, [code for code, _ in expected.values()])
    if ending.code is not None:
        assert told["exit_code"] == metrics()["exit_code"] == ending.code
        assert sum(told["counts"].values()) == metrics()["rows"]
        assert metrics()["files"] == len(told["files"])
        assert metrics()["created"] == told["created"]
        assert (told["last_end"] == told["last_success"]) == (ending.code == 0)
        ends = files_in(told)
        over = any(not name or ends.get(name) in ((0, "done"), (0, "")) for name in earlier)
        assert bool(ending.reasons) == (ending.code != 0 or over)
    and_this(kind, ending, told)


def and_this(kind: str, ending: Ending, told: dict[str, Any]) -> None:  # noqa: C901 - one case a kind
    """What only a night of this kind says."""
    errors = [it["error"] or "" for it in told["files"]]
    match kind:
        case "two down":  # one patience for the account
            assert sum(error.startswith("not begun: ") for error in errors) >= 1
        case "proxy":
            assert any("the proxy refused to connect (HTTP 403)" in error for error in errors)
        case "clock off":
            assert any("the clock of this machine is " in error and "behind the server's" in error for error in errors)
        case "late":
            assert any("within 12 h after it no workbook is begun" in error for error in errors)
        case "not ours":
            assert any("cannot be read: Permission denied" in error for error in errors)
        case "grown":
            assert any("it is not what was loaded" in error for error in errors)
        case "somebody":
            assert ending.counts["Already exists"] == 1
        case "stubborn" if told["troubles"]["stubborn.xlsx"]["times"] == STUBBORN:
            assert any(it.startswith(f"stubborn.xlsx: {STUBBORN} times in a row now, since") for it in ending.reasons)
        case "mended":
            assert any(it.startswith("stubborn.xlsx: it went well now") for it in ending.reasons)
        case "foreign status":
            assert FOREIGN.read_bytes() == b"somebody else's"


async def play(world: World, month: Month, kinds: Iterable[str]) -> None:
    for number, kind in enumerate(kinds):
        box = month.box
        box.now = (FIRST + timedelta(days=number)).astimezone(UTC)
        hours = 3.5 if number == SUMMER_BEGINS else 4.5
        assert next_time(DEADLINE, BERLIN, box.now) - box.now == timedelta(hours=hours)
        month.arrive(kind)
        if kind == "late":
            box.now += timedelta(hours=hours + 2)
        box.on_event = each_outcome_takes(timedelta(hours=1) / ROWS_AN_HOUR if kind == "long" else timedelta(), box)
        before = len(month.created)
        try:
            await one_night(world, month, kind)
            if kind == "long":
                assert hours * ROWS_AN_HOUR <= len(month.created) - before <= hours * ROWS_AN_HOUR + 1
            month.settle()
            assert max(Counter(world.names).values(), default=0) <= 1
            assert set(world.names) == month.created
        except BaseException as error:
            error.add_note(f"seed {month.seed}, night {number}, {kind}, {month.books}")
            raise
    assert month.books == {}
    assert sorted(world.names) == [f"Campaign {number:04}" for number in range(month.count)]
    assert month.left() == []


FEW = [["nameless", "long name", "undecodable", "late", "new"], ["paused", "grown", "put back", "nothing"]]


@pytest.mark.parametrize("kinds", FEW, ids=["names", "a writer that paused"])
async def test_a_few_nights_create_each_row_once_and_say_what_became_of_it(world: World, kinds: Sequence[str]) -> None:
    await play(world, Month(0, Inbox(Path("incoming"))), kinds)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(1, marks=pytest.mark.slow),
        *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 22)),
    ],
)
async def test_sixty_nights_create_each_row_once_and_say_what_became_of_it(world: World, seed: int) -> None:
    month = Month(seed, Inbox(Path("incoming")))
    kinds = month.kinds()
    assert len(kinds) == NIGHTS
    await play(world, month, kinds)
