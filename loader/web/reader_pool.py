"""Workbooks of strangers are opened in a few processes of their own; nobody takes more than one at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING

from loader.editing.sheet_edit import Book
from loader.workbook.reader.read import best_separator, grids_from
from loader.workbook.reader.reader_process import Readers

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from loader.config.settings import Places
    from loader.workbook.mapping import Renaming

_READERS = 3


class ReaderPool:
    """The first reader is started with the pool: it takes longer than a workbook."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._held, self._all = ExitStack(), [Readers() for _ in range(_READERS)]
        self._idle: asyncio.LifoQueue[Readers] = asyncio.LifoQueue()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __aenter__(self) -> Self:
        for readers in self._all:
            self._idle.put_nowait(self._held.enter_context(readers))
        first = self._idle.get_nowait()
        await asyncio.to_thread(first.warm)
        self._idle.put_nowait(first)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for readers in self._all:  # or the end of the page would wait for the end of a workbook
            readers.interrupt()
        await asyncio.to_thread(self._held.close)

    async def book(self, content: bytes, file: str, *, person: str, renaming: Renaming) -> Book:
        """The workbook with all of its sheets.

        Raises:
            WorkbookError: it cannot be read; the sentence is that of `check`.
        """
        async with self._turns[person]:
            readers = await self._idle.get()
            try:
                return await asyncio.to_thread(self._read, readers, content, file, renaming)
            finally:
                self._idle.put_nowait(readers)

    def _read(self, readers: Readers, content: bytes, file: str, renaming: Renaming) -> Book:
        limits, encoding = self._places.limits, self._places.encoding
        with readers.reader() as reader:
            reader.hand_in(content, file, limits=limits, encoding=encoding)
            grids = grids_from(reader, renaming=renaming)
        if not grids:  # a text without a header row that is known
            with readers.reader() as reader:
                reader.hand_in(content, file, limits=limits, encoding=encoding)
                separator = best_separator(reader)
            with readers.reader() as reader:
                reader.hand_in(content, file, limits=limits, encoding=encoding)
                grids = grids_from(reader, renaming=renaming, separator=separator)
        return Book(file, grids)
