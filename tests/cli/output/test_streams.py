"""A full disk, a reader that has gone, a code page without the letter: the work goes on, and its exit code counts."""

from __future__ import annotations

import asyncio
import json
import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.forked import Order
from tests.load_runs import creates
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeWorkbook, Serve
    from tests.forked import Forked, ForkServer
    from tests.program import Program

    Start = Callable[..., Program]

NAMES = ["日本の春 🎉", "Åpen"]


@pytest.fixture
def start(program: Start, fork_server: ForkServer, folder: Path) -> Callable[..., Forked]:
    """Start the program with these as standard output and error: a path, or a handle."""

    def started(host: str, *words: str, out: str | int = os.devnull, err: str | int = os.devnull) -> Forked:
        handles = [it if isinstance(it, int) else os.open(it, os.O_WRONLY) for it in (out, err)]
        nothing = os.open(os.devnull, os.O_RDONLY)
        order = Order("loader.cli.main:main", words, str(folder), program(host).environment)
        try:
            return fork_server.start(order, [nothing, *handles])
        finally:
            for handle in (nothing, *handles):
                os.close(handle)

    return started


@pytest.fixture
def no_reader() -> Callable[[], int]:
    """The end of a pipe that nobody reads any more."""

    def made() -> int:
        reads, writes = os.pipe()
        os.close(reads)
        return writes

    return made


async def code_of(forked: Forked) -> int:
    with closing(forked):
        return await asyncio.to_thread(forked.wait)


@pytest.mark.parametrize(
    ("where", "kind", "options"),
    [
        ("out", "/dev/full", ()),
        ("out", "pipe", ("--json",)),
        ("err", "/dev/full", ()),
        ("err", "pipe", ("--log-json",)),
        ("both", "/dev/full", ("--json", "--log-json")),
        ("both", "pipe", ()),
    ],
)
async def test_a_night_that_can_say_nothing_loads_every_workbook_and_ends_with_its_code(  # noqa: PLR0917 - fixtures
    serve: Serve,
    start: Callable[..., Forked],
    no_reader: Callable[[], int],
    folder: Path,
    where: str,
    kind: str,
    options: tuple[str, ...],
) -> None:
    server = await serve()
    for name in ("a 日本.xlsx", "b.xlsx"):
        write_aged(folder / "in" / name, [name])
    broken: dict[str, Any] = {
        it: no_reader() if kind == "pipe" else kind for it in ("out", "err") if where in (it, "both")
    }
    forked = start(server.url, "nightly", "in", "--metrics", "night.prom", *options, **broken)
    assert await code_of(forked) == 0
    assert creates(server) == {"a 日本.xlsx": 1, "b.xlsx": 1}
    night = json.loads((folder / "output" / "nightly.json").read_text())
    assert (night["exit_code"], [it["exit_code"] for it in night["files"]]) == (0, [0, 0])
    assert re.search(r"campaign_loader_nightly_exit_code\{.*\} 0\n", (folder / "night.prom").read_text())


async def test_a_run_with_an_output_that_is_full_ends_with_its_own_code_and_says_so(
    serve: Serve, start: Callable[..., Forked], make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    make_workbook(["A", row("B", Priority=9)])
    (folder / "err").touch()
    for options in ((), ("--json",)):
        forked = start(server.url, "run", "--yes", "campaigns.xlsx", *options, out="/dev/full", err=str(folder / "err"))
        assert await code_of(forked) == 3
        said = (folder / "err").read_text().splitlines()[-1]
        assert said == (
            "campaign-loader: standard output could not be written to (No space left on device), so a part of it is "
            "missing"
        )
    assert creates(server) == {"A": 1}


@pytest.mark.parametrize(("kind", "code"), [("/dev/full", 2), ("pipe", 0)])
@pytest.mark.parametrize("words", [("docs", "sheet"), ("runs",)])
async def test_a_command_that_only_prints_ends_with_2_on_a_full_disk_and_with_0_where_its_reader_had_enough(
    start: Callable[..., Forked], no_reader: Callable[[], int], kind: str, code: int, words: tuple[str, ...]
) -> None:
    out = no_reader() if kind == "pipe" else kind
    assert await code_of(start("http://127.0.0.1:9", *words, out=out)) == code


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "utf-16"])
async def test_letters_that_the_output_lacks_are_shown_as_escapes_and_json_stays_json(
    program: Start, make_workbook: MakeWorkbook, encoding: str
) -> None:
    make_workbook([*NAMES, row("Tick", Priority="✓")])
    one = program()
    shown = await one.run("check", "campaigns.xlsx", cold=True, PYTHONIOENCODING=encoding)
    assert (shown.code, "defect" in shown.err) == (3, False)
    assert "\\u2713" in shown.out or "✓" in shown.out
    as_json = await one.run("check", "campaigns.xlsx", "--json", cold=True, PYTHONIOENCODING=encoding)
    assert (as_json.code, as_json.json["exit_code"]) == (3, 3)
    assert "✓" in json.dumps(as_json.json, ensure_ascii=False)


async def test_closed_descriptors_are_no_place_for_the_journal(
    serve: Serve, program: Start, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    make_workbook(["A"])
    one = program(server.url)
    command = f"exec '{one.installed}' run --yes campaigns.xlsx <&- >&- 2>&-"
    shell = await asyncio.create_subprocess_exec("/bin/sh", "-c", command, cwd=folder, env=one.environment)
    assert await shell.wait() == 0
    assert creates(server) == {"A": 1}
    assert (await one.run("runs", "--json")).json["runs"][0]["counts"] == {"Created": 1}


def write_aged(path: Path, names: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    write_workbook(path, [row(it) for it in names])
    os.utime(path, (1_700_000_000, 1_700_000_000))
