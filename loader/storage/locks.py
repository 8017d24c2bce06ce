"""Which process is at which run. A lock is the system's: it is free as soon as its process ends, however it ends."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from loader.errors import AccountBusyError, JournalError, OutputError
from loader.storage.atomic_files import write_over

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from filelock import BaseFileLock

_GATE_SECONDS = 30
_PROCESS = "process "  # how it begins, what says who holds a lock


class Locks:
    """Lock files beside a journal: one for each run while it is carried out, and a gate."""

    def __init__(self, journal: str) -> None:
        self._journal = journal
        self._held: dict[str, BaseFileLock] = {}

    @contextmanager
    def gate(self) -> Iterator[None]:
        """One process at a time decides who holds what."""
        lock = self._lock("gate")
        try:
            lock.acquire(timeout=_GATE_SECONDS)
        except Timeout as error:
            raise JournalError(f"{lock.lock_file} is locked for {_GATE_SECONDS} s; is a process stuck?") from error
        except OSError as error:
            raise _unlockable(lock, error) from error
        try:
            yield
        finally:
            lock.release()

    def take(self, run: str) -> BaseFileLock:
        """Be the process at this run, until `give_back`; only behind the gate.

        Raises:
            AccountBusyError: another process is.
        """
        lock = self._lock(run)
        if not _acquired(lock):
            raise AccountBusyError(f"run {run} is under way in another process")
        self._held[run] = lock
        return lock

    def holds(self, run: str) -> bool:
        """Whether this process is at the run, and the file that keeps others from it is still the one it locked."""
        lock = self._held.get(run)
        return lock is not None and _still_held(lock)

    def give_back(self, lock: BaseFileLock) -> None:
        self._held = {run: held for run, held in self._held.items() if held is not lock}
        _give_back(lock)

    def living(self, runs: Collection[str]) -> set[str]:
        """Those of the runs that some process is at. Only behind the gate: to find out is to lock for a moment."""
        return {run for run in runs if self._lives(run)}

    def _lives(self, run: str) -> bool:
        lock = self._lock(run)
        if not os.path.lexists(lock.lock_file):  # nobody is at a run without its file, and years of runs have none
            return False
        if not _acquired(lock):
            return True
        self.give_back(lock)
        return False

    def _lock(self, name: str) -> BaseFileLock:
        return FileLock(f"{self._journal}.{name}.lock", timeout=0, mode=0o600)


@contextmanager
def only_night(lock_file: Path, where: str) -> Iterator[None]:
    """Be the one process that works by night `where`, such as "the folder inbox", until the end.

    Raises:
        AccountBusyError: another process does; it says which, and since when.
    """
    lock, who = FileLock(lock_file, timeout=0, mode=0o600), Path(f"{lock_file}.who")
    if not _acquired(lock):
        raise AccountBusyError(f"another nightly is running on {where}{_named_in(who)}")
    try:
        with suppress(OutputError):  # the lock is what counts
            write_over(
                who, f"{_PROCESS}{os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", begins=_PROCESS
            )
        yield
    finally:
        with suppress(OSError):
            if _named_in(who).startswith(f": {_PROCESS}{os.getpid()},"):
                who.unlink()
        _give_back(lock)


def _still_held(lock: BaseFileLock) -> bool:
    """Whether its file is still the one that was locked: one that was removed or replaced keeps nobody out."""
    descriptor = lock._context.lock_file_fd  # noqa: SLF001 - the file itself, whatever bears its name by now
    try:
        return descriptor is not None and os.path.samestat(os.stat(lock.lock_file), os.fstat(descriptor))  # noqa: PTH116 - before each create
    except OSError:
        return False


def _give_back(lock: BaseFileLock) -> None:
    if _still_held(lock):  # or it is another process's by now
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


def _named_in(who: Path) -> str:
    try:
        said = "" if who.is_symlink() else who.read_text(encoding="utf-8")
        return f": {said}" if said.startswith(_PROCESS) else ""
    except (OSError, UnicodeDecodeError):  # it has only just begun, or is just ending
        return ""


def _acquired(lock: BaseFileLock) -> bool:
    if Path(lock.lock_file).is_symlink():  # to lock it would be to empty what it leads to
        raise JournalError(f"{lock.lock_file} is a link, and none is followed: remove it")
    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        raise _unlockable(lock, error) from error
    if _still_held(lock):
        return True
    lock.release()  # its file was removed by a run that ended just now: it keeps nobody out
    return _acquired(lock)


def _unlockable(lock: BaseFileLock, error: OSError) -> JournalError:
    return JournalError(f"{lock.lock_file} cannot be locked: {error.strerror}")
