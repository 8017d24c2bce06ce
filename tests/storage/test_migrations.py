"""A journal of version 6, from before it was narrowed, keeps all it knew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

import pytest

from loader.model.attempt import Attempt
from loader.model.records import Record, Run, Settlement, State
from loader.model.row import Gone, Outcome, Status
from loader.storage.journal import Journal, open_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# never to be changed
VERSION_6 = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (6);
CREATE TABLE workbook (digest VARCHAR NOT NULL, content BLOB NOT NULL, PRIMARY KEY (digest));
CREATE TABLE run (
    id VARCHAR NOT NULL, account VARCHAR NOT NULL, application VARCHAR NOT NULL, user VARCHAR NOT NULL,
    process INTEGER NOT NULL, file VARCHAR NOT NULL, digest VARCHAR NOT NULL, options JSON NOT NULL,
    started_at DOUBLE NOT NULL, ended_at DOUBLE, requests INTEGER NOT NULL, counts JSON,
    epoch INTEGER DEFAULT '0' NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE campaign (
    application VARCHAR NOT NULL, "key" VARCHAR NOT NULL, name VARCHAR NOT NULL, state VARCHAR NOT NULL,
    digest VARCHAR NOT NULL, body BLOB NOT NULL, clear BOOLEAN NOT NULL, accepted BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL, message VARCHAR NOT NULL, http_status INTEGER, campaign_id VARCHAR,
    campaign_status VARCHAR, since DOUBLE, submitted_at DOUBLE, run VARCHAR NOT NULL, held_by VARCHAR NOT NULL,
    updated_at DOUBLE, gone VARCHAR, PRIMARY KEY (application, "key")
);
CREATE INDEX campaign_by_campaign_id ON campaign (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX ix_campaign_state ON campaign (state);
CREATE INDEX campaign_by_submitted_at ON campaign (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE TABLE lookalikes (run VARCHAR NOT NULL, ids JSON NOT NULL, PRIMARY KEY (run));
CREATE TABLE pace (account VARCHAR NOT NULL, next_at DOUBLE NOT NULL, PRIMARY KEY (account));
CREATE TABLE outcome (
    of_run VARCHAR NOT NULL, sheet VARCHAR DEFAULT '' NOT NULL, "row" INTEGER NOT NULL, name VARCHAR NOT NULL,
    status VARCHAR NOT NULL, message VARCHAR NOT NULL, campaign_id VARCHAR, campaign_status VARCHAR,
    http_status INTEGER, attempts INTEGER NOT NULL, submitted_at DOUBLE, run VARCHAR NOT NULL, gone VARCHAR,
    PRIMARY KEY (of_run, sheet, "row")
);
"""
APPS = ("st-1 at https://platform.kore.ai", "st-2 at https://platform.kore.ai")
SHA, ID = "0123456789abcdef" * 4, "cd-77ab012-1111-4222-8333-444455556666"
BODY = b'{"name": "Spring", "contactLists": ["a"], "priority": "5"}'
AT = 1_775_044_800.25
NOON = datetime.fromtimestamp(AT, UTC)
RUNS = [
    Run("r-1", "acc at h", APPS[0], "kim", 4711, "april.xlsx", SHA, {"sheet": None, "limit": 3}, NOON, None, 7),
    Run(
        "r-2", "acc at h", APPS[1], "kim", 4711, "april.xlsx", SHA, {"sheet": None, "limit": 3}, NOON, NOON, 7, {"A": 3}
    ),
]


def campaigns() -> dict[tuple[str, str], Record]:
    """Every state with all there is to know of it and with as little as there can be, in two applications."""
    made: dict[tuple[str, str], Record] = {}
    for app, state, full in product(APPS, State, (True, False)):
        key = f"{state} {'full' if full else 'bare'}"
        bare = Record(key, key.title(), state, "", b"", False, False, Attempt(), None, "", "")
        attempt = Attempt(f"{ID[:-2]}{len(made):02}", "Ready", 200, 2, NOON, "said 'so'")
        of_run = RUNS[APPS.index(app)].id
        made[app, key] = bare if not full else replace(
            bare, digest=SHA, body=BODY, clear=True, accepted=True, attempt=attempt, since=NOON, run=of_run,
            held_by=of_run, updated_at=NOON, gone=Gone.VANISHED,
        )  # fmt: skip
    other = Record(
        "odd", "Odd", State.CREATED, "b1", BODY, True, False, Attempt("an-id-of-another-kind"), None, "r-1", ""
    )
    return {**made, (APPS[0], "odd"): other}


def outcomes() -> list[Outcome]:
    """More than stand together in one place, of two sheets."""
    rows = [
        Outcome(row, f"N{row}", status, Attempt(ID, "Ready", 200, 1, NOON, "well"), "r-1", sheet=sheet)
        for sheet, row, status in product(("DE", "EN"), range(2, 302), (Status.CREATED,))
    ]
    rows[5] = Outcome(rows[5].row, "Gone", Status.NOT_SENT, Attempt(), "", gone=Gone.DELETED, sheet="DE")
    return rows


def plain(value: object) -> object:
    return value.timestamp() if isinstance(value, datetime) else value


def insert(database: sqlite3.Connection, table: str, values: Sequence[object]) -> None:
    database.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 - our own


@pytest.fixture
def path(folder: Path) -> Path:
    """A journal of version 6 with all of these."""
    path = folder / "journal.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(VERSION_6)
        database.execute("INSERT INTO workbook VALUES (?, ?), ('d1', x'78797A')", (SHA, b"PK the workbook"))
        for run in RUNS:
            options = '{"sheet": null, "limit": 3}'
            counts = None if run.counts is None else '{"A": 3}'
            database.execute(
                "INSERT INTO run VALUES (?, ?, ?, 'kim', 4711, 'april.xlsx', ?, ?, ?, ?, 7, ?, 2)",
                (run.id, run.account, run.application, SHA, options, AT, plain(run.ended_at), counts),
            )
        for (app, _), it in campaigns().items():
            values = (
                *(app, it.key, it.name, it.state, it.digest, it.body, it.clear, it.accepted, it.attempts, it.message),
                *(it.http_status, it.campaign_id, it.campaign_status, plain(it.since), plain(it.submitted_at)),
                *(it.run, it.held_by, plain(it.updated_at), it.gone),
            )
            insert(database, "campaign", values)
        for one in outcomes():
            attempt = (one.campaign_id, one.campaign_status, one.http_status, one.attempts, plain(one.submitted_at))
            row = ("r-1", one.sheet, one.row, one.name, one.status, one.message, *attempt, one.run, one.gone)
            insert(database, "outcome", row)
        database.execute("""INSERT INTO lookalikes VALUES ('r-1', '{"a look": ["c-1", "c-2"]}')""")
        database.execute("INSERT INTO pace VALUES ('acc', 17.5)")
        database.commit()
    return path


def opened(path: Path) -> Journal:
    return open_journal(f"sqlite:///{path}")


def test_a_journal_that_is_narrowed_keeps_every_campaign_as_it_stood(path: Path) -> None:
    expected = campaigns()
    with closing(opened(path)) as journal:
        for app in APPS:
            kept = journal.records(app)
            assert kept == {
                key: record if record.state in (State.SENDING, State.UNKNOWN) else replace(record, body=b"")
                for (of, key), record in expected.items()
                if of == app
            }
            assert {key: journal.body(app, key) for key in kept} == {
                key: record.body for (of, key), record in expected.items() if of == app
            }
        assert journal.bearers(APPS[0], expected[APPS[0], "created full"].campaign_id or "") == ["created full"]
        assert journal.bearers(APPS[0], "an-id-of-another-kind") == ["odd"]
        assert len(journal.answered_before(APPS[1], NOON.replace(year=2027), 99)) == 1


def test_a_journal_that_is_narrowed_keeps_runs_workbooks_outcomes_and_lookalikes(path: Path) -> None:
    with closing(opened(path)) as journal:
        assert {run.id: run for run in journal.runs()} == {run.id: run for run in RUNS}
        assert (journal.workbook(SHA), journal.workbook("d1")) == (b"PK the workbook", b"xyz")
        assert (journal.outcomes("r-1"), journal.outcomes("r-2")) == (outcomes(), [])
        assert journal.lookalikes(["r-1", "r-2"]) == {"r-1": {"a look": {"c-1", "c-2"}}}
    with closing(sqlite3.connect(path)) as database:
        assert list(database.execute("SELECT epoch FROM run")) == [(2,), (2,)]
        assert list(database.execute("SELECT * FROM pace")) == [("acc", 17.5)]
        assert not list(database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'wide_%'"))


def test_a_journal_is_copied_before_it_is_narrowed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        before = list(database.iterdump())
    opened(path).close()
    with closing(sqlite3.connect(f"{path}.version-6")) as copy:
        assert list(copy.iterdump()) == before


def test_a_run_of_a_journal_that_was_narrowed_is_gone_on_with(path: Path) -> None:
    with closing(opened(path)) as journal, journal.carrying_out(RUNS[0], b"PK"):
        taken = journal.take(APPS[0], RUNS[0], {"sending full": "Sending full"})
        assert {key for key, it in taken.records.items() if it.state is State.SENDING} == {
            "sending full",
            "sending bare",
        }
        made = Settlement("sending full", State.CREATED, Attempt("cd-0000001-1111-4222-8333-444455556666"))
        journal.settle(APPS[0], "r-1", [made])
        assert journal.bearers(APPS[0], "cd-0000001-1111-4222-8333-444455556666") == ["sending full"]
