"""What a campaign looks like in each answer (reference 1.3, 5.1 to 5.5)."""

import re

import pytest

from loader.sandbox.settings import KnownList, KnownQueue
from tests.sandbox.caller import BODY, Caller, Hands, Start

VOICE_ID = re.compile(r"cd-[0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
THEN = 1775000000.25  # 2026-03-31T23:33:20.250Z


async def test_agentless_is_answered_with_the_whole_object(start: Start) -> None:
    caller = await start(hands=Hands(wall=THEN))
    answer = await caller.create()
    assert answer.status == 200
    data = answer.json.pop("data")
    assert answer.json == {"status": "success", "message": "Campaign Dental recall April creation in progress"}
    assert VOICE_ID.fullmatch(data.pop("id"))
    assert data.pop("experienceFlow").startswith("cf-")
    assert data == {
        "name": "Dental recall April",
        "lname": "dental recall april",
        "description": "Recall calls for patients due in April",
        "priority": "3",
        "dialingMode": "Agentless",
        "dialingStrategy": BODY["dialingStrategy"],
        "status": "Preparing",
        "createdAt": "2026-03-31T23:33:20.250Z",
        "updatedAt": "2026-03-31T23:33:20.250Z",
        "contactLists": ["recall-2026-04"],
        "enableMachineDetect": True,
    }


async def test_progressive_is_answered_without_a_flow(caller: Caller) -> None:
    data = (await caller.create("Progressive")).json["data"]
    assert VOICE_ID.fullmatch(data["id"])
    assert not {"experienceFlow", "queue_name", "connection"} & data.keys()


async def test_preview_is_answered_with_the_id_alone(caller: Caller) -> None:
    answer = await caller.create("Preview")
    assert VOICE_ID.fullmatch(answer.json["id"])
    assert answer.json == {
        "status": "success",
        "message": "Campaign Dental recall April creation in progress",
        "id": answer.json["id"],
        "data": {"campId": answer.json["id"]},
    }


async def test_the_variant_and_the_status_of_success_can_be_chosen(start: Start) -> None:
    short = await start(answer_variant="id-only", success_status=202)
    answer = await short.create()
    assert (answer.status, answer.json["data"]) == (202, {"campId": answer.json["id"]})
    full = await start(answer_variant="full")
    assert (await full.create("Preview")).json["data"]["name"] == "Dental recall April"


async def test_a_campaign_is_preparing_until_the_delay_is_over(start: Start) -> None:
    hands = Hands(wall=THEN)
    caller = await start(hands=hands, prepare_seconds=2.0)
    campaign_id = (await caller.create()).json["data"]["id"]

    async def state() -> object:
        answer = await caller.send("POST", f"/campaign/{campaign_id}/status?view=status")
        assert answer.json["status"] == "success"
        assert answer.json["data"].keys() == {"id", "status", "name"}
        return answer.json["data"]["status"]

    hands.move(1.5)
    assert await state() == "Preparing"
    hands.move(0.5)
    assert await state() == "Ready"
    assert (await caller.listed()).page["results"][0]["updatedAt"] == "2026-03-31T23:33:22.250Z"


async def test_one_campaign_is_shown_with_its_strategy_and_the_flow_as_an_id(start: Start) -> None:
    caller = await start(prepare_seconds=0)
    campaign_id = (await caller.create()).json["data"]["id"]
    answer = await caller.send("GET", f"/campaign/{campaign_id}")
    data = answer.json["data"]
    assert (answer.status, answer.json["status"], data["_id"]) == (200, "success", campaign_id)
    assert (data["status"], data["lname"]) == ("Ready", "dental recall april")
    assert data["dialingStrategy"] == BODY["dialingStrategy"]
    assert data["schedule"] == {"isSchedulingEnabled": False}
    assert not {"id", "connection", "experienceFlowName", "campaignType"} & data.keys()


@pytest.mark.parametrize(("mode", "connection"), [("Agentless", "Recall intake"), ("Preview", "Claims")])
async def test_a_list_item_has_its_own_fields(start: Start, mode: str, connection: str) -> None:
    caller = await start(hands=Hands(wall=THEN), prepare_seconds=0)
    await caller.create(mode)
    answer = await caller.listed()
    assert answer.json["status"] == "success"
    [item] = answer.page["results"]
    assert VOICE_ID.fullmatch(item.pop("_id"))
    assert item.pop("experienceFlow", "none").startswith("cf-" if mode == "Agentless" else "none")
    assert item == {
        "name": "Dental recall April",
        "description": "Recall calls for patients due in April",
        "priority": "3",
        "dialingMode": mode,
        "status": "Ready",
        "connection": connection,
        "contactLists": ["recall-2026-04"],
        "schedule": {"isSchedulingEnabled": False},
        "createdAt": "2026-03-31T23:33:20.250Z",
        "updatedAt": "2026-03-31T23:33:20.250Z",
        "campaignInstanceUpdatedAt": "2026-03-31T23:33:20.250Z",
    }


async def test_a_deleted_campaign_is_echoed_and_gone(caller: Caller) -> None:
    campaign_id = (await caller.create()).json["data"]["id"]
    answer = await caller.send("DELETE", f"/campaign/{campaign_id}?campaignType=voice")
    assert (answer.status, answer.json["data"]["_id"]) == (200, campaign_id)
    assert caller.sandbox.campaigns == []
    for method, rest in (("GET", ""), ("POST", "/status?view=status"), ("DELETE", "?campaignType=voice")):
        answer = await caller.send(method, f"/campaign/{campaign_id}{rest}")
        assert (answer.status, answer.reasons) == (404, f"campaign {campaign_id} is not here")


async def test_contact_lists_come_as_a_bare_array_by_post_and_by_get(start: Start) -> None:
    lists = (KnownList("recall-2026-04", records=7), KnownList("vip", status="Validating", source="passiveApi"))
    caller = await start(contact_lists=lists)
    campaign_id = (await caller.create()).json["data"]["id"]
    path = "/campaign/contactList/getAllListDetails?type=call"
    posted = await caller.send("POST", path, json={})
    got = await caller.send("GET", path)
    first, second = posted.json["data"]
    assert [entry["name"] for entry in got.json["data"]] == ["recall-2026-04", "vip"]
    assert (first["totalRecordCount"], first["isListInUse"]) == (7, True)
    assert first["campaignInUse"] == [{"id": campaign_id, "name": "Dental recall April"}]
    assert (second["status"], second["source"], second["isListInUse"]) == ("Validating", "passiveApi", False)
    assert (first["listType"], first["_id"][:3]) == ("call", "cl-")


async def test_queues_come_in_pages_without_an_envelope(start: Start) -> None:
    caller = await start(queues=tuple(KnownQueue(f"q{n}", active=n != 11) for n in range(12)))
    first = await caller.send("GET", "/queues", headers={"iid": None})
    assert [item["name"] for item in first.json.pop("results")] == [f"q{n}" for n in range(10)]
    assert first.json == {"page": 1, "limit": 10, "hasMore": True, "totalPages": 2, "totalResults": 12}
    second = await caller.send("GET", "/queues?page=2&limit=11")
    [last] = second.json["results"]
    assert (last["name"], last["isActive"], second.json["hasMore"]) == ("q11", False, False)


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [("POST", "/campaign/contactList/getAllListDetails?type=call", "contact lists"), ("GET", "/queues", "queues")],
)
async def test_where_every_name_is_taken_none_is_listed(start: Start, method: str, path: str, what: str) -> None:
    answer = await (await start()).send(method, path)
    told = f"this sandbox was given no {what}: it takes any in a campaign, and lists none"
    assert (answer.status, answer.reasons) == (400, told)
    answer = await (await start(strict_names=True)).send(method, path)
    assert (answer.status, answer.json.get("data", []), answer.json.get("results", [])) == (200, [], [])


async def test_any_list_and_queue_is_taken_unless_names_are_strict(start: Start) -> None:
    free = await start()
    assert (await free.create("Progressive")).status == 200
    strict = await start(
        strict_names=True, contact_lists=(KnownList("recall-2026-04"),), queues=(KnownQueue("Claims"),)
    )
    assert (await strict.create("Progressive")).status == 200
    assert (await strict.create()).status == 200
    answer = await strict.create("Preview", contactLists=["recall-2026-04", "Recall-2026-04"], queue_name="claims")
    assert (answer.status, answer.reasons) == (
        400,
        "contactLists: no list is named 'Recall-2026-04'; queue_name: no queue is named 'claims'",
    )
    assert len(strict.sandbox.campaigns) == 2


@pytest.mark.parametrize("status", [400, 409])
async def test_names_may_be_taken_once_only(start: Start, status: int) -> None:
    caller = await start(unique_names=True, duplicate_status=status)
    campaign_id = (await caller.create()).json["data"]["id"]
    answer = await caller.create(name="DENTAL recall april")
    assert (answer.status, answer.reasons) == (status, "name is taken by another campaign")
    await caller.send("DELETE", f"/campaign/{campaign_id}?campaignType=voice")
    assert (await caller.create(name="DENTAL recall april")).status == 200


async def test_by_default_a_name_can_be_taken_twice_so_that_doubles_show(caller: Caller) -> None:
    assert [(await caller.create()).status for _ in range(2)] == [200, 200]
    assert caller.held() == ["Dental recall April"] * 2
