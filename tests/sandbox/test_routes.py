"""Methods, paths, queries, headers and raw bodies."""

import io
import json

import pytest

from tests.sandbox.caller import BODY, Caller, body_of

CREATE = "/campaign?campaignType=voice"


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/campaign", 400, "query campaignType must be given once"),
        ("/campaign?campaignType=Voice", 400, "query campaignType is wrong; this call takes campaignType=voice"),
        ("/campaign?campaignType=sms", 400, "query campaignType is wrong"),
        ("/campaign?campaignType=voice&campaignType=voice", 400, "query campaignType must be given once"),
        ("/campaign?campaignType=voice&dryRun=1", 400, "query dryRun is wrong"),
        ("/campaign?campaignType=voice&accountId=other", 400, "query accountId is wrong"),
        ("/campaigns?campaignType=voice", 404, "/campaigns is none of the API"),
        ("/campaign/?campaignType=voice", 404, "is none of the API"),
    ],
)
async def test_a_create_to_a_wrong_address_is_refused(caller: Caller, path: str, status: int, reason: str) -> None:
    answer = await caller.send("POST", path, json=BODY)
    assert answer.status == status
    assert reason in answer.reasons
    assert caller.sandbox.campaigns == []


async def test_the_account_may_be_repeated_in_the_query(caller: Caller) -> None:
    answer = await caller.send("POST", f"{CREATE}&accountId=demo00000000000000000000", json=BODY)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CREATE, "POST"),
        ("PUT", CREATE, "POST"),
        ("GET", "/campaign/getAllCampaignDetails", "POST"),
        ("PUT", "/campaign/contactList/getAllListDetails?type=call", "GET, POST"),
        ("POST", "/campaign/cd-1", "DELETE, GET, PUT"),
        ("GET", "/campaign/cd-1/status?view=status", "POST"),
        ("POST", "/queues", "GET"),
    ],
)
async def test_a_wrong_method_is_answered_with_the_right_ones(
    caller: Caller, method: str, path: str, allowed: str
) -> None:
    answer = await caller.send(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert f"method {method} is wrong here" in answer.reasons
    assert caller.sandbox.requests[0].operation == "unknown"


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("POST", "/campaign/getAllCampaignDetails?page=1", b'{"type":"voice"}', "query page is wrong"),
        ("GET", "/campaign/cd-1?view=status", None, "query view is wrong"),
        ("GET", "/campaign/cd-1", b"{}", "body must be empty"),
        ("POST", "/campaign/cd-1/status", None, "query view must be given once"),
        ("POST", "/campaign/cd-1/status?view=contacts", None, "query view is wrong"),
        ("POST", "/campaign/cd-1/status?view=status", b'{"a":1}', "body must be empty or {}"),
        ("POST", "/campaign/cd-1/status?view=status", b"[]", "body is not a JSON object"),
        ("DELETE", "/campaign/cd-1", None, "query campaignType must be given once"),
        ("DELETE", CREATE.replace("?", "/cd-1?"), b"{}", "body must be empty"),
        ("POST", "/campaign/contactList/getAllListDetails", None, "query type must be given once"),
        ("GET", "/campaign/contactList/getAllListDetails?type=dnc", None, "query type is wrong"),
        ("GET", "/queues?page=0", None, "query page must be a whole number from 1"),
        ("GET", "/queues?name=x", None, "query name is wrong"),
    ],
)
async def test_the_other_calls_are_strict_as_well(
    caller: Caller, method: str, path: str, body: bytes | None, reason: str
) -> None:
    answer = await caller.send(method, path, raw=body)
    assert answer.status == 400
    assert reason in answer.reasons


@pytest.mark.parametrize("raw", [None, b"{}"])
async def test_a_status_needs_no_body(caller: Caller, raw: bytes | None) -> None:
    campaign_id = (await caller.create()).json["data"]["id"]
    assert (await caller.send("POST", f"/campaign/{campaign_id}/status?view=status", raw=raw)).status == 200


@pytest.mark.parametrize(
    ("headers", "app", "status", "reason"),
    [
        ({"auth": None}, "st-demo", 401, "auth header is missing"),
        ({"iid": None}, "st-demo", 400, "header iid is missing"),
        ({"iid": "st-other"}, "st-demo", 400, "header iid is not the application of the path"),
        ({"iid": "ST-DEMO"}, "st-demo", 400, "header iid is not the application of the path"),
        ({"iid": "st-other"}, "st-other", 404, "appId of the path is no application here"),
        ({"accountId": None}, "st-demo", 400, "header accountId is missing"),
        ({"accountId": "other"}, "st-demo", 403, "accountId is not the account"),
        ({"Content-Type": None}, "st-demo", 400, "header Content-Type must be application/json"),
        ({"Content-Type": "text/plain"}, "st-demo", 400, "header Content-Type must be application/json"),
        ({"Content-Type": "application/json; charset=latin-1"}, "st-demo", 400, "header Content-Type must be"),
    ],
)
async def test_headers_must_be_right(
    caller: Caller, headers: dict[str, str | None], app: str, status: int, reason: str
) -> None:
    skipped = ["Content-Type"] if headers.get("Content-Type", "") is None else []
    raw = json.dumps(BODY).encode()
    sent = {"Content-Type": "application/json", **headers}
    answer = await caller.send("POST", CREATE, headers=sent, app=app, data=raw, skip_auto_headers=skipped)
    assert answer.status == status
    assert reason in answer.reasons
    assert caller.sandbox.campaigns == []


async def test_charset_utf_8_is_fine(caller: Caller) -> None:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    assert (await caller.send("POST", CREATE, headers=headers, raw=json.dumps(BODY).encode())).status == 200


async def test_a_header_sent_twice_is_refused(caller: Caller) -> None:
    url = f"{caller.sandbox.url}/agentassist/api/v1/public/st-demo{CREATE}"
    headers = [("auth", "a"), ("auth", "b"), ("iid", "st-demo"), ("accountId", "demo00000000000000000000")]
    async with caller.session.post(url, headers=headers, json=BODY) as answer:
        assert (answer.status, await answer.json()) == (
            400,
            {"errors": [{"msg": "header auth is sent twice", "code": 400}]},
        )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "body is not valid JSON"),
        (b"{", "body is not valid JSON"),
        (b"[]", "body is not a JSON object"),
        (b'"x"', "body is not a JSON object"),
        (b"\xff{}", "body is not UTF-8"),
        (b"\xef\xbb\xbf{}", "body is not valid JSON"),
        (b'{"name": NaN}', "NaN is no JSON number"),
        (b'{"name": -Infinity}', "-Infinity is no JSON number"),
        (b'{"name": "a", "name": "b"}', "key 'name' appears twice"),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "key 'b' appears twice"),
        (b'{"name": "a\x01"}', "body is not valid JSON"),
        (b'{"a": 1} {}', "body is not valid JSON"),
        (b"[" * 100_000, "body is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "body is not valid JSON"),
    ],
)
async def test_a_body_that_is_not_plain_json_is_refused(caller: Caller, raw: bytes, reason: str) -> None:
    answer = await caller.send("POST", CREATE, raw=raw)
    assert answer.status == 400
    assert reason in answer.reasons


async def test_huge_numbers_are_refused_by_their_field(caller: Caller) -> None:
    raw = json.dumps(body_of()).replace('"maxRingTime": 25', '"maxRingTime": 1e400').encode()
    answer = await caller.send("POST", CREATE, raw=raw)
    assert answer.reasons == "dialingStrategy.maxRingTime must be an integer"


async def test_a_body_over_one_mebibyte_is_refused(caller: Caller) -> None:
    answer = await caller.send("POST", CREATE, data=io.BytesIO(b" " * (1024 * 1024 + 1)))
    assert (answer.status, answer.reasons) == (413, "body is too large")
