"""What a reading of the campaign list came to, and what several runs of one process know of it together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loader.model.campaign import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from loader.api.messages import Listed


@dataclass(frozen=True, slots=True)
class Listing:
    """The campaign list. `whole`: read to its end; else only what it shows counts, and no lost answer is proved absent.

    `read_at`: when its first page was asked for. `page_size` campaigns came at a time, in so many `walks`.
    """

    by_key: Mapping[str, Sequence[Listed]]
    read_at: datetime
    whole: bool = True
    page_size: int = 100
    walks: int = 1
    without_id: Sequence[Listed] = ()
    """Campaigns that show no id that can be used: no row can bear one of them, and each keeps its name taken."""
    counted: int | None = None
    """How many there were by the server's own count when it began; None where that, or the order, says nothing."""

    @property
    def campaigns(self) -> int:
        """How many it shows."""
        return sum(map(len, self.by_key.values()))

    def of(self, key: str) -> Sequence[Listed]:
        return self.by_key.get(key, ())

    def shows(self, key: str) -> bool:
        """Whether a campaign has this name, with an id or without one."""
        return key in self.by_key or self.has_without_id(key)

    def has_without_id(self, key: str) -> bool:
        return any(name_key(item.name) == key for item in self.without_id)

    def __iter__(self) -> Iterator[Listed]:
        return (item for items in self.by_key.values() for item in items)


def by_key(items: Iterable[Listed]) -> Mapping[str, Sequence[Listed]]:
    """Campaigns by what identifies them; an item met twice, as pages shift under the walk, counts once."""
    unique = {item.campaign_id: item for item in items}
    grouped: dict[str, list[Listed]] = {}
    for item in unique.values():
        grouped.setdefault(name_key(item.name), []).append(item)
    return grouped


class KnownCampaigns:
    """What the last reading came to; empty before the first.

    Empty, too, after a reading in which the newest did not come first, or that the server did not count: then a new
    campaign could stand anywhere, and nothing would tell that one is missing.
    """

    def __init__(self) -> None:
        self.listing: Listing | None = None

    def keep(self, listing: Listing) -> Listing:
        """The same, known from now on."""
        self.listing = listing if listing.counted is not None else None
        return listing

    def joined_with(self, newest: Listing) -> Listing | None:
        """What there is now, by what is known and the newest pages.

        None where the server counts another number: campaigns were deleted, or new ones stand elsewhere.
        """
        together = replace(newest, by_key=by_key([*(self.listing or ()), *newest]))
        return together if together.campaigns == newest.counted else None
