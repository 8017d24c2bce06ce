"""Runs and the workbooks they were begun with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from loader.errors import JournalError
from loader.model.records import Run
from loader.storage.schema import RUN, WORKBOOK, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from loader.storage.database import Database

_COLUMNS = [RUN.c[name] for name in Run.__slots__]


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, run: Run, content: bytes) -> int:
        """Remember a run, new or taken up again, and return the epoch that begins with it."""
        values = values_of(run)
        begun = insert(RUN).values(**values, epoch=1)
        again = begun.on_conflict_do_update(index_elements=[RUN.c.id], set_={**values, "epoch": RUN.c.epoch + 1})
        with self._database.writing() as connection:
            connection.execute(insert(WORKBOOK).values(digest=run.digest, content=content).on_conflict_do_nothing())
            epoch: int = connection.execute(again.returning(RUN.c.epoch)).scalar_one()
        return epoch

    def change(self, connection: Connection, run: Run) -> None:
        connection.execute(update(RUN).where(RUN.c.id == run.id).values(values_of(run)))

    def count(self, connection: Connection, run_id: str, counts: Mapping[str, int]) -> None:
        connection.execute(update(RUN).where(RUN.c.id == run_id).values(counts=dict(counts)))

    def who(self, run_id: str) -> str:
        """A run, and the process that was at it last, in words."""
        with self._database.reading() as connection:
            run = connection.execute(select(RUN.c.process, RUN.c.started_at).where(RUN.c.id == run_id)).first()
        if run is None:
            return f"run {run_id}"
        return f"run {run_id} (process {run.process}, since {run.started_at:%Y-%m-%d %H:%M:%S} UTC)"

    def all(self) -> Sequence[Run]:
        """The latest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()))
            return [Run(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name

    def of(self, application: str) -> set[str]:
        """The ids of all runs of an application."""
        with self._database.reading() as connection:
            return set(connection.scalars(select(RUN.c.id).where(RUN.c.application == application)))

    def workbook(self, digest: str) -> bytes:
        with self._database.reading() as connection:
            content = connection.scalar(select(WORKBOOK.c.content).where(WORKBOOK.c.digest == digest))
        if content is None:
            raise JournalError(f"the journal does not hold the workbook {digest[:12]}")
        return bytes(content)
