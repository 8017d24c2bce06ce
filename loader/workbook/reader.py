"""The process that opens a workbook: it has been given its bytes, gets little memory and time, and opens nothing else.

Started by `door.py` as `python -m loader.workbook.reader`. Whatever happens to it, the loader lives on.
"""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loader.errors import WorkbookError
from loader.workbook.frames import BrokenOffError, receive, send, whole
from loader.workbook.limits import SAVE_AGAIN, Limits
from loader.workbook.passage import packed_losses, packed_rows
from loader.workbook.read_grid import pages, prepare

if TYPE_CHECKING:
    from typing import Any, BinaryIO

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_AT_ONCE = 500  # rows
_LONGEST_ORDER = 1 << 20  # bytes
_WHILE_LOOKING = 512 << 20  # bytes of memory


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the loader, which then closes the door
    gc.disable()
    with suppress(BrokenOffError, BrokenPipeError):  # nobody waits for it any more
        _serve(sys.stdin.buffer, sys.stdout.buffer)


def _serve(source: BinaryIO, answers: BinaryIO) -> None:
    order, _ = receive(source, most=_LONGEST_ORDER)
    content, name = whole(source, order["size"]), order["name"]
    prepare()
    memory = _Memory()
    _confine(order["seconds"])
    memory.allow(_WHILE_LOOKING)
    try:
        _answer(order, content, _Ends(source, answers), memory)
    except WorkbookError as error:
        send(answers, ["refused", str(error)])
    except MemoryError:
        send(answers, ["refused", f"{name} needs more memory than a workbook of its size should: {SAVE_AGAIN}."])
    except BrokenOffError:
        raise
    except BaseException:  # noqa: BLE001 - a panic of the reader is none of Python's exceptions
        send(answers, ["refused", f"{name} cannot be read: {SAVE_AGAIN}."])


class _Ends(NamedTuple):
    source: BinaryIO
    answers: BinaryIO


def _answer(order: dict[str, Any], content: bytes, ends: _Ends, memory: _Memory) -> None:
    limits = Limits(*order["limits"])
    for page in pages(content, order["name"], order["sheet"], limits, allow=memory.allow):
        send(ends.answers, ["page", page.title, page.ragged, list(page.remarks), packed_rows(page.head)])
        wanted, _ = receive(ends.source, most=_LONGEST_ORDER)
        if wanted:
            for rows in page.rest(_AT_ONCE):
                send(ends.answers, ["rows", packed_rows(rows)])
            send(ends.answers, ["end", packed_losses(page.losses)])
            return
    send(ends.answers, ["none"])


def _confine(seconds: int) -> None:
    """From here on it can open no file and no connection, write no file, and not go on for ever."""
    if resource is None:
        return
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # at the first it can be told from other ends


class _Memory:
    """How much of it may be asked for; where the system does not tell how much is in use, there is no limit."""

    def __init__(self) -> None:
        told = Path("/proc/self/statm")
        self._usage = told.open("rb", buffering=0) if told.exists() else None

    def allow(self, more: int) -> None:
        """So many bytes on top of what is in use."""
        if resource is None or self._usage is None:
            return
        self._usage.seek(0)
        pages_in_use = int(self._usage.read(64).split()[0])
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = pages_in_use * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
