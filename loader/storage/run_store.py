"""Runs and the workbooks they were begun with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from loader.errors import JournalError
from loader.model.records import Run
from loader.storage.column_types import number, numbers_of
from loader.storage.schema import RUN, WORKBOOK, values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from loader.storage.database import Database

_COLUMNS = [RUN.c[name] for name in Run.__slots__]
_new = insert(RUN)
_BEGIN = _new.on_conflict_do_update(
    index_elements=[RUN.c.id],
    set_={**{name: _new.excluded[name] for name in Run.__slots__}, "epoch": RUN.c.epoch + 1},
).returning(RUN.c.epoch)
_KEEP = insert(WORKBOOK).on_conflict_do_nothing()
_OF_RUN = RUN.c.id == bindparam("of_run")
_CHANGE = update(RUN).where(_OF_RUN).values({name: bindparam(name) for name in Run.__slots__ if name != "id"})
_COUNT = update(RUN).where(_OF_RUN).values(counts=bindparam("counts"))
_WHO = select(RUN.c.process, RUN.c.started_at).where(_OF_RUN)
_ALL = select(*_COLUMNS).order_by(RUN.c.started_at.desc(), RUN.c.id.desc())
_OF_APPLICATION = select(RUN.c.id).where(RUN.c.application == bindparam("of_application"))
_PRUNE = update(RUN).where(RUN.c.id.in_(numbers_of("runs"))).values(pruned_at=bindparam("now"))
_DROP = delete(WORKBOOK).where(WORKBOOK.c.digest.not_in(select(RUN.c.digest).where(RUN.c.pruned_at.is_(None))))
_WORKBOOK = select(WORKBOOK.c.content).where(WORKBOOK.c.digest == bindparam("of_digest"))


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, run: Run, content: bytes) -> int:
        """Remember a run, new or taken up again, and return the epoch that begins with it."""
        with self._database.writing() as connection:
            number(connection, [run.id, run.application])
            connection.execute(_KEEP, {"digest": run.digest, "content": content})
            epoch: int = connection.execute(_BEGIN, {**values_of(run), "epoch": 1}).scalar_one()
        return epoch

    def change(self, connection: Connection, run: Run) -> None:
        values = values_of(run)
        connection.execute(_CHANGE, {**values, "of_run": values.pop("id")})

    def count(self, connection: Connection, run_id: str, counts: Mapping[str, int]) -> None:
        connection.execute(_COUNT, {"of_run": run_id, "counts": dict(counts)})

    def prune(self, connection: Connection, run_ids: Collection[str], now: datetime) -> None:
        """Note that runs are pruned, and drop the workbooks that no other run was begun with."""
        connection.execute(_PRUNE, {"runs": list(run_ids), "now": now})
        connection.execute(_DROP)

    def who(self, run_id: str) -> str:
        """A run, and the process that was at it last, in words."""
        with self._database.reading() as connection:
            run = connection.execute(_WHO, {"of_run": run_id}).first()
        if run is None:
            return f"run {run_id}"
        return f"run {run_id} (process {run.process}, since {run.started_at:%Y-%m-%d %H:%M:%S} UTC)"

    def all(self) -> Sequence[Run]:
        """The latest first."""
        with self._database.reading() as connection:
            return [Run(**row._mapping) for row in connection.execute(_ALL)]  # noqa: SLF001 - SQLAlchemy's documented name

    def of(self, application: str) -> set[str]:
        """The ids of all runs of an application."""
        with self._database.reading() as connection:
            return set(connection.scalars(_OF_APPLICATION, {"of_application": application}))

    def workbook(self, digest: str) -> bytes:
        with self._database.reading() as connection:
            content: bytes | None = connection.scalar(_WORKBOOK, {"of_digest": digest})
        if content is None:
            raise JournalError(f"the journal does not hold the workbook {digest[:12]}")
        return content
