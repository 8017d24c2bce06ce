"""A run in which nothing was lost reads the campaign list as often as before absence had to be proved, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from loader.errors import JournalError
from loader.storage.journal import Journal
from tests.load_runs import asked, ends

if TYPE_CHECKING:
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Load, MakeWorkbook, Serve

NAMES = ["A", "B", "C"]
CREATED = dict.fromkeys(NAMES, "Created")


class Runs:
    """Runs of one sheet against one server, each with how often it asked for a page of the campaign list."""

    def __init__(self, server: Sandbox, load: Load, sheet: Path) -> None:
        self._server, self._load, self._sheet = server, load, sheet

    async def readings(self, **settings: Any) -> int:  # noqa: ANN401 - of Settings
        before = asked(self._server)["list"]
        report = await self._load(self._sheet, self._server.url, **settings)
        assert ends(report) == CREATED
        return asked(self._server)["list"] - before


@pytest.fixture
async def runs(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> Runs:
    return Runs(await serve(), load, make_workbook(NAMES))


# the numbers are those that were counted before, on the same server


async def test_a_plain_run_reads_it_once_and_once_more_where_it_waits_until_all_is_ready(runs: Runs) -> None:
    assert await runs.readings(verify_seconds=60) == 2


async def test_a_run_that_does_not_wait_reads_it_once_and_the_next_one_not_at_all(runs: Runs) -> None:
    assert await runs.readings() == 1
    assert await runs.readings() == 0


async def test_a_second_run_with_nothing_to_do_reads_nothing_where_it_waits_either(runs: Runs) -> None:
    await runs.readings(verify_seconds=60)
    assert await runs.readings(verify_seconds=60) == 0


async def test_a_canary_reads_one_page_more(runs: Runs) -> None:
    assert await runs.readings(canary=1) == 2


async def test_going_on_with_a_run_of_which_all_answers_are_known_reads_nothing(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise JournalError("this is as far as it came")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "end", killed)
        assert await runs.readings() == 1
    assert await runs.readings() == 0
