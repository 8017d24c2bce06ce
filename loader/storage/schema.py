"""The journal's tables, and how nouns become their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Column, Double, Index, Integer, LargeBinary, String, Table, text

from loader.model.attempt import Attempt
from loader.storage.column_types import META, Hex, Moment, Numbered, Packed
from loader.storage.packing import body_in, packed_body, packed_workbook, workbook_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from loader.model.records import Intent, Record, Run, Seen, Settlement
    from loader.model.row import Outcome

VERSION = Table("schema_version", META, Column("version", Integer, nullable=False))
WORKBOOK = Table(
    "workbook",
    META,
    Column("digest", Hex, primary_key=True),
    Column("content", Packed(packed_workbook, workbook_in), nullable=False),
)
RUN = Table(
    "run",
    META,
    Column("id", Numbered, primary_key=True, autoincrement=False),
    Column("account", String, nullable=False),
    Column("application", Numbered, nullable=False),
    Column("user", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("file", String, nullable=False),
    Column("digest", Hex, nullable=False),
    Column("options", JSON, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("requests", Integer, nullable=False),
    Column("counts", JSON),
    Column("pruned_at", Moment),
    # raised with every process that begins the run, and when its rows are taken over: who writes in another one is late
    Column("epoch", Integer, nullable=False, server_default="0"),
)
# SQLite takes an index for these very words only
WITHOUT_END = "state IN ('sending', 'unknown', 'deleting')"
WITH_BODY = "body != x''"
CAMPAIGN = Table(
    "campaign",
    META,
    Column("application", Numbered, primary_key=True, autoincrement=False),
    Column("key", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("state", String, nullable=False),
    Column("digest", Hex, nullable=False, default=""),
    Column("body", Packed(packed_body, body_in), nullable=False, default=b""),
    Column("clear", Boolean, nullable=False, default=False),
    Column("accepted", Boolean, nullable=False, default=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message", String, nullable=False, default=""),
    Column("http_status", Integer),
    Column("campaign_id", Hex),
    Column("campaign_status", String),
    Column("since", Moment),
    Column("submitted_at", Moment),
    Column("run", Numbered, nullable=False, default=""),
    # the run that is working on this row; it counts for as long as that run lives
    Column("held_by", Numbered, nullable=False, default=""),
    # the server's updatedAt as it was last seen: a later one shows that somebody touched it
    Column("updated_at", Moment),
    Column("gone", String),
    Index("campaign_without_end", "state", sqlite_where=text(WITHOUT_END)),
    Index("campaign_with_body", "run", sqlite_where=text(WITH_BODY)),
    # SQLite takes a part of an index for whoever asks for a value: those that have none cost nothing
    *(
        Index(f"campaign_by_{name}", name, sqlite_where=text(f"{name} IS NOT NULL"))
        for name in ("campaign_id", "submitted_at")
    ),
)
# the rows of a run: of each sheet some at a time, those from this one on
OUTCOME = Table(
    "outcome",
    META,
    Column("of_run", Numbered, primary_key=True, autoincrement=False),
    # blank where the run loads one sheet only
    Column("sheet", String, primary_key=True),
    Column("from_row", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
# what the campaign list showed before a run sent its first row: ids of campaigns, by all that it shows but their names;
# stored as long as rows of the run are in doubt
LOOKALIKES = Table(
    "lookalikes",
    META,
    Column("run", Numbered, primary_key=True, autoincrement=False),
    Column("ids", JSON, nullable=False),
)
# when the next request of an account may leave, in seconds of the machine's own clock since it was started
RATE = Table("pace", META, Column("account", String, primary_key=True), Column("next_at", Double, nullable=False))


def names_of(noun: type[Intent | Settlement | Seen | Record | Run | Outcome]) -> Sequence[str]:
    """The columns of a noun: those of the attempt that it holds stand among its own."""
    if noun not in _NAMES:
        names = list(noun.__slots__)
        if "attempt" in names:
            at = names.index("attempt")
            names[at : at + 1] = Attempt.__slots__
        _NAMES[noun] = names
    return _NAMES[noun]


_NAMES: dict[type, Sequence[str]] = {}


def attempt_in(row: Row[Any]) -> Attempt:
    return Attempt(**{name: row._mapping[name] for name in Attempt.__slots__})  # noqa: SLF001


def values_of(noun: Run) -> dict[str, object]:
    """A noun as a row of its table."""
    return {name: getattr(noun, name) for name in names_of(type(noun))}


def keyed(application: str, noun: Intent | Settlement | Seen | Record) -> dict[str, object]:
    """A noun as the parameters of a statement about the campaign of its key.

    None has the name of a column: SQLAlchemy would set that column, whatever the statement says.
    """
    values = {f"its_{name}": getattr(noun, name) for name in names_of(type(noun)) if name != "key"}
    return {**values, "of_application": application, "of_key": noun.key}
