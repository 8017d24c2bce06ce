"""What a run created is looked at in the campaign list until none of it is being prepared."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.listing import Listing, by_key
from loader.api.messages import Listed, Shown
from loader.api.retry import growing_pauses
from loader.errors import JournalError, NotSentError
from loader.execution.connection import Stop
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.execution.verify import Clock, Verification, fewest_list_calls
from loader.model.attempt import Attempt
from loader.model.events import Phase
from loader.model.records import Record, Run, Seen, State
from loader.model.row import Gone, Outcome, Status
from loader.planning.plan import RunOptions
from loader.planning.request import LoadRequest, request_of
from loader.planning.watched import Made, Watched, made_by
from loader.sandbox.fault_rules import rule
from loader.storage.journal import Journal
from tests.candidates import candidate
from tests.load_runs import asked, creates, end_of, ends, held
from tests.program import until
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loader.api.campaign_list import Enough
    from loader.execution.report import Report
    from loader.model.events import Event, Waiting
    from loader.sandbox.server import Sandbox
    from tests.conftest import Load, Main, MakeSettings, MakeWorkbook, Serve

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHOWN = Shown(frozenset({"north"}), "Agentless", "3", "Intake")
LONG_AGO = 1000


# When it looks, and how far back


def record_of(key: str, **changes: Any) -> Record:  # noqa: ANN401 - of a record
    usual: dict[str, Any] = {
        "key": key,
        "name": key.upper(),
        "state": State.CREATED,
        "digest": "d",
        "body": b"",
        "clear": True,
        "accepted": False,
        "since": NOON,
        "run": "r1",
        "held_by": "r1",
    }
    sent: dict[str, Any] = {"campaign_id": f"cd-{key}", "campaign_status": "Preparing", "submitted_at": NOON}
    sent |= {name: changes.pop(name) for name in Attempt.__slots__ if name in changes}
    return Record(attempt=Attempt(http_status=200, attempts=1, **sent), **(usual | changes))


class World:
    """A clock that moves when somebody waits, and a list that shows a campaign some seconds after it was created."""

    def __init__(self) -> None:
        self.now = NOON
        self.states: dict[str, Callable[[float], str]] = {}
        self.sorted = True
        self.readings: list[tuple[float, bool]] = []
        """When, and whether the whole list was asked for."""
        self.enough: list[Enough | None] = []
        self.seen: list[Sequence[Seen]] = []
        self.waits: list[Waiting] = []

    @property
    def second(self) -> float:
        return (self.now - NOON).total_seconds()

    async def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def read(self, *, enough: Enough | None = None) -> Listing:
        self.readings.append((self.second, enough is None))
        self.enough.append(enough)
        shown = {name: state for name, tell in self.states.items() if (state := tell(self.second))}
        items = [Listed(f"cd-{name}", name.upper(), state, self.now, SHOWN, self.now) for name, state in shown.items()]
        return Listing(by_key(items), self.now, whole=enough is None or not self.sorted)

    async def look(self, watched: Watched, *, within: float = 120, at_once: bool = False) -> Watched:
        verification = Verification(
            self,  # type: ignore[arg-type]  # all of a list that is asked for
            watched,
            Clock(lambda: self.now, self.pause),
            on_seen=self.seen.append,
            on_wait=self.waits.append,
        )
        await verification.carry_out(within, at_once=at_once)
        return watched


def made(name: str, at: float | None = -LONG_AGO, **changes: Any) -> Made:  # noqa: ANN401 - of an outcome
    outcome = Outcome(
        ord(name[0]),
        name.upper(),
        Status.CREATED,
        attempt=Attempt(
            campaign_id=f"cd-{name}",
            campaign_status="Preparing",
            submitted_at=None if at is None else NOON + at * SECOND,
        ),
        run="r1",
    )
    return Made(replace(outcome, **changes), record_of(name), SHOWN)


def watched(*several: Made) -> Watched:
    return Watched(several, 60 * SECOND)


def ready_after(second: float) -> Callable[[float], str]:
    return lambda now: "Ready" if now >= second else "Preparing"


def gone(_: float) -> str:
    return ""


@pytest.fixture
def world() -> World:
    return World()


def test_pauses_grow_and_fit_several_times_into_the_time_there_is() -> None:
    pauses = growing_pauses(120)
    assert [next(pauses) for _ in range(7)] == [2, 4, 8, 16, 30, 30, 30]


async def test_it_looks_until_none_is_being_prepared(world: World) -> None:
    world.states = {"a": ready_after(0), "b": ready_after(10)}
    seen = await world.look(watched(made("a"), made("b")))
    assert [at for at, _ in world.readings] == [2, 6, 14]
    assert [[it.key for it in one] for one in world.seen] == [["a", "b"], ["b"], ["b"]]
    assert {it.name: it.campaign_status for it in seen.outcomes()} == {"A": "Ready", "B": "Ready"}
    assert [wait.reason for wait in world.waits] == ["campaigns still being prepared: 1; the list is read again"] * 2


async def test_it_looks_at_once_where_they_have_had_time(world: World) -> None:
    world.states = {"a": ready_after(0)}
    await world.look(watched(made("a")), at_once=True)
    assert [at for at, _ in world.readings] == [0]


async def test_it_ends_when_time_is_up(world: World) -> None:
    world.states = {"a": ready_after(1e9)}
    seen = await world.look(watched(made("a")))
    assert [at for at, _ in world.readings] == [2, 6, 14, 30, 60, 90, 120]
    assert seen.preparing == ["cd-a"]


async def test_a_reading_goes_no_further_than_to_the_last_that_matters(world: World) -> None:
    world.states = {"a": ready_after(0), "b": ready_after(5), "c": ready_after(0)}
    await world.look(watched(made("a"), made("b"), made("c")))
    assert world.readings == [(2, False), (6, False)]
    first, second = (enough for enough in world.enough if enough)
    assert (first({"cd-a", "cd-b"}, True), first({"cd-a", "cd-b", "cd-c", "cd-x"}, False)) == (False, True)
    assert (second({"cd-a", "cd-c"}, True), second({"cd-b"}, True)) == (False, True)


# What is missing


async def test_one_has_vanished_when_two_whole_readings_a_settle_time_apart_do_not_show_it(world: World) -> None:
    world.states = {"a": ready_after(0), "b": gone}
    seen = await world.look(watched(made("a"), made("b")))
    assert world.readings == [(2, False), (6, True), (66, True)]
    assert seen.gone == {"cd-b"}
    assert world.seen[-1] == [Seen("b", "cd-b", None, None, Gone.VANISHED)]
    [_, outcome] = seen.outcomes()
    assert (outcome.shown_status, outcome.status) == ("Vanished", Status.CREATED)
    assert outcome.message == (
        "campaign cd-b was created, and the server does not have it any more; "
        "to create it once more, run with --recreate 'B'"
    )


async def test_what_is_missing_is_looked_for_though_time_is_up(world: World) -> None:
    world.states = {"a": gone}
    seen = await world.look(watched(made("a")), within=10)
    assert seen.gone == {"cd-a"}
    assert world.second > 60


async def test_a_list_that_lags_makes_none_vanish(world: World) -> None:
    world.states = {"a": lambda now: "Ready" if now >= 50 else ""}
    seen = await world.look(watched(made("a")))
    assert (seen.gone, seen.missing) == (set(), {})


async def test_while_others_are_being_prepared_no_further_whole_list_is_read_before_it_can_prove_something(
    world: World,
) -> None:
    world.states = {"a": gone, "b": ready_after(40)}
    seen = await world.look(watched(made("a", -500), made("b")))
    assert [at for at, whole in world.readings if whole] == [6, 66]
    assert len(world.readings) > 4
    assert seen.gone == {"cd-a"}


async def test_one_that_was_seen_and_then_is_not_has_vanished_by_the_same_proof(world: World) -> None:
    world.states = {"a": lambda now: "Preparing" if now < 5 else ""}
    seen = await world.look(watched(made("a")))
    assert seen.gone == {"cd-a"}
    whole = [at for at, whole in world.readings if whole]
    assert whole[-1] - whole[0] >= 60


async def test_whole_readings_close_together_prove_nothing(world: World) -> None:
    world.sorted = False
    world.states = {"a": gone, "b": ready_after(40)}
    await world.look(watched(made("a"), made("b")))
    at = [at for at, _ in world.readings]
    assert (at[:4], at[-1] - at[0]) == ([2, 6, 14, 30], 60)


async def test_a_list_in_another_order_is_whole_each_time(world: World) -> None:
    world.sorted = False
    world.states = {"a": gone}
    await world.look(watched(made("a")))
    assert [at for at, _ in world.readings] == [2, 62]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, NOON),
        ({"has_run": True, "campaign_status": "Active"}, None),
        ({"updated_at": NOON + timedelta(hours=1)}, None),
        ({"shown": replace(SHOWN, priority="5")}, None),
    ],
    ids=["unmodified", "started", "edited", "not as sent"],
)
def test_the_last_change_is_remembered_of_those_alone_that_nobody_has_touched(
    changes: dict[str, Any], kept: datetime | None
) -> None:
    # or `undo` would take what somebody did in between for the campaign's own becoming ready
    item = replace(Listed("cd-a", "A", "Ready", NOON, SHOWN, NOON), **changes)
    [seen] = watched(made("a")).take(Listing(by_key([item]), NOON))
    assert (seen.campaign_status, seen.updated_at) == (item.campaign_status, kept)


# Which


ROW: dict[str, Any] = {"contact_lists": ("north",), "priority": 3, "experience_flow": "Intake"}  # as SHOWN has it
RUN = Run("r1", "acc", "app", "kim", 1, "a.xlsx", "d1", {}, NOON)


@pytest.mark.parametrize(
    ("changes", "of_record"),
    [
        ({"run": "r0"}, {}),
        ({"status": Status.ALREADY_EXISTS}, {}),
        ({"attempt": Attempt()}, {"campaign_id": None}),
        ({}, {"campaign_id": "cd-anew"}),
        ({}, {"state": State.OPEN}),
        ({}, {"digest": "another"}),
    ],
    ids=["of another run", "not created", "without an id", "created anew since", "deleted since", "edited since"],
)
def test_only_what_this_run_created_and_still_stands_is_looked_at(
    changes: dict[str, Any], of_record: dict[str, Any]
) -> None:
    candidates = [candidate(ord(key), key.upper(), digest="d", **ROW) for key in "ab"]
    outcomes = [made("a").outcome, replace(made("b").outcome, **changes)]
    records = {"a": record_of("a", message="found"), "b": record_of("b", **of_record)}
    [one] = made_by(RUN, outcomes, candidates, records)
    assert (one.record, one.shown) == (records["a"], SHOWN)


@pytest.mark.parametrize(
    ("created", "calls"),
    [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)],
)
def test_looking_once_takes_as_many_pages_as_show_the_oldest(created: int, calls: int) -> None:
    assert fewest_list_calls(created) == calls


# At the end of a run


def statuses(report: Report) -> dict[str, str | None]:
    return {outcome.name: outcome.shown_status for outcome in report.outcomes}


async def test_a_run_ends_with_its_campaigns_ready(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0.3)
    received: list[Event] = []
    report = await load(make_workbook(["A", "B"]), server.url, callbacks=Callbacks(received.append), verify_seconds=20)
    assert statuses(report) == {"A": "Ready", "B": "Ready"}
    assert (report.exit_code, report.remarks) == (0, [])
    assert Phase("looking at what was created") in received
    assert [it["Campaign status"] for it in read_results(report.results)] == ["Ready", "Ready"]
    assert [it.campaign_status for it in journal.outcomes(report.run.id)] == ["Ready", "Ready"]
    for key in "ab":
        record = journal.records(report.run.application)[key]
        assert (record.campaign_status, record.updated_at is not None) == ("Ready", True)
    assert report.run.requests == sum(asked(server).values())


async def test_one_walk_serves_all_of_them(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve(prepare_seconds=0, largest_list_limit=10)
    names = [f"Campaign {number:02}" for number in range(20)]
    report = await load(make_workbook(names), server.url, options={"preflight": False}, verify_seconds=1)
    assert set(statuses(report).values()) == {"Ready"}
    assert asked(server) == {"create": 20, "list": 2}


async def test_a_run_that_created_nothing_looks_at_nothing(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused"))
    await load(make_workbook(["A"]), server.url)
    before = asked(server)
    report = await load(make_workbook(["A", "B"]), server.url, verify_seconds=1)
    assert ends(report) == {"A": "Created", "B": "Rejected"}
    assert asked(server) - before == {"list": 1, "create": 1}


async def test_0_turns_it_off(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    report = await load(make_workbook(["A"]), server.url, verify_seconds=0)
    assert (statuses(report), asked(server)) == ({"A": "Preparing"}, {"list": 1, "create": 1})


async def test_a_campaign_that_vanished_is_loud_and_never_sent_again_by_itself(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="vanish"), prepare_seconds=0)
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url, verify_seconds=1)
    assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Created"}, 5)
    assert statuses(report) == {"A": "Ready", "B": "Vanished"}
    lost = end_of(report, "B")
    said = (
        f"campaign {lost.campaign_id} was created, and the server does not have it any more; "
        "to create it once more, run with --recreate 'B'"
    )
    assert lost.message == said
    assert [it["Message"] for it in read_results(report.results)] == [None, said]
    summary = "1 campaign was created, and the server does not have it any more: Campaign status Vanished"
    assert summary in [cell for line in read_results(report.results, "Summary") for cell in line.values()]
    record = journal.records(report.run.application)["b"]
    assert (record.state, record.gone) == (State.CREATED, "Vanished")
    again = await load(sheet, server.url)
    assert (again.exit_code, again.run.requests, end_of(again, "B").message) == (5, 0, said)
    assert creates(server) == {"A": 1, "B": 1}
    anew = await load(sheet, server.url, run_options=RunOptions(recreate=frozenset({"a", "b"})), verify_seconds=1)
    assert (anew.exit_code, statuses(anew)) == (0, {"A": "Ready", "B": "Ready"})
    assert creates(server) == {"A": 1, "B": 2}
    again = await load(sheet, server.url, run_options=RunOptions(recreate=frozenset({"a", "b"})))
    assert (again.exit_code, creates(server)) == (0, {"A": 1, "B": 2})


async def test_a_campaign_that_stays_in_preparation_is_reported_with_the_way_to_look_again(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="stuck"), prepare_seconds=0)
    report = await load(make_workbook(["A", "B"]), server.url, verify_seconds=0.5)
    assert statuses(report) == {"A": "Ready", "B": "Preparing"}
    assert report.remarks == [
        f"1 campaign was still being prepared when last looked at; `campaign-loader verify {report.run.id}` looks again"
    ]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("priority", "5", "Priority '5' instead of '3'"),
        ("experienceFlowName", "Another", "Experience flow 'Another' instead of 'Renewal intake'"),
        ("contactLists", ["x"], "Contact lists 'x' instead of 'renewals-north; renewals-west'"),
        ("name", "Else", "Campaign name 'Else' instead of 'A'"),
    ],
)
async def test_a_campaign_that_is_listed_otherwise_than_it_was_sent_is_reported(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, field: str, value: object, *, said: str
) -> None:
    server = await serve(rule(operation="create", name="A", action="alter", field=field, value=value))
    report = await load(make_workbook(["A", "B"]), server.url, verify_seconds=1)
    assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Created"}, 4)
    assert end_of(report, "A").message == f"the server has other values than were sent: {said}"
    assert [it.name for it in report.mismatches] == ["A"]
    assert len(read_results(report.results, "Problems")) == 1


@pytest.mark.parametrize("fault", [{"action": "refused", "status": 403}, {"action": "garbled"}], ids=str)
async def test_a_list_that_cannot_be_read_changes_nothing_about_the_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, fault: dict[str, Any]
) -> None:
    server = await serve(rule(operation="list", **fault))
    report = await load(make_workbook(["A"]), server.url, options={"preflight": False}, verify_seconds=1)
    assert (ends(report), report.exit_code, report.halted) == ({"A": "Created"}, 0, None)
    [remark] = report.remarks
    assert remark.startswith("not all that was created has been looked at: ")
    assert remark.endswith(f"; `campaign-loader verify {report.run.id}` does that")
    assert report.run.requests == sum(asked(server).values())


async def test_a_journal_that_cannot_be_written_meanwhile_changes_nothing_either(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("the disk is full")

    server = await serve(prepare_seconds=0)
    monkeypatch.setattr(Journal, "observe", broken)
    report = await load(make_workbook(["A"]), server.url, verify_seconds=1)
    assert (ends(report), report.exit_code) == ({"A": "Created"}, 0)
    assert "the disk is full" in report.remarks[0]


async def test_a_run_that_gave_up_does_not_go_on_with_looking(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused", status=401))
    report = await load(make_workbook(["A", "B"]), server.url, concurrency=1, verify_seconds=1)
    assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Not sent"}, 6)
    assert asked(server)["list"] == 1


async def test_a_stop_ends_the_look_at_once_and_what_was_seen_counts(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="B", action="stuck"), prepare_seconds=0)
    stop = Stop()
    running = asyncio.create_task(load(make_workbook(["A", "B"]), server.url, stop=stop, verify_seconds=3000))
    application = f"st-demo at {server.url}"
    await until(lambda: len(held(server)) == 2)
    await asyncio.sleep(0.2)
    stop.ask("stopped by Ctrl-C")
    async with asyncio.timeout(10):
        report = await running
    assert (ends(report), report.halted) == ({"A": "Created", "B": "Created"}, None)
    assert report.remarks[0].startswith("not all that was created has been looked at: stopped by Ctrl-C")
    assert journal.records(application)["a"].state is State.CREATED


async def test_a_found_campaign_keeps_what_was_reported_of_it(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="A", times=1, action="reset-after-creating"), prepare_seconds=0)
    report = await load(make_workbook(["A"]), server.url, timeout_seconds=0.5, verify_seconds=1)
    assert (statuses(report), end_of(report, "A").message) == (
        {"A": "Ready"},
        "the answer was lost; the campaign was found in the campaign list",
    )


async def test_a_plan_counts_what_comparing_and_looking_take(
    serve: Serve, make_workbook: MakeWorkbook, make_settings: MakeSettings, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    sheet = make_workbook([f"Campaign {number:02}" for number in range(21)])
    load_request, settings = LoadRequest(sheet.name, sheet.read_bytes()), make_settings(server.url, verify_seconds=1)
    forecast = await LoadRun(load_request, settings, journal, Callbacks()).forecast()
    assert (forecast.requests.canary, forecast.requests.verification) == (2, 1)
    planned = len(server.requests)
    await LoadRun(load_request, settings, journal, Callbacks()).load()
    assert forecast.requests.total == len(server.requests) - planned


# Later


async def verified(run: Run, make_settings: MakeSettings, server: Sandbox, journal: Journal) -> Report:
    settings = make_settings(server.url)
    return await LoadRun(request_of(run, journal.workbook(run.digest)), settings, journal, Callbacks()).verify(run)


async def test_a_run_can_be_looked_at_later_and_its_results_are_written_anew(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings, *, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="B", action="refused"), prepare_seconds=0)
    report = await load(make_workbook(["A", "B", row("C", Priority=9)]), server.url)
    assert statuses(report)["A"] == "Preparing"
    later = await verified(report.run, make_settings, server, journal)
    assert ends(later) == ends(report)
    assert statuses(later)["A"] == "Ready"
    assert (later.exit_code, later.run.ended_at) == (report.exit_code, report.run.ended_at)
    assert later.results != report.results
    assert read_results(later.results)[0]["Campaign status"] == "Ready"
    assert (later.run.requests, asked(server)) == (4, {"list": 2, "create": 2})
    assert journal.outcomes(report.run.id)[0].campaign_status == "Ready"
    assert journal.runs()[0].requests == 4


async def test_looking_again_says_the_same_once(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings, *, journal: Journal
) -> None:
    server = await serve(rule(operation="create", action="alter", field="priority", value="5"), prepare_seconds=0)
    report = await load(make_workbook(["A"]), server.url, options={"canary": 1})
    for _ in range(2):
        report = await verified(report.run, make_settings, server, journal)
        assert end_of(report, "A").message == "the server has other values than were sent: Priority '5' instead of '3'"
        assert report.exit_code == 4


async def test_what_was_created_anew_by_another_run_is_not_this_runs(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings, *, journal: Journal
) -> None:
    server = await serve(rule(operation="create", times=1, action="vanish"), prepare_seconds=0)
    first = await load(make_workbook(["A"]), server.url)
    second = await load(
        make_workbook([row("A", Priority=1)]), server.url, run_options=RunOptions(recreate=frozenset({"a"}))
    )
    assert ends(second) == {"A": "Created"}
    walked = asked(server)["list"]
    report = await verified(first.run, make_settings, server, journal)
    assert (report.exit_code, asked(server)["list"]) == (0, walked)
    assert journal.records(first.run.application)["a"].campaign_status == "Preparing"


async def test_a_list_that_cannot_be_read_later_is_what_the_command_ends_with(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings, *, journal: Journal
) -> None:
    server = await serve(rule(operation="list", action="server-error"))
    report = await load(make_workbook(["A"]), server.url, options={"preflight": False})
    settings = make_settings(server.url, patience_seconds=0.1)
    load_run = LoadRun(request_of(report.run, journal.workbook(report.run.digest)), settings, journal, Callbacks())
    later = await load_run.verify(report.run)
    assert (ends(later), later.exit_code) == ({"A": "Created"}, 5)
    assert later.halted is not None
    assert not isinstance(later.halted, NotSentError)


async def test_a_run_that_was_killed_stays_one_that_can_be_resumed(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings, *, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    report = await load(make_workbook(["A", "B"]), server.url, run_options=RunOptions(limit=1))
    with journal.carrying_out(replace(report.run, ended_at=None), b"PK"):
        pass
    [run] = journal.runs()
    later = await verified(run, make_settings, server, journal)
    assert (ends(later), statuses(later)["A"]) == ({"A": "Created", "B": "Not sent"}, "Ready")
    assert journal.runs()[0].ended_at is None


def test_on_the_command_line_it_is_the_last_run_that_created_something(
    serve_aside: Serve, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(
        rule(operation="create", name="B", action="vanish"),
        rule(operation="create", name="C", action="stuck"),
        prepare_seconds=0,
    )
    make_workbook(["A", "B", "C"])
    done = main("verify", "--json", host=server.url)
    assert (done.code, done.json["error"][:42]) == (2, "the journal has no run with created campai")
    run = main("run", "--yes", "campaigns.xlsx", "--json", host=server.url).json
    assert (run["exit_code"], run["remarks"]) == (0, [])
    done = main("verify", host=server.url, LOADER_VERIFY_SECONDS="0.3")
    assert done.code == 5
    lines = done.out.splitlines()
    assert lines[0] == "3 rows of campaigns.xlsx: 3 created"
    assert lines[1].startswith("1 campaign was created, and the server does not have it any more")
    assert lines[2] == (
        f"1 campaign was still being prepared when last looked at; `campaign-loader verify {run['run']}` looks again"
    )
    assert lines[3].startswith("  row 3 B: Created - campaign cd-")
    assert "looking at what was created" in done.err
    done = main("verify", run["run"], "--json", host=server.url, LOADER_VERIFY_SECONDS="0.3")
    assert (done.code, done.json["run"], len(done.json["remarks"])) == (5, run["run"], 2)
    assert main("show", run["run"], "--json").json["rows"][1]["campaign_status"] == "Vanished"
    make_workbook(["A", "B", "C"], file="again.xlsx")
    later = main("run", "--yes", "again.xlsx", "--json", host=server.url).json
    assert (later["run"] != run["run"], later["counts"], later["requests"]) == (True, {"Created": 3}, 0)
    done = main("verify", "--json", host=server.url, LOADER_VERIFY_SECONDS="0.3")
    assert (done.code, done.json["run"]) == (5, run["run"])


def test_with_api_v2_it_looks_just_the_same(serve_aside: Serve, main: Main, make_workbook: MakeWorkbook) -> None:
    server = serve_aside(prepare_seconds=0)
    make_workbook([row("A", DNC_list="Do not call"), row("B", DNC_list="Do not call")])
    environment = {"KORE_API_VERSION": "v2", "LOADER_VERIFY_SECONDS": "1"}
    run = main("run", "--yes", "campaigns.xlsx", "--json", "--canary", "2", host=server.url, **environment)
    assert (run.code, run.json["differences"]) == (0, [])
    shown = main("show", run.json["run"], "--json").json["rows"]
    assert [it["campaign_status"] for it in shown] == ["Ready", "Ready"]
