"""Nights as processes: two at once, killed at any moment, stopped by a signal; and what they print."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from loader.sandbox.fault_rules import rule
from tests.docs.pages import PAGES, blocks
from tests.load_runs import asked, creates, held
from tests.nightly.nights import Inbox, short
from tests.program import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.program import Finished, Program

[SCHEMA] = [schema for schema in map(json.loads, blocks(PAGES["json"], "json")) if "$defs" in schema]
NAMES = [f"Campaign {number}" for number in range(6)]


@pytest.fixture
def box(folder: Path) -> Inbox:
    (folder / "incoming").mkdir()
    return Inbox(folder / "incoming")


def lines(ended: Finished) -> list[dict[str, Any]]:
    """What it printed, which is as the page json says."""
    told = [json.loads(line) for line in ended.out.splitlines()]
    for one in told:
        Draft202012Validator(SCHEMA).validate(one)
    assert "file" not in told[-1]
    assert all("file" in one for one in told[:-1])
    return told


def test_the_schema_of_the_reference_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


async def test_each_workbook_and_the_night_are_a_line_and_what_they_say_is_so(
    serve: Serve, program: Callable[..., Program], box: Inbox
) -> None:
    server = await serve(rule(operation="create", name="C", action="refused"))
    box.put("a.xlsx", ["A", "B"], age=5000)
    box.put("b.xlsx", ["C"], age=4000)
    box.put_bytes("c.csv", b"nothing", age=3000)
    box.put("d.xlsx", ["D"])
    box.put_bytes("~$d.xlsx", b"")
    ended = await program(server.url).run("nightly", "incoming", "--json", "--log-json", cold=True)
    *files, night = lines(ended)
    assert [(it["file"], it["exit_code"], it["moved_to"]) for it in files] == [
        ("incoming/d.xlsx", 4, None),
        ("incoming/a.xlsx", 0, "incoming/done/a.xlsx"),
        ("incoming/b.xlsx", 4, "incoming/failed/b.xlsx"),
        ("incoming/c.csv", 3, "incoming/failed/c.csv"),
    ]
    assert [short(it["results"]) for it in files] == [
        "None",
        "incoming/done/a-RESULTS.xlsx",
        "incoming/failed/b-RESULTS.xlsx",
        "None",
    ]
    assert (ended.code, night["exit_code"]) == (4, 4)
    assert {key: night[key] for key in ("done", "failed", "left", "counts")} == {
        "done": 1,
        "failed": 2,
        "left": 1,
        "counts": {"Created": 2, "Rejected": 1},
    }
    log = [json.loads(line) for line in ended.err.splitlines()]
    assert Counter(it["event"] for it in log)["workbook"] == 4
    assert log[-1]["event"] == "night"
    assert {it["workbook"] for it in log if it["event"] == "outcome"} == {"incoming/a.xlsx", "incoming/b.xlsx"}
    assert all(it["run"] for it in log if it["event"] == "outcome")


async def test_without_json_a_person_reads_the_same(serve: Serve, program: Callable[..., Program], box: Inbox) -> None:
    server = await serve()
    box.put("a.xlsx", ["A"])
    box.put_bytes("b.csv", b"nothing")
    ended = await program(server.url).run("nightly", "incoming")
    assert ended.code == 3
    *_, last = ended.out.splitlines()
    assert "incoming/a.xlsx: 1 created; moved to incoming/done/a.xlsx" in ended.out
    assert re.fullmatch(r"2 workbooks in .*: 1 done, 1 failed, 0 left\. Rows: 1 created\.", last)


async def test_the_command_of_the_readme_works_as_written(
    serve: Serve, program: Callable[..., Program], box: Inbox, folder: Path
) -> None:
    server = await serve()
    [written] = [line for block in blocks(PAGES["nightly"], "sh") for line in block.splitlines() if " nightly " in line]
    late = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(hours=12)
    words = shlex.split(written.replace("06:00", f"{late:%H:%M}"))
    box.put("a.xlsx", ["A"])
    ended = await program(server.url).run(*words[1:])
    assert (ended.code, held(server)) == (0, ["A"])
    assert re.search(r"campaign_loader_nightly_exit_code\{.*\} 0\n", (folder / "nightly.prom").read_text())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--timezone", "Europe/Berlin"], "--timezone Europe/Berlin: needs --deadline, such as --deadline 06:00"),
        (["--deadline", "6 am"], "--deadline '6 am': should be a time"),
        (["--deadline", "06:00", "--timezone", "Berlin"], "--timezone 'Berlin': should be a name of the tz database"),
    ],
)
async def test_wrong_options_are_said_before_anything_is_done(
    program: Callable[..., Program], box: Inbox, options: list[str], said: str
) -> None:
    box.put("a.xlsx", ["A"])
    ended = await program().run("nightly", "incoming", *options)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert box.holds() == ["a.xlsx"]


async def test_of_two_nights_at_once_one_runs_and_the_other_says_who_and_ends_with_7(
    serve: Serve, program: Callable[..., Program], box: Inbox
) -> None:
    server = await serve(rule(operation="create", times=1, action="slow-to-create", seconds=600))
    box.put("a.xlsx", NAMES)
    one = program(server.url, LOADER_TIMEOUT_SECONDS="1", LOADER_CONCURRENCY="1")
    first = await one.start("nightly", "incoming", "--json", LOADER_TIMEOUT_SECONDS="600")
    await until(lambda: asked(server)["create"])
    second = await one.run("nightly", "incoming", "--json")
    assert (second.code, second.json["exit_code"]) == (7, 7)
    Draft202012Validator(SCHEMA).validate(second.json)
    assert re.fullmatch(
        rf"another nightly is running on the folder incoming: process {first.pid}, since \d{{4}}-.* UTC",
        second.json["error"],
    )
    await first.killed()  # a dead one keeps nobody out
    third = await one.run("nightly", "incoming", "--json")
    assert (third.code, lines(third)[-1]["counts"]) == (0, {"Created": 6})
    assert held(server) == NAMES


async def test_of_several_begun_at_the_same_moment_each_row_is_created_once(
    serve: Serve, program: Callable[..., Program], box: Inbox
) -> None:
    server = await serve()
    box.put("a.xlsx", NAMES)
    one = program(server.url)
    ended = await asyncio.gather(*(one.run("nightly", "incoming", "--json") for _ in range(3)))
    assert {0} <= {it.code for it in ended} <= {0, 7}
    assert creates(server) == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("created", [1, 4])
async def test_a_night_that_is_killed_is_gone_on_with_by_the_next(
    serve: Serve, program: Callable[..., Program], box: Inbox, folder: Path, created: int
) -> None:
    stuck = rule(operation="create", nth=created + 1, times=1, action="slow-to-create", seconds=600)
    server = await serve(stuck)
    box.put("a.xlsx", NAMES[:4], age=5000)
    box.put("b.xlsx", NAMES[3:])
    one = program(server.url, LOADER_CONCURRENCY="1", LOADER_TIMEOUT_SECONDS="1")
    first = await one.start("nightly", "incoming", "--json", LOADER_TIMEOUT_SECONDS="600")
    await until(lambda: asked(server)["create"] > created)
    await first.killed()
    status = json.loads((folder / "output" / "nightly.json").read_text())
    assert (status["process"], status["last_end"]) == (first.pid, None)
    done = await one.run("nightly", "incoming", "--json")
    assert (done.code, lines(done)[-1]["left"]) == (0, 0)
    assert held(server) == NAMES
    status = json.loads((folder / "output" / "nightly.json").read_text())
    assert status["last_start"] < status["last_end"]
    assert [name for name in box.holds() if "RESULTS" not in name] == ["done/a.xlsx", "done/b.xlsx"]
    assert {name for name in box.holds() if "RESULTS" in name} == {"done/a-RESULTS.xlsx", "done/b-RESULTS.xlsx"}


KILLED = """
import os, signal, sys
import loader.storage.atomic_files, loader.nightly.batch
from loader.cli.main import main

module, name, nth, first = sys.argv[1].split()
del sys.argv[1]
module, left = sys.modules[module], int(nth)
work = getattr(module, name)

def pull_the_plug():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def killed(*given, **named):
    if first == "before":
        pull_the_plug()
    done = work(*given, **named)
    if first == "after":
        pull_the_plug()
    return done

setattr(module, name, killed)
main()
"""


@pytest.mark.parametrize(
    "moment",
    [
        "loader.nightly.status write_over 1 before",
        "loader.nightly.status write_over 1 after",
        "loader.nightly.batch put_away 1 before",
        "loader.nightly.put_away note_loaded 1 before",
        "loader.nightly.put_away note_loaded 1 after",
        "loader.nightly.put_away move_new 1 after",  # the results are there, the workbook is not
        "loader.storage.atomic_files _take_name 3 after",  # the workbook has two names
        "loader.nightly.put_away move_new 2 after",
        "loader.nightly.status write_over 2 before",
    ],
)
async def test_killed_at_any_step_of_putting_away_everything_is_there_once(
    serve: Serve, program: Callable[..., Program], box: Inbox, moment: str
) -> None:
    server = await serve()
    box.put("a.xlsx", ["A", "B"])
    one = program(server.url)
    killed = await one.run(moment, "nightly", "incoming", code=KILLED)
    assert killed.code == -signal.SIGKILL
    done = await one.run("nightly", "incoming", "--json")
    assert done.code == 0
    assert creates(server) == {"A": 1, "B": 1}
    assert [name for name in box.holds() if "RESULTS" not in name] == ["done/a.xlsx"]
    assert any(name.startswith("done/a-RESULTS") for name in box.holds())
    assert lines(await one.run("nightly", "incoming", "--json", "--expect"))[-1]["exit_code"] == 4


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow), (signal.SIGTERM, 143)]
)
async def test_a_signal_lets_what_is_under_way_finish_and_the_next_night_goes_on(
    serve: Serve, program: Callable[..., Program], box: Inbox, number: signal.Signals, code: int
) -> None:
    server = await serve(rule(operation="create", action="slow", times=1, seconds=3))
    box.put("a.xlsx", NAMES[:3], age=5000)
    box.put("b.xlsx", NAMES[3:])
    one = program(server.url, LOADER_CONCURRENCY="1")
    first = await one.start("nightly", "incoming", "--json", cold=True)
    await until(lambda: asked(server)["create"] == 1)
    first.signal(number)
    ended = await first.ended()
    a, b, night = lines(ended)
    assert (ended.code, night["exit_code"], night["left"]) == (code, code, 2)
    assert a["counts"] == {"Created": 1, "Not sent": 2}
    assert (b["run"], b["error"].startswith("not begun: stopped by ")) == (None, True)
    assert json.loads((box.folder.parent / "output" / "nightly.json").read_text())["exit_code"] == code
    done = await one.run("nightly", "incoming", "--json")
    assert (done.code, lines(done)[-1]["done"]) == (0, 2)
    assert creates(server) == dict.fromkeys(NAMES, 1)
    assert [name for name in box.holds() if not name.startswith("done/")] == []


@pytest.mark.long
async def test_the_deadline_holds_for_a_real_night(serve: Serve, program: Callable[..., Program], box: Inbox) -> None:
    # it is the next full minute, of which some seconds are left; the account could not send all of it in that time
    server = await serve()
    names = [f"Campaign {number:03}" for number in range(300)]
    box.put("a.xlsx", names)
    one = program(server.url, LOADER_RATE_PER_MINUTE="240")
    await asyncio.sleep((45 - datetime.now(UTC).second) % 60)
    deadline = datetime.now(UTC) + timedelta(minutes=1)
    ended = await one.run("nightly", "incoming", "--json", "--deadline", f"{deadline:%H:%M}", "--timezone", "UTC")
    a, night = lines(ended)
    assert (ended.code, a["error"], a["moved_to"]) == (4, "the deadline has come", None)
    assert night["counts"]["Created"] + night["counts"]["Not sent"] == 300
    assert night["counts"]["Created"] == len(held(server))
