"""What a run created is deleted again, and nothing that somebody has touched; against a real server."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from loader.errors import AccountBusyError, JournalError, NotSentError
from loader.execution.connection import RunContext, Stop
from loader.execution.report import outcomes_of
from loader.execution.undo import Undo, UndoForecast, UndoReport
from loader.model.attempt import Attempt
from loader.model.records import Intent, Record, Seen, Settlement, State, Turn
from loader.model.row import Status, UndoStatus
from loader.planning.plan import RunOptions
from loader.planning.request import unfinished
from loader.sandbox.fault_rules import rule
from loader.sandbox.responses import timestamp
from loader.storage.journal import Journal, open_journal
from tests.api.samples import WIRE, campaign
from tests.load_runs import asked, creates, end_of, ends, held
from tests.program import until
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.model.records import Run
    from loader.sandbox.server import Sandbox
    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve

NAMES = ["A", "B", "C", "D"]


class RunUndone(Protocol):
    async def __call__(
        self,
        run: Run,
        host: str,
        *,
        stop: Stop | None = ...,
        confirm: Callable[[UndoForecast], bool] = ...,
        **settings: object,
    ) -> UndoReport: ...


@pytest.fixture
def undo(make_settings: MakeSettings, _hurried: None) -> RunUndone:
    """Undo a run with a journal opened for that alone, as a process would."""

    async def undone(
        run: Run,
        host: str,
        *,
        stop: Stop | None = None,
        confirm: Callable[[UndoForecast], bool] = lambda _: True,
        **settings: object,
    ) -> UndoReport:
        chosen = make_settings(host, **settings)
        with closing(open_journal(chosen.journal)) as journal:
            [one] = [it for it in journal.runs() if it.id == run.id]
            async with asyncio.timeout(30):
                return await Undo(RunContext(one, chosen, journal), stop or Stop(), confirm=confirm).carry_out()

    return undone


def statuses(report: UndoReport) -> dict[str, str]:
    return {it.name: it.status.value for it in report.rows}


def message(report: UndoReport, name: str) -> str:
    [found] = [it.message for it in report.rows if it.name == name]
    return found


def id_of(server: Sandbox, name: str) -> str:
    [found] = [it.id for it in server.campaigns if it.name == name]
    return found


def record_of(journal: Journal, server: Sandbox, name: str) -> Record:
    return journal.records(f"st-demo at {server.url}")[name.lower()]


def states(journal: Journal, server: Sandbox) -> dict[str, State]:
    return {it.name: it.state for it in journal.records(f"st-demo at {server.url}").values()}


async def until_asked(server: Sandbox, operation: str, times: int = 1) -> None:
    await until(lambda: asked(server)[operation] >= times)


# What nobody has touched


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_what_nobody_has_touched_is_deleted_and_created_again_by_the_next_run(
    version: str, serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, *, journal: Journal
) -> None:
    server = await serve()
    more: dict[str, Any] = {"DNC_list": "Do not call"} if version == "v2" else {}
    sheet = make_workbook([row(name, **more) for name in NAMES])
    first = await load(sheet, server.url, api_version=version)
    ids = {it.name: it.campaign_id for it in first.outcomes}

    report = await undo(first.run, server.url, api_version=version)
    assert (report.exit_code, report.counts, report.halted) == (0, {"deleted": 4}, None)
    assert held(server) == []
    assert {it.name: it.campaign_id for it in report.rows} == ids
    assert message(report, "A") == "not changed later than 5 minutes after its creation"
    assert asked(server) == {"list": 2, "create": 4, "get": 4, "delete": 4}
    assert report.requests == 9
    blank = record_of(journal, server, "A")
    assert (blank.state, blank.campaign_id, blank.campaign_status, blank.attempts) == (State.OPEN, None, None, 0)
    assert blank.message.startswith(f"created as {ids['A']}, and deleted by `undo` at 20")

    again = await undo(first.run, server.url, api_version=version)
    assert (again.exit_code, again.rows, again.requests) == (0, [], 0)

    second = await load(sheet, server.url, api_version=version)
    assert ends(second) == dict.fromkeys(NAMES, "Created")
    assert second.run.id != first.run.id
    assert held(server) == NAMES
    assert creates(server) == dict.fromkeys(NAMES, 2)
    assert end_of(second, "A").attempts == 1


async def test_a_run_that_was_undone_says_so_and_is_not_gone_on_with(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="D", action="refused"))
    first = await load(make_workbook(NAMES), server.url)
    server.delete(id_of(server, "B"))
    report = await undo(first.run, server.url)
    assert (report.exit_code, statuses(report)) == (0, {"A": "deleted", "B": "already gone", "C": "deleted"})
    assert report.run.counts == {"Deleted": 3, "Rejected": 1}

    [run] = journal.runs()
    assert run == replace(report.run, process=run.process)
    assert not unfinished(run)
    told = {it.name: it for it in outcomes_of(journal, run)}
    assert {it.status for name, it in told.items() if name != "D"} == {Status.NOT_SENT}
    deleted = told["A"]
    assert (deleted.campaign_id, deleted.shown_status, deleted.run) == (None, "Deleted", run.id)
    assert deleted.message.startswith(f"created as {first.outcomes[0].campaign_id}, and deleted by `undo` at 20")
    assert told["B"].message.startswith(
        f"created as {first.outcomes[1].campaign_id}, and found to be gone by `undo` at 20"
    )


async def test_looking_up_rows_of_a_run_that_was_undone_leaves_it_undone(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    sheet = make_workbook(NAMES)
    first = await load(sheet, server.url, run_options=RunOptions(limit=3))
    await undo(first.run, server.url)
    report = await load(sheet, server.url, run=journal.runs()[0], reconcile=True)
    assert report.run.counts == {"Deleted": 3, "Not sent": 1}
    assert not unfinished(report.run)
    assert creates(server) == dict.fromkeys("ABC", 1)
    # only whoever names it goes on with it
    resumed = await load(sheet, server.url, run=journal.runs()[0])
    assert (resumed.run.id, ends(resumed)) == (first.run.id, dict.fromkeys(NAMES, "Created"))
    assert creates(server) == {"A": 2, "B": 2, "C": 2, "D": 1}


async def test_a_run_that_was_killed_can_be_undone_and_is_over_then(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    sheet = make_workbook(NAMES)
    first = await load(sheet, server.url, run_options=RunOptions(limit=2))
    killed = replace(first.run, ended_at=None, counts=None)
    with journal.carrying_out(killed, sheet.read_bytes()):
        intent = Intent("c", "digest", b"{}", clear=True, since=killed.started_at, was=State.OPEN)
        journal.claim(killed.application, killed.id, [intent])
    report = await undo(killed, server.url)
    assert (report.exit_code, statuses(report)) == (5, {"A": "deleted", "B": "deleted", "C": "unknown"})
    assert message(report, "C") == (
        "whether it was created is not known; `reconcile` looks it up, then undo the run again"
    )
    [run] = journal.runs()
    assert run.counts == {"Deleted": 2, "Unknown": 1, "Not sent": 1}
    assert run.ended_at is not None
    assert not unfinished(run)
    assert {it.name: it.status.value for it in outcomes_of(journal, run)} == {
        "A": "Not sent",
        "B": "Not sent",
        "C": "Unknown",
        "D": "Not sent",
    }


# What somebody has touched


async def test_of_fifty_three_were_started_two_edited_one_deleted_and_the_others_are_deleted(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    names = [f"Campaign {number:02}" for number in range(50)]
    first = await load(make_workbook(names), server.url)
    created = {it.name: it for it in server.campaigns}
    # what the last reading of a run showed, of all but one
    seen = [
        Seen(name.lower(), created[name].id, "Ready", _updated_at(server, name))
        for name in names
        if name != "Campaign 13"
    ]
    with journal.carrying_out(first.run, b"PK"):
        journal.observe(first.run.application, first.run.id, seen)
    for name in ("Campaign 03", "Campaign 04", "Campaign 05"):
        server.start(created[name].id)
    server.stop(created["Campaign 05"].id)
    for name in ("Campaign 12", "Campaign 13"):
        server.edit(created[name].id, "dialingStrategy.maxRingTime", 45)
    server.delete(created["Campaign 20"].id)
    before = asked(server)

    # no settle time: none of them is too young to be told gone, so that none is looked at twice
    report = await undo(first.run, server.url, settle_seconds=0)
    assert report.exit_code == 4
    assert report.counts == {"deleted": 44, "kept": 5, "already gone": 1}
    assert message(report, "Campaign 03") == "it was started; its status is Active"
    assert message(report, "Campaign 05") == "it was started; its status is Stopped"
    assert message(report, "Campaign 12").startswith("it was changed at 20")
    assert message(report, "Campaign 13") == ("it differs from what was sent: max ring time is '45', sent was '30'")
    assert message(report, "Campaign 00") == "unchanged since it was last seen"
    assert {it.status.value for it in report.rows if it.name == "Campaign 20"} == {"already gone"}
    kept = [f"Campaign {number:02}" for number in (3, 4, 5, 12, 13)]
    assert held(server) == kept
    assert report.run.counts == {"Created": 5, "Deleted": 45}
    # started and changed ones are known from the list, and not read again
    assert asked(server) - before == {"list": 1, "get": 46, "delete": 44}

    again = await load(make_workbook(names), server.url)
    assert ends(again) == dict.fromkeys(names, "Created")
    assert {it.name for it in again.outcomes if it.run == first.run.id} == set(kept)
    assert held(server) == names
    # a second time there is nothing left but what was kept
    twice = await undo(first.run, server.url)
    assert statuses(twice) == dict.fromkeys(kept, "kept")
    assert held(server) == names


def _updated_at(server: Sandbox, name: str) -> datetime:
    [found] = [it for it in server.campaigns if it.name == name]
    return datetime.fromisoformat(timestamp(found.updated(now=1e12)))


async def test_what_is_touched_between_the_list_and_the_deletion_is_kept(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    first = await load(make_workbook(NAMES), server.url)

    def meanwhile(forecast: UndoForecast) -> bool:
        assert Counter(it.status.value for it in forecast.rows) == {"deleted": 4}
        assert forecast.requests == 8
        server.start(id_of(server, "A"))
        server.edit(id_of(server, "B"), "description", "Other words")
        server.delete(id_of(server, "D"))
        return True

    report = await undo(first.run, server.url, confirm=meanwhile)
    assert statuses(report) == {"A": "kept", "B": "kept", "C": "deleted", "D": "already gone"}
    assert states(journal, server) == {
        "A": State.CREATED,
        "B": State.CREATED,
        "C": State.OPEN,
        "D": State.OPEN,
    }
    assert asked(server)["delete"] == 1


async def test_one_that_became_ready_after_it_was_last_seen_is_not_taken_for_changed(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    first = await load(make_workbook(["A"]), server.url)
    with journal.carrying_out(first.run, b"PK"):
        seen = Seen("a", id_of(server, "A"), "Preparing", first.run.started_at)
        journal.observe(first.run.application, first.run.id, [seen])
    report = await undo(first.run, server.url)
    assert (statuses(report), message(report, "A")) == (
        {"A": "deleted"},
        "not changed later than 5 minutes after its creation",
    )


async def test_only_what_this_run_created_is_deleted(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    server.create({**dict(_body("X"))})
    await load(make_workbook(["A"], file="earlier.xlsx"), server.url)
    later = await load(make_workbook(["A", "B", "X"]), server.url)
    assert ends(later) == {"A": "Created", "B": "Created", "X": "Already exists"}
    report = await undo(later.run, server.url)
    assert statuses(report) == {"B": "deleted"}
    assert held(server) == ["A", "X"]


def _body(name: str) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(WIRE.body_of(campaign(name=name)))
    return sent


async def test_a_row_that_a_later_run_created_anew_is_that_runs(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook
) -> None:
    server = await serve(prepare_seconds=0)
    first = await load(make_workbook(["A", "B"]), server.url)
    edited = make_workbook([row("A", Priority=5), "B"])
    server.delete(id_of(server, "A"))
    second = await load(edited, server.url, run_options=RunOptions(recreate={"a"}))
    anew = end_of(second, "A").campaign_id
    report = await undo(first.run, server.url)
    assert statuses(report) == {"A": "kept", "B": "deleted"}
    assert message(report, "A") == f"run {second.run.id} has created this row anew, as {anew}"
    assert len(server.campaigns) == 1


# Answers that get lost


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        ("close-before-reading", {}),
        ("reset-before-reading", {}),
        ("close-after-reading", {}),
        ("reset-after-reading", {}),
        ("close-after-creating", {}),
        ("reset-after-creating", {}),
        ("hang-before-creating", {"seconds": 0.5}),
        ("hang-after-creating", {"seconds": 0.5}),
        ("server-error", {"created": False}),
        ("server-error", {"created": True}),
        ("server-error", {"status": 503, "created": True}),
        ("garbled", {}),
        ("empty", {}),
        ("no-id", {}),
        ("truncated", {}),
        ("rate-limited", {"retry_after": "0"}),
        ("rate-limit-text", {}),
    ],
)
@pytest.mark.parametrize("operation", ["delete", "get"])
async def test_a_lost_answer_is_made_up_for_by_another_look(
    operation: str,
    action: str,
    keys: dict[str, Any],
    serve: Serve,
    load: Load,
    *,
    undo: RunUndone,
    make_workbook: MakeWorkbook,
    journal: Journal,
) -> None:
    server = await serve(rule(operation=operation, nth=2, action=action, **keys))
    sheet = make_workbook(NAMES)
    first = await load(sheet, server.url)
    report = await undo(first.run, server.url, timeout_seconds=0.3)
    assert (report.exit_code, statuses(report)) == (0, dict.fromkeys(NAMES, "deleted"))
    assert states(journal, server) == dict.fromkeys(NAMES, State.OPEN)
    assert ends(await load(sheet, server.url)) == dict.fromkeys(NAMES, "Created")
    assert held(server) == NAMES


@pytest.mark.parametrize("action", ["close-after-reading", "close-after-creating", "server-error"])
async def test_where_no_deletion_is_answered_it_gives_up_and_undo_settles_it_later(
    action: str, serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, *, journal: Journal
) -> None:
    # the reading that follows is lost as well, which the HTTP library makes twice
    server = await serve(
        rule(operation="delete", times=1, action=action),
        rule(operation="get", nth=2, action="close-before-reading"),
        rule(operation="get", nth=3, action="close-before-reading"),
    )
    sheet = make_workbook(["A", "B"])
    first = await load(sheet, server.url)
    report = await undo(first.run, server.url, patience_seconds=0)
    assert report.exit_code == 5
    assert statuses(report) == {"A": "unknown", "B": "kept"}
    assert message(report, "A").endswith(f"; `undo {first.run.id}` finds out")
    assert isinstance(report.halted, NotSentError)
    assert states(journal, server) == {"A": State.DELETING, "B": State.CREATED}
    assert report.run.counts == {"Created": 1, "Unknown": 1}
    assert [it.status.value for it in outcomes_of(journal, report.run)] == ["Unknown", "Created"]

    # no run sends it or calls it created, and looking up leaves it alone
    before = asked(server)
    told = f"campaign {first.outcomes[0].campaign_id} was being deleted, and no answer came; "
    for again in (
        await load(sheet, server.url),
        await load(sheet, server.url, run=journal.runs()[-1], reconcile=True),
    ):
        assert ends(again) == {"A": "Unknown", "B": "Created"}
        assert end_of(again, "A").message == f"{told}`undo {first.run.id}` finds out"
        assert again.exit_code == 5
    assert asked(server) - before == Counter(list=1)  # `reconcile` looks for two campaigns of one name

    settled = await undo(first.run, server.url, confirm=lambda _: True, **_WITHOUT_END)
    assert (settled.exit_code, statuses(settled)) == (0, {"A": "deleted", "B": "deleted"})
    assert settled.run.counts == {"Deleted": 2}
    assert ends(await load(sheet, server.url)) == {"A": "Created", "B": "Created"}
    assert held(server) == ["A", "B"]


_WITHOUT_END: dict[str, Any] = {"patience_seconds": 60, "settle_seconds": 0.01}


async def test_one_that_was_created_just_now_and_is_not_shown_yet_does_not_count_as_gone(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="get", nth=1, action="refused", status=404), list_lag_seconds=600)
    first = await load(make_workbook(["A"]), server.url)
    [it] = first.outcomes
    just_now = Settlement(
        "a", State.CREATED, attempt=Attempt(attempts=1, campaign_id=it.campaign_id, submitted_at=datetime.now(UTC))
    )
    with journal.carrying_out(first.run, b"PK"):
        journal.settle(first.run.application, first.run.id, [just_now])
    report = await undo(first.run, server.url, settle_seconds=3)
    assert (statuses(report), asked(server)["get"], held(server)) == ({"A": "deleted"}, 2, [])


async def test_one_that_is_started_after_its_deletion_got_lost_is_kept(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", times=2, action="close-after-reading"), prepare_seconds=0)
    first = await load(make_workbook(["A", "B"]), server.url)
    undoing = asyncio.create_task(undo(first.run, server.url, settle_seconds=1))
    # the HTTP library sends it twice, and then it is looked at
    await until_asked(server, "get", 2)
    server.start(id_of(server, "A"))
    report = await undoing
    assert statuses(report) == {"A": "kept", "B": "deleted"}
    assert states(journal, server) == {"A": State.CREATED, "B": State.OPEN}
    assert report.run.counts == {"Created": 1, "Deleted": 1}


# Refusals


async def test_what_the_server_refuses_to_delete_is_kept_with_its_reason(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(
        rule(operation="delete", nth=1, action="refused", status=400),
        rule(operation="delete", nth=2, action="refused", status=404),
        rule(operation="get", nth=5, action="refused", status=400),
    )
    first = await load(make_workbook(NAMES), server.url)
    report = await undo(first.run, server.url)
    assert (report.exit_code, statuses(report)) == (4, {"A": "kept", "B": "kept", "C": "kept", "D": "deleted"})
    assert message(report, "A") == "the server refused to delete it: the request is not valid (HTTP 400)"
    assert message(report, "B") == "the server refused to delete it: not found (HTTP 404)"
    assert message(report, "C") == "it could not be read: the request is not valid (HTTP 400)"
    assert states(journal, server) == {**dict.fromkeys("ABC", State.CREATED), "D": State.OPEN}
    assert outcomes_of(journal, report.run)[:3] == first.outcomes[:3]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_missing_permission_to_delete_stops_it_and_nothing_is_in_doubt(
    status: int, serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, *, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", action="refused", status=status))
    first = await load(make_workbook(NAMES), server.url)
    report = await undo(first.run, server.url)
    assert (report.exit_code, report.counts) == (6, {"kept": 4})
    assert f"HTTP {status}" in message(report, "B")
    assert states(journal, server) == dict.fromkeys(NAMES, State.CREATED)
    assert report.run.counts == {"Created": 4}


async def test_refused_credentials_delete_nothing(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    first = await load(make_workbook(NAMES), server.url)
    report = await undo(first.run, server.url, client_secret="another-secret-than-that-of-the-app-of-the-sandbox-here")
    assert (report.exit_code, report.counts, asked(server)["delete"]) == (6, {"kept": 4}, 0)
    assert states(journal, server) == dict.fromkeys(NAMES, State.CREATED)


async def test_where_nothing_can_be_read_by_its_id_though_the_list_shows_it_nothing_counts_as_gone(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="get", action="refused", status=404))
    first = await load(make_workbook(NAMES), server.url)
    report = await undo(first.run, server.url)
    assert (report.exit_code, report.counts) == (4, {"kept": 4})
    assert "the campaign list shows" in str(report.halted)
    assert states(journal, server) == dict.fromkeys(NAMES, State.CREATED)


async def test_a_list_that_cannot_be_read_deletes_nothing(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="list", action="refused"))
    first = await load(make_workbook(NAMES), server.url, options={"preflight": False})
    report = await undo(first.run, server.url)
    assert (report.exit_code, report.counts) == (4, {"kept": 4})
    assert held(server) == NAMES


# Not now


async def test_without_a_yes_nothing_is_deleted(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    first = await load(make_workbook(NAMES), server.url)
    report = await undo(first.run, server.url, confirm=lambda _: False)
    assert (report.exit_code, report.counts) == (4, {"kept": 4})
    assert {it.message for it in report.rows} == {"not confirmed, so nothing was deleted"}
    assert asked(server) == {"list": 2, "create": 4}


async def test_a_stop_sees_the_one_in_flight_to_its_end_and_deletes_no_other(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", action="slow", seconds=1))
    first = await load(make_workbook(NAMES), server.url)
    stop = Stop()
    undoing = asyncio.create_task(undo(first.run, server.url, stop=stop))
    await until_asked(server, "delete")
    stop.ask("stopped by Ctrl-C")
    report = await undoing
    assert statuses(report) == {"A": "deleted", "B": "kept", "C": "kept", "D": "kept"}
    assert message(report, "B") == "stopped by Ctrl-C"
    assert asked(server)["delete"] == 1
    assert states(journal, server) == {"A": State.OPEN, **dict.fromkeys("BCD", State.CREATED)}
    assert (await undo(first.run, server.url)).counts == {"deleted": 3}


async def test_a_stop_while_it_waits_for_its_turn_leaves_nothing_in_doubt(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", nth=1, action="rate-limited", retry_after="600"))
    first = await load(make_workbook(NAMES), server.url)
    stop = Stop()
    undoing = asyncio.create_task(undo(first.run, server.url, stop=stop))
    await until_asked(server, "delete")
    stop.ask("stopped by Ctrl-C")
    assert (await undoing).counts == {"kept": 4}
    assert states(journal, server) == dict.fromkeys(NAMES, State.CREATED)


async def test_a_stop_while_it_waits_after_a_lost_answer_leaves_that_one_in_doubt(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", action="server-error"))
    first = await load(make_workbook(["A"]), server.url)
    stop = Stop()
    undoing = asyncio.create_task(undo(first.run, server.url, stop=stop, settle_seconds=600))
    await until_asked(server, "get", 2)
    stop.ask("stopped by Ctrl-C")
    report = await undoing
    assert (report.exit_code, report.counts) == (5, {"unknown": 1})
    assert states(journal, server) == {"A": State.DELETING}


async def test_a_run_that_another_process_is_at_is_not_undone(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    sheet = make_workbook(NAMES)
    first = await load(sheet, server.url)
    with journal.carrying_out(first.run, sheet.read_bytes()), pytest.raises(AccountBusyError):
        await undo(first.run, server.url)


async def test_rows_that_another_run_is_seeing_to_are_kept(
    serve: Serve, load: Load, undo: RunUndone, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    sheet = make_workbook(NAMES)
    first = await load(sheet, server.url)
    other = replace(first.run, id="20260401-other")
    with ExitStack() as stack:
        stack.enter_context(journal.carrying_out(other, sheet.read_bytes()))
        journal.take(first.run.application, other, {"a": "A", "b": "B"})
        report = await undo(first.run, server.url)
    assert (report.exit_code, statuses(report)) == (
        7,
        {"A": "kept", "B": "kept", "C": "deleted", "D": "deleted"},
    )
    assert message(report, "A").startswith("run 20260401-other (process ")
    assert held(server) == ["A", "B"]
    assert {it.status for it in report.rows} == {UndoStatus.KEPT, UndoStatus.DELETED}


@pytest.mark.parametrize("times", ["once", "from then on"])
async def test_a_journal_that_breaks_in_the_middle_leaves_what_it_said_last(
    times: str,
    serve: Serve,
    load: Load,
    undo: RunUndone,
    make_workbook: MakeWorkbook,
    *,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = await serve()
    first = await load(make_workbook(NAMES), server.url)
    turn, left = Journal.turn, [3]

    def breaking(self: Journal, run: Run, it: Turn) -> None:
        left[0] -= 1
        if left[0] < 0 and (times == "from then on" or left[0] == -1):
            raise JournalError("the journal cannot be read or written: disk full")
        turn(self, run, it)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "turn", breaking)
        report = await undo(first.run, server.url)
    assert (report.exit_code, statuses(report)) == (5, {"A": "deleted", "B": "unknown", "C": "kept", "D": "kept"})
    assert "disk full" in str(report.halted)
    assert held(server) == ["C", "D"]
    assert states(journal, server)["B"] is State.DELETING
    assert (await undo(first.run, server.url)).counts == {"deleted": 3}
