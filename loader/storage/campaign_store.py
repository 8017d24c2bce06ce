"""What is remembered of every campaign, and the statements that change it.

What writes in the name of a run says so in its condition and returns how many rows it changed: a row that another run
has taken over meanwhile is not among them.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, bindparam, case, func, literal, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from loader.errors import JournalError
from loader.model.records import Record, Standing, State
from loader.model.row import Gone
from loader.storage.schema import CAMPAIGN, attempt_in, keyed, names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection, Row

    from loader.model.records import Intent, Run, Seen, Settlement, Turn
    from loader.storage.database import Database

_OF_KEY = (CAMPAIGN.c.application == bindparam("of_application"), CAMPAIGN.c.key == bindparam("of_key"))
_OURS = (*_OF_KEY, CAMPAIGN.c.held_by == bindparam("by"))
# as if it had never been sent
_BLANK = dict.fromkeys(("campaign_id", "campaign_status", "gone", "http_status", "submitted_at", "updated_at"))
_CLAIM = (
    update(CAMPAIGN)
    .where(*_OURS, CAMPAIGN.c.state == bindparam("was"))
    .values(
        **_BLANK,
        state=State.SENDING,
        digest=bindparam("digest"),
        body=bindparam("body"),
        clear=bindparam("clear"),
        since=bindparam("since"),
        run=bindparam("by"),
        message="",
        accepted=False,
        attempts=CAMPAIGN.c.attempts + 1,
    )
)
_GIVEN_BACK = [name for name in names_of(Record) if name not in ("key", "held_by")]
_GIVE_BACK = (
    update(CAMPAIGN)
    .where(*_OURS, CAMPAIGN.c.state == bindparam("claimed"))
    .values({name: bindparam(name) for name in _GIVEN_BACK})
)
_TAKE = update(CAMPAIGN).where(*_OF_KEY, CAMPAIGN.c.held_by == bindparam("seen")).values(held_by=bindparam("by"))
_SETTLED = ("state", "attempts", "message", "http_status", "campaign_id", "campaign_status", "accepted", "submitted_at")
_SETTLE = update(CAMPAIGN).where(*_OURS).values({name: bindparam(name) for name in _SETTLED} | {"gone": None})
_OF_CAMPAIGN = CAMPAIGN.c.campaign_id == bindparam("of_campaign")
_OBSERVE = (
    update(CAMPAIGN)
    .where(*_OF_KEY, _OF_CAMPAIGN, CAMPAIGN.c.state == bindparam("created"))
    .values({name: bindparam(name) for name in ("campaign_status", "gone", "updated_at")})
)
_TURN = update(CAMPAIGN).where(*_OURS, _OF_CAMPAIGN, CAMPAIGN.c.state.in_((State.CREATED, State.DELETING)))
_COLUMNS = [CAMPAIGN.c[name] for name in names_of(Record)]
# with a plus SQLite looks for no index here: that of the other condition finds a few, and this one's finds most of them
_application = literal_column("+campaign.application", String)
_in_state = literal_column("+campaign.state", String)
_IS_LOOSE = CAMPAIGN.c.state.in_((State.SENDING, State.UNKNOWN))
_BEARERS = "SELECT key FROM campaign WHERE +application = ? AND campaign_id = ?"
_PORTION = 1000


def _is_of(application: str) -> ColumnElement[bool]:
    return _application == application


def _in_portions(values: Collection[str]) -> Iterator[list[str]]:
    """A statement has room for so many values only."""
    rest = iter(values)
    while some := list(islice(rest, _PORTION)):
        yield some


def _record(row: Row[Any]) -> Record:
    own = {name: row._mapping[name] for name in Record.__slots__ if name != "attempt"}  # noqa: SLF001
    state, gone = State(row.state), Gone(row.gone) if row.gone else None
    return Record(**{**own, "attempt": attempt_in(row), "state": state, "gone": gone})


class CampaignStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, application: str) -> Mapping[str, Record]:
        """All campaigns of an application by key; bodies only of those in doubt, nobody needs the others again."""
        return self._found([CAMPAIGN.c.application == application])

    def of(self, application: str, keys: Collection[str], ids: Collection[str] = ()) -> Mapping[str, Record]:
        """Those of these keys, and those that bear these ids of campaigns."""
        by_key = [and_(CAMPAIGN.c.application == application, CAMPAIGN.c.key.in_(some)) for some in _in_portions(keys)]
        by_id = [and_(_is_of(application), CAMPAIGN.c.campaign_id.in_(some)) for some in _in_portions(ids)]
        return self._found([*by_key, *by_id])

    def loose(self, application: str) -> Mapping[str, Record]:
        """What may have been sent, and has no end that is known."""
        return self._found([and_(_is_of(application), _IS_LOOSE)])

    def _found(self, conditions: Iterable[ColumnElement[bool]]) -> Mapping[str, Record]:
        body = case((_IS_LOOSE, CAMPAIGN.c.body), else_=literal(b"")).label("body")
        columns = [body if column is CAMPAIGN.c.body else column for column in _COLUMNS]
        found: dict[str, Record] = {}
        with self._database.reading() as connection:
            for condition in conditions:
                found |= {row.key: _record(row) for row in connection.execute(select(*columns).where(condition))}
        return found

    def standing(self, application: str) -> Standing:
        sending = select(CAMPAIGN.c.key).where(_is_of(application), CAMPAIGN.c.state == State.SENDING)
        with self._database.reading() as connection:
            return Standing(partial(self._borne_among, application), frozenset(connection.scalars(sending)))

    def _borne_among(self, application: str, ids: Collection[str]) -> Collection[str]:
        borne: set[str] = set()
        with self._database.reading() as connection:
            for some in _in_portions(ids):
                of_these = _is_of(application), CAMPAIGN.c.campaign_id.in_(some)
                borne.update(connection.scalars(select(CAMPAIGN.c.campaign_id).where(*of_these)))
        return borne

    def bearers(self, application: str, campaign_id: str) -> list[str]:
        """The keys that bear a campaign."""
        return self._database.column(_BEARERS, application, campaign_id)

    def answered_before(self, application: str, moment: datetime, number: int) -> list[str]:
        """The ids of the last campaigns, so many, that were answered as created before a moment."""
        created = _is_of(application), _in_state == State.CREATED, CAMPAIGN.c.campaign_id.is_not(None)
        latest_first = CAMPAIGN.c.submitted_at.desc(), CAMPAIGN.c.campaign_id.desc()
        wanted = select(CAMPAIGN.c.campaign_id).where(*created, CAMPAIGN.c.submitted_at < moment)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted.order_by(*latest_first).limit(number)))[::-1]

    def body(self, application: str, key: str) -> bytes:
        wanted = select(CAMPAIGN.c.body).where(CAMPAIGN.c.application == application, CAMPAIGN.c.key == key)
        with self._database.reading() as connection:
            return bytes(connection.scalar(wanted) or b"")

    def count(self) -> int:
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(CAMPAIGN)) or 0

    def enroll(self, application: str, names: Mapping[str, str]) -> None:
        """Make a record, OPEN, for every campaign that has none; `names` by key."""
        known = self.of(application, names)
        new = [
            {"application": application, "key": key, "name": name, "state": State.OPEN}
            for key, name in names.items()
            if key not in known
        ]
        if new:
            with self._database.writing() as connection:
                connection.execute(insert(CAMPAIGN).on_conflict_do_nothing(), new)

    def take(self, connection: Connection, application: str, run_id: str, records: Iterable[Record]) -> int:
        """Take these, as they were seen, for a run."""
        rows = [
            {"of_application": application, "of_key": record.key, "seen": record.held_by, "by": run_id}
            for record in records
        ]
        return connection.execute(_TAKE, rows).rowcount if rows else 0

    def claim(
        self, connection: Connection, application: str, run_id: str, intents: Sequence[Intent]
    ) -> Sequence[Record]:
        """Write down what is about to be sent, and return what stood there before.

        Raises:
            JournalError: a campaign is not in the state it should be in, or not this run's.
        """
        of_intents = CAMPAIGN.c.application == application, CAMPAIGN.c.key.in_([intent.key for intent in intents])
        rows = connection.execute(select(*_COLUMNS).where(*of_intents))
        before = [_record(row) for row in rows]
        claimed = connection.execute(_CLAIM, [{**keyed(application, intent), "by": run_id} for intent in intents])
        if claimed.rowcount != len(intents):
            raise JournalError("a campaign about to be sent is not as the journal had it; start the run again")
        return before

    def give_back(self, connection: Connection, application: str, run_id: str, records: Sequence[Record]) -> int:
        """Put back what stood there before the claim."""
        rows = [{**keyed(application, record), "by": run_id, "claimed": State.SENDING} for record in records]
        return connection.execute(_GIVE_BACK, rows).rowcount if rows else 0

    def settle(self, connection: Connection, application: str, run_id: str, settlements: Sequence[Settlement]) -> int:
        rows = [{**keyed(application, settlement), "by": run_id} for settlement in settlements]
        return connection.execute(_SETTLE, rows).rowcount if rows else 0

    def observe(self, connection: Connection, application: str, seen: Sequence[Seen]) -> None:
        rows = [{**keyed(application, one), "of_campaign": one.campaign_id, "created": State.CREATED} for one in seen]
        if rows:
            connection.execute(_OBSERVE, rows)

    def turn(self, connection: Connection, run: Run, turn: Turn) -> bool:
        reset = {**_BLANK, "accepted": False, "attempts": 0, "message": turn.outcome.message}
        values = {"state": turn.state, **(reset if turn.state is State.OPEN else {})}
        ours = {"of_application": run.application, "of_key": turn.key, "by": run.id, "of_campaign": turn.campaign_id}
        return connection.execute(_TURN.values(values), ours).rowcount == 1
