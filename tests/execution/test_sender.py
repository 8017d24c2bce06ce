"""The sender: a few at a time, written down before, handled to their end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pytest

from loader.errors import StoppedError
from loader.execution.send_loop import SendLoop
from loader.execution.send_request import Callbacks
from loader.execution.sender import Sender
from loader.model.records import State
from loader.model.row import Outcome
from loader.planning.plan import RunOptions
from loader.sandbox.fault_rules import rule
from loader.storage.journal import Journal
from tests.load_runs import creates, end_of, ends, held
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loader.model.events import Event
    from loader.model.records import Intent, Record
    from tests.conftest import Load, MakeWorkbook, Serve


async def test_no_request_leaves_before_its_intent_is_on_disk(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    claimed: list[str] = []
    claim = Journal.claim

    def noted(self: Journal, application: str, run: str, intents: Sequence[Intent]) -> Sequence[Record]:
        assert {name for name in creates(server) if name} <= set(claimed)
        before = claim(self, application, run, intents)
        claimed.extend(intent.key for intent in intents)
        return before

    monkeypatch.setattr(Journal, "claim", noted)
    names = [f"n{number:02}" for number in range(25)]
    report = await load(make_workbook(names), server.url, rate_per_minute=600)
    assert ends(report) == dict.fromkeys(names, "Created")
    assert claimed == names


@pytest.mark.parametrize("workers", [1, 3])
async def test_no_more_are_in_flight_than_there_are_hands(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, workers: int
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.3))
    names = [f"n{number}" for number in range(6)]
    await load(make_workbook(names), server.url, concurrency=workers, timeout_seconds=5)
    starts = [it.at for it in server.requests if it.operation == "create"]
    together = [sum(start <= other < start + 0.29 for other in starts) for start in starts]
    assert max(together) == workers


async def test_a_row_edited_between_two_tries_is_sent_as_it_is_now(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="A", times=2, action="refused", status=403))
    await load(make_workbook(["A"]), server.url, concurrency=1)
    await load(make_workbook([row("A", Priority=1)]), server.url)
    assert [campaign.body["priority"] for campaign in server.campaigns] == ["1"]


async def test_what_was_claimed_and_never_left_is_open_again_and_its_tries_are_not_counted(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused", status=401))
    report = await load(make_workbook(["A", "B", "C"]), server.url, concurrency=1)
    assert ends(report) == {"A": "Created", "B": "Not sent", "C": "Not sent"}
    records = journal.records(f"st-demo at {server.url}")
    assert [(records[key].state, records[key].attempts) for key in "abc"] == [
        (State.CREATED, 1),
        (State.OPEN, 0),
        (State.OPEN, 0),
    ]


async def test_a_campaign_that_was_to_be_made_anew_and_was_not_is_not_sent_by_the_next_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="A", nth=2, action="redirect"))
    first = await load(make_workbook(["A"]), server.url)
    old = end_of(first, "A").campaign_id
    server.delete(old)
    edited = make_workbook([row("A", Priority=1)])
    report = await load(edited, server.url, run_options=RunOptions(recreate=frozenset({"a"})))
    assert ends(report) == {"A": "Not sent"}
    report = await load(edited, server.url)
    assert ends(report) == {"A": "Conflict"}
    assert end_of(report, "A").campaign_id == old
    assert creates(server) == {"A": 2}
    report = await load(edited, server.url, run_options=RunOptions(recreate=frozenset({"a"})))
    assert (ends(report), held(server)) == ({"A": "Created"}, ["A"])


async def test_a_name_that_was_taken_is_created_on_request_once_it_is_free_with_nothing_else_to_send(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    await load(make_workbook(["A"]), server.url, journal=f"sqlite:///{folder}/other.db")
    sheet, recreate = make_workbook([row("A", Priority=1)]), RunOptions(recreate=frozenset({"a"}))
    assert ends(await load(sheet, server.url)) == {"A": "Already exists"}
    assert ends(await load(sheet, server.url, run_options=recreate)) == {"A": "Already exists"}
    server.delete(server.campaigns[0].id)
    report = await load(sheet, server.url, run_options=recreate, options={"preflight": False})
    assert (ends(report), held(server)) == ({"A": "Created"}, ["A"])


async def test_one_too_young_for_the_list_is_not_created_once_more(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(list_lag_seconds=0.4)
    await load(make_workbook(["A"]), server.url)
    edited, recreate = make_workbook([row("A", Priority=1)]), RunOptions(recreate=frozenset({"a"}))
    report = await load(edited, server.url, run_options=recreate, settle_seconds=0.6)
    assert (ends(report), creates(server)) == ({"A": "Conflict"}, {"A": 1})


async def test_nothing_more_leaves_once_the_lock_file_of_the_run_was_removed(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.05))
    names = [f"N{number}" for number in range(12)]

    def tidy_up(event: Event) -> None:
        if isinstance(event, Outcome) and event.name == "N1":
            for path in folder.glob("journal.db.2*.lock"):
                path.unlink()

    sheet = make_workbook(names)
    report = await load(sheet, server.url, callbacks=Callbacks(on_event=tidy_up), concurrency=1)
    assert ends(report) == {name: "Created" if name in ("N0", "N1") else "Not sent" for name in names}
    assert creates(server) == {"N0": 1, "N1": 1}
    assert str(report.halted) == (
        "the lock file of this run was removed or replaced while it ran, so another process may be at its rows: "
        "nothing more is sent; run it again when no other is running"
    )
    assert ends(await load(sheet, server.url)) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 1)


async def test_tries_add_up_over_runs(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(rule(operation="create", name="A", times=2, action="refused"))
    sheet = make_workbook(["A"])
    for tries, end in ((1, "Rejected"), (2, "Rejected"), (3, "Created")):
        report = await load(sheet, server.url, run_options=RunOptions(retry_rejected=True))
        assert (ends(report), end_of(report, "A").attempts) == ({"A": end}, tries)


async def test_each_request_that_left_is_an_attempt(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(rule(operation="create", name="A", times=2, action="rate-limited"))
    report = await load(make_workbook(["A", "B"]), server.url)
    assert {it.name: it.attempts for it in report.outcomes} == creates(server) == {"A": 3, "B": 1}


@pytest.mark.parametrize("first", [400, None])
async def test_where_a_row_was_judged_a_404_is_about_its_row_alone(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, first: int | None
) -> None:
    judged = [rule(operation="create", name="A", action="refused", status=first)] if first else []
    server = await serve(*judged, rule(operation="create", name="B", action="refused", status=404))
    report = await load(make_workbook(["A", "B", "C"]), server.url, concurrency=1, canary=0)
    assert ends(report) == {"A": "Rejected" if first else "Created", "B": "Rejected", "C": "Created"}
    assert report.halted is None


async def test_a_halt_lets_no_request_leave_and_wakes_who_waits_out_a_pause() -> None:
    client, nothing = MagicMock(), MagicMock()
    loop = SendLoop(Sender(client, nothing, MagicMock(), now=MagicMock()), nothing, 1, on_wait=MagicMock())
    resting = asyncio.create_task(loop.rest(3600))
    await asyncio.sleep(0)
    client.rate_limiter.stop.assert_not_called()
    first = StoppedError("stopped by Ctrl-C")
    loop.halt(first)
    loop.halt(StoppedError("and again"))
    async with asyncio.timeout(60):
        await resting
    client.rate_limiter.stop.assert_called()
    assert loop.halted is first
