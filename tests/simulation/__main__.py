"""Play schedules again, and read what happened: python -m tests.simulation SEED [SEED ...]

Many in one process, a few hundred at a time: python -m tests.simulation FIRST-LAST LOG. What was found is written into
LOG; once more with the same LOG it goes on where it ended.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.simulation.many import play_some
from tests.simulation.schedule import Ground, play

_PIECE = 250


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if pieces := re.fullmatch(r"(\d+)-(\d+)", sys.argv[1]):
            play_pieces(int(pieces[1]), int(pieces[2]), Path(sys.argv[2]), Path(folder))
        else:
            show(sys.argv[1:], Path(folder))


def show(seeds: list[str], folder: Path) -> None:
    ground = Ground(folder)
    for seed in seeds:
        result = play(int(seed), ground)
        sys.stdout.write("\n".join([*result.log, str(result), ""]))
    ground.engine.dispose()


def play_pieces(first: int, last: int, log: Path, folder: Path) -> None:
    """Each piece becomes a line, after what was found in it; at the end there is one for all of them."""
    done = re.findall(r"^(\d+) to (\d+): (\d+) with findings$", log.read_text() if log.exists() else "", re.MULTILINE)
    number = sum(int(findings) for _, _, findings in done)
    begin = max([first, *(int(to) + 1 for _, to, _ in done)])
    with log.open("a") as lines:
        for seed in range(begin, last + 1, _PIECE):
            to = min(seed + _PIECE - 1, last)
            found, _ = play_some(seed, to - seed + 1, folder)
            number += len(found)
            lines.write("\n".join([*found, f"{seed} to {to}: {len(found)} with findings", ""]))
            lines.flush()
        lines.write(f"all {last - first + 1}: {number} with findings\n")


main()
