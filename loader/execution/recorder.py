"""What came of the rows of one run, on its way into the journal: gathered in groups, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.row import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from loader.model.records import Intent, Record, Seen, Settlement, Standing
    from loader.planning.plan import Candidate
    from loader.storage.journal import Journal

# claimed and settled in one transaction: a commit that outlives a power cut costs as much as sending a few dozen rows
_LARGEST_GROUP = 256


@dataclass(frozen=True, slots=True)
class Author:
    """Whose campaigns are written about, and in which run."""

    application: str
    run: str


class OutcomeRecorder:
    """`group`: how many rows a second of sending takes. Claimed further ahead, more would be in doubt after a kill.

    `reported`: the last outcome of each row that was sent or looked up, by the campaign's key.
    """

    def __init__(
        self, journal: Journal, author: Author, *, per_minute: float, on_outcome: Callable[[Outcome], None]
    ) -> None:
        self._journal, self._author, self._on_outcome = journal, author, on_outcome
        self.group = max(1, min(_LARGEST_GROUP, int(per_minute / 60)))
        self._settlements: list[Settlement] = []
        self.reported: dict[str, Outcome] = {}
        self._bearer: dict[str, str] = {}
        self.looks_first = True
        """Whether no row of the run is sent before a reading of the list; else one that was may be what it shows."""

    def know(self, records: Iterable[Record]) -> None:
        """What earlier runs have created of these rows; it counts also for what is about to be created anew."""
        self._bearer |= {record.campaign_id: record.key for record in records if record.campaign_id}

    def bears(self, key: str, campaign_id: str) -> bool:
        """Whether this campaign is the row's, from now on if it has been nobody's; one belongs to one row.

        Raises:
            JournalError: the journal cannot be asked.
        """
        if campaign_id not in self._bearer:
            others = [it for it in self._journal.bearers(self._author.application, campaign_id) if it != key]
            self._bearer[campaign_id] = others[0] if others else key
        return self._bearer[campaign_id] == key

    def claim(self, intents: Sequence[Intent]) -> Sequence[Record]:
        """Write down what is about to be sent, after all that is known so far; what was remembered before comes back.

        Raises:
            JournalError: it is not on disk, so nothing of it may be sent.
        """
        self.flush()
        return self._journal.claim(self._author.application, self._author.run, intents)

    def give_back(self, before: Sequence[Record]) -> None:
        """Make what was claimed and never sent what it was before, after all that is known so far."""
        self.flush()
        if before:
            self._journal.give_back(self._author.application, self._author.run, before)

    def standing(self) -> Standing:
        """Where the campaigns of the account stand, by all that is known so far."""
        self.flush()
        return self._journal.standing(self._author.application)

    def remember_lookalikes(self, lookalikes: Mapping[str, Collection[str]]) -> None:
        """Write down, by what they look like, what the list shows before rows are sent."""
        if lookalikes and self.looks_first:
            self._journal.remember_lookalikes(self._author.run, lookalikes)

    def note(self, settlement: Settlement) -> None:
        self._settlements.append(settlement)
        if len(self._settlements) >= self.group:
            self.flush()

    def settle(self, candidate: Candidate | None, settlement: Settlement, status: Status) -> None:
        """Write down the end of a campaign, and report it for the row that bears its name, if one does."""
        if settlement.campaign_id:
            self._bearer[settlement.campaign_id] = settlement.key
        if candidate is not None:  # reported first: it is so, even if it cannot be written down
            self.report(candidate, settlement, status)
        self.note(settlement)

    def report(self, candidate: Candidate, settlement: Settlement, status: Status) -> None:
        outcome = Outcome(
            candidate.row, candidate.name, status, settlement.attempt, self._author.run, sheet=candidate.sheet
        )
        self.reported[candidate.key] = outcome
        self._on_outcome(outcome)

    def observe(self, seen: Sequence[Seen]) -> None:
        """Write down how the server shows campaigns, after all that is known so far."""
        self.flush()
        self._journal.observe(self._author.application, self._author.run, seen)

    def flush(self) -> None:
        if self._settlements:
            self._journal.settle(self._author.application, self._author.run, self._settlements)
            self._settlements = []
