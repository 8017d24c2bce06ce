"""Through a company's proxy: it is asked to connect, and sees nothing of a request."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from loader.api.session import open_session
from loader.errors import NotSentError
from tests.api.probe import answer, client_of, free_port, secured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODY = b'{"name": "A"}'


class Proxy:
    """Opens the way to whatever it is asked for, and keeps what it read until then."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.passed = b""
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        host, _, port = self.asked[-1].split()[1].decode().partition(":")
        there, out = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._pass(reader, out), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.passed += data
                writer.write(data)
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    one = Proxy()
    server = await asyncio.start_server(one, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()


async def test_a_create_goes_through_the_proxy_which_sees_neither_body_nor_token(proxy: Proxy) -> None:
    async with secured("good") as server:
        url, through = f"https://127.0.0.1:{server.port}", f"http://user:word@127.0.0.1:{proxy.port}"
        async with open_session(url, concurrency=1, timeout=10, proxy=through) as session:
            created = await client_of(session).create(BODY, name="A")
    assert created.campaign_id
    [asked] = proxy.asked
    assert asked.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in asked
    assert b"auth:" not in asked.lower().replace(b"proxy-authorization:", b"")
    assert BODY not in proxy.passed


@pytest.mark.parametrize("status", [407, 502, 403])
async def test_what_the_proxy_refuses_was_not_sent(status: int) -> None:
    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(status, b"no"))
        writer.close()

    server = await asyncio.start_server(refusing, "127.0.0.1", 0)
    proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_session("https://platform.example.com", concurrency=1, timeout=10, proxy=proxy) as session:
        with pytest.raises(NotSentError) as refused:
            await client_of(session).create(BODY, name="A")
    assert str(refused.value) == f"not sent: the proxy refused to connect (HTTP {status})"


async def test_a_proxy_that_is_away_is_named_and_nothing_was_sent() -> None:
    port = free_port()
    url = "https://platform.example.com"
    async with open_session(url, concurrency=1, timeout=10, proxy=f"http://127.0.0.1:{port}") as session:
        with pytest.raises(NotSentError) as refused:
            await client_of(session).create(BODY, name="A")
    assert str(refused.value) == f"not sent: the proxy 127.0.0.1:{port} cannot be reached (Connection refused)"
