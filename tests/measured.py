"""What a program costs, with all the processes it starts: seconds of work, and memory at the worst moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from resource import struct_rusage

_LOOK_SECONDS = 0.05
_MOST_SECONDS_BY_THE_CLOCK = 300  # others use the machine, too
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """`seconds` of work; `megabytes` of all of its processes together, what they share counted once."""

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


def measured(command: Sequence[str], folder: Path, environment: Mapping[str, str], *, most_seconds: float) -> Cost:
    """Run a program to its end; it is killed, and its code negative, once it has worked `most_seconds`."""
    begun, ended = time.monotonic(), Event()
    with (folder / "said.out").open("wb") as out, (folder / "said.err").open("wb") as err:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        endings: list[tuple[int, int, struct_rusage]] = []

        def wait() -> None:
            endings.append(os.wait4(process.pid, 0))
            ended.set()

        Thread(target=wait).start()
        peak = 0
        while not ended.wait(_LOOK_SECONDS):
            tree = _tree(process.pid)
            peak = max(peak, sum(map(_shared_kilobytes, tree)))
            if sum(map(_worked, tree)) > most_seconds or time.monotonic() - begun > _MOST_SECONDS_BY_THE_CLOCK:
                for one in tree:
                    with suppress(ProcessLookupError):
                        os.kill(one, signal.SIGKILL)
        [(_, status, usage)] = endings
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime  # of it and all it has waited for
    said = [(folder / name).read_text(encoding="utf-8", errors="replace") for name in ("said.out", "said.err")]
    return Cost(process.returncode, said[0], said[1], seconds, peak / 1024)


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def _fields(stat: Path) -> list[str]:
    """Those behind the name of the program: its state, its parent and so on."""
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _worked(process: int) -> float:
    try:
        return sum(map(int, _fields(_PROC / str(process) / "stat")[11:15])) / _TICKS
    except (OSError, ValueError, IndexError):
        return 0


def _shared_kilobytes(process: int) -> int:
    """Its memory, with its part of what it shares with others."""
    try:
        lines = (_PROC / str(process) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
