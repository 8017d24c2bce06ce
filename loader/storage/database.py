"""The file of a journal: private, of today's version, and with a sentence for whatever goes wrong in it."""

from __future__ import annotations

import os
import re
import sqlite3
import zlib
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from loader.errors import JournalError, OutputError
from loader.storage.atomic_files import have_private, make_folder_for, write_once
from loader.storage.column_types import META
from loader.storage.migrations import MIGRATIONS
from loader.storage.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

_BUSY_SECONDS = 10  # to wait for another process's write


class Database:
    """Open with `open_database`. Reading and writing raise JournalError, and end with the block."""

    version = len(MIGRATIONS)

    def __init__(self, engine: Engine, path: str, hasty: Engine | None = None) -> None:
        self._engine, self._hasty, self.path = engine, hasty or engine, path
        self._quick: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._quick is not None:
            self._quick.close()
        self._engine.dispose()
        self._hasty.dispose()

    @contextmanager
    def writing(self, *, hasty: bool = False) -> Iterator[Connection]:
        """One transaction. It is on disk at its end, unless it is `hasty`: then a power cut may take it back."""
        with _translated(self.path), (self._hasty if hasty else self._engine).begin() as connection:
            yield connection

    def checkpoint(self) -> None:
        """Have all that was written in the file itself, where nobody else is writing: a copy of it alone is whole."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.path, timeout=0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def vacuum(self) -> None:
        """Give room that is not used any more back to the disk.

        Raises:
            JournalError: somebody is writing, or there is no room for a copy meanwhile.
        """
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise JournalError(f"the journal {self.path} cannot be made smaller: {error}") from error
        self.checkpoint()

    def sizes(self) -> tuple[int, int]:
        """The bytes of the file, and how many of them `vacuum` would give back."""
        with self.reading() as connection:
            pages, unused, each = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
        return pages * each, unused * each

    def backup(self, target: Path) -> Path:
        """Copy it, as it is at one moment, to a file that is not there yet; processes that use it go on meanwhile.

        Raises:
            OutputError: the file is there already, or cannot be written.
            JournalError: the journal cannot be read.
        """
        make_folder_for(target)
        _copy(self.path, target)
        return target

    def column(self, statement: str, *values: object) -> list[str]:
        """The first column of what a statement finds, in a tenth of the time of `reading`: for each answer."""
        try:
            if self._quick is None:
                self._quick = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)
            return [row[0] for row in self._quick.execute(statement, values)]
        except sqlite3.Error as error:
            raise JournalError(f"the journal {self.path} cannot be read: {error}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _translated(self.path), self._engine.connect() as connection:
            yield connection


def open_database(address: str) -> Database:
    """Open, make or migrate the journal at a URL such as `sqlite:///output/journal.db`.

    Its folder and files are readable by their owner only.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer version of the loader.
    """
    url = _url(address)
    path = str(url.database)
    if kind := network_file_system(Path(path)):
        raise JournalError(
            f"the journal {path} is on a network file system ({kind}), where SQLite's locks cannot be relied on: set "
            "LOADER_JOURNAL to a file on a disk of this machine"
        )
    _make_private(Path(path))
    engine, hasty = create_engine(url), create_engine(url)
    event.listen(engine, "connect", _configure)
    event.listen(hasty, "connect", _configure)
    event.listen(hasty, "connect", _make_haste)
    with _translated(path):
        _migrate(engine, path)
    return Database(engine, path, hasty)


def _copy(path: str, target: Path) -> None:
    with TemporaryDirectory(dir=target.parent, prefix=".journal-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as made:
                source.backup(made)
        except sqlite3.Error as error:
            raise JournalError(f"the journal {path} cannot be copied: {error}") from error
        with copy.open("rb") as content:
            write_once(target, lambda file: copyfileobj(content, file))


def _keep_copy(path: str, version: int) -> None:
    """Copy a journal before it is brought up to date: once, so that a later trial leaves the first copy as it is."""
    target = Path(f"{path}.version-{version}")
    if os.path.lexists(target):
        return
    try:
        _copy(path, target)
    except (OutputError, OSError) as error:
        raise JournalError(
            f"the journal {path} has version {version} and is to be brought to version {len(MIGRATIONS)}, and no copy "
            f"of it can be made before, so it was left as it is: {error}"
        ) from error


def journal_path(address: str) -> Path:
    """The file that a URL such as `sqlite:///output/journal.db` names.

    Raises:
        JournalError: it names none.
    """
    return Path(str(_url(address).database))


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except (SQLAlchemyError, ValueError) as error:  # a port that is no number, say
        raise JournalError("LOADER_JOURNAL is no database URL such as sqlite:///output/journal.db") from error
    more = url.username or url.password or url.host or url.port or url.query  # none of which a file has
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or more or not (url.database or "").isprintable():
        raise JournalError("LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db")
    if not url.database or url.database == ":memory:":
        raise JournalError("LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db")
    return url


def network_file_system(path: Path) -> str:
    """The kind of network file system that a file is on; blank where it is on none, or where the system cannot tell."""
    place = path.resolve()
    if str(place).startswith("\\\\"):  # of Windows: a share, also behind the letter of a drive
        return "a share"
    kind, longest = "", 0
    for line in _mounts():
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4]))
        if len(point.parts) >= longest and (place == point or point in place.parents):  # the last one lies on top
            kind, longest = after.split(" ")[0], len(point.parts)
    return kind if kind in _NETWORKED else ""


def _mounts() -> list[str]:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return []


_MOUNTS = Path("/proc/self/mountinfo")
_NETWORKED = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "ceph", "fuse.ceph", "glusterfs", "fuse.glusterfs"),
    *("fuse.sshfs", "fuse.s3fs", "fuse.rclone", "davfs", "fuse.davfs2", "lustre", "gpfs", "beegfs", "gfs2", "ocfs2"),
}


def _make_private(path: Path) -> None:
    try:
        have_private(path)
    except OSError as error:
        if _is_link(path):
            raise JournalError(f"the journal {path} is a link, and none is followed: name the file itself") from error
        raise JournalError(f"the journal {path} cannot be opened: {error.strerror}") from error


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # its name is longer than any can be
        return False


def _configure(connection: DBAPIConnection, _record: object) -> None:
    # WAL lets `runs` read while a run writes; FULL makes a commit outlive a power cut, not only a kill
    for pragma in (f"busy_timeout={_BUSY_SECONDS}000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _make_haste(connection: DBAPIConnection, _record: object) -> None:
    # a slot that a power cut takes back is over by then; waiting for the disk before every request would cost each
    # account of the process some of its allowance
    connection.execute("PRAGMA synchronous=NORMAL")


def _migrate(engine: Engine, path: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # one at a time, and all of it or nothing
        known = inspect(connection).has_table(VERSION.name)
        if not known and set(inspect(connection).get_table_names()) - META.tables.keys():
            raise JournalError(f"{path} is a database of another program; set LOADER_JOURNAL to another file")
        version = connection.scalar(select(VERSION.c.version)) or 0 if known else 0
        if version > len(MIGRATIONS):
            raise JournalError(
                f"{path} has journal version {version}, made by a newer campaign-loader; this one knows "
                f"{len(MIGRATIONS)}: upgrade campaign-loader, or set LOADER_JOURNAL to another file"
            )
        if version == len(MIGRATIONS):
            return
        if known:
            _keep_copy(path, version)
        for migration in MIGRATIONS[version:] if version else MIGRATIONS[:1]:
            migration(connection)
        connection.execute(VERSION.delete())
        connection.execute(insert(VERSION).values(version=len(MIGRATIONS)))


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except zlib.error as error:
        raise JournalError(f"the journal {path} is damaged: {error}") from error
    except SQLAlchemyError as error:
        # the driver's own words only: SQLAlchemy's message would add the statement and its values
        why = error.orig if isinstance(error, DBAPIError) else type(error).__name__
        raise JournalError(f"the journal {path} cannot be read or written: {why}") from error
