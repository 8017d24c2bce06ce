"""Paging, order, filters and lag of the campaign list (reference 5.1)."""

from typing import Any

import pytest

from tests.sandbox.caller import Caller, Hands, Start

THEN = 1775000000.0  # 2026-03-31T23:33:20.000Z


async def filled(start: Start, hands: Hands, *names: str, **settings: object) -> Caller:
    """One campaign a second."""
    caller = await start(hands=hands, rate_per_minute=0, **settings)
    for name in names:
        assert (await caller.create(name=name)).status == 200
        hands.move(1)
    return caller


@pytest.mark.parametrize(
    ("asked", "names", "rest"),
    [
        ({}, "abcde", (0, 10, False, 1)),
        ({"limit": 2}, "ab", (0, 2, True, 3)),
        ({"limit": 2, "page": 2, "skip": 2}, "cd", (2, 2, True, 3)),
        ({"limit": 2, "page": 3}, "e", (4, 2, False, 3)),
        ({"limit": 2, "page": 4, "skip": 6}, "", (6, 2, False, 3)),
        ({"limit": 2**31 - 1, "page": 2**31 - 1}, "", ((2**31 - 2) * (2**31 - 1), 2**31 - 1, False, 1)),
        ({"limit": 5}, "abcde", (0, 5, False, 1)),
        ({"limit": "", "skip": "", "page": ""}, "abcde", (0, 10, False, 1)),
        ({"limit": 2, "sortBy": {"createdAt": "desc"}}, "ed", (0, 2, True, 3)),
        ({"limit": 2, "skip": 2, "sortBy": {"createdAt": "desc"}}, "cb", (2, 2, True, 3)),
        ({"limit": 2, "skip": 4, "sortBy": {"updatedAt": "desc"}}, "a", (4, 2, False, 3)),
        ({"sortBy": {"createdAt": "asc"}}, "abcde", (0, 10, False, 1)),
    ],
)
async def test_pages(start: Start, asked: dict[str, Any], names: str, rest: tuple[int, int, bool, int]) -> None:
    caller = await filled(start, Hands(wall=THEN), *"abcde")
    page = await caller.listed(**asked)
    assert "".join(page.names) == names
    skip, limit, more, pages = rest
    assert {key: value for key, value in page.page.items() if key != "results"} == {
        "skip": skip,
        "limit": limit,
        "hasMore": more,
        "totalPages": pages,
        "totalResults": 5,
    }


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ({"name": "asc"}, ["A", "b", "B", "c"]),
        ({"name": "desc"}, ["c", "b", "B", "A"]),
        ({"name": "asc", "createdAt": "desc"}, ["A", "B", "b", "c"]),
        ({"createdAt": "desc", "name": "asc"}, ["A", "c", "B", "b"]),
    ],
)
async def test_order_by_name_does_not_look_at_case(start: Start, order: dict[str, str], names: list[str]) -> None:
    caller = await filled(start, Hands(wall=THEN), "b", "B", "c", "A")
    assert (await caller.listed(sortBy=order)).names == names


async def test_filters_pick_by_state_priority_and_mode(start: Start) -> None:
    hands = Hands(wall=THEN)
    caller = await start(hands=hands, prepare_seconds=10)
    await caller.create(name="old", priority="1")
    hands.move(10)
    await caller.create("Preview", name="new", priority="5")

    async def names(**filters: object) -> list[str]:
        return (await caller.listed(filters=filters)).names

    assert await names(status=["Ready"]) == ["old"]
    assert await names(status=["Preparing"]) == ["new"]
    assert await names(status=["Ready", "Preparing"]) == ["old", "new"]
    assert await names(priority=[5, 2]) == ["new"]
    assert await names(dialingMode=["Agentless"]) == ["old"]
    assert await names(dialingMode=["Agentless"], priority=[5]) == []
    assert await names(status=[]) == ["old", "new"]
    assert (await caller.listed(filters={"status": ["Active"]})).page["totalResults"] == 0


async def test_dates_bound_the_time_of_creation(start: Start) -> None:
    caller = await filled(start, Hands(wall=THEN), *"abc")
    assert (await caller.listed(startDate="2026-03-31T23:33:21.000Z")).names == ["b", "c"]
    assert (await caller.listed(endDate="2026-03-31T23:33:21.000Z")).names == ["a", "b"]
    between = {"startDate": "2026-03-31T23:33:20.500Z", "endDate": "2026-03-31T23:33:21.500Z"}
    assert (await caller.listed(**between, sortBy={"createdAt": "desc"})).names == ["b"]


async def test_a_new_campaign_is_listed_only_after_the_lag(start: Start) -> None:
    hands = Hands(wall=THEN)
    caller = await filled(start, hands, "a", "b", list_lag_seconds=5)
    for order in ({}, {"createdAt": "asc"}, {"createdAt": "desc"}, {"name": "asc"}):
        assert (await caller.listed(sortBy=order)).names == []
    hands.move(3)
    for order in ({}, {"createdAt": "asc"}, {"createdAt": "desc"}, {"name": "asc"}):
        page = await caller.listed(sortBy=order, limit=1)
        assert (page.names, page.page["totalResults"], page.page["hasMore"]) == (["a"], 1, False)
    hands.move(1)
    assert (await caller.listed()).names == ["a", "b"]
    assert caller.held() == ["a", "b"]


async def test_a_limit_above_the_largest_is_quietly_lowered(start: Start) -> None:
    caller = await filled(start, Hands(wall=THEN), *"abc", largest_list_limit=2)
    page = await caller.listed(limit=100)
    assert (page.names, page.page["limit"], page.page["hasMore"]) == (["a", "b"], 2, True)


async def test_there_are_no_sms_campaigns(start: Start) -> None:
    caller = await filled(start, Hands(wall=THEN), "a")
    page = await caller.listed(type="sms")
    assert (page.page["results"], page.page["totalResults"]) == ([], 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "type is missing"),
        ({"type": "call"}, "type must be one of voice, sms"),
        ({"type": "voice", "name": "x"}, "name is not a field of the campaign list"),
        ({"type": "voice", "limit": 0}, "limit must be 1 to 2147483647, not 0"),
        ({"type": "voice", "limit": "10"}, "limit must be an integer"),
        ({"type": "voice", "skip": -1}, "skip must be 0 to 2147483647, not -1"),
        ({"type": "voice", "page": 0}, "page must be 1 to 2147483647, not 0"),
        ({"type": "voice", "startDate": "2026-03-31"}, "startDate must be an instant"),
        ({"type": "voice", "endDate": "2026-03-31T23:33:21Z"}, "endDate must be an instant"),
        ({"type": "voice", "sortBy": "createdAt"}, "sortBy must be an object"),
        ({"type": "voice", "sortBy": {"status": "asc"}}, "sortBy.status is not a field of sortBy"),
        ({"type": "voice", "sortBy": {"createdAt": -1}}, "sortBy.createdAt must be a string"),
        ({"type": "voice", "filters": {"name": ["x"]}}, "filters.name is not a field of filters"),
        ({"type": "voice", "filters": {"priority": ["3"]}}, "filters.priority[0] must be an integer"),
        ({"type": "voice", "filters": {"status": "Ready"}}, "filters.status must be an array"),
        ({"type": "voice", "filters": {"status": ["ready"]}}, "filters.status[0] must be one of Active"),
        ({"type": "voice", "filters": {"dialingMode": ["Power"]}}, "filters.dialingMode[0] must be one of"),
    ],
)
async def test_a_wrong_list_request_is_refused(caller: Caller, body: dict[str, Any], reason: str) -> None:
    answer = await caller.send("POST", "/campaign/getAllCampaignDetails", json=body)
    assert answer.status == 400
    assert reason in answer.reasons
