"""`journal prune`, and what the other commands say of a run that was pruned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.load_runs import creates
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main
    from tests.program import Finished


class Pruned:
    """An account in which a run of two rows was pruned."""

    def __init__(self, main: Main, server: Sandbox) -> None:
        self.server = server
        self._main = main
        write_workbook(Path("campaigns.xlsx"), [row("A"), row("B")])
        self.run = self("run", "campaigns.xlsx", "--yes", "--json").json["run"]
        self.told = self("journal", "prune", "--older-than", "0s", "--yes", "--json")

    def __call__(self, *arguments: object) -> Finished:
        return self._main(*arguments, host=self.server.url)


@pytest.fixture
def pruned(main: Main, serve_aside: Callable[..., Sandbox], folder: Path) -> Pruned:
    assert folder.exists()
    return Pruned(main, serve_aside())


def test_what_was_pruned_is_reported(pruned: Pruned) -> None:
    assert pruned.told.code == 0
    assert pruned.told.json["pruned"] == [pruned.run]
    assert 0 < pruned.told.json["unused_bytes"] < pruned.told.json["bytes"]
    again = pruned("journal", "prune", "--older-than", "0s", "--yes")
    assert (again.code, again.out[:17]) == (0, "no run ended befo")
    assert pruned("runs", "--json").json["runs"][0]["pruned_at"]


@pytest.mark.parametrize(
    "command",
    [("show",), ("results",), ("undo", "--yes"), ("resume", "--yes"), ("verify",), ("reconcile",)],
)
def test_of_a_run_that_was_pruned_each_command_says_so_in_a_sentence(pruned: Pruned, command: tuple[str, ...]) -> None:
    done = pruned(command[0], pruned.run, *command[1:])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"campaign-loader: run {pruned.run} was pruned on ")
    assert done.err.count("\n") == 1


def test_the_same_sheet_again_creates_nothing_and_can_be_shown(pruned: Pruned) -> None:
    again = pruned("run", "campaigns.xlsx", "--yes", "--json")
    assert (again.code, again.json["counts"]) == (0, {"Created": 2})
    assert again.json["run"] != pruned.run
    assert creates(pruned.server) == {"A": 1, "B": 1}
    assert len(pruned("show", again.json["run"], "--json").json["rows"]) == 2
    assert pruned("results", again.json["run"]).code == 0


def test_a_row_that_was_edited_after_the_pruning_is_a_conflict_and_created_no_second_time(pruned: Pruned) -> None:
    write_workbook(Path("campaigns.xlsx"), [row("A", Description="Another"), row("B")])
    again = pruned("run", "campaigns.xlsx", "--yes", "--json")
    assert (again.code, again.json["counts"]) == (4, {"Conflict": 1, "Created": 1})
    [conflict] = [it for it in pruned("show", again.json["run"], "--json").json["rows"] if it["status"] == "Conflict"]
    assert conflict["message"].endswith("what differs is not known any more: what was sent was pruned")
    assert creates(pruned.server) == {"A": 1, "B": 1}
    assert pruned("plan", "campaigns.xlsx").code == 4


def test_commands_that_choose_a_run_themselves_choose_none_that_was_pruned(pruned: Pruned) -> None:
    assert "no run with unfinished rows" in pruned("resume", "--yes").err
    assert "no run with created campaigns" in pruned("verify").err


def test_nothing_is_pruned_without_a_terminal_to_ask_at_and_without_a_yes(pruned: Pruned) -> None:
    again = pruned("run", "campaigns.xlsx", "--yes", "--json").json["run"]
    done = pruned("journal", "prune", "--older-than", "0s")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "campaign-loader: this drops the workbooks and outcomes of old runs, and there is no terminal to ask at: "
        "give --yes to drop them\n"
    )
    assert pruned("show", again).code == 0


@pytest.mark.parametrize(("said", "left"), [("y", 0), ("n", 1)])
def test_at_a_terminal_it_is_asked_with_what_is_about_to_be_dropped(
    pruned: Pruned, monkeypatch: pytest.MonkeyPatch, said: str, left: int
) -> None:
    pruned("run", "campaigns.xlsx", "--yes", "--json")
    monkeypatch.setattr("loader.cli.commands.journal.must_be_able_to_ask", lambda *_: None)
    monkeypatch.setattr("builtins.input", lambda: said)
    done = pruned("journal", "prune", "--older-than", "0s")
    asked = done.err.replace("\n", " ")
    assert asked.startswith("About to drop the workbooks, how each row ended and what was sent of 1 run, begun from 2")
    assert asked.endswith("none of their campaigns is created again. Go on? [y/N] ")
    assert (done.code, done.out.startswith(f"{1 - left} run")) == (0, True)
    kept = [run for run in pruned("runs", "--json").json["runs"] if run["pruned_at"] is None]
    assert len(kept) == left


def test_runs_that_are_young_enough_are_left_alone(pruned: Pruned) -> None:
    again = pruned("run", "campaigns.xlsx", "--yes", "--json").json["run"]
    assert pruned("journal", "prune", "--older-than", "1d", "--yes", "--json").json["pruned"] == []
    assert pruned("show", again).code == 0


def test_what_no_duration_is_is_reported(pruned: Pruned) -> None:
    done = pruned("journal", "prune", "--older-than", "400", "--yes")
    assert (done.code, done.err) == (
        2,
        "campaign-loader: --older-than '400': should be a number with s, m, h or d, such as 30m or 2h\n",
    )
