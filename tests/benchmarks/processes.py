"""Other processes under the clock: wall time, peak memory, and servers to send to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).parent
LOADER = (sys.executable, "-m", "loader")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took from its start to its end."""

    seconds: float
    peak_mb: float


# a child's peak counts from its fork on, so it is forked by a process much smaller than it will be
_STARTER = """
import json, os, sys, time
begun = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
taken = {"seconds": time.perf_counter() - begun, "peak_mb": usage.ru_maxrss / 1024}
print(json.dumps({**taken, "code": os.waitstatus_to_exitcode(status)}), file=sys.stderr)
"""


def spent(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, code: int = 0) -> Spent:
    """Run a command to its end; `code` is the exit code it must have."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", _STARTER, *command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(ended.stderr.splitlines()[-1])
    assert told["code"] == code, ended.stderr
    return Spent(told["seconds"], told["peak_mb"])


def in_turns(commands: Mapping[str, Sequence[str]], *, cwd: Path, rounds: int) -> dict[str, Spent]:
    """Every command so many times, in turns so that a slow spell of the machine strikes all; medians."""
    taken: dict[str, list[Spent]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(spent(command, cwd=cwd))
    return {
        name: Spent(median(each.seconds for each in several), median(each.peak_mb for each in several))
        for name, several in taken.items()
    }


@contextmanager
def served(command: Sequence[str], *, cwd: Path) -> Iterator[str]:
    """A server for as long as the context lasts; its first line of output holds its address."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        words = process.stdout.readline().replace(";", " ").split()
        yield next(word for word in words if word.startswith("http://"))
    finally:
        process.terminate()
        process.communicate()
