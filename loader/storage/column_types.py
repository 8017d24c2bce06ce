"""How values are stored: times as numbers, what stands in many rows by its number, and what is long in few bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, String, Table, bindparam, event, insert, select
from sqlalchemy.types import TypeDecorator

from loader.storage.packing import hex_in, packed_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection, Dialect

META = MetaData()
# applications and runs, by the number that stands for them in all tables
IDENTIFIER = Table(
    "identifier",
    META,
    Column("number", Integer, primary_key=True),
    Column("text", String, nullable=False, unique=True),
)
_NUMBER = insert(IDENTIFIER).prefix_with("OR IGNORE")


@event.listens_for(IDENTIFIER, "after_create")
def _number_none(_table: Table, connection: Connection, **_: object) -> None:
    """Give "no run" a number of its own, so that a run that is not known is never taken for it."""
    connection.execute(_NUMBER, {"number": 0, "text": ""})


def number(connection: Connection, texts: Iterable[str]) -> None:
    """Give applications and runs their numbers; before that no row can name them."""
    if rows := [{"text": text} for text in texts]:
        connection.execute(_NUMBER, rows)


def numbers_of(parameter: str) -> Select[tuple[int]]:
    """The numbers of texts that are a statement's parameter."""
    return select(IDENTIFIER.c.number).where(IDENTIFIER.c.text.in_(bindparam(parameter, expanding=True)))


class Numbered(TypeDecorator[str]):
    """An application or a run. A statement names it by its text, and the database looks for the number."""

    impl = Integer
    cache_ok = True

    def bind_expression(self, bindparam: ColumnElement[str]) -> ColumnElement[str]:
        return select(IDENTIFIER.c.number).where(IDENTIFIER.c.text == bindparam).scalar_subquery()

    def column_expression(self, column: ColumnElement[str]) -> ColumnElement[str]:
        return select(IDENTIFIER.c.text).where(IDENTIFIER.c.number == column).scalar_subquery()


class Moment(TypeDecorator[datetime]):
    """A time as seconds since 1970: every database orders and keeps it alike."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromtimestamp(value, UTC)


class Hex(TypeDecorator[str]):
    """A digest, or the id of a campaign."""

    impl = String  # SQLite keeps the bytes; what is no hexadecimal number stays a text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | str | None:  # noqa: ARG002
        return None if value is None else packed_hex(value)

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else hex_in(value)


class Packed(TypeDecorator[bytes]):
    """Bytes, stored as fewer."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self.pack, self.unpack = pack, unpack

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else self.pack(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else self.unpack(value)
