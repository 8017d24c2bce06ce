"""What happens to campaigns behind the client's back: they are altered, they vanish, they never become ready."""

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from loader.sandbox.errors import SandboxError
from loader.sandbox.fault_rules import rule, rules_in
from loader.sandbox.faults import Rule, with_field
from tests.sandbox.caller import BODY_OF, Caller, Hands, Json, Start, Version

THEN = 1775000000.25
MODES = ("Agentless", "Progressive", "Preview")

# field of the body, its new value, where an answer shows it: in the list, in the campaign itself, or in both
SHARED: list[tuple[str, Any, str]] = [
    ("name", "Dental recall", "both"),
    ("description", "Recall", "both"),
    ("contactLists", ["recall-2026-05"], "both"),
    ("contactLists.0", "recall-2026-05", "both"),
    ("priority", "4", "both"),
    ("priority", 3, "both"),
    ("dialingMode", "Power", "both"),
    ("dialingStrategy", {"dialingOrder": "FIFO"}, "campaign"),
    ("dialingStrategy.callerId", {"phoneNumber": "+442079460019"}, "campaign"),
    ("dialingStrategy.callerId.phoneNumber", "+442079460019", "campaign"),
    ("dialingStrategy.callingHours.frequency", "DAILY", "campaign"),
    ("dialingStrategy.callingHours.timezone", "Europe/Paris", "campaign"),
    ("dialingStrategy.callingHours.days", [], "campaign"),
    ("dialingStrategy.callingHours.days.0", None, "campaign"),
    ("dialingStrategy.callingHours.days.0.day", "MO", "campaign"),
    ("dialingStrategy.callingHours.days.1.start", "2:01 PM", "campaign"),
    ("dialingStrategy.callingHours.days.1.end", "5:31 PM", "campaign"),
    ("dialingStrategy.dialingOrder", "FIFO", "campaign"),
    ("dialingStrategy.maxAttemptsPerRecord", 3, "campaign"),
    ("dialingStrategy.defaultRetryPeriod", 46, "campaign"),
    ("dialingStrategy.maxRingTime", 26, "campaign"),
    ("schedule", {"isSchedulingEnabled": True}, "both"),
    ("schedule.isSchedulingEnabled", True, "both"),
]
OWN: list[tuple[Version, str, str, Any, str]] = [
    *[(version, "Agentless", "experienceFlowName", "Other intake", "both") for version in BODY_OF],
    *[(version, mode, "queue_name", "Complaints", "list") for version in BODY_OF for mode in MODES[1:]],
    *[(version, "Preview", "maxSkips", 7, "campaign") for version in BODY_OF],
    *[("v1", mode, "enableMachineDetect", False, "campaign") for mode in MODES],
    ("v2", "Agentless", "enableMachineDetect", "no", "campaign"),
    *[("v2", mode, "dncLists", {"name": "Do not disturb"}, "both") for mode in MODES],
    *[("v2", mode, "dncLists.name", "Do not disturb", "both") for mode in MODES],
    *[(version, mode, "campaignType", "sms", "nowhere") for version in BODY_OF for mode in MODES],
]
ALTERATIONS = [(version, mode, *row) for version in BODY_OF for mode in MODES for row in SHARED] + OWN


async def shown(caller: Caller, campaign_id: str) -> dict[str, Json]:
    """What both answers tell of a campaign, without what differs from one to the next anyway."""
    [item] = [item for item in (await caller.listed()).page["results"] if item["_id"] == campaign_id]
    whole = (await caller.got(campaign_id)).page
    del item["_id"], whole["_id"]
    return {"list": item, "campaign": whole}


@pytest.mark.parametrize(("version", "mode", "field", "value", "where"), ALTERATIONS)
async def test_another_value_is_stored_than_was_sent_and_every_later_answer_shows_it(  # noqa: PLR0917  a line of the table
    start: Start, version: Version, mode: str, field: str, value: object, where: str
) -> None:
    alter = rule(action="alter", operation="create", nth=2, field=field, value=value)
    hands = Hands(wall=THEN)
    caller = (await start(hands=hands, fault_rules=(alter,), machine_detect_echo="as-sent")).speaking(version)
    plain, altered = [await caller.create(mode) for _ in range(2)]
    first, second = [campaign.id for campaign in caller.sandbox.campaigns]
    assert (altered.status, caller.sandbox.requests[1].fault) == (200, "alter")
    assert altered.raw.replace(second.encode(), b"") == plain.raw.replace(first.encode(), b"")  # nobody is told
    assert caller.sandbox.campaigns[1].body == with_field(BODY_OF[version](mode), field, value)
    before, after = await shown(caller, first), await shown(caller, second)
    differing = {answer for answer in before if before[answer] != after[answer]}
    assert differing == {"both": {"list", "campaign"}, "nowhere": set()}.get(where, {where})


def test_no_field_of_a_body_is_left_out_of_the_table() -> None:
    for version in BODY_OF:
        for mode in MODES:
            tried = {row[2].split(".0")[0] for row in ALTERATIONS if row[:2] == (version, mode)}
            body = BODY_OF[version](mode)
            strategy = body["dialingStrategy"]
            assert body.keys() <= tried
            assert {f"dialingStrategy.{key}" for key in strategy} - {"dialingStrategy.callingHours"} <= tried
            assert {f"dialingStrategy.callingHours.{key}" for key in strategy["callingHours"]} <= tried


async def test_the_altered_name_is_the_one_that_is_found_and_taken(start: Start) -> None:
    alter = rule(action="alter", operation="create", nth=1, field="name", value="Other")
    caller = await start(fault_rules=(alter,), unique_names=True)
    answer = await caller.create(name="one")
    assert answer.json["message"] == "Campaign one creation in progress"
    assert caller.held() == ["Other"]
    assert [(await caller.create(name=name)).status for name in ("other", "one")] == [409, 200]


async def test_a_field_that_was_not_sent_cannot_be_altered_and_that_is_loud(start: Start) -> None:
    for field in ("maxSkips", "dialingStrategy.maxRing", "contactLists.1", "contactLists.x", "name.first"):
        caller = await start(fault_rules=(rule(action="alter", operation="create", field=field),))
        answer = await caller.create()
        assert (answer.status, answer.reasons) == (501, f"the rule alters {field}, which is not in the body")


async def test_what_is_to_be_altered_is_chosen_like_for_every_other_fault(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        """
        [[rule]]
        operation = "create"
        name = "b*"
        action = "alter"
        field = "dialingStrategy.callingHours.days"
        value = [{day = "MO", start = "9:00 AM", end = "5:00 PM"}]

        [[rule]]
        operation = "create"
        every = 3
        action = "alter"
        field = "priority"
        """,
        "utf-8",
    )
    days, nothing = rules_in(path)
    assert (days.fault.kind, nothing.fault.kind) == ("alter", "alter")
    caller = await start(fault_file=path)
    for name in "abc":
        await caller.create(name=name)
    bodies = [campaign.body for campaign in caller.sandbox.campaigns]
    assert [len(body["dialingStrategy"]["callingHours"]["days"]) for body in bodies] == [2, 1, 2]
    assert [body["priority"] for body in bodies] == ["3", "3", None]


async def test_the_body_a_rule_gives_is_not_the_rules_own(start: Start) -> None:
    lists = ["x"]
    caller = await start(fault_rules=(rule(action="alter", operation="create", field="contactLists", value=lists),))
    lists.append("y")
    await caller.create()
    assert caller.sandbox.campaigns[0].body["contactLists"] == ["x"]


def vanish(**keys: object) -> Rule:
    return rule(action="vanish", operation="create", name="b", **keys)


async def test_a_campaign_can_vanish_as_soon_as_it_is_created(start: Start) -> None:
    caller = await start(fault_rules=(vanish(),), unique_names=True)
    ids = [await caller.created_id(name=name) for name in "abc"]
    assert (await caller.listed()).names == caller.held() == ["a", "c"]
    assert (await caller.got(ids[1])).status == 404
    assert (await caller.create(name="B")).status == 200


async def test_a_campaign_can_vanish_later(start: Start, tmp_path: Path) -> None:
    hands, path = Hands(wall=THEN), tmp_path / "store.jsonl"
    caller = await start(hands=hands, fault_rules=(vanish(seconds=10),), store_path=path)
    ids = [await caller.created_id(name=name) for name in "abc"]
    hands.move(9.5)
    assert await caller.state_of(ids[1]) == "Ready"
    restarted = await start(hands=hands, store_path=path)
    assert restarted.held() == ["a", "b", "c"]
    hands.move(0.5)
    assert restarted.held() == ["a", "c"]
    assert (await caller.listed()).page["totalResults"] == 2
    assert (await caller.deleted(ids[1])).status == 404
    assert caller.held() == ["a", "c"]


async def test_what_was_deleted_before_it_could_vanish_is_no_matter(start: Start) -> None:
    hands = Hands(wall=THEN)
    caller = await start(hands=hands, fault_rules=(vanish(seconds=10),))
    caller.sandbox.delete(await caller.created_id(name="b"))
    hands.move(20)
    assert (await caller.listed()).names == []


@pytest.mark.parametrize("version", BODY_OF)
async def test_a_campaign_can_stay_preparing_for_ever(start: Start, version: Version) -> None:
    hands = Hands(wall=THEN)
    stuck = rule(action="stuck", operation="create", name="b")
    caller = (await start(hands=hands, fault_rules=(stuck,))).speaking(version)
    left, held_up = [await caller.created_id(name=name) for name in "ab"]
    hands.move(10_000_000)
    assert [await caller.state_of(it) for it in (left, held_up)] == ["Ready", "Preparing"]
    assert (await caller.listed(filters={"status": ["Preparing"]})).names == ["b"]
    assert (await caller.got(held_up)).page["updatedAt"] == (await caller.got(held_up)).page["createdAt"]
    assert (await caller.deleted(held_up)).status == 200


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("a", {"a": 9, "l": [{"x": 1}, 2]}),
        ("l", {"a": {"b": 0}, "l": 9}),
        ("a.b", {"a": {"b": 9}, "l": [{"x": 1}, 2]}),
        ("l.1", {"a": {"b": 0}, "l": [{"x": 1}, 9]}),
        ("l.0.x", {"a": {"b": 0}, "l": [{"x": 9}, 2]}),
    ],
)
def test_a_field_gets_another_value_in_a_copy(path: str, made: object) -> None:
    value = {"a": {"b": 0}, "l": [{"x": 1}, 2]}
    assert with_field(value, path, 9) == made
    assert value == {"a": {"b": 0}, "l": [{"x": 1}, 2]}


@pytest.mark.parametrize("path", ["b", "a.c", "a.b.c", "l.2", "l.-1", "l.x", "l.", "", "a."])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(SandboxError, match=f"^there is no field {re.escape(path)}$"):
        with_field({"a": {"b": 0}, "l": [{"x": 1}, 2]}, path, 9)


async def test_a_name_kept_otherwise_is_shown_in_every_answer_and_found_under_its_kept_spelling(start: Start) -> None:
    rules = (rule(action="rename", operation="create"), rule(action="close-after-creating", operation="create", nth=1))
    caller = await start(fault_rules=rules, unique_names=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await caller.create(name="R&D 1")
    made = await caller.create(name="R&D 2")
    assert made.json["data"]["name"] == "R&amp;D 2"
    assert sorted((await caller.listed()).names) == ["R&amp;D 1", "R&amp;D 2"]
    assert (await caller.create(name="R&D 2")).status == 409
    assert [arrival.name for arrival in caller.sandbox.requests if arrival.operation == "create"] == [
        "R&D 1",
        "R&D 2",
        "R&D 2",
    ]
