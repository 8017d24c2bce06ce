"""Which workbooks of a folder are ready to be loaded, and which are left for next time, and why."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.errors import SettingsError
from loader.nightly.night_report import FileReport
from loader.workbook.reader.lock_files import lock_beside
from loader.workbook.writer.results import results_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
    from pathlib import Path

DONE, FAILED = "done", "failed"
# the last kinds are refused by the reader in a sentence: passed over without a word, they would be lost
_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".csv", ".xls", ".xlsb", ".ods"})
_PACKAGES = frozenset({".xlsx", ".xlsm"})
_LOOK_AGAIN_SECONDS = 1.0
_WAITED_FOR_SECONDS = 60.0  # a night does not wait longer for one workbook
_HAIR_SECONDS = 0.5  # the clock of files and the one that wakes us are not the same
_RESULTS = re.compile(r"(.+)-results-(\d{8}T\d{6})Z(?:-\d+)?\.xlsx", re.ASCII)
_MARK_SECONDS, _TIMES_DIFFER_SECONDS = 60, 2  # FAT has even seconds only


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, handed in. `now` is the machine's, in UTC, as files and deadlines have it."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Readiness:
    """When a workbook counts as whole: nobody has changed it for `quiet` seconds, or, with `marker`, a file beside it
    says so.
    """

    quiet: float = 5.0
    marker: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file that was seen in the folder, or in that of a profile. `size` and `changed` (ns) as they were then."""

    path: Path
    profile: str | None
    size: int
    changed: int
    readiness: Readiness = Readiness()

    @property
    def marker(self) -> Path | None:
        """The file that says that it is whole, where one is asked for."""
        return self.path.with_name(f"{self.path.name}.ready") if self.readiness.marker else None

    def left(self, why: str, exit_code: int = 4) -> FileReport:
        return FileReport(self.path, self.profile, exit_code=exit_code, error=why)

    def why_not(self, now: datetime) -> str:
        """Why it cannot be loaded at this moment, as a sentence; blank where it can."""
        try:
            return self._why_not(self.path.lstat(), now)
        except OSError as error:
            return f"it cannot be looked at any more: {error.strerror}"

    def _why_not(self, found: os.stat_result, now: datetime) -> str:
        if not stat.S_ISREG(found.st_mode):
            return "it is a link or no file at all: put the workbook itself here"
        if lock := lock_beside(self.path):
            return f"somebody has it open: {lock.name} lies beside it"
        if why := self._still_written(found, now):
            return why
        if self.path.suffix.lower() in _PACKAGES and self._is_half():
            return "its end is missing: it is still being copied, or the copy broke off"
        return ""

    def _still_written(self, found: os.stat_result, now: datetime) -> str:
        if self.marker and not self.marker.is_file():
            return f"{self.marker.name} does not lie beside it: so it is not whole yet"
        age = now.timestamp() - found.st_mtime
        if (found.st_size, found.st_mtime_ns) != (self.size, self.changed):
            return "it is still being written"
        if not self.marker and 0 <= age < self.readiness.quiet:
            asked = f"{self.readiness.quiet:g} s without a change are asked for"
            return f"it is still being written, or was {age:.0f} s ago, and {asked}"
        return ""

    def _is_half(self) -> bool:
        """A package that begins as one and has no directory at its end. What begins otherwise is the reader's case."""
        try:
            with self.path.open("rb") as file:
                return file.read(4) == b"PK\x03\x04" and not zipfile.is_zipfile(file)
        except OSError:  # said when it is read
            return False


def no_folder(folder: Path) -> SettingsError:
    return SettingsError(
        f"there is no folder {folder.absolute()}: make it, or name the one that workbooks are put into"
    )


async def look_into(
    folder: Path,
    profiles: Collection[str],
    clock: Clock,
    *,
    profile: str | None = None,
    readiness: Readiness = Readiness(),
) -> tuple[list[Workbook], list[FileReport]]:
    """The workbooks that are ready, oldest first, and what is to be said of the others. Looks twice, a moment apart.

    `profile` is that of the folder itself.
    """
    left, seen = _first_look(folder, profiles, profile)
    seen = [replace(one, readiness=readiness) for one in seen]
    if seen:
        await clock.sleep(_pause(seen, clock.now()))
    reasons = {one: one.why_not(clock.now()) for one in seen}
    left += [one.left(why) for one, why in reasons.items() if why]
    return [one for one, why in reasons.items() if not why], left


def _pause(seen: Sequence[Workbook], now: datetime) -> float:
    """Seconds until the second look. What was written a moment ago may be whole: it is given the time to prove it."""
    ages = [(now.timestamp() - it.changed / 1e9, 0.0 if it.marker else it.readiness.quiet) for it in seen]
    waits = [quiet + _HAIR_SECONDS - age for age, quiet in ages if 0 <= age < quiet]
    return max(_LOOK_AGAIN_SECONDS, *(wait for wait in waits if wait <= _WAITED_FOR_SECONDS), 0.0)


def _first_look(
    folder: Path, profiles: Collection[str], profile: str | None
) -> tuple[list[FileReport], list[Workbook]]:
    left, seen = [*_misplaced(folder, profiles)], []
    for inner, its in ((folder, profile), *((folder / name, name) for name in profiles)):
        try:
            seen += _seen(inner, its)
        except OSError as error:
            why = f"the folder cannot be looked into: {error.strerror}"
            left.append(FileReport(inner, its, exit_code=2, error=why))
    return left, sorted(seen, key=lambda one: (one.changed, one.path.name))


def _misplaced(folder: Path, profiles: Collection[str]) -> Iterator[FileReport]:
    """Folders with workbooks nobody would ever load."""
    for inner in sorted(folder.iterdir()):
        if inner.name in profiles or inner.name in (DONE, FAILED) or inner.name.startswith(".") or not inner.is_dir():
            continue
        try:
            number = len(_seen(inner, None))
        except OSError:  # not for us
            continue
        if number:
            known = ", ".join(sorted(profiles)) or "none"
            stays = "a workbook stays" if number == 1 else f"{number} workbooks stay"
            why = f"loader.toml has no profile {inner.name}, so {stays} there; it has: {known}"
            yield FileReport(inner, exit_code=2, error=why)


def _seen(folder: Path, profile: str | None) -> list[Workbook]:
    seen = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if not is_workbook(path) or path.is_dir():
            continue
        with suppress(FileNotFoundError):  # taken away just now
            found = path.lstat()
            if not _left_beside(path, found.st_mtime):
                seen.append(Workbook(path, profile, found.st_size, found.st_mtime_ns))
    return seen


def is_workbook(path: Path) -> bool:
    """Whether it has the name of one."""
    return path.suffix.lower() in _WORKBOOKS and not path.name.startswith(("~$", "."))


def is_results(path: Path) -> bool:
    """Whether it has the name of results."""
    return _written(path) is not None


def leave_beside(results: Path) -> None:
    """Results of a workbook that stays in the folder are no request to load, as long as nobody changes them.

    They are recognised by their age: no other file is older than its name says.
    """
    at = (_written(results) or 0) - _MARK_SECONDS
    os.utime(results, (at, at))


def _left_beside(path: Path, changed: float) -> bool:
    written = _written(path)
    return written is not None and abs(written - _MARK_SECONDS - changed) <= _TIMES_DIFFER_SECONDS


def _written(results: Path) -> float | None:
    """When results were written, by their name."""
    found = _RESULTS.fullmatch(results.name)
    return datetime.strptime(f"{found[2]}+0000", "%Y%m%dT%H%M%S%z").timestamp() if found else None


def results_beside(path: Path) -> list[Path]:
    """What was left beside a workbook in earlier nights."""
    ours = results_path(path.parent, path.name, datetime.now(UTC)).name
    found = _RESULTS.fullmatch(ours)
    return [
        other
        for other in sorted(path.parent.glob("*-results-*.xlsx"))
        if found
        and (its := _RESULTS.fullmatch(other.name))
        and its[1] == found[1]
        and _left_beside(other, other.lstat().st_mtime)
    ]
