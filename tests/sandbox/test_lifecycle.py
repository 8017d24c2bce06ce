"""Starting, stopping, updating and deleting, by a call of either version and by hand at the server (reference 6)."""

import asyncio
import re
from pathlib import Path

import pytest

from loader.sandbox.errors import RefusedError, SandboxError
from loader.sandbox.fault_rules import rule
from tests.sandbox.caller import BODY_OF, Caller, Hands, Start, Version, until

THEN = 1775000000.25  # 2026-03-31T23:33:20.250Z
INSTANCE = re.compile(r"cid-[0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ACTIVE = "campaign is Active; it cannot be {} before it is stopped"


@pytest.fixture
def hands() -> Hands:
    return Hands(wall=THEN)


@pytest.fixture(params=BODY_OF)
async def caller(start: Start, hands: Hands, request: pytest.FixtureRequest) -> Caller:
    """Of a sandbox where campaigns are ready at once."""
    version: Version = request.param
    return (await start(hands=hands, rate_per_minute=0, prepare_seconds=0)).speaking(version)


async def updated_at(caller: Caller, campaign_id: str) -> str:
    shown = (await caller.got(campaign_id)).page["updatedAt"]
    [listed] = [item["updatedAt"] for item in (await caller.listed()).page["results"] if item["_id"] == campaign_id]
    assert shown == listed
    return str(shown)


async def test_start_and_stop_answer_without_the_usual_envelope(caller: Caller, hands: Hands) -> None:
    campaign_id = await caller.created_id()
    hands.move(1)
    started = await caller.triggered(campaign_id, "play")
    assert (started.status, INSTANCE.fullmatch(started.json["campaignInstanceId"]) is not None) == (200, True)
    assert started.json == {
        "status": "Active",
        "message": "Campaign Started",
        "totalCallsCompleted": 0,
        "updatedAt": "2026-03-31T23:33:21.250Z",
        "campaignInstanceId": started.json["campaignInstanceId"],
    }
    assert await caller.state_of(campaign_id) == "Active"
    hands.move(1)
    stopped = await caller.triggered(campaign_id, "stop")
    assert (stopped.status, stopped.json) == (
        200,
        {
            "status": "Stopped",
            "message": "Campaign Stopped",
            "updatedAt": "2026-03-31T23:33:22.250Z",
            "campaignInstanceId": started.json["campaignInstanceId"],
        },
    )
    assert await caller.state_of(campaign_id) == "Stopped"


async def test_a_run_shows_in_the_list_and_in_the_campaign_and_the_next_is_another_one(caller: Caller) -> None:
    campaign_id = await caller.created_id()
    assert "campaignInstanceId" not in (await caller.got(campaign_id)).page
    assert "campaignInstanceId" not in (await caller.listed()).page["results"][0]
    first = (await caller.triggered(campaign_id, "play")).json["campaignInstanceId"]
    assert (await caller.got(campaign_id)).page["campaignInstanceId"] == first
    [item] = (await caller.listed(filters={"status": ["Active"]})).page["results"]
    assert (item["status"], item["campaignInstanceId"]) == ("Active", first)
    await caller.triggered(campaign_id, "stop")
    assert (await caller.triggered(campaign_id, "play")).json["campaignInstanceId"] != first


async def test_what_cannot_be_started_or_stopped_is_refused_with_a_reason(start: Start, hands: Hands) -> None:
    caller = await start(hands=hands, prepare_seconds=5)
    campaign_id = await caller.created_id()
    early = await caller.triggered(campaign_id, "play")
    assert (early.status, early.reasons) == (400, "campaign is Preparing; play is for one that is Ready or Stopped")
    hands.move(5)
    idle = await caller.triggered(campaign_id, "stop")
    assert (idle.status, idle.reasons) == (400, "campaign is Ready; stop is for one that is Active")
    await caller.triggered(campaign_id, "play")
    twice = await caller.triggered(campaign_id, "play")
    assert (twice.status, twice.reasons) == (400, "campaign is Active; play is for one that is Ready or Stopped")
    assert (await caller.triggered("cd-1", "play")).reasons == "campaign cd-1 is not here"


@pytest.mark.parametrize(
    ("query", "raw", "reason"),
    [
        ("campaignType=voice", b"{}", "query trigger must be given once"),
        ("trigger=play", b"{}", "query campaignType must be given once"),
        ("campaignType=voice&trigger=pause", b"{}", "query trigger is wrong; this call takes "),
        ("campaignType=voice&trigger=play&trigger=play", b"{}", "query trigger must be given once"),
        ("campaignType=sms&trigger=play", b"{}", "query campaignType is wrong"),
        ("campaignType=voice&trigger=play", b'{"a": 1}', "body must be empty or {}"),
    ],
)
async def test_a_wrong_trigger_starts_nothing(caller: Caller, query: str, raw: bytes, reason: str) -> None:
    campaign_id = await caller.created_id()
    path = {"v1": "/campaign/api/v1/public/st-demo/campaign/", "v2": "/api/v2/public/st-demo/campaign/trigger/"}
    answer = await caller.send_to("POST", f"{path[caller.version]}{campaign_id}?{query}", raw=raw)
    assert answer.status == 400
    assert reason in answer.reasons
    assert await caller.state_of(campaign_id) == "Ready"


async def test_the_trigger_of_v2_needs_the_account_in_the_query(start: Start) -> None:
    caller = (await start(prepare_seconds=0)).speaking("v2")
    path = f"/api/v2/public/st-demo/campaign/trigger/{await caller.created_id()}?campaignType=voice&trigger=play"
    answer = await caller.send_to("POST", path, json={}, account=None)
    assert (answer.status, answer.reasons) == (400, "query accountId must be given once")


@pytest.mark.parametrize("mode", ["Agentless", "Progressive", "Preview"])
async def test_an_update_replaces_the_body_and_is_answered_with_it(caller: Caller, hands: Hands, mode: str) -> None:
    campaign_id = await caller.created_id(mode)
    hands.move(60)
    answer = await caller.updated(campaign_id, BODY_OF[caller.version](mode, name="Recall MAY", priority="5"))
    data = answer.page
    assert answer.json["message"] == "Campaign Recall MAY details updated successfully"
    assert (answer.status, answer.json["status"], answer.json["id"]) == (200, "success", campaign_id)
    assert data["id" if caller.version == "v1" else "_id"] == campaign_id
    assert (data["name"], data["lname"], data["priority"]) == ("Recall MAY", "recall may", "5")
    assert (data["status"], data["dialingMode"]) == ("Ready", mode)
    assert (data["createdAt"], data["updatedAt"]) == ("2026-03-31T23:33:20.250Z", "2026-03-31T23:34:20.250Z")
    assert ("_id" in data, "id" in data) == ((False, True) if caller.version == "v1" else (True, False))
    shown = (await caller.got(campaign_id)).page
    assert {"_id": campaign_id, **shown} == {"_id": campaign_id, **{k: v for k, v in data.items() if k != "id"}}
    assert (await caller.listed()).names == ["Recall MAY"]


async def test_an_update_keeps_the_place_in_the_order_of_creation(caller: Caller) -> None:
    first, _ = [await caller.created_id(name=name) for name in ("a", "b")]
    await caller.updated(first, BODY_OF[caller.version](name="z"))
    assert (await caller.listed(sortBy={"createdAt": "asc"})).names == ["z", "b"]
    assert (await caller.listed(sortBy={"updatedAt": "desc"})).names == ["z", "b"]
    assert (await caller.listed(sortBy={"updatedAt": "asc"})).names == ["b", "z"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "name is empty"),
        ({"priority": 3}, "priority must be a string"),
        ({"status": "Ready"}, "status is not a field of a campaign in Agentless mode"),
    ],
)
async def test_an_update_is_judged_like_a_create(caller: Caller, changes: dict[str, object], reason: str) -> None:
    campaign_id = await caller.created_id()
    before = caller.sandbox.campaigns
    answer = await caller.updated(campaign_id, BODY_OF[caller.version](**changes))
    assert (answer.status, answer.reasons) == (400, reason)
    assert (await caller.updated(campaign_id, {"name": "x"})).reasons == "dialingMode is missing"
    missing = await caller.send("PUT", f"/campaign/{campaign_id}", json=BODY_OF[caller.version]())
    assert missing.reasons == "query campaignType must be given once"
    assert (await caller.updated("cd-1", BODY_OF[caller.version]())).status == 404
    assert caller.sandbox.campaigns == before


async def test_an_update_may_keep_its_own_name_and_not_take_another_ones(start: Start) -> None:
    caller = await start(unique_names=True, strict_names=False)
    first, _ = [await caller.created_id(name=name) for name in ("a", "b")]
    assert (await caller.updated(first, BODY_OF["v1"](name="A"))).status == 200
    taken = await caller.updated(first, BODY_OF["v1"](name="B"))
    assert (taken.status, taken.reasons) == (409, "name is taken by another campaign")
    assert (await caller.updated(first, BODY_OF["v1"](name="c"))).status == 200
    assert (await caller.create(name="a")).status == 200


async def test_an_active_campaign_is_neither_edited_nor_deleted(caller: Caller) -> None:
    campaign_id = await caller.created_id()
    await caller.triggered(campaign_id, "play")
    before = caller.sandbox.campaigns
    edited = await caller.updated(campaign_id, BODY_OF[caller.version](name="other"))
    assert (edited.status, edited.reasons) == (400, ACTIVE.format("edited"))
    deleted = await caller.deleted(campaign_id)
    assert (deleted.status, deleted.reasons) == (400, ACTIVE.format("deleted"))
    assert caller.sandbox.campaigns == before
    await caller.triggered(campaign_id, "stop")
    gone = await caller.deleted(campaign_id)
    assert (gone.status, gone.page["_id"], gone.page["status"]) == (200, campaign_id, "Stopped")
    assert gone.json["message"] == "Campaign Dental recall April deleted successfully"
    assert caller.sandbox.campaigns == []


async def test_a_call_that_is_refused_anyway_is_struck_by_no_fault(start: Start) -> None:
    empty = rule(action="empty", operation=["update", "delete", "trigger"])
    caller = await start(prepare_seconds=0, fault_rules=(empty,))
    campaign_id = await caller.created_id()
    caller.sandbox.start(campaign_id)
    for answer in (
        await caller.updated(campaign_id, BODY_OF["v1"]()),
        await caller.deleted(campaign_id),
        await caller.triggered(campaign_id, "play"),
    ):
        assert answer.status == 400
    assert [arrival.fault for arrival in caller.sandbox.requests] == [None] * 4
    assert (await caller.triggered(campaign_id, "stop")).raw == b""
    assert await caller.state_of(campaign_id) == "Stopped"


async def test_what_somebody_did_while_a_call_was_slow_counts(start: Start) -> None:
    slow = rule(action="slow-to-create", operation=["update", "delete", "trigger"], seconds=0.2)
    caller = await start(prepare_seconds=0, fault_rules=(slow,))
    campaign_id = await caller.created_id()
    calls = [
        asyncio.create_task(caller.updated(campaign_id, BODY_OF["v1"](name="other"))),
        asyncio.create_task(caller.deleted(campaign_id)),
        asyncio.create_task(caller.triggered(campaign_id, "play")),
    ]
    await until(lambda: [arrival.fault for arrival in caller.sandbox.requests[1:]] == ["slow-to-create"] * 3)
    caller.sandbox.start(campaign_id)
    assert {(await call).status for call in calls} == {400}
    assert caller.held() == ["Dental recall April"]


async def test_somebody_else_can_start_stop_edit_and_delete(caller: Caller) -> None:
    started, edited, deleted, stopped, left = [await caller.created_id(name=name) for name in "abcde"]
    others = caller.sandbox
    others.start(started)
    others.start(stopped)
    others.stop(stopped)
    others.edit(edited, "dialingStrategy.maxRingTime", 99)
    others.delete(deleted)
    assert (await caller.listed()).names == ["a", "b", "d", "e"]
    assert [await caller.state_of(it) for it in (started, edited, stopped, left)] == [
        "Active",
        "Ready",
        "Stopped",
        "Ready",
    ]
    assert (await caller.got(edited)).page["dialingStrategy"]["maxRingTime"] == 99
    assert (await caller.got(deleted)).status == 404


async def test_whatever_somebody_did_shows_in_the_time_of_the_last_update_even_at_once(caller: Caller) -> None:
    changed, left = [await caller.created_id(name=name) for name in "ab"]
    seen = [await updated_at(caller, changed)]
    for act in ("edit", "edit", "start", "stop", "start"):
        changes = ("priority", "1") if act == "edit" else ()
        getattr(caller.sandbox, act)(changed, *changes)
        seen.append(await updated_at(caller, changed))
    assert seen == sorted(set(seen))
    assert await updated_at(caller, left) == seen[0]


async def test_an_edit_before_it_is_ready_still_shows_afterwards(start: Start, hands: Hands) -> None:
    caller = await start(hands=hands, prepare_seconds=2)
    edited, left = [await caller.created_id(name=name) for name in "ab"]
    hands.move(1)
    caller.sandbox.edit(edited, "priority", "1")
    hands.move(5)
    assert [await caller.state_of(it) for it in (edited, left)] == ["Ready", "Ready"]
    assert [await updated_at(caller, it) for it in (edited, left)] == [
        "2026-03-31T23:33:21.250Z",
        "2026-03-31T23:33:22.250Z",
    ]


async def test_a_new_name_given_by_somebody_is_the_one_that_is_taken(start: Start) -> None:
    caller = await start(unique_names=True)
    caller.sandbox.edit(await caller.created_id(name="a"), "name", "B")
    assert (await caller.listed()).names == ["B"]
    assert [(await caller.create(name=name)).status for name in ("b", "a")] == [409, 200]


async def test_somebody_is_held_to_the_rules_of_the_product(caller: Caller) -> None:
    campaign_id = await caller.created_id()
    caller.sandbox.start(campaign_id)
    with pytest.raises(RefusedError, match="it cannot be edited"):
        caller.sandbox.edit(campaign_id, "priority", "1")
    with pytest.raises(RefusedError, match="it cannot be deleted"):
        caller.sandbox.delete(campaign_id)
    with pytest.raises(RefusedError, match="cd-1 is not here"):
        caller.sandbox.stop("cd-1")
    caller.sandbox.stop(campaign_id)
    with pytest.raises(SandboxError, match=r"^there is no field dialingStrategy\.maxRing$"):
        caller.sandbox.edit(campaign_id, "dialingStrategy.maxRing", 1)


@pytest.mark.parametrize("mode", ["Agentless", "Progressive", "Preview"])
async def test_a_test_can_fill_the_account_without_a_request(caller: Caller, mode: str) -> None:
    made = caller.sandbox.create(BODY_OF[caller.version](mode, name="from elsewhere"))
    assert (await caller.listed()).names == ["from elsewhere"]
    assert (await caller.got(made.id)).page["dialingMode"] == mode
    assert [arrival.operation for arrival in caller.sandbox.requests] == ["list", "get"]


async def test_a_restarted_sandbox_remembers_what_happened_to_its_campaigns(
    start: Start, hands: Hands, tmp_path: Path
) -> None:
    path = tmp_path / "store.jsonl"
    first = await start(store_path=path, hands=hands, prepare_seconds=0)
    started, edited, deleted = [await first.created_id(name=name) for name in "abc"]
    first.sandbox.start(started)
    first.sandbox.edit(edited, "name", "B")
    first.sandbox.edit(deleted, "name", "C")
    first.sandbox.delete(deleted)
    second = await start(store_path=path, hands=hands, unique_names=True)
    assert second.sandbox.campaigns == first.sandbox.campaigns
    assert [(it.name, it.status(THEN)) for it in second.sandbox.campaigns] == [("a", "Active"), ("B", "Ready")]
    assert [(await second.create(name=name)).status for name in ("b", "c")] == [409, 200]
