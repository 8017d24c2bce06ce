"""How runs ended, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from loader.model.row import Gone, Outcome, Status
from loader.storage.schema import OUTCOME, attempt_in, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection, Row

    from loader.storage.database import Database

_COLUMNS = [column for column in OUTCOME.c if column is not OUTCOME.c.of_run]


def _outcome(row: Row[Any]) -> Outcome:
    own = {name: row._mapping[name] for name in ("row", "name", "run", "sheet")}  # noqa: SLF001
    status, gone = Status(row.status), Gone(row.gone) if row.gone else None
    return Outcome(**own, status=status, gone=gone, attempt=attempt_in(row))


class OutcomeStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, run_id: str) -> Sequence[Outcome]:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(*_COLUMNS).where(OUTCOME.c.of_run == run_id).order_by(OUTCOME.c.sheet, OUTCOME.c.row)
            )
            return [_outcome(row) for row in rows]

    def replace(self, connection: Connection, run_id: str, outcomes: Iterable[Outcome]) -> None:
        rows = [{**values_of(outcome, but="problems"), "of_run": run_id} for outcome in outcomes]
        connection.execute(OUTCOME.delete().where(OUTCOME.c.of_run == run_id))
        if rows:
            connection.execute(insert(OUTCOME), rows)

    def change(self, connection: Connection, run_id: str, outcome: Outcome) -> None:
        row = OUTCOME.c.of_run == run_id, OUTCOME.c.sheet == outcome.sheet, OUTCOME.c.row == outcome.row
        connection.execute(update(OUTCOME).where(*row).values(values_of(outcome, but="problems")))
