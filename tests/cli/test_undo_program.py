"""`undo` as people start it: killed, stopped, asked, and what the other commands say of it."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.fault_rules import rule
from tests.load_runs import asked, creates, held
from tests.program import until
from tests.sheets import read_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main, MakeWorkbook, Serve
    from tests.program import Finished, Program

NAMES = ["A", "B", "C", "D"]


def rows(done: Finished) -> dict[str, str]:
    return {it["name"]: it["status"] for it in done.json["rows"]}


@pytest.mark.parametrize("action", ["hang-before-creating", "hang-after-creating"])
async def test_killed_while_it_deletes_it_leaves_one_row_that_no_run_sends_until_it_is_undone_again(
    action: str, serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="delete", nth=2, action=action))
    make_workbook(NAMES)
    one = program(server.url, LOADER_TIMEOUT_SECONDS="60")
    run = (await one.run("run", "--yes", "campaigns.xlsx", "--json")).json["run"]
    undoing = await one.start("undo", run, "--yes")
    await until(lambda: asked(server)["delete"] == 2)
    await undoing.killed()
    settles = f"`undo {run}` finds out"

    again = await one.run("run", "--yes", "campaigns.xlsx", "--json")
    assert (again.code, again.json["counts"]) == (5, {"Created": 3, "Unknown": 1})
    assert again.json["run"] != run
    assert creates(server) == {"A": 2, "B": 1, "C": 1, "D": 1}
    for shown in (run, again.json["run"]):
        told = {it["name"]: it for it in (await one.run("show", shown, "--json")).json["rows"]}
        assert told["B"]["status"] == "Unknown"
        assert told["B"]["message"].endswith(settles)
    assert (await one.run("reconcile", run, "--json")).code == 5
    assert asked(server)["delete"] == 2

    done = await one.run("undo", run, "--yes", "--json")
    assert (done.code, rows(done)) == (0, dict.fromkeys("BCD", "deleted"))
    assert held(server) == ["A"]  # the later run's
    last = await one.run("run", "--yes", "campaigns.xlsx", "--json")
    assert (last.code, last.json["counts"]) == (0, {"Created": 4})
    assert held(server) == NAMES
    assert creates(server) == dict.fromkeys(NAMES, 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_stopped_by_a_signal_it_sees_the_deletion_under_way_to_its_end(
    number: signal.Signals, code: int, serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="delete", action="slow", seconds=2))
    make_workbook(NAMES)
    one = program(server.url)
    run = (await one.run("run", "--yes", "campaigns.xlsx", "--json")).json["run"]
    undoing = await one.start("undo", run, "--yes", "--json")
    await until(lambda: asked(server)["delete"] == 1)
    undoing.signal(number)
    done = await undoing.ended()
    assert (done.code, done.json["exit_code"]) == (code, code)
    assert rows(done) == {"A": "deleted", "B": "kept", "C": "kept", "D": "kept"}
    assert held(server) == ["B", "C", "D"]


@pytest.fixture
def loaded(serve_aside: Callable[..., Sandbox], main: Main, make_workbook: MakeWorkbook) -> tuple[Sandbox, str]:
    """A sandbox with campaigns, and the run that created them."""
    server = serve_aside(prepare_seconds=0)
    make_workbook(NAMES)
    return server, main("run", "--yes", "campaigns.xlsx", "--json", host=server.url).json["run"]


def test_without_a_terminal_it_must_be_allowed_to_delete(loaded: tuple[Sandbox, str], main: Main) -> None:
    server, run = loaded
    before = asked(server)
    done = main("undo", run, host=server.url)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "campaign-loader: undo deletes campaigns, and there is no terminal to ask at: give --yes to delete them\n"
    )
    assert asked(server) == before


def test_a_run_must_be_named_and_be_one_of_this_application(loaded: tuple[Sandbox, str], main: Main) -> None:
    server, run = loaded
    unnamed = main("undo", "--yes", host=server.url)
    assert (unnamed.code, "name the RUN" in unnamed.err) == (2, True)
    assert main("undo", "1999", "--yes", host=server.url).code == 2
    done = main("undo", run, "--yes", host="http://127.0.0.1:9")
    assert (done.code, done.err) == (
        2,
        f"campaign-loader: the journal has no run '{run}'; `campaign-loader runs` lists them\n",
    )
    assert held(server) == NAMES


def test_it_is_reported_in_a_few_lines_and_the_other_commands_know_of_it(
    loaded: tuple[Sandbox, str], main: Main, folder: Path
) -> None:
    server, run = loaded
    ids = {it.name: it.id for it in server.campaigns}
    server.start(ids["C"])
    done = main("undo", run[:8], "--yes", host=server.url)
    assert done.code == 4
    assert done.out.splitlines() == [
        "4 campaigns of campaigns.xlsx: 3 deleted, 1 kept",
        f"  row 4 C ({ids['C']}): kept - it was started; its status is Active",
        f"Undoing run {run} took 7 requests.",
    ]
    assert done.err.splitlines() == ["reading the campaign list", "deleting 3 rows"]
    assert main("runs", host=server.url).out.rstrip().endswith("1 created, 3 deleted")
    resumed = main("resume", "--yes", host=server.url)
    assert (resumed.code, "the journal has no run with unfinished rows" in resumed.err) == (2, True)

    written = read_results(folder / main("results", run, host=server.url).out.strip())
    assert Counter((it["Status"], it["Campaign status"]) for it in written) == {
        ("Not sent", "Deleted"): 3,
        ("Created", "Preparing"): 1,
    }
    assert written[0]["Campaign ID"] is None
    assert written[0]["Message"].startswith(f"created as {ids['A']}, and deleted by `undo` at 20")
    # the results are a sheet as well
    sheet = main("results", run, host=server.url).out.strip()
    again = main("run", "--yes", sheet, "--json", host=server.url)
    assert (again.code, again.json["counts"]) == (0, {"Created": 4})
    assert held(server) == NAMES


def test_refused_credentials_end_with_6(loaded: tuple[Sandbox, str], main: Main) -> None:
    server, run = loaded
    done = main("undo", run, "--yes", "--json", host=server.url, KORE_CLIENT_SECRET="wrong" * 13)
    assert (done.code, done.json["counts"]) == (6, {"kept": 4})
    assert held(server) == NAMES


def test_where_nothing_was_created_there_is_nothing_to_undo(
    serve_aside: Callable[..., Sandbox], main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(rule(operation="create", action="refused"))
    make_workbook(NAMES)
    run = main("run", "--yes", "campaigns.xlsx", "--json", host=server.url).json["run"]
    before = asked(server)
    done = main("undo", run, "--yes", host=server.url)
    assert (done.code, done.out.splitlines()) == (0, ["Nothing to undo.", f"Undoing run {run} took 0 requests."])
    assert asked(server) == before
