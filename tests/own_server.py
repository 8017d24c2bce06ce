"""The least of version 1 of the API, written anew for the tests: it keeps what it gets, and answers as a test wants."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web
from aiohttp.test_utils import TestServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Campaign = dict[str, Any]
Hook = Callable[[Any], Any]


class OwnServer:
    """`create`, `get`, `delete` and `list` answer in place of it: a Response, or None to have it done as usual.

    `create` gets the body, `get` and `delete` get the id, `list` gets the number of the page. `dress` changes how a
    campaign is shown. `ids` are given one after the other.
    """

    def __init__(self) -> None:
        self.held: list[Campaign] = []
        self.asked: Counter[str] = Counter()
        self.targets: list[str] = []
        self.ids: Callable[[], str] = lambda: f"cd-{self.asked['create']}"
        self.create: Hook = lambda _: None
        self.get: Hook = lambda _: None
        self.delete: Hook = lambda _: None
        self.list: Hook = lambda _: None
        self.dress: Callable[[Campaign], Campaign] = lambda shown: shown
        self.url = ""

    def names(self) -> list[str]:
        return sorted(one["name"] for one in self.held)

    async def answered(self, request: web.Request) -> Any:  # noqa: ANN401 - what a hook or one of the four returns
        content = json.loads(await request.read() or b"{}")
        tail = unquote(request.raw_path.partition("?")[0].rpartition("/campaign")[2].removeprefix("/"))
        self.targets.append(request.raw_path)
        if tail == "getAllCampaignDetails":
            kind, said = "list", content["page"]
        else:
            kind, said = {"POST": "create", "GET": "get", "DELETE": "delete"}[request.method], tail or content
        self.asked[kind] += 1
        own: web.StreamResponse | None = getattr(self, kind)(said)
        return own or getattr(self, f"_{kind}")(content if kind == "list" else said)

    def store(self, body: Campaign, campaign_id: str) -> Campaign:
        at = datetime.now(UTC).isoformat()
        own = {"_id": campaign_id, "status": "Ready", "createdAt": at, "updatedAt": at}
        self.held.insert(0, {**body, "connection": body.get("experienceFlowName"), **own})
        return self.held[0]

    def _create(self, body: Campaign) -> web.Response:
        made = self.store(body, self.ids())
        return success({"id": made["_id"], "name": made["name"], "status": "Preparing"})

    def _list(self, asked: Campaign) -> web.Response:
        skip, limit = asked["skip"], asked["limit"]
        page = [self.dress(dict(one)) for one in self.held[skip : skip + limit]]
        total = len(self.held)
        return success({"results": page, "hasMore": skip + limit < total, "totalResults": total})

    def _get(self, campaign_id: str) -> web.Response:
        found = [one for one in self.held if one["_id"] == campaign_id]
        return success(self.dress(dict(found[0]))) if found else refusal(404, "no such campaign")

    def _delete(self, campaign_id: str) -> web.Response:
        if not any(one["_id"] == campaign_id for one in self.held):
            return refusal(404, "no such campaign")
        self.held = [one for one in self.held if one["_id"] != campaign_id]
        return success({})


def success(data: object) -> web.Response:
    return said(200, json.dumps({"status": "success", "data": data}).encode())


def refusal(status: int, message: str) -> web.Response:
    return said(status, json.dumps({"errors": [{"msg": message, "code": status}]}).encode())


def said(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


@asynccontextmanager
async def own_server() -> AsyncIterator[OwnServer]:
    server, app = OwnServer(), web.Application()
    app.router.add_route("*", r"/{any:[\s\S]*}", server.answered)
    async with TestServer(app) as listening:
        server.url = f"http://127.0.0.1:{listening.port}"
        yield server
