"""One request a call, and what its failure proves.

A create is not idempotent, so every failure is sorted by one question: can the server have got it? The proof is the
barrier, a flag of each attempt that is set before its first byte is handed to the network. Not set: not sent.
Set and no status: nobody knows. The table this follows was measured case by case; the probe test repeats it.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import aiohttp

from loader.api.messages import Answer, Created, Page, QueuePage, Request, Stored, http_date
from loader.api.shared_names import SharedNames
from loader.errors import ApiError, MisdirectedError, NotSentError, RefusedError, StoppedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime
    from types import SimpleNamespace

    from loader.api.auth import Signer
    from loader.api.rate_limiter import RateLimiter
    from loader.model.campaign import Campaign
    from loader.model.inventory import ContactList

T = TypeVar("T")
_TOKEN_REFUSED = 401
_NOT_THIS_WAY = (404, 405)  # another method may be what is meant


class Wire(Protocol):
    """One version of the API's words."""

    version: str
    headers: Mapping[str, str]

    def fields(self, campaign: Campaign) -> Mapping[str, object]: ...
    def create(self, body: bytes) -> Request: ...
    def created(self, answer: Answer, *, name: str) -> Created: ...
    def list_page(self, number: int, *, limit: int, newest_first: bool) -> Request: ...
    def page(self, answer: Answer, *, number: int, limit: int) -> Page: ...
    def campaign(self, campaign_id: str) -> Request: ...
    def stored(self, answer: Answer, *, campaign_id: str) -> Stored: ...
    def delete(self, campaign_id: str) -> Request: ...
    def deleted(self, answer: Answer) -> None: ...
    def contact_lists(self, method: str) -> Request: ...
    def listed_contacts(self, answer: Answer) -> Sequence[ContactList]: ...
    def queues(self, number: int) -> Request: ...
    def queue_page(self, answer: Answer, *, number: int) -> QueuePage: ...


@dataclass(slots=True)
class _Attempt:
    """`left`: the barrier. `times`: how often it was made; the library makes some a second time without a word.

    `may_leave` is asked right before the first byte. `held_back`: its answer was no.
    """

    may_leave: Callable[[], bool]
    left: bool = False
    times: int = 0
    held_back: bool = False


class Client:
    """Bound to one account. Trying again is the caller's, waiting for one's turn is not."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        wire: Wire,
        signer: Signer,
        rate_limiter: RateLimiter,
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        self._session, self._wire, self._signer, self.rate_limiter = session, wire, signer, rate_limiter
        self._holds = holds
        self.requests = 0
        self.shared_names = SharedNames()
        self.server_time: datetime | None = None  # by its last answer, whatever else that said

    def fields(self, campaign: Campaign) -> Mapping[str, object]:
        """What a create of it sends, in the version's own words."""
        return self._wire.fields(campaign)

    async def create(self, body: bytes, *, name: str) -> Created:
        """Send one create.

        Raises:
            ApiError: the subclass says what is proved about this attempt.
        """
        return await self._ask(self._wire.create(body), lambda answer: self._wire.created(answer, name=name))

    async def page(self, number: int, *, limit: int, newest_first: bool) -> Page:
        """Read one page of the campaign list, `limit` campaigns long, counted from 1.

        Raises:
            ApiError: the page was not read; reading again is harmless.
        """
        request = self._wire.list_page(number, limit=limit, newest_first=newest_first)
        page = await self._ask(request, lambda answer: self._wire.page(answer, number=number, limit=limit))
        self.shared_names.take(number, page.items)
        return page

    async def campaign(self, campaign_id: str) -> Stored:
        """Read one campaign.

        Raises:
            RejectedError: with the status 404 there is none of this id.
            ApiError: it was not read; reading again is harmless.
        """
        request = self._wire.campaign(campaign_id)
        return await self._ask(request, lambda answer: self._wire.stored(answer, campaign_id=campaign_id))

    async def delete(self, campaign_id: str) -> None:
        """Delete one campaign.

        Raises:
            RejectedError: with the status 404 there is none of this id, perhaps because it was deleted already.
            ApiError: perhaps it was deleted; deleting again is harmless.
        """
        await self._ask(self._wire.delete(campaign_id), self._wire.deleted)

    async def contact_lists(self) -> Sequence[ContactList]:
        """Read all contact lists.

        Raises:
            ApiError: they were not read; reading again is harmless.
        """
        try:
            return await self._ask(self._wire.contact_lists("POST"), self._wire.listed_contacts)
        except ApiError as error:
            if error.status not in _NOT_THIS_WAY:
                raise
        return await self._ask(self._wire.contact_lists("GET"), self._wire.listed_contacts)

    async def queue_page(self, number: int) -> QueuePage:
        """Read one page of the queues, counted from 1.

        Raises:
            RefusedError: most likely the scope Configuration is missing.
            ApiError: the page was not read; reading again is harmless.
        """
        return await self._ask(self._wire.queues(number), lambda answer: self._wire.queue_page(answer, number=number))

    async def _ask(self, request: Request, read: Callable[[Answer], T]) -> T:
        """Send, and once more if refused: the token may have been the only fault (API reference, 8.2)."""
        try:
            return await self._once(request, read)
        except RefusedError:
            return await self._once(request, read)

    async def _once(self, request: Request, read: Callable[[Answer], T]) -> T:
        async with self.rate_limiter.turn():
            self.requests += 1
            return read(await self._exchange(request))

    async def _exchange(self, request: Request) -> Answer:
        attempt = _Attempt(self._holds if request.changes else lambda: True)
        try:
            async with self._session.request(
                request.method,
                request.target,
                data=request.body,
                headers={"auth": self._signer.token(), **self._wire.headers},
                allow_redirects=False,
                trace_request_ctx=attempt,
            ) as response:
                if attempt.times > 1 and response.status == _TOKEN_REFUSED:
                    raise UnansweredError("the connection broke; made anew, it was refused as a token seen before")
                answer = await _answer(response, request.longest)
                self.server_time = http_date(answer.headers.get("date", ""))
                return answer
        except (aiohttp.ClientError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise _error_of(error, attempt) from error


def _error_of(error: Exception, attempt: _Attempt) -> ApiError:
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
        case aiohttp.ClientConnectorError():
            return f"{error.host}:{error.port} cannot be reached ({_reason(error)})"
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


def _reason(error: OSError) -> str:
    """In the system's words; the exception's own hold addresses and more."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else "it was closed"


async def _answer(response: aiohttp.ClientResponse, longest: int) -> Answer:
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
async def open_session(host: str, *, concurrency: int, timeout: float) -> AsyncIterator[aiohttp.ClientSession]:  # noqa: ASYNC109
    """A session for `host` (scheme and name), with every setting spelled out on which these proofs rest.

    `timeout` in seconds, for each phase of a request and for all of it.
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
        timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout, sock_connect=timeout, sock_read=timeout),
        trace_configs=[trace],
    ) as session:
        yield session


async def _raise_the_barrier(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestChunkSentParams
) -> None:
    attempt: _Attempt = context.trace_request_ctx
    if not attempt.may_leave():
        attempt.held_back = True
        raise aiohttp.ClientConnectionError(_HOLD_LOST)
    attempt.left = True


async def _count_it(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.times += 1
