"""A reading after another asks only for what is new, and for all of the list where that could miss something."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from loader.api.listing import KnownCampaigns, Listing, by_key
from tests.api.test_campaign_list import NOON, all_of, item, numbers_in, server_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.api.messages import Listed
    from tests.api.test_campaign_list import Server

MANY, PAGES = 2000, 20


class Night:
    """Readings one after the other, each with the number of pages that it asked for."""

    def __init__(self, server: Server) -> None:
        self.server, self.known = server, KnownCampaigns()

    async def reading(self) -> tuple[Listing, int]:
        self.server.asked.clear()
        listing = await self.server.reader(known=self.known).read_on()
        return listing, len(self.server.asked)


@pytest.fixture
async def night() -> Night:
    """One in which the list was read once."""
    night = Night(server_with(MANY))
    _, pages = await night.reading()
    assert pages == PAGES
    return night


def make(server: Server, *numbers: int) -> None:
    """Somebody makes these campaigns now."""
    for number in numbers:
        server.campaigns.insert(0, item(number))


async def test_a_first_reading_is_of_the_whole_list() -> None:
    listing, pages = await Night(server_with(250)).reading()
    assert (listing.whole, pages) == (True, 3)


@pytest.mark.parametrize(("new", "pages"), [(0, 1), (1, 2), (99, 2), (100, 2), (101, 3), (250, 4)])
async def test_the_next_one_ends_at_a_page_of_known_campaigns_and_shows_all_there_are(
    night: Night, new: int, pages: int
) -> None:
    for _ in range(2):
        count = len(night.server.campaigns)
        make(night.server, *range(count + 1, count + new + 1))
        listing, asked = await night.reading()
        assert numbers_in(listing) == all_of(count + new)
        assert asked == pages


async def test_what_was_joined_is_no_whole_reading(night: Night) -> None:
    listing, _ = await night.reading()
    assert not listing.whole


def delete_one(server: Server) -> None:
    del server.campaigns[700]


def delete_one_and_make_one(server: Server) -> None:
    delete_one(server)
    make(server, MANY + 1)


def make_one_that_stands_far_behind(server: Server) -> None:
    server.campaigns.insert(1500, item(MANY + 1))


def make_one_that_the_server_dates_long_ago(server: Server) -> None:
    server.campaigns.append(replace(item(MANY + 1), created_at=item(-1).created_at))


def make_one_that_the_server_does_not_date(server: Server) -> None:
    make(server, MANY + 1)
    server.campaigns[0] = replace(server.campaigns[0], created_at=None)


def make_one_in_front_that_is_older(server: Server) -> None:
    server.campaigns.insert(3, replace(item(MANY + 1), created_at=item(5).created_at))


def make_one_without_an_id(server: Server) -> None:
    nameless = replace(item(MANY + 1), campaign_id="")
    server.spoil = lambda page: replace(page, without_id=(nameless,), total=MANY + 1)


def count_no_more(server: Server) -> None:
    server.tells_total = False


def refuse_the_order(server: Server) -> None:
    server.refuses_order = True


def show_it_oldest_first(server: Server) -> None:
    server.campaigns.reverse()


@pytest.mark.parametrize(
    "happens",
    [
        delete_one,
        delete_one_and_make_one,
        make_one_that_stands_far_behind,
        make_one_that_the_server_dates_long_ago,
        make_one_that_the_server_does_not_date,
        make_one_in_front_that_is_older,
        make_one_without_an_id,
        count_no_more,
        refuse_the_order,
        show_it_oldest_first,
    ],
)
async def test_the_list_is_read_whole_where_what_is_new_could_be_missed(
    night: Night, happens: Callable[[Server], None]
) -> None:
    happens(night.server)
    listing, pages = await night.reading()
    assert listing.whole
    twice = 2 * (PAGES + 1)  # where only a second walk tells whether something was missed
    assert PAGES <= pages <= twice + 2
    assert numbers_in(listing) == {int(it.campaign_id.removeprefix("cd-")) for it in night.server.campaigns}


@pytest.mark.parametrize(
    "server",
    [
        server_with(MANY, tells_total=False),
        server_with(MANY, refuses_order=True),
        server_with(MANY, spoil=lambda page: replace(page, items=tuple(map(undated, page.items)))),
    ],
    ids=["does not count", "keeps an order of its own", "does not date"],
)
async def test_of_a_list_that_cannot_be_relied_upon_nothing_is_kept(server: Server) -> None:
    night = Night(server)
    for _ in range(2):
        listing, pages = await night.reading()
        assert (listing.whole, pages >= PAGES) == (True, True)
    assert night.known.listing is None


def undated(one: Listed) -> Listed:
    return replace(one, created_at=None)


async def test_a_page_that_only_repeats_what_others_have_pushed_along_is_not_the_end(night: Night) -> None:
    server = night.server
    make(server, *range(MANY + 1, MANY + 101))

    def pushed(request: int) -> None:
        if request == 2:
            make(server, *range(MANY + 101, MANY + 201))

    server.before = pushed
    listing, pages = await night.reading()
    assert numbers_in(listing) == all_of(MANY + 100)
    assert pages == 3


async def test_campaigns_deleted_while_the_newest_are_read_lead_to_a_whole_reading(night: Night) -> None:
    server = night.server
    make(server, MANY + 1)

    def deleted(request: int) -> None:
        if request == 2:
            delete_one(server)

    server.before = deleted
    listing, _ = await night.reading()
    assert listing.whole
    assert listing.campaigns == MANY


async def test_what_changed_of_a_campaign_is_shown_as_far_as_it_was_read_again(night: Night) -> None:
    night.server.campaigns[5] = replace(night.server.campaigns[5], campaign_status="Completed")
    listing, _ = await night.reading()
    [changed] = [it for it in listing if it.campaign_status == "Completed"]
    assert changed.campaign_id == f"cd-{MANY - 5}"


async def test_a_new_campaign_that_bears_the_name_of_a_known_one_is_seen_beside_it(night: Night) -> None:
    night.server.campaigns.insert(0, replace(item(MANY + 1), name="campaign 3"))
    await night.reading()
    [(name, items)] = night.server.shared_names.groups.items()
    assert (name, {it.campaign_id for it in items}) == ("campaign 3", {"cd-3", f"cd-{MANY + 1}"})


async def test_a_whole_reading_in_between_is_what_is_known_afterwards(night: Night) -> None:
    delete_one(night.server)
    await night.server.reader(known=night.known).read()
    listing, pages = await night.reading()
    assert (listing.campaigns, pages) == (MANY - 1, 1)


def test_a_listing_tells_of_a_name_whether_a_campaign_has_it_with_an_id_or_without_one() -> None:
    nameless = replace(item(9), campaign_id="", name="Nine")
    listing = Listing(by_key([item(1), item(2)]), NOON, without_id=[nameless])
    assert [it.campaign_id for it in listing.of("campaign 1")] == ["cd-1"]
    assert list(listing.of("nine")) == []
    assert [listing.shows(key) for key in ("campaign 2", "nine", "campaign 3")] == [True, True, False]
    assert [listing.has_without_id(key) for key in ("campaign 2", "nine")] == [False, True]
