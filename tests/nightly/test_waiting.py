"""Runs and nights that find another one running wait for their turn, as long as they are asked to."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.errors import AccountBusyError, SettingsError
from loader.execution.connection import Stop
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.execution.turn import Turns, turns_of
from loader.model.events import Phase
from loader.nightly.clock_times import duration, own_minute
from loader.planning.request import LoadRequest
from loader.sandbox.fault_rules import rule
from loader.storage.journal import open_journal
from loader.storage.locks import only_night
from loader.workbook.reader.reader_process import content_of
from tests.conftest import OF_THE_ACCOUNT
from tests.load_runs import creates, ends
from tests.nightly.nights import Inbox
from tests.program import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.execution.report import Report
    from loader.model.events import Event
    from loader.sandbox.server import Sandbox
    from tests.conftest import MakeSettings, MakeWorkbook, Serve


class Busy:
    """Somebody is in the way, `times` times."""

    def __init__(self, times: int) -> None:
        self.times, self.slept, self.told = times, list[float](), list[str]()

    def attempt(self) -> str:
        self.times -= 1
        if self.times >= 0:
            raise AccountBusyError(f"run {self.times // 2} is running")
        return "mine"

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def turns(self, seconds: float, *, stopped: bool = False) -> Turns:
        return Turns(seconds, self.told.append, lambda: stopped, self.sleep)


async def test_a_turn_is_waited_for_and_each_who_is_in_the_way_is_reported_once() -> None:
    busy = Busy(4)
    assert await busy.turns(600).take(busy.attempt) == "mine"
    assert busy.slept == [2, 2, 2, 2]
    assert busy.told == [
        "waiting for 10 min at most: run 1 is running",
        "waiting for 10 min at most: run 0 is running",
    ]


@pytest.mark.parametrize(("seconds", "stopped", "slept"), [(0, False, []), (5, False, [2, 2, 1]), (600, True, [])])
async def test_who_has_waited_long_enough_or_was_stopped_reads_who_is_running(
    seconds: float, stopped: bool, slept: list[float]
) -> None:
    busy = Busy(1000)
    with pytest.raises(AccountBusyError, match="is running"):
        await busy.turns(seconds, stopped=stopped).take(busy.attempt)
    assert busy.slept == slept


async def test_the_time_is_that_of_all_waits_together() -> None:
    busy = Busy(2)
    turns = busy.turns(5)
    assert await turns.take(busy.attempt) == "mine"
    busy.times = 1000
    with pytest.raises(AccountBusyError):
        await turns.take(busy.attempt)
    assert sum(busy.slept) == 5


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert duration("--wait", text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "m", "-1m", "1.5h", "30 m", "1w"])
def test_any_other_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--wait '.*': should be a number with s, m, h or d, such as 30m or 2h$"):
        duration("--wait", text)


async def test_two_nights_of_one_account_in_two_folders_come_one_after_the_other(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve()
    first = inbox(server.url)
    (folder / "other").mkdir()
    second = Inbox(Path("other"))
    first.put("a.xlsx", ["A", "B"])
    second.put("b.xlsx", ["C"])
    nights = await asyncio.gather(first.night(wait=timedelta(hours=1)), second.night(wait=timedelta(hours=1)))
    assert [night.exit_code for night in nights] == [0, 0]
    assert creates(server) == {"A": 1, "B": 1, "C": 1}


async def test_a_night_waits_until_its_deadline_at_most(inbox: Callable[..., Inbox]) -> None:
    box = inbox()
    box.put("a.xlsx", ["A"])
    async with AsyncExitStack() as stack:
        stack.enter_context(only_night(box.folder / ".nightly.lock", "the folder inbox"))
        with pytest.raises(AccountBusyError, match="another nightly is running on the folder inbox"):
            await box.night(wait=timedelta(hours=1), deadline=box.now)


def test_each_folder_has_its_own_minute_and_always_the_same() -> None:
    minutes = [own_minute(f"/srv/campaigns/{name}") for name in ("germany", "france", "spain")]
    assert minutes == [own_minute(f"/srv/campaigns/{name}") for name in ("germany", "france", "spain")]
    assert len(set(minutes)) == 3
    assert all(0 <= minute < 60 for minute in minutes)


class Waiters:
    """Runs, each with a journal opened for it alone, as processes have, that wait for their turn."""

    def __init__(self, host: str, make_settings: MakeSettings) -> None:
        self._settings = make_settings(host)
        self.told = list[str]()

    async def run(self, sheet: Path, *, wait: float = 60) -> Report:
        request = LoadRequest(sheet.name, content_of(sheet), skip=OF_THE_ACCOUNT)
        with closing(open_journal(self._settings.journal)) as journal:
            callbacks, stop = Callbacks(self._hears), Stop()
            load_run = LoadRun(request, self._settings, journal, callbacks, stop)
            return await load_run.load(turns=turns_of(callbacks, stop, wait))

    def _hears(self, event: Event) -> None:
        if isinstance(event, Phase) and event.text.startswith("waiting"):
            self.told.append(event.text)


@pytest.fixture
async def waiters(serve: Serve, make_settings: MakeSettings) -> tuple[Sandbox, Waiters]:
    server = await serve(rule(operation="create", action="slow", seconds=0.2))
    return server, Waiters(server.url, make_settings)


@pytest.mark.parametrize("second", ["a.xlsx", "b.xlsx"], ids=["of the same sheet", "of another with the same row"])
async def test_of_two_runs_started_at_once_one_waits_while_the_other_still_reads_its_sheet(
    waiters: tuple[Sandbox, Waiters], make_workbook: MakeWorkbook, second: str
) -> None:
    server, both = waiters
    sheets = [make_workbook(["A", "B"], file="a.xlsx"), make_workbook(["B", "A"], file=second)]
    reports = await asyncio.gather(*(both.run(sheet) for sheet in sheets))
    assert [report.exit_code for report in reports] == [0, 0]
    assert [ends(report) for report in reports] == [{"A": "Created", "B": "Created"}] * 2
    assert creates(server) == {"A": 1, "B": 1}
    [told] = both.told
    assert re.fullmatch(r"waiting for 60 s at most: run \S+ \(process \d+, since .* UTC\) is .+", told)


async def test_a_run_that_has_waited_in_vain_loads_what_the_other_one_does_not_have(
    waiters: tuple[Sandbox, Waiters], make_workbook: MakeWorkbook
) -> None:
    server, both = waiters
    names = [f"A {number}" for number in range(40)]
    sheets = [make_workbook(names, file="a.xlsx"), make_workbook(["A 39", "B"], file="b.xlsx")]
    long = asyncio.create_task(both.run(sheets[0]))
    await until(lambda: bool(server.campaigns))
    late = await both.run(sheets[1], wait=0.5)
    assert not long.done()
    assert (late.exit_code, ends(late)) == (7, {"A 39": "Not sent", "B": "Created"})
    assert (await long).exit_code == 0
