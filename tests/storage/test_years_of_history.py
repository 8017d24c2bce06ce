"""A journal of many years: what a run reads is of its own rows, of what has no end, and of ids that it asks for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from loader.errors import AccountBusyError
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Settlement, State
from loader.storage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from loader.storage.journal import Journal

APP, OTHER_APP = "st-1 at https://platform.kore.ai", "st-2 at https://platform.kore.ai"
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run("20260401-120000-abcd", "acc-1 at h", APP, "kim", 1, "a.xlsx", "d1", {}, NOON)
NEXT = replace(RUN, id="20260402-120000-0000")
HISTORY = [f"old {number}" for number in range(12)]


def settled(journal: Journal, key: str, state: State, campaign_id: str | None, at: datetime, *, app: str = APP) -> None:
    journal.take(app, RUN, {key: key})
    journal.claim(app, RUN.id, [Intent(key, "digest", b"{}", clear=True, since=at, was=State.OPEN)])
    if state is not State.SENDING:
        attempt = Attempt(campaign_id=campaign_id, attempts=1, submitted_at=at)
        journal.settle(app, RUN.id, [Settlement(key, state, attempt)])


@pytest.fixture
def old(journal: Journal) -> Journal:
    """Twelve campaigns created a minute apart, one that is unknown, one in flight; all of a run that has ended."""
    with journal.carrying_out(RUN, b"PK"):
        for number, key in enumerate(HISTORY):
            settled(journal, key, State.CREATED, f"c-{number:02}", NOON + timedelta(minutes=number))
        settled(journal, "lost", State.UNKNOWN, None, NOON)
        settled(journal, "in flight", State.SENDING, None, NOON)
        settled(journal, "elsewhere", State.CREATED, "c-99", NOON, app=OTHER_APP)
    return journal


def test_a_run_is_given_the_records_of_its_own_rows_and_of_what_has_no_end(old: Journal) -> None:
    with old.carrying_out(NEXT, b"PK"):
        taken = old.take(APP, NEXT, {"old 3": "old 3", "new": "new"})
        assert set(taken.records) == {"old 3", "new", "lost", "in flight"}
        assert {key: it.held_by for key, it in old.records(APP, [*taken.records, "old 4"]).items()} == {
            **dict.fromkeys(taken.records, NEXT.id),
            "old 4": RUN.id,
        }


def test_an_undo_is_given_the_records_of_its_own_rows_alone(old: Journal) -> None:
    with old.carrying_out(NEXT, b"PK"):
        assert set(old.take(APP, NEXT, {"old 3": "old 3"}, loose=False).records) == {"old 3"}


def test_what_only_looks_sees_the_same_rows(old: Journal) -> None:
    assert set(old.glance().take(APP, NEXT, {"old 3": "old 3", "new": "new"}).records) == {"old 3", "lost", "in flight"}


def test_more_rows_than_one_statement_has_room_for_are_all_read(old: Journal) -> None:
    names = {f"n{number}": f"N{number}" for number in range(2500)}
    with old.carrying_out(NEXT, b"PK"):
        assert set(old.take(APP, NEXT, names).records) == {*names, "lost", "in flight"}
        assert set(old.records(APP, names)) == set(names)
    ids = [f"c-{number:02}" for number in range(2500)]
    assert set(old.records(APP, [], ids)) == set(HISTORY)
    assert old.standing(APP).borne_among(ids) == {f"c-{number:02}" for number in range(12)}


def test_records_are_found_by_their_keys_and_by_the_ids_of_their_campaigns(old: Journal) -> None:
    assert set(old.records(APP, ["old 1", "lost"], ["c-05", "c-99"])) == {"old 1", "lost", "old 5"}


def test_who_bears_a_campaign_is_asked_by_its_id_and_of_one_application(old: Journal) -> None:
    assert (list(old.bearers(APP, "c-07")), list(old.bearers(APP, "c-99"))) == (["old 7"], [])


def test_the_campaigns_answered_last_before_a_moment_are_those_created_alone_in_the_order_of_their_answers(
    old: Journal,
) -> None:
    with old.carrying_out(RUN, b"PK"):
        settled(old, "refused", State.REJECTED, None, NOON + timedelta(minutes=4))
    assert old.answered_before(APP, NOON + timedelta(minutes=5), 3) == ["c-02", "c-03", "c-04"]
    assert old.answered_before(APP, NOON, 3) == []


def test_a_run_is_alone_where_no_other_of_its_application_lives_with_or_without_rows(old: Journal) -> None:
    other = replace(RUN, id="r-other")
    with (
        old.carrying_out(NEXT, b"PK"),
        pytest.raises(AccountBusyError, match=NEXT.id),
        old.carrying_out(other, b"PK", alone=True),
    ):
        pass
    with (
        old.carrying_out(replace(NEXT, id="r-of-another", application="st-other"), b"PK"),
        old.carrying_out(other, b"PK", alone=True),
    ):
        assert old.holds("r-other")


@pytest.fixture
def statements() -> Iterator[list[tuple[str, object]]]:
    """All that is asked of the database from now on."""
    asked: list[tuple[str, object]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    yield asked
    event.remove(Engine, "before_cursor_execute", listen)


READINGS: dict[str, Callable[[Journal], object]] = {
    "take": lambda journal: journal.glance().take(APP, NEXT, {"old 3": "old 3"}),
    "records": lambda journal: journal.records(APP, ["old 1", "old 2"], ["c-05", "c-06"]),
    "standing": lambda journal: journal.standing(APP).borne_among(["c-05", "c-06"]),
    "answered before": lambda journal: journal.answered_before(APP, NOON + timedelta(minutes=5), 3),
}


@pytest.mark.parametrize("name", READINGS)
def test_no_reading_of_a_run_goes_through_all_campaigns(
    old: Journal, statements: list[tuple[str, object]], folder: Path, name: str
) -> None:
    READINGS[name](old)
    assert_none_scans([it for it in statements if "FROM campaign" in it[0]], folder)


def test_pruning_goes_through_the_campaigns_that_have_something_to_lose_and_no_others(
    old: Journal, statements: list[tuple[str, object]], folder: Path
) -> None:
    with old.carrying_out(NEXT, b"PK"):
        old.take(APP, NEXT, {"new": "new"})
    assert len(Upkeep(old.database).prune(NOON + timedelta(days=9), NOON)) == 1
    asked = [it for it in statements if it[0].startswith(("UPDATE campaign SET body", "SELECT DISTINCT"))]
    assert len(asked) >= 2
    assert_none_scans(asked, folder)


def assert_none_scans(asked: Sequence[tuple[str, object]], folder: Path) -> None:
    assert asked
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        for statement, values in asked:
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values):  # type: ignore[arg-type]
                assert not step.startswith("SCAN campaign"), statement
                assert not step.endswith("(application=?)"), statement
