"""What a night drops of the journals it has written to."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.errors import LoaderError
from loader.storage.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from loader.execution.accounts import Account
    from loader.storage.journal import Journal


def prune_journals(accounts: Iterable[Account], now: datetime, on_trouble: Callable[[str], None]) -> None:
    """Prune the journals of these accounts; of several that share one, the account that keeps the most counts.

    What goes wrong is reported: it is no reason to call the night a bad one.
    """
    kept: dict[Journal, set[int]] = defaultdict(set)
    for account in accounts:
        kept[account.journal].add(account.settings.prune_days)
    for journal, days in kept.items():
        if 0 in days:  # never
            continue
        try:
            Upkeep(journal.database).prune(now - timedelta(days=max(days)), now)
        except LoaderError as error:
            on_trouble(f"old runs were not pruned: {error}")
