"""An id that the journal has for another campaign is none: the campaign is looked up, and looking comes to an end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.listing import Listing
from loader.api.messages import Shown
from loader.execution import verify
from loader.execution.verify import Clock, Verification
from loader.model.attempt import Attempt
from loader.model.records import Record, State
from loader.model.row import Outcome, Status
from loader.planning.watched import Made, Watched
from tests.load_runs import end_of, ends
from tests.own_server import OwnServer, own_server, success

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from loader.storage.journal import Journal
    from tests.conftest import Load, MakeSettings, MakeWorkbook


NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    """The server is given up soon: only then can a campaign without an id be looked up."""
    return partial(make_settings, timeout_seconds=1)


def answering_the_same_id(server: OwnServer) -> None:
    """Every campaign is made under an id of its own, and every answer names the same one."""

    def create(body: dict[str, Any]) -> web.Response:
        server.store(body, f"real-{server.asked['create']}")
        return success({"id": "cd-same", "name": body["name"]})

    server.create = create


async def test_an_id_of_another_campaign_counts_as_accepted_without_an_id_and_the_campaign_is_looked_up(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        answering_the_same_id(server)
        report = await load(make_workbook(["A", "B", "C"]), server.url, concurrency=1)
        assert ends(report) == {"A": "Created", "B": "Created", "C": "Created"}
        assert [it.campaign_id for it in report.outcomes] == ["cd-same", "real-2", "real-3"]
        assert server.names() == ["A", "B", "C"]


async def test_an_id_that_an_earlier_run_was_given_is_known_as_well(load: Load, make_workbook: MakeWorkbook) -> None:
    async with own_server() as server:
        answering_the_same_id(server)
        await load(make_workbook(["A"]), server.url)
        report = await load(make_workbook(["B"], file="later.xlsx"), server.url)
        assert [(it.status.value, it.campaign_id) for it in report.outcomes] == [("Created", "real-2")]


async def test_a_campaign_accepted_under_anothers_id_that_no_list_shows_is_never_sent_again(
    load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    async with own_server() as server:
        server.create = lambda body: success({"id": "cd-same", "name": body["name"]})
        sheet = make_workbook(["A", "B"])
        report = await load(sheet, server.url, concurrency=1)
        assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Unknown"}, 5)
        again = await load(sheet, server.url)
        assert (ends(again), server.asked["create"]) == ({"A": "Created", "B": "Unknown"}, 2)
    assert journal.records(report.run.application)["b"].state is State.UNKNOWN


async def test_a_row_says_that_its_id_is_anothers_also_where_the_list_is_no_help(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:

        def create(body: dict[str, Any]) -> web.Response:
            server.store(body, "cd-same")
            return success({"id": "cd-same", "name": body["name"]})

        server.create = create
        report = await load(make_workbook(["A", "B"]), server.url, concurrency=1)
        assert ends(report) == {"A": "Created", "B": "Unknown"}
        assert end_of(report, "B").message.startswith(
            "the server accepted it and named campaign cd-same, which another row bears; the campaign list could not"
        )


async def test_looking_at_campaigns_that_all_got_the_same_id_ends_and_says_what_the_list_shows(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        answering_the_same_id(server)
        report = await load(make_workbook(["A", "B"]), server.url, concurrency=1, verify_seconds=2)
        assert ends(report) == {"A": "Created", "B": "Created"}
        assert report.exit_code == 5
        told = end_of(report, "A").message
        assert "the campaign list shows one of this name as real-1" in told
        assert server.asked["list"] < 12


def watched(*ids: str) -> Watched:
    """Campaigns of a run, one a row, as a journal of an earlier version may have them."""
    shown = Shown(frozenset({"vip"}), "Agentless", "3", "Intake")
    made = []
    for row, campaign_id in enumerate(ids, start=2):
        name = f"n{row}"
        attempt = Attempt(campaign_id, None, 200, 1, NOW)
        record = Record(name, name, State.CREATED, "d", b"", False, False, attempt, NOW, "run", "run")
        made.append(
            Made(
                Outcome(row, name, Status.CREATED, attempt=Attempt(campaign_id=campaign_id, submitted_at=NOW)),
                record,
                shown,
            )
        )
    return Watched(made, timedelta(seconds=60))


def looked_at(ids: Watched, listing: Callable[[datetime], Listing], *, within: float) -> tuple[int, float]:
    """How often the list was read, and how many seconds that took."""
    clock = [NOW]

    class List:
        reads = 0

        async def read(self, **_: object) -> Listing:
            self.reads += 1
            clock[0] += timedelta(seconds=1)
            return listing(clock[0])

    async def pause(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    campaigns: Any = List()
    verification = Verification(
        campaigns, ids, Clock(lambda: clock[0], pause), on_seen=lambda _: None,
        on_wait=lambda _: None,
    )  # fmt: skip
    asyncio.run(verification.carry_out(within, at_once=False))
    return campaigns.reads, (clock[0] - NOW).total_seconds()


def test_rows_that_share_an_id_the_list_does_not_show_are_gone_together_and_it_is_said_that_they_share_it() -> None:
    three = watched("cd-1", "cd-1", "cd-2")
    reads, _ = looked_at(three, lambda at: Listing({}, at), within=300)
    assert reads < 10
    assert (three.gone, three.missing) == ({"cd-1", "cd-2"}, {})
    run: Any = SimpleNamespace(id="R")
    assert verify._remarks(run, three, None) == ["rows 2, 3 have the same campaign id, cd-1"]


def test_looking_has_an_end_also_where_no_reading_of_the_list_is_ever_whole() -> None:
    one = watched("cd-1")
    reads, seconds = looked_at(one, lambda at: Listing({}, at, whole=False), within=300)
    assert reads < 20
    assert seconds < 300 + 4 * 76
    run: Any = SimpleNamespace(id="R")
    [told] = verify._remarks(run, one, None)
    assert told == (
        "1 campaign was not seen in the campaign list, and not proved to be gone; "
        "`campaign-loader verify R` looks again"
    )
