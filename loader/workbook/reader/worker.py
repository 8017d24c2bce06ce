"""The processes that open workbooks: they get little memory and time, and open nothing but what they were given.

`reader_process.py` starts `python -m loader.workbook.reader.worker`. Whatever happens to them, the loader goes on.

    this one: imports what reads workbooks, and never sees one
     ├─ inspects: takes the request and the workbook, decides whether a reader may see it
     └─ reads: takes both from there, and answers
    and again, until no request comes any more, or one of them came to a bad end

It imports while the first workbook is inspected. What reads text takes long to import: where text has come, the process
that reads does that, and this one only if more files will come.
"""

from __future__ import annotations

import codecs
import gc
import itertools
import os
import pickle
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loader.errors import WorkbookError
from loader.model.encodings import GUESSED
from loader.model.limits import SAVE_AGAIN, Limits
from loader.model.sheet_choice import SheetChoice, choice_from
from loader.workbook.reader.inspection import Inspected, inspected
from loader.workbook.reader.protocol import BrokenOffError, packed_losses, packed_rows, receive, send, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_AT_ONCE = 500  # rows
_LONGEST_REQUEST = 1 << 20  # bytes
_WHILE_INSPECTING = 512 << 20  # bytes of memory
_NOBODY = 3  # the exit code where there is nobody to talk to any more
_MORE_TEXT = 4  # and where it was text, and more files will come
_KILLED = 128  # and the signal: the exit code where a process was killed


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the loader, which then ends this process
    gc.disable()
    # codecs are files, too, and soon none can be opened
    for encoding in ("cp437", GUESSED, "utf-8-sig", "utf-16-le", "utf-16"):
        codecs.lookup(encoding)
    if not hasattr(os, "fork"):  # one workbook, inspected and read one after the other
        with suppress(BrokenOffError, BrokenPipeError):
            request = _received(sys.stdin.buffer)
            _read(request, _inspected(request))
        return
    while not (code := _one_workbook()):
        pass
    os._exit(code)  # all was said, and there is much to tidy up after the imports


def _one_workbook() -> int:
    """0, or the exit code of what went wrong."""
    out, into = os.pipe()
    inspecting = _forked(lambda: _inspect(into), without=out)
    os.close(into)
    from loader.workbook.reader.grid_reader import prepare_for_text  # noqa: PLC0415 - meanwhile

    reading = _forked(lambda: _read_inspected(out))
    os.close(out)
    read = _ending(reading)
    os.kill(inspecting, signal.SIGKILL)  # it may be at the next sheet, which nobody asks for
    inspection = _ending(inspecting)
    if read == _MORE_TEXT:
        prepare_for_text()
    if read in {0, _MORE_TEXT}:  # all was said; the inspection may have lost its reader before it was killed
        return 0
    return inspection if inspection not in {0, _KILLED + signal.SIGKILL} else read


def _forked(work: Callable[[], int | None], *, without: int | None = None) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        if without is not None:
            os.close(without)
        code = work() or 0
    except (BrokenOffError, BrokenPipeError, EOFError):
        code = _NOBODY
    finally:
        os._exit(code)


def _ending(child: int) -> int:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else _KILLED - code


class _Request(NamedTuple):
    content: bytes
    name: str
    choice: SheetChoice
    limits: Limits
    seconds: int
    encoding: str | None
    once: bool


def _received(source: BinaryIO) -> _Request:
    match receive(source, most=_LONGEST_REQUEST)[0]:
        case {
            "name": str(name),
            "sheets": dict() as sheets,
            "limits": [int(rows), int(columns), int(inflated_mb)],
            "encoding": None | str() as encoding,
            "size": int(size),
            "seconds": int(seconds),
            "once": bool(once),
        }:
            if encoding:
                codecs.lookup(encoding)  # it is a file, too
            limits = Limits(rows, columns, inflated_mb)
            return _Request(whole(source, size), name, choice_from(sheets), limits, seconds, encoding, once)
        case _:
            raise BrokenOffError


def _inspect(into: int) -> None:
    """Pass the request on to the process that reads, and then one sheet after another, or the refusal.

    The first sheet is inspected first: a workbook is more than a pipe holds, and is taken out only after the imports.
    """
    request = _received(sys.stdin.buffer)
    memory = _Memory()
    with open(into, "wb") as pipe:
        _confine(request.seconds)
        memory.allow(_WHILE_INSPECTING)
        sheets = _inspected(request)
        first = next(sheets)
        for message in itertools.chain([request, first], sheets, [None]):
            pickle.dump(message, pipe)
            pipe.flush()


def _inspected(request: _Request) -> Iterator[Inspected | str]:
    """The sheets; a text is why the workbook is refused."""
    try:
        yield from inspected(request.content, request.name, request.choice, request.limits, request.encoding)
    except (WorkbookError, MemoryError) as error:
        yield _refusal(error, request.name)


def _read_inspected(out: int) -> int:
    from loader.workbook.reader.grid_reader import prepare_for_text  # noqa: PLC0415 - see `_one_workbook`

    with open(out, "rb") as pipe:
        request: _Request = pickle.load(pipe)  # noqa: S301 - of our own process, which is as confined as this one
        if request.encoding:
            codecs.lookup(request.encoding)
        sheets: Iterator[Inspected | str] = iter(lambda: pickle.load(pipe), None)  # noqa: S301
        first = next(sheets)
        is_text = isinstance(first, Inspected) and first.is_text
        if is_text:
            prepare_for_text()
        _read(request, itertools.chain([first], sheets))
    return _MORE_TEXT if is_text and not request.once else 0


def _read(request: _Request, sheets: Iterable[Inspected | str]) -> None:
    memory, answers = _Memory(), sys.stdout.buffer
    _confine(request.seconds)
    memory.allow(_WHILE_INSPECTING)
    try:
        _answer(request, _accepted(sheets), memory)
    except (BrokenOffError, BrokenPipeError, EOFError):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of the reader is none of Python's exceptions
        send(answers, ["refused", _refusal(error, request.name)])


def _accepted(sheets: Iterable[Inspected | str]) -> Iterator[Inspected]:
    for sheet in sheets:
        if isinstance(sheet, str):
            raise WorkbookError(sheet)
        yield sheet


def _refusal(error: BaseException, name: str) -> str:
    if isinstance(error, WorkbookError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{name} needs more memory than a workbook of its size should: {SAVE_AGAIN}."
    return f"{name} cannot be read: {SAVE_AGAIN}."


def _answer(request: _Request, sheets: Iterator[Inspected], memory: _Memory) -> None:
    from loader.workbook.reader.grid_reader import File, pages  # noqa: PLC0415 - see `_one_workbook`

    source, answers = sys.stdin.buffer, sys.stdout.buffer
    file = File(request.content, request.name, request.encoding)
    for page in pages(file, sheets, request.limits, allow=memory.allow):
        send(answers, ["page", page.title, page.ragged, page.guessed, list(page.remarks), packed_rows(page.head)])
        wanted, _ = receive(source, most=_LONGEST_REQUEST)
        if wanted:
            for rows in page.rest(_AT_ONCE):
                send(answers, ["rows", packed_rows(rows)])
            send(answers, ["end", packed_losses(page.losses)])
            if page.ragged:  # the other pages are the same text by other separators
                break
    send(answers, ["none"])


def _confine(seconds: int) -> None:
    """From here on it can open no file and no connection, write no file, and not go on for ever."""
    if resource is None:
        return
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds, seconds + 1)
    )  # at the first it can be distinguished from other ends


class _Memory:
    """How much of it may be asked for; where the system does not say how much is in use, there is no limit."""

    def __init__(self) -> None:
        usage = Path("/proc/self/statm")
        self._usage = usage.open("rb", buffering=0) if usage.exists() else None

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
