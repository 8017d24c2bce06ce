"""The file a journal is kept in: private, of today's version, and with a sentence for whatever goes wrong in it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from loader.errors import JournalError
from loader.storage.schema import META, MIGRATIONS, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine


class Database:
    """Open with `open_database`. Reading and writing raise JournalError, and end with the block."""

    version = len(MIGRATIONS)

    def __init__(self, engine: Engine, path: str, hasty: Engine | None = None) -> None:
        self._engine, self._hasty, self.path = engine, hasty or engine, path

    def close(self) -> None:
        self._engine.dispose()
        self._hasty.dispose()

    @contextmanager
    def writing(self, *, hasty: bool = False) -> Iterator[Connection]:
        """One transaction. It is on disk at its end, unless it is `hasty`: then a power cut may take it back."""
        with _translated(self.path), (self._hasty if hasty else self._engine).begin() as connection:
            yield connection

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
    _make_private(Path(path))
    engine, hasty = create_engine(url), create_engine(url)
    event.listen(engine, "connect", _configure)
    event.listen(hasty, "connect", _configure)
    event.listen(hasty, "connect", _make_haste)
    with _translated(path):
        _migrate(engine, path)
    return Database(engine, path, hasty)


def journal_path(address: str) -> Path:
    """The file that a URL such as `sqlite:///output/journal.db` names.

    Raises:
        JournalError: it names none.
    """
    return Path(str(_url(address).database))


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except SQLAlchemyError as error:
        raise JournalError("LOADER_JOURNAL is no database URL such as sqlite:///output/journal.db") from error
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or not url.database or url.database == ":memory:":
        raise JournalError("LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db")
    return url


def _make_private(path: Path) -> None:
    try:
        for folder in reversed([one for one in path.parents if not one.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be opened: {error.strerror}") from error


def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    # WAL lets `runs` read while a run writes; FULL makes a commit outlive a power cut, not only a kill
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _make_haste(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
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
        for migration in MIGRATIONS[version:]:
            migration(connection)
        connection.execute(VERSION.delete())
        connection.execute(insert(VERSION).values(version=len(MIGRATIONS)))


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # the driver's own words only: SQLAlchemy's message would add the statement and its values
        why = error.orig if isinstance(error, DBAPIError) else type(error).__name__
        raise JournalError(f"the journal {path} cannot be read or written: {why}") from error
