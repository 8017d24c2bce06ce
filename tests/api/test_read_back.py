"""A campaign is read back, compared with what was sent, and deleted, by the sandbox's own reading of both versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.campaign_diff import Difference, between, from_sent
from loader.api.versions import WIRES
from loader.errors import NotSentError, RejectedError, UnansweredError
from loader.execution.connection import connected
from loader.model.campaign import DialingMode
from loader.sandbox.fault_rules import rule
from tests.api.samples import NAME, WIRE, answer, campaign
from tests.load_runs import asked

if TYPE_CHECKING:
    from loader.model.campaign import Campaign
    from loader.storage.journal import Journal
    from tests.conftest import MakeSettings, Serve

OTHER: dict[str, Any] = {
    "name": "Another",
    "description": "Other words",
    "contact_lists": ("recall-2026-04", "vip"),
    "priority": 4,
    "caller_id": "+442079460019",
    "frequency": "DAILY",
    "timezone": "Europe/Paris",
    "dialing_order": "FIFO",
    "max_attempts": 3,
    "retry_period": 46,
    "max_ring_time": 26,
    "experience_flow": "Another flow",
    "machine_detection": "no",
}


def sent(made: Campaign, version: str = "v1") -> dict[str, Any]:
    body = WIRES[version](app_id="st-1", account_id="acc-1").body_of(made)
    fields: dict[str, Any] = json.loads(body)
    return fields


def of_mode(mode: str, version: str) -> Campaign:
    under_v2 = {"dnc_list": "Do not call", "machine_detection": "detect"} if version == "v2" else {}
    return campaign(DialingMode(mode), **under_v2)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("mode", ["Agentless", "Progressive", "Preview"])
async def test_a_campaign_is_read_back_as_it_was_sent_and_can_be_deleted(
    version: str, mode: str, serve: Serve, make_settings: MakeSettings, journal: Journal
) -> None:
    server = await serve(prepare_seconds=0)
    settings = make_settings(server.url, api_version=version)
    made = of_mode(mode, version)
    wire = WIRES[settings.api_version](app_id=settings.app_id, account_id=settings.account_id)
    async with connected(settings, journal, on_wait=lambda _: None) as client:
        campaign_id = (await client.create(wire.body_of(made), name=made.name)).campaign_id
        stored = await client.campaign(campaign_id)
        assert (stored.campaign_id, stored.name, stored.campaign_status, stored.has_run) == (
            campaign_id,
            NAME,
            "Ready",
            False,
        )
        assert stored.updated_at is not None
        assert from_sent(sent(made, version), stored.fields) == []
        await client.delete(campaign_id)
        assert server.campaigns == []
        for again in (client.campaign(campaign_id), client.delete(campaign_id)):
            with pytest.raises(RejectedError) as refused:
                await again
            assert refused.value.status == 404
    assert asked(server) == {"create": 1, "get": 2, "delete": 2}


@pytest.mark.parametrize("field", OTHER)
def test_every_field_that_differs_is_named(field: str) -> None:
    [difference] = between(sent(campaign()), sent(campaign(**{field: OTHER[field]})))
    assert difference.field == field
    assert difference.ours
    assert difference.theirs
    assert difference.ours != difference.theirs


def test_windows_differ_by_weekday() -> None:
    changed = sent(campaign())
    changed["dialingStrategy"]["callingHours"]["days"] = [
        {"day": "TU", "start": "10:15 AM", "end": "12:45 PM"},
        {"day": "WE", "start": "02:00 PM", "end": "5:30 PM"},
    ]
    assert between(sent(campaign()), changed) == [
        Difference("tuesday", "10:15 AM - 12:45 PM; 2:00 PM - 5:30 PM", "10:15 AM - 12:45 PM"),
        Difference("wednesday", "", "2:00 PM - 5:30 PM"),
    ]


def test_what_the_answer_spells_otherwise_is_no_difference() -> None:
    shown = sent(campaign())
    shown["priority"] = 3
    shown["contactLists"] = list(reversed(shown["contactLists"]))
    days = shown["dialingStrategy"]["callingHours"]["days"]
    days[1] = {"day": "TU", "start": "02:00 pm", "end": "05:30 PM"}
    assert from_sent(sent(campaign()), shown) == []


@pytest.mark.parametrize("missing", ["description", "contactLists", "priority", "dialingMode"])
def test_what_the_answer_leaves_out_is_a_difference(missing: str) -> None:
    shown = sent(campaign())
    del shown[missing]
    [difference] = from_sent(sent(campaign()), shown)
    assert difference.theirs == ""


@pytest.mark.parametrize("garbled", [{}, [], {"data": []}, {"data": {"_id": "cd-2"}}, "nonsense"])
def test_an_answer_about_nothing_is_no_campaign(garbled: object) -> None:
    with pytest.raises(UnansweredError):
        WIRE.stored(answer(200, garbled), campaign_id="cd-1")


@pytest.mark.parametrize(
    "run",
    [{"campaignInstanceId": "cid-1"}, {"status": "Active"}, {"status": "Paused"}, {"status": "Completed"}],
)
def test_a_campaign_that_was_started_has_run(run: dict[str, str]) -> None:
    data = {"_id": "cd-1", "name": "One", "status": "Ready", "updatedAt": "2026-03-30T08:15:42.120Z"}
    still = WIRE.stored(answer(200, {"status": "success", "data": data}), campaign_id="cd-1")
    assert (still.has_run, still.updated_at) == (False, datetime(2026, 3, 30, 8, 15, 42, 120_000, tzinfo=UTC))
    ran = WIRE.stored(answer(200, {"status": "success", "data": {**data, **run}}), campaign_id="cd-1")
    assert ran.has_run


async def test_a_refused_delete_is_no_deletion(serve: Serve, make_settings: MakeSettings, journal: Journal) -> None:
    server = await serve(rule(operation="delete", action="refused", status=400))
    async with connected(make_settings(server.url), journal, on_wait=lambda _: None) as client:
        created = await client.create(json.dumps(sent(campaign())).encode(), name=NAME)
        with pytest.raises(RejectedError):
            await client.delete(created.campaign_id)
    assert len(server.campaigns) == 1


@pytest.mark.parametrize("action", ["close-after-creating", "reset-after-creating", "close-after-reading"])
async def test_a_deletion_that_breaks_off_and_is_made_anew_by_the_library_is_no_refusal(
    action: str, serve: Serve, make_settings: MakeSettings, journal: Journal
) -> None:
    server = await serve(rule(operation="delete", action=action))
    async with connected(make_settings(server.url), journal, on_wait=lambda _: None) as client:
        created = await client.create(json.dumps(sent(campaign())).encode(), name=NAME)
        with pytest.raises(UnansweredError) as lost:  # the second has the token of the first, which is refused
            await client.delete(created.campaign_id)
    assert lost.value.status is None
    assert asked(server)["delete"] == 2


async def test_a_deletion_of_which_no_byte_left_was_not_sent(make_settings: MakeSettings, journal: Journal) -> None:
    async with connected(make_settings("http://127.0.0.1:9"), journal, on_wait=lambda _: None) as client:
        with pytest.raises(NotSentError):
            await client.delete("cd-1")
