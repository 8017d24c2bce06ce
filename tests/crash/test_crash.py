"""Pull the plug whenever you like: nothing is lost, nothing doubled, and no row is left without a final state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.campaign import campaign
from tests.crash.points import ANY_MOMENT, POINTS
from tests.crash.story import script

if TYPE_CHECKING:
    from tests.crash.campaign import Toll

_HERE = Path(__file__).parents[2]


async def toll_of(seeds: range, folder: Path) -> Toll:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{_HERE / 'tests' / 'guarded'}{os.pathsep}{_HERE}",
        "GUARDED_FOLDER": os.environ["GUARDED_FOLDER"],
        "TMPDIR": os.environ["TMPDIR"],
        "COLUMNS": "200",
    }
    return await campaign(seeds, folder, environment)


@pytest.mark.parametrize("first", [0, pytest.param(2, marks=pytest.mark.slow)])
async def test_a_kill_loses_nothing_and_doubles_nothing(first: int, tmp_path: Path) -> None:
    toll = await toll_of(range(first, first + 2), tmp_path)
    assert not toll.failed, str(toll)
    assert toll.kills.total() >= 4, str(toll)


@pytest.mark.slow
async def test_sixty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    toll = await toll_of(range(17), tmp_path)
    assert not toll.failed, str(toll)
    assert toll.kills.total() >= 60, str(toll)
    assert set(toll.kills) == {*POINTS, ANY_MOMENT}, str(toll)


@pytest.mark.long
async def test_two_thousand_kills_at_every_point_and_in_every_fault_do_not_either(tmp_path: Path) -> None:
    toll = await toll_of(range(1000, 1460), tmp_path)
    print(toll)  # noqa: T201 - the figures of the README
    assert not toll.failed, str(toll)
    assert toll.kills.total() >= 2000, str(toll)
    assert set(toll.commands) == {"run", "resume", "recreate", "undo", "adopt"}, str(toll)
    assert set(toll.kills) == {*POINTS, ANY_MOMENT}, str(toll)


def test_a_seed_tells_the_same_story_again() -> None:
    assert script(7) == script(7)
    assert script(7) != script(8)
