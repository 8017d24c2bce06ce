"""What really leaves, to whom, and how much of an answer is read (http-outcomes, section 2)."""

from __future__ import annotations

import gzip
import json
import os
import traceback
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aioresponses import aioresponses

from loader.api.auth import Signer
from loader.api.client import Client
from loader.api.messages import Created
from loader.api.rate_limiter import RateLimiter
from loader.api.session import open_session
from loader.api.v1 import WireV1
from loader.errors import (
    ApiError,
    MisdirectedError,
    NotSentError,
    RefusedError,
    RejectedError,
    ThrottledError,
    UnansweredError,
)
from loader.model.campaign import DialingMode
from loader.sandbox.server import serving
from loader.sandbox.settings import (
    DEMO_ACCOUNT_ID,
    DEMO_APP_ID,
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    SandboxSettings,
)
from tests.api.mocked import MockedResponse
from tests.api.probe import CREATED, Server, Talk, answer, client_of, free_port, listening
from tests.api.samples import NAME, campaign, sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BODY = b'{"name": "Dental recall April"}'
MIB = 1 << 20


class Tokens:
    """Numbered, so that a test sees which one went out."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def token(self) -> str:
        return f"token-{next(self._numbers)}"

    def clock_fault(self, _server: object) -> str:
        return ""


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Server]:
    """A server that gives these answers one after the other, over one connection or several."""
    rest = list(answers)

    async def behave(talk: Talk) -> None:
        while rest:
            await talk.request()
            talk.say(rest.pop(0))
        await talk.hang()

    async with listening(behave) as server:
        yield server


@asynccontextmanager
async def client_at(server: Server, *, app: str = "st-1", timeout: float = 10) -> AsyncIterator[Client]:  # noqa: ASYNC109
    async with open_session(f"http://127.0.0.1:{server.port}", concurrency=4, timeout=timeout) as session:
        signer: Any = Tokens()
        yield Client(
            session, wire=WireV1(app_id=app, account_id="acc-1"), signer=signer, rate_limiter=RateLimiter(6_000_000)
        )


# what leaves


async def test_a_create_leaves_with_the_documented_line_headers_and_body_and_nothing_more() -> None:
    body = sample("body-agentless.json")
    async with answering(answer(200, sample("created-full.json"))) as server, client_at(server) as client:
        created = await client.create(body, name=NAME)
    assert created == Created(200, "cd-77ab012-1111-4222-8333-444455556666", "Preparing", NAME)
    [request] = server.requests
    assert request.line == "POST /agentassist/api/v1/public/st-1/campaign?campaignType=voice HTTP/1.1"
    assert request.body == body
    by_name = dict(request.headers)
    assert len(by_name) == len(request.headers)
    assert by_name.pop("User-Agent").startswith("Python/")
    assert by_name.pop("Accept-Encoding")
    assert by_name == {
        "Host": f"127.0.0.1:{server.port}",
        "auth": "token-1",
        "iid": "st-1",
        "accountId": "acc-1",
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Content-Length": str(len(body)),
    }


async def test_a_page_of_the_list_leaves_with_the_same_headers() -> None:
    async with answering(answer(200, sample("list-page.json"))) as server, client_at(server) as client:
        page = await client.page(2, limit=2, newest_first=True)
    assert [item.name for item in page.items] == ["Dental recall April", "Claims follow-up"]
    [request] = server.requests
    assert request.line == "POST /agentassist/api/v1/public/st-1/campaign/getAllCampaignDetails HTTP/1.1"
    assert [request.header(name) for name in ("auth", "iid", "accountId")] == ["token-1", "st-1", "acc-1"]
    assert json.loads(request.body) == {
        "type": "voice",
        "limit": 2,
        "skip": 2,
        "page": 2,
        "sortBy": {"createdAt": "desc"},
    }


@pytest.mark.parametrize(
    ("app", "segment"),
    [
        ("../../admin", "..%2F..%2Fadmin"),
        ("st-1?x#y", "st-1%3Fx%23y"),
        ("st%2F1", "st%252F1"),
        ("a@b:c", "a%40b%3Ac"),
    ],
)
async def test_an_application_id_stays_one_segment_of_the_path(app: str, segment: str) -> None:
    async with answering(answer(200)) as server, client_at(server, app=app) as client:
        await client.create(BODY, name=NAME)
    path = server.requests[0].line.split()[1]
    # what need not be encoded may be either way
    spelled = path.replace("@", "%40").replace(":", "%3A")
    assert spelled == f"/agentassist/api/v1/public/{segment}/campaign?campaignType=voice"


# tokens


async def test_every_attempt_has_a_token_of_its_own() -> None:
    async with answering(answer(200), answer(503), answer(200)) as server, client_at(server) as client:
        await client.create(BODY, name=NAME)
        with pytest.raises(UnansweredError):
            await client.create(BODY, name=NAME)
        await client.create(BODY, name=NAME)
    assert [request.header("auth") for request in server.requests] == ["token-1", "token-2", "token-3"]


@pytest.mark.parametrize("refusal", [answer(401, sample("token-replayed.json")), answer(403, b"{}")])
async def test_a_refused_token_is_replaced_once(refusal: bytes) -> None:
    async with answering(refusal, answer(200)) as server, client_at(server) as client:
        created = await client.create(BODY, name=NAME)
    assert created.campaign_id == "cd-1"
    assert [request.header("auth") for request in server.requests] == ["token-1", "token-2"]
    assert client.requests == 2


@pytest.mark.parametrize(
    ("status", "date", "said"),
    [
        (401, "Sun, 01 Jan 2040 00:00:00 GMT", "s behind the server's: let it set its clock by the network (NTP)"),
        (401, "Sun, 01 Jan 2023 00:00:00 GMT", "s ahead of the server's: let it set its clock by the network (NTP)"),
        (403, "Sun, 01 Jan 2040 00:00:00 GMT", "HTTP 403 without a reason"),
        (401, "no date", "HTTP 401 without a reason"),
    ],
)
async def test_a_refused_token_names_the_clock_where_that_may_be_why(status: int, date: str, said: str) -> None:
    refusal = answer(status, b"{}", f"Date: {date}")
    url = "http://127.0.0.1:{}"
    async with answering(refusal, refusal) as server, signing_client(url.format(server.port)) as client:
        with pytest.raises(RefusedError) as refused:
            await client.create(BODY, name=NAME)
    assert str(refused.value).endswith(said)
    assert refused.value.status == status


@pytest.mark.parametrize("status", [401, 403])
async def test_a_second_refusal_is_final(status: int) -> None:
    refusal = answer(status, b'{"errors": [{"msg": "no"}]}')
    async with answering(refusal, refusal, answer(200)) as server, client_at(server) as client:
        with pytest.raises(RefusedError, match=rf"no \(HTTP {status}\)"):
            await client.create(BODY, name=NAME)
    assert server.held == 2


@pytest.mark.parametrize("status", [400, 404, 408, 409, 425, 429, 500, 502, 503, 504])
async def test_nothing_else_is_sent_twice(status: int) -> None:
    async with answering(answer(status, b"{}"), answer(200)) as server, client_at(server) as client:
        with pytest.raises(ApiError):
            await client.create(BODY, name=NAME)
    assert server.held == 1
    assert client.requests == 1


# redirects, credentials of others, cookies


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/x", "//127.0.0.1:{port}/x", "https://127.0.0.1:{port}/x"])
async def test_no_redirect_is_followed(status: int, where: str) -> None:
    async with answering(answer(200)) as other:
        location = f"Location: {where.format(port=other.port)}"
        async with answering(answer(status, b"", location), answer(200)) as server, client_at(server) as client:
            expected = UnansweredError if status == 303 else MisdirectedError
            with pytest.raises(expected) as caught:
                await client.create(BODY, name=NAME)
        assert caught.value.status == status
        assert (other.connections, server.held) == (0, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_on_the_same_server_either(status: int) -> None:
    async with answering(answer(status, b"", "Location: /x"), answer(200)) as server, client_at(server) as client:
        with pytest.raises(ApiError):
            await client.create(BODY, name=NAME)
    assert server.held == 1


async def test_a_redirect_to_itself_is_met_once() -> None:
    async with (
        answering(*[answer(307, b"", "Location: ?campaignType=voice")] * 20) as server,
        client_at(server) as client,
    ):
        with pytest.raises(MisdirectedError):
            await client.create(BODY, name=NAME)
    assert server.held == 1


async def test_passwords_of_a_netrc_file_stay_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password hidden\nmachine 127.0.0.1 login somebody password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with answering(answer(200)) as server, client_at(server) as client:
        await client.create(BODY, name=NAME)
    assert server.requests[0].header("Authorization") is None


async def test_proxies_of_the_environment_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(answer(200)) as proxy, answering(answer(200)) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert "http_proxy" in os.environ
        async with client_at(server) as client:
            await client.create(BODY, name=NAME)
    assert (proxy.connections, server.held) == (0, 1)


async def test_cookies_are_not_kept() -> None:
    first = answer(200, CREATED, "Set-Cookie: session=1; Path=/", "Set-Cookie: other=2")
    async with answering(first, answer(200)) as server, client_at(server) as client:
        for _ in range(2):
            await client.create(BODY, name=NAME)
    assert [request.header("Cookie") for request in server.requests] == [None, None]


async def test_every_limit_and_habit_of_the_session_is_set_by_us() -> None:
    async with open_session("http://127.0.0.1:9", concurrency=8, timeout=12.5) as session:
        assert session.timeout == aiohttp.ClientTimeout(total=12.5, connect=12.5, sock_connect=12.5, sock_read=12.5)
        assert session.trust_env is False
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert session.raise_for_status is False
        assert session.auth is None
        assert session.connector is not None
        assert session.connector.limit == 10


# how much of an answer is read


def padded(length: int) -> bytes:
    return CREATED[:-1] + b" " * (length - len(CREATED)) + b"}"


async def test_an_answer_of_a_mebibyte_is_read() -> None:
    async with answering(answer(200, padded(MIB))) as server, client_at(server) as client:
        assert (await client.create(BODY, name=NAME)).campaign_id == "cd-1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, UnansweredError),
        (201, UnansweredError),
        (400, RejectedError),
        (429, ThrottledError),
        (500, UnansweredError),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
async def test_a_longer_one_is_judged_by_its_status(status: int, kind: type[ApiError], *, packed: bool) -> None:
    body = padded(MIB + 1)
    headers = ["Content-Encoding: gzip"] if packed else []
    sent = answer(status, gzip.compress(body) if packed else body, *headers)
    async with answering(sent) as server, client_at(server) as client:
        with pytest.raises(kind) as caught:
            await client.create(BODY, name=NAME)
    assert caught.value.status == status
    if isinstance(caught.value, UnansweredError):
        assert caught.value.accepted is (status < 300)


async def test_a_packed_answer_is_unpacked() -> None:
    sent = answer(200, gzip.compress(CREATED), "Content-Encoding: gzip")
    async with answering(sent) as server, client_at(server) as client:
        assert (await client.create(BODY, name=NAME)).campaign_id == "cd-1"


async def test_two_headers_that_ask_to_wait_ask_for_the_longer_time() -> None:
    sent = answer(429, b"{}", "Retry-After: 30", "retry-after: 5")
    async with answering(sent) as server, client_at(server) as client:
        with pytest.raises(ThrottledError) as caught:
            await client.create(BODY, name=NAME)
    assert caught.value.retry_after == 30


async def test_a_date_to_wait_for_is_taken_by_the_clock_of_the_server() -> None:
    headers = ["Date: Mon, 30 Mar 2026 12:00:00 GMT", "Retry-After: Mon, 30 Mar 2026 12:00:42 GMT"]
    async with answering(answer(503, b"too many requests", *headers)) as server, client_at(server) as client:
        with pytest.raises(ThrottledError) as caught:
            await client.create(BODY, name=NAME)
    assert caught.value.retry_after == 42


# single answers, without a server


@asynccontextmanager
async def mocked_client() -> AsyncIterator[Client]:
    async with open_session("http://127.0.0.1:9", concurrency=1, timeout=1) as session:
        yield client_of(session)


URL = "http://127.0.0.1:9/agentassist/api/v1/public/st-1/campaign?campaignType=voice"


@pytest.mark.parametrize(
    ("status", "file", "content_type", "kind", "sentence"),
    [
        (502, "bad-gateway.html", "text/html", UnansweredError, "502 Bad Gateway (HTTP 502)"),
        (404, "bad-gateway.html", "text/html", RejectedError, "502 Bad Gateway (HTTP 404)"),
        (400, "bad-user-nested.json", "text/plain", RejectedError, "INVALID_EMAIL (HTTP 400)"),
        (200, "bad-gateway.html", "text/html", UnansweredError, "accepted, but the answer names no campaign id"),
    ],
)
async def test_the_content_type_of_an_answer_is_not_believed(
    status: int, file: str, content_type: str, kind: type[ApiError], sentence: str
) -> None:
    with aioresponses() as mocked:
        mocked.post(URL, status=status, body=sample(file), content_type=content_type, response_class=MockedResponse)
        async with mocked_client() as client:
            with pytest.raises(kind) as caught:
                await client.create(BODY, name=NAME)
    assert str(caught.value) == sentence


async def test_an_answer_in_text_plain_is_read_like_any_other() -> None:
    with aioresponses() as mocked:
        mocked.post(URL, body=CREATED, content_type="text/plain", response_class=MockedResponse)
        async with mocked_client() as client:
            assert await client.create(BODY, name=NAME) == Created(200, "cd-1", None)


# secrets


@asynccontextmanager
async def signing_client(url: str, *, key: str = DEMO_CLIENT_SECRET) -> AsyncIterator[Client]:
    """One that signs, for the account of the stand-in."""
    signer = Signer(client_id=DEMO_CLIENT_ID, key=key, algorithm="HS512", subject="loader")
    wire = WireV1(app_id=DEMO_APP_ID, account_id=DEMO_ACCOUNT_ID)
    async with open_session(url, concurrency=1, timeout=10) as session:
        yield Client(session, wire=wire, signer=signer, rate_limiter=RateLimiter(6_000_000))


def told_by(error: BaseException) -> str:
    return f"{error} {error!r} {''.join(traceback.format_exception(error))}"


@pytest.mark.parametrize(
    "sent",
    [
        answer(401, b"{}"),
        answer(400, b"{}"),
        answer(500, b"{}"),
        answer(200, b"{}"),
        b"HTTP/1.1 none of it\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_no_error_and_nothing_that_led_to_it_shows_the_token_or_the_secret(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with answering(sent, sent) as server, signing_client(f"http://127.0.0.1:{server.port}") as client:
        with pytest.raises(ApiError) as caught:
            await client.create(BODY, name=NAME)
    told = told_by(caught.value) + caplog.text
    assert server.held >= 1
    for request in server.requests:
        token = request.header("auth") or ""
        assert token.count(".") == 2
        assert not any(part in told for part in token.split("."))
    assert DEMO_CLIENT_SECRET not in told


async def test_a_refused_connection_shows_neither() -> None:
    async with signing_client(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(NotSentError) as caught:
            await client.create(BODY, name=NAME)
    told = told_by(caught.value)
    assert "eyJ" not in told  # what every token begins with
    assert DEMO_CLIENT_SECRET not in told


# against the stand-in


async def test_campaigns_of_every_mode_are_created_and_listed_at_the_stand_in() -> None:
    wire = WireV1(app_id=DEMO_APP_ID, account_id=DEMO_ACCOUNT_ID)
    async with serving(SandboxSettings(rate_per_minute=0)) as sandbox, signing_client(sandbox.url) as client:
        ids = [
            (await client.create(wire.body_of(campaign(mode, name=mode.value)), name=mode.value)).campaign_id
            for mode in DialingMode
        ]
        page = await client.page(1, limit=10, newest_first=True)
    assert [item.campaign_id for item in page.items] == ids[::-1]
    assert [item.name for item in page.items] == ["Preview", "Progressive", "Agentless"]
    assert (page.more, page.total, client.requests) == (False, 3, 4)


async def test_a_wrong_secret_is_refused_after_two_requests() -> None:
    async with (
        serving(SandboxSettings(rate_per_minute=0)) as sandbox,
        signing_client(sandbox.url, key="x" * 64) as client,
    ):
        with pytest.raises(RefusedError):
            await client.create(BODY, name=NAME)
        assert len(sandbox.requests) == 2
        assert sandbox.campaigns == []
