"""When requests leave: evenly, never too many, and all of them held when the server asks for it (reference 8.3)."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from loader.api.rate_limiter import Clock, RateLimiter
from loader.errors import (
    ApiError,
    MisdirectedError,
    NameTakenError,
    NotSentError,
    RefusedError,
    RejectedError,
    StoppedError,
    ThrottledError,
    UnansweredError,
)
from tests.api.virtual import virtually

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.api.rate_limiter import SharedRate
    from loader.model.events import Waiting

SLOT = 60 / 50 / 0.99
"""Seconds between two requests at 50 a minute."""


class Account:
    """A rate limiter at the loop's own clock, and what it did."""

    def __init__(
        self, per_minute: float = 50, chance: Callable[[], float] = lambda: 1.0, shared: SharedRate | None = None
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.waits: list[Waiting] = []
        self.left: list[float] = []
        self.in_flight = self.most_in_flight = 0
        self.rate_limiter = RateLimiter(
            per_minute, Clock(self.loop.time, chance=chance), shared=shared, on_wait=self.waits.append
        )

    async def request(self, outcome: BaseException | None = None, *, takes: float = 0.0) -> None:
        async with self.rate_limiter.turn():
            self.left.append(self.loop.time())
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                await asyncio.sleep(takes)
            finally:
                self.in_flight -= 1
            if outcome is not None:
                raise outcome

    async def tried(self, outcome: ApiError | None = None, *, takes: float = 0.0) -> None:
        """A request whose failure is nobody's concern."""
        with suppress(ApiError):
            await self.request(outcome, takes=takes)

    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.left)]

    def told(self) -> list[tuple[str, float]]:
        return [(waiting.reason, round(waiting.seconds, 3)) for waiting in self.waits]


def trouble() -> NotSentError:
    return NotSentError("refused")


def most_in_a_window(times: list[float], seconds: float) -> int:
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


# the allowance


def test_requests_leave_one_by_one_in_even_steps() -> None:
    async def scenario() -> list[float]:
        account = Account()
        await asyncio.gather(*(account.request(takes=20) for _ in range(100)))
        return account.gaps()

    gaps = virtually(scenario)
    assert len(gaps) == 99
    assert min(gaps) >= SLOT
    assert max(gaps) <= SLOT * 1.05


@pytest.mark.parametrize(
    ("per_minute", "minutes"), [(1, 5), (7, 4), (50, 4), (59.5, 4), (60, 4), (600, 3), (6000, 1.05)]
)
def test_no_window_of_a_minute_holds_more_than_the_allowance_and_hardly_any_of_it_is_wasted(
    per_minute: float, minutes: float
) -> None:
    async def scenario() -> list[float]:
        account = Account(per_minute)
        end = account.loop.time() + 60 * minutes

        async def work() -> None:
            while account.loop.time() < end:
                await account.request()

        await asyncio.gather(*(work() for _ in range(8)))
        return account.left

    left = virtually(scenario)
    assert most_in_a_window(left, 60) <= per_minute
    assert len(left) >= 0.94 * per_minute * minutes


def test_many_requests_a_second_still_leave_in_small_groups() -> None:
    async def scenario() -> list[float]:
        account = Account(60_000)
        await asyncio.gather(*(account.request() for _ in range(400)))
        return account.left

    left = virtually(scenario)
    assert most_in_a_window(left, 0.02) <= 20
    assert left[-1] - left[0] >= 0.38


def test_of_many_requests_a_second_several_leave_at_one_moment() -> None:
    async def scenario() -> int:
        account = Account(60_000)
        await asyncio.gather(*(account.request() for _ in range(400)))
        return len(set(account.left))

    assert virtually(scenario) <= 21


def test_a_slow_allowance_is_kept_to_within_a_twentieth_of_a_second() -> None:
    async def scenario() -> list[float]:
        account = Account(1)
        await asyncio.gather(*(account.request() for _ in range(4)))
        return account.gaps()

    assert max(virtually(scenario)) <= 60 / 0.99 + 0.06


@pytest.mark.parametrize("failure", [ThrottledError("limit", retry_after=0), NotSentError("refused"), ValueError("x")])
def test_what_a_request_raises_reaches_whoever_made_it(failure: Exception) -> None:
    async def scenario() -> None:
        with pytest.raises(type(failure)) as raised:
            await Account().request(failure)
        assert raised.value is failure

    virtually(scenario)


def test_an_idle_minute_is_not_made_up_for() -> None:
    async def scenario() -> list[float]:
        account = Account()
        await account.request()
        await asyncio.sleep(600)
        await asyncio.gather(*(account.request() for _ in range(5)))
        return account.gaps()[1:]

    assert min(virtually(scenario)) >= SLOT


def test_who_comes_first_leaves_first() -> None:
    async def scenario() -> list[int]:
        account, order = Account(), list[int]()

        async def request(number: int) -> None:
            async with account.rate_limiter.turn():
                order.append(number)

        await asyncio.gather(*(request(number) for number in range(30)))
        return order

    assert virtually(scenario) == list(range(30))


async def test_the_real_clock_is_the_default() -> None:
    rate_limiter = RateLimiter(6_000_000)
    for _ in range(100):
        async with rate_limiter.turn():
            pass
    assert rate_limiter.unwell_for() == 0


# the allowance, shared with other processes


class Book:
    """Slots of one account as several processes see them."""

    def __init__(self) -> None:
        self.next_at = 0.0
        self.lengths: list[float] = []
        self.held: list[float] = []

    def reserve(self, length: float) -> float:
        begins = max(self.next_at, asyncio.get_running_loop().time())
        self.next_at = begins + length
        self.lengths.append(length)
        return begins

    def hold(self, until: float) -> None:
        self.held.append(until)
        self.next_at = max(self.next_at, until)


@pytest.mark.parametrize(("per_minute", "processes"), [(50, 2), (50, 5), (600, 3), (6000, 2)])
def test_processes_of_one_account_share_one_allowance_and_take_turns(per_minute: float, processes: int) -> None:
    async def scenario() -> list[Account]:
        book = Book()
        accounts = [Account(per_minute, shared=book) for _ in range(processes)]
        end = accounts[0].loop.time() + 100

        async def work(account: Account) -> None:
            while account.loop.time() < end:
                await account.request()

        await asyncio.gather(*(work(account) for account in accounts for _ in range(4)))
        return accounts

    accounts = virtually(scenario)
    together = sorted(at for account in accounts for at in account.left)
    assert most_in_a_window(together, 60) <= per_minute
    assert len(together) >= 0.94 * per_minute * 100 / 60
    shares = [len(account.left) / len(together) for account in accounts]
    assert shares == pytest.approx([1 / processes] * processes, rel=0.15)


def test_a_limit_signal_holds_the_other_processes_too() -> None:
    async def scenario() -> tuple[list[float], float, list[float]]:
        book = Book()
        one, other = (Account(shared=book) for _ in range(2))
        await one.tried(ThrottledError("slow down", retry_after=30))
        signal = one.loop.time()
        await other.request()
        return other.left, signal, book.held

    left, signal, held = virtually(scenario)
    assert held == [signal + 30]
    assert left == pytest.approx([signal + 30], abs=0.1)


def test_a_slot_that_others_held_back_meanwhile_is_waited_for_like_any_pause() -> None:
    async def scenario() -> tuple[list[float], list[tuple[str, float]]]:
        book = Book()
        account = Account(shared=book)
        await account.request()
        book.hold(account.loop.time() + 40)
        await account.request()
        return account.gaps(), account.told()

    gaps, [(reason, seconds)] = virtually(scenario)
    assert gaps == pytest.approx([40], abs=0.1)
    assert reason == "another run has reached the limit"
    assert seconds == pytest.approx(40, abs=2)


def test_who_is_held_while_waiting_for_a_slot_takes_none_from_other_processes() -> None:
    async def scenario() -> tuple[int, list[str]]:
        book = Book()
        account = Account(shared=book)
        first = account.tried(ThrottledError("slow down", retry_after=30), takes=SLOT / 2)
        await asyncio.gather(first, account.request())
        return len(book.lengths), [waiting.reason for waiting in account.waits]

    assert virtually(scenario) == (2, ["limit reached"])


def test_who_has_a_slot_of_the_account_is_held_all_the_same() -> None:
    async def scenario() -> list[float]:
        book = Book()
        account = Account(shared=book)
        first = asyncio.create_task(account.tried(ThrottledError("slow down", retry_after=60), takes=5))
        await asyncio.sleep(0)
        book.next_at = account.loop.time() + 10
        await asyncio.gather(first, account.request())
        return account.gaps()

    assert virtually(scenario)[0] >= 65


@pytest.mark.parametrize(("turns", "told"), [(5, []), (18, []), (25, ["another run has reached the limit"])])
def test_waiting_for_the_turns_of_others_is_reported_when_it_takes_longer_than_that(
    turns: int, told: list[str]
) -> None:
    class Busy(Book):
        def reserve(self, length: float) -> float:
            return super().reserve(length) + turns * length

    async def scenario() -> list[str]:
        account = Account(shared=Busy())
        await account.request()
        return [waiting.reason for waiting in account.waits]

    assert virtually(scenario) == told


# limit signals


@pytest.mark.parametrize(
    ("asked", "chance", "pause"),
    [
        (7.0, 1.0, 7.0),
        (7.0, 0.0, 7.0),
        (None, 0.0, 60.0),
        (None, 0.5, 63.0),
        (None, 1.0, 66.0),
        (899.5, 1.0, 899.5),
        (1e20, 1.0, 900.0),
        (float("inf"), 1.0, 900.0),
    ],
)
def test_a_limit_signal_holds_everyone_for_as_long_as_the_server_asks_or_a_minute(
    asked: float | None, chance: float, pause: float
) -> None:
    async def scenario() -> tuple[list[float], list[tuple[str, float]]]:
        account = Account(chance=lambda: chance)
        await account.tried(ThrottledError("slow down", status=429, retry_after=asked))
        await asyncio.gather(*(account.request() for _ in range(8)))
        return account.gaps(), account.told()

    gaps, told = virtually(scenario)
    assert gaps[0] == pytest.approx(pause, abs=0.1)
    assert gaps[0] >= pause - 1e-6
    assert told == [("limit reached", pause)]


def test_those_who_waited_for_their_slot_already_are_held_too() -> None:
    async def scenario() -> list[float]:
        account = Account()
        first = account.tried(ThrottledError("slow down", retry_after=30), takes=SLOT / 2)
        await asyncio.gather(first, *(account.request() for _ in range(3)))
        return account.gaps()

    gaps = virtually(scenario)
    assert gaps[0] == pytest.approx(SLOT / 2 + 30, abs=0.1)


def test_a_signal_to_wait_no_time_holds_nobody_but_slows_the_run() -> None:
    async def scenario() -> tuple[list[float], list[tuple[str, float]]]:
        account = Account()
        await account.tried(ThrottledError("slow down", retry_after=0))
        await asyncio.gather(*(account.request() for _ in range(3)))
        return account.gaps(), account.told()

    gaps, told = virtually(scenario)
    assert told == []
    assert min(gaps) >= SLOT / 0.81


def test_after_a_limit_signal_the_run_is_a_fifth_slower_and_recovers_within_five_minutes() -> None:
    async def scenario() -> tuple[list[float], list[float]]:
        account = Account()
        await account.tried(ThrottledError("slow down", retry_after=10))
        signal = account.loop.time()
        while account.loop.time() < signal + 400:
            await account.request()
        return account.gaps(), [at - signal for at in account.left[1:]]

    gaps, ages = virtually(scenario)
    by_age = dict(zip(ages, gaps, strict=True))
    early = [gap for age, gap in by_age.items() if 12 < age < 20]
    half = [gap for age, gap in by_age.items() if 145 < age < 155]
    late = [gap for age, gap in by_age.items() if age > 310]
    assert early == pytest.approx([SLOT / 0.81] * len(early), rel=0.04)
    assert half == pytest.approx([SLOT / 0.9] * len(half), rel=0.04)
    assert late == pytest.approx([SLOT] * len(late), rel=0.04)
    assert min(map(len, (early, half, late))) >= 4


def test_signals_of_requests_that_were_under_way_already_count_as_one() -> None:
    async def scenario() -> tuple[list[float], list[tuple[str, float]]]:
        account = Account()
        signals = [account.tried(ThrottledError("slow down", retry_after=30), takes=9) for _ in range(8)]
        await asyncio.gather(*signals, account.request())
        return account.left, account.told()

    left, told = virtually(scenario)
    # the last signal comes nine seconds after the eighth request, and nobody waits longer than it asks for
    assert left[8] - left[7] == pytest.approx(39, abs=0.1)
    assert {reason for reason, _ in told} == {"limit reached"}
    assert max(seconds for _, seconds in told) <= 30


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    async def scenario() -> list[float]:
        account = Account()
        await asyncio.gather(
            account.tried(ThrottledError("slow down", retry_after=100), takes=5),
            account.tried(ThrottledError("slow down", retry_after=1), takes=5),
            account.request(takes=0),
        )
        await account.request()
        return account.left

    left = virtually(scenario)
    assert left[-1] - left[0] >= 105


# trouble


def test_a_single_trouble_holds_nobody() -> None:
    async def scenario() -> tuple[list[float], list[tuple[str, float]]]:
        account = Account()
        await account.tried(trouble())
        await account.request()
        await account.tried(trouble())
        await account.request()
        return account.gaps(), account.told()

    gaps, told = virtually(scenario)
    assert told == []
    assert max(gaps) <= SLOT * 1.05


@pytest.mark.parametrize(
    ("chance", "pauses"),
    [
        (1.0, [1, 2, 4, 8, 16, 28, 28, 28]),
        (0.75, [0.75, 1.5, 3, 6, 12, 21, 21, 21]),
        (0.0, []),
    ],
)
def test_trouble_after_trouble_holds_longer_and_longer_by_chance_and_at_most_28_seconds(
    chance: float, pauses: list[float]
) -> None:
    async def scenario() -> list[tuple[str, float]]:
        account = Account(600, chance=lambda: chance)
        for _ in range(9):
            await account.tried(trouble())
        await account.request()
        return account.told()

    assert virtually(scenario) == [(str(trouble()), seconds) for seconds in pauses]


def test_an_outage_of_hours_is_sat_out() -> None:
    async def scenario() -> tuple[int, float]:
        account = Account(chance=lambda: 0.05)
        for _ in range(3000):
            await account.tried(trouble())
        return len(account.left), account.rate_limiter.unwell_for()

    requests, seconds = virtually(scenario)
    assert requests == 3000
    assert seconds > 3600


def test_an_outage_of_ten_minutes_costs_a_few_dozen_requests_however_many_send() -> None:
    async def scenario() -> tuple[int, float]:
        account = Account(600, chance=random.Random(7).random)  # noqa: S311
        end = account.loop.time() + 600

        async def work() -> None:
            while account.loop.time() < end:
                await account.tried(trouble() if account.loop.time() < end else None)

        await asyncio.gather(*(work() for _ in range(32)))
        during = len([at for at in account.left if at < end])
        await account.request()
        again = account.loop.time()
        await asyncio.gather(*(account.request() for _ in range(100)))
        return during, account.loop.time() - again

    during, seconds = virtually(scenario)
    assert during <= 100
    assert seconds <= 10.6  # a hundred requests at full rate


def test_during_trouble_one_request_is_under_way_and_the_others_wait_for_its_end() -> None:
    async def scenario() -> tuple[int, int, list[float]]:
        account = Account(600, chance=lambda: 0.0)
        for _ in range(2):
            await account.tried(trouble())
        account.most_in_flight = 0
        await asyncio.gather(*(account.tried(trouble(), takes=30) for _ in range(5)))
        in_trouble, account.most_in_flight = account.most_in_flight, 0
        await asyncio.gather(*(account.request(takes=30) for _ in range(5)))
        return in_trouble, account.most_in_flight, account.gaps()

    in_trouble, after, gaps = virtually(scenario)
    assert in_trouble == 1
    assert after == 4  # the first one alone, and as soon as it was answered the others
    assert gaps[1:7] == pytest.approx([0.1, 30, 30, 30, 30, 30], abs=0.1)


def test_one_that_fails_late_does_not_let_others_join_the_one_that_tries() -> None:
    async def scenario() -> list[float]:
        account = Account(600, chance=lambda: 0.0)
        late = asyncio.create_task(account.tried(trouble(), takes=5))
        await asyncio.sleep(0.01)
        for _ in range(2):
            await account.tried(trouble())
        tries = asyncio.create_task(account.tried(trouble(), takes=30))
        others = [asyncio.create_task(account.tried(trouble(), takes=0)) for _ in range(3)]
        await asyncio.gather(late, tries, *others)
        return account.left

    left = virtually(scenario)
    assert left[4] - left[3] == pytest.approx(30, abs=0.2)


def test_one_that_is_answered_late_ends_the_trouble_for_all() -> None:
    async def scenario() -> list[float]:
        account = Account(600, chance=lambda: 0.0)
        late = asyncio.create_task(account.request(takes=5))
        await asyncio.sleep(0.01)
        for _ in range(2):
            await account.tried(trouble())
        tries = asyncio.create_task(account.tried(trouble(), takes=30))
        others = [asyncio.create_task(account.request()) for _ in range(3)]
        await asyncio.gather(late, tries, *others)
        return account.gaps()

    assert virtually(scenario)[3:] == pytest.approx([4.7, 0.1, 0.1], abs=0.05)


def test_failures_of_requests_that_left_before_the_pause_tell_the_same_outage_again() -> None:
    async def scenario() -> list[tuple[str, float]]:
        account = Account(6000, chance=lambda: 1.0)
        await asyncio.gather(*(account.tried(trouble(), takes=10) for _ in range(16)))
        await account.request()
        return account.told()

    assert [seconds for _, seconds in virtually(scenario)] == pytest.approx([1], abs=0.2)


@pytest.mark.parametrize(
    ("outcome", "is_trouble"),
    [
        (NotSentError("refused"), True),
        (NotSentError("locked", status=423), True),
        (NotSentError("too early", status=425), True),
        (UnansweredError("cut"), True),
        (UnansweredError("oops", status=500), True),
        (UnansweredError("gateway", status=504), True),
        (MisdirectedError("certificate"), True),
        (MisdirectedError("not implemented", status=501), True),
        (UnansweredError("no id", status=201, accepted=True), False),
        (UnansweredError("timeout", status=408), False),
        (RejectedError("no queue", status=400), False),
        (NameTakenError("there", status=409), False),
        (RefusedError("token", status=401), False),
        (ThrottledError("limit", status=503, retry_after=0), False),
        (None, False),
    ],
    ids=str,
)
def test_an_answer_of_any_kind_is_no_trouble_and_ends_it(outcome: ApiError | None, *, is_trouble: bool) -> None:
    async def scenario() -> int:
        account = Account(600, chance=lambda: 1.0)
        await account.tried(trouble())
        await account.tried(outcome)
        await account.tried(trouble())
        await account.request()
        return len([reason for reason, _ in account.told() if reason != "limit reached"])

    assert virtually(scenario) == (2 if is_trouble else 0)


# how long it has been unwell


def test_a_limit_that_is_signalled_late_hides_no_trouble_of_those_that_left_after_the_pause() -> None:
    async def scenario() -> list[tuple[str, float]]:
        account = Account(600, chance=lambda: 1.0)
        late = asyncio.create_task(account.tried(ThrottledError("slow down", retry_after=0), takes=5))
        await asyncio.sleep(0.01)
        await account.tried(ThrottledError("slow down", retry_after=2))
        await account.tried(trouble(), takes=5)
        await late
        await account.tried(trouble())
        await account.request()
        return account.told()

    assert virtually(scenario)[-1] == (str(trouble()), 1.0)


def test_it_is_unwell_since_the_first_request_that_found_trouble_left() -> None:
    async def scenario() -> list[float]:
        account = Account(600, chance=lambda: 0.0)
        seen = [account.rate_limiter.unwell_for()]
        await account.request()
        seen.append(account.rate_limiter.unwell_for())
        await account.tried(trouble(), takes=20)
        seen.append(account.rate_limiter.unwell_for())
        await asyncio.sleep(30)
        await account.tried(trouble(), takes=10)
        seen.append(account.rate_limiter.unwell_for())
        await account.request()
        seen.append(account.rate_limiter.unwell_for())
        return seen

    assert virtually(scenario) == pytest.approx([0, 0, 20, 60, 0])
    assert virtually(scenario, start=0.0) == pytest.approx([0, 0, 20, 60, 0])


def test_it_is_unwell_while_the_limit_is_signalled_without_end() -> None:
    async def scenario() -> list[float]:
        account = Account()
        seen = []
        for _ in range(3):
            await account.tried(ThrottledError("slow down", retry_after=100))
            seen.append(account.rate_limiter.unwell_for())
        await account.tried(RejectedError("no queue", status=400))
        seen.append(account.rate_limiter.unwell_for())
        return seen

    assert virtually(scenario, start=0.0) == pytest.approx([0, 100, 200, 0], abs=1)


# stopping


def test_a_stop_turns_away_whoever_waits_and_lets_what_is_under_way_finish() -> None:
    async def scenario() -> tuple[list[str], int]:
        account, ends = Account(), list[str]()

        async def work(number: int) -> None:
            try:
                await account.request(takes=10)
            except StoppedError as error:
                ends.append(f"{number}: {error}")
            else:
                ends.append(f"{number}: done")

        tasks = [asyncio.create_task(work(number)) for number in range(5)]
        await asyncio.sleep(SLOT * 1.5)
        account.rate_limiter.stop()
        await asyncio.gather(*tasks)
        with pytest.raises(StoppedError):
            await account.request()
        return sorted(ends), len(account.left)

    ends, left = virtually(scenario)
    assert ends == [
        "0: done",
        "1: done",
        "2: stopped before it was sent",
        "3: stopped before it was sent",
        "4: stopped before it was sent",
    ]
    assert left == 2


@pytest.mark.parametrize("held_by", [ThrottledError("limit", retry_after=600), NotSentError("refused")])
def test_a_stop_reaches_those_in_a_pause_at_once(held_by: ApiError) -> None:
    async def scenario() -> float:
        account = Account(600, chance=lambda: 1.0)
        for _ in range(9):
            await account.tried(held_by)
            if isinstance(held_by, ThrottledError):
                break
        waiting = asyncio.create_task(account.request())
        await asyncio.sleep(1)
        began = account.loop.time()
        account.rate_limiter.stop()
        with pytest.raises(StoppedError):
            await waiting
        return account.loop.time() - began

    assert virtually(scenario) == 0


def test_a_stop_reaches_those_who_wait_for_the_one_that_tries() -> None:
    async def scenario() -> list[type[BaseException] | None]:
        account = Account(600, chance=lambda: 0.0)
        for _ in range(2):
            await account.tried(trouble())
        tries = asyncio.create_task(account.request(takes=30))
        await asyncio.sleep(1)
        waiting = asyncio.create_task(account.request())
        await asyncio.sleep(1)
        account.rate_limiter.stop()
        ends = await asyncio.gather(tries, waiting, return_exceptions=True)
        return [None if end is None else type(end) for end in ends]

    assert virtually(scenario) == [None, StoppedError]


def test_a_stop_from_within_the_news_of_a_pause_is_a_stop() -> None:
    async def scenario() -> None:
        rate_limiter = RateLimiter(600, Clock(asyncio.get_running_loop().time), on_wait=lambda _: rate_limiter.stop())
        with pytest.raises(ThrottledError):
            async with rate_limiter.turn():
                raise ThrottledError("limit", retry_after=600)
        with pytest.raises(StoppedError):
            async with rate_limiter.turn():
                pass

    virtually(scenario)


def test_a_worker_turned_away_is_not_cancelled_for_good() -> None:
    async def scenario() -> int:
        account = Account()
        await account.request()

        async def work() -> int:
            with pytest.raises(StoppedError):
                await account.request()
            await asyncio.sleep(1)  # writes down what became of its row
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

        worker = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        account.rate_limiter.stop()
        return await worker

    assert virtually(scenario) == 0


# cancellation and bugs


def test_whoever_is_cancelled_while_waiting_takes_nobody_along() -> None:
    async def scenario() -> tuple[bool, int]:
        account = Account()
        tasks = [asyncio.create_task(account.request()) for _ in range(5)]
        await asyncio.sleep(SLOT / 2)
        tasks[1].cancel()  # it holds the lock
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return tasks[1].cancelled() and tasks[3].cancelled(), len(account.left)

    assert virtually(scenario) == (True, 3)


@pytest.mark.parametrize("end", ["cancelled", "bug"])
def test_the_one_that_tries_may_end_in_any_way_without_blocking_the_others(end: str) -> None:
    async def scenario() -> int:
        account = Account(600, chance=lambda: 0.0)
        for _ in range(2):
            await account.tried(trouble())
        tries = asyncio.create_task(account.request(ZeroDivisionError() if end == "bug" else None, takes=5))
        others = [asyncio.create_task(account.request()) for _ in range(3)]
        await asyncio.sleep(1)
        if end == "cancelled":
            tries.cancel()
        ends = await asyncio.gather(tries, *others, return_exceptions=True)
        assert type(ends[0]) is (ZeroDivisionError if end == "bug" else asyncio.CancelledError)
        return len(account.left)

    assert virtually(scenario) == 6


def test_a_time_limit_around_the_wait_is_kept() -> None:
    async def scenario() -> float:
        account = Account()
        await account.tried(ThrottledError("limit", retry_after=600))
        began = account.loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await account.request()
        return account.loop.time() - began

    assert virtually(scenario) == pytest.approx(5)
