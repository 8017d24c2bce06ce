"""What the answer to one create means for its row and for the run, with a client that answers as it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.api.messages import Created
from loader.config.settings import Timing
from loader.errors import (
    ApiError,
    JournalError,
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotSentError,
    RefusedError,
    RejectedError,
    StoppedError,
    UnansweredError,
)
from loader.execution.recorder import Author, OutcomeRecorder
from loader.execution.sender import Attempted, Claimed, Sender
from loader.model.records import Run, State
from loader.model.row import Outcome, Status
from loader.planning.plan import Job
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.storage.journal import Journal

APP = "st-1 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run("r1", "acc at h", APP, "kim", 1, "a.xlsx", "d1", {}, NOON)
SECOND = timedelta(seconds=1)
TIMING = Timing(timeout=30 * SECOND, settle=60 * SECOND, patience=100 * SECOND, verify=SECOND)
NAMES = [f"N{number}" for number in range(14)]


class World:
    """The client and its rate limiter: each create ends as the next of `answers` says, with an id where none does."""

    def __init__(self) -> None:
        self.answers: list[ApiError | Created] = []
        self.sent: list[tuple[str, bytes]] = []
        self.unwell, self.stopped = 0.0, False
        self.last_trouble = "HTTP 503"

    @property
    def rate_limiter(self) -> World:
        return self

    def unwell_for(self) -> float:
        return self.unwell

    def stop(self) -> None:
        self.stopped = True

    async def create(self, body: bytes, *, name: str) -> Created:
        self.sent.append((name, body))
        answer = self.answers.pop(0) if self.answers else Created(201, f"c-{name}", "Preparing", name)
        if isinstance(answer, ApiError):
            raise answer
        return answer


class Scene:
    def __init__(self, journal: Journal) -> None:
        self.world, self.journal, self.reported = World(), journal, list[Outcome]()
        journal.take(APP, RUN, {name.lower(): name for name in NAMES})
        self.recorder = OutcomeRecorder(journal, Author(APP, "r1"), per_minute=60, on_outcome=self.reported.append)
        self.sender = Sender(self.world, self.recorder, TIMING, now=lambda: NOON)  # type: ignore[arg-type]

    def claimed(self, name: str = "N0", attempts: int = 0) -> Claimed:
        [claimed] = self.sender.claim([Job(candidate(2, name), State.OPEN, clear=True, attempts=attempts)])
        return claimed

    async def attempt(self, answer: ApiError | Created | None = None, name: str = "N0", attempts: int = 0) -> Attempted:
        self.world.answers = [] if answer is None else [answer]
        return await self.sender.attempt(self.claimed(name, attempts))

    def ends(self) -> dict[str, Status]:
        return {outcome.name: outcome.status for outcome in self.reported}

    def state(self, name: str = "N0") -> State:
        self.recorder.flush()
        return self.journal.records(APP)[name.lower()].state


@pytest.fixture
def scene(journal: Journal) -> Iterator[Scene]:
    with journal.carrying_out(RUN, b"PK"):
        yield Scene(journal)


async def test_a_row_that_was_created_is_written_down_with_all_that_the_answer_says(scene: Scene) -> None:
    assert await scene.attempt(Created(202, "c-7", "Ready", "n0"), attempts=2) == Attempted()
    [outcome] = scene.reported
    assert (outcome.status, outcome.campaign_id, outcome.campaign_status) == (Status.CREATED, "c-7", "Ready")
    assert (outcome.http_status, outcome.attempts, outcome.submitted_at, outcome.message) == (202, 3, NOON, "")
    assert (scene.state(), scene.sender.mismatches) == (State.CREATED, [])
    assert scene.world.sent == [("N0", candidate(2, "N0").body)]


async def test_a_name_that_the_server_made_another_is_reported(scene: Scene) -> None:
    await scene.attempt(Created(201, "c-7", "Ready", "N0 &amp; Co"))
    assert [(it.row, it.name, it.campaign_id) for it in scene.sender.mismatches] == [(2, "N0", "c-7")]
    assert "'N0 &amp; Co' instead of 'N0'" in scene.reported[0].message
    await scene.attempt(Created(201, "c-8", "Ready", None), "N1")
    assert len(scene.sender.mismatches) == 1


async def test_nothing_is_claimed_where_there_is_nothing(scene: Scene) -> None:
    assert list(scene.sender.claim([])) == []
    assert scene.sender.group == 1


async def test_an_intent_is_claimed_as_the_row_is_and_given_back_as_it_was(scene: Scene) -> None:
    claimed = scene.claimed(attempts=4)
    record = scene.journal.records(APP)["n0"]
    assert (record.state, record.since, record.clear) == (State.SENDING, NOON, True)
    assert (record.digest, record.body) == (claimed.job.candidate.digest, claimed.job.candidate.body)
    assert (claimed.attempts, claimed.before.state) == (5, State.OPEN)
    scene.sender.give_back([claimed])
    assert scene.state() is State.OPEN


async def test_what_was_not_sent_goes_again_as_one_more_attempt(scene: Scene) -> None:
    attempted = await scene.attempt(NotSentError("refused"))
    assert attempted.again is not None
    assert (attempted.again.attempts, attempted.halt, attempted.in_doubt, attempted.given_back) == (2, None, None, ())
    assert scene.reported == []


@pytest.mark.parametrize("error", [NotSentError("refused"), UnansweredError("cut"), NameTakenError("taken")])
@pytest.mark.parametrize(("unwell", "gives_up"), [(99.9, False), (100.0, True), (3600.0, True)])
async def test_without_a_good_answer_the_run_ends_when_patience_does(
    scene: Scene, error: ApiError, unwell: float, *, gives_up: bool
) -> None:
    scene.world.unwell = unwell
    attempted = await scene.attempt(error)
    assert isinstance(attempted.halt, NotSentError) is gives_up
    if gives_up:
        assert str(attempted.halt) == (
            f"gave up after {unwell:.0f} s without a good answer (LOADER_PATIENCE_SECONDS); the last one: HTTP 503"
        )


@pytest.mark.parametrize(
    ("error", "accepted", "taken"),
    [
        (UnansweredError("cut"), False, False),
        (UnansweredError("no id", status=202, accepted=True), True, False),
        (NameTakenError("already exists", status=409), False, True),
    ],
)
async def test_what_nobody_knows_is_in_doubt_until_the_server_is_done(
    scene: Scene, error: ApiError, *, accepted: bool, taken: bool
) -> None:
    pending = (await scene.attempt(error, attempts=2)).in_doubt
    assert pending is not None
    assert (pending.doubt.key, pending.doubt.until, pending.submitted_at) == ("n0", NOON + 30 * SECOND, NOON)
    assert (pending.doubt.accepted, pending.doubt.taken, pending.doubt.clear) == (accepted, taken, True)
    assert (pending.attempts, pending.http_status, pending.message) == (3, error.status, str(error))
    assert scene.reported == []


async def test_the_last_ten_that_were_answered_before_are_known_of_what_is_in_doubt(scene: Scene) -> None:
    for name in NAMES[1:13]:
        await scene.attempt(name=name)
    pending = (await scene.attempt(UnansweredError("cut"))).in_doubt
    assert pending is not None
    assert pending.doubt.earlier == [f"c-{name}" for name in NAMES[3:13]]


async def test_an_id_that_another_row_bears_is_an_answer_without_an_id(scene: Scene) -> None:
    await scene.attempt(Created(201, "c-7", "Ready"))
    attempted = await scene.attempt(Created(201, "c-7", "Ready"), "N1")
    pending = attempted.in_doubt
    assert pending is not None
    assert pending.message == "the server accepted it and named campaign c-7, which another row bears"
    assert (pending.doubt.accepted, pending.http_status, pending.doubt.earlier) == (True, 201, ["c-7"])
    assert (attempted.halt, scene.ends()) == (None, {"N0": Status.CREATED})
    later = (await scene.attempt(UnansweredError("cut"), "N2")).in_doubt
    assert later is not None
    assert later.doubt.earlier == ["c-7"]


async def test_where_the_journal_cannot_say_whose_an_id_is_the_row_is_in_doubt_and_the_run_halts(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> list[str]:
        raise JournalError("the journal cannot be read")

    monkeypatch.setattr(type(scene.journal), "bearers", unreadable)
    attempted = await scene.attempt(Created(201, "c-7", "Ready"))
    assert attempted.in_doubt is not None
    assert attempted.in_doubt.message == (
        "the server accepted it and named campaign c-7, which another row may bear: the journal cannot be read"
    )
    assert attempted.in_doubt.doubt.accepted
    assert (str(attempted.halt), scene.ends(), scene.state()) == ("the journal cannot be read", {}, State.SENDING)


async def test_a_rejected_row_is_written_down_with_the_servers_reason(scene: Scene) -> None:
    assert await scene.attempt(RejectedError("no such flow", status=400), attempts=1) == Attempted()
    [outcome] = scene.reported
    assert (outcome.status, outcome.message, outcome.http_status) == (Status.REJECTED, "no such flow", 400)
    assert (outcome.attempts, outcome.submitted_at, scene.state()) == (2, NOON, State.REJECTED)


async def test_a_404_before_any_row_got_through_is_about_the_address(scene: Scene) -> None:
    attempted = await scene.attempt(RejectedError("no such page", status=404))
    assert isinstance(attempted.halt, MisdirectedError)
    assert (str(attempted.halt), attempted.halt.status) == ("the address of the API is wrong: no such page", 404)
    assert ([it.job.candidate.name for it in attempted.given_back], scene.reported) == (["N0"], [])


@pytest.mark.parametrize("answer", [None, RejectedError("no such flow", status=400)])
async def test_a_404_after_a_row_got_through_is_about_its_row(scene: Scene, answer: ApiError | None) -> None:
    await scene.attempt(answer)
    assert await scene.attempt(RejectedError("no such flow", status=404), "N1") == Attempted()
    assert scene.ends()["N1"] is Status.REJECTED


@pytest.mark.parametrize("error", [RefusedError("token", status=401), StoppedError("stopped"), MisdirectedError("302")])
async def test_what_would_meet_every_row_gives_this_one_back_and_ends_the_run(scene: Scene, error: ApiError) -> None:
    attempted = await scene.attempt(error)
    assert attempted.halt is error
    assert ([it.job.candidate.name for it in attempted.given_back], scene.reported) == (["N0"], [])


def not_allowed(number: int = 0) -> NotAllowedError:
    return NotAllowedError(f"caller ID {number} is not allowed", status=403)


async def test_a_row_that_is_not_allowed_waits_for_another_to_get_through(scene: Scene) -> None:
    for number in range(2):
        assert await scene.attempt(not_allowed(number), f"N{number}") == Attempted()
    assert scene.reported == []
    await scene.attempt(name="N2")
    assert scene.ends() == {"N0": Status.REJECTED, "N1": Status.REJECTED, "N2": Status.CREATED}
    assert scene.reported[0].message == "caller ID 0 is not allowed"
    # and they are not counted any more
    for number in range(3, 5):
        assert await scene.attempt(not_allowed(), f"N{number}") == Attempted()
    assert scene.sender.judge_the_last_not_allowed() == Attempted()
    assert (scene.ends()["N3"], scene.ends()["N4"]) == (Status.REJECTED, Status.REJECTED)


async def test_three_rows_in_a_row_that_are_not_allowed_end_the_run_and_are_given_back(scene: Scene) -> None:
    await scene.attempt(RejectedError("no such flow", status=400))
    attempted = [await scene.attempt(not_allowed(number), f"N{number}") for number in (1, 2, 3, 4)]
    assert [it.halt is not None for it in attempted] == [False, False, True, False]
    halt = attempted[2].halt
    assert isinstance(halt, RefusedError)
    assert (str(halt), halt.status) == (
        "caller ID 3 is not allowed; 3 rows in a row were refused, so no more were sent",
        403,
    )
    scene.sender.stop()
    assert scene.world.stopped
    await scene.attempt(name="N5")  # it was under way already, and tells nothing of those before
    assert scene.ends() == {"N0": Status.REJECTED, "N5": Status.CREATED}
    last = scene.sender.judge_the_last_not_allowed()
    assert [it.job.candidate.name for it in last.given_back] == ["N1", "N2", "N3", "N4"]
    assert str(last.halt) == "caller ID 1 is not allowed"


async def test_where_no_row_got_through_the_last_that_are_not_allowed_are_given_back(scene: Scene) -> None:
    assert scene.sender.judge_the_last_not_allowed() == Attempted()
    error = not_allowed()
    await scene.attempt(error)
    last = scene.sender.judge_the_last_not_allowed()
    assert ([it.job.candidate.name for it in last.given_back], last.halt) == (["N0"], error)
    assert scene.reported == []
