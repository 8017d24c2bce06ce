"""Hostile workbooks under every command that takes one: each is done soon, in little memory, with its results."""

from __future__ import annotations

import json
import os
import re
import sys
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
IN_PART = ("shapes", "errors")
ENDS = {0, 3, 4}
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


def trial(kind: str, size: int, folder: Path, run: Run, server: Sandbox) -> None:
    path, refused = heavy(kind, size, folder), size >= REFUSED.get(kind, size + 1)
    usual = plain(max(4, int(size * ROWS.get(kind, 0))), run, folder)
    within(run("check", path.name), usual, refused)
    within(run("check", path.name, "--output", "checked.xlsx"), usual, refused)
    assert (folder / "checked.xlsx").exists() != refused
    loaded = run("run", path.name, "--yes", "--json", "--canary", "0", "--skip-preflight", "names", host=server.url)
    within(loaded, usual, refused)
    assert len(list((folder / "output").glob("*-results-*.xlsx"))) == (not refused)
    if not refused:
        within(run("results", "2", "--output", "again"), usual, refused=False)
        assert len(list((folder / "again").glob("*-results-*.xlsx"))) == 1
    incoming = folder / "incoming"
    incoming.mkdir()
    os.utime(path.rename(incoming / path.name), (1_700_000_000, 1_700_000_000))
    night = run("nightly", "incoming", "--json", host=server.url)
    within(night, usual, refused)
    assert len(list(incoming.glob("*/*.xlsx"))) == 1 + (not refused)  # itself, and its results beside it


@pytest.mark.parametrize("kind", IN_PART)
def test_a_hostile_workbook_costs_little_under_every_command(
    kind: str, folder: Path, run: Run, serve_aside: Callable[..., Sandbox]
) -> None:
    trial(kind, SIZES[0], folder, run, serve_aside())


@pytest.mark.parametrize("size", [pytest.param(it, marks=mark) for it, mark in zip(SIZES, MARKS, strict=True)])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_hostile_workbook_in_each_size_costs_little_under_every_command(
    kind: str, size: int, folder: Path, run: Run, serve_aside: Callable[..., Sandbox]
) -> None:
    trial(kind, size, folder, run, serve_aside())


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
@pytest.mark.parametrize("part", [pytest.param(at, marks=pytest.mark.slow) if at else 0 for at in range(6)])
def test_workbooks_that_others_made_get_their_results_at_little_cost(
    part: int, folder: Path, run: Run, serve_aside: Callable[..., Sandbox]
) -> None:
    usual, server, loaded = plain(4, run, folder), serve_aside(), 0
    for book in BOOKS[part::6]:
        if not opens(book):
            continue
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
    assert loaded
