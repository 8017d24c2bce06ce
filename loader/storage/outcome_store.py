"""How runs ended, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from loader.storage.column_types import numbers_of
from loader.storage.outcome_portions import outcomes_in, packed, write_outcomes
from loader.storage.schema import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.engine import Connection

    from loader.model.row import Outcome
    from loader.storage.database import Database

_OF_RUN = OUTCOME.c.of_run == bindparam("run")
_ALL = select(OUTCOME.c.sheet, OUTCOME.c.content).where(_OF_RUN).order_by(OUTCOME.c.sheet, OUTCOME.c.from_row)
_DELETE = delete(OUTCOME).where(_OF_RUN)
_DROP = delete(OUTCOME).where(OUTCOME.c.of_run.in_(numbers_of("runs")))
_AMONG = _OF_RUN, OUTCOME.c.sheet == bindparam("of_sheet")
_HOLDING = (
    select(OUTCOME.c.from_row, OUTCOME.c.content)
    .where(*_AMONG, OUTCOME.c.from_row <= bindparam("of_row"))
    .order_by(OUTCOME.c.from_row.desc())
    .limit(1)
)
_CHANGE = update(OUTCOME).where(*_AMONG, OUTCOME.c.from_row == bindparam("of_row"))


class OutcomeStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, run_id: str) -> Sequence[Outcome]:
        with self._database.reading() as connection:
            rows = connection.execute(_ALL, {"run": run_id})
            return [outcome for row in rows for outcome in outcomes_in(row.sheet, row.content)]

    def replace(self, connection: Connection, run_id: str, outcomes: Iterable[Outcome]) -> None:
        connection.execute(_DELETE, {"run": run_id})
        write_outcomes(connection, run_id, sorted(outcomes, key=lambda outcome: outcome.at))

    def drop(self, connection: Connection, run_ids: Collection[str]) -> None:
        connection.execute(_DROP, {"runs": list(run_ids)})

    def change(self, connection: Connection, run_id: str, outcome: Outcome) -> None:
        """Put this in the place of what the run said of the same row."""
        of_row = {"run": run_id, "of_sheet": outcome.sheet, "of_row": outcome.row}
        if found := connection.execute(_HOLDING, of_row).first():
            rows = [outcome if it.row == outcome.row else it for it in outcomes_in(outcome.sheet, found.content)]
            connection.execute(_CHANGE, {**of_row, "of_row": found.from_row, "content": packed(rows)})
