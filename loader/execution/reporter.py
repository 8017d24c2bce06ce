"""What comes of the rows of a send stage: kept for its result, and shown as progress."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from loader.api.campaign_diff import between
from loader.api.versions import BODIES
from loader.model.row import Status
from loader.planning.plan import why_conflict
from loader.workbook.columns import BY_FIELD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from loader.execution.connection import RunContext
    from loader.model.events import Event
    from loader.model.row import At, Outcome, Problem
    from loader.planning.plan import Candidate


class Reporter:
    """Takes every outcome and every problem once it is known; of a row the last outcome counts."""

    def __init__(self, context: RunContext, candidates: Iterable[Candidate], on_event: Callable[[Event], None]) -> None:
        self._context, self._on_event = context, on_event
        self._candidates = {candidate.at: candidate for candidate in candidates}
        self.outcomes: dict[At, Outcome] = {}
        self.problems: list[Problem] = []

    def report(self, outcome: Outcome) -> None:
        candidate = self._candidates[outcome.at]
        if outcome.status is Status.CONFLICT and not candidate.created_as:
            outcome = self._with_differences(outcome, candidate)
        self.outcomes[outcome.at] = outcome
        self._on_event(outcome)

    def object(self, problem: Problem) -> None:
        self.problems.append(problem)
        self._on_event(problem)

    def _with_differences(self, outcome: Outcome, candidate: Candidate) -> Outcome:
        """Saying what was sent for the row, and what the row says now."""
        if sent := self._context.journal.body(self._context.application, candidate.key):
            now = BODIES[self._context.settings.api_version].fields(candidate.campaign)
            differences = between(json.loads(sent), now)
            what = "; ".join(f"{BY_FIELD[it.field].header} was '{it.ours}' and is '{it.theirs}'" for it in differences)
            parts = [outcome.message, f"what differs: {what}", why_conflict(differences)]
        else:
            parts = [outcome.message, "what differs is not known any more: what was sent was pruned"]
        return replace(outcome, attempt=replace(outcome.attempt, message="; ".join(filter(None, parts))))
