"""The journal's tables, how nouns become their rows, and a journal of an earlier version one of today's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeDecorator

from loader.model.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Dialect, Row

    from loader.model.records import Intent, Record, Run, Seen, Settlement
    from loader.model.row import Outcome


class Moment(TypeDecorator[datetime]):
    """A time as seconds since 1970: every database orders and keeps it alike."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromtimestamp(value, UTC)


META = MetaData()
VERSION = Table("schema_version", META, Column("version", Integer, nullable=False))
WORKBOOK = Table(
    "workbook", META, Column("digest", String, primary_key=True), Column("content", LargeBinary, nullable=False)
)
RUN = Table(
    "run",
    META,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("application", String, nullable=False),
    Column("user", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("file", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("options", JSON, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("requests", Integer, nullable=False),
    Column("counts", JSON),
    # raised with every process that begins the run, and when its rows are taken over: who writes in another one is late
    Column("epoch", Integer, nullable=False, server_default="0"),
)
CAMPAIGN = Table(
    "campaign",
    META,
    Column("application", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("digest", String, nullable=False, default=""),
    Column("body", LargeBinary, nullable=False, default=b""),
    Column("clear", Boolean, nullable=False, default=False),
    Column("accepted", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message", String, nullable=False, default=""),
    Column("http_status", Integer),
    Column("campaign_id", String),
    Column("campaign_status", String),
    Column("since", Moment),
    Column("submitted_at", Moment),
    Column("run", String, nullable=False, default=""),
    # the run that is working on this row; it counts for as long as that run lives
    Column("held_by", String, nullable=False, default=""),
    # the server's updatedAt as it was last seen: a later one shows that somebody touched it
    Column("updated_at", Moment),
    Column("gone", String),
    # SQLite takes a part of an index for whoever asks for a value: those that have none cost nothing
    *(
        Index(f"campaign_by_{name}", name, sqlite_where=text(f"{name} IS NOT NULL"))
        for name in ("campaign_id", "submitted_at")
    ),
)
OUTCOME = Table(
    "outcome",
    META,
    Column("of_run", String, primary_key=True),
    # blank where the run loads one sheet only
    Column("sheet", String, primary_key=True, server_default=""),
    Column("row", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("message", String, nullable=False),
    Column("campaign_id", String),
    Column("campaign_status", String),
    Column("http_status", Integer),
    Column("attempts", Integer, nullable=False),
    Column("submitted_at", Moment),
    Column("run", String, nullable=False),
    Column("gone", String),
)
# what the campaign list showed before a run sent its first row: ids of campaigns, by all that it shows but their names;
# stored as long as rows of the run are in doubt
LOOKALIKES = Table("lookalikes", META, Column("run", String, primary_key=True), Column("ids", JSON, nullable=False))
# when the next request of an account may leave, in seconds of the machine's own clock since it was started
RATE = Table("pace", META, Column("account", String, primary_key=True), Column("next_at", Double, nullable=False))


def _complete(connection: Connection) -> None:
    """Add the tables and columns that an earlier version did not have."""
    META.create_all(connection)
    for table in META.sorted_tables:
        known = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                clause = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {clause}")


def _tell_sheets_apart(connection: Connection) -> None:
    """A row of a run is known by its sheet, too: SQLite cannot change a primary key, so the table is made anew."""
    connection.exec_driver_sql("ALTER TABLE outcome RENAME TO outcome_of_one_sheet")
    OUTCOME.create(connection)
    names = ", ".join(column.name for column in OUTCOME.columns if column.name != "sheet")
    connection.exec_driver_sql(f"INSERT INTO outcome (sheet, {names}) SELECT '', {names} FROM outcome_of_one_sheet")  # noqa: S608 - our own
    connection.exec_driver_sql("DROP TABLE outcome_of_one_sheet")


def _separate_gone(connection: Connection) -> None:
    """Put our own words for campaigns that are gone where the server's statuses do not stand."""
    _complete(connection)
    ours = {
        CAMPAIGN: CAMPAIGN.c.campaign_status == "Vanished",
        OUTCOME: (OUTCOME.c.campaign_status == "Vanished")
        | ((OUTCOME.c.campaign_status == "Deleted") & (OUTCOME.c.status == "Not sent")),
    }
    for table, condition in ours.items():
        connection.execute(update(table).where(condition).values(gone=table.c.campaign_status, campaign_status=None))


def _index_campaigns(connection: Connection) -> None:
    """Let campaigns be found by id and by time: no run reads all of them."""
    for index in CAMPAIGN.indexes:
        index.create(connection, checkfirst=True)


# each step brings a journal from its place in this list to the next version; a step, once released, never changes
MIGRATIONS: Sequence[Callable[[Connection], None]] = (
    META.create_all,
    _complete,
    _complete,
    _separate_gone,
    _tell_sheets_apart,
    _index_campaigns,
)


def names_of(noun: type[Intent | Settlement | Seen | Record | Run | Outcome]) -> list[str]:
    """The columns of a noun: those of the attempt that it holds stand among its own."""
    names = list(noun.__slots__)
    if "attempt" in names:
        at = names.index("attempt")
        names[at : at + 1] = Attempt.__slots__
    return names


def attempt_in(row: Row[Any]) -> Attempt:
    return Attempt(**{name: row._mapping[name] for name in Attempt.__slots__})  # noqa: SLF001


def values_of(noun: Run | Outcome, *, but: str = "") -> dict[str, object]:
    """A noun as a row of its table."""
    return {name: getattr(noun, name) for name in names_of(type(noun)) if name != but}


def keyed(application: str, noun: Intent | Settlement | Seen | Record) -> dict[str, object]:
    """A noun as the parameters of a statement about the campaign of its key."""
    values = {name: getattr(noun, name) for name in names_of(type(noun)) if name != "key"}
    return {**values, "of_application": application, "of_key": noun.key}
