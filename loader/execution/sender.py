"""One create after another: what the answer to it means for its row, and for the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.api.campaign_diff import Difference
from loader.errors import (
    ApiError,
    JournalError,
    LoaderError,
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotSentError,
    RefusedError,
    RejectedError,
    StopError,
    StoppedError,
    UnansweredError,
)
from loader.execution.in_doubt import ENOUGH_EARLIER, unanswered
from loader.model.attempt import Attempt
from loader.model.campaign import name_key
from loader.model.records import Intent, Settlement, State
from loader.model.row import Status
from loader.planning.mismatch import Mismatch, in_words, mismatches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from loader.api.client import Client
    from loader.api.messages import Created
    from loader.config.settings import Timing
    from loader.execution.in_doubt import InDoubt
    from loader.execution.recorder import OutcomeRecorder
    from loader.model.records import Record
    from loader.planning.plan import Candidate, Job


# a permission that one row lacks is the row's fault; what so many lack, all others lack as well
_REFUSED_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row whose intent is on disk."""

    job: Job
    attempts: int
    """With the one under way."""
    before: Record
    """What the journal had before the intent."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What is left to do after one request; nothing where its row has come to its end."""

    again: Claimed | None = None
    """It was proved not sent."""
    in_doubt: InDoubt | None = None
    given_back: Sequence[Claimed] = ()
    """Of these nothing left, or nothing that counts."""
    halt: LoaderError | None = None
    """Why no further request may leave."""


class Sender:
    """Sends rows whose intents are on disk. `now` is a clock that never jumps, in UTC."""

    def __init__(
        self, client: Client, recorder: OutcomeRecorder, timing: Timing, *, now: Callable[[], datetime]
    ) -> None:
        self._client, self._recorder, self._timing, self._now = client, recorder, timing, now
        self._not_allowed: list[tuple[Claimed, NotAllowedError]] = []
        self._got_through = self._stopped = False
        self._answered: list[str] = []  # ids, in the order of their answers
        self.mismatches: list[Mismatch] = []

    @property
    def group(self) -> int:
        """How many rows are claimed at once."""
        return self._recorder.group

    def claim(self, jobs: Sequence[Job]) -> Sequence[Claimed]:
        """Write down that these are about to be sent.

        Raises:
            JournalError: it is not on disk, so none of them may be sent.
        """
        if not jobs:
            return []
        since = self._now()
        records = self._recorder.claim(
            [
                Intent(job.candidate.key, job.candidate.digest, job.candidate.body, job.clear, since, job.was)
                for job in jobs
            ]
        )
        before = {record.key: record for record in records}
        return [Claimed(job, job.attempts + 1, before[job.candidate.key]) for job in jobs]

    def give_back(self, unsent: Sequence[Claimed]) -> None:
        """Make what was claimed and never left what it was before: open, rejected, or created in another form."""
        self._recorder.give_back([claimed.before for claimed in unsent])

    def stop(self) -> None:
        """Let no further request leave; those in flight are answered."""
        self._stopped = True
        self._client.rate_limiter.stop()

    async def attempt(self, claimed: Claimed) -> Attempted:
        """Send one row.

        Raises:
            JournalError: what came of it is not on disk.
        """
        candidate, earlier = claimed.job.candidate, self._answered[-ENOUGH_EARLIER:]
        try:
            created = await self._client.create(candidate.body, name=candidate.name)
        except NotSentError:  # or refused as one too many
            return Attempted(again=replace(claimed, attempts=claimed.attempts + 1), halt=self._out_of_patience())
        except (UnansweredError, NameTakenError) as error:
            return Attempted(in_doubt=self._doubt(claimed, error, earlier), halt=self._out_of_patience())
        except RejectedError as error:
            return self._rejected(claimed, error)
        except NotAllowedError as error:
            return self._hold(claimed, error)
        except (StopError, StoppedError) as error:
            return Attempted(given_back=[claimed], halt=error)
        return self._created(claimed, created, earlier)

    def judge_the_last_not_allowed(self) -> Attempted:
        """No row came after them: what became of those before decides."""
        if self._not_allowed and self._got_through:
            self._get_through()
        if not self._not_allowed:
            return Attempted()
        return Attempted(given_back=[claimed for claimed, _ in self._not_allowed], halt=self._not_allowed[0][1])

    def _hold(self, claimed: Claimed, error: NotAllowedError) -> Attempted:
        """The row's fault or everyone's? It waits for what becomes of the next rows."""
        self._not_allowed.append((claimed, error))
        if len(self._not_allowed) != _REFUSED_IN_A_ROW:
            return Attempted()
        message = f"{error}; {_REFUSED_IN_A_ROW} rows in a row were refused, so no more were sent"
        return Attempted(halt=RefusedError(message, status=error.status))

    def _get_through(self) -> None:
        """The server takes rows: those it refused just before were refused for their own sake."""
        self._got_through = True
        if not self._stopped:
            held, self._not_allowed = self._not_allowed, []
            for claimed, error in held:
                self._reject(claimed, error)

    def _created(self, claimed: Claimed, created: Created, earlier: Sequence[str]) -> Attempted:
        self._get_through()
        candidate, campaign_id = claimed.job.candidate, created.campaign_id
        accepted = f"the server accepted it and named campaign {campaign_id}, which another row"
        try:
            if not self._recorder.bears(candidate.key, campaign_id):
                error = UnansweredError(f"{accepted} bears", status=created.http_status, accepted=True)
                return Attempted(in_doubt=self._doubt(claimed, error, earlier))
        except JournalError as unreadable:
            error = UnansweredError(f"{accepted} may bear: {unreadable}", status=created.http_status, accepted=True)
            return Attempted(in_doubt=self._doubt(claimed, error, earlier), halt=unreadable)
        self._answered.append(campaign_id)
        self.mismatches += (found := _renamed(candidate, created))
        settlement = Settlement(
            candidate.key,
            State.CREATED,
            attempt=Attempt(
                attempts=claimed.attempts,
                message=in_words(found) if found else "",
                http_status=created.http_status,
                campaign_id=campaign_id,
                campaign_status=created.campaign_status,
                submitted_at=self._now(),
            ),
        )
        self._recorder.settle(candidate, settlement, Status.CREATED)
        return Attempted()

    def _rejected(self, claimed: Claimed, error: RejectedError) -> Attempted:
        if error.status == 404 and not self._got_through:  # noqa: PLR2004 - no row has got through yet
            misdirected = MisdirectedError(f"the address of the API is wrong: {error}", status=error.status)
            return Attempted(given_back=[claimed], halt=misdirected)
        self._get_through()
        self._reject(claimed, error)
        return Attempted()

    def _reject(self, claimed: Claimed, error: ApiError) -> None:
        settlement = Settlement(
            claimed.job.candidate.key,
            State.REJECTED,
            attempt=Attempt(
                attempts=claimed.attempts, message=str(error), http_status=error.status, submitted_at=self._now()
            ),
        )
        self._recorder.settle(claimed.job.candidate, settlement, Status.REJECTED)

    def _doubt(self, claimed: Claimed, error: ApiError, earlier: Sequence[str]) -> InDoubt:
        now = self._now()
        job = replace(claimed.job, attempts=claimed.attempts)
        return unanswered(job, error, earlier=earlier, at=now, until=now + self._timing.timeout)

    def _out_of_patience(self) -> NotSentError | None:
        unwell = self._client.rate_limiter.unwell_for()
        if unwell < self._timing.patience.total_seconds():
            return None
        last = f"; the last one: {why}" if (why := self._client.rate_limiter.last_trouble) else ""
        return NotSentError(f"gave up after {unwell:.0f} s without a good answer (LOADER_PATIENCE_SECONDS){last}")


def _renamed(candidate: Candidate, created: Created) -> list[Mismatch]:
    """The name that the server gives the campaign, where it is another one than was sent."""
    if created.name is None or name_key(created.name) == candidate.key:
        return []
    differences = [Difference("name", candidate.name, created.name)]
    return mismatches(candidate, created.campaign_id, differences)
