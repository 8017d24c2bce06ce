"""When the next request of an account may leave, for all processes that use one journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, update
from sqlalchemy.dialects.sqlite import insert

from loader.api.rate_limiter import LONGEST_LIMIT_PAUSE_SECONDS
from loader.storage.schema import RATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.storage.database import Database

_RESERVE = (
    update(RATE)
    .where(RATE.c.account == bindparam("of_account"))
    .values(
        next_at=case(
            (RATE.c.next_at.between(bindparam("now"), bindparam("last")), RATE.c.next_at),
            else_=bindparam("now", type_=RATE.c.next_at.type),
        )
        + bindparam("length", type_=RATE.c.next_at.type)
    )
    .returning(RATE.c.next_at)
)
_HOLD = (
    update(RATE)
    .where(RATE.c.account == bindparam("of_account"), RATE.c.next_at < bindparam("until"))
    .values(next_at=bindparam("until"))
)


class AccountRate:
    """Stored in the journal's file. `clock` is the machine's monotonic one."""

    def __init__(self, database: Database, account: str, clock: Callable[[], float]) -> None:
        self._database, self._account, self._clock = database, account, clock
        with database.writing() as connection:
            connection.execute(insert(RATE).values(account=account, next_at=0).on_conflict_do_nothing())

    def reserve(self, length: float) -> float:
        """When the next free slot of so many seconds begins.

        What the clock shows as further away than anybody may be held was written before the machine was started anew.
        """
        now = self._clock()
        last = now + LONGEST_LIMIT_PAUSE_SECONDS + 100 * length
        with self._database.writing(hasty=True) as connection:
            parameters = {"of_account": self._account, "now": now, "length": length, "last": last}
            end: float = connection.execute(_RESERVE, parameters).scalar_one()
        return end - length

    def hold(self, until: float) -> None:
        """Let none begin before."""
        with self._database.writing(hasty=True) as connection:
            connection.execute(_HOLD, {"of_account": self._account, "until": until})
