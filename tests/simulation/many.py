"""Many schedules at once, on all cores."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.simulation.schedule import Ground, play

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 50


def play_all(first: int, number: int, folder: Path) -> tuple[list[str], Counter[str]]:
    """What the schedules from seed `first` on have found, and what they met."""
    found: list[str] = []
    met: Counter[str] = Counter()
    chunks = [(seed, min(_CHUNK, first + number - seed), folder) for seed in range(first, first + number, _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for more, of_chunk in pool.map(_play_chunk, chunks):
            found += more
            met += of_chunk
    return found, met


def _play_chunk(chunk: tuple[int, int, Path]) -> tuple[list[str], Counter[str]]:
    first, number, folder = chunk
    own = folder / str(os.getpid())
    own.mkdir(exist_ok=True)
    return play_some(first, number, own)


def play_some(first: int, number: int, folder: Path) -> tuple[list[str], Counter[str]]:
    """The same in this process alone."""
    ground = Ground(folder)
    met: Counter[str] = Counter()
    found = []
    for seed in range(first, first + number):
        result = play(seed, ground)
        met += result.met
        if result.findings:
            found.append(str(result))
    ground.engine.dispose()
    return found, met
