"""When the first rows keep all others from being sent, with rows that end as they are told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.messages import Page, Stored
from loader.config.settings import Timing
from loader.errors import CanaryError, LoaderError
from loader.execution.canary import Canary
from loader.model.attempt import Attempt
from loader.model.records import State
from loader.model.row import Outcome, Status
from loader.planning.plan import Job
from tests.api.samples import WIRE
from tests.candidates import candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.campaign import Campaign

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TIMING = Timing(timeout=30 * SECOND, settle=60 * SECOND, patience=100 * SECOND, verify=SECOND)
NAMES = ["A", "B", "C", "D"]


class World:
    """Loop, recorder and client in one. `ends`: of rows that do not end as created; `altered`: rows kept otherwise."""

    def __init__(self) -> None:
        self.ends: dict[str, Status] = {}
        self.altered: set[str] = set()
        self.sent: list[str] = []
        self.halted: LoaderError | None = None
        self.reported: dict[str, Outcome] = {}
        self.asked: Counter[str] = Counter()
        self.campaigns: dict[str, Campaign] = {}
        self.rate_limiter = self

    def unwell_for(self) -> float:
        return 0.0

    async def send(self, jobs: Sequence[Job], *, alone: bool) -> None:
        assert alone
        for job in jobs:
            one = job.candidate
            self.sent.append(one.name)
            self.campaigns[one.name] = one.campaign
            status = self.ends.get(one.name, Status.CREATED)
            attempt = Attempt(one.name if status is Status.CREATED else None, "Ready", 201, 1, NOON, "as it is")
            self.reported[one.key] = Outcome(one.row, one.name, status, attempt)

    def halt(self, reason: LoaderError) -> None:
        self.halted = self.halted or reason

    def settle(self, one: Any, settlement: Any, status: Status) -> None:  # noqa: ANN401 - the recorder's
        self.reported[one.key] = Outcome(one.row, one.name, status, settlement.attempt)

    def observe(self, seen: Sequence[object]) -> None:
        self.asked["observed"] += len(seen)

    async def campaign(self, campaign_id: str) -> Stored:
        self.asked["read"] += 1
        fields = dict(WIRE.fields(self.campaigns[campaign_id]))
        if campaign_id in self.altered:
            fields["priority"] = "5"
        return Stored(campaign_id, campaign_id, "Ready", NOON, False, fields)

    async def page(self, *_: int, **__: object) -> Page:
        return Page((), False, 0, NOON)

    def fields(self, one: Campaign) -> Any:  # noqa: ANN401 - of the API
        return WIRE.fields(one)

    async def first(self, size: int) -> list[str]:
        """Send the first rows; the names of those that are left."""
        canary = Canary(self, self, self, TIMING, now=lambda: NOON)  # type: ignore[arg-type]
        jobs = [Job(candidate(2 + at, name), State.OPEN, clear=True, attempts=0) for at, name in enumerate(NAMES)]
        return [job.candidate.name for job in await canary.send_first(jobs, size)]


@pytest.mark.parametrize(("size", "left"), [(1, ["B", "C", "D"]), (2, ["C", "D"]), (4, [])])
async def test_the_others_follow_where_the_first_are_as_sent(size: int, left: list[str]) -> None:
    world = World()
    assert (await world.first(size), world.halted) == (left, None)
    assert world.asked == {"read": size, "observed": size}


@pytest.mark.parametrize(("size", "which"), [(1, "the first campaign is"), (3, "of the first 3 campaigns 1 are")])
async def test_a_first_campaign_that_is_not_as_sent_stops_the_run(size: int, which: str) -> None:
    world = World()
    world.altered = {"A"}
    assert (await world.first(size), world.sent) == (NAMES[size:], NAMES[:size])
    assert isinstance(world.halted, CanaryError)
    assert str(world.halted).startswith(f"{which} not on the server as sent, so no more were sent; ")
    assert "Priority '5' instead of '3'" in world.reported["a"].message


@pytest.mark.parametrize("size", [1, 2])
async def test_a_first_campaign_that_nobody_knows_of_stops_the_run(size: int) -> None:
    world = World()
    world.ends = {"A": Status.UNKNOWN}
    assert (await world.first(size), world.asked) == (NAMES[size:], {})
    assert isinstance(world.halted, CanaryError)
    assert str(world.halted) == (
        "what became of the first campaign, row 2, is unknown, so no more were sent: as it is; "
        "`--canary 0` or LOADER_CANARY=0 sends the others all the same"
    )


async def test_a_first_row_that_is_rejected_hands_over_to_the_next() -> None:
    world = World()
    world.ends = {"A": Status.REJECTED, "B": Status.REJECTED}
    assert (await world.first(1), world.sent, world.halted) == (["D"], ["A", "B", "C"], None)
    world = World()
    world.ends = {"A": Status.REJECTED, "B": Status.UNKNOWN}
    assert await world.first(1) == ["C", "D"]
    assert isinstance(world.halted, CanaryError)
