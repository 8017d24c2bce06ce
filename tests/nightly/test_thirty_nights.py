"""A month of nights on a calendar that can be turned, against one server: whatever happens, each row is created once.

A seed decides what comes when, and stands in the name of the test.
"""

from __future__ import annotations

import random
import socket
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from loader.config.settings import read_notices
from loader.model.row import Outcome
from loader.nightly.clock_times import next_time
from loader.nightly.notification import notice_of
from loader.sandbox.fault_rules import rule
from tests.conftest import account_at, sandbox
from tests.nightly.nights import Inbox
from tests.program import until
from tests.secrets_sought import SECRET
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from loader.nightly.night_report import Night
    from loader.sandbox.faults import Rule
    from loader.sandbox.server import Sandbox
    from tests.program import Program

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, SUMMER_BEGINS = datetime(2026, 3, 14, 1, 30, tzinfo=BERLIN), 15
DEADLINE = time(6)
ROWS_AN_HOUR = 6  # on long nights
FIRST_WINS = (70, 5, 6, 7, 4, 3, 2, 0)
# what comes by day, or happens by night; the night after a kill is a good one
KINDS = [
    *(
        ["new"],
        ["new"],
        ["new"],
        ["new"],
        ["repeated"],
        ["repeated"],
        ["shuffled"],
        ["shuffled"],
        ["broken"],
        ["broken"],
    ),
    *(["invalid"], ["half"], ["half"], ["open"], ["growing"], ["nothing"], ["killed", "new"], ["killed", "repeated"]),
    *(["outage"], ["outage", "outage"], ["refused"], ["refused"]),
]
LAST = ["new", "nothing", "nothing"]
WAITS = ("half", "open", "growing")


@dataclass
class Book:
    """A workbook in the folder, as it should be dealt with. `state`: good, invalid, broken, half, open or growing."""

    rows: list[str]
    state: str = "good"
    changed: int = 0


@dataclass
class Month:
    """What should be so: workbooks in the folder by name, rows that were created."""

    seed: int
    box: Inbox
    chance: random.Random = field(init=False)
    books: dict[str, Book] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    finished: list[list[str]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def kinds(self) -> list[str]:
        """One for each of thirty nights; summer begins in a long one, and there is another."""
        episodes = [list(it) for it in KINDS]
        self.chance.shuffle(episodes)
        kinds = [kind for episode in episodes for kind in episode]
        kinds.insert(self.chance.randrange(5), "long")
        at = SUMMER_BEGINS
        while kinds[at - 1] == "killed":
            at += 1
        kinds.insert(at, "long")
        return [*kinds, *LAST]

    def new_rows(self, number: int) -> list[str]:
        self.count += number
        return [f"Campaign {one:04}" for one in range(self.count - number, self.count)]

    def arrive(self, kind: str) -> None:
        """What the day brings. What was only half there yesterday is whole today."""
        for name, book in self.books.items():
            if book.state in WAITS:
                self.put(name, Book(book.rows))
                (self.box.folder / f"~${name}").unlink(missing_ok=True)
        self.box.growing.clear()
        name = f"sheet {self.count:04}.xlsx"
        earlier = self.chance.choice(self.finished or [[]])
        match kind:
            case "repeated" if earlier:
                self.put("again.xlsx", Book(earlier))
            case "shuffled" if earlier:
                self.put("other.xlsx", Book(self.chance.sample([*earlier, *self.new_rows(1)], len(earlier) + 1)))
            case "broken":
                self.put("broken.xlsx", Book([], "broken"))
            case "half" | "open" | "growing" | "invalid":
                self.put(name, Book(self.new_rows(2), kind))
            case "long":
                self.put(name, Book(self.new_rows(40)))
            case "nothing":
                pass
            case _:
                self.put(name, Book(self.new_rows(self.chance.randint(1, 4))))

    def put(self, name: str, book: Book) -> None:
        self.books[name] = book
        wrong = [row("wrong", Priority=9)] if book.state == "invalid" else []
        path = self.box.put(name, [*book.rows, *wrong] or ["nothing"])
        content = path.read_bytes()
        match book.state:
            case "broken":
                self.box.put_bytes(name, b"not a workbook")
            case "half":
                self.box.put_bytes(name, content[: self.chance.randrange(10, len(content) - 10)])
            case "open":
                (self.box.folder / f"~${name}").touch()
            case "growing":
                self.box.growing.add(path)
        book.changed = path.stat().st_mtime_ns

    def expected(self, kind: str) -> dict[str, tuple[int, str]]:
        """Exit code and folder of each workbook after a night of this kind, oldest first; as the README says."""
        ends, refused = {}, False
        for name, book in sorted(self.books.items(), key=lambda it: (it[1].changed, it[0])):
            unsent = set(book.rows) - self.created
            if book.state in WAITS:
                ends[name] = (4, "")
            elif refused:
                ends[name] = (6, "")
            elif book.state == "broken":
                ends[name] = (3, "failed")
            elif unsent and kind == "refused":
                ends[name], refused = (6, ""), True
            elif unsent and kind == "outage":
                ends[name] = (4, "")
            else:
                self.created.update(book.rows)
                ends[name] = (3, "failed") if book.state == "invalid" else (0, "done")
        return ends

    def settle(self) -> None:
        """Forget the workbooks that are gone."""
        for name in [name for name in self.books if not (self.box.folder / name).exists()]:
            book = self.books.pop(name)
            if book.state == "good":
                self.finished.append(book.rows)


@dataclass
class World:
    """The server is there by night, unless there is an outage, and remembers."""

    folder: Path
    port: int
    monkeypatch: pytest.MonkeyPatch
    program: Callable[..., Program]
    creates: Counter[str | None] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def night(self, month: Month, kind: str) -> Night | None:
        """A night of this kind; None where it was killed."""
        for name, value in self.environment(kind).items():
            self.monkeypatch.setenv(name, value)
        deadline = next_time(DEADLINE, BERLIN, month.box.now)
        if kind == "outage":
            return await month.box.night(deadline=deadline, expected=True)
        rules = [rule(operation="create", action="slow", seconds=0.05)] if kind in ("long", "killed") else []
        async with self.server(*rules) as server:
            if kind == "killed":
                running = await self.program(self.host, **self.environment(kind)).start("nightly", "incoming")
                enough = len(server.campaigns) + month.chance.randint(0, 2)
                await until(lambda: len(server.campaigns) > enough or running.over)
                await running.killed()
                night = None
            else:
                night = await month.box.night(deadline=deadline, expected=True)
            self.names = [campaign.name for campaign in server.campaigns]
        return night

    def server(self, *rules: Rule) -> AbstractAsyncContextManager[Sandbox]:
        return sandbox(*rules, port=self.port, store_path=self.folder / "server.db")

    def environment(self, kind: str) -> dict[str, str]:
        return {
            **account_at(self.host),
            "KORE_CLIENT_SECRET": f"{SECRET}-of-yesterday" if kind == "refused" else SECRET,
            "LOADER_PATIENCE_SECONDS": "0.1" if kind == "outage" else "30",
            "LOADER_CONCURRENCY": "1" if kind in ("long", "killed") else "4",
            "LOADER_TIMEOUT_SECONDS": "1",
        }


@pytest.fixture
def world(folder: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[..., Program], _hurried: None) -> World:
    (folder / "incoming").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return World(folder, free.getsockname()[1], monkeypatch, program)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(1, marks=pytest.mark.slow),
        *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 22)),
    ],
)
async def test_thirty_nights_create_each_row_once_and_say_what_became_of_it(world: World, seed: int) -> None:
    month = Month(seed, Inbox(Path("incoming")))
    kinds = month.kinds()
    assert len(kinds) == 30
    for number, kind in enumerate(kinds):
        box = month.box
        box.now = (FIRST + timedelta(days=number)).astimezone(UTC)
        hours = 3.5 if number == SUMMER_BEGINS else 4.5
        assert next_time(DEADLINE, BERLIN, box.now) - box.now == timedelta(hours=hours)
        month.arrive(kind)
        box.on_event = each_outcome_takes(timedelta(hours=1) / ROWS_AN_HOUR if kind == "long" else timedelta(), box)
        what = f"seed {seed}, night {number}, {kind}, {dict(month.books)}"
        night = await world.night(month, kind)
        if night is None:
            month.created |= set(world.names)
        elif kind == "long":
            sent = len(set(world.names) - month.created)
            assert hours * ROWS_AN_HOUR <= sent <= hours * ROWS_AN_HOUR + 1, what
            assert (night.exit_code, night.counts["Not sent"]) == (4, month.count - len(set(world.names))), what
            month.created |= set(world.names)
        else:
            expected = month.expected(kind)
            assert {it.file.name: (it.exit_code, place(it.moved_to)) for it in night.files} == expected, what
            codes = [code for code, _ in expected.values()] or [4]
            assert night.exit_code == min(codes, key=FIRST_WINS.index), what
            well = night.exit_code == 0 and not night.over
            assert (notice_of(night, read_notices(), host="here") is None) == well, what
        assert box.defects == [], what
        month.settle()
        assert max(Counter(world.names).values(), default=0) <= 1, what
        assert set(world.names) == month.created, what
    assert month.books == {}
    assert sorted(world.names) == [f"Campaign {number:04}" for number in range(month.count)]
    left = [name for name in month.box.holds() if not name.startswith(("done/", "failed/"))]
    assert left == []


def place(moved_to: Path | None) -> str:
    return moved_to.parent.name if moved_to else ""


def each_outcome_takes(long: timedelta, box: Inbox) -> Callable[[Workbook, Event], None]:
    def received(_: Workbook, event: Event) -> None:
        if isinstance(event, Outcome):
            box.now += long

    return received
