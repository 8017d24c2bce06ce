"""One created campaign on its way out: looked at, deleted if nobody has touched it, and written down.

    CREATED ──it is about to be deleted──> DELETING ──it is gone──> OPEN: the next run may create it again
       ↑                                       │
       └──────── touched, or refused ──────────┴─no answer, or the program died: DELETING until `undo` settles it

A deletion may reach the server twice, by the HTTP library's own doing. So any answer but a clear yes is followed by a
look, and "there is none" means that it was deleted, once a deletion may have left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.api.messages import Stored
from loader.api.retry import retrying
from loader.errors import (
    ApiError,
    JournalError,
    LoaderError,
    MisdirectedError,
    NotSentError,
    RejectedError,
    StopError,
    StoppedError,
    UnansweredError,
)
from loader.model.records import State, Turn
from loader.model.row import Gone, Status, Undone, UndoStatus
from loader.planning.modification import Modified, verdict
from loader.planning.plan import being_deleted, outcome_of

if TYPE_CHECKING:
    from datetime import datetime

    from loader.api.client import Client
    from loader.execution.connection import RunContext
    from loader.model.records import Record
    from loader.model.row import Outcome

_NONE_SUCH = 404
# so often a deletion that is put off is asked for at once, and in all: others are to get their turn, and an end
_TRIES_IN_A_TURN = 3
_TRIES = 9


@dataclass(slots=True)
class Created:
    """A campaign of the run. `outcome`: how the run reports its row. `listed`: the campaign list shows it.

    `deleting`: the journal says so. `left`: a deletion may have reached the server. `put_off`: so often the server
    refused it for now.
    """

    record: Record
    campaign_id: str
    outcome: Outcome
    deleting: bool
    left: bool
    listed: bool = True
    put_off: int = 0

    def undone(self, status: UndoStatus, message: str) -> Undone:
        return Undone(self.outcome.row, self.outcome.name, self.campaign_id, status, message, self.outcome.sheet)


class Deletion:
    """The run of `context` has ended, and `counts` are of its rows."""

    def __init__(self, client: Client, context: RunContext, counts: Counter[str]) -> None:
        timing = context.settings.timing
        self._client, self._journal, self._run, self.counts = client, context.journal, context.run, counts
        self._settle, self._patience, self._now = timing.settle, timing.patience.total_seconds(), context.now
        self._lost_since: datetime | None = None
        self._got_through = False
        self.halted: LoaderError | None = None

    def halt(self, reason: LoaderError) -> None:
        """Let no further request leave. The first reason counts."""
        self.halted = self.halted or reason
        self._client.rate_limiter.stop()

    async def see_to(self, one: Created) -> Undone | None:
        """Look at it, and delete it if nobody has touched it. None: it is to be handled again, a settle time later.

        Raises:
            JournalError: what is about to happen, or what has happened, is not on disk.
        """
        while True:
            seen = await self._look(one)
            if not isinstance(seen, Stored):
                return seen
            said = verdict(one.record, seen, self._journal.body(self._run.application, one.record.key))
            if isinstance(said, Modified):
                return self._keep(one, said.reason)
            failure = await self._delete(one)
            if failure is None:
                return self._reopen(one, UndoStatus.DELETED, said.rule)
            if isinstance(failure, StoppedError):
                return self.leave(one, str(self.halted or failure))
            if not isinstance(failure, NotSentError):
                return await self._look_again(one, failure)
            one.put_off += 1
            if one.put_off % _TRIES_IN_A_TURN == 0:
                refused = f"the server refused {one.put_off} times to delete it: {failure}"
                return self.leave(one, refused) if one.put_off == _TRIES else None
            if self._client.rate_limiter.unwell_for() >= self._patience:
                self._give_up()

    def leave(self, one: Created, why: str) -> Undone:
        """Do nothing more about it."""
        settled = f"{why}; `undo {self._run.id}` finds out"
        if one.deleting and one.left:
            return one.undone(UndoStatus.UNKNOWN, settled)
        try:
            return self._keep(one, why)
        except JournalError:
            return one.undone(UndoStatus.UNKNOWN, settled)

    async def _look(self, one: Created) -> Stored | Undone | None:
        """How the server shows it, or what became of it; None: it may be too young to be shown."""
        try:
            seen = await retrying(self._client, lambda: self._client.campaign(one.campaign_id), self._patience)
        except RejectedError as error:
            if error.status == _NONE_SUCH and not one.left and self._is_young(one.record):
                return None
            if error.status == _NONE_SUCH and (self._got_through or one.left or not one.listed):
                return self._reopen(one, UndoStatus.DELETED if one.left else UndoStatus.GONE, "")
            if error.status == _NONE_SUCH:  # no campaign could be read by its id yet
                self.halt(
                    MisdirectedError(f"the campaign list shows {one.campaign_id}, but it cannot be read: {error}")
                )
            return self.leave(one, f"it could not be read: {error}")
        except ApiError as error:
            if isinstance(error, StopError):
                self.halt(error)
            elif self._client.rate_limiter.unwell_for() >= self._patience:
                self._give_up()
            return self.leave(one, str(self.halted or f"it could not be read: {error}"))
        self._got_through = True
        return seen

    def _is_young(self, record: Record) -> bool:
        age = self._now() - record.submitted_at if record.submitted_at else None
        return age is not None and abs(age) < self._settle

    async def _delete(self, one: Created) -> ApiError | None:
        if not one.deleting:
            outcome = outcome_of(one.outcome, one.record, Status.UNKNOWN, being_deleted(one.record))
            self._turn(one, State.DELETING, outcome)
        asked = self._client.requests
        try:
            await self._client.delete(one.campaign_id)
        except StoppedError as error:
            one.left = one.left or self._client.requests > asked
            return error
        except ApiError as error:
            one.left = one.left or not isinstance(error, NotSentError)
            return error
        one.left = True
        return None

    async def _look_again(self, one: Created, failure: ApiError) -> Undone | None:
        seen = await self._look(one)
        if isinstance(failure, StopError):
            self.halt(failure)
        if not isinstance(seen, Stored):
            return seen
        if not isinstance(failure, UnansweredError):
            return self._keep(one, f"the server refused to delete it: {failure}")
        self._lost_since = self._lost_since or self._now()
        if (self._now() - self._lost_since).total_seconds() < self._patience:
            return None
        self._give_up()
        return self.leave(one, f"no answer came to its deletion: {failure}")

    def _give_up(self) -> None:
        self.halt(NotSentError(f"gave up after {self._patience:.0f} s without a good answer (LOADER_PATIENCE_SECONDS)"))

    def _keep(self, one: Created, reason: str) -> Undone:
        if one.deleting:
            self._turn(one, State.CREATED, self._as_created(one))
        self._lost_since = None
        return one.undone(UndoStatus.KEPT, reason)

    def _reopen(self, one: Created, status: UndoStatus, rule: str) -> Undone:
        """It is gone: the row may be created again."""
        how = "deleted by `undo`" if status is UndoStatus.DELETED else "found to be gone by `undo`"
        message = f"created as {one.campaign_id}, and {how} at {self._now():%Y-%m-%d %H:%M:%S} UTC"
        attempt = replace(one.outcome.attempt, message=message, campaign_id=None, campaign_status=None)
        outcome = replace(one.outcome, status=Status.NOT_SENT, attempt=attempt, gone=Gone.DELETED)
        self._turn(one, State.OPEN, outcome)
        self._lost_since = None
        return one.undone(status, rule)

    def _as_created(self, one: Created) -> Outcome:
        return outcome_of(one.outcome, one.record, Status.CREATED)

    def _turn(self, one: Created, state: State, outcome: Outcome) -> None:
        counts = self.counts + Counter([outcome.ending])
        counts -= Counter([one.outcome.ending])
        self._journal.turn(self._run, Turn(one.record.key, one.campaign_id, state, outcome, counts))
        self.counts, one.outcome, one.deleting = counts, outcome, state is State.DELETING
