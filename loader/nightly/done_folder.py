"""What lies in `done` is what was loaded: whatever was changed after that is reported, and never loaded from there."""

from __future__ import annotations

import hashlib
import json
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.errors import OutputError
from loader.nightly.inbox import DONE, is_results, is_workbook
from loader.nightly.night_report import FileReport
from loader.storage.atomic_files import folder_like, write_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HANDLED = ".loaded.json"
_BEGINS = '{"loaded": '
_DIFFERS = (
    "it is not what was loaded: it was changed afterwards, or nobody loaded it. Nothing is loaded from this folder; "
    "put it back to where it came from: rows that are created already are not created again"
)


@dataclass(slots=True)
class _Handled:
    """`loaded`: digests of what was loaded. `seen`: size, time of change (ns) and digest of each file when it was last
    found to be one of these.
    """

    loaded: list[str] = field(default_factory=list)
    seen: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    @property
    def digests(self) -> set[str]:
        return {*self.loaded, *(digest for _, _, digest in self.seen.values())}


def note_loaded(folder: Path, content: bytes) -> None:
    """That this was loaded, before it is moved from this folder to its `done`: a kill in between hides no difference.

    What is in `done` when the first note is made is taken as it is: an older version of the loader kept none.

    Raises:
        OutputError: it cannot be written down.
    """
    done = folder_like(folder, DONE)
    handled = _read(done) or _as_it_is(done)
    digest = hashlib.sha256(content).hexdigest()
    if digest not in handled.digests:
        handled.loaded.append(digest)
    _write(done, handled)


def _as_it_is(done: Path) -> _Handled:
    handled = _Handled()
    for path in _workbooks(done):
        with suppress(OSError):  # reported when it is compared
            handled.seen[path.name] = _looks(path)
    return handled


def differences(folder: Path, profile: str | None) -> Sequence[FileReport]:
    """What of the workbooks in the `done` of this folder is not what was loaded.

    Raises:
        OutputError: the folder cannot be looked into, or what was found cannot be written down.
    """
    done = folder / DONE
    before = _read(done)
    if before is None:
        return ()
    now, found = _Handled(), []
    for path in _workbooks(done):
        known = before.seen.get(path.name)
        try:
            if known is None or known[:2] != _stat_of(path):
                known = _looks(path)
        except FileNotFoundError:  # taken away just now
            continue
        except OSError as error:
            found.append(_report(path, profile, f"it cannot be compared with what was loaded: {error.strerror}"))
            continue
        if known[2] in before.digests:
            now.seen[path.name] = known
        else:
            found.append(_report(path, profile, _DIFFERS))
    # of a workbook that differs, what was loaded stays known: it may be put right
    now.loaded = sorted(before.digests - now.digests) if found else []
    if now != before:
        _write(done, now)
    return found


def _report(path: Path, profile: str | None, why: str) -> FileReport:
    return FileReport(path, profile, exit_code=4, error=why, in_done=True)


def _workbooks(done: Path) -> Sequence[Path]:
    try:
        paths = sorted(path for path in done.iterdir() if is_workbook(path) and not is_results(path))
        return [path for path in paths if stat.S_ISREG(path.lstat().st_mode)]
    except OSError as error:
        raise OutputError(f"{done} cannot be looked into: {error.strerror}") from error


def _looks(path: Path) -> tuple[int, int, str]:
    # the stat first: what is written in between is seen the next time
    size, changed = _stat_of(path)
    with path.open("rb") as file:
        return size, changed, hashlib.file_digest(file, "sha256").hexdigest()


def _stat_of(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_size, found.st_mtime_ns


def _read(done: Path) -> _Handled | None:
    """None where there is none that can be read."""
    try:
        values = json.loads((done / _HANDLED).read_bytes())
        seen = {str(name): (int(size), int(changed), str(it)) for name, (size, changed, it) in values["seen"].items()}
        return _Handled([str(it) for it in values["loaded"]], seen)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(done: Path, handled: _Handled) -> None:
    write_over(done / _HANDLED, json.dumps({"loaded": handled.loaded, "seen": handled.seen}) + "\n", begins=_BEGINS)
