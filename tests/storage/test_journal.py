"""What was about to be sent and what came of it is on disk, and one run at a time holds its rows."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loader.errors import AccountBusyError, JournalError
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Seen, Settlement, State, Turn
from loader.model.row import Outcome, Status
from loader.storage.campaign_store import CampaignStore
from loader.storage.fence import Fence
from loader.storage.journal import Journal, open_journal
from loader.storage.locks import Locks
from loader.storage.schema import CAMPAIGN, keyed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

APP = "st-1 at https://platform.kore.ai"
ACCOUNT = "acc-1 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, 0, 0, 250_000, tzinfo=UTC)
RUN = Run(
    id="20260401-120000-abcd",
    account=ACCOUNT,
    application=APP,
    user="kim",
    process=4711,
    file="april.xlsx",
    digest="d1",
    options={"sheet": None, "defaults": {"Timezone": "Asia/Kolkata"}, "limit": 3},
    started_at=NOON,
)


def intent(key: str, *, was: State = State.OPEN) -> Intent:
    return Intent(key, f"digest of {key}", f"body of {key}".encode(), clear=True, since=NOON, was=was)


def begin(journal: Journal, run: Run) -> None:
    with journal.carrying_out(run, b"PK"):
        pass


@pytest.fixture
def running(journal: Journal) -> Iterator[Journal]:
    """The journal of a process that is at RUN."""
    with journal.carrying_out(RUN, b"PK"):
        yield journal


def test_a_campaign_is_open_until_it_is_claimed_and_in_doubt_until_it_is_settled(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    opened = running.records(APP)["spring"]
    assert (opened.name, opened.state, opened.attempts, opened.since, opened.run) == ("Spring", State.OPEN, 0, None, "")

    running.claim(APP, RUN.id, [intent("spring")])
    claimed = running.records(APP)["spring"]
    assert (claimed.state, claimed.digest, claimed.body) == (State.SENDING, "digest of spring", b"body of spring")
    assert (claimed.clear, claimed.since, claimed.attempts, claimed.run) == (True, NOON, 1, RUN.id)

    running.settle(
        APP,
        RUN.id,
        [
            Settlement(
                "spring",
                State.CREATED,
                attempt=Attempt(
                    attempts=2,
                    message="as it should be",
                    http_status=200,
                    campaign_id="c-1",
                    campaign_status="Preparing",
                    submitted_at=NOON,
                ),
            )
        ],
    )
    settled = running.records(APP)["spring"]
    assert (settled.state, settled.attempts, settled.message, settled.http_status) == (
        State.CREATED,
        2,
        "as it should be",
        200,
    )
    assert (settled.campaign_id, settled.campaign_status, settled.submitted_at) == ("c-1", "Preparing", NOON)
    assert settled.digest == "digest of spring"


def test_what_was_written_is_there_for_whoever_opens_the_journal_next(running: Journal, folder: Path) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as other:
        assert other.records(APP)["spring"].state is State.SENDING


def test_a_campaign_that_is_not_as_it_was_thought_to_be_cannot_be_claimed_nor_can_those_with_it(
    running: Journal,
) -> None:
    running.take(APP, RUN, {"spring": "Spring", "autumn": "Autumn"})
    running.claim(APP, RUN.id, [intent("autumn")])
    with pytest.raises(JournalError, match="is not as the journal had it; start the run again"):
        running.claim(APP, RUN.id, [intent("spring"), intent("autumn")])
    records = running.records(APP)
    assert (records["spring"].state, records["autumn"].run) == (State.OPEN, RUN.id)


def test_a_campaign_nobody_enrolled_cannot_be_claimed(running: Journal) -> None:
    with pytest.raises(JournalError):
        running.claim(APP, RUN.id, [intent("spring")])


def test_a_rejected_campaign_can_be_claimed_again_as_such(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    running.settle(
        APP,
        RUN.id,
        [Settlement("spring", State.REJECTED, attempt=Attempt(attempts=1, message="no such list", http_status=400))],
    )
    running.claim(APP, RUN.id, [intent("spring", was=State.REJECTED)])
    record = running.records(APP)["spring"]
    assert (record.state, record.attempts, record.run) == (State.SENDING, 2, RUN.id)


def test_what_the_server_accepted_is_remembered_and_forgotten_with_the_next_attempt(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    running.settle(
        APP,
        RUN.id,
        [
            Settlement(
                "spring",
                State.SENDING,
                attempt=Attempt(attempts=1, message="accepted, no id", http_status=200),
                accepted=True,
            )
        ],
    )
    assert running.records(APP)["spring"].accepted
    running.settle(APP, RUN.id, [Settlement("spring", State.OPEN, attempt=Attempt(attempts=1))])
    running.claim(APP, RUN.id, [intent("spring")])
    assert not running.records(APP)["spring"].accepted


def test_campaigns_of_another_application_are_other_campaigns(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.take("st-2 at https://platform.kore.ai", RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    assert running.records("st-2 at https://platform.kore.ai")["spring"].state is State.OPEN


def test_a_campaign_is_enrolled_once_and_keeps_the_name_it_came_with(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.take(APP, RUN, {"spring": "SPRING", "autumn": "Autumn"})
    assert {key: record.name for key, record in running.records(APP).items()} == {
        "spring": "Spring",
        "autumn": "Autumn",
    }


def test_a_run_is_kept_with_its_workbook_and_its_options(journal: Journal) -> None:
    with journal.carrying_out(RUN, b"PK the workbook"):
        pass
    assert journal.runs() == [RUN]
    assert journal.workbook("d1") == b"PK the workbook"
    assert journal.outcomes(RUN.id) == []


def test_a_run_taken_up_again_stays_one_run(journal: Journal) -> None:
    begin(journal, RUN)
    begin(journal, replace(RUN, requests=5))
    assert journal.runs() == [replace(RUN, requests=5)]


def test_runs_are_listed_from_the_latest_on(journal: Journal) -> None:
    begin(journal, RUN)
    begin(journal, replace(RUN, id="20260401-120000-ffff"))
    begin(journal, replace(RUN, id="20260331-090000-0000", started_at=NOON.replace(day=1, month=3)))
    assert [run.id for run in journal.runs()] == [
        "20260401-120000-ffff",
        "20260401-120000-abcd",
        "20260331-090000-0000",
    ]


def test_how_a_run_ended_is_kept_row_by_row_and_replaced_by_its_next_end(running: Journal) -> None:
    created = Outcome(
        3, "Spring", Status.CREATED, attempt=Attempt(campaign_id="c-1", http_status=200, attempts=1, submitted_at=NOON)
    )
    left = Outcome(2, "Autumn", Status.NOT_SENT, attempt=Attempt(message="stopped by Ctrl-C"))
    running.end(replace(RUN, ended_at=NOON, requests=2, counts={"Created": 1, "Not sent": 1}), [created, left])
    assert running.outcomes(RUN.id) == [left, created]
    sent = replace(left, status=Status.CREATED, attempt=Attempt(campaign_id="c-2"))
    ended = replace(RUN, ended_at=NOON, requests=3, counts={"Created": 2})
    running.end(ended, [created, sent])
    assert running.outcomes(RUN.id) == [sent, created]
    assert running.runs() == [ended]


def test_a_campaign_on_its_way_out_and_the_row_and_the_counts_of_its_run_change_together(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    running.settle(
        APP,
        RUN.id,
        [
            Settlement(
                "spring",
                State.CREATED,
                attempt=Attempt(attempts=2, message="found", http_status=200, campaign_id="c-1", submitted_at=NOON),
            )
        ],
    )
    running.observe(APP, RUN.id, [Seen("spring", "c-1", "Ready", NOON)])
    created = Outcome(2, "Spring", Status.CREATED, attempt=Attempt(campaign_id="c-1"), run=RUN.id)
    ended = replace(RUN, ended_at=NOON, counts={"Created": 1})
    running.end(ended, [created])

    unknown = replace(created, status=Status.UNKNOWN, attempt=Attempt("c-1", message="being deleted"))
    running.turn(ended, Turn("spring", "c-1", State.DELETING, unknown, {"Unknown": 1}))
    record = running.records(APP)["spring"]
    assert (record.state, record.campaign_id, record.message) == (State.DELETING, "c-1", "found")
    assert running.outcomes(RUN.id) == [unknown]
    assert running.runs() == [replace(ended, counts={"Unknown": 1})]

    # one that is not there is not turned, and nothing else is written
    with pytest.raises(JournalError, match=r"^campaign c-2 is not as the journal had it; undo the run again$"):
        running.turn(ended, Turn("spring", "c-2", State.OPEN, created, {"Deleted": 1}))
    assert (running.outcomes(RUN.id), running.runs()[0].counts) == ([unknown], {"Unknown": 1})

    gone = replace(created, status=Status.NOT_SENT, attempt=Attempt(message="created as c-1, and deleted"))
    running.turn(ended, Turn("spring", "c-1", State.OPEN, gone, {"Deleted": 1}))
    record = running.records(APP)["spring"]
    assert (record.state, record.message, record.attempts) == (State.OPEN, "created as c-1, and deleted", 0)
    assert (record.campaign_id, record.campaign_status, record.http_status) == (None, None, None)
    assert (record.submitted_at, record.updated_at, record.accepted) == (None, None, False)
    assert (running.outcomes(RUN.id), running.runs()[0].counts) == ([gone], {"Deleted": 1})
    running.claim(APP, RUN.id, [intent("spring")])
    with pytest.raises(JournalError):
        running.turn(ended, Turn("spring", "c-1", State.CREATED, created, {"Created": 1}))


def test_a_workbook_the_journal_does_not_hold_is_reported(journal: Journal) -> None:
    with pytest.raises(JournalError, match=r"^the journal does not hold the workbook 0123456789ab$"):
        journal.workbook("0123456789abcdef")


def test_a_journal_that_breaks_says_so_without_its_contents(running: Journal, folder: Path) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        database.execute("DROP TABLE campaign")
        database.commit()
    with pytest.raises(JournalError) as caught:
        running.settle(APP, RUN.id, [Settlement("spring", State.REJECTED, attempt=Attempt(attempts=1, message="hush"))])
    assert str(caught.value) == (f"the journal {folder}/journal.db cannot be read or written: no such table: campaign")


def test_a_run_is_carried_out_by_one_process_at_a_time(journal: Journal) -> None:
    with journal.carrying_out(RUN, b"PK"):
        with pytest.raises(AccountBusyError) as caught, journal.carrying_out(replace(RUN, process=1), b"PK"):
            raise AssertionError("two are at it")
        assert str(caught.value) == (
            "run 20260401-120000-abcd (process 4711, since 2026-04-01 12:00:00 UTC) is loading this sheet"
        )
        assert caught.value.exit_code == 7
        assert journal.runs() == [RUN]
    with journal.carrying_out(RUN, b"PK"):
        pass


def test_a_run_that_failed_gives_back_what_it_held(journal: Journal, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), journal.carrying_out(RUN, b"PK"):
        raise ZeroDivisionError
    with journal.carrying_out(RUN, b"PK"):
        pass
    assert [path.name for path in folder.glob("*.lock")] == ["journal.db.gate.lock"]


def test_rows_that_a_living_run_took_are_held_and_free_when_it_has_ended(journal: Journal) -> None:
    other = replace(RUN, id="20260401-130000-0000")
    with journal.carrying_out(RUN, b"PK"), journal.carrying_out(other, b"PK"):
        assert journal.take(APP, RUN, {"spring": "Spring"}).held == {}
        taken = journal.take(APP, other, {"spring": "Spring", "autumn": "Autumn"})
        assert taken.held == {"spring": "run 20260401-120000-abcd (process 4711, since 2026-04-01 12:00:00 UTC)"}
        assert set(taken.records) == {"spring", "autumn"}
    with journal.carrying_out(other, b"PK"):
        assert journal.take(APP, other, {"spring": "Spring"}).held == {}


HOLD = """
import sys, time
from datetime import UTC, datetime
from loader.storage.journal import open_journal
from loader.model.records import Run
run = Run("r-other", "acc", sys.argv[2], "kim", 4712, "a.xlsx", "d1", {}, datetime(2026, 4, 1, tzinfo=UTC))
journal = open_journal(sys.argv[1])
with journal.carrying_out(run, b"PK"):
    journal.take(sys.argv[2], run, {"spring": "Spring"})
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_process_that_is_killed_gives_back_what_it_held_at_once(journal: Journal, folder: Path) -> None:
    command = [sys.executable, "-c", HOLD, f"sqlite:///{folder}/journal.db", APP]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other, journal.carrying_out(RUN, b"PK"):
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            held = journal.take(APP, RUN, {"spring": "Spring"}).held
            assert held == {"spring": "run r-other (process 4712, since 2026-04-01 00:00:00 UTC)"}
        finally:
            other.send_signal(signal.SIGKILL)
            other.wait()
        killed_at = time.monotonic()
        assert journal.take(APP, RUN, {"spring": "Spring"}).held == {}
        assert time.monotonic() - killed_at < 20


def test_a_lock_that_cannot_be_made_is_reported(journal: Journal, folder: Path) -> None:
    (folder / "journal.db.gate.lock").mkdir()
    with (
        pytest.raises(JournalError, match=r"journal\.db\.gate\.lock cannot be locked: Is a directory$"),
        journal.carrying_out(RUN, b"PK"),
    ):
        raise AssertionError("there is no lock")


# A run that has lost its hold


LATER = replace(RUN, id="20260401-130000-0000", process=4712)


@contextmanager
def lost(folder: Path, run: Run) -> Iterator[Journal]:
    """A process at a run that does not know that somebody has removed its lock file."""
    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as journal, journal.carrying_out(run, b"PK"):
        (folder / f"journal.db.{run.id}.lock").unlink()
        yield journal


def made(key: str, campaign_id: str) -> Settlement:
    return Settlement(key, State.CREATED, attempt=Attempt(attempts=1, campaign_id=campaign_id))


def everything(journal: Journal) -> Sequence[object]:
    return [journal.records(APP), journal.runs(), journal.outcomes(RUN.id)]


NOT_OURS = "is not this process's any more, so nothing of it was written down"
WRITES: dict[str, Callable[[Journal], object]] = {
    "claim": lambda journal: journal.claim(APP, RUN.id, [intent("autumn")]),
    "give back": lambda journal: journal.give_back(APP, RUN.id, [journal.records(APP)["summer"]]),
    "settle": lambda journal: journal.settle(APP, RUN.id, [made("summer", "c-9")]),
    "observe": lambda journal: journal.observe(APP, RUN.id, [Seen("spring", "c-1", "Ready", NOON)]),
    "turn": lambda journal: journal.turn(
        RUN, Turn("spring", "c-1", State.OPEN, Outcome(2, "Spring", Status.NOT_SENT), {"Deleted": 1})
    ),
    "end": lambda journal: journal.end(replace(RUN, counts={"Created": 9}), [Outcome(9, "Nine", Status.CREATED)]),
    "take": lambda journal: journal.take(APP, RUN, {"spring": "Spring"}),
}


@pytest.mark.parametrize("successor", [RUN, LATER], ids=["the same run", "another run"])
@pytest.mark.parametrize("write", WRITES)
def test_a_run_that_lost_its_hold_writes_nothing_over_its_successor(
    journal: Journal, folder: Path, write: str, successor: Run
) -> None:
    names = {"spring": "Spring", "summer": "Summer", "autumn": "Autumn"}
    with lost(folder, RUN) as late:
        late.take(APP, RUN, names)
        late.claim(APP, RUN.id, [intent("spring"), intent("summer")])
        late.settle(APP, RUN.id, [made("spring", "c-1")])
        with journal.carrying_out(successor, b"PK"):
            journal.take(APP, successor, names)
            before = everything(journal)
            with pytest.raises(JournalError, match=f"^run {RUN.id} {NOT_OURS}"):
                WRITES[write](late)
            assert everything(journal) == before
            journal.settle(APP, successor.id, [made("summer", "c-2")])
        assert journal.records(APP)["summer"].campaign_id == "c-2"


@pytest.mark.parametrize("fenced", [True, False])
def test_without_the_fence_the_end_of_the_successor_is_overwritten(
    journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch, *, fenced: bool
) -> None:
    if not fenced:
        monkeypatch.setattr(Fence, "writing", lambda fence, _run: fence._database.writing())
    created, left = Outcome(2, "Spring", Status.CREATED), Outcome(2, "Spring", Status.NOT_SENT)
    with lost(folder, RUN) as late, journal.carrying_out(RUN, b"PK"):
        journal.end(RUN, [created])
        with suppress(JournalError):
            late.end(RUN, [left])
        assert journal.outcomes(RUN.id) == [created if fenced else left]


def test_nobody_writes_in_the_name_of_a_run_outside_of_carrying_it_out(journal: Journal) -> None:
    begin(journal, RUN)
    with pytest.raises(JournalError, match=NOT_OURS):
        journal.end(RUN, [])


def test_rows_that_another_run_holds_are_neither_claimed_nor_settled_and_the_others_are(
    running: Journal, folder: Path
) -> None:
    names = {"spring": "Spring", "summer": "Summer", "autumn": "Autumn"}
    running.take(APP, RUN, names)
    running.claim(APP, RUN.id, [intent("spring"), intent("summer")])
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        database.executescript(
            "INSERT INTO identifier VALUES (99, 'r-2');"
            "UPDATE campaign SET held_by = 99 WHERE key IN ('summer', 'autumn')"
        )
        database.commit()
    with pytest.raises(JournalError, match="is not as the journal had it; start the run again"):
        running.claim(APP, RUN.id, [intent("autumn")])
    with pytest.raises(JournalError, match=rf"^another run has taken over rows of run {RUN.id}: 1 of 2 were not"):
        running.settle(APP, RUN.id, [made("spring", "c-1"), made("summer", "c-2")])
    records = running.records(APP)
    assert {key: (it.state, it.campaign_id) for key, it in records.items()} == {
        "spring": (State.CREATED, "c-1"),
        "summer": (State.SENDING, None),
        "autumn": (State.OPEN, None),
    }
    with pytest.raises(JournalError, match="1 of 1 were not"):
        running.give_back(APP, RUN.id, [records["summer"]])


def test_what_was_seen_of_a_campaign_is_not_written_down_of_the_one_made_anew(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    running.settle(APP, RUN.id, [made("spring", "c-2")])
    running.observe(APP, RUN.id, [Seen("spring", "c-1", "Vanished", NOON)])
    record = running.records(APP)["spring"]
    assert (record.campaign_status, record.updated_at) == (None, None)


def test_what_two_processes_insert_at_once_is_there_once_whatever_a_gate_does(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Locks, "gate", nullcontext)
    with journal.carrying_out(RUN, b"PK"), journal.carrying_out(LATER, b"PK"):
        monkeypatch.setattr(CampaignStore, "of", lambda *_: {})  # as each of them read it before the other wrote
        for run in (RUN, LATER):
            journal.take(APP, run, {"spring": "Spring"})
        monkeypatch.undo()
        assert list(journal.records(APP)) == ["spring"]
    assert journal.workbook("d1") == b"PK"


def test_no_parameter_of_a_noun_has_the_name_of_a_column(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    [record] = running.records(APP).values()
    for noun in (intent("spring"), made("spring", "c-1"), Seen("spring", "c-1", "Ready", NOON), record):
        assert CAMPAIGN.c.keys() & keyed(APP, noun).keys() == set()


def test_the_campaigns_of_all_applications_are_counted(running: Journal) -> None:
    campaigns = CampaignStore(running.database)
    assert campaigns.count() == 0
    running.take(APP, RUN, {"spring": "Spring", "summer": "Summer"})
    assert campaigns.count() == 2


# What was claimed and never left


def test_a_row_that_was_never_sent_and_is_given_back_is_exactly_what_it_was(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring", "summer": "Summer"})
    before = running.records(APP)
    remembered = running.claim(APP, RUN.id, [intent("spring"), intent("summer")])
    assert {record.state for record in running.records(APP).values()} == {State.SENDING}
    running.give_back(APP, RUN.id, remembered)
    assert running.records(APP) == before
    assert (before["spring"].name, before["spring"].held_by) == ("Spring", RUN.id)
    assert running.body(APP, "spring") == b""


@pytest.mark.parametrize("was", [State.OPEN, State.REJECTED, State.CREATED, State.EXISTS])
def test_a_row_given_back_is_exactly_what_it_was_before_it_was_claimed(running: Journal, was: State) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    told = Settlement(
        "spring",
        was,
        attempt=Attempt(
            attempts=1,
            message="as it was",
            http_status=200,
            campaign_id="c-1",
            campaign_status="Ready",
            submitted_at=NOON,
        ),
        accepted=True,
    )
    running.settle(APP, RUN.id, [told])
    running.observe(APP, RUN.id, [Seen("spring", "c-1", "Vanished", NOON)])
    before, body = running.records(APP)["spring"], running.body(APP, "spring")

    [remembered] = running.claim(APP, RUN.id, [Intent("spring", "edited", b"edited", False, LATEST, was)])
    claimed = running.records(APP)["spring"]
    assert (claimed.state, claimed.digest, claimed.campaign_id, claimed.updated_at) == ("sending", "edited", None, None)
    assert (claimed.message, claimed.campaign_status, claimed.http_status, claimed.submitted_at) == (
        "",
        None,
        None,
        None,
    )
    running.give_back(APP, RUN.id, [remembered])
    assert (running.records(APP)["spring"], running.body(APP, "spring")) == (before, body)


LATEST = NOON.replace(day=2)


def test_of_rows_that_are_not_its_own_a_run_takes_what_a_dead_one_left_in_doubt_and_only_where_it_is_asked_to(
    journal: Journal,
) -> None:
    other = replace(RUN, id="20260401-130000-0000")
    with journal.carrying_out(other, b"PK"):
        journal.take(APP, other, {"autumn": "Autumn", "winter": "Winter"})
        journal.claim(APP, other.id, [intent("autumn")])
    with journal.carrying_out(RUN, b"PK"):
        journal.take(APP, RUN, {"spring": "Spring"}, loose=False)
        assert holders(journal) == {"autumn": other.id, "winter": other.id, "spring": RUN.id}
        journal.take(APP, RUN, {"spring": "Spring"})
        assert holders(journal) == {"autumn": RUN.id, "winter": other.id, "spring": RUN.id}


def test_of_rows_that_are_not_its_own_those_of_a_living_run_are_left_to_it(journal: Journal) -> None:
    other = replace(RUN, id="20260401-130000-0000")
    with journal.carrying_out(RUN, b"PK"), journal.carrying_out(other, b"PK"):
        journal.take(APP, other, {"autumn": "Autumn"})
        journal.claim(APP, other.id, [intent("autumn")])
        assert set(journal.take(APP, RUN, {"spring": "Spring"}).held) == {"autumn"}
        assert holders(journal) == {"autumn": other.id, "spring": RUN.id}


def holders(journal: Journal) -> dict[str, str]:
    return {key: record.held_by for key, record in journal.records(APP).items()}


def test_a_run_that_cannot_be_begun_gives_back_its_lock_and_says_why(
    journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_begin", broken)
        with pytest.raises(JournalError, match="the disk is full"), journal.carrying_out(RUN, b"PK"):
            raise AssertionError("it has not begun")
    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as other, other.carrying_out(RUN, b"PK"):
        assert other.runs() == [RUN]


def test_after_a_run_the_file_of_the_journal_alone_is_a_whole_copy(journal: Journal, folder: Path) -> None:
    with journal.carrying_out(RUN, b"PK"):
        journal.take(APP, RUN, {"spring": "Spring"})
    (folder / "copy.db").write_bytes((folder / "journal.db").read_bytes())
    with closing(open_journal(f"sqlite:///{folder}/copy.db")) as copy:
        assert (list(copy.records(APP)), copy.runs()) == (["spring"], [RUN])


def test_a_process_holds_a_run_while_it_carries_it_out(journal: Journal) -> None:
    with journal.carrying_out(RUN, b"PK"):
        assert (journal.holds(RUN.id), journal.holds(LATER.id)) == (True, False)
    assert not journal.holds(RUN.id)


def test_rows_that_another_run_takes_at_the_same_moment_are_not_taken_at_all(
    running: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    seen = running.records(APP)
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        database.executescript("INSERT INTO identifier VALUES (99, 'r-2'); UPDATE campaign SET held_by = 99")
        database.commit()
    with monkeypatch.context() as patch:
        patch.setattr(CampaignStore, "of", lambda *_: seen)
        with pytest.raises(JournalError, match=f"another process has taken rows of run {RUN.id} meanwhile"):
            running.take(APP, RUN, {"spring": "Spring"})
    assert holders(running) == {"spring": "r-2"}


def test_a_run_thought_dead_writes_nothing_however_often_it_is_begun_again(journal: Journal, folder: Path) -> None:
    with lost(folder, RUN) as late:
        late.take(APP, RUN, {"spring": "Spring"})
        with journal.carrying_out(LATER, b"PK"):
            journal.take(APP, LATER, {"spring": "Spring"})
        begin(journal, RUN)
        with pytest.raises(JournalError, match=NOT_OURS):
            late.end(RUN, [])


def test_how_the_server_shows_a_campaign_is_kept(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.claim(APP, RUN.id, [intent("spring")])
    running.settle(APP, RUN.id, [made("spring", "c-1")])
    running.observe(APP, RUN.id, [Seen("spring", "c-1", "Ready", NOON)])
    record = running.records(APP)["spring"]
    assert (record.campaign_status, record.updated_at) == ("Ready", NOON)


def test_nothing_to_write_is_nothing_written(running: Journal) -> None:
    before = everything(running)
    running.give_back(APP, RUN.id, [])
    running.settle(APP, RUN.id, [])
    running.observe(APP, RUN.id, [])
    assert everything(running) == before


def test_where_campaigns_stand_is_reported_of_one_application(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring", "summer": "Summer", "autumn": "Autumn"})
    running.claim(APP, RUN.id, [intent("spring"), intent("summer")])
    running.settle(APP, RUN.id, [made("spring", "c-1")])
    standing = running.standing(APP)
    assert (standing.borne_among(["c-1", "c-2"]), standing.sending) == ({"c-1"}, {"summer"})
    elsewhere = running.standing("st-2 at https://platform.kore.ai")
    assert (elsewhere.borne_among(["c-1"]), elsewhere.sending) == (set(), set())


def test_what_was_sent_for_a_campaign_is_kept(running: Journal) -> None:
    running.take(APP, RUN, {"spring": "Spring", "summer": "Summer"})
    running.claim(APP, RUN.id, [intent("summer")])
    assert running.body(APP, "summer") == b"body of summer"
    assert running.body(APP, "spring") == b""
    assert running.body(APP, "never heard of") == b""
    assert running.body("st-2 at https://platform.kore.ai", "summer") == b""


def test_what_the_list_showed_before_rows_were_sent_is_kept_by_run(running: Journal) -> None:
    running.remember_lookalikes(RUN.id, {"a look": {"c-1", "c-2"}})
    assert running.lookalikes([RUN.id, "another"]) == {RUN.id: {"a look": {"c-1", "c-2"}}}
    assert running.lookalikes(["another"]) == {}


def test_of_a_run_taken_up_again_counts_what_the_list_showed_at_first_and_still_shows(running: Journal) -> None:
    running.remember_lookalikes(RUN.id, {"a look": {"c-1", "c-2"}, "another": {"c-9"}})
    running.remember_lookalikes(RUN.id, {"a look": {"c-2", "c-3"}, "a third": {"c-4"}})
    kept = {"a look": {"c-2"}, "another": {"c-9"}, "a third": {"c-4"}}
    assert running.lookalikes([RUN.id]) == {RUN.id: kept}


@pytest.mark.parametrize("doubtful", ["sending", "unknown", ""])
def test_what_the_list_showed_is_kept_as_long_as_a_row_of_its_run_is_in_doubt(running: Journal, doubtful: str) -> None:
    running.take(APP, RUN, {"spring": "Spring"})
    running.remember_lookalikes(RUN.id, {"a look": {"c-1"}})
    running.claim(APP, RUN.id, [intent("spring")])
    if doubtful != "sending":
        running.settle(APP, RUN.id, [replace(made("spring", "c-5"), state=State(doubtful or "created"))])
    with running.carrying_out(LATER, b"PK"):
        running.remember_lookalikes(LATER.id, {"a look": {"c-2"}})
        assert set(running.lookalikes([RUN.id])) == {RUN.id}  # it has not ended
        running.end(replace(RUN, ended_at=NOON), [])
        running.remember_lookalikes(LATER.id, {"a look": {"c-2"}})
        assert running.lookalikes([RUN.id]) == ({RUN.id: {"a look": {"c-1"}}} if doubtful else {})


def test_who_only_looks_is_reported_what_is_held_and_takes_and_writes_nothing(running: Journal) -> None:
    with running.carrying_out(LATER, b"PK"):
        running.take(APP, LATER, {"autumn": "Autumn"})
        running.take(APP, RUN, {"spring": "Spring"})
        before, glance = everything(running), running.glance()
        taken = glance.take(APP, replace(RUN, id="looks"), {"spring": "Spring", "autumn": "Autumn", "winter": "Winter"})
        assert (set(taken.records), set(taken.held)) == ({"spring", "autumn"}, {"spring", "autumn"})
        with pytest.raises(JournalError, match="only looking"):
            glance.claim(APP, RUN.id, [intent("spring")])
        glance.settle(APP, RUN.id, [made("spring", "c-1")])
        glance.remember_lookalikes(RUN.id, {"a look": {"c-1"}})
        assert (everything(running), running.lookalikes([RUN.id])) == (before, {})


def test_a_journal_that_was_closed_holds_no_file_open(journal: Journal, folder: Path) -> None:
    other = open_journal(f"sqlite:///{folder}/journal.db")
    assert other.runs() == journal.runs() == []
    opened = other.database._engine.pool
    other.close()
    assert other.database._engine.pool is not opened
