"""Under any sequence of kills, faults and edits nothing is lost and nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from loader.model.row import Status, UndoStatus
from tests.simulation.many import play_all, play_some
from tests.simulation.world import CREATE_FATES, PAGE_FATES

if TYPE_CHECKING:
    from pathlib import Path

_MET = {
    "killed",
    "frozen",
    "halted by NoneType",
    "halted by StoppedError",
    "halted by JournalError",
    "halted by RefusedError",
    "halted by AccountBusyError",
    "halted by NotSentError",
    "found in the list",
    "sent again",
    "adopted: Created",
    "made again: Created",
    *(f"undo: {status}" for status in UndoStatus),
    *(status.value for status in Status if status is not Status.INVALID),
    *(f"create: {fate}" for fate in (*CREATE_FATES, "another's id")),
    *(f"list: {fate}" for fate in PAGE_FATES),
}


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_whatever_happens_nothing_is_lost_and_nothing_doubled(first: int, tmp_path: Path) -> None:
    found, met = play_some(first, 25, tmp_path)
    assert found == []
    assert met["killed"] >= 5


@pytest.mark.slow
def test_in_many_schedules_everything_is_met_and_nothing_lost_and_nothing_doubled(tmp_path: Path) -> None:
    found, met = play_all(0, 3_000, tmp_path)
    assert found == []
    assert {what for what in _MET if met[what] < 5} == set()


@pytest.mark.long
@pytest.mark.parametrize("first", range(3_000, 203_000, 10_000))
def test_in_the_long_run_nothing_is_lost_and_nothing_doubled(first: int, tmp_path: Path) -> None:
    found, _ = play_all(first, 10_000, tmp_path)
    assert found == []


def test_a_seed_repeats_its_schedule_exactly() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", *map(str, range(8))],
            env={"PYTHONHASHSEED": salt, "PATH": ""},
            capture_output=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    ]
    assert len(told[0]) > 20_000
    assert told[0] == told[1]
