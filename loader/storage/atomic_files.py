"""A file appears under its name whole, or not at all; and never in place of another, unless it is the earlier one of
the same kind."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from loader.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# FAT and some network drives have no hard links, and Linux gives none to a file of somebody else
_NO_LINKS_HERE = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_AGAIN = "; make room or choose another folder, and write it again"


def write_new(path: Path, write: Callable[[IO[bytes]], None]) -> Path:
    """Let `write` fill a file and put it at `path`, or beside it as `<name>-2` and so on where that is taken.

    Returns where it is. The file and a folder made for it are for their owner alone, whatever the umask says.
    """
    with _sentences(path, "written", _AGAIN), _partial(path, write) as partial:
        return _publish(partial, path)


def write_once(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a file and put it at `path`; OutputError where anything is there, a link included."""
    with _sentences(path, "written", _AGAIN), _partial(path, write) as partial:
        try:
            _take_name(partial, path)
        except FileExistsError as error:
            raise OutputError(f"{path} is there already: name a file that is not") from error


def have_private(path: Path) -> None:
    """Have a file that others fill, such as a database: new and for its owner alone, or the one that is there.

    Whoever else could write to that one cannot any more. A folder made for it is private, too.

    Raises:
        OSError: it cannot be had, or the name is a link's.
    """
    _make_folder(path.parent)
    handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if others_can_write(path):
            os.fchmod(handle, stat.S_IMODE(os.fstat(handle).st_mode) & ~_OTHERS_WRITE)
    finally:
        os.close(handle)


def others_can_write(path: Path) -> bool:
    """Whether other users can write to a file; False where there is none, or where its mode does not tell."""
    try:
        return os.name == "posix" and bool(path.lstat().st_mode & _OTHERS_WRITE)
    except OSError:
        return False


def write_over(path: Path, text: str, *, begins: str, mode: int = 0o600) -> None:
    """Put a text at `path`, in place of an earlier one of the same kind; whoever reads it sees the one or the other.

    `begins`: how every file of the kind does. Any other file is somebody else's and stays, as does a link.
    """
    with _sentences(path, "written", _AGAIN):
        if not _is_ours(path, begins.encode()):
            raise OutputError(f"{path} is there already and is not an earlier one of the kind: choose another name")
        with _partial(path, lambda file: file.write(text.encode())) as partial:
            partial.chmod(mode)
            partial.replace(path)


def _is_ours(path: Path, begins: bytes) -> bool:
    """Whether nothing is there, or nothing in it, or an earlier file of the kind."""
    try:
        kind = path.lstat()
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(kind.st_mode):
        return False
    with path.open("rb") as file:
        beginning = file.read(len(begins))
    return not beginning or beginning == begins


def make_folder_for(path: Path) -> None:
    """Have the folder that a file is going to be written to."""
    with _sentences(path, "written", _AGAIN):
        _make_folder(path.parent)
        if not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


def move_new(path: Path, folder: Path) -> Path:
    """Put a file into a folder under its name, or as `<name>-2` and so on where that is taken, and return where it is.

    A kill at any moment leaves it in one of both places at least. A folder made for it is as open as the one it was in.
    """
    target = folder / path.name
    with _sentences(target, "moved"):
        if not folder.exists():
            _made_like(path.parent, folder)
        try:
            final = _publish(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            final = _copied(path, target)
        path.unlink(missing_ok=True)
        _sync_folder(folder)
        return final


def folder_like(parent: Path, name: str) -> Path:
    """Have a folder in another one; if it is made, whoever may read and write that one may do so in it, too."""
    folder = parent / name
    try:
        if not folder.is_dir():
            _made_like(parent, folder)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder


def _made_like(other: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    if hasattr(os, "chown"):
        with suppress(OSError):  # the group is not one of ours, or of no name here: that of this process is left
            os.chown(folder, -1, other.stat().st_gid)
    shutil.copymode(other, folder)  # last: a change of the group takes its bit away


def remove(path: Path) -> None:
    """Raises OutputError where it stays."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}") from error


def _copied(path: Path, target: Path) -> Path:
    """To another file system."""

    def copy(file: IO[bytes]) -> None:
        with path.open("rb") as source:
            shutil.copyfileobj(source, file)

    with _partial(target, copy) as partial:
        shutil.copystat(path, partial)
        return _publish(partial, target)


@contextmanager
def _partial(path: Path, write: Callable[[IO[bytes]], object]) -> Iterator[Path]:
    """The content of a file under a passing name; what is left under it is gone afterwards."""
    _make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".part", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    _sync_folder(path.parent)


@contextmanager
def _sentences(path: Path, done: str, remedy: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path.name} could not be {done} to the folder {path.parent}: {reason}{remedy}") from error


def _make_folder(folder: Path) -> None:
    if folder.is_file():  # said here, in the words of what is to be written: a lock in it would say something else
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    missing = [one for one in (folder, *folder.parents) if not one.is_dir() and not one.is_file()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def _publish(partial: Path, path: Path) -> Path:
    """Give the file its final name, the first that is free."""
    for number in itertools.count(1):
        final = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        if final.exists() and final.samefile(partial):  # a move was killed when it was nearly over
            return final
        with suppress(FileExistsError):
            _take_name(partial, final)
            return final
    raise AssertionError("numbers do not end")  # pragma: no cover


def _take_name(partial: Path, final: Path) -> None:
    try:
        os.link(partial, final)  # unlike a rename it fails where a file is already, however late that one came
    except OSError as error:
        if error.errno not in _NO_LINKS_HERE:
            raise
    else:
        return
    os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        partial.replace(final)
    except BaseException:
        final.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
