"""Play schedules again, and read what happened: python -m tests.simulation SEED [SEED ...]"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.simulation.schedule import Ground, play


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder))
        for seed in sys.argv[1:]:
            result = play(int(seed), ground)
            sys.stdout.write("\n".join([*result.log, str(result), ""]))
        ground.engine.dispose()


main()
