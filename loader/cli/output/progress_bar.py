"""A run as it goes on, for a person to see: a bar on a terminal, lines elsewhere; on standard error."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from loader.cli.output.console import ERRORS, STYLES, plain, print_item, span
from loader.model.events import Phase, Waiting
from loader.model.row import Outcome, Problem, Status, Undone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Task, TaskID

    from loader.model.events import Event
    from loader.model.row import At, UndoStatus

# a shorter wait is over before it is read
WORTH_TELLING_SECONDS = 1.5
_TOLD_AT_MOST = 5
_LEFT = (None, Status.NOT_SENT)  # such a row is no step forward


class ProgressBar:
    """Shows events as they come: a bar on a terminal, lines elsewhere."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        if ERRORS.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), _Live(self), console=ERRORS
            )
        self._task: TaskID | None = None
        self._ends: dict[At, Status | UndoStatus] = {}
        self._counts: Counter[Status | UndoStatus] = Counter()
        self._sent = self._printed = 0
        self._began = time.monotonic()
        self._waits_until, self._reason = 0.0, ""

    @contextmanager
    def watching(self) -> Iterator[ProgressBar]:
        if self._bar is None:
            yield self
        else:
            with self._bar:
                yield self

    @contextmanager
    def silent(self) -> Iterator[None]:
        """No bar in between: somebody is asked something."""
        if self._bar is not None:
            self._bar.stop()
        yield
        if self._bar is not None:
            self._bar.start()

    def receive(self, event: Event) -> None:
        match event:
            case Phase():
                self._phase(event)
            case Waiting():
                self._wait(event)
            case Outcome() | Undone():
                self._waits_until = 0.0
                earlier = self._ends.get(event.at)
                self._ends[event.at] = event.status
                self._counts[event.status] += 1
                if earlier is not None:  # there is more to report of a row that was reported before
                    self._counts[earlier] -= 1
                if earlier in _LEFT and event.status not in _LEFT:
                    self._advance()
            case Problem() if event.row is None:
                self._print_problem(event)

    def _advance(self) -> None:
        if self._bar is not None and self._task is not None:
            self._sent += 1
            self._bar.advance(self._task)

    def _phase(self, phase: Phase) -> None:
        if self._bar is not None and phase.rows:
            self._began, self._sent = time.monotonic(), 0
            self._task = self._bar.add_task(plain(phase.text), total=phase.rows)
        else:
            rows = f" {phase.rows} row{'s' if phase.rows > 1 else ''}" if phase.rows else ""
            print_item(ERRORS, f"[dim]{plain(phase.text)}{rows}[/]")

    def _print_problem(self, problem: Problem) -> None:
        """Not those of a row: it ends, and that is printed in the end."""
        self._printed += 1
        if self._printed <= _TOLD_AT_MOST:
            print_item(ERRORS, f"[yellow]{problem.severity}[/] {plain(problem.sentence())}")
        elif self._printed == _TOLD_AT_MOST + 1:
            ERRORS.print("... and more; all of them are in the results workbook", style="dim")

    def _wait(self, waiting: Waiting) -> None:
        if waiting.seconds >= WORTH_TELLING_SECONDS:
            self._waits_until, self._reason = time.monotonic() + waiting.seconds, waiting.reason
            if self._bar is None:
                ERRORS.print(f"{plain(waiting.reason)}, going on in {waiting.seconds:.0f} s", style="dim")

    def counts(self) -> str:
        return " · ".join(f"[{STYLES[status]}]{status} {count}[/]" for status, count in self._counts.items() if count)

    def doing(self, left: float) -> str:
        """What it does this very second: waits for something, or sends at some rate with so many rows left."""
        wait = self._waits_until - time.monotonic()
        if wait > 0:
            return f"{plain(self._reason)}, going on in {wait:.0f} s"
        passed = time.monotonic() - self._began
        if not self._sent or passed <= 0:
            return ""
        rate = self._sent / passed
        return f"{rate * 60:.0f} a minute, {span(left / rate)} left"


class _Live(ProgressColumn):
    """Counts per status, and what is waited for; drawn anew several times a second."""

    def __init__(self, progress: ProgressBar) -> None:
        super().__init__()
        self._progress = progress

    def render(self, task: Task) -> Text:
        parts = (self._progress.counts(), self._progress.doing((task.total or 0) - task.completed))
        return Text.from_markup(" · ".join(part for part in parts if part))
