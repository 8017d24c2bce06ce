"""Unknown rows adopted or created once more on the command line: asked, or refused where nobody can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.sandbox.fault_rules import rule
from tests.load_runs import asked, creates, held

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main, MakeWorkbook

SHEET, NAME, KEPT = "campaigns.xlsx", "R&D Recall", "R&amp;D Recall"


@pytest.fixture
def server(serve_aside: Callable[..., Sandbox], main: Main, make_workbook: MakeWorkbook) -> Sandbox:
    """It keeps the only row's campaign under another name, and its answer was lost."""
    server = serve_aside(
        rule(operation="create", action="rename", how="escape"),
        rule(operation="create", times=1, action="reset-after-creating"),
    )
    make_workbook([NAME])
    done = main("run", SHEET, "--yes", "--json", host=server.url, LOADER_TIMEOUT_SECONDS="0.7")
    assert (done.code, done.json["counts"]) == (5, {"Unknown": 1})
    return server


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr("loader.cli.session.must_be_able_to_ask", lambda *_: None)
    monkeypatch.setattr("builtins.input", lambda: said)


@pytest.mark.parametrize("command", [["reconcile", "--adopt", f"{NAME}=cd-1"], ["run", SHEET, "--recreate", NAME]])
def test_without_a_terminal_and_without_yes_nothing_is_adopted_or_created_once_more(
    server: Sandbox, main: Main, command: list[str]
) -> None:
    before = len(server.requests)
    done = main(*command, host=server.url)
    assert done.code == 2
    assert ", and there is no terminal to ask at: give --yes to " in done.err
    assert len(server.requests) == before


def test_what_was_adopted_stands_in_the_history_and_is_not_sent_again(server: Sandbox, main: Main) -> None:
    its = server.campaigns[0].id
    done = main("reconcile", "--adopt", f"{NAME}={its}", "--yes", "--json", host=server.url)
    assert (done.code, done.json["counts"]) == (0, {"Created": 1})
    [shown] = main("show", done.json["run"], "--json").json["rows"]
    assert (shown["status"], shown["campaign_id"]) == ("Created", its)
    again = main("run", SHEET, "--yes", "--json", host=server.url)
    assert (again.code, again.json["counts"]) == (0, {"Created": 1})
    assert creates(server) == {NAME: 1}


def test_reconcile_without_a_run_looks_at_the_last_one_where_nothing_is_unknown_any_more(
    server: Sandbox, main: Main
) -> None:
    main("reconcile", "--adopt", f"{NAME}={server.campaigns[0].id}", "--yes", host=server.url)
    before = asked(server)["list"]
    done = main("reconcile", "--json", host=server.url)
    assert (done.code, done.json["counts"], asked(server)["list"] - before) == (0, {"Created": 1}, 1)


def test_undo_keeps_what_was_adopted_under_another_name_and_says_so(server: Sandbox, main: Main) -> None:
    done = main("reconcile", "--adopt", f"{NAME}={server.campaigns[0].id}", "--yes", "--json", host=server.url)
    undone = main("undo", done.json["run"], "--yes", "--json", host=server.url)
    [told] = undone.json["rows"]
    assert (undone.code, told["status"]) == (4, "kept")
    assert f"'{KEPT}'" in told["message"]
    assert held(server) == [KEPT]


def test_a_row_is_created_once_more_by_the_word_of_whoever_gave_yes(server: Sandbox, main: Main) -> None:
    done = main("run", SHEET, "--recreate", NAME, "--yes", "--json", host=server.url, LOADER_TIMEOUT_SECONDS="0.7")
    assert (done.code, done.json["counts"]) == (4, {"Created": 1})  # not under the name that was sent
    assert held(server) == [KEPT, KEPT]


def test_resuming_creates_nothing_once_more_whatever_its_run_was_begun_with(
    server: Sandbox, main: Main, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workbook([NAME, "B"])
    with monkeypatch.context() as terminal:
        at_a_terminal(terminal, "n")
        main("run", SHEET, "--recreate", NAME, host=server.url)
    done = main("resume", "--yes", "--json", host=server.url)
    assert (done.code, done.json["counts"]) == (5, {"Unknown": 1, "Created": 1})
    assert creates(server) == {NAME: 1, "B": 1}


@pytest.mark.parametrize(("said", "code"), [("y", 0), ("n", 5)])
def test_at_a_terminal_it_is_asked_with_what_differs(
    server: Sandbox, main: Main, monkeypatch: pytest.MonkeyPatch, said: str, code: int
) -> None:
    at_a_terminal(monkeypatch, said)
    its = server.campaigns[0].id
    done = main("reconcile", "--adopt", f"{NAME}={its}", host=server.url)
    question = f"Campaign {its} would be that of row '{NAME}'. What differs: its name there is '{KEPT}'.\nGo on? [y/N]"
    assert (done.code, question in done.err) == (code, True)
