"""Ten minutes without the server cost a few requests and no row, and half a minute later the run is at full rate.

The time is virtual: real sending, looking up and journal, against the server of the simulation.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.config.settings import read_settings
from loader.execution.connection import Connection, RunContext, Stop
from loader.execution.send_request import Callbacks, SendRequest
from loader.execution.send_stage import send_stage
from loader.model.records import Run
from loader.model.row import At, Outcome, Status
from loader.planning.plan import Candidate, RunOptions
from tests.api.virtual import virtually
from tests.candidates import candidate
from tests.simulation.life import Life, MortalJournal
from tests.simulation.network import sessions_to
from tests.simulation.schedule import Ground
from tests.simulation.world import CALM, Customs, Weather, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loader.errors import LoaderError

BEGAN = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
PER_MINUTE, ROWS = 60, 500
ROWS_AND_A_LOOK = ROWS + 1  # at the list, before the first create
DOWN_AT, TEN_MINUTES = 300.0, 600.0
BACK_AT = DOWN_AT + TEN_MINUTES
TIMEOUT, SETTLE = 30.0, 60.0
# by the seconds until a request in it is known to have failed
OUTAGES = {"refused": 0.0, "error": 0.0, "swallowed": 0.0, "unreachable": TIMEOUT, "hung": TIMEOUT}


@dataclass
class Course:
    """A run and what the server saw of it. `left`: when its requests left."""

    outcomes: Mapping[At, Outcome]
    halted: LoaderError | None
    left: list[float]
    made: Counter[str]

    @property
    def ends(self) -> dict[str, int]:
        return dict(Counter(outcome.status.value for outcome in self.outcomes.values()))

    def requests(self, since: float, until: float) -> int:
        return sum(since <= at < until for at in self.left)


def course(folder: Path, fate: str, *, seed: int, rows: int = ROWS, patience: float = 1800.0) -> Course:
    """A run over an outage in which all requests meet this fate; "" is none."""
    ground, rng = Ground(folder), random.Random(seed)  # noqa: S311 - repeatable on purpose
    ground.clear()
    settings = read_settings(
        host="http://127.0.0.1:9",
        app_id="st-1",
        account_id="acc-1",
        client_id="cs-1",
        client_secret="s" * 32,
        rate_per_minute=PER_MINUTE,
        timeout_seconds=TIMEOUT,
        settle_seconds=SETTLE,
        patience_seconds=patience,
    )
    customs = Customs(1.0, 0.0, False, 100, ("total",), "newest", True, True, BEGAN)

    async def scenario() -> Course:
        loop = asyncio.get_running_loop()
        world = World(rng, customs, lambda _: None, Counter())
        life = Life("run", lambda _: None)

        def now() -> datetime:
            return BEGAN + timedelta(seconds=loop.time())

        if fate:
            loop.call_at(DOWN_AT, setattr, world, "weather", Weather({fate: 100}, {fate: 100}))
            loop.call_at(BACK_AT, setattr, world, "weather", CALM)
        journal = MortalJournal(ground.engine, str(ground.path), life)
        run = Run("r", str(settings.account), settings.application, "kim", 1, "a.xlsx", "d", {}, started_at=BEGAN)
        connection = Connection(sessions_to(world, life), loop.time, rng.random, now)
        context = RunContext(run, settings, journal, connection)
        with journal.carrying_out(run, b""):
            send_request = SendRequest(candidates(rows), RunOptions(), preflight=True, send=True)
            sent = await send_stage(context, send_request, Callbacks(), Stop())
        return Course(sent.outcomes, sent.halted, world.left, Counter(entry.name for entry in world.ever))

    return virtually(scenario, start=0.0)


def candidates(rows: int) -> list[Candidate]:
    return [candidate(2 + number, f"Campaign {number:04}") for number in range(rows)]


def test_without_an_outage_each_row_takes_one_request(folder: Path) -> None:
    calm = course(folder, "", seed=3, rows=100)
    assert (calm.ends, len(calm.left)) == ({"Created": 100}, 101)


@pytest.mark.parametrize("fate", OUTAGES)
def test_ten_minutes_of_outage_cost_few_requests_and_no_row_and_then_the_run_goes_on_at_full_rate(
    folder: Path, fate: str
) -> None:
    struck = course(folder, fate, seed=3)
    extra = len(struck.left) - ROWS_AND_A_LOOK
    print(f"{fate}: {extra} extra requests, {struck.requests(DOWN_AT, BACK_AT)} while it was down")  # noqa: T201
    assert struck.halted is None
    assert struck.ends == {"Created": ROWS}
    assert set(struck.made.values()) == {1}
    # what was in doubt when all else was created is proved by two readings to the end
    proofs = 2 * (ROWS // 100 + 1) if fate in ("error", "swallowed", "hung") else 0
    assert extra <= PER_MINUTE * TEN_MINUTES / 60 / 10 + proofs  # of those that fit into the time
    again = BACK_AT + 30 + OUTAGES[fate]
    full = struck.requests(again, again + 60)
    assert full >= 0.95 * PER_MINUTE, full
    assert max(struck.requests(at, at + 60) for at in struck.left) <= PER_MINUTE


@pytest.mark.parametrize("fate", ["refused", "unreachable"])
def test_where_patience_ends_before_the_outage_the_rest_is_not_sent(folder: Path, fate: str) -> None:
    struck = course(folder, fate, seed=3, patience=120)
    sent = struck.made.total()
    assert struck.ends == {"Created": sent, "Not sent": ROWS - sent} or struck.ends == {"Created": sent}
    assert str(struck.halted).startswith("gave up after ")
    assert struck.left[-1] <= DOWN_AT + 120 + 28 + TIMEOUT  # a pause and a timeout may have begun before
    assert set(struck.made.values()) == {1}


def test_where_patience_ends_in_an_outage_that_answers_the_rows_in_doubt_are_unknown_and_no_more(folder: Path) -> None:
    struck = course(folder, "error", seed=3, patience=120)
    sent, ends = struck.made.total(), struck.ends
    assert ends["Created"] == sent
    assert ends.get("Unknown", 0) <= 60
    assert Status.REJECTED.value not in ends
