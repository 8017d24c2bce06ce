"""Many stories, a few at a time, and what they cost together."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash.starts import fork_server
from tests.crash.story import Story, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.crash.story import Ending

AT_ONCE = 10  # they wait most of the time: for a settle time, for a timeout


@dataclass
class Toll:
    """`crossed`: how often a kill at a point met a story of a fault."""

    kills: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    crossed: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_over: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    stories: int = 0
    seconds: float = 0.0
    failed: list[Ending] = field(default_factory=list)

    def add(self, ending: Ending) -> None:
        self.stories += 1
        self.starts += ending.starts
        self.kills += ending.kills
        self.commands += ending.commands
        self.met += ending.met
        self.left_over.update(ending.left_over)
        for point, times in ending.kills.items():
            for fault, _ in ending.script.faults:
                self.crossed[point, fault] += times
        if ending.findings:
            self.failed.append(ending)

    def __str__(self) -> str:
        lines = [
            f"{self.kills.total()} kills in {self.stories} stories, {self.starts} starts, {self.seconds:.0f} s",
            f"  {len(self.crossed)} pairs of a point and a fault",
            *(f"  {times:5} killed in: {command}" for command, times in self.commands.most_common()),
            *(f"  {times:5} killed: {point}" for point, times in self.kills.most_common()),
            *(f"  {times:5} struck: {fault}" for fault, times in self.met.most_common()),
            *(f"  {times:5} left over: {kind}" for kind, times in self.left_over.most_common()),
            *(f"{ending.script}\n{ending.findings}" for ending in self.failed[:5]),
        ]
        return "\n".join(lines)


async def campaign(
    seeds: Iterable[int], folder: Path, environment: Mapping[str, str], *, sabotage: str = "", at_once: int = AT_ONCE
) -> Toll:
    """Tell the stories of these seeds. The folder of one in which something was found is kept.

    `sabotage`: a function, as module:name, that every victim calls before it starts.
    """
    toll, began = Toll(), time.monotonic()
    left = iter(seeds)

    async def teller() -> None:
        for seed in left:
            place = folder / f"story-{seed}"
            ending = await Story(script(seed), place, forks, sabotage=sabotage).told()
            toll.add(ending)
            if not ending.findings:
                _remove(place)

    with closing(fork_server(folder, environment)) as forks:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(teller())
    toll.seconds = time.monotonic() - began
    return toll


def _remove(folder: Path) -> None:
    # not shutil.rmtree: the guard of the tests does not understand paths that hang on a handle
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
