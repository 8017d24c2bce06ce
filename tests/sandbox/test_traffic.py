"""The rate limit and the record of requests."""

import json
from pathlib import Path

import pytest

from loader.sandbox.fault_rules import rule
from loader.sandbox.traffic import largest_window
from tests.sandbox.caller import Hands, Start


@pytest.mark.parametrize(
    ("times", "seconds", "largest"),
    [
        ([], 60, 0),
        ([5.0], 60, 1),
        ([0.0, 60.0, 120.0], 60, 1),
        ([0.0, 59.999, 60.0], 60, 2),
        ([0.0, 0.0, 0.0, 100.0], 60, 3),
        ([0.0, 30.0, 59.0, 61.0, 62.0, 119.0], 60, 4),
        ([0.0, 1.0, 2.0, 3.0], 2, 2),
    ],
)
def test_the_fullest_window_of_any_start_is_found(times: list[float], seconds: float, largest: int) -> None:
    assert largest_window(times, seconds) == largest


async def test_sixty_a_minute_pass_and_the_next_is_refused_by_the_limit(start: Start) -> None:
    hands = Hands()
    caller = await start(hands=hands)
    assert {(await caller.listed()).status for _ in range(60)} == {200}
    answer = await caller.create()
    assert answer.status == 429
    assert "exceeded the per-minute rate limit" in answer.reasons
    assert "Retry-After" not in answer.headers
    assert caller.sandbox.campaigns == []
    assert caller.sandbox.largest_window() == 61


async def test_the_window_rolls(start: Start) -> None:
    hands = Hands()
    caller = await start(hands=hands, rate_per_minute=2)
    statuses = []
    for pause in (0, 30, 29.5, 30.5, 0.5, 59.5, 0.5):
        hands.move(pause)
        statuses.append((await caller.listed()).status)
    # at 0, 30, 59.5 (third within a minute), 90, 90.5 (refused ones count), 150, 150.5
    assert statuses == [200, 200, 429, 200, 429, 200, 200]
    assert caller.sandbox.largest_window() == 3
    assert caller.sandbox.largest_window(1) == 2


async def test_retry_after_is_sent_on_request_and_is_true(start: Start) -> None:
    hands = Hands()
    caller = await start(hands=hands, rate_per_minute=2, send_retry_after=True)
    await caller.listed()
    hands.move(20.5)
    await caller.listed()
    hands.move(20.25)
    assert (await caller.listed()).headers["Retry-After"] == "40"  # 39.75 in whole seconds
    hands.move(39.75)
    assert (await caller.listed()).status == 200


async def test_every_request_counts_also_those_refused_for_another_reason(start: Start) -> None:
    caller = await start(rate_per_minute=4, fault_rules=(rule(action="close-before-reading", operation="get"),))
    await caller.send("POST", "/nowhere")
    await caller.create(name="")
    await caller.send("GET", "/campaign", headers={"auth": None})
    await caller.send("POST", "/campaign/getAllCampaignDetails", headers={"auth": None})
    assert (await caller.create()).status == 429


async def test_accounts_are_counted_apart(start: Start) -> None:
    caller = await start(rate_per_minute=1)
    await caller.send("GET", "/queues", headers={"accountId": "other"})
    assert (await caller.listed()).status == 200
    assert (await caller.listed()).status == 429


async def test_zero_switches_the_limit_off(start: Start) -> None:
    caller = await start(rate_per_minute=0)
    assert {(await caller.listed()).status for _ in range(70)} == {200}


async def test_every_request_is_logged_with_what_became_of_it_and_never_its_token(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "made" / "requests.jsonl"
    caller = await start(
        rate_per_minute=3, log_path=log, fault_rules=(rule(action="no-id", operation="create", nth=2),)
    )
    await caller.create(name="one")
    await caller.create(name="two")
    await caller.create(name="", priority="9")
    await caller.create(name="four")
    await caller.send("POST", "/campaign?campaignType=voice", raw=b"{")
    await caller.send("POST", "/campaign?campaignType=voice", raw=b"[1]")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(line["operation"], line["name"], line["fault"], line["status"]) for line in lines] == [
        ("create", "one", None, 200),
        ("create", "two", "no-id", 200),
        ("create", "", None, 400),
        ("create", "four", None, 429),
        ("create", None, None, 429),
        ("create", None, None, 429),
    ]
    assert [line["at"] for line in lines] == [arrival.at for arrival in caller.sandbox.requests]
    assert "eyJ" not in log.read_text("utf-8")
