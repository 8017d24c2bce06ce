"""Creates whose answer was lost, looked up together: one walk through the campaign list serves all of them.

While rows are still being sent only the newest part of the list is searched: most are found there. What is not waits
until nothing else is to be sent; then two readings to the end serve all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from loader.errors import ApiError, StopError, StoppedError
from loader.execution.in_doubt import beside_lookalikes
from loader.model.records import State
from loader.model.row import Status
from loader.planning.plan import Job, conflict
from loader.planning.reconcile import (
    Absent,
    Evidence,
    Found,
    Open,
    Taken,
    Undecided,
    next_proof,
    next_search,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from loader.api.campaign_list import CampaignList, Enough
    from loader.api.listing import Listing
    from loader.api.messages import Listed
    from loader.config.settings import Timing
    from loader.execution.in_doubt import InDoubt
    from loader.execution.recorder import OutcomeRecorder
    from loader.planning.plan import Candidate
    from loader.planning.reconcile import Verdict


class Lookup:
    """All that is in doubt. `now` is a clock that never jumps, in UTC."""

    def __init__(
        self, campaigns: CampaignList, recorder: OutcomeRecorder, timing: Timing, *, now: Callable[[], datetime]
    ) -> None:
        self._campaigns, self._recorder, self._now = campaigns, recorder, now
        self._settle, self._patience = timing.settle, timing.patience
        self._doubts: dict[str, InDoubt] = {}
        self._first_absent: dict[str, datetime] = {}
        self._looked_at: datetime | None = None
        self._read_whole_at: datetime | None = None
        self._reopened: list[Job] = []
        self.there_before: AbstractSet[str] = frozenset()
        """The ids of a reading made before the first create of this run."""

    @property
    def pending(self) -> int:
        """How many are in doubt."""
        return len(self._doubts)

    @property
    def rows(self) -> Sequence[Candidate]:
        """Those of this run that are in doubt."""
        return [pending.candidate for pending in self._doubts.values() if pending.candidate is not None]

    def is_handling(self, keys: Collection[str] | None) -> bool:
        """Whether any of these is in doubt; None: any at all."""
        return bool(self._doubts) if keys is None else any(key in self._doubts for key in keys)

    def add(self, pending: InDoubt) -> None:
        self._doubts[pending.doubt.key] = pending

    def take_over(self, pending: InDoubt) -> None:
        """A create of this run whose answer was lost just now.

        Raises:
            JournalError: what is known of it is not on disk.
        """
        self.add(pending)
        # still SENDING, so that it stays in doubt after a kill; but with what the answer said
        self._recorder.note(pending.settlement(State.SENDING, pending.message))

    def seconds_until_look(self, *, sending: bool) -> float | None:
        """When the next look can prove something; None when there is nothing to look for, for now.

        `sending`: something else is still to be sent.
        """
        doubts = [pending.doubt for pending in self._doubts.values()]
        if not doubts:
            return None
        if sending:
            searches = [due for doubt in doubts if (due := next_search(doubt, self._settle)) is not None]
            due, last = min(searches, default=None), self._looked_at
        else:  # readings that serve them all
            due, last = max(next_proof(doubt, self._settle) for doubt in doubts), self._read_whole_at
        if due is None:
            return None
        if last is not None:  # one walk for all that came up meanwhile
            due = max(due, last + self._settle)
        return (due - self._now()).total_seconds()

    async def look(self, *, sending: bool) -> Sequence[Job]:
        """Read the list, as far as it takes; what is to be sent again comes back.

        Raises:
            StopError, StoppedError: the API refuses to go on, or the run was stopped.
            JournalError: what was found out is not on disk.
        """
        doubts = list(self._doubts.values())
        self._looked_at = self._now()
        try:
            listing = await self._campaigns.read(enough=self._older_than(doubts) if sending else None)
        except (StopError, StoppedError):
            raise
        except ApiError as error:
            if sending:
                self._searched(doubts)
            else:
                self.give_up(doubts, f"the campaign list could not be read: {error}")
            return []
        if listing.whole:
            self._read_whole_at = listing.read_at
        return self.look_at(listing)

    def look_at(self, listing: Listing) -> Sequence[Job]:
        """Settle whatever this reading of the list settles; what is to be sent again comes back."""
        evidence = Evidence(listing, self._recorder.standing())
        # those that are found first: what a row bears is no other's under another name
        for pending in sorted(self._doubts.values(), key=lambda it: not listing.of(it.doubt.key)):
            said = verdict(pending.doubt, evidence, settle=self._settle, patience=self._patience)
            if isinstance(said, Found):
                evidence.adopt(said.listed.campaign_id)
            self._conclude(pending, said)
        self._recorder.flush()
        reopened, self._reopened = self._reopened, []
        return beside_lookalikes(reopened, listing, self._recorder)

    def adopt(self, pending: InDoubt, listed: Listed, why: str) -> None:
        self._doubts.pop(pending.doubt.key, None)
        self._found(pending, listed, why)
        self._recorder.flush()

    def leave(self) -> None:
        """Say of whatever is still in doubt that it is. The journal keeps it so, and the next run looks it up."""
        for pending in self._doubts.values():
            if pending.candidate is not None:
                message = (
                    "no answer came, and the run ended before it could be looked up; the next run looks it up first"
                )
                self._recorder.report(pending.candidate, pending.settlement(State.UNKNOWN, message), Status.UNKNOWN)

    def give_up(self, doubts: Iterable[InDoubt], reason: str) -> None:
        """Leave those of them that are still in doubt to a person."""
        for pending in doubts:
            if pending.doubt.key in self._doubts:
                known = f"{pending.message}; " if pending.doubt.accepted else ""
                self._conclude(pending, Undecided(f"{known}{reason}"))
        self._recorder.flush()

    def _older_than(self, doubts: Iterable[InDoubt]) -> Enough:
        """Where a reading with the newest first shows campaigns from before all of these, they lie behind it."""
        earlier = [pending.doubt.earlier for pending in doubts if next_search(pending.doubt, self._settle)]

        def enough(seen: AbstractSet[str], newest_first: bool) -> bool:
            return newest_first and (
                not seen.isdisjoint(self.there_before) or all(not seen.isdisjoint(ids) for ids in earlier)
            )

        return enough

    def _searched(self, doubts: Iterable[InDoubt]) -> None:
        """In vain, for the list could not be read: readings to the end are still to come."""
        for pending in doubts:
            if (now := self._doubts.get(pending.doubt.key)) is not None:
                doubt = replace(now.doubt, searches=now.doubt.searches + 1)
                self._doubts[pending.doubt.key] = replace(now, doubt=doubt)

    def _conclude(self, pending: InDoubt, said: Verdict) -> None:
        if isinstance(said, Open):
            self._doubts[pending.doubt.key] = replace(pending, doubt=said.doubt)
            return
        self._doubts.pop(pending.doubt.key, None)
        match said:
            case Found(listed):
                self._found(pending, listed, "the answer was lost; the campaign was found in the campaign list")
            case Absent() if pending.doubt.taken:
                self._end(pending, State.REJECTED, Status.REJECTED, pending.message)
            case Absent() if pending.reopen:
                self._reopen(pending)
            case Absent():
                reason = "looked up again, and it is not on the server; after `reconcile` the next run sends it"
                self._end(pending, State.UNKNOWN, Status.UNKNOWN, reason)
            case Taken(listed):
                reason = f"{pending.message}; campaign {listed.campaign_id} has this name"
                self._end(pending, State.REJECTED, Status.REJECTED, reason)
            case Undecided(reason):
                self._end(pending, State.UNKNOWN, Status.UNKNOWN, reason)
            case _:
                assert_never(said)

    def _found(self, pending: InDoubt, listed: Listed, why: str) -> None:
        settlement = pending.settlement(State.CREATED, why)
        found = replace(settlement.attempt, campaign_id=listed.campaign_id, campaign_status=listed.campaign_status)
        settlement = replace(settlement, attempt=found)
        candidate = pending.candidate
        if candidate is None or candidate.digest == pending.digest:
            self._recorder.settle(candidate, settlement, Status.CREATED)
        else:  # the row was edited after it was sent
            edited = replace(settlement, attempt=replace(found, message=conflict(candidate.name)))
            self._recorder.report(candidate, edited, Status.CONFLICT)
            self._recorder.note(settlement)

    def _reopen(self, pending: InDoubt) -> None:
        """The server made nothing of it: that is proved."""
        settlement = pending.settlement(State.OPEN, "")
        self._recorder.note(settlement)
        if pending.candidate is None:
            return
        if not pending.resend:
            message = "looked up: the server did not create it; the next run sends it"
        elif self._now() - self._first_absent.setdefault(pending.doubt.key, self._now()) >= self._patience:
            message = f"tried {pending.attempts} times, and the server did not create it: {pending.message}"
        else:
            self._reopened.append(Job(pending.candidate, State.OPEN, pending.doubt.clear, pending.attempts))
            return
        self._recorder.report(pending.candidate, pending.settlement(State.OPEN, message), Status.NOT_SENT)

    def _end(self, pending: InDoubt, state: State, status: Status, message: str) -> None:
        self._recorder.settle(pending.candidate, pending.settlement(state, message), status)
