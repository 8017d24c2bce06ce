"""Sheets that people look at: in memory with their check, so that an edit is answered at once; one change at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.editing.history import Step
from loader.editing.sheet_edit import View, candidates, counts, must_be_editable, only_candidate, view
from loader.errors import LoaderError, WorkbookError
from loader.web.matches import SAVED_MATCH
from loader.web.sheet_store import digest_of, renewed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loader.editing.history import History
    from loader.editing.sheet_edit import Book, Candidate, Reading
    from loader.model.cell_reference import Cell
    from loader.web.matches import Matches
    from loader.web.reader_pool import ReaderPool
    from loader.web.sheet_store import SheetStore, StoredSheet

_FORGOTTEN_AFTER_SECONDS = 600


class ChangedMeanwhileError(Exception):
    """Somebody else has changed the same cells since: `since` are they as they are now."""

    def __init__(self, revision: int, since: Sequence[tuple[int, int, str]]) -> None:
        super().__init__("Somebody has changed the same cells meanwhile: look at them, and edit them again.")
        self.revision = revision
        self.since = since


@dataclass(slots=True)
class OpenSheet:
    """One of them. `view` is None until it is known which of several sheets is meant."""

    stored: StoredSheet
    book: Book
    candidates: Sequence[Candidate]
    view: View | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_seen: float = 0.0

    @property
    def id(self) -> str:
        return self.stored.id

    @property
    def revision(self) -> int:
        return self.stored.history.revision


class OpenSheets:
    def __init__(
        self,
        store: SheetStore,
        matches: Matches,
        readers: ReaderPool,
        reading: Reading,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._matches, self._readers, self._reading, self._now = store, matches, readers, reading, now
        self._open: dict[str, OpenSheet] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def add(self, file: str, content: bytes, *, by: str, afresh: bool = False) -> OpenSheet:
        """Open a workbook that was handed in; the one that is there if it was, and was changed, unless `afresh`.

        Raises:
            WorkbookError: it cannot be read; nothing is kept of it.
        """
        if not afresh and (same := await asyncio.to_thread(self._store.same, digest_of(content))):
            return await self.get(same.id, by=by)
        book = await self._readers.book(content, file, person=by, renaming=self._reading.renaming)
        if not await asyncio.to_thread(candidates, book, self._reading.renaming):
            raise WorkbookError(f"{file} has nothing in its cells.")
        stored = await asyncio.to_thread(self._store.add, file, content, by=by, at=_time())
        if found := await asyncio.to_thread(self._matches.find, book):
            title, number, mapping = found
            step = Step(by=SAVED_MATCH, at=_time(), title=title, header_row=number, mapping=mapping)
            stored = replace(stored, history=stored.history.with_step(step))
        sheet = await self._hold(stored, book)
        if sheet.view or found:
            sheet.stored = replace(stored, counts=counts(sheet.view) if sheet.view else {})
            await asyncio.to_thread(self._store.keep, sheet.stored)
        return sheet

    async def get(self, known_as: str, *, by: str) -> OpenSheet:
        """One that was opened before, read anew if it has left memory."""
        self._forget()
        async with self._opening.setdefault(known_as, asyncio.Lock()):
            sheet = self._open.get(known_as)
            if sheet is None:
                stored = await asyncio.to_thread(self._store.load, known_as)
                content = await asyncio.to_thread(self._store.content, known_as)
                book = await self._readers.book(content, stored.file, person=by, renaming=self._reading.renaming)
                sheet = await self._hold(stored, book)
        sheet.last_seen = self._now()
        return sheet

    async def all(self) -> list[StoredSheet]:
        return await asyncio.to_thread(self._store.all)

    async def content(self, sheet: OpenSheet) -> bytes:
        return await asyncio.to_thread(self._store.content, sheet.id)

    async def remove(self, known_as: str) -> None:
        await asyncio.to_thread(self._store.remove, known_as)
        self._open.pop(known_as, None)

    async def edit(
        self,
        sheet: OpenSheet,
        cells: Mapping[Cell, str],
        left_out: Mapping[int, bool],
        *,
        revision: int,
        by: str,
    ) -> View:
        """Change cells, and leave rows out or take them in again: one step.

        Raises:
            ChangedMeanwhileError: since `revision` somebody else has changed one of them.
            WorkbookError: a cell is none of a campaign's.
        """
        async with sheet.lock:
            shown = shown_of(sheet)
            must_be_editable(shown, cells.keys(), left_out.keys())
            meant = [*cells, *((row, 0) for row in left_out)]
            if newer := sheet.stored.history.changed_since(revision, shown.title, meant):
                now = [(row, column, shown.edits.cells.get((row, column), "")) for row, column in newer]
                raise ChangedMeanwhileError(sheet.revision, now)
            step = Step(by=by, at=_time(), title=shown.title, cells=cells, left_out=left_out)
            await self._become(sheet, sheet.stored.history.with_step(step))
            return shown_of(sheet)

    async def choose(self, sheet: OpenSheet, title: str, header_row: int, *, by: str) -> None:
        """Say which sheet is meant, and which of its rows is the header.

        Raises:
            WorkbookError: there is no such row.
        """
        if not any(it.title == title and 1 <= header_row <= len(it.cells) for it in sheet.book.grids):
            raise WorkbookError("The workbook has no such sheet, or the sheet no such row.")
        async with sheet.lock:
            step = Step(by=by, at=_time(), title=title, header_row=header_row)
            await self._become(sheet, sheet.stored.history.with_step(step))

    async def match(self, sheet: OpenSheet, mapping: Mapping[str, object], *, by: str) -> None:
        """Say what its headers and words mean; SettingsError where that is no mapping."""
        async with sheet.lock:
            shown = shown_of(sheet)
            step = Step(by=by, at=_time(), title=shown.title, header_row=shown.header_row, mapping=mapping)
            await self._become(sheet, sheet.stored.history.with_step(step))
            headers = shown.cells[shown.header_row - 1] if shown.cells else []
            await asyncio.to_thread(self._matches.keep, headers, mapping)

    async def undo(self, sheet: OpenSheet) -> None:
        async with sheet.lock:
            await self._become(sheet, sheet.stored.history.undone())

    async def redo(self, sheet: OpenSheet) -> None:
        async with sheet.lock:
            await self._become(sheet, sheet.stored.history.redone())

    async def _hold(self, stored: StoredSheet, book: Book) -> OpenSheet:
        found = await asyncio.to_thread(candidates, book, self._reading.renaming)
        sheet = OpenSheet(stored, book, found, last_seen=self._now())
        sheet.view = await asyncio.to_thread(self._viewed, sheet, stored.history)
        self._open[sheet.id] = sheet
        return sheet

    async def _become(self, sheet: OpenSheet, history: History) -> None:
        """On the disk first: what a browser has been answered is never lost."""
        shown = await asyncio.to_thread(self._viewed, sheet, history)
        stored = renewed(sheet.stored, history, at=_time(), counts=counts(shown) if shown else {})
        await asyncio.to_thread(self._store.keep, stored)
        sheet.stored, sheet.view = stored, shown

    def _viewed(self, sheet: OpenSheet, history: History) -> View | None:
        title = history.title or only_candidate(sheet.candidates)
        return view(sheet.book, title, history, self._reading, sheet.view) if title else None

    def _forget(self) -> None:
        """A sheet that nobody has looked at for ten minutes leaves memory, and stays on the disk."""
        for known_as, sheet in list(self._open.items()):
            if self._now() - sheet.last_seen > _FORGOTTEN_AFTER_SECONDS and not sheet.lock.locked():
                del self._open[known_as]


def shown_of(sheet: OpenSheet) -> View:
    """Raises LoaderError where nobody has said yet which of its sheets is meant."""
    if sheet.view is None:
        raise LoaderError("It is not said yet which sheet of the workbook is meant.")
    return sheet.view


def _time() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
