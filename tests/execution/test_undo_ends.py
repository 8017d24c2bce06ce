"""`undo` comes to an end with every campaign, whatever the server answers, and each of them gets its turn."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from loader.execution.connection import RunContext, Stop
from loader.execution.undo import Undo
from loader.model.records import State
from loader.storage.journal import Journal, open_journal
from tests.own_server import own_server, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from loader.execution.undo import UndoReport
    from loader.model.records import Run
    from tests.conftest import Load, MakeSettings, MakeWorkbook
    from tests.own_server import OwnServer


@pytest.fixture
def undone(make_settings: MakeSettings, _hurried: None) -> Callable[..., Awaitable[UndoReport]]:
    async def carried_out(run: Run, server: OwnServer, **settings: object) -> UndoReport:
        chosen = make_settings(server.url, **settings)
        with closing(open_journal(chosen.journal)) as journal:
            async with asyncio.timeout(30):
                return await Undo(RunContext(run, chosen, journal), Stop()).carry_out()

    return carried_out


def refusing(status: int, *ids: str) -> Callable[[str], web.Response | None]:
    return lambda campaign_id: refusal(status, "try later") if campaign_id in ids else None


@pytest.mark.parametrize("status", [423, 424, 425, 429])
async def test_a_campaign_whose_deletion_is_put_off_without_end_is_kept_and_the_others_are_deleted(
    status: int, load: Load, undone: Callable[..., Awaitable[UndoReport]], make_workbook: MakeWorkbook, journal: Journal
) -> None:
    async with own_server() as server:
        loaded = await load(make_workbook(["A", "B", "C"]), server.url, concurrency=1)
        server.delete = refusing(status, "cd-1")
        report = await undone(loaded.run, server)
        assert {it.name: it.status.value for it in report.rows} == {"A": "kept", "B": "deleted", "C": "deleted"}
        assert report.rows[0].message == f"the server refused 9 times to delete it: try later (HTTP {status})"
        assert (report.exit_code, report.halted, server.names()) == (4, None, ["A"])
        asked = [method.rpartition("/")[2][:4] for method in server.targets if "/cd-" in method]
        assert (
            asked[:8] == ["cd-1"] * 6 + ["cd-2"] * 2
        )  # read and deleted three times, and then it is the next one's turn
        assert server.asked["delete"] == 11
        assert server.asked["get"] == 11
        states = {it.name: it.state for it in journal.records(report.run.application).values()}
        assert states == {"A": State.CREATED, "B": State.OPEN, "C": State.OPEN}
        server.delete = lambda _: None
        report = await undone(loaded.run, server)
    assert ({it.name: it.status.value for it in report.rows}, server.names()) == ({"A": "deleted"}, [])


async def test_a_deletion_put_off_a_few_times_is_done_all_the_same(
    load: Load, undone: Callable[..., Awaitable[UndoReport]], make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        loaded = await load(make_workbook(["A"]), server.url)
        rest = [
            refusal(429, "too many requests"),
            refusal(423, "locked"),
            refusal(423, "locked"),
            refusal(425, "early"),
        ]
        server.delete = lambda _: rest.pop() if rest else None
        report = await undone(loaded.run, server)
        assert (report.exit_code, report.counts, server.names()) == (0, {"deleted": 1}, [])


async def test_a_campaign_that_was_perhaps_deleted_before_it_was_put_off_is_not_said_to_be_kept(
    load: Load, undone: Callable[..., Awaitable[UndoReport]], make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        loaded = await load(make_workbook(["A"]), server.url)
        first = [refusal(500, "no")]
        server.delete = lambda _: first.pop() if first else refusal(423, "locked")
        report = await undone(loaded.run, server)
        assert (report.exit_code, report.counts) == (5, {"unknown": 1})
        assert report.rows[0].message == (
            f"the server refused 9 times to delete it: locked (HTTP 423); `undo {report.run.id}` finds out"
        )
