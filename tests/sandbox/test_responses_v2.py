"""A campaign in the answers of v2; and both versions speak of the same campaigns (reference 4, 5)."""

import pytest

from loader.sandbox.settings import KnownList
from tests.sandbox.caller import BODY, BODY_OF, Caller, Hands, Json, Start, Version

THEN = 1775000000.25  # 2026-03-31T23:33:20.250Z
STRATEGY = {**BODY["dialingStrategy"], "useSystemMappings": False}
OWN_FIELDS: dict[str, Json] = {
    "Agentless": {"enableMachineDetect": False},
    "Progressive": {},
    "Preview": {"maxSkips": 0},
}


@pytest.fixture
async def caller(start: Start) -> Caller:
    """Of v2, where a campaign is ready after a second."""
    return (await start(hands=Hands(wall=THEN), rate_per_minute=0)).speaking("v2")


@pytest.mark.parametrize("mode", OWN_FIELDS)
async def test_every_mode_is_answered_with_the_whole_object(caller: Caller, mode: str) -> None:
    answer = await caller.create(mode)
    assert answer.status == 200
    data = answer.json.pop("data")
    assert answer.json == {"status": "success", "message": "Campaign Dental recall April creation in progress"}
    assert data.pop("id") == caller.sandbox.campaigns[0].id
    assert data.pop("experienceFlow", "none")[:3] == ("cf-" if mode == "Agentless" else "non")
    assert data.pop("dncLists").pop("id")[:3] == "cl-"
    assert data == {
        "name": "Dental recall April",
        "lname": "dental recall april",
        "description": "Recall calls for patients due in April",
        "priority": "3",
        "dialingMode": mode,
        "dialingStrategy": STRATEGY,
        "status": "Preparing",
        "isFiltersEnabled": False,
        "createdAt": "2026-03-31T23:33:20.250Z",
        "updatedAt": "2026-03-31T23:33:20.250Z",
        "contactLists": ["recall-2026-04"],
        **OWN_FIELDS[mode],
    }


async def test_the_list_of_numbers_not_to_call_has_its_name_and_always_the_same_id(caller: Caller) -> None:
    first = (await caller.create()).page["dncLists"]
    again = (await caller.create("Preview")).page["dncLists"]
    other = (await caller.create(dncLists={"name": "Do not disturb"})).page["dncLists"]
    assert first == again == {"id": first["id"], "name": "Default Global DNC"}
    assert (other["name"], other["id"] == first["id"]) == ("Do not disturb", False)


async def test_one_campaign_is_shown_without_a_word_about_machine_detection(caller: Caller) -> None:
    answer = await caller.got(await caller.created_id())
    assert answer.json["message"] == "Campaign Dental recall April retrieved successfully"
    data = answer.page
    assert data["schedule"] == {"isSchedulingEnabled": False, "isRecurrenceEnabled": False}
    assert (data["dialingStrategy"], data["dncLists"]["name"]) == (STRATEGY, "Default Global DNC")
    assert not {"id", "connection", "experienceFlowName", "campaignType", "enableMachineDetect"} & data.keys()


@pytest.mark.parametrize("word", ["no", "detect", "disconnect"])
async def test_the_word_for_machine_detection_can_be_echoed(start: Start, word: str) -> None:
    caller = (await start(machine_detect_echo="as-sent")).speaking("v2")
    created = (await caller.create(enableMachineDetect=word)).page
    assert created["enableMachineDetect"] == word
    assert (await caller.got(created["id"])).page["enableMachineDetect"] == word
    assert "enableMachineDetect" not in (await caller.got(await caller.created_id("Preview"))).page


@pytest.mark.parametrize(("word", "flag"), [("no", False), ("detect", True), ("disconnect", True)])
async def test_v1_tells_machine_detection_of_v2_as_a_flag(caller: Caller, word: str, flag: bool) -> None:
    campaign_id = await caller.created_id(enableMachineDetect=word)
    assert (await caller.speaking("v1").got(campaign_id)).page["enableMachineDetect"] is flag


async def test_v1_tells_a_campaign_of_v2_without_its_own_fields(caller: Caller) -> None:
    campaign_id = await caller.created_id("Progressive")
    v1 = caller.speaking("v1")
    shown, [item] = (await v1.got(campaign_id)).page, (await v1.listed()).page["results"]
    assert not {"dncLists", "isFiltersEnabled"} & (shown.keys() | item.keys())
    assert (shown["dialingStrategy"], shown["enableMachineDetect"]) == (BODY["dialingStrategy"], False)


async def test_v2_tells_a_campaign_of_v1_without_a_list_of_numbers_not_to_call(caller: Caller) -> None:
    campaign_id = await caller.speaking("v1").created_id()
    shown, [item] = (await caller.got(campaign_id)).page, (await caller.listed()).page["results"]
    assert ("dncLists" in shown, "dncLists" in item) == (False, False)
    assert (shown["isFiltersEnabled"], item["isFiltersEnabled"]) == (False, False)


@pytest.mark.parametrize("version", BODY_OF)
async def test_what_one_version_created_both_list_get_and_delete(caller: Caller, version: Version) -> None:
    other = caller.speaking("v1" if version == "v2" else "v2")
    await caller.speaking(version).create(name="first")
    second = await caller.speaking(version).created_id(name="second")
    assert (await other.listed()).names == (await caller.speaking(version).listed()).names == ["first", "second"]
    assert (await other.got(second)).page["name"] == "second"
    assert await other.state_of(second) == "Preparing"
    assert (await other.deleted(second)).page["_id"] == second
    assert (await caller.speaking(version).listed()).names == ["first"]


@pytest.mark.parametrize(("mode", "connection"), [("Agentless", "Recall intake"), ("Preview", "Claims")])
async def test_a_list_item_of_v2_has_two_fields_more(caller: Caller, mode: str, connection: str) -> None:
    await caller.create(mode)
    [item] = (await caller.listed()).page["results"]
    [of_v1] = (await caller.speaking("v1").listed()).page["results"]
    assert item == {**of_v1, "dncLists": item["dncLists"], "isFiltersEnabled": False}
    assert (item["dncLists"]["name"], item["connection"]) == ("Default Global DNC", connection)


async def test_contact_lists_of_v2_tell_their_columns(start: Start) -> None:
    caller = await start(contact_lists=(KnownList("recall-2026-04"),))
    path = "/campaign/contactList/getAllListDetails?type=call"
    [of_v1] = (await caller.send("POST", path, json={})).json["data"]
    await caller.speaking("v2").create()
    [entry] = (await caller.speaking("v2").send("POST", path, json={})).json["data"]
    assert ("columns" in of_v1, entry["columns"]) == (False, ["phone"])
    assert (of_v1["isListInUse"], entry["isListInUse"]) == (False, True)


async def test_names_are_taken_in_both_versions_at_once(start: Start) -> None:
    caller = await start(unique_names=True)
    assert (await caller.create()).status == 200
    assert (await caller.speaking("v2").create("Preview")).status == 409


async def test_a_strict_sandbox_knows_the_default_list_and_those_it_was_given(start: Start) -> None:
    known = {"contact_lists": (KnownList("recall-2026-04"),), "dnc_lists": ("Do not disturb",)}
    strict = (await start(strict_names=True, **known)).speaking("v2")
    assert (await strict.create()).status == 200
    assert (await strict.create(dncLists={"name": "Do not disturb"})).status == 200
    for unknown in ("do not disturb", "Default global DNC", "recall-2026-04"):
        answer = await strict.create(dncLists={"name": unknown})
        assert (answer.status, answer.reasons) == (400, f"dncLists.name: no DNC list is named '{unknown}'")
    free = (await start()).speaking("v2")
    assert (await free.create(dncLists={"name": "anything"})).status == 200


@pytest.mark.parametrize("mode", OWN_FIELDS)
async def test_v1_can_be_out_of_date_because_it_has_no_list_of_numbers_not_to_call(start: Start, mode: str) -> None:
    caller = await start(dnc_required=True)
    answer = await caller.create(mode)
    assert (answer.status, answer.reasons) == (400, "a DNC list is mandatory for voice campaigns")
    assert (await caller.create(mode, priority=3)).reasons == "priority must be a string"
    assert caller.sandbox.campaigns == []
    assert (await caller.speaking("v2").create(mode)).status == 200
