"""The campaign list, walked page by page until it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from loader.errors import NotSentError, RejectedError, UnansweredError
from loader.model.campaign import name_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from loader.api.client import Client
    from loader.api.messages import Listed, Page

# the largest page in the samples; a server that gives less is followed (API reference, 5.1)
PAGE_LIMIT = 100
_GARBLED_IN_A_ROW = 3
# campaigns created meanwhile push old ones onto the next page, but hardly ever a whole page of them
_STALE_IN_A_ROW = 3
_WALKS = 8
# fewer can be in order by chance, in a list that is kept in another one (the order asked for is not documented to hold)
_ENOUGH_FOR_AN_ORDER = 10
# clocks of which nothing is known; and what a Date header, in whole seconds, can be off
_UNKNOWN_SKEW = timedelta(minutes=5)
_DATE_PRECISION = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Listing:
    """The campaign list, read whole back to `reaches`; None: all of it. `read_at`: when its first page was asked for.

    `server_ahead`: how far the server's clock is before ours, None where it did not say. `page_size` campaigns came at
    a time, in so many `walks`.
    """

    by_key: Mapping[str, Sequence[Listed]]
    read_at: datetime
    reaches: datetime | None = None
    server_ahead: timedelta | None = None
    page_size: int = 100
    walks: int = 1

    @property
    def campaigns(self) -> int:
        """How many it shows."""
        return sum(map(len, self.by_key.values()))

    def of(self, key: str) -> Sequence[Listed]:
        return self.by_key.get(key, ())


def by_key(items: Iterable[Listed]) -> Mapping[str, Sequence[Listed]]:
    """Campaigns by what identifies them; an item met twice, as pages shift under the walk, counts once."""
    unique = {item.campaign_id: item for item in items}
    grouped: dict[str, list[Listed]] = {}
    for item in unique.values():
        grouped.setdefault(name_key(item.name), []).append(item)
    return grouped


def earliest_creation(since: datetime, server_ahead: timedelta | None) -> datetime:
    """What was created for an attempt made at `since` bears no earlier time, on the server's clock."""
    return since - _UNKNOWN_SKEW if server_ahead is None else since + server_ahead - _DATE_PRECISION


class _MovedError(UnansweredError):
    """The list changed under the walk so that something may have been missed: walk again."""


class _Walk:
    """What the pages showed so far, and whether they hang together."""

    def __init__(self, began_at: datetime) -> None:
        self.items: list[Listed] = []
        self._began_at = began_at
        self._reaches: datetime | None = None
        self._ahead: timedelta | None = None
        self._fresh: list[Listed] = []  # without what new campaigns have pushed onto a later page
        self._seen: set[str] = set()
        self._at_first: int | None = None
        self._total = self._stale = self._pages = 0
        self._counted = True
        self.page_size = PAGE_LIMIT

    def take(self, page: Page, *, now: datetime) -> None:
        """Take the next page.

        Raises:
            _MovedError: something may have been missed.
            UnansweredError: there will be no end.
        """
        self._pages += 1
        if self._pages == 1 and page.more:  # what the server gives at a time
            self.page_size = min(PAGE_LIMIT, len(page.items))
        self._ahead = page.server_time - now if page.server_time else None
        if page.total is None:
            self._counted = False
        else:
            if page.total < self._total:  # what was deleted meanwhile may have pulled others past the walk
                raise _MovedError("campaigns were deleted while the campaign list was read")
            self._total = page.total
            self._at_first = page.total if self._at_first is None else self._at_first
        fresh = [item for item in page.items if item.campaign_id not in self._seen]
        self.items += page.items
        self._fresh += fresh
        self._seen |= {item.campaign_id for item in fresh}
        self._stale = 0 if fresh else self._stale + 1
        if self._stale == _STALE_IN_A_ROW and page.more:
            raise UnansweredError("the campaign list repeats itself without end")

    def end(self) -> None:
        """Whatever was there when the walk began must have been met."""
        if self._at_first is not None and len(self._seen) < self._at_first:
            raise _MovedError(f"the campaign list counts {self._at_first} campaigns and showed {len(self._seen)}")

    @property
    def would_have_shown_a_gap(self) -> bool:
        """Whether a campaign that deletions pulled past the walk would have been noticed.

        New campaigns come first and push, deletions pull: the pages' own count tells. In another order it does not.
        """
        return self._pages == 1 or (self._counted and _newest_first(self._fresh))

    def is_still_all_there(self, later: _Walk) -> bool:
        """Nothing was deleted between this walk and the later one, so nothing was pulled past this one."""
        return self._seen <= later._seen

    def reaches_back_to(self, moment: datetime) -> bool:
        """Everything younger has been seen; only an order kept so far can say that."""
        times = {item.created_at for item in self.items if item.created_at is not None}
        reached = (
            len(times) >= _ENOUGH_FOR_AN_ORDER
            and _newest_first(self._fresh)
            and min(times) < earliest_creation(moment, self._ahead)
        )
        self._reaches = moment if reached else None
        return reached

    def listing(self, confirmed_by: _Walk | None = None) -> Listing:
        """What it shows, as of its begin."""
        later, walks = ([], 1) if confirmed_by is None else (confirmed_by.items, 2)
        shown = by_key([*self.items, *later])
        return Listing(shown, self._began_at, self._reaches, self._ahead, page_size=self.page_size, walks=walks)


def _newest_first(items: Sequence[Listed]) -> bool:
    times = [item.created_at for item in items]
    known = [time for time in times if time is not None]
    return len(known) == len(times) and all(later <= earlier for earlier, later in pairwise(known))


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
        unconfirmed: _Walk | None = None
        moved: UnansweredError = UnansweredError("the campaign list changed each time it was read")
        for _ in range(_WALKS):
            try:
                walk = await self._walk(back_to)
            except _MovedError as error:
                unconfirmed, moved = None, error
                continue
            if walk.would_have_shown_a_gap:
                return walk.listing()
            if unconfirmed is not None and unconfirmed.is_still_all_there(walk):
                return unconfirmed.listing(confirmed_by=walk)
            unconfirmed = walk
        raise moved

    async def _walk(self, back_to: datetime | None) -> _Walk:
        walk, limit, number = _Walk(self._now()), PAGE_LIMIT, 1
        while True:
            page = await self._page(number, limit)
            walk.take(page, now=self._now())
            if not page.more:
                walk.end()
                return walk
            if back_to is not None and self._newest_first and walk.reaches_back_to(back_to):
                return walk
            limit = walk.page_size
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
                if garbled == _GARBLED_IN_A_ROW or self._client.rate_limiter.unwell_for() >= self._patience:
                    raise
