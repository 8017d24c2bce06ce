"""A campaign of the list whose id cannot be used keeps its name taken, and is no hindrance to other rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from loader.api import v1
from loader.api.json_values import id_of
from loader.sandbox.fault_rules import rule
from tests.load_runs import creates, end_of, ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.sandbox.server import Sandbox
    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    return partial(make_settings, timeout_seconds=0.7)


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sandbox, str], None]:
    """From now on the server shows no id of the campaigns of this name that can be used."""

    def hidden(server: Sandbox, name: str) -> None:
        def seen(value: object) -> str | None:
            bare = {campaign.id for campaign in server.campaigns if campaign.name == name}
            return None if value in bare else id_of(value)

        monkeypatch.setattr(v1, "id_of", seen)

    return hidden


async def test_its_name_is_taken_and_other_rows_are_created(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, hide: Callable[[Sandbox, str], None]
) -> None:
    server = await serve()
    await load(make_workbook(["A"]), server.url, journal="sqlite:///output/other.db")
    hide(server, "A")
    report = await load(make_workbook(["A", "B"]), server.url, canary=0)
    assert (ends(report), creates(server)) == ({"A": "Already exists", "B": "Created"}, {"A": 1, "B": 1})
    assert end_of(report, "A").message.endswith("and the campaign list shows no id of it that can be used")
    assert [problem.sentence() for problem in report.problems] == [
        "the campaign list shows no id that can be used of 'A': no row of such a name is sent"
    ]


@pytest.mark.parametrize("kept", ["as sent", "escaped"])
async def test_a_lost_answer_and_a_campaign_without_an_id_that_may_be_its_own_are_left_to_a_person(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, hide: Callable[[Sandbox, str], None], kept: str
) -> None:
    rename = [rule(operation="create", action="rename", how="escape")] if kept == "escaped" else []
    server = await serve(*rename, rule(operation="create", times=1, action="reset-after-creating"))
    hide(server, "R&amp;D" if kept == "escaped" else "R&D")
    report = await load(make_workbook(["R&D"]), server.url)
    assert (ends(report), creates(server)) == ({"R&D": "Unknown"}, {"R&D": 1})
    assert end_of(report, "R&D").message.startswith(
        "the server may keep it under another name: without an id 'R&amp;D' came up since"
        if kept == "escaped"
        else "the campaign list shows a campaign of this name, and no id of it that can be used"
    )


async def test_one_that_was_there_before_hinders_no_row_that_is_alike(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, hide: Callable[[Sandbox, str], None]
) -> None:
    server = await serve(rule(operation="create", nth=2, action="reset-after-reading"))
    await load(make_workbook(["A"]), server.url, journal="sqlite:///output/other.db")
    hide(server, "A")
    report = await load(make_workbook(["B"]), server.url)
    assert (ends(report), creates(server)) == ({"B": "Created"}, {"A": 1, "B": 2})
