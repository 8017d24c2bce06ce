"""The program, about to be killed: as a fork of a process that has imported it already, or from a start of its own.

Started as a process: python -m tests.crash.victim ORDER, where ORDER is the JSON of an order.
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
from loader.cli.main import main
from tests.crash.points import ANY_MOMENT, POINTS, Plug
from tests.hurried import PAUSES


@dataclass(frozen=True)
class LoadRequest:
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


def live(order: LoadRequest) -> None:
    """Be the program, to the end or to the point of the order; never returns."""
    _move_in(order)
    for name, seconds in PAUSES.items():
        setattr(loader.api.rate_limiter, name, seconds)
    setattr(loader.execution.recorder, "_LARGEST_GROUP", order.group)  # noqa: B010
    if order.sabotage:
        pkgutil.resolve_name(order.sabotage)()
    if order.point == ANY_MOMENT:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, order.nth / 100)
    elif order.point:
        POINTS[order.point](Plug(order.nth))
    sys.argv = ["campaign-loader", *order.arguments]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _move_in(order: LoadRequest) -> None:
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    tempfile.tempdir = None
    output = Path(order.output)
    for handle, path in ((0, Path(os.devnull)), (1, output), (2, output.with_suffix(".err"))):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, handle)
        os.close(opened)


if __name__ == "__main__":
    live(LoadRequest(**json.loads(sys.argv[1])))
