"""One run's dealings with the API: who is looked up, who is sent, and what comes of rows of other runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from loader.errors import SettingsError
from loader.execution.connection import Stop
from loader.model.records import State
from loader.sandbox.fault_rules import rule
from tests.load_runs import asked, creates, ends

if TYPE_CHECKING:
    from loader.model.records import Run
    from loader.storage.journal import Journal
    from tests.conftest import Load, MakeWorkbook, Serve


async def test_a_secret_that_cannot_sign_ends_the_run_before_anything_is_asked(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    with pytest.raises(SettingsError, match="does not hold a private key in PEM form that RS256 can sign with"):
        await load(make_workbook(["A"]), server.url, jwt_algorithm="RS256")
    assert asked(server) == {}


async def test_what_another_sheet_left_in_doubt_is_looked_up_by_the_next_run_of_the_application(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="reset-after-creating"))
    stop = Stop()
    application = f"st-demo at {server.url}"

    async def stopped() -> None:
        report = await load(make_workbook(["B"]), server.url, stop=stop, settle_seconds=60, timeout_seconds=30)
        assert ends(report) == {"B": "Unknown"}

    loading = asyncio.create_task(stopped())
    while not server.campaigns:  # noqa: ASYNC110 - the server has nothing to set an event on
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.1)
    stop.ask("stopped by Ctrl-C")
    await loading
    assert journal.records(application)["b"].state is State.SENDING
    report = await load(make_workbook(["C"], file="other.xlsx"), server.url, timeout_seconds=1)
    assert ends(report) == {"C": "Created"}
    assert journal.records(application)["b"].state is State.CREATED
    assert creates(server) == {"B": 1, "C": 1}


async def test_rows_another_living_run_is_seeing_to_are_left_to_it(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    server = await serve()
    first = await load(make_workbook(["A"]), server.url)
    other: Run = first.run
    application = f"st-demo at {server.url}"
    with journal.carrying_out(other, b"PK"):
        journal.take(application, other, {"a": "A", "b": "B"})
        report = await load(make_workbook(["A", "B", "C"]), server.url)
    assert ends(report) == {"A": "Created", "B": "Not sent", "C": "Created"}
    assert str(report.halted).endswith("is working on some of these rows")
    assert report.exit_code == 7
    assert creates(server) == {"A": 1, "C": 1}
    assert ends(await load(make_workbook(["A", "B", "C"]), server.url)) == dict.fromkeys("ABC", "Created")
