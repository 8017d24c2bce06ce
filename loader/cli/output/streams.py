"""Standard output and error that break nothing: a full disk, a closed pipe or a missing letter ends no run.

What a run does counts for more than what it says: a text that cannot be written is dropped, and the reason is kept.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


_STANDARD = (0, 1, 2)


class _Unbroken(io.RawIOBase):
    """Bytes on their way out. A write always succeeds; `failed` is the first error that one met."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.failed: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, content: Any) -> int:  # noqa: ANN401 - whatever holds bytes
        try:
            while (written := self._raw.write(content)) is None:  # a pipe that does not block is full
                select.select([], [self._raw], [])
        except OSError as error:
            self.failed = self.failed or error
            return memoryview(content).nbytes
        return written


class Streams:
    """What became of both, as long as `unbroken` lasts."""

    def __init__(self) -> None:
        self.output: _Unbroken | None = None

    def unwritten(self) -> OSError | None:
        """Why standard output could not be written to; None where all of it was."""
        with suppress(ValueError):  # somebody has closed it
            sys.stdout.flush()
        return self.output.failed if self.output else None


@contextmanager
def unbroken() -> Iterator[Streams]:
    """Inside, nothing that is printed raises an error."""
    _fill_closed_descriptors()
    streams, earlier = Streams(), (sys.stdout, sys.stderr)
    streams.output, sys.stdout = _unbroken(sys.stdout, 1)
    _, sys.stderr = _unbroken(sys.stderr, 2)
    try:
        yield streams
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(ValueError):
                stream.flush()
        sys.stdout, sys.stderr = earlier


def is_broken_pipe(error: OSError) -> bool:
    """Whoever read it wants no more of it."""
    return error.errno == errno.EPIPE or (os.name == "nt" and error.errno == errno.EINVAL)


def in_utf8(stream: TextIO) -> bool:
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def _fill_closed_descriptors() -> None:
    """A file that is opened later, such as the journal, must not get the number that messages are written to."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def _unbroken(stream: TextIO | None, number: int) -> tuple[_Unbroken | None, TextIO]:
    if stream is None:  # it was closed when Python began, and leads nowhere by now
        raw = _Unbroken(io.FileIO(number, "w", closefd=False))
        return raw, _text_into(raw, "utf-8", line_buffering=False)
    try:
        stream.fileno()
    except (OSError, ValueError):  # it is only in memory
        return None, stream
    raw = _Unbroken(cast("io.RawIOBase", getattr(stream.buffer, "raw", stream.buffer)))
    return raw, _text_into(raw, stream.encoding, line_buffering=bool(stream.line_buffering))


def _text_into(raw: _Unbroken, encoding: str, *, line_buffering: bool) -> TextIO:
    # a code page that lacks a letter shows it as an escape; JSON is read by programs that expect ASCII at least
    encoding = encoding if "A".encode(encoding) == b"A" else "utf-8"
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=line_buffering)
