"""What earlier runs left without an end, to be looked up by this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.api.v1 import shown
from loader.execution.lookup import InDoubt
from loader.model.records import State
from loader.planning.reconcile import Doubt

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from loader.execution.send_request import SendRequest
    from loader.model.records import Record, Taken
    from loader.planning.plan import Candidate


def doubts_of(taken: Taken, send_request: SendRequest, *, started: datetime, timeout: timedelta) -> list[InDoubt]:
    """What an earlier run left without an end, wanted by a row of this one or not, and what it left unknown.

    What is unknown is never sent again by itself: a run adopts it when it is found, and only `reconcile` opens it.
    An earlier run may have been sending until this one `started`; so long after it, the server is done with that.
    """
    ours = {candidate.key: candidate for candidate in send_request.candidates}
    return [
        _doubt_of(record, ours.get(record.key), send_request, started, timeout)
        for record in taken.records.values()
        if record.key not in taken.held
        and (
            record.state is State.SENDING
            or (record.state is State.UNKNOWN and (record.key in ours or not send_request.send))
        )
    ]


def _doubt_of(
    record: Record, candidate: Candidate | None, send_request: SendRequest, started: datetime, timeout: timedelta
) -> InDoubt:
    doubt = Doubt(
        record.key,
        record.name,
        shown(record.body),
        since=record.since or started,
        until=started + timeout,
        clear=record.clear,
        accepted=record.accepted,
    )
    return InDoubt(
        doubt,
        record.digest,
        record.attempts,
        candidate,
        reopen=record.state is State.SENDING or not send_request.send,
        resend=send_request.send,
        timed=False,
        http_status=record.http_status,
        submitted_at=record.submitted_at,
        message=record.message,
    )
