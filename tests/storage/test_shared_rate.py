"""The slots of an account are given out one after the other, to whoever asks and however often it was opened."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from loader.storage.journal import open_journal
from loader.storage.shared_rate import AccountRate

if TYPE_CHECKING:
    from pathlib import Path

    from loader.storage.journal import Journal

ACCOUNT = "acc-1 at https://platform.kore.ai"


def test_slots_of_an_account_are_given_out_one_after_the_other(journal: Journal, folder: Path) -> None:
    now = 10_000.0

    def slots(of: Journal, account: str = ACCOUNT) -> AccountRate:
        return AccountRate(of.database, account, lambda: now)

    with closing(open_journal(f"sqlite:///{folder}/journal.db")) as opened:
        one, other = slots(journal), slots(opened)
        assert [each.reserve(2.0) for each in (one, other, slots(journal))] == [10_000.0, 10_002.0, 10_004.0]
        assert slots(opened, "acc-2 at https://platform.kore.ai").reserve(2.0) == 10_000.0
        now = 10_100.0
        assert other.reserve(2.0) == 10_100.0
        one.hold(10_150.0)
        one.hold(10_140.0)
        now = 10_101.0
        assert other.reserve(2.0) == 10_150.0
        # a machine started anew counts from zero again
        now = 3.0
        assert other.reserve(2.0) == 3.0
