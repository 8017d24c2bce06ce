"""A night prunes the journals it has written to."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from loader.errors import JournalError
from loader.storage.journal import open_journal
from loader.storage.upkeep import Upkeep
from tests.storage.nights import campaigns, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.nightly.nights import Inbox


@pytest.mark.parametrize(
    ("days", "kept"), [(None, [399, 0]), ("0", [401, 399, 0]), ("402", [401, 399, 0]), ("398", [0]), ("1", [0])]
)
async def test_a_night_prunes_what_is_older_than_the_settings_say(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path, days: str | None, kept: list[int]
) -> None:
    server = await serve()
    box = inbox(server.url, **({"LOADER_PRUNE_DAYS": days} if days else {}))
    with closing(open_journal(f"sqlite:///{folder}/output/journal.db")) as journal:
        ages = {}
        for age in (401, 399):
            at = box.now - timedelta(days=age, hours=1)  # a run of an hour
            ages[load(journal, campaigns(age, 1), at).id] = age
        box.put("a.xlsx", ["A"])
        night = await box.night()
        assert (night.exit_code, box.troubles) == (0, [])
        assert [ages.get(run.id, 0) for run in reversed(journal.runs()) if run.pruned_at is None] == kept


async def test_a_journal_that_cannot_be_pruned_is_reported_and_the_night_is_as_good_as_before(
    serve: Serve, inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    monkeypatch.setattr(Upkeep, "prune", full)
    night = await box.night()
    assert (night.exit_code, box.troubles) == (0, ["old runs were not pruned: the disk is full"])
