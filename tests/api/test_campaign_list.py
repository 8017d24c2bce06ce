"""The campaign list is read whole, or an error says that it was not (reference 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.api import campaign_list
from loader.api.auth import Signer
from loader.api.campaign_list import CampaignList
from loader.api.client import Client
from loader.api.messages import Listed, Page, Shown
from loader.api.rate_limiter import RateLimiter
from loader.api.session import open_session
from loader.api.shared_names import SharedNames
from loader.api.v1 import WireV1
from loader.errors import (
    ApiError,
    NotSentError,
    RefusedError,
    RejectedError,
    StoppedError,
    ThrottledError,
    UnansweredError,
)
from loader.sandbox.fault_rules import rule
from loader.sandbox.server import serving
from loader.sandbox.settings import (
    DEMO_ACCOUNT_ID,
    DEMO_APP_ID,
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    SandboxSettings,
)
from tests.api.samples import campaign

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.api.campaign_list import Enough
    from loader.api.listing import KnownCampaigns, Listing

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)


def item(number: int) -> Listed:
    """The later one has the higher number; one a minute."""
    created = NOON + timedelta(minutes=number)
    return Listed(f"cd-{number}", f"Campaign {number}", "Ready", created, Shown(frozenset(), "Agentless", "5", ""))


@dataclass
class Server:
    """A campaign list at the level of the client's method, and the pace as far as the walk looks at it."""

    campaigns: list[Listed]
    largest: int = 100
    refuses_order: bool = False
    in_its_own_order: Callable[[list[Listed]], list[Listed]] = lambda campaigns: sorted(
        campaigns, key=lambda one: one.campaign_id
    )
    tells_total: bool = True
    before: Callable[[int], None] = lambda _: None
    """Called with the number of each request before it is answered."""
    spoil: Callable[[Page], Page] = lambda page: page
    unwell: float = 0.0
    asked: list[tuple[int, int, bool]] = field(default_factory=list)
    shared_names: SharedNames = field(default_factory=SharedNames)

    @property
    def rate_limiter(self) -> Server:
        return self

    def unwell_for(self) -> float:
        return self.unwell

    async def page(self, number: int, *, limit: int, newest_first: bool) -> Page:
        self.asked.append((number, limit, newest_first))
        assert len(self.asked) < 100, "this walk has no end"
        self.before(len(self.asked))
        if self.refuses_order and newest_first:
            raise RejectedError("sortBy.name must be included", status=400)
        rows = self.campaigns if newest_first else self.in_its_own_order(self.campaigns)
        skip, lowered = (number - 1) * limit, min(limit, self.largest)
        items = tuple(rows[skip : skip + lowered])
        more = bool(items) and skip + len(items) < len(rows)
        total = len(rows) if self.tells_total else None
        return self.spoil(Page(items, more, total, NOON))

    def reader(self, patience: float = 60, known: KnownCampaigns | None = None) -> CampaignList:
        client: Any = self
        return CampaignList(client, now=lambda: NOON, patience=patience, known=known)


def server_with(count: int, **settings: Any) -> Server:  # noqa: ANN401  those of a server
    return Server([item(number) for number in range(count, 0, -1)], **settings)


def numbers_in(listing: Listing) -> set[int]:
    found = [entry.campaign_id for entries in listing.by_key.values() for entry in entries]
    assert len(found) == len(set(found))
    return {int(campaign_id.removeprefix("cd-")) for campaign_id in found}


def all_of(count: int) -> set[int]:
    return set(range(1, count + 1))


# whole


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
async def test_the_walk_meets_every_campaign_in_the_fewest_pages(count: int) -> None:
    server = server_with(count)
    listing = await server.reader().read()
    assert numbers_in(listing) == all_of(count)
    assert listing.whole
    assert server.asked == [(number, 100, True) for number in range(1, max(1, -(-count // 100)) + 1)]


async def test_campaigns_are_found_by_what_identifies_them() -> None:
    server = server_with(3)
    listing = await server.reader().read()
    assert listing.of("campaign 2") == [item(2)]
    assert listing.of("campaign 9") == ()


async def test_a_list_tells_how_many_it_shows_and_shows_each_of_them() -> None:
    listing = await server_with(103).reader().read()
    assert (listing.campaigns, len(list(listing)), listing.walks, listing.page_size) == (103, 103, 1, 100)
    again = await server_with(103, tells_total=False).reader().read()
    assert (again.campaigns, again.walks) == (103, 2)


async def test_a_server_that_gives_less_a_page_is_followed() -> None:
    server = server_with(95, largest=10)
    assert numbers_in(await server.reader().read()) == all_of(95)
    assert server.asked[:3] == [(1, 100, True), (2, 10, True), (3, 10, True)]
    assert len(server.asked) == 10


async def test_without_a_count_the_signals_alone_lead_to_the_end() -> None:
    server = server_with(95, largest=10, tells_total=False)
    assert numbers_in(await server.reader().read()) == all_of(95)


@pytest.mark.parametrize("each", [1, 7, 9])
async def test_campaigns_created_meanwhile_push_none_out_of_sight_and_none_is_met_twice(each: int) -> None:
    server = server_with(95, largest=10)

    def created(_request: int) -> None:
        for _ in range(each if len(server.campaigns) < 150 else 0):
            server.campaigns.insert(0, item(len(server.campaigns) + 1))

    server.before = created
    assert numbers_in(await server.reader().read()) >= all_of(95)


async def test_the_reading_is_as_old_as_its_first_page() -> None:
    times = iter([NOON + timedelta(seconds=second) for second in range(100)])
    client: Any = server_with(250)
    listing = await CampaignList(client, now=lambda: next(times), patience=60).read()
    assert listing.read_at == NOON


# not whole


@pytest.mark.parametrize("request_number", [2, 3])
@pytest.mark.parametrize("which", [0, 60, 120, 249])
async def test_a_campaign_deleted_meanwhile_may_have_hidden_another_so_the_list_is_walked_again(
    request_number: int, which: int
) -> None:
    server = server_with(250)

    def deleted(request: int) -> None:
        if request == request_number:
            del server.campaigns[which]

    server.before = deleted
    assert numbers_in(await server.reader().read()) == all_of(250) - {250 - which}
    assert [number for number, _, _ in server.asked] == [*range(1, request_number + 1), 1, 2, 3]


async def test_a_list_of_which_something_is_deleted_in_every_walk_cannot_be_read() -> None:
    server = server_with(250)
    server.before = lambda _: server.campaigns.pop(0)  # type: ignore[assignment]
    with pytest.raises(UnansweredError, match="campaigns were deleted while the campaign list was read"):
        await server.reader().read()
    assert [number for number, _, _ in server.asked] == [1, 2] * 8


async def test_deleted_and_created_meanwhile_is_noticed_by_the_count() -> None:
    server = server_with(250)

    def changed(request: int) -> None:
        if request == 2:
            del server.campaigns[200]
            server.campaigns.insert(0, item(251))

    server.before = changed
    assert numbers_in(await server.reader().read()) == all_of(251) - {50}
    assert [number for number, _, _ in server.asked] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("settings", [{"tells_total": False}, {"refuses_order": True}])
async def test_where_a_deletion_cannot_be_noticed_the_list_is_read_until_two_readings_agree(
    settings: dict[str, bool],
) -> None:
    server = server_with(150, in_its_own_order=lambda campaigns: list(reversed(campaigns)), **settings)
    began = 2 if server.refuses_order else 1

    def changed(request: int) -> None:
        if request == began + 1:  # one of the first page goes, so the first of the second page is now on the first
            del server.campaigns[0 if not server.refuses_order else -1]
            if server.refuses_order:
                server.campaigns.insert(0, item(151))  # and the count is as it was

    server.before = changed
    there = numbers_in(await server.reader().read())
    assert there == {int(one.campaign_id.removeprefix("cd-")) for one in server.campaigns}
    assert [number for number, _, _ in server.asked[began - 1 :]] == [1, 2, 1, 2, 1, 2]


async def test_a_list_that_grows_while_it_is_read_is_still_in_order() -> None:
    server = server_with(250)
    server.before = lambda request: server.campaigns.insert(0, item(250 + request)) if request > 1 else None
    assert numbers_in(await server.reader().read()) >= all_of(250)
    assert [number for number, _, _ in server.asked] == [1, 2, 3]


async def test_a_list_of_one_page_is_read_once_whatever_it_tells() -> None:
    server = server_with(50, tells_total=False)
    assert numbers_in(await server.reader().read()) == all_of(50)
    assert len(server.asked) == 1


async def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    server = server_with(250, spoil=lambda page: page if item(250) in page.items else Page((), False, 250, NOON))
    with pytest.raises(UnansweredError, match="the campaign list counts 250 campaigns and showed 100"):
        await server.reader().read()


async def test_a_list_that_shows_one_page_for_ever_has_no_end() -> None:
    first = tuple(item(number) for number in range(100))
    server = server_with(0, spoil=lambda _: Page(first, True, None, NOON))
    with pytest.raises(UnansweredError, match="the campaign list repeats itself without end"):
        await server.reader().read()
    assert len(server.asked) == 4


async def test_a_server_that_says_more_where_nothing_is_costs_one_request() -> None:
    def always_more(page: Page) -> Page:
        return replace(page, more=bool(page.items))

    server = server_with(250, spoil=always_more)
    assert numbers_in(await server.reader().read()) == all_of(250)
    assert len(server.asked) == 4


# the order


async def test_a_server_that_refuses_the_order_is_asked_without_it_from_then_on() -> None:
    server = server_with(150, refuses_order=True)
    reader = server.reader()
    assert numbers_in(await reader.read()) == all_of(150)
    # twice, since in an order of the server's own nothing shows that a deletion pulled one past the walk
    assert server.asked == [(1, 100, True), *[(1, 100, False), (2, 100, False)] * 2]
    assert numbers_in(await reader.read()) == all_of(150)
    assert server.asked[5:] == [(1, 100, False), (2, 100, False)] * 2


async def test_a_refusal_that_has_nothing_to_do_with_the_order_is_one() -> None:
    server = server_with(150)

    def refused(_request: int) -> None:
        raise RejectedError("no", status=404)

    server.before = refused
    with pytest.raises(RejectedError):
        await server.reader().read()
    assert server.asked == [(1, 100, True), (1, 100, False)]


async def test_a_refusal_in_the_middle_is_not_about_the_order() -> None:
    server = server_with(150)

    def refused(request: int) -> None:
        if request == 2:
            raise RejectedError("no", status=400)

    server.before = refused
    with pytest.raises(RejectedError):
        await server.reader().read()
    assert server.asked == [(1, 100, True), (2, 100, True)]


# no further than needed


def once(number: int) -> Enough:
    """Enough as soon as this one is shown, where the newest come first."""
    return lambda seen, newest_first: newest_first and f"cd-{number}" in seen


async def test_the_walk_ends_where_enough_was_seen() -> None:
    server = server_with(1000)
    listing = await server.reader().read(enough=once(850))
    assert not listing.whole
    assert numbers_in(listing) == set(range(801, 1001))
    assert len(server.asked) == 2


@pytest.mark.parametrize("wanted", [1, 0])
async def test_a_list_that_ends_first_is_whole(wanted: int) -> None:
    listing = await server_with(150).reader().read(enough=once(wanted))
    assert listing.whole


@pytest.mark.parametrize(("a_page", "pages"), [(4, 3), (9, 2), (10, 1)])
async def test_fewer_than_ten_may_be_in_order_by_chance(a_page: int, pages: int) -> None:
    server = server_with(45, largest=a_page)
    assert not (await server.reader().read(enough=once(45))).whole
    assert len(server.asked) == pages


async def test_campaigns_of_one_moment_are_in_no_order() -> None:
    server = server_with(45, largest=10)
    server.campaigns = [replace(one, created_at=NOON) for one in server.campaigns]
    listing = await server.reader().read(enough=once(45))
    assert listing.whole
    assert numbers_in(listing) == all_of(45)


async def test_campaigns_of_the_same_moment_as_their_neighbours_are_in_order() -> None:
    server = server_with(45, largest=10)
    server.campaigns = [
        replace(one, created_at=NOON + timedelta(minutes=(45 - number) // 2))
        for number, one in enumerate(server.campaigns)
    ]
    assert not (await server.reader().read(enough=once(20))).whole


def out_of_order(items: list[Listed]) -> list[Listed]:
    return [*items[:50], items[51], items[50], *items[52:]]


def without_a_time(items: list[Listed]) -> list[Listed]:
    return [*items[:50], replace(items[50], created_at=None), *items[51:]]


def oldest_first(items: list[Listed]) -> list[Listed]:
    return items[::-1]


@pytest.mark.parametrize("spoiled", [out_of_order, without_a_time, oldest_first])
async def test_where_the_order_does_not_hold_that_is_reported(spoiled: Callable[[list[Listed]], list[Listed]]) -> None:
    server = server_with(350)
    server.campaigns = spoiled(server.campaigns)
    listing = await server.reader().read(enough=once(340))
    assert listing.whole
    assert numbers_in(listing) == all_of(350)


@pytest.mark.parametrize("order", [lambda campaigns: campaigns, lambda campaigns: campaigns[::-1]])
async def test_an_order_that_was_not_asked_for_is_not_believed(order: Callable[[list[Listed]], list[Listed]]) -> None:
    server = server_with(350, refuses_order=True)
    server.in_its_own_order = order
    listing = await server.reader().read(enough=once(340))
    assert listing.whole
    assert numbers_in(listing) == all_of(350)


async def test_a_walk_that_begins_anew_has_seen_nothing() -> None:
    server = server_with(350)

    def deleted(request: int) -> None:
        if request == 2:
            del server.campaigns[0]

    server.before = deleted
    listing = await server.reader().read(enough=once(240))
    assert numbers_in(listing) == set(range(150, 350))
    assert [number for number, _, _ in server.asked] == [1, 2, 1, 2]


# under load


@pytest.mark.parametrize("tells_total", [True, False])
async def test_campaigns_that_for_a_while_come_as_fast_as_pages_are_read_do_not_end_the_walk(
    *, tells_total: bool
) -> None:
    server = server_with(95, largest=10, tells_total=tells_total)

    def created(request: int) -> None:
        for _ in range(11 if request < 20 else 0):
            server.campaigns.insert(0, item(len(server.campaigns) + 1))

    server.before = created
    listing = await server.reader().read()
    assert listing.whole
    assert numbers_in(listing) >= all_of(95)


async def test_a_list_that_always_grows_as_fast_as_it_is_read_has_no_end() -> None:
    server = server_with(95, largest=10)

    def created(_request: int) -> None:
        for _ in range(10):
            server.campaigns.insert(0, item(len(server.campaigns) + 1))

    server.before = created
    with pytest.raises(UnansweredError, match="the campaign list repeats itself without end"):
        await server.reader().read()
    assert len(server.asked) < 50


@pytest.mark.parametrize("count", [95, 100, 107])
async def test_a_count_that_is_the_pages_alone_is_no_count(count: int) -> None:
    server = server_with(count, largest=10, spoil=lambda page: replace(page, total=len(page.items)))
    listing = await server.reader().read()
    assert listing.whole
    assert numbers_in(listing) == all_of(count)
    pages = -(-count // 10)
    assert len(server.asked) == 2 * pages  # nothing tells whether something was deleted meanwhile


async def test_a_count_that_may_be_the_pages_alone_is_doubted_at_the_cost_of_one_page() -> None:
    doubted = server_with(7, spoil=lambda page: replace(page, more=page.size > 0))
    assert numbers_in(await doubted.reader().read()) == all_of(7)
    assert len(doubted.asked) == 2

    def counting_the_page(page: Page) -> Page:
        return replace(page, more=page.size > 0, total=page.size)

    server = server_with(134, spoil=counting_the_page)
    assert numbers_in(await server.reader().read()) == all_of(134)
    assert len(server.asked) == 6  # nothing tells whether something was deleted meanwhile


async def test_of_a_first_page_that_was_all_nothing_is_missed_where_one_is_deleted_before_the_second() -> None:
    server = server_with(7, largest=6, spoil=lambda page: replace(page, more=page.size > 0, total=page.size))

    def deleted(request: int) -> None:
        if request == 2:
            del server.campaigns[0]

    server.before = deleted
    assert numbers_in(await server.reader().read()) >= all_of(6)


async def test_where_campaigns_show_no_id_the_count_does_not_tell_that_none_was_missed() -> None:
    server = server_with(
        15, largest=10, spoil=lambda page: replace(page, items=page.items[1:], without_id=page.items[:1])
    )
    listing = await server.reader().read()
    assert (listing.whole, len(server.asked)) == (True, 4)  # two walks: what is met twice is not told apart


async def test_a_list_without_end_is_read_to_a_hard_end_and_that_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_list, "_MOST_PAGES", 50)
    numbers = iter(range(10_000_000, 0, -1))
    server = server_with(0, spoil=lambda _: Page((item(next(numbers)),), True, None, NOON))
    with pytest.raises(UnansweredError, match="the campaign list has no end: 50 pages were read"):
        await server.reader().read()
    assert len(server.asked) == 50


PUSHED = 20


async def test_campaigns_that_come_exactly_as_fast_as_pages_are_read_are_waited_for_where_the_count_grows() -> None:
    server = server_with(95, largest=10)

    def created(request: int) -> None:
        for _ in range(10 if 1 < request <= PUSHED else 0):
            server.campaigns.insert(0, item(len(server.campaigns) + 1))

    server.before = created
    assert numbers_in(await server.reader().read()) >= all_of(95)
    assert len(server.asked) > PUSHED


@pytest.mark.parametrize("tells_total", [True, False])
async def test_the_same_page_again_and_again_is_taken_for_an_end_soon(*, tells_total: bool) -> None:
    server = server_with(95, largest=10, tells_total=tells_total)
    page = Page(tuple(server.campaigns[:10]), True, 95 if tells_total else None, NOON)
    server.spoil = lambda _: page
    with pytest.raises(UnansweredError, match="repeats itself without end"):
        await server.reader().read()
    assert len(server.asked) == 4


@pytest.mark.parametrize(("tells_total", "pages"), [(True, 5), (False, 32)])
async def test_pages_seen_before_in_another_order_may_be_pushed_where_nothing_is_counted(
    *, tells_total: bool, pages: int
) -> None:
    server = server_with(20, largest=10, tells_total=tells_total)
    total = 20 if tells_total else None
    both = [Page(tuple(server.campaigns[at : at + 10]), True, total, NOON) for at in (0, 10)]
    server.spoil = lambda _: both[len(server.asked) % 2]
    with pytest.raises(UnansweredError, match="repeats itself without end"):
        await server.reader().read()
    assert len(server.asked) == pages


async def test_a_list_that_goes_round_in_circles_has_no_end() -> None:
    server = server_with(30, largest=10, tells_total=False)
    pages = [Page(tuple(server.campaigns[at : at + 10]), True, None, NOON) for at in (0, 10, 20)]
    server.spoil = lambda _: pages[len(server.asked) % 3]
    with pytest.raises(UnansweredError, match="the campaign list repeats itself without end"):
        await server.reader().read()
    assert len(server.asked) < 50


# again


GARBLED = UnansweredError("garbled", status=200)


def failing(server: Server, *outcomes: ApiError | None) -> None:
    """The first requests end so; None: with an answer."""
    rest = list(outcomes)

    def fail(_request: int) -> None:
        if rest and (outcome := rest.pop(0)) is not None:
            raise outcome

    server.before = fail


async def test_a_garbled_page_is_read_again() -> None:
    server = server_with(150)
    failing(server, GARBLED, GARBLED, None, GARBLED, GARBLED, None)
    assert numbers_in(await server.reader().read()) == all_of(150)
    assert [number for number, _, _ in server.asked] == [1, 1, 1, 2, 2, 2]


async def test_three_garbled_ones_in_a_row_are_an_error() -> None:
    server = server_with(150)
    failing(server, None, GARBLED, GARBLED, GARBLED)
    with pytest.raises(UnansweredError, match="garbled"):
        await server.reader().read()
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "trouble",
    [
        NotSentError("refused"),
        UnansweredError("cut"),
        UnansweredError("broken", status=500),
        UnansweredError("gateway", status=504),
        ThrottledError("slow down", status=429),
    ],
    ids=str,
)
async def test_trouble_is_sat_out_as_long_as_patience_lasts(trouble: ApiError) -> None:
    server = server_with(150)
    failing(server, *[trouble] * 20)
    assert numbers_in(await server.reader().read()) == all_of(150)
    server.unwell = 60.0
    failing(server, trouble)
    with pytest.raises(type(trouble)):
        await server.reader(patience=60).read()


@pytest.mark.parametrize("end", [RefusedError("no", status=401), StoppedError("stopped")], ids=str)
async def test_what_would_meet_every_request_is_met_once(end: ApiError) -> None:
    server = server_with(150)
    failing(server, end)
    with pytest.raises(type(end)):
        await server.reader().read()
    assert len(server.asked) == 1


# with everything real


async def test_the_list_of_the_stand_in_is_read_whole_in_small_pages_with_faults_on_the_way() -> None:
    rules = (
        rule(operation="list", nth=2, action="garbled"),
        rule(operation="list", nth=4, action="close-after-reading"),
        rule(operation="list", nth=6, action="rate-limited", retry_after="0"),
        rule(operation="list", nth=8, action="truncated"),
    )
    settings = SandboxSettings(rate_per_minute=0, largest_list_limit=7, fault_rules=rules)
    wire = WireV1(app_id=DEMO_APP_ID, account_id=DEMO_ACCOUNT_ID)
    signer = Signer(client_id=DEMO_CLIENT_ID, key=DEMO_CLIENT_SECRET, algorithm="HS256", subject="loader")
    names = [f"Campaign {number}" for number in range(40)]
    async with serving(settings) as sandbox, open_session(sandbox.url, concurrency=1, timeout=10) as session:
        client = Client(session, wire=wire, signer=signer, rate_limiter=RateLimiter(6_000_000))
        for name in names:
            await client.create(wire.body_of(campaign(name=name)), name=name)
        listing = await CampaignList(client, now=lambda: datetime.now(UTC), patience=60).read()
        assert [arrival.fault for arrival in sandbox.requests if arrival.fault] == [
            "garbled",
            "close-after-reading",
            "rate-limited",
            "truncated",
        ]
    assert sorted(entry.name for entries in listing.by_key.values() for entry in entries) == sorted(names)


# campaigns without an id


def without_ids(number: int) -> Callable[[Page], Page]:
    """So many of the first campaigns of a page show no id."""

    def spoil(page: Page) -> Page:
        bare = tuple(replace(one, campaign_id="") for one in page.items[:number])
        return replace(page, items=page.items[number:], without_id=bare)

    return spoil


async def test_campaigns_without_an_id_stand_apart_and_the_others_are_read() -> None:
    server = Server([item(number) for number in range(5)], spoil=without_ids(1))
    listing = await server.reader().read()
    assert [one.name for one in listing.without_id] == ["Campaign 0"]
    assert sorted(listing.by_key) == ["campaign 1", "campaign 2", "campaign 3", "campaign 4"]
    assert [listing.shows(f"campaign {number}") for number in (0, 1, 5)] == [True, True, False]
    assert [listing.has_without_id(f"campaign {number}") for number in (0, 1)] == [True, False]


async def test_a_list_of_several_pages_with_such_campaigns_is_read_until_two_readings_agree() -> None:
    server = Server([item(number) for number in range(6)], largest=3, spoil=without_ids(1))
    listing = await server.reader().read()
    assert (listing.campaigns, len(listing.without_id), listing.walks) == (4, 2, 2)


async def test_a_list_with_very_many_campaigns_without_an_id_cannot_be_read() -> None:
    for number in (100, 101):
        server = Server([item(at) for at in range(number)], spoil=without_ids(100))
        if number == 100:
            assert len((await server.reader().read()).without_id) == 100
        else:
            with pytest.raises(UnansweredError) as error:
                await server.reader().read()
            assert str(error.value) == "the campaign list shows more than 100 campaigns without an id"
