"""How large the journal becomes, and that it stays so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from loader.config.settings import Places
from loader.storage.upkeep import Upkeep
from tests.storage.nights import campaigns, load, load_again

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.storage.journal import Journal

BEGUN = datetime(2026, 4, 1, 22, tzinfo=UTC)
MB = 1_000_000
MOST_BYTES_A_ROW = 600
NOTHING_YET = 60_000
MOST_BYTES_A_PRUNED_ROW = 500


@pytest.fixture
def hasty(journal: Journal) -> Journal:
    """One that does not wait for the disk: nothing else is different."""
    engine = journal.database._engine
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    engine.dispose()
    return journal


def size_of(folder: Path) -> int:
    return sum((folder / name).stat().st_size for name in ("journal.db", "journal.db-wal"))


def nights(
    journal: Journal, number: int, *, new: int, master: int, kept_days: int, prune_every: int = 1
) -> Iterator[int]:
    """So many nights, each with new rows and with a large sheet whose rows were all created in the first one."""
    latest = load(journal, campaigns(0, master), BEGUN - timedelta(days=1))
    for night in range(number):
        at = BEGUN + timedelta(days=night)
        load(journal, campaigns(master + night * new, new), at)
        latest = load_again(journal, latest, at + timedelta(hours=1))
        if night % prune_every == 0:
            Upkeep(journal.database).prune(at - timedelta(days=kept_days), at)
        yield night


def test_a_run_takes_six_megabytes_of_the_journal_for_ten_thousand_rows_at_most(journal: Journal, folder: Path) -> None:
    load(journal, campaigns(0, 1000), BEGUN)
    assert 0 < size_of(folder) - NOTHING_YET <= 1000 * MOST_BYTES_A_ROW


def test_once_nights_are_pruned_the_journal_grows_by_what_guards_against_doubling_alone(
    hasty: Journal, folder: Path
) -> None:
    sizes = [size_of(folder) for _ in nights(hasty, 24, new=40, master=100, kept_days=8)]
    before, after = sizes[7] - sizes[2], sizes[23] - sizes[13]
    assert before / 5 > 40 * MOST_BYTES_A_PRUNED_ROW + 100 * 90  # with its workbooks, its outcomes and what was sent
    assert after / 10 <= 40 * MOST_BYTES_A_PRUNED_ROW


@pytest.mark.long
def test_five_years_of_nights_stay_under_five_hundred_megabytes(hasty: Journal, folder: Path) -> None:
    kept_days = Places.model_fields["prune_days"].default
    largest = 0
    for night in nights(hasty, 5 * 365, new=200, master=5000, kept_days=kept_days, prune_every=7):
        largest = max(largest, size_of(folder))
        if night % 73 == 72:
            print(f"after {(night + 1) / 365:.1f} years: {size_of(folder) / MB:.0f} MB", flush=True)  # noqa: T201
    print(f"campaigns: {Upkeep(hasty.database).campaigns():,}; largest: {largest / MB:.0f} MB")  # noqa: T201
    assert largest < 500 * MB
