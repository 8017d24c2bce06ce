"""`run` of 1,000 rows beside a journal of 600,000 campaigns, against the same beside an empty one."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from hashlib import sha256
from statistics import median
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.settings import DEMO_APP_ID
from loader.storage.journal import open_journal
from loader.storage.packing import packed_body
from tests.benchmarks.processes import HERE, LOADER, Spent, served, spent
from tests.benchmarks.sheets import write_sheet
from tests.benchmarks.test_sending import account

if TYPE_CHECKING:
    from pathlib import Path

HISTORY, RUN_OF, ROWS, ROUNDS = 600_000, 500, 1_000, 5
MOST = 1.15
_CAMPAIGN = """
INSERT INTO campaign (application, key, name, state, digest, body, clear, accepted, attempts, message, http_status,
    campaign_id, campaign_status, since, submitted_at, run, held_by)
VALUES (1, ?, ?, 'created', ?, ?, 1, 0, 1, '', 200, ?, 'Ready', ?, ?, ?, ?)
"""
_RUN = """
INSERT INTO run (id, account, application, user, process, file, digest, options, started_at, ended_at, requests, counts)
VALUES (?, 'acc', 1, 'kim', 1, 'old.xlsx', 'none', '{}', ?, ?, 500, '{"Created": 500}')
"""


def add_history(journal: Path, url: str) -> None:
    """Fill a journal with campaigns that were created at other times, as large as real ones."""
    body = packed_body(b"b" * 1100)
    with closing(sqlite3.connect(journal)) as database:
        database.execute("INSERT INTO identifier VALUES (1, ?)", (f"{DEMO_APP_ID} at {url}",))
        for first in range(0, HISTORY, RUN_OF):
            run, at = 2 + first, 1.6e9 + first
            database.execute("INSERT INTO identifier VALUES (?, ?)", (run, f"2021-{first:06d}"))
            database.execute(_RUN, (run, at, at + 60))
            database.executemany(
                _CAMPAIGN,
                (
                    (f"old {one}", f"Old {one}", digest, body, digest[:16], at, at, run, run)
                    for one in range(first, first + RUN_OF)
                    for digest in (sha256(b"%d" % one).digest(),)
                ),
            )
        database.commit()


def forget_the_run(journal: Path) -> None:
    """Make the sheet new to the journal again."""
    with closing(sqlite3.connect(journal)) as database:
        for table, what in (("campaign", "key NOT LIKE 'old %'"), ("run", f"id >= {HISTORY + 2}"), ("outcome", "1")):
            database.execute(f"DELETE FROM {table} WHERE {what}")  # noqa: S608 - our own
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.benchmark
def test_a_run_costs_what_its_sheet_costs_however_long_the_history(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", ROWS)
    taken: dict[str, list[Spent]] = {"empty": [], "years": []}
    with served([sys.executable, str(HERE / "canned_server.py")], cwd=tmp_path) as url:
        for name in taken:
            (tmp_path / name / "output").mkdir(parents=True)
            open_journal(f"sqlite:///{tmp_path / name}/output/journal.db").close()
        add_history(tmp_path / "years" / "output" / "journal.db", url)
        env = account(url, per_minute=6_000_000, concurrency=64)
        for _ in range(ROUNDS):
            for name, spendings in taken.items():
                command = [*LOADER, "run", str(sheet), "--yes", "--canary", "0"]
                spendings.append(spent(command, cwd=tmp_path / name, env=env))
                forget_the_run(tmp_path / name / "output" / "journal.db")
    print(f"\n`run` of {ROWS} rows, whole processes:")
    for name, each in taken.items():
        seconds, peak = median(it.seconds for it in each), median(it.peak_mb for it in each)
        print(f"  {name:5} {seconds:5.2f} s  {peak:4.0f} MB")
    # both of a round met the same machine
    rounds = list(zip(taken["years"], taken["empty"], strict=True))
    times = median(years.seconds / empty.seconds for years, empty in rounds)
    memory = median(years.peak_mb / empty.peak_mb for years, empty in rounds)
    print(f"  years / empty: {times:.2f} in time, {memory:.2f} in MB")
    assert max(times, memory) <= MOST
