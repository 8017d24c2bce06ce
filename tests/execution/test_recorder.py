"""What came of rows reaches the journal in groups, before the next ones are claimed; and it is reported in any case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loader.errors import JournalError
from loader.execution.recorder import Author, OutcomeRecorder
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Settlement, State
from loader.model.row import Status
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loader.model.row import Outcome
    from loader.storage.journal import Journal

APP = "st-1 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run("r1", "acc at h", APP, "kim", 1, "a.xlsx", "d1", {}, NOON)
KEYS = ("a", "b", "c", "d")


@pytest.fixture
def reported() -> list[Outcome]:
    return []


@pytest.fixture
def make_recorder(journal: Journal, reported: list[Outcome]) -> Iterator[Callable[..., OutcomeRecorder]]:
    """A recorder of the journal, which knows the campaigns of KEYS."""

    def made(per_minute: float) -> OutcomeRecorder:
        return OutcomeRecorder(journal, Author(APP, "r1"), per_minute=per_minute, on_outcome=reported.append)

    with journal.carrying_out(RUN, b"PK"):
        journal.take(APP, RUN, {key: key.upper() for key in KEYS})
        yield made


def intents(*keys: str) -> list[Intent]:
    return [Intent(key, "digest", b"{}", clear=True, since=NOON, was=State.OPEN) for key in keys]


@pytest.mark.parametrize(("per_minute", "group"), [(6, 1), (50, 1), (119, 1), (120, 2), (600, 10), (1_000_000, 256)])
def test_no_more_is_claimed_ahead_than_a_second_of_sending_takes(
    make_recorder: Callable[..., OutcomeRecorder], per_minute: float, group: int
) -> None:
    assert make_recorder(per_minute).group == group


def states(journal: Journal) -> str:
    return " ".join(journal.records(APP)[key].state for key in KEYS)


def test_what_is_known_is_on_disk_with_the_group_that_is_full(
    make_recorder: Callable[..., OutcomeRecorder], journal: Journal
) -> None:
    recorder = make_recorder(120)
    recorder.claim(intents("a", "b", "c"))
    recorder.note(Settlement("a", State.CREATED, attempt=Attempt(attempts=1)))
    assert states(journal) == "sending sending sending open"
    recorder.note(Settlement("b", State.REJECTED, attempt=Attempt(attempts=1)))
    assert states(journal) == "created rejected sending open"


def test_what_is_known_is_on_disk_before_anything_more_is_claimed(
    make_recorder: Callable[..., OutcomeRecorder], journal: Journal
) -> None:
    recorder = make_recorder(6000)
    recorder.claim(intents("a", "b"))
    recorder.note(Settlement("a", State.CREATED, attempt=Attempt(attempts=1)))
    recorder.claim(intents("c"))
    assert states(journal) == "created sending sending open"
    recorder.flush()
    assert states(journal) == "created sending sending open"


def test_an_end_is_reported_though_it_cannot_be_written_down(
    make_recorder: Callable[..., OutcomeRecorder],
    journal: Journal,
    reported: list[Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    recorder = make_recorder(60)
    recorder.claim(intents("a"))
    created = Settlement(
        "a", State.CREATED, attempt=Attempt(attempts=1, campaign_id="c-1", http_status=200, submitted_at=NOON)
    )
    with monkeypatch.context() as patch:
        patch.setattr(type(journal), "settle", full)
        with pytest.raises(JournalError, match="the disk is full"):
            recorder.settle(candidate(2, "A"), created, Status.CREATED)
    [outcome] = reported
    assert (outcome.row, outcome.name, outcome.status, outcome.campaign_id) == (2, "A", Status.CREATED, "c-1")
    assert (outcome.http_status, outcome.attempts, outcome.submitted_at, outcome.run) == (200, 1, NOON, "r1")
    recorder.flush()  # kept for when there is room again
    assert states(journal) == "created open open open"


def test_a_campaign_that_no_row_bears_is_settled_and_reported_to_nobody(
    make_recorder: Callable[..., OutcomeRecorder], journal: Journal, reported: list[Outcome]
) -> None:
    recorder = make_recorder(60)
    recorder.claim(intents("a"))
    recorder.settle(None, Settlement("a", State.CREATED, attempt=Attempt(attempts=1)), Status.CREATED)
    assert (states(journal), reported) == ("created open open open", [])


@pytest.mark.parametrize(("looks_first", "remembered"), [(True, {"r1": {"look": {"cd-1"}}}), (False, {})])
def test_what_the_list_shows_is_remembered_only_where_no_row_was_sent_before_it_was_read(
    make_recorder: Callable[..., OutcomeRecorder],
    journal: Journal,
    *,
    looks_first: bool,
    remembered: dict[str, dict[str, set[str]]],
) -> None:
    recorder = make_recorder(50)
    recorder.looks_first = looks_first
    recorder.remember_lookalikes({"look": ["cd-1"]})
    assert journal.lookalikes(["r1"]) == remembered
