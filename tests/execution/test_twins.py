"""Two campaigns of one name call the same people: wherever a list shows them, it is said, and what to do about it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from loader.execution.connection import RunContext, Stop
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.execution.undo import Undo
from loader.planning.request import LoadRequest
from loader.storage.journal import open_journal
from loader.workbook.reader.reader_process import content_of
from tests.conftest import OF_THE_ACCOUNT
from tests.load_runs import end_of, ends
from tests.own_server import OwnServer, own_server, refusal, success

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from loader.execution.report import Report
    from loader.execution.undo import UndoReport
    from loader.model.records import Run
    from tests.conftest import Load, MakeSettings, MakeWorkbook


def make_a_twin(server: OwnServer, name: str = "A", campaign_id: str = "cd-x") -> None:
    server.store({"name": name, "dialingMode": "Agentless", "contactLists": ["another"]}, campaign_id)


def advice(run: str, name: str = "A", ours: str = "cd-1") -> str:
    return (
        f"the server has 2 campaigns named '{name}': cd-x, {ours} (created by run {run}); each of them calls the same "
        "people: delete the one that is not wanted, on the server or, if it is the loader's, with "
        f"`campaign-loader undo {run}`"
    )


def notes(report: Report) -> list[str]:
    return [note for note in report.notes if "named" in note]


@pytest.mark.parametrize("names", [["A", "B"], ["B"]], ids=["in the sheet", "in the journal only"])
async def test_a_twin_of_a_campaign_of_ours_is_reported_where_the_list_is_read_before_sending(
    names: list[str], load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        first = await load(make_workbook(["A"]), server.url)
        make_a_twin(server)
        report = await load(make_workbook(names, file="later.xlsx"), server.url)
    assert ends(report) == dict.fromkeys(names, "Created")
    assert (report.exit_code, notes(report)) == (5, [advice(first.run.id)])
    if "A" in names:
        assert end_of(report, "A").message == "the server has 2 campaigns of this name: cd-x, cd-1"


async def test_two_campaigns_of_other_people_are_reported_and_are_no_failure(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        make_a_twin(server, campaign_id="cd-y")
        make_a_twin(server)
        make_a_twin(server, name="of no row", campaign_id="cd-z")
        make_a_twin(server, name="of no row", campaign_id="cd-0")
        report = await load(make_workbook(["A", "B"]), server.url)
    assert (ends(report), report.exit_code) == ({"A": "Already exists", "B": "Created"}, 0)
    assert notes(report) == ["the server has 2 campaigns named 'A': cd-x, cd-y; none of them is in the journal"]


def made_twice(server: OwnServer) -> None:
    def create(body: dict[str, Any]) -> web.Response:
        campaign_id = f"cd-{server.asked['create']}"
        server.store(body, campaign_id)
        if body["name"] == "A":
            make_a_twin(server)
        return refusal(500, "no answer") if body["name"] == "B" else success({"id": campaign_id})

    server.create = create


async def test_a_twin_that_comes_up_while_rows_are_sent_is_reported_by_looking_up_a_lost_answer(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        made_twice(server)
        report = await load(make_workbook(["A", "B"]), server.url, concurrency=1, timeout_seconds=0.3)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert (report.exit_code, notes(report)) == (5, [advice(report.run.id)])


async def test_a_twin_that_comes_up_while_rows_are_sent_is_reported_by_verification(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        made_twice(server)
        report = await load(make_workbook(["A", "C"]), server.url, verify_seconds=1)
    assert ends(report) == {"A": "Created", "C": "Created"}
    assert (report.exit_code, notes(report)) == (5, [advice(report.run.id)])


async def test_two_journals_that_load_the_same_sheet_at_once_see_that_it_was_made_twice(
    load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    names = [f"n{number}" for number in range(8)]
    async with own_server() as server:
        await load(make_workbook(names), server.url, journal=f"sqlite:///{folder}/other.db")
        # as the list was before the other run began
        server.list = lambda _: success({"results": []}) if server.asked["list"] == 2 else None
        report = await load(make_workbook(names), server.url, verify_seconds=1)
    assert (len(server.names()), report.exit_code) == (16, 5)
    assert len(notes(report)) == 5
    assert report.notes[-1] == "3 more names that several campaigns bear"


async def test_reconciling_says_what_to_do_about_a_twin(load: Load, make_workbook: MakeWorkbook) -> None:
    async with own_server() as server:
        sheet = make_workbook(["A", "B"])
        server.create = lambda body: success({}) if body["name"] == "B" else None
        report = await load(sheet, server.url, concurrency=1, timeout_seconds=0.3)
        assert ends(report) == {"A": "Created", "B": "Unknown"}
        make_a_twin(server)
        again = await load(sheet, server.url, run=report.run, reconcile=True, timeout_seconds=0.3)
    assert (again.exit_code, notes(again)) == (5, [advice(report.run.id)])


async def test_reconciling_looks_for_twins_where_nothing_is_in_doubt(load: Load, make_workbook: MakeWorkbook) -> None:
    async with own_server() as server:
        sheet = make_workbook(["A", "B"])
        report = await load(sheet, server.url)
        make_a_twin(server)
        again = await load(sheet, server.url, run=report.run, reconcile=True)
    assert ends(again) == {"A": "Created", "B": "Created"}
    assert (again.exit_code, notes(again)) == (5, [advice(report.run.id)])
    assert server.asked["list"] == 2


async def undone(run: Run, settings: Any) -> UndoReport:  # noqa: ANN401 - Settings
    with closing(open_journal(settings.journal)) as journal:
        async with asyncio.timeout(30):
            return await Undo(RunContext(run, settings, journal), Stop()).carry_out()


@pytest.mark.usefixtures("_hurried")
async def test_undoing_says_that_the_twin_is_still_there(
    load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings
) -> None:
    async with own_server() as server:
        loaded = await load(make_workbook(["A", "B"]), server.url, concurrency=1)
        make_a_twin(server)
        report = await undone(loaded.run, make_settings(server.url))
        assert (report.counts, server.names()) == ({"deleted": 2}, ["A"])
    assert (report.exit_code, list(report.notes)) == (5, [advice(loaded.run.id)])


@pytest.mark.usefixtures("_hurried")
async def test_planning_tells_of_a_twin(load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings) -> None:
    async with own_server() as server:
        first = await load(make_workbook(["A"]), server.url)
        make_a_twin(server)
        sheet = make_workbook(["A", "B"], file="later.xlsx")
        settings = make_settings(server.url)
        with closing(open_journal(settings.journal)) as journal:
            request = LoadRequest(sheet.name, content_of(sheet), skip=OF_THE_ACCOUNT)
            forecast = await LoadRun(request, settings, journal, Callbacks()).forecast()
    assert forecast.exit_code == 5
    assert [it.wrong for it in forecast.problems] == [advice(first.run.id)]
