"""Paths, queries and headers of v2: the account stands in the query and in the header (reference 4, 5, 6)."""

import pytest

from loader.sandbox.settings import KnownList
from tests.sandbox.caller import Caller, Start, body_v2_of

CREATE = "/campaign?campaignType=voice"
HERE = "/campaign/api/v2/public/st-demo/campaign"

# method, path below the application, body
CALLS = [
    ("POST", CREATE, body_v2_of()),
    ("POST", "/campaign/getAllCampaignDetails", {"type": "voice"}),
    ("GET", "/campaign/{id}", None),
    ("POST", "/campaign/{id}/status?view=status", {}),
    ("PUT", "/campaign/{id}?campaignType=voice", body_v2_of()),
    ("DELETE", "/campaign/{id}?campaignType=voice", None),
    ("POST", "/campaign/contactList/getAllListDetails?type=call", {}),
]


@pytest.fixture
async def caller_v2(start: Start) -> Caller:
    return (await start(rate_per_minute=0, contact_lists=(KnownList("recall-2026-04"),))).speaking("v2")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_every_call_needs_the_account_in_the_query(
    caller_v2: Caller, method: str, path: str, body: object
) -> None:
    path = path.replace("{id}", await caller_v2.created_id())
    missing = await caller_v2.send(method, path, json=body, account=None)
    assert (missing.status, missing.reasons) == (400, "query accountId must be given once")
    other = await caller_v2.send(method, path, json=body, account="other")
    assert (other.status, "query accountId is wrong" in other.reasons) == (400, True)
    twice = await caller_v2.send(method, f"{path}{'&' if '?' in path else '?'}accountId=x", json=body)
    assert twice.status == 400
    assert len(caller_v2.sandbox.campaigns) == 1


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"accountId": None}, 400, "header accountId is missing"),
        ({"accountId": "other"}, 403, "accountId is not the account"),
        ({"iid": None}, 400, "header iid is missing"),
        ({"iid": "st-other"}, 400, "header iid is not the application of the path"),
        ({"auth": None}, 401, "auth header is missing"),
    ],
)
async def test_every_call_needs_its_headers(  # noqa: PLR0917  lines of two tables
    caller_v2: Caller,
    method: str,
    path: str,
    body: object,
    headers: dict[str, str | None],
    status: int,
    reason: str,
) -> None:
    path = path.replace("{id}", await caller_v2.created_id())
    answer = await caller_v2.send(method, path, json=body, headers=headers)
    assert answer.status == status
    assert reason in answer.reasons
    assert len(caller_v2.sandbox.campaigns) == 1


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_with_both_every_call_passes_wherever_its_header_is_spelled_in_lower_case(
    caller_v2: Caller, method: str, path: str, body: object
) -> None:
    path = path.replace("{id}", await caller_v2.created_id())
    headers = {"accountId": None, "accountid": "demo00000000000000000000"}
    options = {} if body is None else {"json": body}
    assert (await caller_v2.send(method, path, headers=headers, **options)).status == 200  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/campaign", 400, "query campaignType must be given once"),
        ("/campaign?campaignType=sms", 400, "query campaignType is wrong; this call takes accountId=demo0000"),
        ("/campaign?campaignType=voice&dryRun=1", 400, "query dryRun is wrong"),
        ("/campaigns?campaignType=voice", 404, "is none of the API"),
        ("/queues", 404, "is none of the API"),  # they have the path of v1 alone
    ],
)
async def test_a_create_to_a_wrong_address_is_refused(caller_v2: Caller, path: str, status: int, reason: str) -> None:
    answer = await caller_v2.send("POST", path, json=body_v2_of())
    assert answer.status == status
    assert reason in answer.reasons
    assert caller_v2.sandbox.campaigns == []


@pytest.mark.parametrize(
    "prefix", ["/agentassist/api/v2/public/st-demo", "/campaign/api/v1/public/st-demo", "/api/v2/public/st-demo"]
)
async def test_the_prefix_of_one_version_does_not_go_with_the_other(caller_v2: Caller, prefix: str) -> None:
    answer = await caller_v2.send_to("POST", prefix + CREATE, json=body_v2_of())
    assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CREATE, "POST"),
        ("GET", "/campaign/getAllCampaignDetails", "POST"),
        ("POST", "/campaign/cd-1", "DELETE, GET, PUT"),
        ("GET", "/campaign/cd-1/status?view=status", "POST"),
    ],
)
async def test_a_wrong_method_is_answered_with_the_right_ones(
    caller_v2: Caller, method: str, path: str, allowed: str
) -> None:
    answer = await caller_v2.send(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


async def test_requests_of_both_versions_are_recorded_alike(caller_v2: Caller) -> None:
    for caller in (caller_v2, caller_v2.speaking("v1")):
        campaign_id = await caller.created_id(name="one")
        await caller.listed()
        await caller.got(campaign_id)
        await caller.state_of(campaign_id)
        await caller.triggered(campaign_id, "stop")
        await caller.updated(campaign_id, {})
        await caller.deleted(campaign_id)
    recorded = [(arrival.operation, arrival.name) for arrival in caller_v2.sandbox.requests]
    once = [("create", "one"), *((word, None) for word in ("list", "get", "status", "trigger", "update", "delete"))]
    assert recorded == once * 2
