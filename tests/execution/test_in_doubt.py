"""What earlier runs left in doubt comes with all that is known of the time before it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.execution.in_doubt import left_in_doubt
from loader.execution.send_request import SendRequest
from loader.model.attempt import Attempt
from loader.model.records import Intent, Record, Run, Settlement, State, Taken
from loader.planning.plan import RunOptions
from loader.planning.reconcile import look_of
from tests.candidates import candidate

if TYPE_CHECKING:
    from loader.storage.journal import Journal

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run("r1", "acc at h", "st-1 at h", "kim", 1, "a.xlsx", "d1", {}, NOON)
A = candidate(2, "A", priority=1)


def record(name: str, state: State = State.SENDING, **known: Any) -> Record:  # noqa: ANN401 - fields of any kind
    one = Record(name.lower(), name, state, A.digest, A.body, True, False, Attempt(attempts=1), NOON, "r1", "")
    return replace(one, **known)


def left(journal: Journal, *records: Record, send: bool = True, held: str = "") -> dict[str, Any]:
    taken = Taken({one.key: one for one in records}, dict.fromkeys(held.split(), "another"))
    wanted = SendRequest([A], RunOptions(), preflight=True, send=send)
    return {one.doubt.key: one for one in left_in_doubt(taken, wanted, journal, RUN.application, until=NOON)}


def test_what_the_list_showed_before_it_was_sent_is_known_of_its_own_look_and_run_alone(journal: Journal) -> None:
    other = candidate(3, "B", priority=2)
    for run, ids in ((RUN, {"c-1"}), (replace(RUN, id="r2"), {"c-3"})):
        with journal.carrying_out(run, b"PK"):
            journal.remember_lookalikes(run.id, {look_of(A.shown): ids, look_of(other.shown): {"c-2"}})
    found = left(journal, record("A"), record("B", body=other.body), record("C", run="r2"), record("D", run="r3"))
    known = {key: set(one.doubt.lookalikes) for key, one in found.items()}
    assert known == {"a": {"c-1"}, "b": {"c-2"}, "c": {"c-3"}, "d": set()}


def test_campaigns_that_were_answered_before_it_was_sent_tell_what_is_later(journal: Journal) -> None:
    at_seconds, app = range(-12, 3), RUN.application
    with journal.carrying_out(RUN, b"PK"):
        journal.take(app, RUN, {f"n{at}": f"N{at}" for at in at_seconds})
        journal.claim(app, RUN.id, [Intent(f"n{at}", "d", b"{}", True, NOON, State.OPEN) for at in at_seconds])
        moments = {at: Attempt(f"c-{at}", submitted_at=NOON + timedelta(seconds=at)) for at in at_seconds}
        journal.settle(app, RUN.id, [Settlement(f"n{at}", State.CREATED, one) for at, one in moments.items()])
    found = left(journal, record("A"))
    assert found["a"].doubt.earlier == [f"c-{at}" for at in range(-10, 0)]


@pytest.mark.parametrize(
    ("state", "name", "send", "expected"),
    [
        (State.SENDING, "A", True, (True, True)),  # reopened when it is proved absent, and sent again
        (State.SENDING, "Z", True, (True, True)),
        (State.UNKNOWN, "A", True, (False, True)),  # never by itself
        (State.UNKNOWN, "Z", True, None),
        (State.SENDING, "Z", False, (True, False)),
        (State.UNKNOWN, "Z", False, (True, False)),
        (State.OPEN, "A", True, None),
        (State.CREATED, "A", True, None),
        (State.DELETING, "A", True, None),
    ],
)
def test_a_run_looks_up_what_was_being_sent_and_only_its_own_of_what_is_unknown(
    journal: Journal, state: State, name: str, *, send: bool, expected: tuple[bool, bool] | None
) -> None:
    found = left(journal, record(name, state), send=send)
    assert [(one.reopen, one.resend) for one in found.values()] == ([] if expected is None else [expected])
    assert left(journal, record(name, state), send=send, held=name.lower()) == {}
