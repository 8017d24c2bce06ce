"""What is said of a night while it goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loader.cli.output.nightly_view import NightlyView
from loader.model.events import Phase, Waiting
from loader.model.row import Outcome, Status
from loader.nightly.inbox import Workbook
from loader.nightly.night_report import FileReport, Night

if TYPE_CHECKING:
    import pytest

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
BOOK = Workbook(Path("in/a.xlsx"), "x", 1, 1)
TRACE = "Traceback (most recent call last):\n  ...\nZeroDivisionError: [bold]"


def said(capsys: pytest.CaptureFixture[str], **how: Any) -> tuple[str, str]:  # noqa: ANN401 - as of NightlyView
    """A whole night on both ways out."""
    nightly_view = NightlyView(**how)
    receive = nightly_view.callbacks.listener(BOOK)
    receive(Phase("reading a.xlsx"))
    receive(Phase("sending", 2))
    receive(Waiting("limit reached", 1.2))
    receive(Waiting("limit reached", 43))
    receive(Outcome(2, "A", Status.CREATED))
    nightly_view.callbacks.on_defect(BOOK, TRACE)
    nightly_view.callbacks.on_trouble("nightly.prom could not be written")
    nightly_view.callbacks.on_file(
        FileReport(BOOK.path, "x", "r-1", {"Created": 1, "Rejected": 2}, 4, Path("in/failed/a.xlsx"))
    )
    nightly_view.callbacks.on_file(
        FileReport(Path("in/b[1].xlsx"), exit_code=4, error="settings:\n  A is missing.\n  B, too.")
    )
    nightly_view.callbacks.on_file(
        FileReport(
            Path("in/c.xlsx"), exit_code=3, error="c.xlsx: has no header row.", moved_to=Path("in/failed/c.xlsx")
        )
    )
    nightly_view.ended(Night(NOON, NOON, 4, [FileReport(BOOK.path, counts={"Created": 1}, moved_to=BOOK.path)]))
    told = capsys.readouterr()
    return told.out, told.err


def test_a_person_reads_lines_that_name_the_workbook(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, as_json=False, log_json=False)
    assert out.splitlines() == [
        "in/a.xlsx: 1 created, 2 rejected; moved to in/failed/a.xlsx",
        "in/b[1].xlsx: settings: A is missing. B, too; left where it is",
        "in/c.xlsx: has no header row; moved to in/failed/c.xlsx",
        "1 workbook in 0 s: 1 done, 0 failed, 0 left. Rows: 1 created.",
    ]
    assert err.splitlines() == [
        "in/a.xlsx: reading a.xlsx",
        "in/a.xlsx: sending 2 rows",
        "in/a.xlsx: limit reached, going on in 43 s",
        *("Traceback (most recent call last):", "  ...", "  ZeroDivisionError: [bold]"),
        "campaign-loader: in/a.xlsx: this is a defect of the loader; the journal is still right",
        "campaign-loader: nightly.prom could not be written",
    ]


def test_a_log_has_them_as_objects(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = said(capsys, as_json=True, log_json=True)
    assert [json.loads(line).get("file") for line in out.splitlines()] == [
        "in/a.xlsx",
        "in/b[1].xlsx",
        "in/c.xlsx",
        None,
    ]
    log = [json.loads(line) for line in err.splitlines()]
    assert [it["event"] for it in log] == [
        *(
            "phase",
            "phase",
            "waiting",
            "waiting",
            "outcome",
            "failed",
            "failed",
            "workbook",
            "workbook",
            "workbook",
            "night",
        )
    ]
    assert {it["workbook"] for it in log[:5]} == {"in/a.xlsx"}
    assert (log[5]["exit_code"], log[5]["traceback"], log[6]["exit_code"]) == (70, TRACE, 2)
    assert [it["level"] for it in log[5:]] == ["error", "error", "warning", "warning", "warning", "warning"]
