"""A client without any opinion: it sends what a test says and returns what came back."""

import asyncio
import copy
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import aiohttp
import jwt
from multidict import CIMultiDictProxy

from loader.sandbox.context import Clock
from loader.sandbox.server import Sandbox
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

Json = dict[str, Any]

BODY: Json = {
    "name": "Dental recall April",
    "description": "Recall calls for patients due in April",
    "contactLists": ["recall-2026-04"],
    "priority": "3",
    "dialingMode": "Agentless",
    "dialingStrategy": {
        "callerId": {"phoneNumber": "+442079460018"},
        "callingHours": {
            "frequency": "WEEKLY",
            "timezone": "Europe/London",
            "days": [
                {"day": "TU", "start": "10:15 AM", "end": "12:45 PM"},
                {"day": "TU", "start": "2:00 PM", "end": "5:30 PM"},
            ],
        },
        "dialingOrder": "LIFO",
        "maxAttemptsPerRecord": 2,
        "defaultRetryPeriod": 45,
        "maxRingTime": 25,
    },
    "schedule": {"isSchedulingEnabled": False},
    "experienceFlowName": "Recall intake",
    "enableMachineDetect": True,
    "campaignType": "voice",
}


Version = Literal["v1", "v2"]
PUBLIC = {"v1": "/agentassist/api/v1/public", "v2": "/campaign/api/v2/public"}
TRIGGERS = {"v1": "/campaign/api/v1/public/st-demo/campaign", "v2": "/api/v2/public/st-demo/campaign/trigger"}


def body_of(mode: str = "Agentless", **changes: object) -> Json:
    """A valid body of that mode with these top-level fields changed."""
    body = copy.deepcopy(BODY)
    if mode != "Agentless":
        del body["experienceFlowName"]
        body |= {"dialingMode": mode, "queue_name": "Claims"}
    if mode == "Preview":
        body["maxSkips"] = 0
    return body | changes


def body_v2_of(mode: str = "Agentless", **changes: object) -> Json:
    """The same for v2."""
    body = {**body_of(mode), "dncLists": {"name": "Default Global DNC"}, "enableMachineDetect": "detect"}
    if mode != "Agentless":
        del body["enableMachineDetect"]
    return body | changes


BODY_OF: dict[Version, Callable[..., Json]] = {"v1": body_of, "v2": body_v2_of}


def token(
    secret: str = DEMO_CLIENT_SECRET, algorithm: str = "HS256", *, now: float | None = None, **changes: object
) -> str:
    """A token for one request; a claim changed to None is left out."""
    now = time.time() if now is None else now
    claims = {"appId": DEMO_CLIENT_ID, "sub": "loader", "iat": now - 5, "exp": now + 300, "jti": uuid.uuid4().hex}
    return jwt.encode({k: v for k, v in (claims | changes).items() if v is not None}, secret, algorithm=algorithm)


@dataclass
class Hands:
    """A clock that stands still until it is moved."""

    wall: float = field(default_factory=time.time)
    monotonic: float = 1000.0

    def clock(self) -> Clock:
        return Clock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)

    def move(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


def json_in(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    raw: bytes
    json: Any
    """None if it is not JSON."""

    @property
    def reasons(self) -> str:
        return "; ".join(error["msg"] for error in self.json["errors"])

    @property
    def page(self) -> Json:
        data: Json = self.json["data"]
        return data

    @property
    def names(self) -> list[str]:
        return [item["name"] for item in self.page["results"]]


@dataclass(frozen=True)
class Caller:
    session: aiohttp.ClientSession
    sandbox: Sandbox
    wall: Callable[[], float] = time.time
    version: Version = "v1"

    def speaking(self, version: Version) -> "Caller":
        """The same caller in that version of the API."""
        return replace(self, version=version)

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str | None] | None = None,
        app: str = DEMO_APP_ID,
        raw: bytes | None = None,
        account: str | None = DEMO_ACCOUNT_ID,
        **options: Any,  # noqa: ANN401  what aiohttp takes
    ) -> Answer:
        """Send to a path below the application, with right headers except those given; None leaves one out."""
        return await self.send_to(
            method, f"{PUBLIC[self.version]}/{app}{path}", headers=headers, raw=raw, account=account, **options
        )

    async def send_to(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str | None] | None = None,
        raw: bytes | None = None,
        account: str | None = DEMO_ACCOUNT_ID,
        **options: Any,  # noqa: ANN401  what aiohttp takes
    ) -> Answer:
        """Send to a whole path; v2 has the account in the query, unless that is None."""
        standard = {"auth": token(now=self.wall()), "iid": DEMO_APP_ID, "accountId": DEMO_ACCOUNT_ID}
        sent = {k: v for k, v in (standard | dict(headers or {})).items() if v is not None}
        if raw is not None:
            options["data"] = raw
            sent.setdefault("Content-Type", "application/json")
        url = self.sandbox.url + path
        if self.version == "v2" and account is not None:
            url += f"{'&' if '?' in path else '?'}accountId={account}"
        async with self.session.request(method, url, headers=sent, allow_redirects=False, **options) as response:
            answered = await response.read()
            return Answer(response.status, response.headers, answered, json_in(answered))

    async def create(self, mode: str = "Agentless", **changes: object) -> Answer:
        return await self.send("POST", "/campaign?campaignType=voice", json=BODY_OF[self.version](mode, **changes))

    async def listed(self, **body: object) -> Answer:
        return await self.send("POST", "/campaign/getAllCampaignDetails", json={"type": "voice", **body})

    async def created_id(self, mode: str = "Agentless", **changes: object) -> str:
        answer = await self.create(mode, **changes)
        return str(answer.json.get("id") or answer.page["id"])

    async def got(self, campaign_id: str) -> Answer:
        return await self.send("GET", f"/campaign/{campaign_id}")

    async def state_of(self, campaign_id: str) -> str:
        answer = await self.send("POST", f"/campaign/{campaign_id}/status?view=status")
        return str(answer.page["status"])

    async def updated(self, campaign_id: str, body: Json) -> Answer:
        return await self.send("PUT", f"/campaign/{campaign_id}?campaignType=voice", json=body)

    async def deleted(self, campaign_id: str) -> Answer:
        return await self.send("DELETE", f"/campaign/{campaign_id}?campaignType=voice")

    async def triggered(self, campaign_id: str, action: str) -> Answer:
        path = f"{TRIGGERS[self.version]}/{campaign_id}?campaignType=voice&trigger={action}"
        return await self.send_to("POST", path, json={})

    def held(self) -> list[str]:
        return [campaign.name for campaign in self.sandbox.campaigns]


async def until(met: Callable[[], bool]) -> None:
    """Let the server run until the condition holds."""
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110  the server has nothing to set an event on
            await asyncio.sleep(0)


Start = Callable[..., Awaitable[Caller]]
"""The fixture `start`: settings of a sandbox to a caller of it."""
