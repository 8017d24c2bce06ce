"""What becomes of the rows that a run owns: sent, sent again, looked up, given back; with a sender that obeys."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from loader.errors import JournalError, LoaderError, RefusedError, StoppedError
from loader.execution.send_loop import SendLoop
from loader.execution.sender import Attempted, Claimed
from loader.model.records import State
from loader.planning.plan import Job
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from loader.model.events import Waiting


def job(name: str) -> Job:
    return Job(candidate(2, name), State.OPEN, clear=True, attempts=0)


def names(claimed: Sequence[Claimed]) -> list[str]:
    return [it.job.candidate.name for it in claimed]


class FakeSender:
    """`ends`: by name, what becomes of its attempts, one after the other; a row without one is created."""

    def __init__(self, group: int) -> None:
        self.group = group
        self.ends: dict[str, list[Callable[[Claimed], Attempted]]] = {}
        self.claimed: list[list[str]] = []
        self.sent: list[str] = []
        self.given_back: list[str] = []
        self.in_flight = self.most_in_flight = self.stops = 0
        self.last = Attempted()
        self.broken: set[str] = set()

    def claim(self, jobs: Sequence[Job]) -> list[Claimed]:
        self._may_break("claim")
        if jobs:
            self.claimed.append([it.candidate.name for it in jobs])
        return [Claimed(it, 1, None) for it in jobs]  # type: ignore[arg-type]  # nobody looks at what was before

    def give_back(self, unsent: Sequence[Claimed]) -> None:
        self._may_break("give back")
        self.given_back += names(unsent)

    def stop(self) -> None:
        self.stops += 1

    async def attempt(self, claimed: Claimed) -> Attempted:
        self._may_break("attempt")
        name = claimed.job.candidate.name
        self.sent.append(name)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        for _ in range(10):
            await asyncio.sleep(0)
        self.in_flight -= 1
        ends = self.ends.get(name)
        return ends.pop(0)(claimed) if ends else Attempted()

    def judge_the_last_not_allowed(self) -> Attempted:
        return self.last

    def _may_break(self, what: str) -> None:
        if what in self.broken:
            raise JournalError(f"the disk is full: {what}")


class FakeLookup:
    """`due`: seconds until a look can prove something. `found`: what looks say is to be sent again."""

    def __init__(self) -> None:
        self.doubts: list[str] = []
        self.due: float | None = 0.0
        self.searches = False  # also while rows are sent
        self.found: list[Job] = []
        self.looked: list[bool] = []
        self.left = False
        self.error: LoaderError | None = None

    @property
    def pending(self) -> int:
        return len(self.doubts)

    def is_handling(self, keys: Collection[str] | None) -> bool:
        return bool(self.doubts) if keys is None else any(key in self.doubts for key in keys)

    def take_over(self, pending: SimpleNamespace) -> None:
        self.doubts.append(pending.key)

    def seconds_until_look(self, *, sending: bool) -> float | None:
        return None if (sending and not self.searches) or not self.doubts else self.due

    async def look(self, *, sending: bool) -> Sequence[Job]:
        await asyncio.sleep(0)
        self.looked.append(sending)
        if self.error is not None:
            raise self.error
        return self.look_at(None)

    def look_at(self, _listing: object) -> Sequence[Job]:
        found, self.found = self.found, []
        self.doubts.clear()
        return found

    def leave(self) -> None:
        self.left = True


class Scene:
    def __init__(self, concurrency: int = 1, group: int = 1) -> None:
        self.sender, self.lookup = FakeSender(group), FakeLookup()
        self.waits: list[Waiting] = []
        self.loop = SendLoop(
            self.sender,  # type: ignore[arg-type]
            self.lookup,  # type: ignore[arg-type]
            concurrency,
            on_wait=self.waits.append,
        )

    async def send(self, *rows: str, alone: bool = False) -> None:
        async with asyncio.timeout(10), self.loop.on_duty():
            await self.loop.send([job(row) for row in rows], alone=alone)


def again(claimed: Claimed) -> Attempted:
    return Attempted(again=claimed)


def in_doubt(claimed: Claimed) -> Attempted:
    return Attempted(in_doubt=SimpleNamespace(key=claimed.job.candidate.key))  # type: ignore[arg-type]


def halting(error: LoaderError) -> Callable[[Claimed], Attempted]:
    return lambda claimed: Attempted(given_back=[claimed], halt=error)


ALL = ("A", "B", "C", "D", "E", "F", "G")


@pytest.mark.parametrize(("concurrency", "group"), [(1, 1), (3, 1), (3, 4), (8, 256)])
async def test_every_row_is_claimed_in_groups_and_sent_once_by_so_many_workers(concurrency: int, group: int) -> None:
    scene = Scene(concurrency, group)
    await scene.send(*ALL)
    assert scene.sender.sent == list(ALL)
    assert scene.sender.most_in_flight == min(concurrency, len(ALL))
    assert scene.sender.claimed == [list(ALL[at : at + group]) for at in range(0, len(ALL), group)]
    assert (scene.sender.given_back, scene.lookup.left, scene.loop.halted) == ([], True, None)


async def test_what_was_not_sent_goes_again_before_the_next_rows_are_claimed() -> None:
    scene = Scene()
    scene.sender.ends = {"A": [again, again]}
    await scene.send("A", "B")
    assert scene.sender.sent == ["A", "A", "A", "B"]
    assert scene.sender.claimed == [["A"], ["B"]]


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_what_nobody_knows_is_looked_up_when_the_others_are_sent_and_goes_again_where_it_is_absent(
    concurrency: int,
) -> None:
    scene = Scene(concurrency)
    scene.sender.ends, scene.lookup.found = {"A": [in_doubt]}, [job("A")]
    await scene.send("A", "B", "C")
    assert (sorted(scene.sender.sent), scene.sender.sent[-1]) == (["A", "A", "B", "C"], "A")
    assert scene.lookup.looked == [False]


async def test_waiting_for_a_look_is_reported_with_how_many_are_in_doubt() -> None:
    scene = Scene()
    scene.sender.ends, scene.lookup.due = {"A": [in_doubt], "B": [in_doubt]}, 0.01

    async def later() -> None:
        await asyncio.sleep(0.05)
        scene.lookup.due = 0.0

    await asyncio.gather(scene.send("A", "B"), later())
    assert {(it.reason, it.seconds) for it in scene.waits} == {
        ("rows without an answer: 2; the campaign list is read", 0.01)
    }


async def test_rows_that_go_alone_do_not_wait_for_those_in_doubt_and_these_follow_with_the_others() -> None:
    scene = Scene()
    scene.lookup.doubts, scene.lookup.due, scene.lookup.found = ["old"], 0.0, [job("OLD")]
    async with asyncio.timeout(10), scene.loop.on_duty():
        while not scene.lookup.looked:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0)
        await scene.loop.send([job("A")], alone=True)
        assert scene.sender.sent == ["A"]
        await scene.loop.send([job("B")])
        await scene.loop.send([job("C")])
    assert scene.sender.sent == ["A", "B", "OLD", "C"]


async def test_a_row_that_goes_alone_and_is_in_doubt_is_seen_to_its_end() -> None:
    scene = Scene()
    scene.sender.ends, scene.lookup.found = {"A": [in_doubt]}, [job("A")]
    await scene.send("A", alone=True)
    assert scene.sender.sent == ["A", "A"]


async def test_a_reading_that_was_made_anyway_opens_rows_that_are_sent_with_the_others() -> None:
    scene = Scene()
    scene.lookup.found = [job("OLD")]
    scene.loop.settle_by(None)  # type: ignore[arg-type]
    await scene.send("A")
    assert scene.sender.sent == ["A", "OLD"]


async def test_a_halt_gives_back_what_was_claimed_and_leaves_the_others_alone() -> None:
    scene = Scene(group=3)
    first = RefusedError("token", status=401)
    scene.sender.ends = {"A": [halting(first)]}
    await scene.send(*ALL)
    assert scene.sender.sent == ["A"]
    assert sorted(scene.sender.given_back) == ["A", "B", "C"]
    assert (scene.loop.halted, scene.sender.stops, scene.lookup.left) == (first, 1, True)


async def test_the_first_reason_to_halt_counts() -> None:
    scene = Scene(concurrency=2)
    errors = [RefusedError("first", status=401), RefusedError("second", status=401)]
    scene.sender.ends = {"A": [halting(errors[0])], "B": [halting(errors[1])]}
    await scene.send("A", "B")
    assert scene.loop.halted is errors[0]


async def test_who_waits_for_a_row_in_doubt_is_woken_by_a_halt() -> None:
    scene = Scene(concurrency=2)
    scene.sender.ends, scene.lookup.due = {"A": [in_doubt]}, 3600.0

    async def stop() -> None:
        while not scene.waits:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0)
        scene.loop.halt(StoppedError("stopped"))

    await asyncio.gather(scene.send("A"), stop())
    assert scene.lookup.looked == []


@pytest.mark.parametrize("what", ["claim", "attempt", "give back"])
async def test_a_journal_that_cannot_be_written_ends_the_run(what: str) -> None:
    scene = Scene()
    scene.sender.broken = {what}
    await scene.send("A", "B")
    assert str(scene.loop.halted) == f"the disk is full: {what}"


@pytest.mark.parametrize("error", [RefusedError("token"), StoppedError("stopped"), JournalError("full")], ids=str)
async def test_a_look_that_fails_for_good_ends_the_run(error: LoaderError) -> None:
    scene = Scene()
    scene.sender.ends, scene.lookup.error = {"A": [in_doubt]}, error
    await scene.send("A")
    assert scene.loop.halted is error


async def test_what_is_judged_at_last_counts() -> None:
    scene = Scene()
    error = RefusedError("nothing is allowed", status=403)
    scene.sender.last = Attempted(given_back=scene.sender.claim([job("Z")]), halt=error)
    await scene.send("A")
    assert (scene.loop.halted, scene.sender.given_back) == (error, ["Z"])


async def test_a_rest_ends_with_its_time_or_with_a_halt() -> None:
    scene = Scene()
    async with asyncio.timeout(10):
        await scene.loop.rest(0.01)
        resting = asyncio.create_task(scene.loop.rest(3600))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not resting.done()
        scene.loop.halt(StoppedError("stopped"))
        await resting


async def test_nothing_is_looked_up_after_a_halt() -> None:
    scene = Scene()
    async with asyncio.timeout(10), scene.loop.on_duty():
        scene.loop.halt(StoppedError("stopped"))
        scene.lookup.doubts = ["a"]
        for _ in range(10):
            await asyncio.sleep(0)
    assert scene.lookup.looked == []


async def test_while_others_are_sent_what_is_in_doubt_is_searched_as_soon_as_it_may_be() -> None:
    scene = Scene()
    scene.sender.ends, scene.lookup.searches = {"A": [in_doubt]}, True
    await scene.send(*ALL)
    assert scene.lookup.looked == [True]
