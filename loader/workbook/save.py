"""A workbook appears under its name whole, or not at all, and never in place of another."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

from loader.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# FAT and some network drives have no hard links
_NO_LINKS_HERE = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def write_new(path: Path, write: Callable[[IO[bytes]], None]) -> Path:
    """Let `write` fill a file and put it at `path`, or beside it as `<name>-2` and so on where that is taken.

    Returns where it is. The file and a folder made for it are for their owner alone, whatever the umask says.
    """
    with _sentences(path):
        _make_folder(path.parent)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".part", dir=path.parent)
        partial = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            final = _publish(partial, path)
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()
        _sync_folder(path.parent)
        return final


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path.name} could not be written to the folder {path.parent}: {reason}; "
            "make room or choose another folder, and write it again"
        ) from error


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def _publish(partial: Path, path: Path) -> Path:
    """Give the file its final name, the first that is free."""
    for number in itertools.count(1):
        final = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
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


@contextmanager
def new_book(file: IO[bytes]) -> Iterator[Workbook]:
    """A write-only workbook to fill; it is saved to the file at the end.

    openpyxl keeps the rows in the temporary folder until then, and forgets them when it does not come to that; they are
    removed here. `Workbook.save` is not used: on a full disk it leaves a package open, which complains much later.
    """
    book = Workbook(write_only=True)
    book.properties.creator = "campaign-loader"
    try:
        yield book
        with ZipFile(file, "w", ZIP_DEFLATED) as package:
            ExcelWriter(book, package).save()
    except BaseException:
        for page in book.worksheets:
            _remove_rows(page)
        raise


def _remove_rows(page: Any) -> None:  # noqa: ANN401 - the stubs know nothing of what is inside
    rows, writer = page._rows, page._writer  # noqa: SLF001
    for step in (rows and rows.close, writer and writer.close, writer and writer.cleanup):
        with suppress(OSError, ValueError):  # the file is closed, or gone, or on a disk that is full
            if step:
                step()
