"""Lost answers are looked up together: when the list is read, and what is done about what it says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pytest

from loader.api.listing import Listing, by_key
from loader.api.messages import Listed, Shown
from loader.config.settings import Timing
from loader.errors import ApiError, NotSentError, RefusedError, StoppedError, UnansweredError
from loader.execution.in_doubt import InDoubt
from loader.execution.lookup import Lookup
from loader.execution.recorder import Author, OutcomeRecorder
from loader.execution.send_loop import SendLoop
from loader.execution.sender import Sender
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, State
from loader.model.row import Outcome, Status
from loader.planning.reconcile import Doubt, look_of
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loader.api.campaign_list import Enough
    from loader.model.events import Waiting
    from loader.planning.plan import Job
    from loader.storage.journal import Journal

APP = "st-1 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run("r1", "acc at h", APP, "kim", 1, "a.xlsx", "d1", {}, NOON)
SHOWN = Shown(frozenset({"north"}), "Agentless", "3", "Intake")
SECOND = timedelta(seconds=1)


class World:
    """A clock that moves when somebody waits, and a campaign list that holds what a test puts there."""

    def __init__(self) -> None:
        self.now = NOON
        self.names: list[str] = []
        self.others: list[Listed] = []
        self.error: ApiError | None = None
        self.read_at: list[float] = []
        self.to_the_end: list[bool] = []
        self.long = False  # too long for a search to come to the end
        self.enough: Enough | None = None

    async def read(self, *, enough: Enough | None = None) -> Listing:
        await asyncio.sleep(0)
        self.read_at.append((self.now - NOON).total_seconds())
        self.to_the_end.append(enough is None)
        self.enough = enough
        if self.error is not None:
            raise self.error
        return replace(self.listing(), whole=enough is None or not self.long)

    def listing(self) -> Listing:
        items = [Listed(f"s-{name}-{at}", name, "Ready", self.now, SHOWN) for at, name in enumerate(self.names)]
        return Listing(by_key([*items, *self.others]), self.now)


class Loop(SendLoop):
    """With no rows of its own. `sending` says whether there would be some; `resend` gets what is to be sent again."""

    def __init__(
        self,
        lookup: Lookup,
        recorder: OutcomeRecorder,
        on_wait: Callable[[Waiting], None],
        resend: Callable[[Job], None],
    ) -> None:
        sender = Sender(MagicMock(), recorder, MagicMock(), now=MagicMock())
        super().__init__(sender, lookup, 1, on_wait=on_wait)
        self.sending: Callable[[], bool] = lambda: False
        self.resend = resend

    def _is_sending(self) -> bool:
        return self.sending()

    def _reopen(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.resend(job)


class Scene:
    def __init__(self, journal: Journal) -> None:
        self.world, self.journal = World(), journal
        self.reported: list[Outcome] = []
        self.reopened: list[Job] = []
        self.waits: list[Waiting] = []
        journal.take(APP, RUN, {key: key.upper() for key in "abc"})
        recorder = OutcomeRecorder(journal, Author(APP, "r1"), per_minute=60, on_outcome=self.reported.append)
        recorder.claim([Intent(key, "digest", b"{}", clear=True, since=NOON, was=State.OPEN) for key in "abc"])
        self.lookup = Lookup(
            self.world,  # type: ignore[arg-type]  # all of a list that is asked for
            recorder,
            Timing(timeout=SECOND, settle=10 * SECOND, patience=100 * SECOND, verify=SECOND),
            now=lambda: self.world.now,
        )
        self.loop = Loop(self.lookup, recorder, self._wait, self.reopened.append)

    def _wait(self, waiting: Waiting) -> None:
        self.waits.append(waiting)
        self.world.now += timedelta(seconds=waiting.seconds)
        self.loop._look_now.set()  # what it waited for has come

    def doubt(self, key: str, *, until: float = 30, **changes: object) -> InDoubt:
        names = ("accepted", "taken", "clear", "earlier")
        of_doubt = {name: changes.pop(name) for name in names if name in changes}
        doubt = Doubt(
            key,
            key.upper(),
            SHOWN,
            until=NOON + until * SECOND,
            **{"clear": True, **of_doubt},  # type: ignore[arg-type]
        )
        kept: dict[str, object] = {
            "candidate": candidate(ord(key), key.upper(), digest="digest"),
            **changes,
        }
        attempt = Attempt(http_status=503, attempts=1, message=str(kept.pop("message", "lost")))
        return InDoubt(doubt, "digest", attempt, **kept)  # type: ignore[arg-type]

    def add(self, *doubts: InDoubt) -> None:
        for doubt in doubts:
            self.lookup.add(doubt)

    async def look(self) -> None:
        """Until nothing is in doubt, or the run halts."""
        async with self.loop.on_duty():
            await until(lambda: not self.lookup.pending or self.loop.halted is not None)

    def states(self) -> str:
        return " ".join(self.journal.records(APP)[key].state for key in "abc")

    def ends(self) -> dict[str, Status]:
        return {outcome.name: outcome.status for outcome in self.reported}


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110 - of a clock that does not wait
            await asyncio.sleep(0)


@pytest.fixture
def scene(journal: Journal) -> Iterator[Scene]:
    with journal.carrying_out(RUN, b"PK"):
        yield Scene(journal)


async def test_the_list_is_read_as_soon_as_it_can_prove_something_and_again_a_settle_time_later(scene: Scene) -> None:
    scene.add(scene.doubt("a", until=30))
    await scene.look()
    assert scene.world.read_at == [30, 40]
    assert [job.candidate.name for job in scene.reopened] == ["A"]
    assert scene.states() == "open sending sending"
    assert scene.reported == []


async def test_one_reading_serves_all_once_the_server_is_done_with_all_of_them(scene: Scene) -> None:
    scene.world.names = ["A", "B", "C"]
    scene.add(scene.doubt("a", until=30), scene.doubt("b", until=31), scene.doubt("c", until=32))
    await scene.look()
    assert scene.world.read_at == [32]
    assert scene.world.to_the_end == [True]
    assert scene.ends() == {"A": Status.CREATED, "B": Status.CREATED, "C": Status.CREATED}
    assert scene.states() == "created created created"


async def test_two_readings_to_the_end_prove_all_of_them_absent(scene: Scene) -> None:
    scene.add(scene.doubt("a", until=30), scene.doubt("b", until=32), scene.doubt("c", until=49))
    await scene.look()
    assert scene.world.read_at == [49, 59]
    assert len(scene.reopened) == 3


# while others are still sent


async def test_while_rows_are_sent_the_newest_are_searched_once_and_what_is_not_there_waits(scene: Scene) -> None:
    scene.world.long = True
    scene.loop.sending = lambda: scene.world.now < NOON + 300 * SECOND
    scene.add(scene.doubt("a", until=30), scene.doubt("b", until=35))
    looking = asyncio.create_task(scene.look())
    await until(lambda: len(scene.world.read_at) == 2)
    assert (scene.world.read_at, scene.world.to_the_end) == ([30, 40], [False] * 2)
    assert (scene.lookup.pending, scene.states()) == (2, "sending sending sending")
    scene.world.now = NOON + 300 * SECOND
    scene.loop._look_now.set()
    await until(lambda: not scene.lookup.pending)
    assert scene.world.read_at[2:] == [300, 310]
    assert scene.world.to_the_end[2:] == [True, True]
    assert len(scene.reopened) == 2
    await looking


async def test_a_search_that_comes_to_the_end_of_a_short_list_proves_as_much_as_any(scene: Scene) -> None:
    scene.loop.sending = lambda: True
    scene.add(scene.doubt("a", until=30))
    await scene.look()
    assert scene.world.read_at == [30, 40]
    assert len(scene.reopened) == 1


async def test_a_search_that_fails_leaves_nothing_to_a_person(scene: Scene) -> None:
    scene.world.error = UnansweredError("the campaign list repeats itself without end")
    scene.loop.sending = lambda: scene.world.error is not None
    scene.add(scene.doubt("a", until=30))
    looking = asyncio.create_task(scene.look())
    await until(lambda: len(scene.world.read_at) == 1)
    assert (scene.lookup.pending, scene.reported) == (1, [])
    scene.world.error = None
    scene.loop._look_now.set()
    await until(lambda: not scene.lookup.pending)
    assert scene.states() == "open sending sending"
    await looking


@pytest.mark.parametrize(
    ("seen", "newest_first", "enough"),
    [
        ({"new"}, True, False),
        ({"new", "first"}, True, True),  # there before the first create of the run
        ({"new", "2"}, True, True),  # answered before either of them left
        ({"new", "3"}, True, False),  # before one of them
        ({"new", "3", "1"}, True, True),
        ({"new", "first", "1"}, False, False),
    ],
)
async def test_a_search_ends_where_campaigns_from_before_come_up(
    scene: Scene, seen: set[str], newest_first: bool, enough: bool
) -> None:
    scene.world.names, scene.lookup.there_before = ["A", "B"], {"first", "second"}
    scene.loop.sending = lambda: True
    scene.add(scene.doubt("a", earlier=("1", "2")), scene.doubt("b", earlier=("2", "3")))
    await scene.look()
    assert scene.world.enough is not None
    assert scene.world.enough(seen, newest_first) is enough


# under another name


async def test_what_may_be_there_under_another_name_is_never_sent_again_by_itself(scene: Scene) -> None:
    scene.world.names = ["A &amp; co"]
    scene.add(scene.doubt("a"))
    await scene.look()
    assert (scene.states(), scene.reopened) == ("unknown sending sending", [])
    assert "s-A &amp; co-0 'A &amp; co' came up since" in scene.reported[0].message


@pytest.mark.parametrize("looks_first", [True, False])
async def test_a_row_edited_while_it_was_in_doubt_goes_again_beside_what_looks_like_it_by_now(
    scene: Scene, *, looks_first: bool
) -> None:
    scene.lookup._recorder.looks_first = looks_first
    edited = candidate(1, "A", priority=1)
    scene.world.others = [Listed("s-7", "OTHER", "Ready", NOON, edited.shown)]
    scene.add(scene.doubt("a", candidate=edited))
    await scene.look()
    assert [job.lookalikes for job in scene.reopened] == [{"s-7"}]
    known = {look_of(edited.shown): {"s-7"}} if looks_first else {}  # else rows of that look may have been sent before
    assert scene.journal.lookalikes({"r1"}).get("r1", {}) == known


async def test_what_one_row_is_found_to_bear_is_no_other_rows(scene: Scene) -> None:
    scene.world.names = ["B"]
    scene.add(scene.doubt("a"), scene.doubt("b"))
    await scene.look()
    assert (scene.states(), len(scene.reopened)) == ("open created sending", 1)


# what is told, and done


async def test_waiting_is_reported_with_how_many_are_in_doubt(scene: Scene) -> None:
    scene.world.names = ["A", "B"]
    scene.add(scene.doubt("a"), scene.doubt("b"))
    await scene.look()
    assert [(it.reason, it.seconds) for it in scene.waits] == [
        ("rows without an answer: 2; the campaign list is read", 30)
    ]


async def test_what_is_found_is_created_with_its_id_and_status(scene: Scene) -> None:
    scene.world.names = ["a "]
    scene.add(scene.doubt("a"))
    await scene.look()
    [outcome] = scene.reported
    assert (outcome.status, outcome.campaign_id, outcome.campaign_status) == (Status.CREATED, "s-a -0", "Ready")
    assert outcome.message == "the answer was lost; the campaign was found in the campaign list"
    record = scene.journal.records(APP)["a"]
    assert (record.state, record.campaign_id, record.http_status) == (State.CREATED, "s-a -0", 503)


async def test_what_belongs_to_no_row_of_the_run_is_settled_and_reported_to_nobody(scene: Scene) -> None:
    scene.world.names = ["A"]
    scene.add(scene.doubt("a", candidate=None), scene.doubt("b", candidate=None))
    await scene.look()
    assert (scene.states(), scene.reported, scene.reopened) == ("created open sending", [], [])


async def test_a_row_that_is_only_looked_up_is_opened_and_not_sent(scene: Scene) -> None:
    scene.add(scene.doubt("a", resend=False))
    await scene.look()
    assert (scene.states(), scene.reopened) == ("open sending sending", [])
    assert scene.ends() == {"A": Status.NOT_SENT}


async def test_what_was_left_unknown_is_not_opened_by_a_run(scene: Scene) -> None:
    scene.add(scene.doubt("a", reopen=False))
    await scene.look()
    assert (scene.states(), scene.reopened) == ("unknown sending sending", [])
    assert scene.reported[0].message == (
        "looked up again, and it is not on the server; after `reconcile` the next run sends it"
    )


async def test_a_name_that_was_taken_and_is_not_listed_is_rejected_with_the_servers_words(scene: Scene) -> None:
    scene.add(scene.doubt("a", taken=True, message="name is taken (HTTP 409)"))
    await scene.look()
    assert (scene.ends(), scene.reported[0].message) == ({"A": Status.REJECTED}, "name is taken (HTTP 409)")
    assert scene.states() == "rejected sending sending"


async def test_two_of_a_name_are_left_to_a_person_at_the_first_look(scene: Scene) -> None:
    scene.world.names = ["A", "a"]
    scene.add(scene.doubt("a"))
    await scene.look()
    assert scene.world.read_at == [30]
    assert scene.reported[0].message.startswith("the server has 2 campaigns of this name: s-A-0, s-a-1; if one of them")
    assert scene.states() == "unknown sending sending"


async def test_a_list_that_cannot_be_read_leaves_all_unknown(scene: Scene) -> None:
    scene.world.error = NotSentError("not sent: no answer within the time limit")
    scene.add(scene.doubt("a"), scene.doubt("b"))
    await scene.look()
    assert scene.ends() == {"A": Status.UNKNOWN, "B": Status.UNKNOWN}
    assert scene.states() == "unknown unknown sending"
    assert scene.reported[0].message == (
        "the campaign list could not be read: not sent: no answer within the time limit"
    )


@pytest.mark.parametrize("error", [RefusedError("no permission"), StoppedError("stopped")])
async def test_what_ends_the_run_leaves_the_doubts_to_the_next_one(scene: Scene, error: ApiError) -> None:
    scene.world.error = error
    scene.add(scene.doubt("a"))
    await scene.look()
    assert scene.loop.halted is error
    assert scene.states() == "sending sending sending"
    assert scene.ends() == {"A": Status.UNKNOWN}
    assert scene.reported[0].message == (
        "no answer came, and the run ended before it could be looked up; the next run looks it up first"
    )


async def test_a_row_is_sent_again_and_again_no_longer_than_patience_lasts(scene: Scene) -> None:
    sent: list[int] = []

    def resend(job: Job) -> None:
        sent.append(job.attempts)
        until = (scene.world.now - NOON).total_seconds() + 30
        pending = scene.doubt("a", until=until)
        scene.journal.claim(APP, "r1", [Intent("a", "digest", b"{}", clear=True, since=NOON, was=State.OPEN)])
        attempt = Attempt(attempts=job.attempts + 1, message="HTTP 500")
        scene.lookup.add(InDoubt(pending.doubt, "digest", attempt, pending.candidate))

    scene.loop.resend = resend
    scene.add(scene.doubt("a"))
    await scene.look()
    assert sent == [1, 2, 3]  # proved absent after 40 s for the first time, and for the fourth time 120 s later
    assert scene.ends() == {"A": Status.NOT_SENT}
    assert scene.reported[0].message == "tried 4 times, and the server did not create it: HTTP 500"
    assert scene.states() == "open sending sending"


def test_doubts_are_given_up_to_a_person_with_the_reason(scene: Scene) -> None:
    scene.add(scene.doubt("a"), scene.doubt("b"))
    scene.lookup.give_up([scene.doubt("a"), scene.doubt("c")], "nobody looks")
    assert (scene.lookup.pending, scene.ends(), scene.reported[0].message) == (1, {"A": Status.UNKNOWN}, "nobody looks")


def test_a_list_that_was_read_anyway_settles_what_it_can(scene: Scene) -> None:
    scene.world.names = ["A"]
    scene.add(scene.doubt("a"), scene.doubt("b"))
    assert scene.lookup.look_at(scene.world.listing()) == []
    assert (scene.ends(), scene.lookup.pending) == ({"A": Status.CREATED}, 1)


def test_two_readings_close_together_prove_nothing_absent(scene: Scene) -> None:
    scene.add(scene.doubt("a", until=30))
    for seconds, pending in ((30, 1), (39, 1), (40, 0)):
        scene.world.now = NOON + seconds * SECOND
        scene.lookup.look_at(scene.world.listing())
        assert scene.lookup.pending == pending


# by itself, without the loop


def test_it_knows_which_rows_are_in_doubt(scene: Scene) -> None:
    assert (scene.lookup.is_handling(None), scene.lookup.is_handling(["a"])) == (False, False)
    scene.add(scene.doubt("a"), scene.doubt("b", candidate=None))
    assert [row.name for row in scene.lookup.rows] == ["A"]
    assert scene.lookup.is_handling(None)
    assert [scene.lookup.is_handling([key]) for key in "abc"] == [True, True, False]
    assert scene.lookup.is_handling(["c", "b"])


def test_what_it_takes_over_is_in_doubt_and_the_journal_has_what_the_answer_said(scene: Scene) -> None:
    scene.lookup.take_over(scene.doubt("a", accepted=True, message="accepted, no id"))
    record = scene.journal.records(APP)["a"]
    assert (record.state, record.message, record.http_status, record.accepted) == (
        State.SENDING,
        "accepted, no id",
        503,
        True,
    )
    assert scene.lookup.pending == 1


async def test_a_search_that_failed_is_not_made_again_for_the_same_rows(scene: Scene) -> None:
    scene.add(scene.doubt("a"), scene.doubt("b"))
    scene.world.now, scene.world.error = NOON + 30 * SECOND, UnansweredError("cut")
    searching = scene.lookup.look(sending=True)
    assert await searching == []
    assert scene.lookup.seconds_until_look(sending=True) is None
    assert scene.lookup.seconds_until_look(sending=False) == 0
    scene.add(scene.doubt("c", until=90))
    assert scene.lookup.seconds_until_look(sending=True) == 60


async def test_what_was_settled_while_a_search_failed_stays_settled(scene: Scene) -> None:
    scene.add(scene.doubt("a"), scene.doubt("b"))
    scene.world.now, scene.world.error = NOON + 30 * SECOND, UnansweredError("cut")
    searching = asyncio.create_task(scene.lookup.look(sending=True))
    await asyncio.sleep(0)
    scene.lookup.give_up([scene.doubt("a")], "by hand")
    await searching
    assert scene.lookup.pending == 1


async def test_only_a_reading_to_the_end_puts_off_the_next_one(scene: Scene) -> None:
    scene.world.now, scene.world.long = NOON + 30 * SECOND, True
    scene.add(scene.doubt("a"))
    await scene.lookup.look(sending=True)
    assert scene.lookup.seconds_until_look(sending=False) == 0
    scene.world.names = ["A"]
    await scene.lookup.look(sending=False)
    assert scene.lookup.pending == 0
    scene.add(scene.doubt("b"))
    assert scene.lookup.seconds_until_look(sending=False) == 10


def test_what_a_row_is_found_to_bear_in_a_reading_is_no_newcomer_of_another_in_the_same(scene: Scene) -> None:
    scene.add(scene.doubt("a"))
    scene.world.now = NOON + 30 * SECOND
    scene.lookup.look_at(scene.world.listing())
    scene.add(scene.doubt("b"))
    scene.world.now, scene.world.names = NOON + 40 * SECOND, ["B"]
    assert [job.candidate.name for job in scene.lookup.look_at(scene.world.listing())] == ["A"]
    assert scene.states() == "open created sending"


@pytest.mark.parametrize("settled", ["found", "given up", "adopted"])
def test_what_was_found_out_is_on_disk_at_once_however_many_rows_a_transaction_takes(
    scene: Scene, settled: str
) -> None:
    scene.lookup._recorder.group = 50
    pending = scene.doubt("a")
    scene.add(pending)
    scene.world.names = ["A"]
    match settled:
        case "found":
            scene.lookup.look_at(scene.world.listing())
        case "given up":
            scene.lookup.give_up([pending], "nobody looks")
        case _:
            scene.lookup.adopt(pending, Listed("s-9", "Other", "Ready", NOON, SHOWN), "a person said so")
    assert scene.states().split()[0] == ("unknown" if settled == "given up" else "created")
    assert scene.lookup.pending == 0


def test_a_campaign_that_is_adopted_is_the_rows_with_the_reason(scene: Scene) -> None:
    pending = scene.doubt("a")
    scene.add(pending)
    scene.lookup.adopt(pending, Listed("s-9", "Other", "Ready", NOON, SHOWN), "a person said so")
    [outcome] = scene.reported
    assert (outcome.status, outcome.campaign_id, outcome.campaign_status, outcome.message) == (
        Status.CREATED,
        "s-9",
        "Ready",
        "a person said so",
    )


def test_of_what_belongs_to_no_row_nothing_is_reported_when_the_run_ends(scene: Scene) -> None:
    scene.add(scene.doubt("a", candidate=None), scene.doubt("b"))
    scene.lookup.leave()
    assert scene.ends() == {"B": Status.UNKNOWN}
    assert scene.states() == "sending sending sending"


async def test_a_name_that_a_campaign_of_others_has_is_rejected_with_its_id(scene: Scene) -> None:
    scene.world.others = [Listed("s-9", "A", "Ready", NOON, replace(SHOWN, priority="5"))]
    scene.add(scene.doubt("a", taken=True, message="name is taken"))
    await scene.look()
    assert (scene.ends(), scene.states()) == ({"A": Status.REJECTED}, "rejected sending sending")
    assert scene.reported[0].message == "name is taken; campaign s-9 has this name"


async def test_a_row_edited_while_its_answer_was_lost_is_a_conflict_and_its_campaign_is_kept(scene: Scene) -> None:
    scene.world.names = ["A"]
    scene.add(scene.doubt("a", candidate=candidate(2, "A", digest="edited")))
    await scene.look()
    assert (scene.ends(), scene.states()) == ({"A": Status.CONFLICT}, "created sending sending")
    assert scene.reported[0].message.startswith("created earlier with other values than this row has now")
    assert scene.journal.records(APP)["a"].campaign_id == "s-A-0"


def test_what_is_not_on_the_server_is_reported_to_be_open_where_nothing_is_sent(scene: Scene) -> None:
    scene.add(scene.doubt("a", resend=False))
    for seconds in (30, 40):
        scene.world.now = NOON + seconds * SECOND
        assert scene.lookup.look_at(scene.world.listing()) == []
    assert scene.reported[0].message == "looked up: the server did not create it; the next run sends it"
