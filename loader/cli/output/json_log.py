"""A run as it goes on, for a machine to read: one JSON object a line on standard error, in the place of a Watch."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from loader.model.events import Begun, Phase, Waiting
from loader.model.redaction import discreet, without_whole_tokens
from loader.model.row import Outcome, Problem, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structlog.typing import EventDict

    from loader.execution.report import Report
    from loader.model.events import Event

_WELL = (Status.CREATED, Status.ALREADY_EXISTS)
# these may quote a cell or a server: telephone numbers and tokens in them are nobody's to keep in a log
_QUOTING = ("message", "reason", "stopped", "error", "traceback")


class Logs:
    """`bind` gives one that puts these fields on all its lines, such as the file; the run it learns by itself.

    A log that cannot be written is no reason to stop a run.
    """

    def __init__(self, **fields: object) -> None:
        self._fields = fields
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(sys.stderr),
            processors=[
                _discreet,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            cache_logger_on_first_use=True,
        )

    def bind(self, **fields: object) -> Logs:
        return Logs(**{**self._fields, **fields})

    @contextmanager
    def watching(self) -> Iterator[Logs]:
        yield self

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Whoever is at a terminal is asked all the same."""
        yield

    def receive(self, event: Event) -> None:
        match event:
            case Begun():
                self._fields["run"] = event.run
                self.say("begun", file=event.file, account=event.account)
            case Phase():
                self.say("phase", phase=event.text, rows=event.rows)
            case Waiting():
                self.say("waiting", reason=event.reason, seconds=round(event.seconds, 1))
            case Outcome():
                self._outcome(event)
            case Problem() if event.row is None:  # a row's stand in its outcome
                self.say("problem", "warning", message=event.sentence())

    def ended(self, report: Report, *, exit_code: int) -> None:
        """How a run ended."""
        run = report.run
        self.say(
            "ended",
            "warning" if exit_code else "info",
            run=run.id,
            exit_code=exit_code,
            counts=Counter(outcome.status.value for outcome in report.outcomes),
            requests=run.requests,
            seconds=round(((run.ended_at or run.started_at) - run.started_at).total_seconds(), 3),
            stopped=str(report.halted) if report.halted else None,
            results=str(report.results) if report.results else None,
        )

    def failed(self, why: str, *, exit_code: int, traceback: str = "") -> None:
        """What kept a command from its work; `traceback` is a defect's."""
        self.say("failed", "error", error=why, exit_code=exit_code, **({"traceback": traceback} if traceback else {}))

    def say(self, event: str, level: str = "info", **fields: object) -> None:
        """Any other event. `level`: info, warning or error."""
        with suppress(OSError):
            getattr(self._log, level)(event, **{**self._fields, **fields})

    def _outcome(self, outcome: Outcome) -> None:
        self.say(
            "outcome",
            "info" if outcome.status in _WELL else "warning",
            sheet=outcome.sheet or None,
            row=outcome.row,
            name=outcome.name,
            status=outcome.status.value,
            campaign_id=outcome.campaign_id,
            http_status=outcome.http_status,
            attempts=outcome.attempts,
            message=outcome.message,
        )


def _discreet(_logger: object, _level: str, event: EventDict) -> EventDict:
    shown = {name: without_whole_tokens(said) if isinstance(said, str) else said for name, said in event.items()}
    return {**shown, **{name: discreet(event[name]) for name in _QUOTING if event.get(name)}}
