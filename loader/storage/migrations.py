"""A journal of an earlier version becomes one of today's. A step, once released, never changes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn

from loader.model.row import Gone, Outcome, Status
from loader.storage.column_types import META, Moment
from loader.storage.outcome_portions import write_outcomes
from loader.storage.schema import attempt_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Row

# the layout of version 6, from which all steps but the last know their tables
WIDE = MetaData()
WORKBOOK = Table(
    "workbook", WIDE, Column("digest", String, primary_key=True), Column("content", LargeBinary, nullable=False)
)
RUN = Table(
    "run",
    WIDE,
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
    WIDE,
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
    WIDE,
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
LOOKALIKES = Table("lookalikes", WIDE, Column("run", String, primary_key=True), Column("ids", JSON, nullable=False))


def _complete(connection: Connection) -> None:
    """Add the tables and columns that an earlier version did not have."""
    WIDE.create_all(connection)
    for table in WIDE.sorted_tables:
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


def _narrow(connection: Connection) -> None:
    """Number applications and runs, and pack what is long: SQLite cannot change a key, so the tables are made anew."""
    for index in CAMPAIGN.indexes:
        index.drop(connection, checkfirst=True)
    for table in WIDE.sorted_tables:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO wide_{table.name}")
    META.create_all(connection)
    for column in _NUMBERED:
        connection.exec_driver_sql(
            f"INSERT OR IGNORE INTO identifier (text) SELECT {column.name} FROM wide_{column.table.name}"  # noqa: S608 - our own
        )
    wide = MetaData()
    for table in (WORKBOOK, RUN, CAMPAIGN, LOOKALIKES):
        rows = connection.execute(select(table.to_metadata(wide, name=f"wide_{table.name}"))).mappings()
        for some in rows.partitions(_AT_ONCE):
            connection.execute(insert(META.tables[table.name]), [dict(row) for row in some])
    outcomes = OUTCOME.to_metadata(wide, name="wide_outcome")
    in_order = connection.execute(select(outcomes).order_by(*outcomes.primary_key))
    for run_id, of_run in groupby(in_order, lambda row: row.of_run):
        write_outcomes(connection, run_id, map(_outcome, of_run))
    for name in WIDE.tables:
        connection.exec_driver_sql(f"DROP TABLE wide_{name}")


def _outcome(row: Row[Any]) -> Outcome:
    own = {name: row._mapping[name] for name in ("row", "name", "run", "sheet")}  # noqa: SLF001
    status, gone = Status(row.status), Gone(row.gone) if row.gone else None
    return Outcome(**own, status=status, gone=gone, attempt=attempt_in(row))


_NUMBERED = (
    *(RUN.c.id, RUN.c.application, CAMPAIGN.c.application, CAMPAIGN.c.run, CAMPAIGN.c.held_by),
    *(OUTCOME.c.of_run, OUTCOME.c.run, LOOKALIKES.c.run),
)
_AT_ONCE = 1000

# the first step makes a journal of today; each other one leads from its place in this list to the next version
MIGRATIONS: Sequence[Callable[[Connection], None]] = (
    META.create_all,
    _complete,
    _complete,
    _separate_gone,
    _tell_sheets_apart,
    _index_campaigns,
    _narrow,
)
