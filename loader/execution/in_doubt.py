"""Creates that perhaps happened, with what is needed to settle them; among them those that earlier runs have left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.api.campaign_fields import shown_of
from loader.errors import NameTakenError, UnansweredError
from loader.model.attempt import Attempt, OfAttempt
from loader.model.records import Settlement, State
from loader.planning.reconcile import MOST_SEARCHES, Doubt, look_of, lookalikes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from loader.api.listing import Listing
    from loader.errors import ApiError
    from loader.execution.recorder import OutcomeRecorder
    from loader.execution.send_request import SendRequest
    from loader.model.records import Record, Taken
    from loader.planning.plan import Candidate, Job
    from loader.storage.journal import Journal

# of campaigns created earlier, a few will do to tell what came later; some may be gone, or not be listed yet
ENOUGH_EARLIER = 10


@dataclass(frozen=True, slots=True)
class InDoubt(OfAttempt):
    """A create that perhaps happened. `candidate`: the row of this run that bears its name, None where no row does.

    `reopen`: proof of absence makes it open again. `resend`: and then it is sent again in this run.
    """

    doubt: Doubt
    digest: str
    attempt: Attempt
    candidate: Candidate | None
    reopen: bool = True
    resend: bool = True

    def settlement(self, state: State, message: str) -> Settlement:
        return Settlement(
            self.doubt.key,
            state,
            replace(self.attempt, message=message),
            accepted=self.doubt.accepted and state is not State.OPEN,
        )


def unanswered(job: Job, error: ApiError, *, earlier: Sequence[str], at: datetime, until: datetime) -> InDoubt:
    """A create of this run that got no answer to rely on; `job` counts it among its attempts.

    `earlier`: ids of campaigns that were answered before.
    """
    candidate = job.candidate
    doubt = Doubt(
        candidate.key,
        candidate.name,
        candidate.shown,
        until=until,
        clear=job.clear,
        lookalikes=job.lookalikes,
        earlier=earlier,
        accepted=isinstance(error, UnansweredError) and error.accepted,
        taken=isinstance(error, NameTakenError),
    )
    attempt = Attempt(http_status=error.status, attempts=job.attempts, submitted_at=at, message=str(error))
    return InDoubt(doubt, candidate.digest, attempt, candidate)


def beside_lookalikes(jobs: Sequence[Job], listing: Listing, recorder: OutcomeRecorder) -> Sequence[Job]:
    """Each with the campaigns of a whole reading that are alike: none of them is this row's, which is not sent yet.

    Raises:
        JournalError: it is not on disk.
    """
    lookalikes = lookalikes_of(listing, {job.candidate.shown for job in jobs})
    recorder.remember_lookalikes({look_of(shown): ids for shown, ids in lookalikes.items()})
    return [replace(job, lookalikes=lookalikes[job.candidate.shown]) for job in jobs]


def _loose_records(taken: Taken, send_request: SendRequest) -> list[Record]:
    """What an earlier run left without an end, wanted by a row of this one or not, and what it left unknown.

    What is unknown is never sent again by itself: a run adopts it when it is found, and only `reconcile` opens it.
    """
    ours = {candidate.key for candidate in send_request.candidates}
    return [
        record
        for record in taken.records.values()
        if record.key not in taken.held
        and (
            record.state is State.SENDING
            or (record.state is State.UNKNOWN and (record.key in ours or not send_request.send))
        )
    ]


def left_in_doubt(
    taken: Taken, send_request: SendRequest, journal: Journal, application: str, *, until: datetime
) -> list[InDoubt]:
    """What earlier runs left in doubt: they may have been sending it until this very moment.

    `until`: then the server is done with all of it.
    """
    loose = _loose_records(taken, send_request)
    if not loose:
        return []
    lookalikes = journal.lookalikes({record.run for record in loose})
    rows = {candidate.key: candidate for candidate in send_request.candidates}
    earlier = {
        since: journal.answered_before(application, since, ENOUGH_EARLIER) for it in loose if (since := it.since)
    }
    return [
        InDoubt(
            _doubt_of(record, lookalikes.get(record.run, {}), earlier, until),
            record.digest,
            replace(record.attempt, campaign_id=None, campaign_status=None),
            rows.get(record.key),
            reopen=record.state is State.SENDING or not send_request.send,
            resend=send_request.send,
        )
        for record in loose
    ]


def _doubt_of(
    record: Record,
    lookalikes: Mapping[str, Collection[str]],
    earlier: Mapping[datetime, Sequence[str]],
    until: datetime,
) -> Doubt:
    look = shown_of(record.body)
    return Doubt(
        record.key,
        record.name,
        look,
        until=until,
        clear=record.clear,
        lookalikes=frozenset(lookalikes.get(look_of(look), ())),
        earlier=earlier[record.since] if record.since else (),
        accepted=record.accepted,
        searches=MOST_SEARCHES,  # it is an old one, so it waits for readings to the end
    )
