"""Without any one of the safeguards the promise does not hold, and the simulation notices."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.fault_rules import rule
from tests.load_runs import creates
from tests.simulation.sabotage import SABOTAGES, no_barrier_is_raised
from tests.simulation.schedule import Ground, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Load, MakeWorkbook, Serve
    from tests.simulation.schedule import Plan

_MOST_SCHEDULES = 300
_CONTROLS = [5, pytest.param(25, marks=pytest.mark.slow)]  # schedules
_NOTICED_LATE = {"durable deletion", "readings to the end"}  # by schedules that take minutes to play

_LONG_TO_PLAY = {"nightly"}


def _name(schedules: Callable[[Plan], None]) -> str:
    return schedules.__name__.strip("_").replace("_", " ")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize(
    "safeguard", [pytest.param(it, marks=pytest.mark.slow) if it in _NOTICED_LATE else it for it in SABOTAGES]
)
def test_a_safeguard_that_is_switched_off_is_missed(safeguard: str, ground: Ground) -> None:
    sabotage = SABOTAGES[safeguard]
    with sabotage.switched_off():
        results = (play(seed, ground, sabotage.schedules) for seed in range(_MOST_SCHEDULES))
        noticed = next((result for result in results if sabotage.kind in result.kinds), None)
    assert noticed is not None, f"{_MOST_SCHEDULES} schedules do not notice that there is no {safeguard}"


@pytest.mark.parametrize("number", _CONTROLS)
@pytest.mark.parametrize(
    "schedules",
    [
        pytest.param(it, id=_name(it), marks=pytest.mark.slow if _name(it) in _LONG_TO_PLAY else ())
        for it in dict.fromkeys(it.schedules for it in SABOTAGES.values())
    ],
)
def test_nothing_is_noticed_where_nothing_is_switched_off(
    schedules: Callable[[Plan], None], ground: Ground, number: int
) -> None:
    results = [play(seed, ground, schedules) for seed in range(number)]
    assert [str(result) for result in results if result.findings] == []


@pytest.mark.parametrize("switched_off", [False, True])
async def test_without_the_barrier_a_real_server_gets_a_row_twice(
    switched_off: bool,
    serve: Serve,
    load: Load,
    make_workbook: MakeWorkbook,
) -> None:
    server = await serve(rule(operation="create", times=1, action="close-after-creating"))
    with no_barrier_is_raised() if switched_off else nullcontext():
        await load(make_workbook(["Spring"]), server.url, timeout_seconds=1)
    assert creates(server) == {"Spring": 2 if switched_off else 1}
