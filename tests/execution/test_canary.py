"""The first rows go alone, and are read back and compared, before all the others follow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import MagicMock

import pytest

from loader.errors import CanaryError, RejectedError
from loader.execution.canary import canary_requests, canary_size
from loader.execution.connection import Stop
from loader.execution.send_loop import SendLoop
from loader.execution.send_request import Callbacks
from loader.execution.sender import Sender
from loader.model.records import State
from loader.model.row import Outcome
from loader.planning.plan import Job
from loader.sandbox.fault_rules import rule
from tests.candidates import candidate
from tests.load_runs import asked, creates, end_of, ends, held
from tests.program import until
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from loader.execution.report import Report
    from loader.model.events import Event
    from loader.sandbox.server import Sandbox
    from loader.storage.journal import Journal
    from tests.conftest import Load, Main, MakeWorkbook, Serve

MANY = [f"Campaign {number:02}" for number in range(21)]
FIRST = MANY[0]
MODES: dict[str, dict[str, object]] = {
    "Agentless": {"Machine detection": "yes"},
    "Progressive": {"Dialing mode": "Progressive", "Experience flow": None, "Queue": "Renewals desk"},
    "Preview": {"Dialing mode": "Preview", "Experience flow": None, "Queue": "Renewals desk", "Max skips": 2},
}
OTHERWISE: dict[str, Any] = {
    "name": "Another name",
    "description": "Other words",
    "contactLists": ["renewals-north"],
    "priority": "5",
    "dialingMode": "Progressive",
    "dialingStrategy.callerId.phoneNumber": "+442079460019",
    "dialingStrategy.callingHours.frequency": "DAILY",
    "dialingStrategy.callingHours.timezone": "Europe/Paris",
    "dialingStrategy.callingHours.days.0.day": "SU",
    "dialingStrategy.callingHours.days.0.start": "9:05 AM",
    "dialingStrategy.callingHours.days.0.end": "6:05 PM",
    "dialingStrategy.dialingOrder": "LIFO",
    "dialingStrategy.maxAttemptsPerRecord": 4,
    "dialingStrategy.defaultRetryPeriod": 61,
    "dialingStrategy.maxRingTime": 31,
    "schedule.isSchedulingEnabled": True,
    "experienceFlowName": "Another flow",
    "enableMachineDetect": False,
    "queue_name": "Another queue",
    "maxSkips": 3,
}
OF_AGENTLESS = [field for field in OTHERWISE if field not in ("queue_name", "maxSkips")]
CASES = [
    *[("Agentless", field) for field in OF_AGENTLESS],
    ("Progressive", "queue_name"),
    ("Preview", "queue_name"),
    ("Preview", "maxSkips"),
]


def rows_of(mode: str) -> list[dict[str, object]]:
    return [{**row(name), **MODES[mode]} for name in MANY[:3]]


def told_first(report: Report) -> Outcome:
    return end_of(report, FIRST)


# When, and how many


@pytest.mark.parametrize(
    ("asked_for", "to_send", "size", "requests"),
    [
        (None, 0, 0, 0),
        (None, 20, 0, 0),
        (None, 21, 1, 2),
        (None, 5000, 1, 2),
        (0, 5000, 0, 0),
        (1, 1, 1, 2),
        (3, 2, 2, 3),
        (3, 5, 3, 4),
    ],
)
def test_one_of_more_than_twenty_goes_first_unless_another_number_is_asked_for(
    asked_for: int | None, to_send: int, size: int, requests: int
) -> None:
    assert canary_size(asked_for, to_send) == size
    assert canary_requests(asked_for, to_send) == requests


async def test_the_first_of_many_rows_is_created_alone_read_back_and_the_others_follow(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    report = await load(make_workbook(MANY), server.url)
    assert (ends(report), report.exit_code) == (dict.fromkeys(MANY, "Created"), 0)
    assert [it.operation for it in server.requests[:5]] == ["list", "create", "get", "list", "create"]
    assert asked(server) == {"list": 2, "create": 21, "get": 1}
    assert report.run.requests == 24
    # how the server showed it, so that a later change can be told
    records = journal.records(report.run.application)
    assert [key for key, record in records.items() if record.updated_at is not None] == [FIRST.lower()]


@pytest.mark.parametrize(("rows", "canary"), [(20, None), (21, 0)])
async def test_few_rows_are_not_compared_and_many_are_not_if_nobody_wants_it(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, rows: int, canary: int | None
) -> None:
    server = await serve()
    report = await load(make_workbook(MANY[:rows]), server.url, options={"canary": canary})
    assert asked(server) == {"list": 1, "create": rows}
    assert report.exit_code == 0


async def test_a_setting_says_how_many_go_first_where_the_run_does_not(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook(MANY), server.url, canary=0)
    assert asked(server)["get"] == 0
    await load(make_workbook([f"Other {number}" for number in range(21)]), server.url, canary=3)
    assert asked(server)["get"] == 3
    await load(make_workbook(["One", "Two", "Three"]), server.url, options={"canary": 1}, canary=3)
    assert asked(server)["get"] == 4


async def test_a_number_that_is_asked_for_is_kept_with_the_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    sheet = make_workbook(MANY[:5])
    first = await load(sheet, server.url, options={"canary": 2})
    assert asked(server) == {"list": 2, "create": 5, "get": 2}
    assert first.run.options["canary"] == 2
    await load(sheet, server.url)
    assert "canary" not in journal.runs()[0].options  # as in journals of before


# What differs stops the run


@pytest.mark.parametrize(("mode", "field"), CASES)
async def test_a_server_that_changes_a_field_is_caught_after_one_create(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, mode: str, field: str
) -> None:
    server = await serve(rule(operation="create", action="alter", field=field, value=OTHERWISE[field]))
    report = await load(make_workbook(rows_of(mode)), server.url, options={"canary": 1})
    assert asked(server)["create"] == 1
    assert list(ends(report).values()) == ["Created", "Not sent", "Not sent"]
    assert isinstance(report.halted, CanaryError)
    assert report.exit_code == 4
    assert {(it.row, it.name) for it in report.mismatches} == {(2, FIRST)}
    assert all(it.sent != it.found for it in report.mismatches)


@pytest.mark.parametrize("mode", MODES)
async def test_a_server_that_changes_nothing_stops_no_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, mode: str
) -> None:
    server = await serve()
    report = await load(make_workbook(rows_of(mode)), server.url, options={"canary": 3})
    assert (set(ends(report).values()), report.mismatches, report.exit_code) == ({"Created"}, [], 0)


async def test_what_differs_stands_in_the_results_at_its_cell_and_the_next_run_sends_the_others(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", times=1, action="alter", field="priority", value="5"))
    sheet = make_workbook(MANY)
    report = await load(sheet, server.url)
    assert str(report.halted) == (
        "the first campaign is not on the server as sent, so no more were sent; "
        "`--canary 0` or LOADER_CANARY=0 sends the others all the same"
    )
    first, second, *_ = report.outcomes
    said = "the server has other values than were sent: Priority '5' instead of '3'"
    assert (first.status.value, first.message, first.campaign_id) == ("Created", said, server.campaigns[0].id)
    assert (second.status.value, second.message) == ("Not sent", str(report.halted))
    assert read_results(report.results)[0]["Message"] == said
    [problem] = read_results(report.results, "Problems")
    assert (problem["Cell"], problem["Header"], problem["Value seen"]) == ("D2", "Priority", "3")
    assert problem["What is wrong"] == f"was sent, and campaign {first.campaign_id} has '5' on the server"
    record = journal.records(report.run.application)[FIRST.lower()]
    assert (record.state, record.message) == (State.CREATED, said)
    again = await load(sheet, server.url, options={"canary": 0})
    assert ends(again) == dict.fromkeys(MANY, "Created")
    assert told_first(again).message == said
    assert creates(server) == dict.fromkeys(MANY, 1)


async def test_all_that_go_first_are_compared_before_the_run_stops(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", every=2, action="alter", field="priority", value="5"))
    report = await load(make_workbook(MANY[:9]), server.url, options={"canary": 4}, concurrency=1)
    assert asked(server)["create"] == 4
    assert [it.name for it in report.mismatches] == [MANY[1], MANY[3]]
    assert str(report.halted).startswith("of the first 4 campaigns 2 are not on the server as sent")


async def test_where_the_first_rows_are_rejected_the_next_ones_go_first(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        *(rule(operation="create", name=name, action="refused") for name in MANY[:3]),
        rule(operation="create", name=MANY[3], action="alter", field="priority", value="5"),
    )
    report = await load(make_workbook(MANY[:8]), server.url, options={"canary": 1})
    assert list(ends(report).values()) == [*["Rejected"] * 3, "Created", *["Not sent"] * 4]
    assert asked(server)["get"] == 1


async def test_rows_that_are_all_rejected_leave_nothing_to_compare(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="refused"))
    report = await load(make_workbook(MANY[:4]), server.url, options={"canary": 2})
    assert set(ends(report).values()) == {"Rejected"}
    assert asked(server) == {"list": 1, "create": 4}


# Lost answers


async def test_a_first_row_whose_answer_is_lost_is_looked_up_and_then_compared(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name=FIRST, times=1, action="reset-after-creating"),
        rule(operation="create", name=FIRST, action="alter", field="priority", value="5"),
    )
    report = await load(make_workbook(MANY), server.url, timeout_seconds=0.5)
    assert ends(report) == dict.fromkeys(MANY, "Created")
    assert creates(server) == dict.fromkeys(MANY, 1)
    names = [it.name for it in server.requests if it.operation == "create"]
    at = [it.operation for it in server.requests].index("get")
    assert [it.name for it in server.requests[:at] if it.operation == "create"] == names[:1] == [FIRST]


async def test_old_doubts_are_not_waited_for_and_are_handled_all_the_same(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="Old", times=1, action="reset-after-reading"))
    stop = Stop()
    first = asyncio.create_task(load(make_workbook(["Old"]), server.url, stop=stop, timeout_seconds=30))
    await until(lambda: asked(server)["create"])
    await asyncio.sleep(0.1)
    stop.ask("stopped by Ctrl-C")
    assert ends(await first) == {"Old": "Unknown"}
    report = await load(make_workbook(["Old", *MANY]), server.url, timeout_seconds=1.5)
    assert ends(report) == dict.fromkeys(["Old", *MANY], "Created")
    order = [it.name for it in server.requests if it.operation == "create"]
    assert (order[0], order[1], order[-1]) == ("Old", FIRST, "Old")
    assert journal.records(report.run.application)["old"].state is State.CREATED


async def test_an_old_doubt_that_is_to_be_sent_after_all_waits_until_the_first_have_gone() -> None:
    class Client:
        sent: ClassVar[list[str]] = []

        async def create(self, _: bytes, *, name: str) -> None:
            self.sent.append(name)
            if name == "First":
                loop._reopen([job_of("Old")])
            raise RejectedError("no", status=400)

    def job_of(name: str) -> Job:
        return Job(candidate(2, name), State.OPEN, clear=True, attempts=0)

    client, nothing = Client(), MagicMock(group=1, is_handling=lambda _: False)
    nothing.claim = lambda intents: [MagicMock(key=intent.key) for intent in intents]
    sender = Sender(client, nothing, MagicMock(), now=MagicMock())  # type: ignore[arg-type]
    loop = SendLoop(sender, nothing, 1, on_wait=MagicMock())
    await loop.send([job_of("First")], alone=True)
    assert client.sent == ["First"]
    await loop.send([job_of("Second")])
    assert client.sent == ["First", "Second", "Old"]


# Reading back fails


async def test_reading_back_is_tried_again_after_what_passes(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="get", nth=1, action="server-error"),
        rule(operation="get", nth=2, action="reset-after-reading"),
        rule(operation="get", nth=3, action="garbled"),
    )
    report = await load(make_workbook(MANY), server.url)
    assert (set(ends(report).values()), report.exit_code) == ({"Created"}, 0)
    assert asked(server)["get"] >= 4


async def test_reading_back_is_given_up_when_patience_ends(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="get", action="server-error"))
    report = await load(make_workbook(MANY), server.url, patience_seconds=0.2)
    assert creates(server) == {FIRST: 1}
    assert str(report.halted) == (
        "the first campaign cannot be compared with what was sent: the request could not be completed (HTTP 500); "
        "`--canary 0` or LOADER_CANARY=0 sends the others without comparing"
    )
    assert report.exit_code == 4


async def test_a_campaign_that_cannot_be_read_yet_is_waited_for(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="get", times=2, action="refused", status=404))
    report = await load(make_workbook(MANY), server.url, settle_seconds=30)
    assert (set(ends(report).values()), asked(server)["get"]) == ({"Created"}, 3)


@pytest.mark.parametrize(("status", "times"), [(404, 3), (400, 1)])
async def test_a_campaign_that_cannot_be_read_stops_the_run_and_the_way_on_is_named(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, status: int, times: int
) -> None:
    server = await serve(rule(operation="get", action="refused", status=status))
    report = await load(make_workbook(MANY), server.url)
    assert creates(server) == {FIRST: 1}
    assert asked(server)["get"] >= times
    assert f"campaign {server.campaigns[0].id} of row 2 cannot be read back: " in str(report.halted)
    assert str(report.halted).endswith("`--canary 0` or LOADER_CANARY=0 sends the others without comparing")
    assert (told_first(report).status.value, report.exit_code) == ("Created", 4)


async def test_refused_credentials_stop_it_as_they_do_elsewhere(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="get", action="refused", status=403))
    report = await load(make_workbook(MANY), server.url)
    assert (creates(server), report.exit_code) == ({FIRST: 1}, 6)


async def test_a_list_that_cannot_be_sorted_is_compared_later(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="list", nth=2, action="refused"))
    report = await load(make_workbook(MANY), server.url)
    assert (set(ends(report).values()), asked(server)["get"]) == ({"Created"}, 1)


# Stopped meanwhile


async def stopped_at(operation: str, server: Sandbox, load: Load, make_workbook: MakeWorkbook, **how: Any) -> Report:  # noqa: ANN401 - as for `load`
    """A run that is stopped when this has been asked for."""
    stop = Stop()
    running = asyncio.create_task(load(make_workbook(MANY), server.url, stop=stop, **how))
    await until(lambda: asked(server)[operation])
    await asyncio.sleep(0.05)
    stop.ask("stopped by Ctrl-C")
    async with asyncio.timeout(10):
        return await running


async def test_a_stop_while_it_waits_for_the_first_campaign_to_be_readable_ends_it_at_once(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="get", action="refused", status=404))
    report = await stopped_at("get", server, load, make_workbook, settle_seconds=3000)
    assert (creates(server), str(report.halted)) == ({FIRST: 1}, "stopped by Ctrl-C")
    assert (told_first(report).status.value, end_of(report, MANY[1]).status.value) == ("Created", "Not sent")


async def test_a_stop_while_the_first_row_is_being_sent_lets_it_finish_and_no_other_follow(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.5))
    report = await stopped_at("create", server, load, make_workbook)
    assert (held(server), asked(server)["get"]) == ([FIRST], 0)
    assert told_first(report).status.value == "Created"


async def test_a_stop_after_the_first_row_is_obeyed_as_ever(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.05))
    stop, seen = Stop(), set[str]()

    def receive(event: Event) -> None:
        if isinstance(event, Outcome):
            seen.add(event.name)
            if len(seen) == 3:
                stop.ask("stopped by Ctrl-C")

    report = await load(make_workbook(MANY), server.url, callbacks=Callbacks(receive), stop=stop)
    assert set(ends(report).values()) == {"Created", "Not sent"}
    assert len(held(server)) == list(ends(report).values()).count("Created")


# On the command line


def test_what_differs_is_reported_in_a_table_and_with_json_as_objects(
    serve_aside: Serve, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(rule(operation="create", times=2, action="alter", field="priority", value="5"))
    make_workbook(MANY[:3])
    done = main("run", "--yes", "campaigns.xlsx", "--canary", "1", host=server.url)
    assert done.code == 4
    headers, values = [line.split("  ") for line in done.out.splitlines() if line.startswith(("Campaign ", FIRST))]
    assert [it.strip() for it in headers if it] == ["Campaign", "Column", "Sent", "On the server"]
    assert [it.strip() for it in values if it] == [FIRST, "Priority", "3", "5"]
    done = main("run", "--yes", "campaigns.xlsx", "--canary", "1", "--json", host=server.url)
    assert (done.code, done.json["exit_code"]) == (4, 4)
    assert done.json["stopped"].startswith("the first campaign is not on the server as sent")
    assert done.json["differences"] == [
        {
            "sheet": None,
            "row": 3,
            "name": MANY[1],
            "campaign_id": server.campaigns[1].id,
            "header": "Priority",
            "sent": "3",
            "found": "5",
        }
    ]
    done = main("resume", "--yes", "--canary", "0", "--json", host=server.url)
    assert (done.code, done.json["counts"], done.json["differences"]) == (0, {"Created": 3}, [])
