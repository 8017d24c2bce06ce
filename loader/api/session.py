"""The network under a client: one session for a host, and what a failure on it proves.

The barrier is a flag of each attempt that is set before its first byte is handed to the network. Not set: not sent.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from loader.api.connectivity import reason_of
from loader.api.messages import Answer
from loader.errors import ApiError, MisdirectedError, NotSentError, StoppedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import SimpleNamespace


@dataclass(slots=True)
class Attempt:
    """`left`: the barrier. `times`: how often it was made; the library makes some a second time without a word.

    `may_leave` is asked right before the first byte. `held_back`: its answer was no.
    """

    may_leave: Callable[[], bool]
    left: bool = False
    times: int = 0
    held_back: bool = False


def error_of(error: Exception, attempt: Attempt) -> ApiError:
    """Only the barrier decides whether the request left; the kind of exception proves nothing about that.

    Never shown: the exception's own repr, which can hold request headers and so the token.
    """
    why = in_words(error)
    if attempt.held_back:
        return StoppedError(_HOLD_LOST)
    if attempt.left:
        return UnansweredError(f"the request was sent, and no answer came back: {why}")
    if isinstance(error, _OURS):
        return MisdirectedError(f"the request could not be made: {why}")
    return NotSentError(f"not sent: {why}")


_HOLD_LOST = (
    "the lock file of this run was removed or replaced while it ran, so another process may be at its rows: nothing "
    "more is sent; run it again when no other is running"
)

# certificates, addresses, headers: every row would meet the same
_OURS = (
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ClientConnectorSSLError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.NonHttpUrlClientError,
    ValueError,
    TypeError,
    RuntimeError,
)


def in_words(error: Exception) -> str:
    """What went wrong, without what an exception of aiohttp would quote: addresses, headers and tokens."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} is not trusted"
        case aiohttp.ClientConnectorDNSError():
            return f"the host name {error.host} is not known"
        case aiohttp.ClientConnectorSSLError():
            return f"no secure connection to {error.host}:{error.port} could be agreed on"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refused to connect (HTTP {error.status})"
        case aiohttp.ClientConnectorError():
            what = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
            return f"{what}{error.host}:{error.port} cannot be reached ({reason_of(error)})"
        case _:
            return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)


# the first that fits counts
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "no connection within the time limit"),
    (TimeoutError, "no answer within the time limit"),
    (aiohttp.ServerDisconnectedError, "the server closed the connection"),
    (OSError, "the connection broke"),
    (aiohttp.ClientResponseError, "the answer was no HTTP"),
    (aiohttp.NonHttpUrlClientError, "the address is not one of http"),
    (ValueError, "a setting holds a character that no header and no address can"),
)


async def answer_of(response: aiohttp.ClientResponse, longest: int) -> Answer:
    """The answer with its body through a cap; a body that breaks off keeps the status, which is what counts."""
    body, whole = bytearray(), True
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > longest:
                whole = False
                break
    except (aiohttp.ClientError, OSError):
        whole = False
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return Answer(response.status, headers, bytes(body), whole)


@asynccontextmanager
async def open_session(
    host: str,
    *,
    concurrency: int,
    timeout: float,  # noqa: ASYNC109
    proxy: str | None = None,
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for `host` (scheme and name), with every setting spelled out on which these proofs rest.

    `timeout` in seconds, for each phase of a request and for all of it. `proxy` is asked to connect (CONNECT) and sees
    nothing of a request: for plain http, which it would read, it is not used.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_count_it)
    trace.on_request_chunk_sent.append(_raise_the_barrier)
    async with aiohttp.ClientSession(
        host,
        connector=aiohttp.TCPConnector(limit=concurrency + 2, keepalive_timeout=5),
        cookie_jar=aiohttp.DummyCookieJar(),
        raise_for_status=False,
        trust_env=False,
        proxy=proxy if host.startswith("https://") else None,
        timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout, sock_connect=timeout, sock_read=timeout),
        trace_configs=[trace],
    ) as session:
        yield session


async def _raise_the_barrier(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestChunkSentParams
) -> None:
    attempt: Attempt = context.trace_request_ctx
    if not attempt.may_leave():
        attempt.held_back = True
        raise aiohttp.ClientConnectionError(_HOLD_LOST)
    attempt.left = True


async def _count_it(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.times += 1
