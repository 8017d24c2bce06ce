"""Old runs are pruned: what only the history needs goes, what guards against creating a campaign twice stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.errors import JournalError
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Settlement, State, Turn
from loader.model.row import Outcome, Status
from loader.storage.campaign_store import CampaignStore
from loader.storage.upkeep import Upkeep
from tests.storage.nights import APP, campaigns, load

if TYPE_CHECKING:
    from pathlib import Path

    from loader.storage.journal import Journal

OLD = datetime(2026, 4, 1, 22, tzinfo=UTC)
YOUNG, BETWEEN, NOW = OLD + timedelta(days=2), OLD + timedelta(days=1), OLD + timedelta(days=400)
ROWS = campaigns(0, 3)


def pruned(journal: Journal) -> list[str]:
    return [run.id for run in Upkeep(journal.database).prune(BETWEEN, NOW)]


def test_a_pruned_run_keeps_what_guards_against_doubling_and_nothing_else(journal: Journal) -> None:
    old, young = load(journal, ROWS, OLD), load(journal, campaigns(3, 2), YOUNG)
    before = journal.records(APP)
    assert pruned(journal) == [old.id]
    assert journal.records(APP) == before
    assert {key: bool(journal.body(APP, key)) for key in before} == {
        key: record.run == young.id for key, record in before.items()
    }
    assert journal.runs() == [young, replace(old, pruned_at=NOW)]
    assert (journal.outcomes(old.id), len(journal.outcomes(young.id))) == ([], 2)
    assert journal.workbook_of(young)
    with pytest.raises(JournalError, match="does not hold the workbook"):
        journal.workbook(old.digest)
    assert journal.lookalikes([old.id]) == {}
    with pytest.raises(JournalError) as caught:
        journal.workbook_of(journal.runs()[1])
    assert str(caught.value) == (
        f"run {old.id} was pruned on 2027-05-06: its workbook, how its rows ended and what was sent are not stored any "
        "more, so it cannot be shown, written again, resumed, verified or undone; its campaigns are still known, and "
        "none of them is created again"
    )


def test_a_run_is_pruned_once(journal: Journal) -> None:
    load(journal, ROWS, OLD)
    assert len(pruned(journal)) == 1
    assert pruned(journal) == []


def test_the_workbook_of_a_run_stays_while_a_later_run_was_begun_with_the_same(journal: Journal) -> None:
    old = load(journal, ROWS, OLD)
    again = replace(old, id="again", started_at=YOUNG, ended_at=YOUNG)
    with journal.carrying_out(again, b"PK"):
        pass
    assert pruned(journal) == [old.id]
    assert journal.workbook_of(again)


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.DELETING])
def test_a_run_with_a_row_without_an_end_is_kept_whole(journal: Journal, state: State) -> None:
    old = load(journal, ROWS, OLD)
    key = ROWS[0].key
    with journal.carrying_out(old, b"PK"):
        if state is State.DELETING:
            campaign_id = journal.records(APP)[key].campaign_id or ""
            unknown = Outcome(2, ROWS[0].name, Status.UNKNOWN)
            journal.turn(old, Turn(key, campaign_id, State.DELETING, unknown, {"Unknown": 1}))
        else:
            journal.claim(APP, old.id, [Intent(key, "d", b"{}", clear=True, since=OLD, was=State.CREATED)])
            journal.settle(APP, old.id, [Settlement(key, state, Attempt(attempts=2))])
    before = {key: journal.body(APP, key) for key in journal.records(APP)}
    assert pruned(journal) == []
    assert {key: journal.body(APP, key) for key in before} == before
    assert (len(journal.outcomes(old.id)), journal.workbook_of(old)[:2]) == (3, b"PK")
    with journal.carrying_out(old, b"PK"):
        journal.settle(APP, old.id, [Settlement(key, State.CREATED, Attempt("c-1", attempts=2))])
    assert pruned(journal) == [old.id]


def test_what_is_sent_while_its_run_is_being_pruned_keeps_its_body(journal: Journal) -> None:
    """As by a process whose lock file was removed: nobody sees that it lives."""
    old = load(journal, ROWS, OLD)
    key = ROWS[0].key
    with journal.carrying_out(old, b"PK"):
        journal.claim(APP, old.id, [Intent(key, "d", b"{}", clear=True, since=OLD, was=State.CREATED)])
    with journal.database.writing() as connection:
        CampaignStore(journal.database).drop_bodies(connection, [old.id])
    assert {it.key: journal.body(APP, it.key) for it in ROWS} == {key: b"{}", ROWS[1].key: b"", ROWS[2].key: b""}


def test_a_run_that_is_living_is_left_alone_and_one_that_was_killed_counts_from_its_beginning(journal: Journal) -> None:
    killed = Run("killed", "acc at h", APP, "kim", 1, "april.xlsx", "d1", {}, OLD)
    with journal.carrying_out(killed, b"PK"):
        journal.take(APP, killed, {"spring": "Spring"})
        assert pruned(journal) == []
    assert pruned(journal) == ["killed"]
    assert journal.records(APP)["spring"].state is State.OPEN


def test_more_runs_than_are_pruned_at_once_are_all_pruned(journal: Journal, folder: Path) -> None:
    load(journal, ROWS, OLD)
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        for number in range(100, 150):
            database.execute("INSERT INTO identifier VALUES (?, ?)", (number, f"r-{number}"))
            database.execute(
                "INSERT INTO run SELECT ?, account, application, user, process, file, digest, options, started_at,"
                " ended_at, requests, counts, pruned_at, epoch FROM run LIMIT 1",
                (number,),
            )
        database.commit()
    assert len(pruned(journal)) == 51
    assert {run.pruned_at for run in journal.runs()} == {NOW}
    assert not any(journal.body(APP, one.key) for one in ROWS)
