"""The campaign list, walked page by page until it is whole."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

from loader.errors import NotSentError, RejectedError, UnansweredError
from loader.reconcile import Listing, by_key, earliest_creation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from loader.api.client import Client
    from loader.api.message import Listed, Page

# the largest page in the samples; a server that gives less is followed (API reference, 5.1)
_PAGE_LIMIT = 100
_GARBLED_IN_A_ROW = 3
# campaigns created meanwhile push old ones onto the next page, but hardly ever a whole page of them
_STALE_IN_A_ROW = 3
_WALKS = 8
# fewer can be in order by chance, in a list that is kept in another one (the order asked for is not documented to hold)
_ENOUGH_FOR_AN_ORDER = 10


class _MovedError(UnansweredError):
    """The list changed under the walk so that something may have been missed: walk again."""


class _Walk:
    """What the pages showed so far, and whether they hang together."""

    def __init__(self) -> None:
        self.items: list[Listed] = []
        self._seen: set[str] = set()
        self._at_first: int | None = None
        self._total = self._stale = 0

    def take(self, page: Page) -> None:
        """Take the next page.

        Raises:
            _MovedError: something may have been missed.
            UnansweredError: there will be no end.
        """
        if page.total is not None:
            if page.total < self._total:  # what was deleted meanwhile may have pulled others past the walk
                raise _MovedError("campaigns were deleted while the campaign list was read")
            self._total = page.total
            self._at_first = page.total if self._at_first is None else self._at_first
        fresh = {item.campaign_id for item in page.items} - self._seen
        self.items += page.items
        self._seen |= fresh
        self._stale = 0 if fresh else self._stale + 1
        if self._stale == _STALE_IN_A_ROW and page.more:
            raise UnansweredError("the campaign list repeats itself without end")

    def end(self) -> None:
        """Whatever was there when the walk began must have been met."""
        if self._at_first is not None and len(self._seen) < self._at_first:
            raise _MovedError(f"the campaign list counts {self._at_first} campaigns and showed {len(self._seen)}")


class CampaignList:
    """`now` is a clock that never jumps, in UTC; `patience` the seconds to go on without a good answer."""

    def __init__(self, client: Client, *, now: Callable[[], datetime], patience: float) -> None:
        self._client, self._now, self._patience = client, now, patience
        self._newest_first = True

    async def read(self, *, back_to: datetime | None = None) -> Listing:
        """The whole list, or the newest part of it, back to what an attempt made at `back_to` can have created.

        Raises:
            ApiError: it could not be read whole.
        """
        for _ in range(_WALKS - 1):
            with suppress(_MovedError):
                return await self._walk(back_to)
        return await self._walk(back_to)

    async def _walk(self, back_to: datetime | None) -> Listing:
        read_at, walk, limit, number = self._now(), _Walk(), _PAGE_LIMIT, 1
        while True:
            page = await self._page(number, limit)
            walk.take(page)
            ahead = page.server_time - self._now() if page.server_time else None
            if not page.more:
                walk.end()
                return Listing(by_key(walk.items), read_at, server_ahead=ahead)
            if back_to is not None and self._newest_first and _reaches(walk.items, back_to, ahead):
                return Listing(by_key(walk.items), read_at, reaches=back_to, server_ahead=ahead)
            limit = min(limit, len(page.items)) if number == 1 else limit
            number += 1

    async def _page(self, number: int, limit: int) -> Page:
        garbled = 0
        while True:
            try:
                return await self._client.page(number, limit=limit, newest_first=self._newest_first)
            except RejectedError:
                if not self._newest_first or number > 1:
                    raise
                self._newest_first = False  # "sortBy.name must be included", says one table (API reference, 9.15)
            except (NotSentError, UnansweredError) as error:
                answered = isinstance(error, UnansweredError) and error.status is not None and error.status < 500  # noqa: PLR2004
                garbled += answered
                if garbled == _GARBLED_IN_A_ROW or self._client.pace.unwell_for() >= self._patience:
                    raise


def _reaches(items: list[Listed], back_to: datetime, ahead: timedelta | None) -> bool:
    """Everything younger than `back_to` has been seen; only an order kept so far can say that."""
    times = [item.created_at for item in items]
    known = [time for time in times if time is not None]
    if len(known) < len(times) or any(later > earlier for earlier, later in pairwise(known)):
        return False
    return len(set(known)) >= _ENOUGH_FOR_AN_ORDER and known[-1] < earliest_creation(back_to, ahead)
