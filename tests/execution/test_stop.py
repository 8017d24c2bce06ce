"""Ctrl-C and a termination signal, at whatever the program is just doing; and a disk that is full."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from loader.errors import LoaderError, StoppedError
from loader.execution.connection import Stop
from loader.sandbox.fault_rules import rule
from tests.load_runs import asked, creates, held
from tests.program import until
from tests.sheets import read_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeWorkbook, Serve
    from tests.program import Finished, Program, Running

NAMES = [f"Campaign {number}" for number in range(8)]
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


async def stopped(running: Running, number: signal.Signals, *, within: float) -> Finished:
    running.signal(number)
    return await running.ended(within)


async def told(running: Running, words: str) -> None:
    """Wait until it says so on standard error."""
    assert running._process.stderr is not None
    async with asyncio.timeout(60):
        while words not in (line := (await running._process.stderr.readline()).decode()):
            assert line, f"it never said: {words}"


def test_a_stop_is_reported_to_whoever_listens_and_to_whoever_comes_late() -> None:
    stop, received = Stop(), list[LoaderError]()
    stop.reports_to(received.append)
    assert received == []
    stop.ask("stopped by Ctrl-C")
    assert [str(it) for it in received] == ["stopped by Ctrl-C"]
    stop.reports_to(received.append)
    assert [str(it) for it in received] == ["stopped by Ctrl-C", "stopped by Ctrl-C"]
    assert isinstance(stop.asked, StoppedError)


@pytest.mark.parametrize("number", CODES)
async def test_the_first_signal_lets_what_is_in_flight_finish_and_writes_it_all_down(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook, folder: Path, number: signal.Signals
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=1))
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="2", LOADER_TIMEOUT_SECONDS="20")
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json")
    await until(lambda: asked(server)["create"] == 2)
    done = await stopped(running, number, within=20)
    assert (done.code, done.json["exit_code"]) == (CODES[number], CODES[number])
    assert done.json["counts"] == {"Created": 2, "Not sent": 6}
    assert len(held(server)) == asked(server)["create"] == 2
    rows = read_results(folder / done.json["results"])
    assert sorted(it["Status"] for it in rows) == ["Created"] * 2 + ["Not sent"] * 6
    assert {it["Message"] for it in rows if it["Status"] == "Not sent"} == {done.json["stopped"]}
    assert done.json["stopped"].startswith("stopped by ")
    await everything_is_created_by_the_next_run(server.url, program)
    assert creates(server) == dict.fromkeys(NAMES, 1)


async def everything_is_created_by_the_next_run(url: str, program: Callable[..., Program]) -> None:
    # the server is given up soon: only then can what was in flight be looked up
    done = await program(url, LOADER_TIMEOUT_SECONDS="1").run("run", "--yes", "campaigns.xlsx", "--json")
    assert (done.code, done.json["counts"]) == (0, {"Created": len(NAMES)})


@pytest.mark.parametrize("number", CODES)
async def test_the_second_signal_ends_it_at_once_and_the_journal_is_right(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook, number: signal.Signals
) -> None:
    server = await serve(rule(operation="create", times=3, action="slow", seconds=30))
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="3", LOADER_TIMEOUT_SECONDS="60")
    running = await one.start("run", "--yes", "campaigns.xlsx")
    await until(lambda: asked(server)["create"] == 3)
    running.signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        while not running.over:  # again and again: signals not yet delivered count as one, or come in another order
            with suppress(ProcessLookupError):
                os.kill(running.pid, number)
            await asyncio.sleep(0.05)
    done = await running.ended()
    assert -done.code in (number, signal.SIGTERM)
    assert "Traceback" not in done.err
    await everything_is_created_by_the_next_run(server.url, program)
    assert creates(server) == dict.fromkeys(NAMES, 1)


async def test_it_stops_while_it_waits_because_the_server_asked_for_that(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", nth=2, action="rate-limited", retry_after="600"))
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="1")
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json")
    await until(lambda: any(it.status == 429 for it in server.requests))
    done = await stopped(running, signal.SIGTERM, within=10)
    assert (done.code, done.json["counts"]) == (143, {"Created": 1, "Not sent": 7})


async def test_it_stops_while_nobody_can_be_reached(
    program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    make_workbook(NAMES)
    running = await program("http://127.0.0.1:9").start("run", "--yes", "campaigns.xlsx", "--json")
    await told(running, "not sent: 127.0.0.1:9 cannot be reached (Connection refused), going on in")
    done = await stopped(running, signal.SIGINT, within=10)
    assert (done.code, done.json["counts"]) == (130, {"Not sent": 8})


async def test_it_stops_while_rows_in_doubt_wait_to_be_looked_up_and_the_next_run_does_that(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name=NAMES[0], action="reset-after-creating"))
    make_workbook(NAMES)
    one = program(server.url, LOADER_TIMEOUT_SECONDS="60", LOADER_SETTLE_SECONDS="60")
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json")
    await until(lambda: len(held(server)) == 8)
    done = await stopped(running, signal.SIGTERM, within=10)
    assert (done.code, done.json["exit_code"]) == (143, 143)
    assert done.json["counts"] == {"Created": 7, "Unknown": 1}
    await everything_is_created_by_the_next_run(server.url, program)
    assert creates(server) == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("preflight", [True, False])
async def test_it_stops_while_it_reads_the_list(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook, preflight: bool
) -> None:
    server = await serve(
        rule(operation="list", action="slow", seconds=1.5),
        rule(operation="create", name=NAMES[-1], action="reset-after-creating"),
    )
    make_workbook(NAMES)
    one = program(server.url, LOADER_TIMEOUT_SECONDS="2", LOADER_SETTLE_SECONDS="0.1", LOADER_CONCURRENCY="1")
    options = [] if preflight else ["--no-preflight"]
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json", *options)
    await until(lambda: asked(server)["list"] == 1)
    done = await stopped(running, signal.SIGTERM, within=10)
    assert done.code == 143
    assert asked(server)["list"] == 1
    if preflight:
        assert (creates(server), done.json["counts"]) == ({}, {"Not sent": 8})
    else:  # the page that was under way is not in vain
        assert done.json["counts"] == {"Created": 8}


FULL_DISK = """
import resource, sys
from pathlib import Path
from loader.api.client import Client
from loader.cli.main import main

left, create = int(sys.argv.pop(1)), Client.create

def fill(room):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

async def create_and_fill(*arguments, **named):
    global left
    left -= 1
    if left == 0:
        fill(Path("output/journal.db-wal").stat().st_size)
    return await create(*arguments, **named)

Client.create = create_and_fill
if left == 0:
    fill(1000)
main()
"""


@pytest.mark.parametrize("create", [0, 1, *(pytest.param(it, marks=pytest.mark.slow) for it in (3, 6))])
async def test_on_a_full_disk_no_request_leaves_that_was_not_recorded(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook, create: int
) -> None:
    # no file grows any more from a create on, or from the start
    server = await serve()
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="1", LOADER_RATE_PER_MINUTE="120")  # groups of two
    full = await one.run(str(create), "run", "campaigns.xlsx", "--yes", "--json", code=FULL_DISK)
    said = full.json.get("error") or full.json["stopped"]
    assert "the journal output/journal.db cannot be read or written: " in said, said
    assert full.code in (2, 4, 5)
    assert "Traceback" not in full.err
    assert create - 1 <= len(creates(server)) <= create + 1
    await everything_is_created_by_the_next_run(server.url, program)
    assert creates(server) == dict.fromkeys(NAMES, 1)
