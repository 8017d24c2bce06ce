"""A refusal for want of permission: one row's stays with its row, everyone's stops the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from loader.errors import RefusedError
from loader.model.records import State
from loader.planning.plan import RunOptions
from loader.sandbox.fault_rules import rule
from tests.load_runs import creates, end_of, ends, held

if TYPE_CHECKING:
    from loader.sandbox.faults import Rule
    from loader.storage.journal import Journal
    from tests.conftest import Load, MakeWorkbook, Serve

FORBIDDEN: dict[str, Any] = {"action": "refused", "status": 403}
CALLER_ID: dict[str, Any] = {
    "action": "answer",
    "status": 400,
    "body": json.dumps({"message": "Caller ID +15101234567 is not allowed to be used"}),
}


def refused(*names: str, **how: Any) -> list[Rule]:  # noqa: ANN401 - keys of a rule
    return [rule(operation="create", name=name, **(how or FORBIDDEN)) for name in names]


@pytest.mark.parametrize("how", [FORBIDDEN, CALLER_ID], ids=["403", "400"])
@pytest.mark.parametrize(("name", "workers"), [("A", 1), ("B", 1), ("D", 1), ("A", 4), ("D", 4)])
async def test_one_row_that_is_not_allowed_is_rejected_wherever_it_stands_and_all_others_are_created(
    name: str, workers: int, how: dict[str, Any], serve: Serve, load: Load, *, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused(name, **how))
    sheet = make_workbook(["A", "B", "C", "D"])
    report = await load(sheet, server.url, concurrency=workers)
    assert ends(report) == {**dict.fromkeys("ABCD", "Created"), name: "Rejected"}
    assert (report.exit_code, report.halted) == (4, None)
    assert (end_of(report, name).http_status, end_of(report, name).attempts) == (how["status"], 1)
    assert f"(HTTP {how['status']})" in end_of(report, name).message
    again = await load(sheet, server.url)
    assert ends(again) == ends(report)
    # each refused request is made once more, with a new token
    assert creates(server) == {**dict.fromkeys("ABCD", 1), name: 2}


async def test_a_row_rejected_so_is_sent_again_when_asked_for(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", times=2, **FORBIDDEN))
    sheet = make_workbook(["A", "B"])
    await load(sheet, server.url)
    report = await load(sheet, server.url, run_options=RunOptions(retry_rejected=True))
    assert (ends(report), held(server)) == ({"A": "Created", "B": "Created"}, ["A", "B"])


async def test_many_rows_that_are_not_allowed_stop_nobody_while_others_get_through_between_them(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused("A", "B", "D", "E", "G"))
    report = await load(make_workbook(list("ABCDEFG")), server.url, concurrency=1)
    assert ends(report) == {**dict.fromkeys("ABDEG", "Rejected"), "C": "Created", "F": "Created"}
    assert report.exit_code == 4


async def test_a_row_refused_for_its_values_shows_that_rows_are_looked_at(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused("A", "B"), *refused("C", action="refused", status=422))
    report = await load(make_workbook(list("ABC")), server.url, concurrency=1)
    assert ends(report) == dict.fromkeys("ABC", "Rejected")


@pytest.mark.parametrize("through", ["", "A"], ids=["at the start", "after others"])
async def test_three_rows_in_a_row_that_are_not_allowed_stop_the_run_and_none_of_them_counts_as_sent(
    through: str, serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(*refused("B", "C", "D", "E"))
    sheet = make_workbook([*through, *"BCDE"])
    report = await load(sheet, server.url, concurrency=1)
    assert ends(report) == {**dict.fromkeys(through, "Created"), **dict.fromkeys("BCDE", "Not sent")}
    assert (report.exit_code, type(report.halted)) == (6, RefusedError)
    assert end_of(report, "B").message == (
        "the JWT app lacks the scope Campaign Management (HTTP 403); 3 rows in a row were refused, so no more were sent"
    )
    assert "E" not in creates(server)
    records = journal.records(report.run.application)
    assert [(records[key].state, records[key].attempts) for key in "bcde"] == [(State.OPEN, 0)] * 4


async def test_a_row_that_gets_through_after_the_run_was_stopped_changes_nothing_for_the_refused(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="A", action="slow", seconds=0.5), *refused("B", "C", "D"))
    report = await load(make_workbook(list("ABCD")), server.url, concurrency=4)
    assert ends(report) == {"A": "Created", **dict.fromkeys("BCD", "Not sent")}
    assert report.exit_code == 6


@pytest.mark.parametrize("names", ["A", "AB"])
async def test_where_no_row_got_through_at_all_it_is_the_permission_that_is_missing(
    names: str, serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused("*"))
    report = await load(make_workbook(list(names)), server.url)
    assert ends(report) == dict.fromkeys(names, "Not sent")
    assert (report.exit_code, end_of(report, "A").message) == (
        6,
        "the JWT app lacks the scope Campaign Management (HTTP 403)",
    )


async def test_a_token_that_is_refused_stops_the_run_at_once(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused("B", action="refused", status=401))
    report = await load(make_workbook(list("ABCD")), server.url, concurrency=1)
    assert ends(report) == {"A": "Created", **dict.fromkeys("BCD", "Not sent")}
    assert (report.exit_code, creates(server)) == (6, {"A": 1, "B": 2})


async def test_a_first_row_that_is_not_allowed_hands_the_comparing_over_to_the_next(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(*refused("A"))
    report = await load(make_workbook(list("ABC")), server.url, options={"canary": 1})
    assert ends(report) == {"A": "Rejected", "B": "Created", "C": "Created"}
    assert [it.operation for it in server.requests][:5] == ["list", "create", "create", "create", "get"]
