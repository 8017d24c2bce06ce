"""How far one gets on the way to a host, and in which words it is told."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.api.connectivity import Handshake, shake_hands
from loader.errors import MisdirectedError
from tests.api.certificates import Authority
from tests.api.probe import Talk, listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def silent(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that says nothing; its port."""
    async with listening(Talk.hang, context) as server:
        yield server.port


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def test_over_plain_http_there_is_an_address_and_no_certificate() -> None:
    async with silent() as port:
        assert await shake_hands(f"http://localhost:{port}", seconds=10) == Handshake("127.0.0.1", "", None)


async def test_a_trusted_certificate_is_reported_with_its_end(authority: Authority) -> None:
    async with silent(authority.server()) as port:
        shaken = await shake_hands(f"https://127.0.0.1:{port}", seconds=10)
    assert shaken.protocol == "TLSv1.3"
    assert shaken.expires_at is not None
    assert timedelta(days=29) < shaken.expires_at - datetime.now(UTC) <= timedelta(days=30)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("expired", "certificate has expired"),
        ("name", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
async def test_a_certificate_that_is_not_good_is_reported_with_the_reason(
    authority: Authority, kind: str, why: str
) -> None:
    async with silent(authority.server(kind)) as port:
        assert await refused(f"https://127.0.0.1:{port}") == f"the certificate of 127.0.0.1 is not trusted: {why}"


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    async with silent(Authority(tmp_path).server()) as port:
        said = await refused(f"https://127.0.0.1:{port}")
    assert said.startswith("the certificate of 127.0.0.1 is not trusted: unable to get local issuer certificate")


async def test_a_server_without_tls_is_reported() -> None:
    async def blunt(talk: Talk) -> None:
        talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(blunt) as server:
        said = await refused(f"https://127.0.0.1:{server.port}")
        assert said == f"no secure connection to 127.0.0.1:{server.port} could be agreed on"


async def test_where_nobody_listens_the_system_says_why() -> None:
    async with silent() as port:
        pass
    assert await refused(f"http://127.0.0.1:{port}") == f"127.0.0.1:{port} cannot be reached (Connection refused)"


async def test_a_name_that_nobody_knows_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert await refused("https://platform.kore.example") == "the host name platform.kore.example is not known"


async def test_a_server_that_never_shakes_hands_is_not_waited_for_without_end(authority: Authority) -> None:
    assert authority
    async with silent() as port:
        said = await refused(f"https://127.0.0.1:{port}", seconds=0.05)
    assert said == f"127.0.0.1:{port} does not answer within the time limit"


async def refused(host: str, seconds: float = 10) -> str:
    with pytest.raises(MisdirectedError) as caught:
        await shake_hands(host, seconds=seconds)
    return str(caught.value)
