"""The campaign list, walked page by page until it is whole."""

from __future__ import annotations

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
        read_at = self._now()
        items: list[Listed] = []
        limit, number, total = _PAGE_LIMIT, 1, 0
        while True:
            page = await self._page(number, limit)
            if page.total is not None:
                if page.total < total:  # what was deleted meanwhile may have pulled others past the walk
                    raise UnansweredError("campaigns were deleted while the campaign list was read")
                total = page.total
            items += page.items
            ahead = page.server_time - self._now() if page.server_time else None
            if not page.more:
                return Listing(by_key(items), read_at, server_ahead=ahead)
            if back_to is not None and _reaches(items, back_to, ahead):
                return Listing(by_key(items), read_at, reaches=back_to, server_ahead=ahead)
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
    return bool(known) and known[-1] < earliest_creation(back_to, ahead)
