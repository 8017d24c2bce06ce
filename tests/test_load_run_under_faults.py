"""Everything a server and a network do to a request: each row ends created once, or is told not to be."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from loader.execution.send_request import Callbacks
from loader.model.events import Waiting
from loader.planning.plan import RunOptions
from loader.sandbox.fault_rules import rule
from tests.conftest import sandbox
from tests.load_runs import asked, creates, end_of, ends, held
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from pathlib import Path

    from loader.model.events import Event
    from loader.sandbox.faults import Rule
    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    """The server is given up soon: only then can a lost answer be looked up."""
    return partial(make_settings, timeout_seconds=1)


Faults = dict[str, dict[str, object]]
# what happens to the first create of a campaign: its name, and the fault
CREATED_AND_NOT_TOLD: Faults = {
    "closed": {"action": "close-after-creating"},
    "reset": {"action": "reset-after-creating"},
    "hangs": {"action": "hang-after-creating", "seconds": 5},
    "slow": {"action": "slow", "seconds": 1.5},
    "created late": {"action": "slow-to-create", "seconds": 1.4},
    "500": {"action": "server-error", "status": 500, "created": True},
    "502": {"action": "server-error", "status": 502, "created": True},
    "503": {"action": "server-error", "status": 503, "created": True},
    "504": {"action": "server-error", "status": 504, "created": True},
    "599": {"action": "server-error", "status": 599, "created": True},
    "303": {"action": "redirect", "status": 303, "created": True},
    "408": {"action": "answer", "status": 408, "body": "{}", "created": True},
}
ACCEPTED_AND_GARBLED: Faults = {
    "no id": {"action": "no-id"},
    "garbled": {"action": "garbled"},
    "empty": {"action": "empty"},
    "truncated": {"action": "truncated"},
    "other name": {
        "action": "answer",
        "body": '{"status": "success", "data": {"id": "c-9", "name": "something else"}}',
        "created": True,
    },
    "a page": {"action": "answer", "body": "<html>Welcome</html>", "content_type": "text/html", "created": True},
    "a list": {"action": "answer", "body": "[1, 2]", "created": True},
    "202": {"action": "answer", "status": 202, "body": "{}", "created": True},
}
NOT_CREATED_AND_NOT_TOLD: Faults = {
    "closed": {"action": "close-after-reading"},
    "reset": {"action": "reset-after-reading"},
    "hangs": {"action": "hang-before-creating", "seconds": 5},
    "500": {"action": "server-error", "status": 500},
    "502": {"action": "server-error", "status": 502},
    "503": {"action": "server-error", "status": 503, "retry_after": "1"},
    "504": {"action": "server-error", "status": 504},
    "303": {"action": "redirect", "status": 303},
}
NOT_PROCESSED: Faults = {
    "429": {"action": "rate-limited"},
    "429 with a pause": {"action": "rate-limited", "retry_after": "0.3"},
    "429 with a date": {"action": "rate-limited", "retry_after": "date+1"},
    "429 with nonsense": {"action": "rate-limited", "retry_after": "soon"},
    "429 with several": {"action": "rate-limited", "retry_after": ["0.1", "0.2"]},
    "limit in words": {"action": "rate-limit-text", "status": 400},
    "limit in an accepted answer": {"action": "rate-limit-text", "status": 200},
    "423": {"action": "refused", "status": 423},
    "424": {"action": "refused", "status": 424},
    "425": {"action": "refused", "status": 425},
}


def first_time(faults: Faults) -> list[Rule]:
    return [rule(operation="create", name=name, times=1, **keys) for name, keys in faults.items()]


async def test_what_was_created_and_not_answered_is_found_and_not_sent_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = list(CREATED_AND_NOT_TOLD)
    server = await serve(*first_time(CREATED_AND_NOT_TOLD))
    report = await load(make_workbook(names), server.url, concurrency=12)
    assert ends(report) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 1)
    assert {it.message for it in report.outcomes} == {
        "the answer was lost; the campaign was found in the campaign list"
    }
    ids = {campaign.name: campaign.id for campaign in server.campaigns}
    assert {it["Campaign name"]: it["Campaign ID"] for it in read_results(report.results)} == ids
    assert report.exit_code == 0


async def test_what_was_accepted_in_whatever_words_is_found_and_never_sent_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = list(ACCEPTED_AND_GARBLED)
    server = await serve(*first_time(ACCEPTED_AND_GARBLED))
    sheet = make_workbook(names)
    report = await load(sheet, server.url)
    assert ends(report) == dict.fromkeys(names, "Created")
    ids = {campaign.name: campaign.id for campaign in server.campaigns} | {"other name": "c-9"}  # as the answer has it
    assert {it.name: it.campaign_id for it in report.outcomes} == ids
    assert end_of(report, "other name").message == (
        "the server has other values than were sent: Campaign name 'something else' instead of 'other name'"
    )
    assert ends(await load(sheet, server.url)) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 1)


async def test_what_was_not_created_and_not_answered_is_proved_absent_twice_and_sent_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = list(NOT_CREATED_AND_NOT_TOLD)
    server = await serve(*first_time(NOT_CREATED_AND_NOT_TOLD))
    report = await load(make_workbook(names), server.url, concurrency=12)
    assert ends(report) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 2)
    assert held(server) == sorted(names)
    assert {it.attempts for it in report.outcomes} == {2}


async def test_absence_is_proved_by_two_readings_a_settle_time_apart_after_the_server_must_be_done(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", times=1, action="server-error", status=503))
    report = await load(make_workbook(["A"]), server.url, timeout_seconds=0.5, settle_seconds=0.4)
    assert ends(report) == {"A": "Created"}
    steps = [(it.operation, it.at) for it in server.requests]
    assert [operation for operation, _ in steps] == ["list", "create", "list", "list", "create"]
    lost, first, second, again = [at for _, at in steps[1:]]
    assert first - lost >= 0.5
    # the settle time runs from where the first reading left us, and that may have been long on its way
    assert second - lost >= 0.5 + 0.4
    assert again >= second


async def test_a_campaign_that_comes_late_into_the_list_is_found_by_the_second_reading(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="reset-after-creating"), list_lag_seconds=0.9)
    report = await load(make_workbook(["A"]), server.url, timeout_seconds=0.5, settle_seconds=0.6)
    assert ends(report) == {"A": "Created"}
    assert asked(server) == {"list": 3, "create": 1}


async def test_what_was_not_processed_is_sent_again_after_the_pause(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = list(NOT_PROCESSED)
    server = await serve(*first_time(NOT_PROCESSED))
    received: list[Event] = []
    report = await load(make_workbook(names), server.url, callbacks=Callbacks(received.append))
    assert ends(report) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 2)
    assert asked(server)["list"] == 1  # nothing to be looked up
    assert "limit reached" in {it.reason for it in received if isinstance(it, Waiting)}


async def test_everyone_waits_as_long_as_the_server_asks(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(rule(operation="create", nth=3, action="rate-limited", retry_after="1"))
    names = [f"Campaign {number}" for number in range(12)]
    report = await load(make_workbook(names), server.url, concurrency=2)
    assert ends(report) == dict.fromkeys(names, "Created")
    [limited] = [it.at for it in server.requests if it.status == 429]
    later = [it.at for it in server.requests if it.at > limited]
    assert sum(at < limited + 0.95 for at in later) <= 1  # one was on its way


@pytest.mark.parametrize("action", ["close-before-reading", "reset-before-reading"])
async def test_a_server_that_does_not_even_read_gets_the_row_once_more(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, action: str
) -> None:
    server = await serve(rule(operation="create", nth=2, action=action))
    report = await load(make_workbook(["A", "B", "C"]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Created"}
    assert held(server) == ["A", "B", "C"]


async def test_a_list_that_fails_now_and_then_is_read_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name="A", action="reset-after-creating"),
        rule(operation="list", nth=1, action="server-error", status=502),
        rule(operation="list", nth=3, action="garbled"),
        rule(operation="list", nth=4, action="reset-after-reading"),
        rule(operation="list", nth=5, action="rate-limited", retry_after="0.1"),
        rule(operation="list", nth=6, action="truncated"),
    )
    report = await load(make_workbook(["A", "B"]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert creates(server) == {"A": 1, "B": 1}
    assert asked(server)["list"] == 7


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "garbled"},
        {"action": "refused", "status": 400},
        {"action": "answer", "body": '{"status": "success", "data": {"results": [{"name": "no id"}]}}'},
    ],
)
async def test_where_the_list_cannot_be_read_nothing_is_sent_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, fault: dict[str, object]
) -> None:
    server = await serve(
        rule(operation="create", name="A", action="reset-after-creating"),
        rule(operation="create", name="B", action="server-error", status=503),
        rule(operation="list", **fault),
    )
    sheet = make_workbook(["A", "B", "C"])
    report = await load(sheet, server.url, options={"preflight": False})
    assert ends(report) == {"A": "Unknown", "B": "Unknown", "C": "Created"}
    assert end_of(report, "A").message.startswith("the campaign list could not be read: ")
    assert report.exit_code == 5
    report = await load(sheet, server.url, options={"preflight": False})
    assert ends(report) == {"A": "Unknown", "B": "Unknown", "C": "Created"}
    assert creates(server) == {"A": 1, "B": 1, "C": 1}


# Unique names


async def test_a_name_that_belongs_to_somebody_else_is_rejected_with_the_reason(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(unique_names=True)
    await load(make_workbook([row("A", Priority=1)]), server.url, journal=f"sqlite:///{folder}/other.db")
    report = await load(make_workbook(["A", "B"]), server.url, options={"preflight": False})
    assert ends(report) == {"A": "Rejected", "B": "Created"}
    theirs = next(it.id for it in server.campaigns if it.name == "A")
    assert end_of(report, "A").message.endswith(f"; campaign {theirs} has this name")
    assert end_of(report, "A").http_status == 409


@pytest.mark.parametrize("status", [400, 409])
async def test_a_name_that_is_taken_by_our_own_lost_attempt_is_ours(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, status: int
) -> None:
    # the create is carried out, its answer lost, and the list comes too late to show it when it is looked up
    server = await serve(
        rule(operation="create", nth=1, action="reset-after-creating"),
        unique_names=True,
        duplicate_status=status,
        list_lag_seconds=1.6,
    )
    report = await load(make_workbook(["A"]), server.url, timeout_seconds=0.4, settle_seconds=0.4)
    assert ends(report) == {"A": "Created"}
    assert held(server) == ["A"]
    assert creates(server) == {"A": 2}


# Outages


async def test_an_outage_is_waited_out_and_every_row_ends_created_once(
    load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    names = [f"Campaign {number}" for number in range(60)]
    sheet = make_workbook(names)
    slow = rule(operation="create", action="slow", seconds=0.02)
    async with sandbox(slow, store_path=folder / "store") as before:
        url = before.url
        loading = asyncio.create_task(load(sheet, url, timeout_seconds=1))
        while len(before.campaigns) < 20:  # noqa: ASYNC110 - the server has nothing to set an event on
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.5)
    assert not loading.done()
    async with sandbox(store_path=folder / "store", port=int(url.rpartition(":")[2])) as after:
        report = await loading
        assert ends(report) == dict.fromkeys(names, "Created")
        assert held(after) == sorted(names)
    assert report.exit_code == 0


async def test_an_outage_longer_than_patience_leaves_the_rest_not_sent_and_the_next_run_sends_it(
    load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    names = [f"Campaign {number}" for number in range(20)]
    sheet = make_workbook(names)
    slow = rule(operation="create", action="slow", seconds=0.02)
    async with sandbox(slow, store_path=folder / "store") as before:
        url = before.url
        loading = asyncio.create_task(load(sheet, url, patience_seconds=0.4, concurrency=1))
        while len(before.campaigns) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    report = await loading
    left = [it for it in report.outcomes if it.status.value == "Not sent"]
    assert len(left) >= 10
    assert {it.message for it in left} == {str(report.halted)}
    assert str(report.halted).startswith("gave up after ")
    assert report.exit_code in (4, 5)
    async with sandbox(store_path=folder / "store", port=int(url.rpartition(":")[2])) as after:
        assert ends(await load(sheet, url)) == dict.fromkeys(names, "Created")
        assert held(after) == sorted(names)


# Many faults at once


async def test_with_every_kind_of_fault_each_row_is_created_once(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = [f"Campaign {number}" for number in range(150)]
    server = await serve(fault_rate=0.2, fault_seed=7, fault_seconds=1.3)
    report = await load(make_workbook(names), server.url, concurrency=16)
    assert ends(report) == dict.fromkeys(names, "Created"), "seed 7"
    assert held(server) == sorted(names), "seed 7"


async def test_a_limit_counts_rows_and_not_the_tries_they_need(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="A", times=2, action="rate-limited", retry_after="0"))
    report = await load(make_workbook(["A", "B", "C"]), server.url, run_options=RunOptions(limit=2))
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Not sent"}
