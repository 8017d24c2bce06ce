"""What a person sees while a run goes on: lines in a log, a bar on a terminal."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from loader.cli.output.progress_bar import ProgressBar
from loader.model.events import Phase, Waiting
from loader.model.row import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable


def test_without_a_terminal_phases_and_long_waits_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    watch = ProgressBar()
    with watch.watching():
        for event in (
            Phase("reading [a].xlsx"),
            Phase("sending", 3),
            Outcome(2, "A", Status.CREATED),
            Waiting("limit reached", 43.2),
            Waiting("limit reached", 1.2),
        ):
            watch.receive(event)
        with watch.silent():
            pass
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["reading [a].xlsx", "sending 3 rows", "limit reached, going on in 43 s"]


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What stands on a terminal of 200 columns."""
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=200, highlight=False)
    monkeypatch.setattr("loader.cli.output.progress_bar.ERRORS", terminal)
    return screen.getvalue


def test_on_a_terminal_there_is_a_bar_with_counts_rate_time_left_and_what_is_waited_for(
    on_a_terminal: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("loader.cli.output.progress_bar.time.monotonic", lambda: now)
    watch = ProgressBar()
    with watch.watching():
        watch.receive(Phase("sending", 10))
        assert watch.doing(10) == ""
        for row, status in ((2, Status.CREATED), (3, Status.CREATED), (4, Status.REJECTED)):
            watch.receive(Outcome(row, f"N{row}", status))
        now += 6
        assert watch.doing(7) == "30 a minute, 14 s left"
        assert watch.counts() == "[green]Created 2[/] · [red]Rejected 1[/]"
        watch.receive(Waiting("limit reached", 43))
        now += 3
        assert watch.doing(7) == "limit reached, going on in 40 s"
        with watch.silent():
            pass
        watch.receive(Outcome(5, "N5", Status.CREATED))
        assert watch.doing(6).endswith(" left")
    shown = on_a_terminal()
    assert "sending" in shown
    assert "4/10" in shown
    assert "Created 3" in shown


def test_rows_that_are_not_sent_do_not_fill_the_bar(on_a_terminal: Callable[[], str]) -> None:
    watch = ProgressBar()
    with watch.watching():
        watch.receive(Phase("sending", 3))
        for row, status in ((2, Status.CREATED), (3, Status.NOT_SENT), (4, Status.NOT_SENT), (3, Status.CREATED)):
            watch.receive(Outcome(row, f"N{row}", status))
    assert "2/3" in on_a_terminal()
    assert "3/3" not in on_a_terminal()
