"""One request a call, and what its failure proves.

A create is not idempotent, so every failure is sorted by one question: can the server have got it? The proof is the
barrier, a flag of each attempt that is set before its first byte is handed to the network. Not set: not sent.
Set and no status: nobody knows. The table this follows was measured case by case; the probe test repeats it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

import aiohttp

from loader.api.messages import Answer, Created, Page, QueuePage, Request, Stored, http_date
from loader.api.session import Attempt, answer_of, error_of
from loader.api.shared_names import SharedNames
from loader.errors import ApiError, RefusedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from loader.api.auth import Signer
    from loader.api.rate_limiter import RateLimiter
    from loader.model.campaign import Campaign
    from loader.model.inventory import ContactList

T = TypeVar("T")
_log = logging.getLogger(__name__)
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
        self._date = ""

    @property
    def server_time(self) -> datetime | None:
        """The server's clock, by its last answer, whatever else that said."""
        return http_date(self._date)

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
            return await self._once(request, read, 1)
        except RefusedError:
            return await self._once(request, read, 2)

    async def _once(self, request: Request, read: Callable[[Answer], T], attempt: int) -> T:
        async with self.rate_limiter.turn():
            self.requests += 1
            began, said = time.monotonic(), "no answer"
            try:
                answer = await self._exchange(request)
                said = str(answer.status)
                return read(answer)
            except RefusedError as error:
                if error.status == _TOKEN_REFUSED and (fault := self._signer.clock_fault(self.server_time)):
                    raise RefusedError(f"{error}; {fault}", status=error.status) from error
                raise
            except ApiError as error:
                said = str(error.status or error)
                raise
            finally:
                if _log.isEnabledFor(logging.DEBUG):
                    milliseconds = round((time.monotonic() - began) * 1000)
                    _log.debug(
                        "%s %s: %s, %d ms, attempt %d",
                        *(request.method, request.target.partition("?")[0], said, milliseconds, attempt),
                    )

    async def _exchange(self, request: Request) -> Answer:
        attempt = Attempt(self._holds if request.changes else lambda: True)
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
                answer = await answer_of(response, request.longest)
                self._date = answer.headers.get("date", "")
                return answer
        except (aiohttp.ClientError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise error_of(error, attempt) from error
