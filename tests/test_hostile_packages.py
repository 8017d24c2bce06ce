"""Hostile workbooks under every command that takes one: each is done soon, in little memory, with its results."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.errors import WorkbookError
from loader.model.row import address
from tests.conftest import account_at
from tests.measured import Cost, measured
from tests.program import GUARDED_PATH
from tests.sheets import row, write_workbook
from tests.workbook import hostile
from tests.workbook.heavy import KINDS, SIZES, heavy
from tests.workbook.raw import zipped
from tests.workbook.reader.test_hostile import CORPUS
from tests.workbook.trial import first_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.sandbox.server import Sandbox

    Run = Callable[..., Cost]

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is told by Linux alone")

SECONDS, MEGABYTES = 2.0, 256.0  # on top of twice a plain sheet's; or twice a plain sheet's, if that is more
# from this size on: as damaged, and for rows that no sheet can have
REFUSED = {"sheets": SIZES[1], "no-rows": 0, "empty-rows": SIZES[2]}
ROWS = {"errors": 1.0, "problems": 0.1, "wide": 0.01, "same-names": 1.0}  # of their size
ENDS = {0, 3, 4}
PARTS = 24  # of the corpus
MARKS = (pytest.mark.slow, pytest.mark.slow, pytest.mark.long)


@pytest.fixture
def run(folder: Path) -> Run:
    """The installed program, measured."""

    def started(*words: object, host: str = "http://127.0.0.1:9") -> Cost:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": GUARDED_PATH,
            "GUARDED_FOLDER": os.environ["GUARDED_FOLDER"],
            "TMPDIR": os.environ["GUARDED_FOLDER"],
            **account_at(host),
        }
        return measured([sys.executable, "-m", "loader", *map(str, words)], folder, environment, most_seconds=60)

    return started


PLAIN: dict[int, Cost] = {}


def plain(rows: int, run: Run, folder: Path) -> Cost:
    """What a good sheet of so many rows costs."""
    if rows not in PLAIN:
        path = write_workbook(folder / f"plain-{rows}.xlsx", [row(f"Recall {number}") for number in range(rows)])
        PLAIN[rows] = run("check", path.name, "--output", "plain-results.xlsx")
        assert PLAIN[rows].code == 0
    return PLAIN[rows]


def within(cost: Cost, usual: Cost, refused: bool) -> None:
    assert "Traceback" not in cost.err
    assert cost.code in ({3} if refused else ENDS), cost.err[-500:]
    assert cost.seconds <= SECONDS + 2 * usual.seconds
    assert cost.megabytes <= max(MEGABYTES, 2 * usual.megabytes)


@dataclass(frozen=True)
class Trial:
    """A hostile workbook, and what a good one of as many rows costs."""

    path: Path
    refused: bool
    usual: Cost
    run: Run
    host: str

    @property
    def folder(self) -> Path:
        return self.path.parent

    def check(self) -> None:
        within(self.run("check", self.path.name), self.usual, self.refused)
        within(self.run("check", self.path.name, "--output", "checked.xlsx"), self.usual, self.refused)
        assert (self.folder / "checked.xlsx").exists() != self.refused

    def load(self) -> None:
        options = ("--yes", "--json", "--canary", "0", "--skip-preflight", "names")
        within(self.run("run", self.path.name, *options, host=self.host), self.usual, self.refused)
        assert len(list((self.folder / "output").glob("*-results-*.xlsx"))) == (not self.refused)
        if not self.refused:
            within(self.run("results", "--output", "again"), self.usual, refused=False)
            assert len(list((self.folder / "again").glob("*-results-*.xlsx"))) == 1

    def nightly(self) -> None:
        incoming = self.folder / "incoming"
        incoming.mkdir()
        os.utime(self.path.rename(incoming / self.path.name), (1_700_000_000, 1_700_000_000))
        within(self.run("nightly", "incoming", "--json", host=self.host), self.usual, self.refused)
        # itself, and its results beside it
        assert len(list(incoming.glob("*/*.xlsx"))) == 1 + (not self.refused)


@pytest.fixture
def trial_of(folder: Path, run: Run, serve_aside: Callable[..., Sandbox]) -> Callable[[str, int], Trial]:
    def made(kind: str, size: int) -> Trial:
        usual = plain(max(4, int(size * ROWS.get(kind, 0))), run, folder)
        refused = size >= REFUSED.get(kind, size + 1)
        return Trial(heavy(kind, size, folder), refused, usual, run, serve_aside().url)

    return made


@pytest.mark.parametrize(
    ("kind", "command"),
    [("shapes", Trial.check), ("shapes", Trial.nightly), ("errors", Trial.check), ("errors", Trial.load)],
)
def test_a_hostile_workbook_costs_little_under_every_command(
    kind: str, command: Callable[[Trial], None], trial_of: Callable[[str, int], Trial]
) -> None:
    command(trial_of(kind, SIZES[0]))


@pytest.mark.parametrize("size", [pytest.param(it, marks=mark) for it, mark in zip(SIZES, MARKS, strict=True)])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_hostile_workbook_in_each_size_costs_little_under_every_command(
    kind: str, size: int, trial_of: Callable[[str, int], Trial]
) -> None:
    trial = trial_of(kind, size)
    for command in (trial.check, trial.load, trial.nightly):
        command()


def with_a_campaign(content: bytes) -> bytes:
    """A workbook with a header row and a good row in place of the first two rows of its first sheet."""
    parts = hostile.unpacked(content)
    name = min(
        (it for it in parts if re.fullmatch(r"(?i).*\bworksheets[/\\][^/\\]+\.xml", it)), key=lambda it: (len(it), it)
    )
    xml = re.sub(rb'<(\w+:)?row [^>]*\br="[12]"[^>]*?(/>|>.*?</(\w+:)?row>)', b"", parts[name], flags=re.DOTALL)
    found = re.search(rb"<(\w+:)?sheetData\s*(/?)>", xml)
    assert found
    prefix = found[1] or b""
    campaign = row("Recall")
    rows = b"".join(
        b'<%brow r="%d">%b</%brow>'
        % (prefix, number, b"".join(_cell(prefix, number, at, it) for at, it in enumerate(texts, 1)), prefix)
        for number, texts in ((1, campaign.keys()), (2, campaign.values()))
    )
    opened = b"<%bsheetData>%b" % (prefix, rows) + (b"</%bsheetData>" % prefix if found[2] else b"")
    parts[name] = xml[: found.start()] + opened + xml[found.end() :]
    return zipped(parts)


def _cell(prefix: bytes, number: int, column: int, value: object) -> bytes:
    opened = b'<%bc r="%b" t="inlineStr">' % (prefix, address(number, column).encode())
    inside = b"<%bis><%bt>%b</%bt></%bis>" % (prefix, prefix, str(value).encode(), prefix, prefix)
    return opened + inside + b"</%bc>" % prefix


def opens(path: Path) -> bool:
    try:
        first_grid(path.read_bytes(), path.name)
    except WorkbookError:
        return False
    return True


BOOKS = sorted(it for it in CORPUS.iterdir() if it.suffix in {".xlsx", ".xlsm"}) if CORPUS.is_dir() else []


@pytest.mark.skipif(not BOOKS, reason="the corpus is not here; HOSTILE_CORPUS may say where")
@pytest.mark.parametrize("part", [pytest.param(at, marks=pytest.mark.slow) if at else 0 for at in range(PARTS)])
def test_workbooks_that_others_made_get_their_results_at_little_cost(
    part: int, folder: Path, run: Run, serve_aside: Callable[..., Sandbox]
) -> None:
    usual, server, loaded = plain(4, run, folder), serve_aside(), 0
    opened = [book for book in BOOKS[part::PARTS] if opens(book)]
    for book in opened:
        path = folder / f"book{book.suffix}"
        path.write_bytes(with_a_campaign(book.read_bytes()))
        checked = run("check", path.name, "--output", f"{book.stem}-checked.xlsx")
        within(checked, usual, refused=False)
        if not (folder / f"{book.stem}-checked.xlsx").exists():  # the sheet itself is what others would refuse, too
            assert checked.err.startswith(f"campaign-loader: {path.name}"), (book, checked.err)
            continue
        done = run("run", path.name, "--yes", "--json", "--skip-preflight", "names", host=server.url)
        within(done, usual, refused=False)
        again = run("results", json.loads(done.out)["run"], "--output", f"{book.stem}-again")
        within(again, usual, refused=False)
        assert len(list((folder / f"{book.stem}-again").glob("*.xlsx"))) == 1
        loaded += 1
    assert loaded or not opened
