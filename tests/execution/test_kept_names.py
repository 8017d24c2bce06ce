"""A server that keeps names otherwise than they were sent: whatever it does to them, no row is created twice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from loader.errors import CanaryError
from loader.sandbox.fault_rules import rule
from tests.load_runs import creates, end_of, ends, held
from tests.sheets import row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve

ESCAPES = rule(operation="create", action="rename", how="escape")
LOST, QUOTED, PLAIN = NAMES = ["R&D Recall North", 'Sale "Q4" South', "Plain West"]
KEPT, KEPT_QUOTED = "R&amp;D Recall North", "Sale &quot;Q4&quot; South"
ONCE = dict.fromkeys(NAMES, 1)


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    """The server is given up soon: only then can a lost answer be looked up."""
    return partial(make_settings, timeout_seconds=0.7)


@pytest.fixture
def sheet(make_workbook: MakeWorkbook) -> Path:
    """Campaigns that are alike in all but their names and descriptions."""
    return make_workbook([row(name, Description=f"Recall {name}", Contact_lists="vip") for name in NAMES])


async def test_a_lost_answer_is_unknown_and_the_others_are_created_with_the_name_the_server_gave(
    serve: Serve, load: Load, sheet: Path
) -> None:
    server = await serve(ESCAPES, rule(operation="create", times=1, action="reset-after-creating"))
    report = await load(sheet, server.url)
    assert ends(report) == {LOST: "Unknown", QUOTED: "Created", PLAIN: "Created"}
    ids = {campaign.name: campaign.id for campaign in server.campaigns}
    assert {it.name: it.campaign_id for it in report.outcomes} == {
        LOST: None,
        QUOTED: ids[KEPT_QUOTED],
        PLAIN: ids[PLAIN],
    }
    assert f"{ids[KEPT]} '{KEPT}'" in end_of(report, LOST).message
    assert end_of(report, QUOTED).message == (
        f"the server has other values than were sent: Campaign name '{KEPT_QUOTED}' instead of '{QUOTED}'"
    )
    assert report.exit_code == 5
    for reconcile in (True, False):  # whoever looks, and however often
        again = await load(sheet, server.url, reconcile=reconcile)
        assert ends(again) == ends(report)
        assert f"{ids[KEPT]} '{KEPT}'" in end_of(again, LOST).message
    assert creates(server) == ONCE


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_an_error_after_creating_doubles_nothing(serve: Serve, load: Load, sheet: Path, nth: int) -> None:
    server = await serve(ESCAPES, rule(operation="create", nth=nth, action="server-error", status=500, created=True))
    for _ in range(2):
        report = await load(sheet, server.url)
        lost = NAMES[nth - 1]
        assert ends(report) == {**dict.fromkeys(NAMES, "Created"), lost: "Created" if lost == PLAIN else "Unknown"}
    assert creates(server) == ONCE


@pytest.mark.parametrize("lost", [False, True])
async def test_a_canary_that_is_not_as_it_was_sent_or_unknown_stops_the_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, *, lost: bool
) -> None:
    names = [f"R&D Recall {number:02}" for number in range(25)]
    server = await serve(ESCAPES, *[rule(operation="create", times=1, action="reset-after-creating")] * lost)
    report = await load(make_workbook(names), server.url, canary=None)
    assert isinstance(report.halted, CanaryError)
    assert set(ends(report).values()) == {"Unknown" if lost else "Created", "Not sent"}
    assert held(server) == ["R&amp;D Recall 00"]
    assert "R&amp;D Recall 00" in (str(report.halted) if lost else end_of(report, names[0]).message)


async def test_another_journal_is_warned_of_what_it_would_create_again(serve: Serve, load: Load, sheet: Path) -> None:
    server = await serve(ESCAPES)
    await load(sheet, server.url)
    report = await load(sheet, server.url, journal="sqlite:///output/other.db")
    warned = [problem.sentence() for problem in report.problems]
    for name, kept in ((LOST, KEPT), (QUOTED, KEPT_QUOTED)):
        assert [text for text in warned if f"'{name}' is, HTML-escaped, the name of campaign" in text and kept in text]
    assert ends(report)[PLAIN] == "Already exists"
