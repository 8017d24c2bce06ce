"""What is to be sent, how, who receives the events, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.errors import NotSentError
from loader.model.campaign import name_key
from loader.model.row import Objection, Status
from loader.planning.forecast import Ahead
from loader.workbook.reader.reader_process import ReaderProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from loader.errors import LoaderError
    from loader.model.events import Event, SendForecast
    from loader.model.row import At, Check, Outcome, Problem
    from loader.planning.mismatch import Mismatch
    from loader.planning.plan import Candidate, Plan, RunOptions
    from loader.planning.twins import Groups


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Where progress goes, who is asked before the first create, and behind what a workbook is read."""

    on_event: Callable[[Event], None] = lambda _: None
    confirm: Callable[[SendForecast], bool] = lambda _: True
    reading: Callable[[], AbstractContextManager[ReaderProcess]] = ReaderProcess
    agree: Callable[[str], bool] = lambda _: False
    """Asks, in words, what only a person can know of a row whose outcome is unknown."""


@dataclass(frozen=True, slots=True)
class SendRequest:
    """`send` is False where only lookups are wanted; `preflight`: look at the list before the first create.

    `checks`: what of the account is looked at as well. `place` finds where the sheet has what is said against a row.
    `forecast_only`: go no further than to the point where the run would ask.
    `planned`: keys of the only names that may be sent, None where nobody planned.
    `canary`: how many rows are sent first and compared, None: as many as seems right.
    """

    candidates: Sequence[Candidate]
    run_options: RunOptions
    preflight: bool
    send: bool
    forecast_only: bool = False
    planned: Collection[str] | None = None
    checks: Collection[Check] = ()
    place: Callable[[Objection], Problem] = Objection.at
    all_or_nothing: bool = False
    canary: int | None = 0

    def changed_since_planned(self, plan: Plan) -> NotSentError | None:
        """What would be done otherwise than was planned; what was created since is as good as planned."""
        if self.planned is None:
            return None
        unplanned = [job.candidate.name for job in plan.jobs if job.candidate.key not in self.planned]
        dropped = [
            f"'{outcome.name}' is now {outcome.status.value}"
            for outcome in plan.settled
            if name_key(outcome.name) in self.planned and outcome.status is not Status.CREATED
        ]
        changes = [*(f"'{name}' would now be created" for name in unplanned), *dropped]
        more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
        return NotSentError(f"it is not as planned any more: {changes[0]}{more}; make a new plan") if changes else None


@dataclass(frozen=True, slots=True)
class SendResult:
    """All that came of a send request. A candidate without an outcome was not sent."""

    outcomes: Mapping[At, Outcome] = field(default_factory=dict)
    """By row."""
    problems: Sequence[Problem] = ()
    """What the account has against rows."""
    requests: int = 0
    ahead: Ahead = field(default_factory=Ahead)
    """What was left to do where the run asks."""
    mismatches: Sequence[Mismatch] = ()
    shared: Groups = field(default_factory=dict)
    """Campaigns that a list showed under one name."""
    halted: LoaderError | None = None
    """What stopped it before its end."""
    declined: bool = False
    """Somebody was asked, and did not agree."""


def nothing_while_invalid(rows: int) -> NotSentError:
    return NotSentError(f"--all-or-nothing sends nothing while rows are invalid: {rows}")
