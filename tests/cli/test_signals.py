"""Ctrl-C, termination and a pulled plug, at the real program while it sends."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.fault_rules import rule
from tests.forked import Order
from tests.load_runs import creates, held
from tests.program import until
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import MakeWorkbook, Serve
    from tests.forked import ForkServer
    from tests.program import Program

    Start = Callable[..., Program]

NAMES = [f"Campaign {number}" for number in range(40)]


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGHUP, 129, "closed"), (signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "signal")],
)
async def test_the_first_signal_lets_nothing_more_leave_records_what_is_in_flight_and_writes_the_results(
    serve: Serve, program: Start, make_workbook: MakeWorkbook, folder: Path, *, number: int, code: int, word: str
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.1))
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="4", LOADER_TIMEOUT_SECONDS="20")
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json", cold=True)
    await until(lambda: len(server.campaigns) >= 6)
    running.signal(signal.Signals(number))
    stopped_at, arrived = time.monotonic(), len(server.requests)
    done = await running.ended()
    created = len(server.campaigns)
    assert (done.code, done.json["exit_code"]) == (code, code)
    assert done.json["counts"] == {"Created": created, "Not sent": 40 - created}
    assert word in done.json["stopped"]
    assert len([it for it in server.requests if it.at > stopped_at + 1]) == 0
    assert len(server.requests) - arrived <= 5
    results = read_results(folder / done.json["results"])
    assert sorted(it["Campaign name"] for it in results if it["Status"] == "Created") == held(server)
    done = await one.run("run", "--yes", "campaigns.xlsx", "--json")
    assert (done.code, done.json["counts"]) == (0, {"Created": 40})
    assert creates(server) == dict.fromkeys(NAMES, 1)


async def test_under_nohup_a_run_goes_on_when_its_terminal_is_closed(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.1))
    make_workbook(NAMES[:12])
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from loader.cli.main import main; main()"
    running = await program(server.url).start("run", "--yes", "campaigns.xlsx", "--json", code=code)
    await until(lambda: creates(server))
    running.signal(signal.SIGHUP)
    done = await running.ended()
    assert (done.code, done.json["counts"]) == (0, {"Created": 12})


async def test_a_closed_terminal_of_which_shell_and_system_both_tell_is_no_second_signal(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.3))
    make_workbook(NAMES)
    running = await program(server.url).start("run", "--yes", "campaigns.xlsx", "--json")
    await until(lambda: server.campaigns)
    for _ in range(5):
        running.signal(signal.SIGHUP)
        await asyncio.sleep(0.02)
    done = await running.ended()
    assert (done.code, done.json["counts"]["Created"]) == (129, len(server.campaigns))


async def test_the_second_signal_ends_it_at_once_and_the_journal_is_right(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", nth=5, action="hang-after-creating", seconds=60))
    make_workbook(NAMES[:12])
    one = program(server.url, LOADER_CONCURRENCY="2", LOADER_TIMEOUT_SECONDS="60", LOADER_RATE_PER_MINUTE="600")
    running = await one.start("run", "--yes", "campaigns.xlsx")
    await until(lambda: len(server.campaigns) >= 6)
    running.signal(signal.SIGINT)
    asked_again = time.monotonic()
    running.signal(signal.SIGTERM)
    done = await running.ended()
    assert time.monotonic() - asked_again < 20
    assert (done.code, done.out) == (-signal.SIGTERM, "")
    done = await one.run("run", "--yes", "campaigns.xlsx", "--json", LOADER_TIMEOUT_SECONDS="1")
    assert (done.code, done.json["counts"]) == (0, {"Created": 12})
    assert creates(server) == dict.fromkeys(NAMES[:12], 1)


BUSY = """
import asyncio, re
from loader.cli.session import overseen

async def work(hear, confirm, stop):
    print("ready", flush=True)
    while not stop.asked:
        await asyncio.sleep(0.01)
    print("stopping", flush=True)
    await asyncio.to_thread(re.search, "(a+)+$", "a" * 60 + "b")

overseen(work, None)
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
async def test_the_second_signal_ends_it_also_while_something_keeps_python_busy(
    program: Start, *, second: signal.Signals
) -> None:
    running = await program().start(code=BUSY)
    assert await running.line() == "ready\n"
    running.signal(signal.SIGINT)
    assert await running.line() == "stopping\n"
    running.signal(second)
    assert (await running.ended(within=10)).code == -second


async def test_a_signal_while_it_waits_for_the_limit_ends_it_promptly(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", nth=3, action="rate-limited", retry_after="300"))
    make_workbook(NAMES[:6])
    running = await program(server.url, LOADER_CONCURRENCY="2").start("run", "--yes", "campaigns.xlsx", "--json")
    await running.says("limit reached, going on in 300 s")
    asked_at = time.monotonic()
    running.signal(signal.SIGTERM)
    done = await running.ended()
    assert time.monotonic() - asked_at < 60
    assert done.code == 143
    assert done.json["counts"]["Not sent"] >= 2


async def test_a_signal_while_lost_answers_wait_to_be_looked_up_ends_it_promptly_and_leaves_them_unknown(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="Campaign 1", times=1, action="reset-after-creating"))
    make_workbook(NAMES[:3])
    one = program(server.url, LOADER_TIMEOUT_SECONDS="30", LOADER_SETTLE_SECONDS="60")
    running = await one.start("run", "--yes", "campaigns.xlsx", "--json")
    await running.says("rows without an answer: 1; the campaign list is read, going on in ")
    await until(lambda: len(server.campaigns) == 3)
    running.signal(signal.SIGTERM)
    done = await running.ended()
    assert (done.code, done.json["counts"]) == (143, {"Created": 2, "Unknown": 1})
    done = await one.run(
        "run", "--yes", "campaigns.xlsx", "--json", LOADER_TIMEOUT_SECONDS="1", LOADER_SETTLE_SECONDS="0.3"
    )
    assert (done.code, done.json["counts"]) == (0, {"Created": 3})
    assert creates(server) == dict.fromkeys(NAMES[:3], 1)


async def test_a_program_that_was_killed_goes_on_where_it_was_and_its_run_can_be_looked_at_before(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.1))
    make_workbook(NAMES)
    one = program(server.url, LOADER_CONCURRENCY="4")
    running = await one.start("run", "--yes", "campaigns.xlsx", cold=True)
    await until(lambda: len(server.campaigns) >= 10)
    await running.killed()
    [run] = (await one.run("runs", "--json")).json["runs"]
    assert run["ended_at"] is None
    shown = (await one.run("show", run["run"], "--json")).json["rows"]
    ends = {it["name"]: it["status"] for it in shown}
    assert set(ends.values()) <= {"Created", "Unknown", "Not sent"}
    assert {name for name, end in ends.items() if end != "Not sent"} >= set(held(server))
    done = await one.run("resume", "--yes", "--json", cold=True, LOADER_TIMEOUT_SECONDS="1")
    assert (done.code, done.json["counts"], done.json["run"]) == (0, {"Created": 40}, run["run"])
    assert held(server) == sorted(NAMES)


# On a terminal


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, fork_server: ForkServer, order: Order) -> None:
        self.said = ""
        self._handle, its_end = pty.openpty()
        self.process = fork_server.start(order, [its_end, its_end, its_end])
        os.close(its_end)

    async def shows(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in self.said:
                self.said += await asyncio.to_thread(self._read)

    async def asks(self, question: str) -> None:
        """Wait until it has asked and reads. A signal between its last look for one and its reading is seen late."""
        await self.shows(question)
        for _ in range(3):
            await asyncio.sleep(0.02)
            await until(self._rests)

    def _rests(self) -> bool:
        stat = Path(f"/proc/{self.process.pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(") ")[2].startswith("S")

    def types(self, text: str) -> None:
        os.write(self._handle, text.encode())

    async def ended(self) -> int:
        async with asyncio.timeout(60):
            while text := await asyncio.to_thread(self._read):
                self.said += text
        return self.process.wait(timeout=60)

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._handle)

    def _read(self) -> str:
        try:
            return os.read(self._handle, 65536).decode(errors="replace")
        except OSError:  # its other end is closed
            return ""


@pytest.fixture
def on_a_terminal(program: Start, fork_server: ForkServer, folder: Path) -> Iterator[Callable[..., Terminal]]:
    all_of_them: list[Terminal] = []

    def started(host: str, *arguments: str) -> Terminal:
        environment = dict(program(host, TERM="xterm").environment)
        order = Order("loader.cli.main:main", arguments, str(folder), environment, terminal=True)
        all_of_them.append(Terminal(fork_server, order))
        return all_of_them[-1]

    yield started
    for one in all_of_them:
        one.close()


async def test_on_a_terminal_it_says_what_it_is_about_to_do_and_asks(
    serve: Serve, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    make_workbook(NAMES[:3])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx")
    await one.asks("Go on? [y/N] ")
    said = one.said.replace("\r\n", "\n")
    assert "campaigns.xlsx, sheet 'Campaigns': 3 rows: 3 to create\nCalling hours: Monday 9:00 AM - 6:00 PM" in said
    assert "About to create 3 campaigns in account demo00000000000000000000" in said
    assert creates(server) == {}
    one.types("y\n")
    assert await one.ended() == 0
    assert "3 rows of campaigns.xlsx: 3 created" in one.said.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert held(server) == NAMES[:3]


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [("n\n", 4, "not confirmed, so nothing was sent"), ("\n", 4, "not confirmed"), ("\x03", 130, "stopped by Ctrl-C")],
)
async def test_any_other_answer_sends_nothing(
    serve: Serve,
    on_a_terminal: Callable[..., Terminal],
    make_workbook: MakeWorkbook,
    *,
    typed: str,
    code: int,
    said: str,
) -> None:
    server = await serve()
    make_workbook(NAMES[:3])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx")
    await one.asks("Go on? [y/N] ")
    one.types(typed)
    assert await one.ended() == code
    assert said in one.said
    assert "3/3" not in one.said  # a full bar
    assert "Results" not in one.said
    assert creates(server) == {}


async def test_undo_takes_the_last_run_where_it_can_ask(
    serve: Serve, program: Start, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    make_workbook(NAMES[:1])
    await program(server.url).run("run", "--yes", "campaigns.xlsx", "--json")
    second = make_workbook(NAMES[1:3])
    run = (await program(server.url).run("run", "--yes", second.name, "--json")).json["run"]
    one = on_a_terminal(server.url, "undo")
    await one.asks("Go on? [y/N] ")
    assert f"About to delete 2 campaigns of run {run}" in one.said
    one.types("n\n")
    assert await one.ended() == 4
    assert held(server) == NAMES[:3]


async def test_the_question_shows_what_was_read_otherwise_and_what_becomes_of_every_row(
    serve: Serve, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    rows = [row("A", Timezone="EST"), row("B", Timezone="EST", Remark="VIP"), row("C", Priority=9)]
    make_workbook([*rows, {"Priority": 3}])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx")
    await one.asks("Go on? [y/N] ")
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", one.said)
    assert "4 rows: 2 to create, 1 invalid, 1 passed over" in said
    assert re.search(r"warning 2 rows: Timezone: 'EST' is 5 hours behind UTC all year, .*; [A-Z]2, [A-Z]3", said)
    assert "warning The sheet has columns that are not used: 'Remark' in column M." in said
    one.types("n\n")
    assert await one.ended() == 4


async def test_what_was_typed_before_the_question_is_no_answer_to_it(
    serve: Serve, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="list", action="slow", seconds=1))
    make_workbook(NAMES[:3])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx")
    await one.shows("reading the campaign list")
    one.types("y\ny\n")
    await one.asks("Go on? [y/N] ")
    assert one.process.poll() is None
    one.types("n\n")
    assert await one.ended() == 4
    assert creates(server) == {}


async def test_with_yes_nobody_is_asked_on_a_terminal_either(
    serve: Serve, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    make_workbook(NAMES[:3])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx", "--yes")
    assert await one.ended() == 0
    assert "Go on?" not in one.said
    assert held(server) == NAMES[:3]


async def test_a_termination_signal_while_it_asks_means_no(
    serve: Serve, on_a_terminal: Callable[..., Terminal], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    make_workbook(NAMES[:3])
    one = on_a_terminal(server.url, "run", "campaigns.xlsx")
    await one.asks("Go on? [y/N] ")
    one.process.send_signal(signal.SIGTERM)
    assert await one.ended() == 143
    assert creates(server) == {}
