"""The program, about to be killed: as a fork of a process that has imported it already, or from a start of its own.

As a process of its own: python -m tests.crash.victim START, where START is the JSON of a `Start`.
"""

from __future__ import annotations

import atexit
import json
import os
import pkgutil
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import loader.api.rate_limiter
import loader.execution.recorder
from loader.cli.main import main as program
from tests.crash.points import ANY_MOMENT, POINTS, Plug
from tests.hurried import PAUSES


@dataclass(frozen=True)
class Start:
    """What to start and where. `output`: its standard output goes to that file, its errors to one beside it.

    `point` is where it is killed at the `nth` passage, "" where it is left alone; at any moment: so many hundredths
    of a second after its start. `group`: how many rows are claimed at once, at most. `sabotage`: a
    function, as module:name, that is called first.
    """

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    output: str
    point: str = ""
    nth: int = 1
    group: int = 64
    sabotage: str = ""

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def main() -> None:
    """Be the program of the `Start` in the arguments, to its end or to where it is killed; never returns."""
    start = Start(**json.loads(sys.argv[1]))
    _move_in(start)
    for name, seconds in PAUSES.items():
        setattr(loader.api.rate_limiter, name, seconds)
    setattr(loader.execution.recorder, "_LARGEST_GROUP", start.group)  # noqa: B010
    if start.sabotage:
        pkgutil.resolve_name(start.sabotage)()
    if start.point == ANY_MOMENT:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, start.nth / 100)
    elif start.point:
        POINTS[start.point](Plug(start.nth))
    sys.argv = ["campaign-loader", *start.arguments]
    code: object = 0
    try:
        program()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _move_in(start: Start) -> None:
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    tempfile.tempdir = None
    output = Path(start.output)
    for handle, path in ((0, Path(os.devnull)), (1, output), (2, output.with_suffix(".err"))):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, handle)
        os.close(opened)


if __name__ == "__main__":
    main()
