"""Somebody who asks the page, as a browser does: with cookies, and with what it says of where a request is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from multidict import CIMultiDictProxy


class Answer:
    def __init__(self, status: int, headers: CIMultiDictProxy[str], body: bytes, json: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        self.status, self.headers, self.body, self.json = status, headers, body, json

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self.base, self.port = f"{parts.scheme}://{parts.netloc}", parts.port
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    @property
    def cookies(self) -> dict[str, str]:
        return {morsel.key: morsel.value for morsel in self._session.cookie_jar}

    def forget(self) -> None:
        """Be another browser."""
        self._session.cookie_jar.clear()

    async def sign_in(self) -> Answer:
        return await self.get(self.url.removeprefix(self.base))

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def post(
        self, path: str, json: object = None, *, revision: int | None = None, method: str = "POST"
    ) -> Answer:
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return await self.ask(method, path, headers=headers, json=json)

    async def send_form(self, path: str, **fields: str) -> Answer:
        return await self.ask("POST", path, headers={"Origin": self.base}, data=fields)

    async def upload(self, name: str, content: bytes) -> Answer:
        headers = {"Origin": self.base, "X-File-Name": quote(name)}
        return await self.ask("POST", "/api/sheets", headers=headers, data=content)

    async def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:  # noqa: ANN401 - as aiohttp takes it
        async with self._session.request(
            method, f"{self.base}{path}", headers=headers, allow_redirects=False, **more
        ) as response:
            body = await response.read()
            json = await response.json(content_type=None) if "json" in response.content_type else None
            return Answer(response.status, response.headers, body, json)
