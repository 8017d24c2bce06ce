"""Sheets on the disk: the bytes as they were handed in, and beside them everything that was done to them."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loader.editing.history import History, history_from
from loader.errors import OutputError, WorkbookError
from loader.storage.atomic_files import remove, write_once, write_over
from loader.web.matches import SAVED_MATCH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ID = re.compile(r"[0-9a-f]{12}")
_BEGINS = '{"campaign-loader": "sheet"'
_ORIGINAL, _DONE = "original", "sheet.json"


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """What is kept of a sheet. `file` is the name of the workbook, and no path. Times are UTC, ISO 8601."""

    id: str
    file: str
    by: str
    opened_at: str
    changed_at: str
    digest: str
    history: History = field(default_factory=History)
    counts: Mapping[str, int] = field(default_factory=dict)
    """What was known of its rows when it was left; none where nobody has seen them."""

    @property
    def is_touched(self) -> bool:
        """Whether somebody has changed anything."""
        return any(step.by != SAVED_MATCH for step in self.history.steps[: self.history.done])


class SheetStore:
    """A folder with one folder a sheet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, file: str, content: bytes, *, by: str, at: str) -> StoredSheet:
        """Keep a new one."""
        sheet = StoredSheet(secrets.token_hex(6), file, by, at, at, digest_of(content))
        write_once(self._folder / sheet.id / _ORIGINAL, lambda to: to.write(content))
        self.keep(sheet)
        return sheet

    def keep(self, sheet: StoredSheet) -> None:
        """Keep what was done to it; whoever is interrupted has the state before."""
        plain = {
            "campaign-loader": "sheet",
            "file": sheet.file,
            "by": sheet.by,
            "opened_at": sheet.opened_at,
            "changed_at": sheet.changed_at,
            "digest": sheet.digest,
            "counts": dict(sheet.counts),
            "history": sheet.history.plain,
        }
        write_over(self._folder / sheet.id / _DONE, json.dumps(plain), begins=_BEGINS)

    def load(self, known_as: str) -> StoredSheet:
        """Raises WorkbookError where there is none."""
        if not _ID.fullmatch(known_as):
            raise WorkbookError("There is no such sheet.")
        try:
            plain = json.loads((self._folder / known_as / _DONE).read_text(encoding="utf-8"))
            texts = {name: str(plain[name]) for name in ("file", "by", "opened_at", "changed_at", "digest")}
            counts = {str(name): int(it) for name, it in plain["counts"].items()}
            return StoredSheet(known_as, **texts, history=history_from(plain["history"]), counts=counts)
        except FileNotFoundError as error:
            raise WorkbookError("There is no such sheet: it was removed.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutputError(f"What was kept of the sheet {known_as} cannot be read any more.") from error

    def content(self, known_as: str) -> bytes:
        """The bytes that were handed in."""
        try:
            return (self._folder / known_as / _ORIGINAL).read_bytes()
        except OSError as error:
            raise OutputError(f"The workbook of the sheet {known_as} cannot be read: {error.strerror}.") from error

    def all(self) -> list[StoredSheet]:
        """The one that was changed last first; what cannot be read is passed over."""
        found = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if _ID.fullmatch(path.name):
                try:
                    found.append(self.load(path.name))
                except (WorkbookError, OutputError):
                    continue
        return sorted(found, key=lambda it: it.changed_at, reverse=True)

    def same(self, digest: str) -> StoredSheet | None:
        """The one with these bytes to which somebody did something, and last."""
        return next((it for it in self.all() if it.digest == digest and it.is_touched), None)

    def prune(self, before: str) -> None:
        """Remove those that nobody has changed since."""
        for sheet in self.all():
            if sheet.changed_at < before:
                self.remove(sheet.id)

    def remove(self, known_as: str) -> None:
        """With everything that was done to it."""
        folder = self._folder / self.load(known_as).id
        for name in (_DONE, _ORIGINAL):
            remove(folder / name)
        folder.rmdir()


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def renewed(sheet: StoredSheet, history: History, *, at: str, counts: Mapping[str, int]) -> StoredSheet:
    """The same after something was done."""
    return replace(sheet, history=history, changed_at=at, counts=counts)
