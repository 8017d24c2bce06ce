"""Load runs of which answers are lost: looked up, adopted, sent again, or left to a person; never sent blindly."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from loader.errors import JournalError
from loader.planning.plan import RunOptions
from loader.sandbox.fault_rules import rule
from loader.storage.journal import Journal
from tests.load_runs import creates, end_of, ends, held
from tests.sheets import row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    """The server is given up soon: only then can a lost answer be looked up."""
    return partial(make_settings, timeout_seconds=0.7)


async def test_an_unknown_row_is_sent_only_after_reconcile_has_proved_it_absent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name="B", times=1, action="reset-after-reading"),
        rule(operation="list", times=3, action="garbled"),
    )
    sheet = make_workbook(["A", "B"])
    options = {"preflight": False}
    report = await load(sheet, server.url, options=options)
    assert ends(report) == {"A": "Created", "B": "Unknown"}
    assert end_of(report, "B").message == "the campaign list could not be read: the campaign list came back garbled"
    assert report.exit_code == 5

    for options in ({"preflight": False}, {"preflight": True}):  # never by itself, looked at or not
        report = await load(sheet, server.url, options=options, run_options=RunOptions(retry_rejected=True))
        assert ends(report) == {"A": "Created", "B": "Unknown"}
        assert end_of(report, "B").message == (
            "still unknown; `reconcile` looks it up, and no run sends it before that is clear"
        )
    assert creates(server) == {"A": 1, "B": 1}

    report = await load(sheet, server.url, reconcile=True)
    assert ends(report) == {"A": "Created", "B": "Not sent"}
    assert end_of(report, "B").message == "looked up: the server did not create it; the next run sends it"
    assert creates(server) == {"A": 1, "B": 1}

    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Created", "B": "Created"}
    assert creates(server) == {"A": 1, "B": 2}
    assert held(server) == ["A", "B"]


async def test_an_unknown_row_is_adopted_by_the_next_run_when_the_list_shows_it(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name="B", times=1, action="reset-after-creating"),
        *(rule(operation="list", nth=number, action="empty") for number in (2, 3, 4)),
    )
    sheet = make_workbook(["A", "B", "C"])
    report = await load(sheet, server.url, run_options=RunOptions(limit=2))
    assert ends(report) == {"A": "Created", "B": "Unknown", "C": "Not sent"}
    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Created"}
    assert creates(server) == {"A": 1, "B": 1, "C": 1}


async def test_reconcile_adopts_what_it_finds_and_sends_no_create(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name="B", times=1, action="close-after-creating"),
        *(rule(operation="list", nth=number, action="empty") for number in (2, 3, 4)),
    )
    sheet = make_workbook(["A", "B", "C"])
    await load(sheet, server.url, run_options=RunOptions(limit=2))
    report = await load(sheet, server.url, reconcile=True)
    assert ends(report) == {"A": "Created", "B": "Created", "C": "Not sent"}
    assert end_of(report, "C").message == "not sent yet; the next run sends it"
    assert end_of(report, "B").campaign_id == next(it.id for it in server.campaigns if it.name == "B")
    assert creates(server) == {"A": 1, "B": 1}


async def test_what_the_server_accepted_and_does_not_show_stays_unknown_whoever_looks(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="no-id", created=False))
    sheet = make_workbook(["A", "B"])
    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Created", "B": "Unknown"}
    said = (
        "the server accepted it without naming an id, and its list does not show it; look for it in Kore.ai, "
        "and if it is not there, create it once more: `campaign-loader run SHEET --recreate 'B'`"
    )
    assert end_of(report, "B").message == said
    report = await load(sheet, server.url, reconcile=True)
    assert (ends(report), end_of(report, "B").message) == ({"A": "Created", "B": "Unknown"}, said)
    report = await load(sheet, server.url)
    assert ends(report) == {"A": "Created", "B": "Unknown"}
    assert creates(server) == {"A": 1, "B": 1}


async def test_a_lost_answer_and_two_campaigns_of_its_name_are_left_to_a_person(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="B", nth=2, action="reset-after-creating"))
    sheet = make_workbook(["B"])
    await load(sheet, server.url, journal=f"sqlite:///{folder}/other.db")
    report = await load(sheet, server.url, options={"preflight": False})
    assert ends(report) == {"B": "Unknown"}
    ids = ", ".join(campaign.id for campaign in reversed(server.campaigns))
    assert end_of(report, "B").message.startswith(f"the server has 2 campaigns of this name: {ids}; if one of them")
    assert ends(await load(sheet, server.url)) == {"B": "Unknown"}
    assert ends(await load(sheet, server.url, reconcile=True)) == {"B": "Unknown"}
    assert creates(server) == {"B": 2}


async def test_a_lost_answer_and_a_campaign_of_its_name_that_differs_are_left_to_a_person(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="B", nth=2, action="reset-after-reading"))
    await load(make_workbook([row("B", Priority=1)]), server.url, journal=f"sqlite:///{folder}/other.db")
    report = await load(make_workbook(["B"]), server.url, options={"preflight": False})
    assert ends(report) == {"B": "Unknown"}
    there = server.campaigns[0].id
    assert end_of(report, "B").message == (
        f"the server has a campaign of this name, {there}, that differs from this row; if it is this row's, say so: "
        f"`campaign-loader reconcile --adopt 'B={there}'`"
    )
    assert creates(server) == {"B": 2}


async def test_a_row_edited_while_it_was_in_doubt_is_a_conflict_when_it_is_found(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(
        rule(operation="create", name="B", times=1, action="reset-after-creating"),
        *(rule(operation="list", nth=number, action="garbled") for number in (2, 3, 4)),
    )
    await load(make_workbook(["B"]), server.url)
    report = await load(make_workbook([row("B", Priority=1), "C"]), server.url)
    assert ends(report) == {"B": "Conflict", "C": "Created"}
    assert end_of(report, "B").campaign_id == server.campaigns[0].id
    assert creates(server) == {"B": 1, "C": 1}


async def test_a_row_the_server_never_makes_anything_of_is_left_not_sent_when_patience_ends(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", action="server-error", status=500))
    sheet = make_workbook(["A", "B", "C"])
    report = await load(sheet, server.url, patience_seconds=3)
    assert ends(report) == {"A": "Created", "B": "Not sent", "C": "Created"}
    tries = creates(server)["B"]
    assert tries >= 2
    assert end_of(report, "B").message == (
        f"tried {tries} times, and the server did not create it: the request could not be completed (HTTP 500)"
    )
    assert (report.halted, report.exit_code) == (None, 4)


@pytest.mark.parametrize("per_minute", [60, 600])  # groups of one, and of ten
@pytest.mark.parametrize("fault", [{"action": "slow", "seconds": 0.05}, {"action": "reset-after-creating"}])
async def test_a_journal_that_breaks_in_the_middle_stops_the_run_and_no_row_that_left_is_called_not_sent(
    serve: Serve,
    load: Load,
    make_workbook: MakeWorkbook,
    monkeypatch: pytest.MonkeyPatch,
    *,
    fault: dict[str, object],
    per_minute: float,
) -> None:
    def broken(*_: object) -> None:
        raise JournalError("the disk is full")

    names = [f"Campaign {number:02}" for number in range(30)]
    server = await serve(rule(operation="create", **fault))
    sheet = make_workbook(names)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "settle", broken)
        report = await load(sheet, server.url, rate_per_minute=per_minute)
    assert str(report.halted) == "the disk is full"
    sent = {name for name in creates(server) if name}
    assert {name for name, end in ends(report).items() if end != "Not sent"} == sent
    assert len(sent) < 30
    again = await load(sheet, server.url)
    assert ends(again) == dict.fromkeys(names, "Created")
    assert held(server) == sorted(names)
