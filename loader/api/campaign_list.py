"""The campaign list, walked page by page until it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.api.listing import KnownCampaigns, Listing, by_key
from loader.errors import NotSentError, RejectedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from loader.api.client import Client
    from loader.api.messages import Listed, Page

    Enough = Callable[[AbstractSet[str], bool], bool]

# the largest page in the samples; a server that gives less is followed (API reference, 5.1)
PAGE_LIMIT = 100
# of an account with a million campaigns; reading so many takes hours, and a list that goes on has no end
_MOST_PAGES = 10_000
# without an id no row can bear them; so many, and the list is another one than is documented
_MOST_WITHOUT_ID = 100
_GARBLED_IN_A_ROW = 3
_REPEATED_IN_A_ROW = 3
# pages that new campaigns have pushed along as fast as they are read
_PUSHED_IN_A_ROW = 30
_WALKS = 8
# fewer can be in order by chance, in a list that is sorted otherwise (the order asked for is not documented to hold)
_ENOUGH_FOR_AN_ORDER = 10


class _MovedError(UnansweredError):
    """The list changed under the walk so that something may have been missed: walk again."""


class _Walk:
    """What the pages showed so far, and whether they hang together. `seen`: the ids of it all."""

    def __init__(self, began_at: datetime) -> None:
        self.items: list[Listed] = []
        self.without_id: list[Listed] = []
        self.seen: set[str] = set()
        self.ended = False
        self._began_at = began_at
        self._last_page: list[str] = []
        self._at_first: int | None = None
        self._total = self._stale = self._pages = 0
        self._counted = True
        self._was_all = False  # of the first page the second one said so
        self._order = _Order()
        self.page_size = PAGE_LIMIT

    def take(self, page: Page) -> None:
        """Take the next page.

        Raises:
            _MovedError: something may have been missed.
            UnansweredError: there will be no end.
        """
        self._pages += 1
        if self._pages == 1 and page.more:  # what the server gives at a time
            self.page_size = min(PAGE_LIMIT, page.size)
        grown = self._count(page)
        new = [item for item in page.items if item.campaign_id not in self.seen]
        self.items += page.items
        self.without_id += page.without_id
        if len(self.without_id) > _MOST_WITHOUT_ID:
            raise UnansweredError(f"the campaign list shows more than {_MOST_WITHOUT_ID} campaigns without an id")
        self.seen |= {item.campaign_id for item in new}
        self._order.take(new)  # without what new campaigns have pushed onto a later page
        self._bound(page, moves=bool(new or page.without_id), grown=grown)
        self.ended = not page.more
        showed = len(self.seen) + len(self.without_id)
        self._was_all = self._pages == 2 and not page.size and page.total == showed  # noqa: PLR2004
        if self.ended and self._at_first is not None and showed < self._at_first:
            raise _MovedError(f"the campaign list counts {self._at_first} campaigns and showed {showed}")

    def _count(self, page: Page) -> bool:
        """Whether the server's own count has grown since the page before."""
        if page.total is None or (page.more and page.total <= page.size):  # some count the page alone
            self._counted, self._at_first = False, None
        if not self._counted or page.total is None:
            return False
        if page.total < self._total:  # what was deleted meanwhile may have pulled others past the walk
            raise _MovedError("campaigns were deleted while the campaign list was read")
        grown = self._at_first is not None and page.total > self._total
        self._total = page.total
        self._at_first = page.total if self._at_first is None else self._at_first
        return grown

    def _bound(self, page: Page, *, moves: bool, grown: bool) -> None:
        """Let no list go on for ever. `moves`: the page shows something new; `grown`: new ones push it along."""
        ids = [item.campaign_id for item in page.items]
        pushed = grown or (not self._counted and ids != self._last_page)
        self._stale, self._last_page = (0 if moves else self._stale + 1), ids
        if page.more and self._stale >= (_PUSHED_IN_A_ROW if pushed else _REPEATED_IN_A_ROW):
            raise UnansweredError("the campaign list repeats itself without end")
        if page.more and self._pages == _MOST_PAGES:
            raise UnansweredError(f"the campaign list has no end: {_MOST_PAGES:,} pages were read")

    @property
    def in_order(self) -> bool:
        """Whether the newest have come first so far, and not by chance."""
        return self._order.descends and len(self._order.times) >= _ENOUGH_FOR_AN_ORDER

    @property
    def would_have_shown_a_gap(self) -> bool:
        """Whether a campaign that deletions pulled past the walk would have been noticed.

        New campaigns come first and push, deletions pull: the pages' own count tells. In another order it does not.
        """
        one_page = self._pages == 1 or self._was_all
        return one_page or (self._counted and self._order.descends and not self.without_id)

    def is_still_all_there(self, later: _Walk) -> bool:
        """Nothing was deleted between this walk and the later one, so nothing was pulled past this one."""
        return self.seen <= later.seen and {it.mark for it in self.without_id} <= {it.mark for it in later.without_id}

    def listing(self, confirmed_by: _Walk | None = None) -> Listing:
        """What it shows, as of its begin."""
        walks = [self] if confirmed_by is None else [self, confirmed_by]
        return Listing(
            by_key(item for walk in walks for item in walk.items),
            self._began_at,
            self.ended,
            page_size=self.page_size,
            walks=len(walks),
            without_id=list({item.mark: item for walk in walks for item in walk.without_id}.values()),
            counted=self._at_first if self.in_order and not self.without_id else None,
        )


class _Order:
    """Whether campaigns come with the newest first, by the server's own clock."""

    def __init__(self) -> None:
        self.descends = True
        self.times: set[datetime] = set()
        self._last: datetime | None = None

    def take(self, items: Iterable[Listed]) -> None:
        for item in items:
            time = item.created_at
            if time is None or (self._last is not None and time > self._last):
                self.descends = False
                return
            self._last = time
            self.times.add(time)


def _once_only_known_come(known: Listing) -> Enough:
    """Where to end a reading of what is new since: at a page that shows known campaigns, and none that is new."""
    ids = {item.campaign_id for item in known}
    met = new = 0

    def enough(seen: AbstractSet[str], newest_first: bool) -> bool:
        nonlocal met, new
        met_before, new_before, met, new = met, new, len(seen & ids), len(seen - ids)
        return newest_first and met > met_before and new == new_before

    return enough


class CampaignList:
    """`now` is a clock that never jumps, in UTC; `patience` the seconds to go on without a good answer.

    `known`: what others have read of it, and what is read here.
    """

    def __init__(
        self, client: Client, *, now: Callable[[], datetime], patience: float, known: KnownCampaigns | None = None
    ) -> None:
        self._client, self._now, self._patience = client, now, patience
        self._newest_first = True
        self._known = known or KnownCampaigns()

    async def read_on(self) -> Listing:
        """What the list shows now: its newest pages, joined to what is known; all of it where they do not fit together.

        What is joined is no whole reading: of a campaign that may still be on its way it proves nothing.

        Raises:
            ApiError: it could not be read.
        """
        if (known := self._known.listing) is not None:
            newest = await self.read(enough=_once_only_known_come(known))
            if newest.whole:
                return newest
            if (joined := self._known.joined_with(newest)) is not None:
                self._client.shared_names.take(1, joined)
                return self._known.keep(joined)
        return await self.read()

    async def read(self, *, enough: Enough | None = None) -> Listing:
        """The whole list; or only a part of it, up to where `enough` is true of the ids that it has shown.

        `enough` also gets whether the newest come first, by what was shown.

        Raises:
            ApiError: it could not be read.
        """
        unconfirmed: _Walk | None = None
        moved: UnansweredError = UnansweredError("the campaign list changed each time it was read")
        for _ in range(_WALKS):
            try:
                walk = await self._walk(enough)
            except _MovedError as error:
                unconfirmed, moved = None, error
                continue
            if not walk.ended:
                return walk.listing()
            if walk.would_have_shown_a_gap:
                return self._known.keep(walk.listing())
            if unconfirmed is not None and unconfirmed.is_still_all_there(walk):
                return self._known.keep(unconfirmed.listing(confirmed_by=walk))
            unconfirmed = walk
        raise moved

    async def _walk(self, enough: Enough | None) -> _Walk:
        walk, limit, number = _Walk(self._now()), PAGE_LIMIT, 1
        while True:
            walk.take(await self._page(number, limit))
            if walk.ended or (enough is not None and enough(walk.seen, self._newest_first and walk.in_order)):
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
