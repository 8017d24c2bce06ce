"""One reader of workbooks for many tests, as a night has one for many workbooks: its imports are made once.

Each workbook is still read by a fork with its own limits. Tests of the process itself start one each.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from loader.workbook.reader import reader_process
from loader.workbook.reader.reader_process import ReaderProcess

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    Reader = subprocess.Popen[bytes]


class KeptReaders:
    def __init__(self) -> None:
        self._idle: list[Reader] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Who would start a reader for one workbook gets one that was kept."""
        begin, end = ReaderProcess.__init__, ReaderProcess.__exit__
        lent: set[int] = set()

        def begun(process: ReaderProcess, reader: Reader | None = None, *, once: bool = True) -> None:
            if reader is None and once:
                begin(process, self._living(), once=False)
                lent.add(id(process))
            else:
                begin(process, reader, once=once)

        def ended(process: ReaderProcess, *why: object) -> None:
            if id(process) not in lent:
                end(process, *why)  # type: ignore[arg-type]
                return
            lent.remove(id(process))
            if reader := process.release():
                self._idle.append(reader)

        with patch.object(ReaderProcess, "__init__", begun), patch.object(ReaderProcess, "__exit__", ended):
            yield

    def _living(self) -> Reader | None:
        while self._idle:
            reader = self._idle.pop()
            if reader.poll() is None:
                return reader
            reader_process._end(reader)
        return None

    def close(self) -> None:
        for reader in self._idle:
            reader_process._dismiss(reader)
