"""What was about to be sent and what came of it is on disk, and one run at a time holds an account."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loader.errors import AccountBusyError, JournalError
from loader.journal import Intent, Journal, Run, Settlement, State, open_journal
from loader.row import Outcome, Status

if TYPE_CHECKING:
    from pathlib import Path

APP = "st-1 at https://platform.kore.ai"
ACCOUNT = "acc-1 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, 0, 0, 250_000, tzinfo=UTC)
RUN = Run(
    id="20260401-120000-abcd",
    account=ACCOUNT,
    application=APP,
    user="kim",
    file="april.xlsx",
    digest="d1",
    options={"sheet": None, "defaults": {"Timezone": "Asia/Kolkata"}, "limit": 3},
    started_at=NOON,
)


def intent(key: str, *, was: State = State.OPEN) -> Intent:
    return Intent(key, f"digest of {key}", f"body of {key}".encode(), clear=True, since=NOON, was=was)


def test_a_campaign_is_open_until_it_is_claimed_and_in_doubt_until_it_is_settled(journal: Journal) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    opened = journal.records(APP)["spring"]
    assert (opened.name, opened.state, opened.attempts, opened.since, opened.run) == ("Spring", State.OPEN, 0, None, "")

    journal.claim(APP, "run 1", [intent("spring")])
    claimed = journal.records(APP)["spring"]
    assert (claimed.state, claimed.digest, claimed.body) == (State.SENDING, "digest of spring", b"body of spring")
    assert (claimed.clear, claimed.since, claimed.attempts, claimed.run) == (True, NOON, 1, "run 1")

    journal.settle(
        APP,
        [
            Settlement(
                "spring",
                State.CREATED,
                2,
                "as it should be",
                200,
                campaign_id="c-1",
                campaign_status="Preparing",
                submitted_at=NOON,
            )
        ],
    )
    settled = journal.records(APP)["spring"]
    assert (settled.state, settled.attempts, settled.message, settled.http_status) == (
        State.CREATED,
        2,
        "as it should be",
        200,
    )
    assert (settled.campaign_id, settled.campaign_status, settled.submitted_at) == ("c-1", "Preparing", NOON)
    assert (settled.digest, settled.body) == ("digest of spring", b"body of spring")


def test_what_was_written_is_there_for_whoever_opens_the_journal_next(journal: Journal, folder: Path) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    journal.claim(APP, "run 1", [intent("spring")])
    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as other:
        assert other.records(APP)["spring"].state is State.SENDING


def test_a_campaign_that_is_not_as_it_was_thought_to_be_cannot_be_claimed_nor_can_those_with_it(
    journal: Journal,
) -> None:
    journal.enroll(APP, {"spring": "Spring", "autumn": "Autumn"})
    journal.claim(APP, "run 1", [intent("autumn")])
    with pytest.raises(JournalError, match="is not as the journal had it; start the run again"):
        journal.claim(APP, "run 2", [intent("spring"), intent("autumn")])
    records = journal.records(APP)
    assert (records["spring"].state, records["autumn"].run) == (State.OPEN, "run 1")


def test_a_campaign_nobody_enrolled_cannot_be_claimed(journal: Journal) -> None:
    with pytest.raises(JournalError):
        journal.claim(APP, "run 1", [intent("spring")])


def test_a_rejected_campaign_can_be_claimed_again_as_such(journal: Journal) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    journal.claim(APP, "run 1", [intent("spring")])
    journal.settle(APP, [Settlement("spring", State.REJECTED, 1, "no such list", 400)])
    journal.claim(APP, "run 2", [intent("spring", was=State.REJECTED)])
    record = journal.records(APP)["spring"]
    assert (record.state, record.attempts, record.run) == (State.SENDING, 2, "run 2")


def test_what_the_server_accepted_is_remembered_and_forgotten_with_the_next_attempt(journal: Journal) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    journal.claim(APP, "run 1", [intent("spring")])
    journal.settle(APP, [Settlement("spring", State.SENDING, 1, "accepted, no id", 200, accepted=True)])
    assert journal.records(APP)["spring"].accepted
    journal.settle(APP, [Settlement("spring", State.OPEN, 1)])
    journal.claim(APP, "run 2", [intent("spring")])
    assert not journal.records(APP)["spring"].accepted


def test_campaigns_of_another_application_are_other_campaigns(journal: Journal) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    journal.enroll("st-2 at https://platform.kore.ai", {"spring": "Spring"})
    journal.claim(APP, "run 1", [intent("spring")])
    assert journal.records("st-2 at https://platform.kore.ai")["spring"].state is State.OPEN


def test_a_campaign_is_enrolled_once_and_keeps_the_name_it_came_with(journal: Journal) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    journal.enroll(APP, {"spring": "SPRING", "autumn": "Autumn"})
    assert {key: record.name for key, record in journal.records(APP).items()} == {
        "spring": "Spring",
        "autumn": "Autumn",
    }


def test_a_run_is_kept_with_its_workbook_and_its_options(journal: Journal) -> None:
    journal.begin(RUN, b"PK the workbook")
    assert journal.runs() == [RUN]
    assert journal.workbook("d1") == b"PK the workbook"
    assert journal.outcomes(RUN.id) == []


def test_a_run_taken_up_again_stays_one_run(journal: Journal) -> None:
    journal.begin(RUN, b"PK")
    journal.begin(replace(RUN, requests=5), b"PK")
    assert journal.runs() == [replace(RUN, requests=5)]


def test_runs_are_listed_from_the_latest_on(journal: Journal) -> None:
    journal.begin(RUN, b"PK")
    journal.begin(replace(RUN, id="20260401-120000-ffff"), b"PK")
    journal.begin(replace(RUN, id="20260331-090000-0000", started_at=NOON.replace(day=1, month=3)), b"PK")
    assert [run.id for run in journal.runs()] == [
        "20260401-120000-ffff",
        "20260401-120000-abcd",
        "20260331-090000-0000",
    ]


def test_how_a_run_ended_is_kept_row_by_row_and_replaced_by_its_next_end(journal: Journal) -> None:
    journal.begin(RUN, b"PK")
    created = Outcome(3, "Spring", Status.CREATED, campaign_id="c-1", http_status=200, attempts=1, submitted_at=NOON)
    left = Outcome(2, "Autumn", Status.NOT_SENT, "stopped by Ctrl-C")
    journal.end(replace(RUN, ended_at=NOON, requests=2, counts={"Created": 1, "Not sent": 1}), [created, left])
    assert journal.outcomes(RUN.id) == [left, created]
    sent = replace(left, status=Status.CREATED, message="", campaign_id="c-2")
    ended = replace(RUN, ended_at=NOON, requests=3, counts={"Created": 2})
    journal.end(ended, [created, sent])
    assert journal.outcomes(RUN.id) == [sent, created]
    assert journal.runs() == [ended]


def test_a_workbook_the_journal_does_not_hold_is_told(journal: Journal) -> None:
    with pytest.raises(JournalError, match=r"^the journal does not hold the workbook 0123456789ab$"):
        journal.workbook("0123456789abcdef")


def test_a_journal_that_breaks_says_so_without_its_contents(journal: Journal, folder: Path) -> None:
    journal.enroll(APP, {"spring": "Spring"})
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        database.execute("DROP TABLE campaign")
        database.commit()
    with pytest.raises(JournalError) as caught:
        journal.enroll(APP, {"hush": "Hush"})
    assert str(caught.value) == (f"the journal {folder}/journal.db cannot be read or written: no such table: campaign")


def test_a_second_run_of_an_account_is_told_which_one_holds_it_and_since_when(journal: Journal) -> None:
    with journal.hold(ACCOUNT, "run 20260401-120000-abcd (process 4711)"):
        since = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        with pytest.raises(AccountBusyError) as caught, journal.hold(ACCOUNT, "another"):
            raise AssertionError("two hold it")
    said = str(caught.value)
    assert said.startswith(f"run 20260401-120000-abcd (process 4711) holds account {ACCOUNT} since {since}:")
    assert said.endswith(" UTC")
    assert caught.value.exit_code == 7


def test_an_account_is_free_after_its_run_and_another_account_always_is(journal: Journal) -> None:
    with journal.hold(ACCOUNT, "run 1"), journal.hold("acc-2 at https://platform.kore.ai", "run 2"):
        pass
    with journal.hold(ACCOUNT, "run 3"):
        pass


def test_an_account_is_free_after_a_run_that_failed(journal: Journal) -> None:
    with pytest.raises(ZeroDivisionError), journal.hold(ACCOUNT, "run 1"):
        raise ZeroDivisionError
    with journal.hold(ACCOUNT, "run 2"):
        pass


HOLD = """
import sys, time
from loader.journal import open_journal
with open_journal(sys.argv[1]).hold(sys.argv[2], "run of the other process"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_process_that_is_killed_gives_its_account_back_at_once(journal: Journal, folder: Path) -> None:
    command = [sys.executable, "-c", HOLD, f"sqlite:///{folder}/journal.db", ACCOUNT]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            with (
                pytest.raises(AccountBusyError, match=r"^run of the other process holds account acc-1 "),
                journal.hold(ACCOUNT, "run 2"),
            ):
                raise AssertionError("two hold it")
        finally:
            other.send_signal(signal.SIGKILL)
            other.wait()
        killed_at = time.monotonic()
        with journal.hold(ACCOUNT, "run 2"):
            assert time.monotonic() - killed_at < 1


def test_a_lock_that_cannot_be_made_is_told(journal: Journal, folder: Path) -> None:
    with journal.hold(ACCOUNT, "run 1"):
        pass
    [lock] = folder.glob("*.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(JournalError, match=r"\.lock cannot be locked: Is a directory$"), journal.hold(ACCOUNT, "x"):
        raise AssertionError("there is no lock")
