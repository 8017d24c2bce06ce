"""For every kind of fault: what the client sees, and what the sandbox holds afterwards."""

import asyncio
import errno
import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
import pytest

from loader.sandbox.fault_kinds import CREATES_ONLY, KINDS
from loader.sandbox.fault_rules import rule
from loader.sandbox.server import serving
from loader.sandbox.settings import SandboxSettings
from tests.sandbox.caller import Answer, Caller, Start, until

FIN = "ServerDisconnectedError"
RST = "ConnectionResetError"
SHORT = "ClientPayloadError"


async def seen(caller: Caller) -> Answer | str:
    """What a create looks like from the client: an answer, or the name of what was raised."""
    try:
        return await caller.create()
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as error:
        return type(error).__name__
    except aiohttp.ClientOSError as error:
        return RST if error.errno == errno.ECONNRESET else repr(error)


def faults_in(caller: Caller) -> list[str]:
    return [arrival.fault for arrival in caller.sandbox.requests if arrival.fault]


CONNECTION_FAULTS = [
    ("close-before-reading", FIN, 0),
    ("reset-before-reading", RST, 0),
    ("close-after-reading", FIN, 0),
    ("reset-after-reading", RST, 0),
    ("close-after-creating", FIN, 1),
    ("reset-after-creating", RST, 1),
    ("truncated", SHORT, 1),
]


@pytest.mark.parametrize(("action", "outcome", "held"), CONNECTION_FAULTS)
async def test_a_connection_ends_as_the_rule_says(start: Start, action: str, outcome: str, held: int) -> None:
    caller = await start(fault_rules=(rule(action=action, operation="create", times=1),))
    assert await seen(caller) == outcome
    assert len(caller.sandbox.campaigns) == held
    [arrival] = caller.sandbox.requests
    assert (arrival.fault, arrival.status) == (action, 200 if action == "truncated" else None)
    again = await seen(caller)
    assert isinstance(again, Answer)
    assert (again.status, len(caller.sandbox.campaigns)) == (200, held + 1)


@pytest.mark.parametrize(("action", "held"), [("hang-before-creating", 0), ("hang-after-creating", 1)])
async def test_a_hanging_request_is_closed_in_the_end(start: Start, action: str, held: int) -> None:
    caller = await start(fault_rules=(rule(action=action, seconds=0.1),))
    begun = time.monotonic()
    assert await seen(caller) == FIN
    assert time.monotonic() - begun >= 0.1
    assert len(caller.sandbox.campaigns) == held


@pytest.mark.parametrize(("action", "held"), [("hang-before-creating", 0), ("hang-after-creating", 1)])
async def test_a_client_that_stops_waiting_finds_what_the_kind_says(start: Start, action: str, held: int) -> None:
    caller = await start(fault_rules=(rule(action=action, seconds=60),))
    url = f"{caller.sandbox.url}/agentassist/api/v1/public/st-demo/queues"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await caller.create()
    async with caller.session.get(url):  # the others are served in the meantime
        assert len(caller.sandbox.campaigns) == held


@pytest.mark.parametrize(("action", "held_meanwhile"), [("slow", 1), ("slow-to-create", 0)])
async def test_a_slow_request_is_answered_late(start: Start, action: str, held_meanwhile: int) -> None:
    caller = await start(fault_rules=(rule(action=action, operation="create", seconds=0.3),))
    begun = time.monotonic()
    creating = asyncio.create_task(caller.create())
    await until(lambda: faults_in(caller) != [])
    meanwhile = len(caller.sandbox.campaigns)
    answer = await creating
    assert time.monotonic() - begun >= 0.3
    assert (answer.status, meanwhile, len(caller.sandbox.campaigns)) == (200, held_meanwhile, 1)


async def test_a_slow_list_is_the_list_of_when_it_was_asked_for(start: Start) -> None:
    caller = await start(fault_rules=(rule(action="slow", operation="list", seconds=0.2),))
    await caller.create(name="before")
    listing = asyncio.create_task(caller.listed())
    await until(lambda: faults_in(caller) == ["slow"])
    await caller.create(name="after")
    assert (await listing).names == ["before"]


async def test_a_name_taken_while_a_create_was_slow_is_refused(start: Start) -> None:
    caller = await start(unique_names=True, fault_rules=(rule(action="slow-to-create", seconds=0.2, nth=1),))
    creating = asyncio.create_task(caller.create())
    await until(lambda: faults_in(caller) != [])
    assert (await caller.create()).status == 200
    assert (await creating).status == 409
    assert len(caller.sandbox.campaigns) == 1


async def test_closing_the_sandbox_does_not_wait_for_what_hangs_and_carries_out_nothing_more() -> None:
    rules = (rule(action="hang-after-creating", nth=1), rule(action="slow-to-create", seconds=60))
    async with aiohttp.ClientSession() as session:
        async with serving(SandboxSettings(fault_rules=rules)) as sandbox:
            caller = Caller(session, sandbox)
            hanging = [asyncio.create_task(seen(caller)) for _ in range(2)]
            await until(lambda: faults_in(caller) == ["hang-after-creating", "slow-to-create"])
            begun = time.monotonic()
        assert time.monotonic() - begun < 20
        assert [await outcome for outcome in hanging] == [FIN, FIN]
        assert caller.held() == ["Dental recall April"]


def has_text(fragment: str) -> Callable[[Answer], bool]:
    return lambda answer: fragment in answer.raw.decode()


ANSWERED = [
    ({"action": "rate-limited"}, 429, 0, has_text("exceeded the per-minute rate limit")),
    ({"action": "rate-limit-text"}, 400, 0, has_text("exceeded the per-minute rate limit")),
    ({"action": "rate-limit-text", "status": 200}, 200, 0, has_text("exceeded the per-minute rate limit")),
    *[
        ({"action": "server-error", "status": status, "created": created}, status, int(created), has_text(text))
        for status, text in ((500, '"code":500'), (502, "<html>"), (503, '"code":503'), (504, '"code":504'))
        for created in (False, True)
    ],
    ({"action": "no-id"}, 200, 1, lambda answer: answer.json["data"]["name"] == "Dental recall April"),
    ({"action": "no-id"}, 200, 1, lambda answer: not {"id", "_id", "campId"} & answer.json["data"].keys()),
    ({"action": "no-id", "created": False}, 200, 0, lambda answer: answer.json["status"] == "success"),
    ({"action": "garbled"}, 200, 1, has_text('{"status":"success"')),
    ({"action": "garbled", "created": False}, 200, 0, has_text('{"status"')),
    ({"action": "empty"}, 200, 1, lambda answer: answer.raw == b""),
    ({"action": "empty", "created": False}, 200, 0, lambda answer: answer.headers["Content-Length"] == "0"),
    *[
        ({"action": "refused", "status": status}, status, 0, has_text(text))
        for status, text in (
            (400, "the request is not valid"),
            (401, "JWT is not valid"),
            (403, "lacks the scope"),
            (404, "not found"),
            (409, "name is taken"),
            (422, "the request is not valid"),
        )
    ],
    ({"action": "redirect"}, 307, 0, lambda answer: answer.headers["Location"] == "/elsewhere"),
    (
        {"action": "redirect", "status": 303, "location": "https://x.test/", "created": True},
        303,
        1,
        lambda answer: answer.headers["Location"] == "https://x.test/",
    ),
    ({"action": "answer", "status": 202, "body": "[1]", "created": True}, 202, 1, has_text("[1]")),
    ({"action": "answer", "body": "é", "content_type": "text/plain"}, 200, 0, has_text("é")),
]


@pytest.mark.parametrize(("keys", "status", "held", "looks"), ANSWERED)
async def test_an_answer_is_what_the_rule_says(
    start: Start, keys: dict[str, object], status: int, held: int, looks: Callable[[Answer], bool]
) -> None:
    caller = await start(fault_rules=(rule(**keys, operation="create"),))
    answer = await caller.create()
    assert answer.status == status
    assert len(caller.sandbox.campaigns) == held
    assert looks(answer)
    [arrival] = caller.sandbox.requests
    assert (arrival.fault, arrival.status) == (keys["action"], status)


async def test_garbled_is_whole_by_its_length_and_not_json(start: Start) -> None:
    caller = await start(fault_rules=(rule(action="garbled"),))
    answer = await caller.create()
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw)


@pytest.mark.parametrize("text", ["5", "1.5", "-3", "+5", "soon", "100000000000000000000", "\u0665"])
async def test_retry_after_is_sent_as_it_stands_in_the_rule(start: Start, text: str) -> None:
    caller = await start(fault_rules=(rule(action="rate-limited", retry_after=text),))
    assert (await caller.create()).headers["Retry-After"] == text


async def test_retry_after_can_be_absent_doubled_or_a_date(start: Start) -> None:
    rules = (
        rule(action="rate-limited", nth=1),
        rule(action="rate-limited", nth=2, retry_after=["5", "7"]),
        rule(action="server-error", status=503, nth=3, retry_after="date+30"),
        rule(action="answer", status=429, nth=4, retry_after="date-30"),
    )
    caller = await start(fault_rules=rules)
    absent, doubled, ahead, past = [await caller.create() for _ in rules]
    assert "Retry-After" not in absent.headers
    assert doubled.headers.getall("Retry-After") == ["5", "7"]
    assert -31 < parsedate_to_datetime(past.headers["Retry-After"]).timestamp() - time.time() < -28
    assert ahead.headers["Retry-After"].endswith(" GMT")
    assert 28 < parsedate_to_datetime(ahead.headers["Retry-After"]).timestamp() - time.time() < 31
    assert ahead.status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_a_delete_can_be_done_and_its_answer_lost(start: Start) -> None:
    caller = await start(fault_rules=(rule(action="reset-after-creating", operation="delete", nth=1),))
    campaign_id = (await caller.create()).json["data"]["id"]
    answer = await caller.send("DELETE", f"/campaign/{campaign_id}?campaignType=voice")
    assert caller.sandbox.campaigns == []
    # aiohttp itself sends a DELETE again, and with it the token
    assert (answer.status, answer.reasons) == (401, "auth: JWT with this jti was used before, possibly a replay")
    assert [arrival.status for arrival in caller.sandbox.requests if arrival.operation == "delete"] == [None, 401]


async def test_a_list_can_come_without_ids(start: Start) -> None:
    caller = await start(fault_rules=(rule(action="no-id", operation="list"),))
    await caller.create()
    [item] = (await caller.listed()).page["results"]
    assert item["name"] == "Dental recall April"
    assert "_id" not in item


async def test_only_valid_requests_within_the_limit_are_struck_and_counted(start: Start) -> None:
    caller = await start(rate_per_minute=4, fault_rules=(rule(action="empty", operation="create", nth=2),))
    assert (await caller.create(name="first")).status == 200
    assert (await caller.create(name="")).status == 400
    assert (await caller.send("POST", "/campaign?campaignType=voice", headers={"auth": None})).status == 401
    assert (await caller.create(name="second")).raw == b""
    assert (await caller.create(name="third")).status == 429


async def test_random_faults_leave_no_trace_of_what_they_did_not_create(start: Start) -> None:
    caller = await start(rate_per_minute=0, fault_rate=1.0, fault_seed=3, fault_seconds=0.01)
    outcomes = [await seen(caller) for _ in range(150)]
    struck = [arrival.fault for arrival in caller.sandbox.requests]
    assert None not in struck
    assert set(struck) == set(KINDS) - {"refused", "redirect", "answer"} - set(CREATES_ONLY)
    surely = sum(kind in {"close-after-creating", "reset-after-creating", "hang-after-creating"} for kind in struck)
    assert surely < len(caller.sandbox.campaigns) < len(outcomes)


async def test_a_seed_gives_the_same_faults_again(start: Start) -> None:
    async def faults(seed: int) -> list[str | None]:
        caller = await start(rate_per_minute=0, fault_rate=0.3, fault_seed=seed, fault_seconds=0.01)
        for _ in range(40):
            await seen(caller)
        return [arrival.fault for arrival in caller.sandbox.requests]

    first = await faults(7)
    assert first == await faults(7)
    assert first != await faults(8)


async def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing(start: Start) -> None:
    caller = await start()
    host, port = caller.sandbox.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = "POST /agentassist/api/v1/public/st-demo/campaign?campaignType=voice HTTP/1.1\r\nHost: x\r\n"
    writer.write(f"{head}Content-Length: 500\r\n\r\n{{".encode())
    await writer.drain()
    await until(lambda: len(caller.sandbox.requests) == 1)
    writer.close()
    await writer.wait_closed()
    assert (await caller.listed()).names == []
    assert (caller.sandbox.requests[0].operation, caller.sandbox.requests[0].status) == ("create", None)
