"""A workbook is opened in a process of its own, with limits on memory, time and what it says.

A reader may abort, panic, allocate without end or never return: here each of these is one sentence. Imports little,
so that the process can be started before anything else is. What happens in there: see `worker.py`.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from loader.errors import NotOpenedError, WorkbookError
from loader.model.limits import SAVE_AGAIN, USUAL_LIMITS
from loader.model.sheet_choice import ONLY_ONE
from loader.workbook.reader import protocol
from loader.workbook.reader.lock_files import locked
from loader.workbook.reader.protocol import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from loader.model.limits import Limits
    from loader.model.sheet_choice import SheetChoice

LARGEST_FILE = 100_000_000  # bytes
_SECONDS, _SECONDS_PER_MB = 20, 2
_MORE_BY_THE_CLOCK = 3  # times as long, where others use the machine too
_HOUSE = Path(__file__).absolute().parents[3]
_FAREWELL_SECONDS = 1
_OUT_OF_TIME = 128 + 24  # as a shell tells of a process that SIGXCPU has ended, where there is such a thing
_READS_MANY = hasattr(os, "fork")
_LAST_MESSAGES = frozenset({"none", "refused"})
_log = logging.getLogger(__name__)
# no setting of ours and no secret of anybody else gets to the reader
_HANDED_ON = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH"})


def content_of(path: Path) -> bytes:
    if workbook := locked(path):
        raise WorkbookError(
            f"{path.name} is no workbook, but what lies beside one while somebody has it open: give {workbook} itself, "
            "saved and closed."
        )
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WorkbookError(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB: split it.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotOpenedError(f"There is no file {path}.") from error
    except OSError as error:
        raise NotOpenedError(f"{path} cannot be read: {error.strerror}.") from error


class ReaderProcess:
    """In it one workbook is read, once. The reader is started with the object, and is gone with its context.

    `reader`: one that is there already. `once`: there is no other workbook for it.
    """

    def __init__(self, reader: subprocess.Popen[bytes] | None = None, *, once: bool = True) -> None:
        self._process, self._once = reader or _reader(), once
        self._timer: threading.Timer | None = None
        self._name = ""
        self._left = 0  # bytes that the reader may still say
        self._late = self._at_its_end = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        if self._at_its_end:
            _dismiss(self._process)
        else:
            _end(self._process)

    def release(self) -> subprocess.Popen[bytes] | None:
        """Leave the reader to another workbook, if it has said all there was to say of this one; else end it."""
        if self._timer:
            self._timer.cancel()
            self._timer.join()  # or it might strike who is reading the next one
        if _READS_MANY and self._at_its_end and not self._late and self._process.poll() is None:
            return self._process
        _end(self._process)
        return None

    def hand_in(
        self,
        content: bytes,
        name: str,
        *,
        choice: SheetChoice = ONLY_ONE,
        limits: Limits = USUAL_LIMITS,
        encoding: str | None = None,
    ) -> None:
        """Hand the workbook over; `name` is its file's, for messages. From here on its time is running.

        `encoding`: of a text that is not in Unicode; None where it may be guessed.
        """
        seconds = _SECONDS + _SECONDS_PER_MB * (len(content) >> 20)
        self._name, self._left = name, limits.inflated_mb * 1_000_000
        self._timer = threading.Timer(_MORE_BY_THE_CLOCK * seconds, self.interrupt)
        self._timer.daemon = True
        self._timer.start()
        sizes = [limits.rows, limits.columns, limits.inflated_mb]
        what = {"name": name, "sheets": choice.plain, "encoding": encoding, "once": self._once}
        self.send({**what, "limits": sizes, "seconds": seconds, "size": len(content)}, content)

    def send(self, message: object, content: bytes = b"") -> None:
        to = cast("BinaryIO", self._process.stdin)
        try:
            protocol.send(to, message)
            to.write(content)
            to.flush()
        except OSError as error:
            raise self.broken() from error

    def receive(self) -> list[object]:
        """What the reader says next, not yet understood; WorkbookError where it refuses the workbook, or is no more."""
        try:
            message, size = protocol.receive(cast("BinaryIO", self._process.stdout), most=self._left)
        except (BrokenOffError, OSError) as error:
            raise self.broken() from error
        self._left -= size
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise self.broken()
        self._at_its_end = message[0] in _LAST_MESSAGES
        if self._at_its_end and self._once:  # it goes while others make something of what it said
            cast("BinaryIO", self._process.stdin).close()
        match message:
            case ["refused", str(sentence)]:
                raise WorkbookError(sentence)
            case _:
                return message

    def broken(self) -> WorkbookError:
        """The sentence for a reader that has gone, or talks nonsense."""
        try:
            code = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            code = 0
        _log.debug("the reader of %s ended with %d", self._name, code)
        if self._late or code == _OUT_OF_TIME:
            return WorkbookError(f"{self._name} takes too long to read: {SAVE_AGAIN}, or split it.")
        return WorkbookError(
            f"{self._name} cannot be opened, its reader broke off: {SAVE_AGAIN}, or copy its cells into a new workbook."
        )

    def interrupt(self) -> None:
        self._late = True
        _kill(self._process)


class Readers:
    """For many workbooks, one after the other: what a reader takes to start is taken once. Who comes second, waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: subprocess.Popen[bytes] | None = None
        self._busy: ReaderProcess | None = None

    def interrupt(self) -> None:
        """End the reader that is at work, from another thread: whoever waits for it hears that it takes too long."""
        if busy := self._busy:
            busy.interrupt()

    def warm(self) -> None:
        """Start one before there is a workbook for it."""
        with self._lock:
            self._idle = self._idle or _reader()

    @contextmanager
    def reader(self) -> Iterator[ReaderProcess]:
        with self._lock:
            if self._idle and self._idle.poll() is not None:
                _end(self._idle)
                self._idle = None
            self._busy = reader = ReaderProcess(self._idle, once=False)
            try:
                yield reader
            finally:
                self._busy, self._idle = None, reader.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._idle:
                _dismiss(self._idle)


def _reader() -> subprocess.Popen[bytes]:
    environment = {key: value for key, value in os.environ.items() if key in _HANDED_ON}
    searched = [str(_HOUSE), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "loader.workbook.reader.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": os.pathsep.join(searched), "OPENBLAS_NUM_THREADS": "1"},
            process_group=0,
        )
    except OSError as error:  # too many processes, for example
        why = f"the process that reads workbooks cannot be started: {error.strerror}"
        raise NotOpenedError(why) from error


def _kill(process: subprocess.Popen[bytes]) -> None:
    """And the processes it has started."""
    if not _READS_MANY:
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _dismiss(process: subprocess.Popen[bytes]) -> None:
    """It goes when no workbook can come any more."""
    with suppress(OSError, subprocess.TimeoutExpired):
        cast("BinaryIO", process.stdin).close()
        process.wait(_FAREWELL_SECONDS)
    _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _kill(process)
    with suppress(OSError), process:  # what was not sent yet is not wanted any more
        pass
