"""Two processes of one account at the same time: one allowance, turns, and no row twice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import BaseFileLock

from loader.errors import AccountBusyError, JournalError
from loader.model.attempt import Attempt
from loader.model.records import Intent, Run, Settlement, State
from loader.sandbox.fault_rules import rule
from loader.storage.locks import Locks, only_night
from tests.load_runs import creates, held
from tests.program import until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from loader.sandbox.server import Sandbox
    from loader.storage.journal import Journal
    from tests.conftest import MakeWorkbook, Serve
    from tests.program import Program

PER_MINUTE = 600
EARLIER = Run("r-1", "acc", "app", "kim", 1, "a.xlsx", "d", {}, datetime(2026, 4, 1, tzinfo=UTC))
LATER = replace(EARLIER, id="r-2")


def named(what: str, rows: int) -> list[str]:
    return [f"{what} {number:04}" for number in range(rows)]


async def both_loaded(
    server: Sandbox, one: Program, make_workbook: MakeWorkbook, *, large: int, small: int, within: float
) -> None:
    """A large sheet, and a small one begun in the middle of it; the large one is killed then and begun anew."""
    make_workbook(named("Large", large), file="large.xlsx")
    make_workbook(named("Small", small), file="small.xlsx")
    first = await one.start("run", "--yes", "large.xlsx")
    await until(lambda: len(server.campaigns) >= large // 10)
    began = time.monotonic()
    other = await (await one.start("run", "--yes", "small.xlsx", "--json")).ended(within)
    assert (other.code, other.json["counts"]) == (0, {"Created": small})
    assert time.monotonic() - began < within
    assert not first.over
    assert len(server.campaigns) < large  # long before the large one is done
    await first.killed()
    await asyncio.sleep(1)  # what somebody takes to start it again
    again = await (await one.start("run", "--yes", "large.xlsx", "--json")).ended(60 + 2 * 60 * large / PER_MINUTE)
    assert (again.code, again.json["counts"]) == (0, {"Created": large})
    assert held(server) == sorted(named("Large", large) + named("Small", small))
    assert set(Counter(it.name for it in server.campaigns).values()) == {1}


@pytest.mark.slow  # twelve seconds of the allowance
async def test_a_large_and_a_small_one_share_the_allowance_and_a_kill_and_a_restart_do_not_exceed_it(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    one = program(server.url, LOADER_RATE_PER_MINUTE=str(PER_MINUTE))
    await both_loaded(server, one, make_workbook, large=110, small=10, within=30)
    # ten a second, evenly: a short window shows what a minute would; one more may arrive early on its way
    assert server.largest_window(6) <= PER_MINUTE / 10 + 1
    assert server.largest_window(1) <= PER_MINUTE / 60 + 2


@pytest.mark.long
async def test_two_thousand_rows_and_twenty_that_came_later_are_loaded_within_the_allowance(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    one = program(server.url, LOADER_RATE_PER_MINUTE=str(PER_MINUTE))
    await both_loaded(server, one, make_workbook, large=2000, small=20, within=180)
    print(f"at most {server.largest_window()} requests in any minute, {PER_MINUTE} allowed")  # noqa: T201
    assert server.largest_window() <= PER_MINUTE


async def test_of_several_that_begin_the_same_sheet_at_once_one_runs_and_the_others_say_who(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.4))
    names = named("Campaign", 12)
    make_workbook(names)
    one = program(server.url, LOADER_CONCURRENCY="1", LOADER_TIMEOUT_SECONDS="60")
    ended = await asyncio.gather(*(one.run("run", "--yes", "campaigns.xlsx") for _ in range(4)))
    assert sorted(it.code for it in ended) == [0, 7, 7, 7]
    for late in (it for it in ended if it.code == 7):
        assert "is loading this sheet" in late.err or "is working on some of these rows" in late.out + late.err
        assert "(process " in late.out + late.err
    assert creates(server) == dict.fromkeys(names, 1)


async def test_a_process_that_is_killed_gives_its_rows_to_the_next_at_once(
    serve: Serve, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.2))
    names = named("Campaign", 8)
    make_workbook(names)
    make_workbook(names[::-1], file="sorted.xlsx")
    one = program(server.url, LOADER_CONCURRENCY="1", LOADER_TIMEOUT_SECONDS="3")
    first = await one.start("run", "--yes", "campaigns.xlsx")
    await until(lambda: len(server.campaigns) >= 2)
    await first.killed()
    done = await one.run("run", "--yes", "sorted.xlsx", "--json")
    assert (done.code, done.json["counts"]) == (0, {"Created": 8})
    assert held(server) == names
    assert max(creates(server).values()) <= 2  # what was proved not to be there was sent again


def test_what_a_run_writes_until_its_very_end_is_known_to_the_one_that_takes_its_rows(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it ends while the other finds out who is alive: what was read before that would be old
    living, first = Locks.living, ExitStack()
    first.enter_context(journal.carrying_out(EARLIER, b"PK"))
    journal.take("app", EARLIER, {"spring": "Spring"})
    journal.claim("app", EARLIER.id, [Intent("spring", "d", b"{}", True, EARLIER.started_at, State.OPEN)])

    def ending_meanwhile(locks: Locks, runs: Collection[str]) -> set[str]:
        journal.settle(
            "app", EARLIER.id, [Settlement("spring", State.CREATED, attempt=Attempt(attempts=1, campaign_id="c-1"))]
        )
        first.close()
        return living(locks, runs)

    monkeypatch.setattr(Locks, "living", ending_meanwhile)
    with journal.carrying_out(LATER, b"PK"):
        taken = journal.take("app", LATER, {"spring": "Spring"})
    assert (taken.held, taken.records["spring"].state) == ({}, State.CREATED)


def test_a_lock_whose_file_is_removed_by_a_run_just_ending_is_taken_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, ending = BaseFileLock.acquire, [True]

    def removed_at_first(lock: BaseFileLock) -> object:
        held = acquire(lock)
        if ending:
            Path(lock.lock_file).unlink()
            ending.clear()
        return held

    monkeypatch.setattr(BaseFileLock, "acquire", removed_at_first)
    locks = Locks(str(folder / "journal.db"))
    lock = locks.take("r-1")
    with pytest.raises(AccountBusyError):
        locks.take("r-1")
    locks.give_back(lock)
    assert list(folder.iterdir()) == []


def test_of_two_nights_the_second_says_who_is_running_as_far_as_that_is_known(folder: Path) -> None:
    lock, who = folder / "nightly.lock", folder / "nightly.lock.who"
    with only_night(lock, "the folder in"):
        who.unlink()
        with pytest.raises(AccountBusyError, match=r"^another nightly is running on the folder in$"):
            only_night(lock, "the folder in").__enter__()
    assert list(folder.iterdir()) == []


def test_a_night_that_cannot_say_who_it_is_keeps_others_out_all_the_same(folder: Path) -> None:
    (folder / "nightly.lock.who").mkdir()
    with only_night(folder / "nightly.lock", "the folder in"), pytest.raises(AccountBusyError):
        only_night(folder / "nightly.lock", "the folder in").__enter__()
    with pytest.raises(JournalError, match="cannot be locked"):
        only_night(folder / "nightly.lock.who", "the folder in").__enter__()
