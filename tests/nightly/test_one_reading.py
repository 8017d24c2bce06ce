"""A night reads the whole campaign list of an account once, and before each further workbook only what is new in it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from loader.model.events import Begun
from loader.sandbox.fault_rules import rule
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID
from tests.api.samples import WIRE, campaign
from tests.load_runs import asked, creates, held
from tests.nightly.nights import report_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from loader.sandbox.server import Sandbox
    from tests.conftest import Serve
    from tests.nightly.nights import Inbox

THERE, AT_A_TIME = 300, 20
PAGES = THERE // AT_A_TIME


def body_named(name: str) -> dict[str, object]:
    body: dict[str, object] = json.loads(WIRE.body_of(campaign(name=name)))
    return body


@pytest.fixture
async def server(serve: Serve, folder: Path) -> Sandbox:
    """One with many campaigns, made one a second until a minute ago, that shows few at a time."""
    server: Sandbox = await serve(**account_of_many(folder))
    return server


def account_of_many(folder: Path) -> dict[str, object]:
    began = time.time() - THERE - 60
    with (folder / "server.db").open("w") as file:
        for number in range(THERE):
            name = f"Old {number}"
            line = {"event": "created", "id": f"old-{number}", "name": name, "lname": name.lower()}
            of = {"account": DEMO_ACCOUNT_ID, "app": DEMO_APP_ID}
            file.write(json.dumps({**line, "body": body_named(name), "created_at": began + number, **of}) + "\n")
    return {"store_path": folder / "server.db", "largest_list_limit": AT_A_TIME}


def before_each_workbook(box: Inbox, happens: Callable[[str], None]) -> None:
    """While its run begins, before it reads the campaign list."""

    def received(workbook: Workbook, event: Event) -> None:
        if isinstance(event, Begun):
            happens(workbook.path.name)

    box.on_event = received


async def test_a_night_of_three_workbooks_reads_the_whole_list_once(
    server: Sandbox, inbox: Callable[..., Inbox]
) -> None:
    box = inbox(server.url)
    for name in ("april", "may", "june"):
        box.put(f"{name}.xlsx", [name])
    night = await box.night()
    assert night.exit_code == 0
    assert creates(server) == {"april": 1, "may": 1, "june": 1}
    newest = 2  # a page with what is new, and one without
    assert PAGES <= asked(server)["list"] <= PAGES + 1 + 2 * newest


async def test_profiles_of_one_account_share_what_was_read(
    server: Sandbox, inbox: Callable[..., Inbox], folder: Path
) -> None:
    box = inbox(server.url)
    (folder / "loader.toml").write_text("[profiles.germany]\nconcurrency = 2\n")
    box.put("april.xlsx", ["April"], age=7200)
    box.put("germany/mai.xlsx", ["Mai"])
    assert (await box.night()).exit_code == 0
    assert asked(server)["list"] <= PAGES + 3


async def test_a_campaign_that_somebody_makes_between_two_workbooks_is_there_already(
    server: Sandbox, inbox: Callable[..., Inbox]
) -> None:
    box = inbox(server.url)
    for age, name in enumerate(("june", "may", "april")):
        box.put(f"{name}.xlsx", [name.title()], age=3600 * (age + 1))

    def made(name: str) -> None:
        if name == "may.xlsx":
            server.create(body_named("MAY"))

    before_each_workbook(box, made)
    night = await box.night()
    assert report_on(night, "may.xlsx").counts == {"Already exists": 1}
    assert sorted(it.lower() for it in held(server) if not it.startswith("Old")) == ["april", "june", "may"]
    assert night.exit_code == 0


async def test_a_campaign_that_somebody_deletes_between_two_workbooks_is_created(
    server: Sandbox, inbox: Callable[..., Inbox]
) -> None:
    box = inbox(server.url)
    box.put("april.xlsx", ["April"], age=7200)
    box.put("may.xlsx", ["Old 17"])

    def deleted_and_another_made(name: str) -> None:
        if name == "may.xlsx":
            server.delete("old-17")
            server.create(body_named("As many as before"))

    before_each_workbook(box, deleted_and_another_made)
    night = await box.night()
    assert report_on(night, "may.xlsx").counts == {"Created": 1}
    assert held(server).count("Old 17") == 1


async def test_a_lost_answer_of_a_later_workbook_takes_two_readings_to_the_end_and_no_campaign_that_was_there_before(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    lost = rule(operation="create", name="May", action="close-after-reading", times=1)
    server = await serve(lost, **account_of_many(folder))
    box = inbox(server.url, LOADER_TIMEOUT_SECONDS="1")
    box.put("april.xlsx", ["April"], age=7200)
    box.put("may.xlsx", ["May"])

    def alike(name: str) -> None:
        if name == "may.xlsx":
            [april] = [it for it in server.campaigns if it.name == "April"]
            server.create({**april.body, "name": "Looks like May"})

    before_each_workbook(box, alike)
    night = await box.night()
    assert report_on(night, "may.xlsx").counts == {"Created": 1}
    assert creates(server) == {"April": 1, "May": 2}
    assert asked(server)["list"] >= 3 * PAGES  # one of the night, and two that prove that nothing was created
