"""What the campaign list showed before the rows of a run were first sent: none of these campaigns is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, text

from loader.model.records import State
from loader.storage.column_types import numbers_of
from loader.storage.schema import CAMPAIGN, LOOKALIKES, RUN, WITHOUT_END

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Connection

    Lookalikes = Mapping[str, Collection[str]]

_OF_RUNS = select(LOOKALIKES.c.run, LOOKALIKES.c.ids).where(LOOKALIKES.c.run.in_(numbers_of("runs")))
_FORGET = delete(LOOKALIKES).where(LOOKALIKES.c.run.in_(numbers_of("runs")))


def remember(connection: Connection, run_id: str, lookalikes: Lookalikes) -> None:
    """Write down the ids, by what the campaigns look like.

    A run that is taken up again may have rows in doubt: of them what it showed at first counts, so nothing is added to
    a group that is known already.
    """
    known = _of(connection, [run_id]).get(run_id, {})
    fewer = {look: sorted(ids & known[look] if look in known else ids) for look, ids in _sets(lookalikes).items()}
    connection.execute(delete(LOOKALIKES).where(LOOKALIKES.c.run == run_id))
    connection.execute(insert(LOOKALIKES).values(run=run_id, ids={**{k: sorted(v) for k, v in known.items()}, **fewer}))
    loose = select(CAMPAIGN.c.run).where(text(WITHOUT_END), CAMPAIGN.c.state != State.DELETING)
    ended = select(RUN.c.id).where(RUN.c.ended_at.is_not(None))
    connection.execute(
        delete(LOOKALIKES).where(
            LOOKALIKES.c.run != run_id, LOOKALIKES.c.run.in_(ended), LOOKALIKES.c.run.not_in(loose)
        )
    )


def forget(connection: Connection, run_ids: Collection[str]) -> None:
    connection.execute(_FORGET, {"runs": list(run_ids)})


def remembered(connection: Connection, run_ids: Collection[str]) -> Mapping[str, Lookalikes]:
    """What is remembered of these runs, by run."""
    return _of(connection, run_ids)


def _of(connection: Connection, run_ids: Collection[str]) -> dict[str, dict[str, set[str]]]:
    rows = connection.execute(_OF_RUNS, {"runs": list(run_ids)})
    return {row.run: _sets(row.ids) for row in rows}


def _sets(lookalikes: Lookalikes) -> dict[str, set[str]]:
    return {look: set(ids) for look, ids in lookalikes.items()}
