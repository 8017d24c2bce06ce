"""Sixty nights on a calendar that can be turned, against one server: what comes by day, and what should be by morning.

A seed decides what comes when.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.model.redaction import as_text
from tests.nightly.test_done_folder import HEADERS, line
from tests.sheets import row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nightly.nights import Inbox

FIRST_WINS = (129, 130, 143, 70, 5, 6, 7, 4, 3, 2, 0)
NIGHTS, SUMMER_BEGINS = 60, 15
# what comes by day, or happens by night; what belongs together comes night after night
EPISODES = [
    *(["new"], ["new"], ["repeated"], ["repeated"], ["shuffled"], ["shuffled"], ["nothing"]),
    *(["broken"], ["invalid"], ["half"], ["half"], ["open"], ["growing"], ["not ours"], ["not ours"]),
    # the night after a kill is a good one
    *(["killed", "new"], ["killed", "repeated"], ["hung up", "new"], ["terminated", "new"]),
    *(["outage", "outage"], ["two down"], ["proxy"], ["refused"], ["refused"], ["clock off"]),
    *(["nameless"], ["long name"], ["long name"], ["undecodable"], ["undecodable"]),
    *(["full output"], ["closed output"], ["foreign status"], ["late"], ["late"]),
    *(["paused", "grown", "put back"], ["paused", "grown", "grown", "put back"]),
    *(["stubborn", "stubborn", "stubborn", "mended"], ["two folders"], ["two folders"]),
    *(["somebody"], ["no folder", "new"], ["busy"]),
]
LAST = ["new", "nothing"]
WAITS = ("half", "open", "growing")
REFUSED, UNSENT = ("refused", "clock off"), ("outage", "two down", "proxy")
# so many nights in a row
STUBBORN = 3


@dataclass
class Book:
    """A workbook in the folder, as it should be dealt with. `state`: good, or what is wrong with it."""

    rows: list[str]
    state: str = "good"
    changed: int = 0


@dataclass
class Month:
    """What should be so: workbooks in the folder by name, rows that were created, what in `done` is not as loaded."""

    seed: int
    box: Inbox
    chance: random.Random = field(init=False)
    books: dict[str, Book] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    finished: list[list[str]] = field(default_factory=list)
    count: int = 0
    paused: tuple[str, list[str]] = ("", [])
    different: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def kinds(self) -> list[str]:
        """One for each of the nights; summer begins in a long one, or soon after, and there is another."""
        episodes = [list(it) for it in EPISODES]
        self.chance.shuffle(episodes)
        kinds: list[str] = []
        for episode in episodes:
            if len(kinds) >= SUMMER_BEGINS and kinds.count("long") < 1:
                kinds.append("long")
            kinds += episode
        return [*kinds, *LAST]

    def new_rows(self, number: int) -> list[str]:
        self.count += number
        return [f"Campaign {one:04}" for one in range(self.count - number, self.count)]

    def arrive(self, kind: str) -> None:  # noqa: C901, PLR0912 - one case a kind
        """What the day brings. What was not whole or not readable yesterday is so today."""
        for name, book in self.books.items():
            if book.state in (*WAITS, "not ours"):
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
            case "broken" | "stubborn":
                self.put(f"{kind}.xlsx", Book([], "broken"))
            case "mended":
                self.put("stubborn.xlsx", Book(self.new_rows(1)))
            case "half" | "open" | "growing" | "invalid" | "not ours":
                self.put(name, Book(self.new_rows(2), kind))
            case "long" | "hung up" | "terminated":
                self.put(name, Book(self.new_rows(40 if kind == "long" else 20)))
            case "two down" | "somebody":
                self.put(f"a {name}", Book(self.new_rows(1)))
                self.put(f"b {name}", Book(self.new_rows(2)))
            case "long name":
                self.put(f"{'x' * 240} {self.count:04}.xlsx", Book(self.new_rows(1)))
            case "undecodable":
                self.put(os.fsdecode(f"m\xe4rz {self.count:04}.xlsx".encode("latin-1")), Book(self.new_rows(1)))
            case "paused":
                self.paused = (f"paused {self.count:04}.csv", self.new_rows(1))
                self.put_csv(*self.paused)
            case "grown":
                self.grow()
            case "put back":
                self.put_back()
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

    def put_csv(self, name: str, rows: list[str]) -> None:
        path = self.box.put_bytes(name, (HEADERS + "".join(map(line, rows))).encode())
        self.books[name] = Book(rows, changed=path.stat().st_mtime_ns)

    def grow(self) -> None:
        """The writer of a text had paused, and goes on where the text was moved to."""
        name, rows = self.paused
        rows += (more := self.new_rows(1))
        with (self.box.folder / "done" / name).open("a") as file:
            file.write(line(more[0]))
        self.different = {f"done/{name}"}

    def put_back(self) -> None:
        """A person does what the notice says."""
        name, rows = self.paused
        (self.box.folder / "done" / name).unlink()
        self.put_csv(name, rows)
        self.different.clear()

    def expected(self, kind: str) -> dict[str, tuple[int, str]]:
        """Exit code and folder of each workbook after a night of this kind, oldest first; as the docs say."""
        ends, refused = {}, False
        for name, book in sorted(self.books.items(), key=lambda it: (it[1].changed, it[0])):
            unsent = kind == "proxy" or set(book.rows) - self.created
            if kind == "late" or book.state in WAITS:
                ends[name] = (4, "")
            elif refused:
                ends[name] = (6, "")
            elif book.state == "not ours":
                ends[name] = (2, "")
            elif book.state == "broken":
                ends[name] = (3, "failed")
            elif unsent and kind in REFUSED:
                ends[name], refused = (6, ""), True
            elif unsent and kind in UNSENT:
                ends[name] = (4, "")
            else:
                self.created.update(book.rows)
                ends[name] = (3, "failed") if book.state == "invalid" else (0, "done")
        return {as_text(name): end for name, end in ends.items()} | dict.fromkeys(self.different, (4, ""))

    def code(self, kind: str, codes: list[int]) -> int:
        """The exit code of a night in which these are the workbooks'."""
        of_the_night = {"foreign status": [2], "hung up": [129], "terminated": [143]}.get(kind, [])
        nothing_came = [4] if len(codes) == len(self.different) else []
        return min([0, *codes, *of_the_night, *nothing_came], key=FIRST_WINS.index)

    def settle(self) -> None:
        """Forget the workbooks that are gone."""
        for name in [name for name in self.books if not (self.box.folder / name).exists()]:
            book = self.books.pop(name)
            if book.state == "good":
                self.finished.append(book.rows)

    def left(self) -> list[Path]:
        """What lies in the folder still."""
        return [path for path in self.box.folder.iterdir() if path.is_file() and not path.name.startswith(".")]
