"""What a machine reads of a run: one JSON object a line, with run and row, and nothing that is nobody's business."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loader.cli.output.json_log import Logs
from loader.errors import RefusedError
from loader.execution.report import Report
from loader.model.attempt import Attempt
from loader.model.events import Begun, Phase, Waiting
from loader.model.row import Outcome, Status
from tests.cli.output.test_console import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

Heard = list[dict[str, Any]]


@pytest.fixture
def received(capsys: pytest.CaptureFixture[str]) -> Callable[[], Heard]:
    """The lines so far, without their times."""

    def lines() -> Heard:
        said = capsys.readouterr()
        assert said.out == ""
        events = [json.loads(line) for line in said.err.splitlines()]
        assert all(event.pop("timestamp").endswith("Z") for event in events)
        return events

    return lines


def test_every_piece_of_news_is_a_line_and_bears_the_run_once_there_is_one(received: Callable[[], Heard]) -> None:
    logs = Logs()
    with logs.watching(), logs.silent():
        logs.receive(Phase("reading a.xlsx"))
        logs.receive(Begun("20260401-120000-abcd", "a.xlsx", "acc at h"))
        logs.receive(Phase("sending", 2))
        logs.receive(Waiting("limit reached", 43.21))
        logs.receive(Outcome(2, "A", Status.CREATED, attempt=Attempt(campaign_id="c1", http_status=200, attempts=1)))
        logs.receive(
            Outcome(3, "B", Status.REJECTED, attempt=Attempt(message="no such list", http_status=400, attempts=1))
        )
        logs.ended(Report(RUN, [Outcome(2, "A", Status.CREATED)], [], None, Path("out.xlsx")), exit_code=0)
    run = {"run": "20260401-120000-abcd"}
    assert received() == [
        {"event": "phase", "level": "info", "phase": "reading a.xlsx", "rows": 0},
        run | {"event": "begun", "level": "info", "file": "a.xlsx", "account": "acc at h"},
        run | {"event": "phase", "level": "info", "phase": "sending", "rows": 2},
        run | {"event": "waiting", "level": "info", "reason": "limit reached", "seconds": 43.2},
        run
        | outcome("info", sheet=None, row=2, name="A", status="Created", campaign_id="c1", http_status=200, attempts=1),
        run
        | outcome(
            "warning",
            sheet=None,
            row=3,
            name="B",
            status="Rejected",
            message="no such list",
            http_status=400,
            attempts=1,
        ),
        run
        | {
            "event": "ended",
            "level": "info",
            "exit_code": 0,
            "counts": {"Created": 1},
            "requests": 7,
            "seconds": 1200.0,
            "stopped": None,
            "results": "out.xlsx",
        },
    ]


def outcome(level: str, **fields: object) -> dict[str, object]:
    return {"event": "outcome", "level": level, "campaign_id": None, "message": ""} | fields


def test_a_run_that_did_not_end_well_is_a_warning_with_what_stopped_it(received: Callable[[], Heard]) -> None:
    Logs().ended(Report(replace(RUN, ended_at=None), [], [], RefusedError("no permission")), exit_code=6)
    [event] = received()
    assert (event["level"], event["stopped"], event["results"]) == ("warning", "no permission", None)


def test_what_is_bound_stands_on_every_line_and_runs_side_by_side_do_not_mix(received: Callable[[], Heard]) -> None:
    logs = Logs()
    one, other = logs.bind(profile="eu"), logs.bind(profile="us", file="b.xlsx")
    one.receive(Begun("run-1", "a.xlsx", "acc"))
    other.receive(Phase("reading"))
    one.receive(Phase("sending"))
    logs.say("notice failed", "error", to="mail")
    told = [
        {name: it for name, it in event.items() if name in ("profile", "file", "run", "to")} for event in received()
    ]
    assert told == [
        {"profile": "eu", "run": "run-1", "file": "a.xlsx"},
        {"profile": "us", "file": "b.xlsx"},
        {"profile": "eu", "run": "run-1"},
        {"to": "mail"},
    ]


def test_numbers_tokens_and_control_characters_do_not_get_into_a_line(
    received: Callable[[], Heard], capsys: pytest.CaptureFixture[str]
) -> None:
    message = (
        "run 20260401-120000-abcd: '15101234567' and +4930123456 of eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln\n{\x1b[2J"
    )
    Logs().receive(Outcome(2, "A\nB", Status.INVALID, attempt=Attempt(message=message)))
    raw = capsys.readouterr().err
    assert (raw.count("\n"), raw.count("\x1b")) == (1, 0)
    Logs().receive(Outcome(2, "A", Status.INVALID, attempt=Attempt(message=message)))
    [event] = received()
    assert event["message"] == "run 20260401-120000-abcd: '***' and *** of ***\n{\x1b[2J"


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Closed())
    Logs().receive(Phase("sending", 2))
