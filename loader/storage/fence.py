"""A run's writes: accepted for as long as this process is the one that carries it out.

A lock alone proves nothing to the journal: its file can be removed, and a process can sleep while another goes on
with its work. So beginning a run, and taking rows of one that has died, raise its epoch; whoever still writes in the
old one is refused.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from loader.errors import JournalError
from loader.storage.column_types import numbers_of
from loader.storage.schema import RUN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.engine import Connection

    from loader.storage.database import Database


_STILL_OURS = (
    update(RUN).where(RUN.c.id == bindparam("of_run"), RUN.c.epoch == bindparam("of_epoch")).values(epoch=RUN.c.epoch)
)
_END_HOLD = update(RUN).where(RUN.c.id.in_(numbers_of("runs"))).values(epoch=RUN.c.epoch + 1)


class Fence:
    """The runs that this process carries out, each with the epoch it was begun in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._epochs: dict[str, int] = {}

    def hold(self, run_id: str, epoch: int) -> None:
        self._epochs[run_id] = epoch

    def let_go(self, run_id: str) -> None:
        self._epochs.pop(run_id, None)

    @contextmanager
    def writing(self, run_id: str) -> Iterator[Connection]:
        """One transaction in the name of a run.

        Raises:
            JournalError: another process has begun this run again, or has taken over its rows.
        """
        ours = {"of_run": run_id, "of_epoch": self._epochs.get(run_id)}
        with self._database.writing() as connection:
            if connection.execute(_STILL_OURS, ours).rowcount != 1:
                raise JournalError(
                    f"run {run_id} is not this process's any more, so nothing of it was written down: another process "
                    "has gone on with it or has taken over its rows"
                )
            yield connection


def end_hold_of(connection: Connection, runs: Collection[str]) -> None:
    """Let nothing be written any more in the name of these runs, which are thought to be dead."""
    if runs:
        connection.execute(_END_HOLD, {"runs": list(runs)})
