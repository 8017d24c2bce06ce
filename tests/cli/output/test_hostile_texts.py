"""Whatever a file is called, a cell holds or a server says: nothing moves a cursor, forges a line or shows a token."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

import loader.cli.commands.history
from loader import errors
from loader.cli import output
from loader.cli.output.json_log import Logs
from loader.cli.output.nightly_view import NightlyView
from loader.cli.output.progress_bar import ProgressBar
from loader.errors import ApiError, HeadersError, LoaderError, ThrottledError, UnansweredError
from loader.model.attempt import Attempt
from loader.model.events import Begun, Phase, Waiting
from loader.model.row import Outcome, Problem, Status, Undone, UndoStatus
from loader.nightly.inbox import Workbook
from loader.nightly.night_report import FileReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.model.events import Event
    from tests.conftest import Main, MakeWorkbook

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTEifQabcdefgh.c2lnbmF0dXJlIG9mIGl0"
HOSTILE = f"a\x1b[2Jb\rc\x07d\x9b31m\x85e\u2028f\u202eg\ncampaign-loader: all is well\nh {TOKEN} [red]i[/red]"
EVENTS: list[Event] = [
    Begun("r1", HOSTILE, HOSTILE),
    Phase(HOSTILE, 3),
    Waiting(HOSTILE, 60),
    Problem(None, None, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    Problem(2, 3, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    Outcome(
        2,
        HOSTILE,
        Status.REJECTED,
        attempt=Attempt(
            message=HOSTILE,
            campaign_id=HOSTILE,
            campaign_status=HOSTILE,
            http_status=400,
            attempts=1,
            submitted_at=None,
        ),
        run="r1",
    ),
    Undone(2, HOSTILE, HOSTILE, UndoStatus.KEPT, HOSTILE),
]


def kinds(of: type[LoaderError] = LoaderError) -> list[type[LoaderError]]:
    return [of, *(kind for one in of.__subclasses__() for kind in kinds(one))]


def made(kind: type[LoaderError]) -> LoaderError:
    if kind is HeadersError:
        return HeadersError(HOSTILE, [], 1)
    return kind(HOSTILE, status=403) if issubclass(kind, ApiError) else kind(HOSTILE)


def harmless(said: str, lines: int | None = None) -> bool:
    """Whether nothing in it does anything, and no line but those that are to be looks like one of ours."""
    bare = said.split("\n")
    assert all(line.isprintable() for line in bare), said
    assert TOKEN not in said
    assert [line for line in bare if line.startswith("campaign-loader: all is well")] == []
    return lines is None or len(bare) - 1 == lines


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("how", [[], ["--json"], ["--log-json"]])
def test_every_error_is_harmless_however_it_is_reported(
    kind: type[LoaderError], how: list[str], main: Main, monkeypatch: pytest.MonkeyPatch, make_workbook: MakeWorkbook
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise made(kind)

    monkeypatch.setattr("loader.config.settings.read_settings", fails)
    sheet = make_workbook(["Recall"])
    done = main("run", sheet.name, "--yes", *how)
    assert done.code == made(kind).exit_code
    assert harmless(done.out)
    assert harmless(done.err)
    if how:
        assert len((done.out + done.err).splitlines()) == 1
        json.loads(done.out or done.err)


def test_the_list_of_errors_is_whole() -> None:
    assert {ThrottledError, UnansweredError, errors.CanaryError} <= set(kinds())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("view", ["lines", "log", "night", "log of a night"])
def test_every_event_is_harmless_however_it_is_reported(
    event: Event, view: str, capsys: pytest.CaptureFixture[str]
) -> None:
    night = NightlyView(as_json=False, log_json=view == "log of a night")
    tell: Callable[[Any], None] = {
        "lines": ProgressBar().receive,
        "log": Logs().receive,
        "night": night.callbacks.listener(Workbook(Path(HOSTILE), None, 0, 0)),
        "log of a night": night.callbacks.listener(Workbook(Path(HOSTILE), HOSTILE, 0, 0)),
    }[view]
    tell(event)
    said = capsys.readouterr()
    assert harmless(said.out + said.err)
    assert len(said.err.splitlines()) <= 1


def test_what_becomes_of_a_workbook_by_night_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (True, False):
        for log_json in (True, False):
            night = NightlyView(as_json=as_json, log_json=log_json)
            night.callbacks.on_file(FileReport(Path(HOSTILE), HOSTILE, exit_code=4, error=HOSTILE))
            night.callbacks.on_trouble(HOSTILE)
            night.not_notified(HOSTILE)
            said = capsys.readouterr()
            assert harmless(said.out + said.err)
            assert len((said.out + said.err).splitlines()) == (4 if log_json else 3)


def test_wrong_usage_and_a_defect_are_harmless(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    done = main("check", "april.xlsx", f"--{HOSTILE}")
    assert (done.code, harmless(done.err)) == (2, True)
    assert "No such option" in done.err
    done = main(HOSTILE)
    assert (done.code, harmless(done.err)) == (2, True)
    done = main("check", f"{HOSTILE}.xlsx", "--sheet", HOSTILE)
    assert (done.code, harmless(done.err)) == (3, True)

    def fails(*_: object, **__: object) -> None:
        raise ValueError(HOSTILE)

    monkeypatch.setattr(loader.cli.commands.history, "journal_at", fails)
    done = main("runs")
    assert done.code == 70
    assert harmless(done.err)
    assert "Traceback" in done.err


def test_whatever_is_written_without_rich_is_made_harmless_first() -> None:
    safe = {"in_a_line", "for_terminal", "join"}
    for path in Path(str(output.__file__)).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in {"typer.echo", "print"}):
                continue
            said = node.args[0]
            named = ast.unparse(said.func).rpartition(".")[2] if isinstance(said, ast.Call) else ""
            where = f"{path.name}:{node.lineno}: {ast.unparse(said)}"
            own = path.name in {"main.py", "json_output.py", "sandbox.py", "docs.py", "markdown_page.py", "schedule.py"}
            assert own or named in safe or isinstance(said, ast.Constant), where


def test_typer_has_the_error_that_is_relied_upon() -> None:
    assert typer.BadParameter.__mro__[1].__name__ == "UsageError"
