"""What the server says against rows before the first of them is sent, and what becomes of these rows."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from loader.api.listing import Listing, by_key
from loader.api.messages import Listed, Shown
from loader.cli.output.progress_bar import ProgressBar
from loader.errors import NotSentError, RefusedError, UnansweredError
from loader.execution.report import results_again
from loader.execution.send_request import Callbacks
from loader.model.events import Phase, SendForecast
from loader.model.fixes import perhaps
from loader.model.inventory import ContactList, Inventory
from loader.model.records import State
from loader.model.row import Check, Problem, Severity
from loader.planning.plan import Job
from loader.planning.preflight import UNCHECKED, judge
from loader.planning.request import request_of
from loader.sandbox.fault_rules import rule
from loader.sandbox.settings import KnownList, KnownQueue
from loader.storage.journal import open_journal
from tests.candidates import candidate
from tests.load_runs import asked, creates, end_of, ends, held
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.execution.report import Report
    from loader.sandbox.server import Sandbox
    from loader.storage.journal import Journal
    from tests.conftest import Load, Main, MakeSettings, MakeWorkbook, Serve

    ServeAside = Callable[..., Sandbox]

HAS = "which has 'recall-2026-04', 'vip', 'winter'"
THERE = (
    f"{HAS}; right: the exact name of a contact list of this account: `campaign-loader template --live` offers them all"
)
LISTS = (KnownList("recall-2026-04"), KnownList("vip"), KnownList("winter"))
EVERYTHING: dict[str, Any] = {"skip": frozenset()}


def agentless(name: str, lists: str) -> dict[str, object]:
    return row(name, Contact_lists=lists)


def progressive(name: str, queue: str, lists: str) -> dict[str, object]:
    return row(name, Contact_lists=lists, Dialing_mode="Progressive", Queue=queue, Experience_flow=None)


def told(report: Report, severity: Severity) -> list[str]:
    return [problem.sentence() for problem in report.problems if problem.severity is severity]


def errors(report: Report) -> list[str]:
    return told(report, Severity.ERROR)


def warnings(report: Report) -> list[str]:
    return told(report, Severity.WARNING)


# Contact lists


async def test_a_row_whose_contact_list_is_not_there_is_invalid_and_the_others_are_created(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    sheet = make_workbook([agentless("A", "vip"), agentless("B", "recall-2026-4"), agentless("C", "winter")])
    report = await load(sheet, server.url, options=EVERYTHING)
    assert ends(report) == {"A": "Created", "B": "Invalid", "C": "Created"}
    said = f"C3 Contact lists: 'recall-2026-4' is not a contact list of this account, {THERE}"
    assert errors(report) == [said]
    assert (end_of(report, "B").message, report.exit_code) == (said, 3)
    assert asked(server) == {"list": 1, "contact-lists": 1, "create": 2}
    assert report.run.requests == 4


async def test_the_results_mark_the_cell_and_name_the_problem(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    report = await load(make_workbook([agentless("A", "VIP")]), server.url, options=EVERYTHING)
    [line] = read_results(report.results)
    assert (line["Status"], line["Message"]) == ("Invalid", errors(report)[0])
    assert report.results is not None
    book = load_workbook(report.results)
    cell = book["Campaigns"]["C2"]
    assert cell.comment is not None
    assert f"is not a contact list of this account, {HAS}\nRight: perhaps 'vip'" in cell.comment.text
    assert cell.fill.fill_type == "solid"
    assert f"is not a contact list of this account, {HAS}" in str(list(book["Problems"].values))


async def test_the_results_written_again_mark_the_same_cell(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings
) -> None:
    server = await serve(contact_lists=LISTS)
    sheet = make_workbook([agentless("A", "VIP"), agentless("B", "winterr; vip")])
    report = await load(sheet, server.url, options=EVERYTHING)
    settings = make_settings(server.url)
    with closing(open_journal(settings.journal)) as journal:
        again = results_again(journal, report.run, settings.output)
    assert again.results != report.results
    for results, offered in ((report.results, "\nUse vip"), (again.results, "")):  # the journal keeps sentences only
        assert results is not None
        book = load_workbook(results)
        lines = [[*map(str, line)][1:6] for line in book["Problems"].values if line[-1] == "error"]
        assert [line[:3] for line in lines] == [["C2", "Contact lists", "VIP"], ["C3", "Contact lists", "winterr; vip"]]
        assert lines[0][3:] == [f"is not a contact list of this account, {HAS}", f"perhaps 'vip'{offered}"]
        assert [book["Campaigns"][it].fill.fill_type for it in ("C2", "C3")] == ["solid"] * 2


async def test_a_name_that_exists_is_a_problem_of_its_cell(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    await load(make_workbook(["A"]), server.url)
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url, journal=f"sqlite:///{folder}/another.db")
    assert [it["Status"] for it in read_results(report.results)] == ["Already exists", "Created"]
    assert report.results is not None
    book = load_workbook(report.results)
    assert [*book["Problems"].values][1:] == [
        (
            "Campaigns",
            "A2",
            "Campaign name",
            "A",
            "is the name of a campaign that was on the server before this row was ever sent",
            "another name, or no row for it if that campaign is the one that is meant",
            "warning",
        )
    ]
    assert (book["Campaigns"]["A2"].fill.fill_type, book["Campaigns"]["A3"].fill.fill_type) == ("solid", None)


async def test_a_row_in_conflict_is_a_problem_of_its_name(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(["A", "B"]), server.url)
    report = await load(make_workbook([row("A", Priority=1), "B"]), server.url)
    assert ends(report) == {"A": "Conflict", "B": "Created"}
    assert report.results is not None
    book = load_workbook(report.results)
    [(sheet, cell, header, seen, wrong, right, severity)] = [*book["Problems"].values][1:]
    assert (sheet, cell, header, seen, right, severity) == ("Campaigns", "A2", "Campaign name", "A", None, "warning")
    assert str(wrong).startswith("was created earlier with other values than this row has now; ")
    assert str(wrong).endswith("Priority was '3' and is '1'")
    assert (book["Campaigns"]["A2"].fill.fill_type, book["Campaigns"]["A3"].fill.fill_type) == ("solid", None)


async def test_names_must_fit_exactly(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(contact_lists=(*LISTS, KnownList("Summer sale"), KnownList("Summer sale ")))
    rows = [agentless(*it) for it in (("A", "summer sale"), ("B", "Summer  sale"), ("C", "Summer sale"), ("D", "zzz"))]
    report = await load(make_workbook(rows), server.url, options=EVERYTHING)
    assert ends(report) == {"A": "Invalid", "B": "Invalid", "C": "Created", "D": "Invalid"}
    assert [problem.right for problem in report.problems] == [
        "perhaps 'Summer sale' or 'Summer sale '",
        "perhaps 'Summer sale' or 'Summer sale '",
        "the exact name of a contact list of this account: `campaign-loader template --live` offers them all",
    ]
    assert [problem.fixes for problem in report.problems] == [perhaps("Summer sale"), perhaps("Summer sale"), ()]


async def test_every_wrong_name_of_a_cell_is_reported_in_a_sentence_of_its_own(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    report = await load(make_workbook([agentless("A", "vips; vip; wniter")]), server.url, options=EVERYTHING)
    place = "C2 Contact lists: 'vips; vip; wniter' has the name"
    assert errors(report) == [
        f"{place} 'vips', which is not a contact list of this account, {THERE}",
        f"{place} 'wniter', which is not a contact list of this account, {HAS}; right: perhaps 'winter'",
    ]
    assert end_of(report, "A").message.count("\n") == 1


async def test_a_contact_list_that_is_not_ready_makes_its_rows_invalid(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    kinds = ("Ready", "Validated", "Validating", "Invalid")
    server = await serve(contact_lists=[KnownList(kind.lower(), status=kind) for kind in kinds])
    report = await load(
        make_workbook([agentless(kind, kind.lower()) for kind in kinds]), server.url, options=EVERYTHING
    )
    assert ends(report) == {"Ready": "Created", "Validated": "Created", "Validating": "Invalid", "Invalid": "Invalid"}
    assert errors(report) == [
        (
            "C4 Contact lists: 'validating' is a contact list in the status Validating; "
            "right: one that is Ready or Validated"
        ),
        "C5 Contact lists: 'invalid' is a contact list in the status Invalid; right: one that is Ready or Validated",
    ]


async def test_contact_lists_of_one_row_are_of_one_source(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        contact_lists=[
            KnownList("file"),
            KnownList("api", source="passiveApi"),
            KnownList("same", source="passiveApiIntegration"),
        ]
    )
    sheet = make_workbook([agentless("A", "file; api"), agentless("B", "api; same")])
    report = await load(sheet, server.url, options=EVERYTHING)
    assert ends(report) == {"A": "Invalid", "B": "Created"}
    assert errors(report) == [
        (
            "C2 Contact lists: 'file; api' has contact lists of different sources: localDrive, passiveApi; "
            "right: contact lists of one source"
        )
    ]


async def test_an_empty_contact_list_is_a_warning(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(contact_lists=[KnownList("empty", records=0), KnownList("full")])
    sheet = make_workbook([agentless("A", "empty"), agentless("B", "full")])
    report = await load(sheet, server.url, options=EVERYTHING)
    assert (set(ends(report).values()), report.exit_code) == ({"Created"}, 0)
    assert warnings(report) == ["C2 Contact lists: 'empty' is an empty contact list"]


async def test_in_an_account_without_contact_lists_every_row_is_invalid(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=(), strict_names=True)
    report = await load(make_workbook([agentless("A", "vip")]), server.url, options=EVERYTHING)
    assert errors(report) == [
        (
            "C2 Contact lists: 'vip' is not a contact list of this account, which has none; "
            "right: the exact name of a contact list of this account: `campaign-loader template --live` offers them all"
        )
    ]


async def test_a_name_that_may_be_meant_is_no_correction_where_it_stands_in_no_cell(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    options = {**EVERYTHING, "defaults": {"Contact lists": "VIP"}}
    report = await load(make_workbook([row("A", Contact_lists=None)]), server.url, options=options)
    assert [(problem.right, problem.fixes) for problem in report.problems] == [("perhaps 'vip'", ())]


async def test_a_list_filled_in_for_all_rows_has_no_cell(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(contact_lists=LISTS)
    one = row("A")
    del one["Contact lists"]
    options = {**EVERYTHING, "defaults": {"Contact lists": "vipp"}}
    report = await load(make_workbook([one]), server.url, options=options)
    assert errors(report) == [f"row 2 Contact lists: 'vipp' is not a contact list of this account, {THERE}"]


# Queues


DESKS = "which has 'Desk 00', 'Desk 01', 'Desk 02' and 9 more"
QUEUES = (*(KnownQueue(f"Desk {number:02d}") for number in range(12)), KnownQueue("Old claims", active=False))


async def test_a_queue_that_is_not_there_or_not_active_makes_its_rows_invalid(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES)
    rows = [
        agentless("A", "vip"),
        progressive("B", "Desk 11", "winter"),
        progressive("C", "desk 11", "recall-2026-04"),
        progressive("D", "Old claims", "recall-2026-04"),
    ]
    report = await load(make_workbook(rows), server.url, options=EVERYTHING)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Invalid", "D": "Invalid"}
    assert [problem.fixes for problem in report.problems] == [perhaps("Desk 11"), ()]
    assert errors(report) == [
        f"M4 Queue: 'desk 11' is not an active queue of this application, {DESKS}; right: perhaps 'Desk 11'",
        (
            f"M5 Queue: 'Old claims' is not an active queue of this application, {DESKS}; "
            "right: the exact name of an active queue of this application: `campaign-loader template --live` offers "
            "them all"
        ),
    ]
    assert asked(server) == {"list": 1, "contact-lists": 1, "queues": 2, "create": 2}


async def test_queues_are_not_asked_for_where_no_row_to_send_has_one(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES)
    sheet = make_workbook([progressive("A", "Desk 01", "vip")])
    await load(sheet, server.url, options=EVERYTHING)
    sheet = make_workbook([progressive("A", "Desk 01", "vip"), agentless("B", "winter")])
    await load(sheet, server.url, options=EVERYTHING)
    assert asked(server) == {"list": 2, "contact-lists": 2, "queues": 2, "create": 2}


async def test_queues_without_their_permission_are_one_warning_and_rows_are_sent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES, configuration_scope=False)
    sheet = make_workbook([progressive("A", "Nobody knows", "vip"), progressive("B", "Nor this", "winter")])
    report = await load(sheet, server.url, options=EVERYTHING)
    assert (set(ends(report).values()), report.exit_code) == ({"Created"}, 0)
    [warning] = report.problems
    assert (warning.row, warning.column, warning.severity) == (None, None, Severity.WARNING)
    assert warning.sentence().startswith(
        "the queues cannot be read, perhaps the app lacks the scope Configuration: the JWT app lacks the scope"
    )


# Lists that are shared


async def test_rows_that_share_a_contact_list_are_one_warning_a_list(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    rows = [agentless(f"N{number}", "vip") for number in range(6)]
    rows += [agentless("O", "winter; recall-2026-04"), agentless("P", "recall-2026-04"), agentless("Q", "vipp; winter")]
    report = await load(make_workbook(rows), server.url, options=EVERYTHING)
    assert warnings(report) == [
        "column C Contact lists: 'recall-2026-04' is called by rows 8 and 9, which cannot run at the same time",
        "column C Contact lists: 'vip' is called by rows 2, 3, 4 and 3 more, which cannot run at the same time",
    ]
    assert set(ends(report).values()) == {"Created", "Invalid"}


async def test_campaigns_on_the_server_that_share_a_contact_list_are_named_unless_completed(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    await load(make_workbook([agentless("First", "vip; winter")]), server.url, options=EVERYTHING)
    report = await load(make_workbook([agentless("Second", "vip")]), server.url, options=EVERYTHING)
    assert report.results is not None
    problems = str(list(load_workbook(report.results)["Problems"].values))
    assert "is called by row 2 and campaign 'First', which cannot run at the same time" in problems
    assert warnings(report) == [
        "column C Contact lists: 'vip' is called by row 2 and campaign 'First', which cannot run at the same time"
    ]


def test_a_completed_campaign_is_in_nobodys_way() -> None:
    job = Job(candidate(2, "A", contact_lists=("vip",)), State.OPEN, clear=True, attempts=0)
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)

    def said(status: str) -> list[str]:
        old = Listed("c-1", "Old", status, noon, Shown(frozenset({"vip"}), "Agentless", "5", "F"))
        listing = Listing(by_key([old]), noon)
        return [it.wrong for it in judge([job], Inventory(None, None), listing, checks=frozenset(Check))]

    assert said("Completed") == []
    assert said("Stopped") == ["is called by row 2 and campaign 'Old', which cannot run at the same time"]


# What is not looked at


async def test_what_the_api_cannot_list_is_said_before_the_question(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server, steps = await serve(contact_lists=LISTS), list[object]()

    def asked_first(forecast: SendForecast) -> bool:
        steps.append(forecast)
        return False

    rows = [agentless("A", "vip"), agentless("B", "vipp")]
    callbacks = Callbacks(steps.append, asked_first)
    report = await load(make_workbook(rows), server.url, options=EVERYTHING, callbacks=callbacks)
    told = [it.text if isinstance(it, Phase) else type(it).__name__ for it in steps]
    assert told[2:8] == [
        "reading the campaign list",
        UNCHECKED,
        "reading contact lists",
        "Problem",
        "Outcome",
        "SendForecast",
    ]
    [forecast] = [it for it in steps if isinstance(it, SendForecast)]
    assert forecast.to_send == 1
    assert ends(report) == {"A": "Not sent", "B": "Invalid"}


@pytest.mark.parametrize(
    ("skip", "requests", "end"),
    [
        ({Check.NAMES}, {"contact-lists": 1, "queues": 2}, {"A": "Created", "B": "Invalid", "C": "Invalid"}),
        ({Check.CONTACT_LISTS}, {"list": 1, "queues": 2}, {"A": "Created", "B": "Created", "C": "Invalid"}),
        ({Check.QUEUES}, {"list": 1, "contact-lists": 1}, {"A": "Created", "B": "Invalid", "C": "Created"}),
        (set(Check), {}, {"A": "Created", "B": "Created", "C": "Created"}),
    ],
)
async def test_each_check_can_be_skipped(  # noqa: PLR0917 - a line of a table
    serve: Serve,
    load: Load,
    make_workbook: MakeWorkbook,
    skip: set[Check],
    requests: dict[str, int],
    end: dict[str, str],
) -> None:
    server = await serve(contact_lists=LISTS, queues=QUEUES)
    rows = [agentless("A", "vip"), agentless("B", "vipp"), progressive("C", "Desk", "vip")]
    report = await load(make_workbook(rows), server.url, options={"skip": frozenset(skip)})
    assert ends(report) == end
    seen = asked(server)
    del seen["create"]
    assert seen == requests


async def test_without_a_preflight_nothing_is_asked(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(contact_lists=LISTS)
    options = {**EVERYTHING, "preflight": False}
    assert ends(await load(make_workbook([agentless("A", "vipp")]), server.url, options=options)) == {"A": "Created"}
    assert asked(server) == {"create": 1}


@pytest.mark.parametrize("fault", [{"action": "refused", "status": 405}, {"action": "refused"}, {"action": "garbled"}])
async def test_contact_lists_that_cannot_be_had_are_a_warning_and_rows_are_sent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, fault: dict[str, Any]
) -> None:
    server = await serve(rule(operation="contact-lists", **fault), contact_lists=LISTS)
    report = await load(make_workbook([agentless("A", "vipp")]), server.url, options=EVERYTHING)
    assert (ends(report), report.exit_code) == ({"A": "Created"}, 0)
    [warning] = warnings(report)
    assert warning.startswith("the contact lists are not checked, they cannot be read: ")


async def test_refused_credentials_stop_the_run(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(rule(operation="contact-lists", action="refused", status=403), contact_lists=LISTS)
    report = await load(make_workbook([agentless("A", "vip")]), server.url, options=EVERYTHING)
    assert (ends(report), report.exit_code) == ({"A": "Not sent"}, 6)
    assert isinstance(report.halted, RefusedError)


async def test_an_outage_is_sat_out_as_long_as_patience_lasts(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    down = rule(operation="contact-lists", action="server-error", status=503, times=4)
    server = await serve(down, contact_lists=LISTS)
    assert ends(await load(make_workbook([agentless("A", "vip")]), server.url, options=EVERYTHING)) == {"A": "Created"}
    server = await serve(rule(operation="contact-lists", action="server-error", status=503), contact_lists=LISTS)
    sheet = make_workbook([agentless("B", "vip")])
    report = await load(sheet, server.url, options=EVERYTHING, patience_seconds=0)
    assert ends(report) == {"B": "Not sent"}
    assert isinstance(report.halted, UnansweredError)


# What becomes of it


async def test_with_all_or_nothing_a_row_the_server_knows_better_keeps_all_from_being_sent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    options = {**EVERYTHING, "all_or_nothing": True}
    report = await load(make_workbook([agentless("A", "vip"), agentless("B", "vipp")]), server.url, options=options)
    assert ends(report) == {"A": "Not sent", "B": "Invalid"}
    assert isinstance(report.halted, NotSentError)
    assert str(report.halted) == "--all-or-nothing sends nothing while rows are invalid: 1"
    assert (held(server), report.exit_code) == ([], 4)


EMPTY_AT_FIRST = rule(operation="contact-lists", times=1, action="answer", body='{"status": "success", "data": []}')


async def test_the_next_run_judges_anew(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(EMPTY_AT_FIRST, contact_lists=LISTS)
    sheet = make_workbook([agentless("A", "vip")])
    first = await load(sheet, server.url, options=EVERYTHING)
    assert ends(first) == {"A": "Invalid"}
    again = await load(sheet, server.url, options=EVERYTHING)
    assert ends(again) == {"A": "Created"}
    assert again.run.id != first.run.id
    assert creates(server) == {"A": 1}


async def test_a_whole_run_is_taken_up_with_what_it_skipped(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(contact_lists=LISTS)
    sheet = make_workbook([agentless("A", "vip"), agentless("B", "vipp")])
    options = {"skip": frozenset({Check.CONTACT_LISTS})}
    stopped = Callbacks(confirm=lambda _: False)
    first = await load(sheet, server.url, options=options, callbacks=stopped)
    assert request_of(first.run, b"").skip == {Check.CONTACT_LISTS}
    other = await load(sheet, server.url, options=EVERYTHING, callbacks=stopped)
    again = await load(sheet, server.url, options=options)
    assert (other.run.id != first.run.id, again.run.id) == (True, first.run.id)
    assert ends(again) == {"A": "Created", "B": "Created"}


async def test_a_run_of_an_earlier_version_of_the_loader_is_taken_up_with_every_check(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(contact_lists=LISTS)
    sheet = make_workbook([agentless("A", "vip"), agentless("B", "vipp")])
    first = await load(sheet, server.url, options=EVERYTHING, callbacks=Callbacks(confirm=lambda _: False))
    [run] = journal.runs()
    assert set(run.options) == {
        *("sheets", "defaults", "all_or_nothing", "preflight", "retry_rejected", "recreate", "limit", "api_version")
    }
    assert request_of(run, b"").checks == set(Check)
    again = await load(sheet, server.url, options=EVERYTHING)
    assert (again.run.id, ends(again)) == (first.run.id, {"A": "Created", "B": "Invalid"})


def test_the_command_line_checks_everything_unless_an_option_says_otherwise(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(contact_lists=LISTS, queues=QUEUES)
    make_workbook([agentless("A", "vip"), agentless("B", "vipp"), progressive("C", "Desk 1", "winter")])
    done = main("run", "campaigns.xlsx", "--json", "--yes", host=server.url)
    assert (done.code, done.json["counts"], done.json["problems"]) == (3, {"Created": 1, "Invalid": 2}, 2)
    assert done.json["requests"] == 5
    assert UNCHECKED in done.err.splitlines()
    rows = main("show", done.json["run"], "--json").json["rows"]
    assert [(it["status"], it["message"].partition(";")[0]) for it in rows] == [
        ("Created", ""),
        ("Invalid", f"C3 Contact lists: 'vipp' is not a contact list of this account, {HAS}"),
        ("Invalid", f"M4 Queue: 'Desk 1' is not an active queue of this application, {DESKS}"),
    ]
    skip = ["--skip-preflight", "contact-lists", "--skip-preflight", "queues"]
    done = main("run", "campaigns.xlsx", "--json", "--yes", *skip, host=server.url)
    assert (done.code, done.json["counts"]) == (0, {"Created": 3})
    wrong = main("run", "--yes", "campaigns.xlsx", "--skip-preflight", "flows", host=server.url)
    assert wrong.code == 2


def test_the_results_written_again_name_what_the_server_said(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(contact_lists=LISTS)
    make_workbook([agentless("A", "vipp"), agentless("", "vip")])
    run = main("run", "campaigns.xlsx", "--json", "--yes", host=server.url).json["run"]
    again = load_workbook(main("results", run, "--json").json["results"])
    cells = [[str(value) for value in line] for line in again["Problems"].values]
    assert sum(f"is not a contact list of this account, {HAS}" in " ".join(line) for line in cells) == 1
    assert sum("is blank" in " ".join(line) for line in cells) == 1


def test_plan_says_what_run_then_does_in_as_many_requests(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(contact_lists=LISTS, queues=QUEUES)
    make_workbook([agentless("A", "vip"), agentless("B", "vipp"), progressive("C", "Desk 11", "vip")])
    planned = main("plan", "campaigns.xlsx", "--out", "plan.json", "--json", host=server.url)
    assert [it["verdict"] for it in planned.json["rows"]] == ["create", "invalid", "create"]
    assert [it["wrong"] for it in planned.json["problems"]] == [
        f"is not a contact list of this account, {HAS}",
        "is called by rows 2 and 4, which cannot run at the same time",
    ]
    seen = len(server.requests)
    assert planned.json["requests"]["reads"] == seen == 4
    done = main("run", "--plan", "plan.json", "--yes", "--json", host=server.url)
    assert (done.json["counts"], done.json["requests"]) == ({"Created": 2, "Invalid": 1}, seen + 2)
    assert planned.json["requests"]["total"] == done.json["requests"]


def test_what_was_planned_and_is_not_ready_any_more_stops_the_run(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    gone = rule(operation="contact-lists", nth=2, action="answer", body='{"status": "success", "data": []}')
    server = serve_aside(gone, contact_lists=LISTS)
    make_workbook([agentless("A", "vip")])
    main("plan", "campaigns.xlsx", "--out", "plan.json", host=server.url)
    done = main("run", "--plan", "plan.json", "--yes", "--json", host=server.url)
    assert done.json["stopped"] == "it is not as planned any more: 'A' is now Invalid; make a new plan"
    assert held(server) == []


# At full size


async def test_a_thousand_rows_against_three_thousand_campaigns_take_at_most_35_requests(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    names = [f"list-{number:02d}" for number in range(40)]
    server = await serve(contact_lists=[KnownList(name) for name in names], queues=QUEUES)
    body: dict[str, object] = {
        "description": "d",
        "priority": "5",
        "dialingMode": "Agentless",
        "experienceFlowName": "Flow",
        "schedule": {"isSchedulingEnabled": False},
    }
    for number in range(3000):
        server.create({**body, "name": f"Old {number}", "contactLists": [names[number % 40]]})
    rows = [agentless(f"New {number}", names[number % 40]) for number in range(999)]
    rows.append(progressive("Last", "Desk 11", "list-41"))
    stopped = Callbacks(confirm=lambda _: False)
    report = await load(make_workbook(rows), server.url, options=EVERYTHING, callbacks=stopped)
    assert asked(server) == {"list": 30, "contact-lists": 1, "queues": 2}
    assert len(server.requests) <= 35
    assert Counter(ends(report).values()) == {"Not sent": 999, "Invalid": 1}
    assert len(warnings(report)) == 40
    assert "'list-00' is called by rows 2, 42, 82 and 22 more and campaigns 'Old" in warnings(report)[0]


def advice(name: str, *lists: str) -> str:
    jobs = [Job(candidate(2, "A", contact_lists=(name,)), State.OPEN, clear=True, attempts=0)]
    known = [ContactList(it, "Ready", "localDrive", 1) for it in lists]
    (said,) = judge(jobs, Inventory(known, None), None, checks=frozenset(Check))
    return said.right


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("VIP", "perhaps 'vip'"),
        ("v ip", "perhaps 'vip'"),
        ("Gold-US", "perhaps 'Gold US'"),
        ("Gold SU", "perhaps 'Gold US'"),
        ("vip, south", "perhaps 'vip; south': names are separated by ';'"),
        ("vip / Gold US", "perhaps 'vip; Gold US': names are separated by ';'"),
        ("vip and south", "perhaps 'vip; south': names are separated by ';'"),
    ],
)
def test_a_name_is_suggested_where_it_cannot_be_another_list(name: str, right: str) -> None:
    assert advice(name, "vip", "south", "Gold US", "recall-2026-03") == right


@pytest.mark.parametrize("name", ["recall-2026-04", "recall-2026-30", "Gold EU", "vips", "vip, north", "list 1 1"])
def test_a_name_that_may_be_another_list_is_never_suggested(name: str) -> None:
    right = advice(name, "vip", "south", "Gold US", "recall-2026-03", "list 11")
    assert (
        right == "the exact name of a contact list of this account: `campaign-loader template --live` offers them all"
    )


def test_a_few_things_about_the_account_are_reported_at_once_and_the_rest_in_the_results(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = ProgressBar()
    for number in range(8):
        watch.receive(Problem(None, 3, "Contact lists", f"list {number}", "is called by rows 2 and 3"))
    watch.receive(Problem(4, 3, "Contact lists", "vip", "is an empty contact list"))
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 6
    assert told[-1] == "... and more; all of them are in the results workbook"
