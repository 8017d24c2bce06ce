"""Every way in which a create can fail on the wire, tried out: what the client says of it, and what the server held.

The server is a raw one on loopback, and counts the POSTs that it has read whole. A verdict "not sent" for one of those
would make a second campaign some day. Run as a program it prints one line of JSON a case, so that any Python that has
the needed packages can be tried: python -m tests.api.probe
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import aiohttp
import aiohttp.connector

from loader.api.client import Client
from loader.api.rate_limiter import RateLimiter
from loader.api.session import open_session
from loader.api.v1 import WireV1
from loader.errors import ApiError
from tests.api.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.api.auth import Signer

ACCOUNT, TOKEN = "acc-1", "eyJhbGciOi-a-token-that-nobody-may-see"
NAME = "Dental recall April"
BODY = b'{"name": "Dental recall April"}'
LONG_BODY = b'{"name": "' + b"x" * 1_000_000 + b'"}'
CREATED = b'{"status": "success", "data": {"id": "cd-1"}}'


def answer(status: int, body: bytes = CREATED, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


# the server


class Talk:
    """One connection, from the server's end."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self._reader, self._writer = server, reader, writer

    async def request(self) -> None:
        """Read one request whole, and count it."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:-1])]
        [length] = [value for name, value in headers if name.lower() == "content-length"]
        body = await self._reader.readexactly(int(length))
        self.server.requests.append(Received(head[0], headers, body))
        self.server.held += 1
        self.server.got.set()

    async def first_byte(self) -> None:
        await self._reader.readexactly(1)

    def say(self, text: bytes) -> None:
        self._writer.write(text)

    async def said(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def hang(self) -> None:
        await self.server.over.wait()


Behaviour = Callable[[Talk], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Server:
    """Keeps and counts the requests it has read whole."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.held = 0
        self.connections = 0
        self.port = 0
        self.got = asyncio.Event()
        self.over = asyncio.Event()


@asynccontextmanager
async def listening(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    running: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            with suppress(OSError, EOFError):
                await behave(Talk(server, reader, writer))
        finally:
            writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.over.set()
        listener.close()
        await asyncio.gather(*running, return_exceptions=True)


# the client


class Token:
    """Signs nothing: nobody looks."""

    def __init__(self, text: str) -> None:
        self._text = text

    def token(self) -> str:
        return self._text

    def clock_fault(self, _server: object) -> str:
        return ""


def client_of(session: aiohttp.ClientSession, *, account: str = ACCOUNT, token: str = TOKEN) -> Client:
    signer: Signer = Token(token)  # type: ignore[assignment]
    return Client(
        session, wire=WireV1(app_id="st-1", account_id=account), signer=signer, rate_limiter=RateLimiter(6_000_000)
    )


# the cases


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the client said, and how many whole requests the server held by then."""

    kind: str
    status: int | None = None
    accepted: bool = False
    held: int = 0
    text: str = ""
    leaks: bool = False


Case = Callable[[], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class Expected:
    kinds: tuple[str, ...]
    status: int | None = None
    accepted: bool = False


CASES: dict[str, tuple[Case, Expected]] = {}
SHORT = 0.3
# where a status has to arrive within it
LONGER = 1.0


async def told(client: Client, server: Server | None, body: bytes = BODY) -> Verdict:
    try:
        created = await client.create(body, name=NAME)
    except ApiError as error:
        return Verdict(
            type(error).__name__,
            error.status,
            getattr(error, "accepted", False),
            server.held if server else 0,
            str(error),
            leaks=TOKEN in f"{error!r}{''.join(traceback.format_exception(error))}",
        )
    return Verdict("Created", created.http_status, held=server.held if server else 0)


def on_the_wire(
    *kinds: str,
    status: int | None = None,
    accepted: bool = False,
    timeout: float = 10,
    body: bytes = BODY,
    requests: int = 1,
) -> Callable[[Behaviour], Behaviour]:
    """A case of a plain connection; its verdict is that of the last of so many requests."""

    def case(behave: Behaviour) -> Behaviour:
        async def tried() -> Verdict:
            async with (
                listening(behave) as server,
                open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=timeout) as session,
            ):
                client = client_of(session)
                for _ in range(requests - 1):
                    await client.create(body, name=NAME)
                server.held = 0
                return await told(client, server, body)

        CASES[behave.__name__] = (tried, Expected(kinds, status, accepted))
        return behave

    return case


def on_its_own(*kinds: str, status: int | None = None, accepted: bool = False) -> Callable[[Case], Case]:
    """A case that sets up all by itself."""

    def case(tried: Case) -> Case:
        CASES[tried.__name__] = (tried, Expected(kinds, status, accepted))
        return tried

    return case


# the connection ends


@on_the_wire("UnansweredError")
async def closed_before_reading(talk: Talk) -> None:
    talk.close()


@on_the_wire("UnansweredError")
async def reset_before_reading(talk: Talk) -> None:
    talk.reset()


@on_the_wire("UnansweredError")
async def closed_at_the_first_byte(talk: Talk) -> None:
    await talk.first_byte()
    talk.close()


@on_the_wire("UnansweredError", body=LONG_BODY)
async def reset_in_the_middle_of_a_long_body(talk: Talk) -> None:
    await talk.first_byte()
    talk.reset()


@on_the_wire("UnansweredError", body=LONG_BODY, timeout=SHORT)
async def a_long_body_that_nobody_reads(talk: Talk) -> None:
    await talk.hang()


@on_the_wire("UnansweredError")
async def closed_after_reading(talk: Talk) -> None:
    await talk.request()
    talk.close()


@on_the_wire("UnansweredError")
async def reset_after_reading(talk: Talk) -> None:
    await talk.request()
    talk.reset()


@on_the_wire("UnansweredError")
async def closed_after_half_a_status_line(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 20")
    talk.close()


@on_the_wire("UnansweredError")
async def reset_after_half_a_status_line(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 20")
    talk.reset()


@on_the_wire("UnansweredError")
async def closed_after_half_the_headers(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nContent-Type: appl")
    talk.close()


@on_the_wire("UnansweredError")
async def reset_after_half_the_headers(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nContent-Type: appl")
    talk.reset()


@on_the_wire("UnansweredError")
async def closed_after_a_100(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 100 Continue\r\n\r\n")
    talk.close()


# the answer is none


@on_the_wire("UnansweredError")
async def another_protocol(talk: Talk) -> None:
    await talk.request()
    talk.say(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")
    await talk.hang()


@on_the_wire("UnansweredError")
async def a_status_that_is_no_number(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 yes Fine\r\n\r\n")
    await talk.hang()


@on_the_wire("UnansweredError")
async def a_header_without_an_end(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nX-Long: " + b"x" * 100_000)
    await talk.hang()


@on_the_wire("UnansweredError")
async def a_header_that_is_too_long(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, CREATED, "X-Long: " + "x" * 20_000))
    await talk.hang()


@on_the_wire("UnansweredError")
async def a_header_that_is_none(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nno colon here\r\n\r\n")
    await talk.hang()


@on_the_wire("UnansweredError")
async def two_lengths(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")
    await talk.hang()


@on_the_wire("UnansweredError")
async def a_length_that_is_no_number(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nContent-Length: few\r\n\r\n{}")
    await talk.hang()


# nothing comes


@on_the_wire("UnansweredError", timeout=SHORT)
async def no_answer_in_time(talk: Talk) -> None:
    await talk.request()
    await talk.hang()


@on_the_wire("UnansweredError", timeout=SHORT)
async def no_reading_in_time(talk: Talk) -> None:
    await talk.hang()


@on_the_wire("UnansweredError", timeout=SHORT)
async def half_the_headers_in_time(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nContent-Type: appl")
    await talk.hang()


@on_its_own("UnansweredError")
async def nothing_to_read_for_too_long() -> Verdict:
    """The limit on reading alone, without that on the whole."""

    async def behave(talk: Talk) -> None:
        await talk.request()
        await talk.hang()

    async with (
        listening(behave) as server,
        open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        with mock.patch.object(session, "_timeout", aiohttp.ClientTimeout(total=None, sock_read=SHORT)):
            return await told(client_of(session), server)


# the status is known, the body is not


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_body_shorter_than_its_length(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, CREATED[:20], length=len(CREATED)))
    talk.close()


@on_the_wire("UnansweredError", status=500)
async def an_error_shorter_than_its_length(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(500, b"{", length=100))
    talk.close()


@on_the_wire("RejectedError", status=400)
async def a_refusal_shorter_than_its_length(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(400, b"{", length=100))
    talk.close()


@on_the_wire("ThrottledError", status=429)
async def a_limit_signal_that_is_reset(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(429, b"{", length=100))
    await talk.said()
    await asyncio.sleep(0.05)
    talk.reset()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_body_that_is_reset(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, CREATED[:20], length=len(CREATED)))
    await talk.said()
    await asyncio.sleep(0.05)  # or the reset takes the status back
    talk.reset()


@on_the_wire("UnansweredError", status=201, accepted=True, timeout=LONGER)
async def a_body_that_stalls(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, CREATED[:20], length=len(CREATED)))
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True, timeout=LONGER)
async def headers_without_a_body(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, b"", length=5))
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_chunk_cut_short(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + CREATED[:20])
    talk.close()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def no_last_chunk(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2d\r\n" + CREATED + b"\r\n")
    talk.close()


@on_the_wire("UnansweredError", status=201, accepted=True, timeout=LONGER)
async def a_chunk_of_no_size(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
    await talk.said()
    await asyncio.sleep(0.05)  # or headers and fault are read at once, and the status is lost
    talk.say(b"zz\r\n" + CREATED)
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def no_gzip(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, CREATED, "Content-Encoding: gzip"))
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def half_a_gzip(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, gzip.compress(CREATED)[:15], "Content-Encoding: gzip"))
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_gzip_bomb(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201, gzip.compress(b"{" + b" " * 100_000_000 + b"}", 1), "Content-Encoding: gzip"))
    await talk.hang()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_body_without_end(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\n\r\n")
    while not talk.server.over.is_set():
        talk.say(b"x" * 65536)
        await talk.said()


@on_the_wire("UnansweredError", status=201, accepted=True)
async def a_body_that_ends_with_the_connection_and_too_early(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\n\r\n" + CREATED[:20])
    talk.close()


@on_the_wire("UnansweredError", status=204, accepted=True)
async def an_answer_without_content(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 204 No Content\r\n\r\n")
    await talk.hang()


# all is well, in odd ways


@on_the_wire("Created", status=201)
async def well(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201))
    await talk.hang()


@on_the_wire("Created", status=201)
async def early_hints_first(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(201))
    await talk.hang()


@on_the_wire("Created", status=201)
async def a_body_that_ends_with_the_connection(talk: Talk) -> None:
    await talk.request()
    talk.say(b"HTTP/1.1 201 Created\r\n\r\n" + CREATED)
    talk.close()


@on_the_wire("Created", "UnansweredError", status=201)
async def an_answer_given_before_the_question(talk: Talk) -> None:
    talk.say(answer(201))
    await talk.request()
    await talk.hang()


@on_the_wire("RejectedError", "UnansweredError", status=413, body=LONG_BODY)
async def refused_before_the_body_was_read(talk: Talk) -> None:
    await talk.first_byte()
    talk.say(answer(413, b"too long"))
    await talk.hang()


# connections kept alive


@on_the_wire("UnansweredError", requests=2)
async def closed_at_the_second_request(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201))
    await talk.first_byte()
    talk.close()


@on_the_wire("UnansweredError", requests=2)
async def reset_after_the_second_request(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201))
    await talk.request()
    talk.reset()


@on_the_wire("Created", "UnansweredError", status=201, requests=2)
async def closed_in_the_moment_of_reuse(talk: Talk) -> None:
    """Either its end is seen in time, and a new connection is made, or it is not: only then the row is in doubt."""
    await talk.request()
    talk.say(answer(201))
    talk.close()


@on_the_wire("Created", "UnansweredError", status=201, requests=2)
async def a_second_answer_to_the_first_request(talk: Talk) -> None:
    await talk.request()
    talk.say(answer(201) + answer(500, b"{}"))
    await talk.request()
    talk.say(answer(201))
    await talk.hang()


# no connection


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def told_of(host: str, *, timeout: float = 10, account: str = ACCOUNT, token: str = TOKEN) -> Verdict:  # noqa: ASYNC109
    async with open_session(host, concurrency=1, timeout=timeout) as session:
        return await told(client_of(session, account=account, token=token), None)


@on_its_own("NotSentError")
async def refused() -> Verdict:
    return await told_of(f"http://127.0.0.1:{free_port()}")


@on_its_own("NotSentError")
async def a_host_that_nobody_knows() -> Verdict:
    unknown = OSError(socket.EAI_NONAME, "Name or service not known")
    with mock.patch.object(aiohttp.ThreadedResolver, "resolve", side_effect=unknown):
        return await told_of("http://nowhere.invalid")


@on_its_own("NotSentError")
async def a_listener_too_busy_to_connect() -> Verdict:
    with _crowded() as port:
        return await told_of(f"http://127.0.0.1:{port}", timeout=SHORT)


@contextmanager
def _crowded() -> Iterator[int]:
    """A listener that accepts nobody, with its queue full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        queue = [socket.socket() for _ in range(8)]
        try:
            for waiting in queue:
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for waiting in queue:
                waiting.close()


@on_its_own("NotSentError")
async def no_free_connection_in_time() -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.request()
        await talk.hang()

    async with (
        listening(behave) as server,
        open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        assert session.connector is not None
        others = [asyncio.create_task(told(client_of(session), server)) for _ in range(session.connector.limit)]
        while server.held < len(others):
            server.got.clear()
            await server.got.wait()
        server.held = 0
        with mock.patch.object(session, "_timeout", aiohttp.ClientTimeout(connect=SHORT)):
            verdict = await told(client_of(session), server)
        server.over.set()
        await asyncio.gather(*others)
        return verdict


# TLS


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


@asynccontextmanager
async def secured(kind: str, *, trusting: bool = True, modern: bool = False) -> AsyncIterator[Server]:
    """A TLS server that answers well, and a loader that trusts its authority or does not."""

    async def behave(talk: Talk) -> None:
        await talk.request()
        talk.say(answer(201))
        await talk.hang()

    with _folder() as folder:
        authority = Authority(folder)
        context = authority.client(modern=modern) if trusting else ssl.create_default_context()
        async with listening(behave, authority.server(kind)) as server:
            with mock.patch.object(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", context):
                yield server


async def told_over_tls(kind: str, *, trusting: bool = True, modern: bool = False) -> Verdict:
    async with (
        secured(kind, trusting=trusting, modern=modern) as server,
        open_session(f"https://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        return await told(client_of(session), server)


@on_its_own("Created", status=201)
async def a_trusted_certificate() -> Verdict:
    return await told_over_tls("good")


@on_its_own("MisdirectedError")
async def a_certificate_that_nobody_vouches_for() -> Verdict:
    return await told_over_tls("good", trusting=False)


@on_its_own("MisdirectedError")
async def an_expired_certificate() -> Verdict:
    return await told_over_tls("expired")


@on_its_own("MisdirectedError")
async def a_certificate_of_another_host() -> Verdict:
    return await told_over_tls("name")


@on_its_own("MisdirectedError", "NotSentError")
async def no_version_in_common() -> Verdict:
    return await told_over_tls("old", modern=True)


@on_its_own("UnansweredError", "NotSentError")
async def a_server_that_wants_our_certificate() -> Verdict:
    """TLS 1.3 tells it after the handshake, when the request may be under way."""
    return await told_over_tls("demanding")


async def told_by_no_tls(behave: Behaviour, scheme: str = "https", *, timeout: float = 10) -> Verdict:  # noqa: ASYNC109
    async with (
        listening(behave) as server,
        open_session(f"{scheme}://127.0.0.1:{server.port}", concurrency=1, timeout=timeout) as session,
    ):
        return await told(client_of(session), server)


@on_its_own("NotSentError")
async def a_handshake_that_is_closed() -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.first_byte()
        talk.close()

    return await told_by_no_tls(behave)


@on_its_own("NotSentError")
async def a_handshake_that_is_reset() -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.first_byte()
        talk.reset()

    return await told_by_no_tls(behave)


@on_its_own("NotSentError")
async def a_handshake_that_hangs() -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.hang()

    return await told_by_no_tls(behave, timeout=SHORT)


@on_its_own("MisdirectedError")
async def a_plain_answer_to_a_handshake() -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.first_byte()
        talk.say(answer(400, b"<html>This port speaks plain HTTP</html>"))
        await talk.hang()

    return await told_by_no_tls(behave)


@on_its_own("UnansweredError")
async def plain_http_to_a_tls_port() -> Verdict:
    async with (
        secured("good") as server,
        open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        return await told(client_of(session), server)


# our own doing


@on_its_own("MisdirectedError")
async def a_closed_session() -> Verdict:
    async with open_session("http://127.0.0.1:9", concurrency=1, timeout=10) as session:
        client = client_of(session)
    return await told(client, None)


@on_its_own("MisdirectedError")
async def a_closed_connector() -> Verdict:
    async with open_session("http://127.0.0.1:9", concurrency=1, timeout=10) as session:
        assert session.connector is not None
        await session.connector.close()
        return await told(client_of(session), None)


async def told_with(*, account: str = ACCOUNT, token: str = TOKEN) -> Verdict:
    async def behave(talk: Talk) -> None:
        await talk.request()
        talk.say(answer(201))
        await talk.hang()

    async with (
        listening(behave) as server,
        open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        return await told(client_of(session, account=account, token=token), server)


@on_its_own("MisdirectedError")
async def a_line_break_in_a_header() -> Verdict:
    return await told_with(account="acc-1\r\nX-Other: 1")


@on_its_own("MisdirectedError")
async def a_line_break_in_a_token() -> Verdict:
    return await told_with(token=f"{TOKEN}\nX-Other: 1")


@on_its_own("MisdirectedError")
async def a_scheme_that_is_none_of_ours() -> Verdict:
    return await told_of("ftp://127.0.0.1")


@on_its_own("cancelled")
async def cancelled_while_it_waits_for_the_answer() -> Verdict:
    """Nobody may take a cancelled request for one that was not sent."""

    async def behave(talk: Talk) -> None:
        await talk.request()
        await talk.hang()

    async with (
        listening(behave) as server,
        open_session(f"http://127.0.0.1:{server.port}", concurrency=1, timeout=10) as session,
    ):
        task = asyncio.create_task(told(client_of(session), server))
        await server.got.wait()
        task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return Verdict("cancelled", held=server.held)


def wrong(expected: Expected, verdict: Verdict) -> str:
    """What is wrong with a verdict; "" if it is right."""
    if verdict.leaks:
        return "the token is in the error, or in what led to it"
    if verdict.held and verdict.status is None and verdict.kind not in ("UnansweredError", "cancelled"):
        return f"the server held the whole request, and the verdict is {verdict}"
    if verdict.kind not in expected.kinds:
        return f"should be {' or '.join(expected.kinds)}, and is {verdict}"
    if len(expected.kinds) == 1 and (verdict.status, verdict.accepted) != (expected.status, expected.accepted):
        return f"should have status {expected.status}, accepted {expected.accepted}, and is {verdict}"
    return ""


async def _all() -> None:
    for name, (case, expected) in CASES.items():
        verdict = await case()
        print(json.dumps({"case": name, "wrong": wrong(expected, verdict), **asdict(verdict)}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_all())
