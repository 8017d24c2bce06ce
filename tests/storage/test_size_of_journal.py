"""How large the journal becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.storage.nights import campaigns, load

if TYPE_CHECKING:
    from pathlib import Path

    from loader.storage.journal import Journal

BEGUN = datetime(2026, 4, 1, 22, tzinfo=UTC)
MOST_BYTES_A_ROW = 600
NOTHING_YET = 60_000


def test_a_run_takes_six_megabytes_of_the_journal_for_ten_thousand_rows_at_most(journal: Journal, folder: Path) -> None:
    load(journal, campaigns(0, 1000), BEGUN)
    size = (folder / "journal.db").stat().st_size
    assert 0 < size - NOTHING_YET <= 1000 * MOST_BYTES_A_ROW
