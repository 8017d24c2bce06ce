"""Whole load runs: what becomes of every row, and what the next run does about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loader.errors import (
    JournalError,
    LoaderError,
    MisdirectedError,
    NotSentError,
    RefusedError,
    StoppedError,
    WorkbookError,
)
from loader.execution.connection import Stop
from loader.execution.report import Report, outcomes_of, results_again
from loader.execution.send_request import Callbacks
from loader.model.events import Phase, SendForecast
from loader.model.records import Run
from loader.model.row import Outcome, Status
from loader.model.sheet_choice import SheetChoice
from loader.planning.plan import RunOptions
from loader.planning.request import unfinished
from loader.sandbox.fault_rules import rule
from loader.storage.journal import Journal
from tests.load_runs import asked, creates, end_of, ends, held
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loader.model.events import Event
    from loader.model.records import Settlement
    from tests.conftest import Load, MakeWorkbook, Serve


# Created


async def test_every_row_is_created_once_and_the_results_say_so(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    report = await load(make_workbook(["A", "B", "C"]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Created"}
    assert held(server) == ["A", "B", "C"]
    assert asked(server) == {"list": 1, "create": 3}
    assert (report.exit_code, report.run.requests, report.run.counts) == (0, 4, {"Created": 3})
    results = read_results(report.results)
    assert [(it["Campaign name"], it["Status"], it["HTTP status"], it["Attempts"]) for it in results] == [
        ("A", "Created", 200, 1),
        ("B", "Created", 200, 1),
        ("C", "Created", 200, 1),
    ]
    assert {it["Campaign name"]: it["Campaign ID"] for it in results} == {it.name: it.id for it in server.campaigns}


async def test_a_finished_sheet_run_again_asks_for_nothing_at_all(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    sheet = make_workbook(["A", "B"])
    first = await load(sheet, server.url)
    again = await load(sheet, server.url)
    assert asked(server) == {"list": 1, "create": 2}
    assert ends(again) == {"A": "Created", "B": "Created"}
    assert [it.campaign_id for it in again.outcomes] == [it.campaign_id for it in first.outcomes]
    assert (again.exit_code, again.run.requests) == (0, 0)
    assert (first.idle, again.idle) == (False, True)


async def test_a_name_spelled_in_another_way_is_the_same_campaign_and_not_sent_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(["Alpha", "Beta two", "Gamma", "Delta"]), server.url)
    respelled = ["DELTA", "  Gamma ", "\uff21lpha", "Beta\u200b two", "New"]
    report = await load(make_workbook(respelled), server.url)
    # a row's content is its request, and the name is part of it: the server's campaign has another spelling
    assert [it.status.value for it in report.outcomes] == ["Conflict", "Created", "Conflict", "Created", "Created"]
    assert creates(server) == {"Alpha": 1, "Beta two": 1, "Gamma": 1, "Delta": 1, "New": 1}


async def test_sorting_inserting_and_deleting_rows_changes_nothing_about_the_others(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(["Alpha", "Beta", "Gamma", "Delta"]), server.url)
    report = await load(make_workbook(["Delta", "New", "Alpha", "Gamma"], file="sorted.xlsx"), server.url)
    assert ends(report) == {"Delta": "Created", "New": "Created", "Alpha": "Created", "Gamma": "Created"}
    assert creates(server) == {"Alpha": 1, "Beta": 1, "Gamma": 1, "Delta": 1, "New": 1}


async def test_the_results_workbook_run_in_turn_sends_only_what_is_open(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="C", times=1, action="refused"))
    first = await load(make_workbook(["A", "B", "C", "D"]), server.url, run_options=RunOptions(limit=3))
    assert ends(first) == {"A": "Created", "B": "Created", "C": "Rejected", "D": "Not sent"}
    assert first.results is not None
    second = await load(first.results, server.url)
    assert ends(second) == {"A": "Created", "B": "Created", "C": "Rejected", "D": "Created"}
    assert creates(server) == {"A": 1, "B": 1, "C": 1, "D": 1}
    statuses = [it["Status"] for it in read_results(second.results)]
    assert statuses == ["Created", "Created", "Rejected", "Created"]


async def test_another_application_knows_nothing_of_it(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    one, other = await serve(), await serve(app_id="st-other")
    sheet = make_workbook(["A"])
    await load(sheet, one.url)
    await load(sheet, other.url, app_id="st-other")
    assert (held(one), held(other)) == (["A"], ["A"])


# Already exists


async def test_a_campaign_that_was_there_before_is_left_alone_however_its_name_is_spelled(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    await load(make_workbook(["Spring  Sale"]), server.url, journal=f"sqlite:///{folder}/other.db")
    sheet = make_workbook(["spring sale", "B"])
    report = await load(sheet, server.url)
    assert ends(report) == {"spring sale": "Already exists", "B": "Created"}
    assert end_of(report, "spring sale").campaign_id == server.campaigns[0].id
    assert end_of(report, "spring sale").message == (
        "a campaign of this name was on the server before this row was ever sent"
    )
    assert report.exit_code == 0
    again = await load(sheet, server.url)
    assert ends(again) == {"spring sale": "Already exists", "B": "Created"}
    assert creates(server) == {"Spring  Sale": 1, "B": 1}
    assert again.run.requests == 0


# Conflict


async def test_a_row_whose_name_changed_in_case_only_is_a_conflict_that_says_so(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(["Spring sale", "B"]), server.url)
    report = await load(make_workbook(["SPRING  Sale", row("b", Priority=1)]), server.url)
    assert end_of(report, "SPRING  Sale").message.endswith(
        "; what differs: Campaign name was 'Spring sale' and is 'SPRING  Sale'; "
        "names that differ in case or blanks only are one campaign: to keep it, write the name as it was"
    )
    assert end_of(report, "b").message.endswith("Campaign name was 'B' and is 'b'; Priority was '3' and is '1'")
    assert creates(server) == {"Spring sale": 1, "B": 1}


async def test_a_row_edited_after_it_was_created_is_a_conflict_and_sent_again_by_name_only(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(["A", "B"]), server.url)
    edited = make_workbook([row("A", Priority=1), row("B", Priority=1)])
    report = await load(edited, server.url)
    assert ends(report) == {"A": "Conflict", "B": "Conflict"}
    assert end_of(report, "A").message == (
        "created earlier with other values than this row has now; to create it once more with these, "
        "delete the old campaign and run with --recreate 'A'; what differs: Priority was '3' and is '1'"
    )
    assert end_of(report, "A").campaign_id is not None
    assert (report.exit_code, report.run.requests) == (4, 0)
    report = await load(edited, server.url, run_options=RunOptions(recreate=frozenset({"a"})))
    assert ends(report) == {"A": "Conflict", "B": "Conflict"}
    assert "not created once more: the campaign list still shows" in end_of(report, "A").message
    server.delete(end_of(report, "A").campaign_id)
    report = await load(edited, server.url, run_options=RunOptions(recreate=frozenset({"a"})))
    assert ends(report) == {"A": "Created", "B": "Conflict"}
    assert creates(server) == {"A": 2, "B": 1}
    report = await load(edited, server.url, run_options=RunOptions(recreate=frozenset({"a"})))
    assert ends(report) == {"A": "Created", "B": "Conflict"}
    assert creates(server) == {"A": 2, "B": 1}


async def test_an_edit_that_is_taken_back_is_no_conflict(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    await load(make_workbook(["A"]), server.url)
    assert ends(await load(make_workbook([row("A", Priority=1)]), server.url)) == {"A": "Conflict"}
    assert ends(await load(make_workbook(["A"]), server.url)) == {"A": "Created"}


# Invalid


async def test_a_row_that_is_wrong_is_reported_and_sent_when_it_is_corrected(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    report = await load(make_workbook(["A", row("B", Priority=9)]), server.url)
    assert ends(report) == {"A": "Created", "B": "Invalid"}
    assert end_of(report, "B").message == "D3 Priority: '9' is above 5; right: a whole number from 1 to 5; 5 runs first"
    assert report.exit_code == 3
    report = await load(make_workbook(["A", row("B", Priority=5)]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert creates(server) == {"A": 1, "B": 1}


async def test_all_or_nothing_sends_nothing_while_a_row_is_wrong(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    options = {"all_or_nothing": True}
    report = await load(make_workbook(["A", row("B", Priority=9)]), server.url, options=options)
    assert ends(report) == {"A": "Not sent", "B": "Invalid"}
    assert end_of(report, "A").message == "--all-or-nothing sends nothing while rows are invalid: 1"
    assert (report.exit_code, asked(server)) == (4, {})
    report = await load(make_workbook(["A", "B"]), server.url, options=options)
    assert ends(report) == {"A": "Created", "B": "Created"}


async def test_a_sheet_of_nothing_but_mistakes_asks_for_nothing(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    report = await load(make_workbook([row("A", Priority=9)]), server.url)
    assert (ends(report), report.exit_code, asked(server)) == ({"A": "Invalid"}, 3, {})


async def test_a_sheet_that_cannot_be_used_ends_the_run_before_anything_is_sent(
    serve: Serve, load: Load, folder: Path
) -> None:
    server = await serve()
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(WorkbookError, match=r"^notes\.csv: none of the first 20 rows of 'notes' is a header row"):
        await load(folder / "notes.csv", server.url)
    assert asked(server) == {}


# Rejected


async def test_a_rejected_row_is_sent_again_when_it_is_corrected(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="refused", status=422))
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Created", "B": "Rejected"}
    rejected = end_of(report, "B")
    assert (rejected.message, rejected.http_status, rejected.attempts) == (
        "the request is not valid (HTTP 422)",
        422,
        1,
    )
    assert report.exit_code == 4
    assert ends(await load(sheet, server.url)) == {"A": "Created", "B": "Rejected"}
    assert creates(server) == {"A": 1, "B": 1}
    report = await load(make_workbook(["A", row("B", Priority=1)]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert end_of(report, "B").attempts == 2
    assert creates(server) == {"A": 1, "B": 2}


async def test_a_rejected_row_is_sent_again_as_it_is_on_request(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="refused"))
    sheet = make_workbook(["A", "B"])
    await load(sheet, server.url)
    report = await load(sheet, server.url, run_options=RunOptions(retry_rejected=True))
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert creates(server) == {"A": 1, "B": 2}


# Not sent


async def test_a_limit_leaves_the_rest_to_the_next_runs(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    sheet = make_workbook(["A", "B", "C", "D", "E"])
    first = await load(sheet, server.url, run_options=RunOptions(limit=2))
    assert ends(first) == {"A": "Created", "B": "Created", "C": "Not sent", "D": "Not sent", "E": "Not sent"}
    assert end_of(first, "C").message == "left out by --limit 2"
    assert first.exit_code == 4
    second = await load(sheet, server.url, run_options=RunOptions(limit=2))
    assert ends(second) == {"A": "Created", "B": "Created", "C": "Created", "D": "Created", "E": "Not sent"}
    assert second.run.id == first.run.id
    assert ends(await load(sheet, server.url)) == dict.fromkeys("ABCDE", "Created")
    assert creates(server) == dict.fromkeys("ABCDE", 1)


async def test_nothing_is_sent_when_the_question_is_answered_with_no(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    forecasts: list[SendForecast] = []

    def no(forecast: SendForecast) -> bool:
        forecasts.append(forecast)
        return False

    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url, callbacks=Callbacks(confirm=no), rate_per_minute=600)
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert end_of(report, "A").message == "not confirmed, so nothing was sent"
    assert (report.exit_code, report.declined, report.results) == (4, True, None)
    assert [(it.to_send, it.in_doubt, round(it.minutes * 60, 1)) for it in forecasts] == [(2, 0, 0.2)]
    assert asked(server) == {"list": 1}
    assert ends(await load(sheet, server.url)) == {"A": "Created", "B": "Created"}


async def test_nobody_is_asked_where_nothing_is_to_be_sent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    sheet = make_workbook(["A"])
    await load(sheet, server.url)

    def never(_: SendForecast) -> bool:
        raise AssertionError("asked")

    assert ends(await load(sheet, server.url, callbacks=Callbacks(confirm=never))) == {"A": "Created"}


async def test_a_run_that_is_stopped_records_what_is_in_flight_and_the_next_one_sends_the_rest(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.1))
    stop, seen = Stop(), []
    names = [f"Campaign {number}" for number in range(12)]

    def receive(event: Event) -> None:
        if isinstance(event, Outcome):
            seen.append(event.name)
            if len(seen) == 3:
                stop.ask("stopped by Ctrl-C")

    sheet = make_workbook(names)
    report = await load(sheet, server.url, callbacks=Callbacks(receive), stop=stop)
    created = [name for name, end in ends(report).items() if end == "Created"]
    assert set(ends(report).values()) == {"Created", "Not sent"}
    assert held(server) == sorted(created)
    assert 3 <= len(created) <= 8
    assert isinstance(report.halted, StoppedError)
    assert {it.message for it in report.outcomes if it.status is Status.NOT_SENT} == {"stopped by Ctrl-C"}
    assert [it["Status"] for it in read_results(report.results)] == list(ends(report).values())
    again = await load(sheet, server.url)
    assert again.run.id == report.run.id
    assert ends(again) == dict.fromkeys(names, "Created")
    assert creates(server) == dict.fromkeys(names, 1)


async def test_a_stop_asked_for_before_the_first_request_lets_none_leave(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    stop = Stop()
    stop.ask("stopped by a termination signal")
    report = await load(make_workbook(["A"]), server.url, stop=stop)
    assert (ends(report), asked(server)) == ({"A": "Not sent"}, {})
    assert end_of(report, "A").message == "stopped by a termination signal"


# What stops a run


async def test_refused_credentials_stop_the_run_before_anything_is_created(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(client_secret="another secret, sixty-four characters long, as HS512 would like it")
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert isinstance(report.halted, RefusedError)
    assert report.exit_code == 6
    assert asked(server) == {"list": 2}  # once more with a fresh token
    assert "401" in end_of(report, "A").message


async def test_credentials_refused_in_the_middle_stop_the_run_and_leave_the_rest(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="C", times=2, action="refused", status=401))
    sheet = make_workbook(["A", "B", "C", "D", "E"])
    report = await load(sheet, server.url, concurrency=1)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Not sent", "D": "Not sent", "E": "Not sent"}
    assert creates(server) == {"A": 1, "B": 1, "C": 2}  # a fresh token did not help
    assert report.exit_code == 6
    assert ends(await load(sheet, server.url)) == dict.fromkeys("ABCDE", "Created")
    assert creates(server) == {"A": 1, "B": 1, "C": 3, "D": 1, "E": 1}


async def test_a_token_refused_once_is_no_reason_to_stop(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="refused", status=401))
    report = await load(make_workbook(["A", "B"]), server.url)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert creates(server) == {"A": 1, "B": 2}


@pytest.mark.parametrize("preflight", [True, False])
async def test_a_wrong_application_stops_the_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, *, preflight: bool
) -> None:
    server = await serve()
    report = await load(
        make_workbook(["A", "B"]), server.url, app_id="st-wrong", options={"preflight": preflight}, concurrency=1
    )
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert isinstance(report.halted, MisdirectedError)
    where = (
        "the campaign list cannot be read, is the address wrong?" if preflight else "the address of the API is wrong:"
    )
    assert str(report.halted) == f"{where} appId of the path is no application here (HTTP 404)"
    assert sum(asked(server).values()) == (2 if preflight else 1)  # the list is tried in another order
    assert report.exit_code == 4


async def test_a_404_after_others_got_through_concerns_its_row_alone(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused", status=404))
    report = await load(make_workbook(["A", "B", "C"]), server.url, concurrency=1)
    assert ends(report) == {"A": "Created", "B": "Rejected", "C": "Created"}


@pytest.mark.parametrize("status", [301, 307])
async def test_a_redirect_stops_the_run_and_is_not_followed(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, status: int
) -> None:
    server = await serve(rule(operation="create", action="redirect", status=status))
    report = await load(make_workbook(["A", "B"]), server.url, concurrency=1)
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert str(report.halted) == f"this is not the campaign API: HTTP {status} without a reason"
    assert asked(server) == {"list": 1, "create": 1}


async def test_a_server_that_is_not_there_is_waited_for_no_longer_than_patience_lasts(
    load: Load, make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, "http://127.0.0.1:9", patience_seconds=0.3)
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert isinstance(report.halted, NotSentError)
    assert report.exit_code == 4


# Journal


@pytest.mark.parametrize("method", ["carrying_out", "take"])
async def test_nothing_leaves_when_the_journal_breaks_before(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise JournalError("the disk is full")

    server = await serve()
    sheet = make_workbook(["A"])
    with monkeypatch.context() as patch:
        patch.setattr(Journal, method, broken)
        with pytest.raises(JournalError, match="the disk is full"):
            await load(sheet, server.url)
    assert asked(server) == {}
    assert ends(await load(sheet, server.url)) == {"A": "Created"}


async def test_no_request_leaves_that_could_not_be_written_down(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("the disk is full")

    server = await serve()
    sheet = make_workbook(["A", "B"])
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "claim", broken)
        report = await load(sheet, server.url)
    assert ends(report) == {"A": "Not sent", "B": "Not sent"}
    assert {it.message for it in report.outcomes} == {"the disk is full"}
    assert (report.exit_code, creates(server)) == (4, {})
    assert ends(await load(sheet, server.url)) == {"A": "Created", "B": "Created"}


async def test_an_end_that_cannot_be_written_down_is_reported_and_the_results_are_there(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("the disk is full")

    server = await serve()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "end", broken)
        report = await load(make_workbook(["A"]), server.url)
    assert (ends(report), str(report.halted), report.exit_code) == ({"A": "Created"}, "the disk is full", 2)
    assert read_results(report.results)[0]["Status"] == "Created"


# Options, news, and taking up


async def test_a_column_can_be_filled_for_all_rows(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    sheet = make_workbook([row("A", Timezone=None), row("B", Timezone="Europe/London")])
    report = await load(sheet, server.url, options={"defaults": {"Timezone": "Asia/Kolkata"}})
    assert ends(report) == {"A": "Created", "B": "Created"}
    zones = {it.name: it.body["dialingStrategy"]["callingHours"]["timezone"] for it in server.campaigns}
    assert zones == {"A": "Asia/Kolkata", "B": "Europe/London"}


async def test_another_sheet_of_the_workbook_can_be_picked(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    with pytest.raises(WorkbookError, match=r"^campaigns\.xlsx has no sheet 'May'; it has: 'April'\.$"):
        await load(make_workbook(["A"], title="April"), server.url, options={"sheets": SheetChoice(("May",))})
    report = await load(make_workbook(["A"], title="May"), server.url, options={"sheets": SheetChoice(("may",))})
    assert ends(report) == {"A": "Created"}


async def test_without_a_look_beforehand_no_list_is_read_while_all_goes_well(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    report = await load(make_workbook(["A"]), server.url, options={"preflight": False})
    assert (ends(report), asked(server)) == ({"A": "Created"}, {"create": 1})


async def test_news_tell_the_phases_and_every_row(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    received: list[Event] = []
    await load(make_workbook(["A", "B"]), server.url, callbacks=Callbacks(received.append))
    assert [it for it in received if isinstance(it, Phase)] == [
        Phase("reading campaigns.xlsx"),
        Phase("reading the campaign list"),
        Phase("sending", 2),
        Phase("writing the results"),
    ]
    assert {it.name for it in received if isinstance(it, Outcome)} == {"A", "B"}


async def test_a_run_is_taken_up_from_the_journal_alone(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal, folder: Path
) -> None:
    server = await serve()
    sheet = make_workbook([row("A", Timezone=None), row("B", Timezone=None)])
    options = {"defaults": {"Timezone": "Asia/Kolkata"}}
    first = await load(sheet, server.url, options=options, run_options=RunOptions(limit=1))
    assert unfinished(first.run)
    content = journal.workbook(first.run.digest)
    sheet.unlink()
    (folder / "back").mkdir()
    (folder / "back" / "campaigns.xlsx").write_bytes(content)
    second = await load(
        folder / "back" / "campaigns.xlsx",
        server.url,
        options=options,
        run_options=RunOptions(limit=1),
        run=journal.runs()[0],
    )
    assert ends(second) == {"A": "Created", "B": "Created"}
    assert not unfinished(second.run)
    assert [run.id for run in journal.runs()] == [first.run.id]
    assert second.run.requests == 4


async def test_other_options_or_another_sheet_are_another_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    await load(make_workbook(["A", "B"]), server.url, run_options=RunOptions(limit=1))
    await load(make_workbook(["A", "B"]), server.url, run_options=RunOptions(limit=1), options={"preflight": False})
    await load(make_workbook(["A", "C"]), server.url, run_options=RunOptions(limit=1))
    assert len(journal.runs()) == 3


async def test_results_can_be_written_again_from_the_journal(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused"))
    first = await load(make_workbook(["A", "B", row("C", Priority=9)]), server.url)
    requests = asked(server)
    again = results_again(journal, journal.runs()[0], folder / "elsewhere")
    assert again.results is not None
    assert again.results.parent == folder / "elsewhere"
    assert read_results(again.results) == read_results(first.results)
    assert again.outcomes == [replace(outcome, problems=()) for outcome in first.outcomes]
    assert asked(server) == requests


async def test_of_a_run_that_was_killed_there_is_what_the_journal_had(
    serve: Serve,
    load: Load,
    make_workbook: MakeWorkbook,
    journal: Journal,
    *,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    class PulledPlug(BaseException):
        pass

    def pull(_: Journal, __: str, settlements: Sequence[Settlement]) -> None:
        raise PulledPlug(str(settlements))

    server = await serve(rule(operation="create", action="slow", seconds=0.05))
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "settle", pull)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever group it comes in
            await load(make_workbook(["A", "B", row("C", Priority=9)]), server.url, concurrency=1, rate_per_minute=60)
    [run] = journal.runs()
    assert (run.ended_at, unfinished(run)) == (None, True)
    outcomes = outcomes_of(journal, run)
    assert [(it.name, it.status.value, it.message) for it in outcomes][:2] == [
        ("A", "Unknown", "the journal has no answer for it; resume the run"),
        ("B", "Not sent", "the run ended before it was sent"),
    ]
    assert outcomes[2].status is Status.INVALID
    report = results_again(journal, run, folder)
    assert [it["Status"] for it in read_results(report.results)] == ["Unknown", "Not sent", "Invalid"]


# Exit codes


def reported(*statuses: Status, halted: LoaderError | None = None) -> int:
    run = Run("r", "a", "b", "kim", 1, "f", "d", {}, datetime(2026, 4, 1, tzinfo=UTC))
    outcomes = [Outcome(number, str(number), status) for number, status in enumerate(statuses)]
    return Report(run, outcomes, [], halted).exit_code


@pytest.mark.parametrize(
    ("statuses", "halted", "code"),
    [
        ([], None, 0),
        ([Status.CREATED, Status.ALREADY_EXISTS], None, 0),
        ([Status.CREATED, Status.INVALID], None, 3),
        ([Status.INVALID, Status.REJECTED], None, 4),
        ([Status.CREATED, Status.NOT_SENT], None, 4),
        ([Status.CONFLICT], None, 4),
        ([Status.NOT_SENT, Status.INVALID], RefusedError("no"), 6),
        ([Status.NOT_SENT, Status.UNKNOWN], RefusedError("no"), 5),
        ([Status.REJECTED, Status.UNKNOWN], None, 5),
        ([Status.NOT_SENT], MisdirectedError("no"), 4),
        ([], MisdirectedError("no"), 2),
        ([Status.CREATED], JournalError("disk full"), 2),
    ],
)
def test_the_exit_code_is_the_highest_row_of_the_table_that_applies(
    statuses: Sequence[Status], halted: LoaderError | None, code: int
) -> None:
    assert reported(*statuses, halted=halted) == code
