"""What is remembered of every campaign, and the statements that change it.

What writes in the name of a run says so in its condition and returns how many rows it changed: a row that another run
has taken over meanwhile is not among them.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, case, func, literal, literal_column, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from loader.errors import JournalError
from loader.model.attempt import UNTRIED
from loader.model.records import Record, Standing, State
from loader.model.row import Gone
from loader.storage.column_types import number, numbers_of
from loader.storage.packing import packed_hex
from loader.storage.schema import CAMPAIGN, WITH_BODY, WITHOUT_END, attempt_in, keyed, names_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection, Row

    from loader.model.records import Intent, Run, Seen, Settlement, Turn
    from loader.storage.database import Database


def _its(names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    """What `keyed` gives a statement, for these columns."""
    return {name: bindparam(f"its_{name}") for name in names}


_OF_KEY = (CAMPAIGN.c.application == bindparam("of_application"), CAMPAIGN.c.key == bindparam("of_key"))
_OURS = (*_OF_KEY, CAMPAIGN.c.held_by == bindparam("by"))
# as if it had never been sent
_BLANK = dict.fromkeys(("campaign_id", "campaign_status", "gone", "http_status", "submitted_at", "updated_at"))
_CLAIM = (
    update(CAMPAIGN)
    .where(*_OURS, CAMPAIGN.c.state == bindparam("its_was"))
    .values(
        **_BLANK,
        state=State.SENDING,
        digest=bindparam("its_digest"),
        body=bindparam("its_body"),
        clear=bindparam("its_clear"),
        since=bindparam("its_since"),
        run=bindparam("by"),
        message="",
        accepted=False,
        attempts=CAMPAIGN.c.attempts + 1,
    )
)
_GIVEN_BACK = [name for name in names_of(Record) if name not in ("key", "name", "held_by")]
_GIVE_BACK = update(CAMPAIGN).where(*_OURS, CAMPAIGN.c.state == bindparam("claimed")).values(_its(_GIVEN_BACK))
_TAKE = update(CAMPAIGN).where(*_OF_KEY, CAMPAIGN.c.held_by == bindparam("seen")).values(held_by=bindparam("by"))
_SETTLED = ("state", "attempts", "message", "http_status", "campaign_id", "campaign_status", "accepted", "submitted_at")
_SETTLE = update(CAMPAIGN).where(*_OURS).values(_its(_SETTLED) | {"gone": None})
_OF_CAMPAIGN = CAMPAIGN.c.campaign_id == bindparam("of_campaign")
_OBSERVE = (
    update(CAMPAIGN)
    .where(*_OF_KEY, _OF_CAMPAIGN, CAMPAIGN.c.state == bindparam("created"))
    .values(_its(("campaign_status", "gone", "updated_at")))
)
_TURN = update(CAMPAIGN).where(*_OURS, _OF_CAMPAIGN, CAMPAIGN.c.state.in_((State.CREATED, State.DELETING)))
_TO_STATE = _TURN.values(state=bindparam("to_state"))
_TO_OPEN = _TURN.values(**_BLANK, state=State.OPEN, accepted=False, attempts=0, message=bindparam("said"))
_ENROLL = insert(CAMPAIGN).on_conflict_do_nothing()

_COLUMNS = [CAMPAIGN.c[name] for name in names_of(Record)]
_IN_DOUBT = CAMPAIGN.c.state.in_((State.SENDING, State.UNKNOWN))
_WITHOUT_END = text(WITHOUT_END)
# nobody needs the others again
_BODY_IN_DOUBT = case((_IN_DOUBT, CAMPAIGN.c.body), else_=literal(b"", CAMPAIGN.c.body.type)).label("body")
_RECORD = select(*(_BODY_IN_DOUBT if column is CAMPAIGN.c.body else column for column in _COLUMNS))
_IN_APPLICATION = CAMPAIGN.c.application == bindparam("of_application")
# with a plus SQLite looks for no index here: that of the other condition finds a few, and this one's finds most of them
_AND_IN_APPLICATION = literal_column("+campaign.application", CAMPAIGN.c.application.type) == bindparam(
    "of_application"
)
_AND_CREATED = literal_column("+campaign.state", String) == State.CREATED
_AMONG_KEYS = _IN_APPLICATION, CAMPAIGN.c.key.in_(bindparam("some", expanding=True))
_AMONG_IDS = _AND_IN_APPLICATION, CAMPAIGN.c.campaign_id.in_(bindparam("some", expanding=True))
_ALL, _BY_KEYS, _BY_IDS, _LOOSE = (
    _RECORD.where(*conditions)
    for conditions in ((_IN_APPLICATION,), _AMONG_KEYS, _AMONG_IDS, (_AND_IN_APPLICATION, _WITHOUT_END, _IN_DOUBT))
)
_WAS_TRIED = or_(CAMPAIGN.c.state != State.OPEN, CAMPAIGN.c.since.is_not(None))
_BEFORE_CLAIM = select(*_COLUMNS).where(*_AMONG_KEYS, _WAS_TRIED)
_SENDING = select(CAMPAIGN.c.key).where(_AND_IN_APPLICATION, _WITHOUT_END, CAMPAIGN.c.state == State.SENDING)
_BORNE = select(CAMPAIGN.c.campaign_id).where(*_AMONG_IDS)
_ANSWERED_BEFORE = (
    select(CAMPAIGN.c.campaign_id)
    .where(_AND_IN_APPLICATION, _AND_CREATED, CAMPAIGN.c.campaign_id.is_not(None))
    .where(CAMPAIGN.c.submitted_at < bindparam("moment"))
    .order_by(CAMPAIGN.c.submitted_at.desc(), CAMPAIGN.c.campaign_id.desc())
    .limit(bindparam("number"))
)
_RUNS_WITHOUT_END = select(CAMPAIGN.c.run).where(_WITHOUT_END).distinct()
_DROP_BODIES = (
    update(CAMPAIGN)
    .where(CAMPAIGN.c.run.in_(numbers_of("runs")), text(WITH_BODY), text(f"NOT {WITHOUT_END}"))
    .values(body=bindparam("none"))
)
_BODY = select(CAMPAIGN.c.body).where(*_OF_KEY)
_BEARERS = """SELECT key FROM campaign
WHERE +application = (SELECT number FROM identifier WHERE text = ?) AND campaign_id = ?"""
_PORTION = 1000


def _in_portions(values: Collection[str]) -> Iterator[list[str]]:
    """A statement has room for so many values only."""
    rest = iter(values)
    while some := list(islice(rest, _PORTION)):
        yield some


def _record(row: Row[Any]) -> Record:
    own = {name: row._mapping[name] for name in Record.__slots__ if name != "attempt"}  # noqa: SLF001
    state, gone = State(row.state), Gone(row.gone) if row.gone else None
    return Record(**{**own, "attempt": attempt_in(row), "state": state, "gone": gone})


def _untried(key: str, run_id: str) -> Record:
    """What stands there of a campaign that was never sent; its name is not read again, as nobody changes it."""
    return Record(
        key,
        name="",
        state=State.OPEN,
        digest="",
        body=b"",
        clear=False,
        accepted=False,
        attempt=UNTRIED,
        since=None,
        run="",
        held_by=run_id,
    )


class CampaignStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, application: str) -> Mapping[str, Record]:
        """All campaigns of an application by key; bodies only of those in doubt."""
        return self._found([(_ALL, {"of_application": application})])

    def of(self, application: str, keys: Collection[str], ids: Collection[str] = ()) -> Mapping[str, Record]:
        """Those of these keys, and those that bear these ids of campaigns."""
        by = ((_BY_KEYS, keys), (_BY_IDS, ids))
        return self._found(
            (statement, {"of_application": application, "some": some})
            for statement, values in by
            for some in _in_portions(values)
        )

    def loose(self, application: str) -> Mapping[str, Record]:
        """What may have been sent, and has no end that is known."""
        return self._found([(_LOOSE, {"of_application": application})])

    def _found(self, asked: Iterable[tuple[Select[Any], Mapping[str, object]]]) -> dict[str, Record]:
        with self._database.reading() as connection:
            rows = (row for statement, values in asked for row in connection.execute(statement, values))
            return {row.key: _record(row) for row in rows}

    def standing(self, application: str) -> Standing:
        with self._database.reading() as connection:
            sending = frozenset(connection.scalars(_SENDING, {"of_application": application}))
        return Standing(partial(self._borne_among, application), sending)

    def _borne_among(self, application: str, ids: Collection[str]) -> Collection[str]:
        borne: set[str] = set()
        with self._database.reading() as connection:
            for some in _in_portions(ids):
                borne.update(connection.scalars(_BORNE, {"of_application": application, "some": some}))
        return borne

    def bearers(self, application: str, campaign_id: str) -> list[str]:
        """The keys that bear a campaign."""
        return self._database.column(_BEARERS, application, packed_hex(campaign_id))

    def answered_before(self, application: str, moment: datetime, number: int) -> list[str]:
        """The ids of the last campaigns, so many, that were answered as created before a moment."""
        of_these = {"of_application": application, "moment": moment, "number": number}
        with self._database.reading() as connection:
            return list(connection.scalars(_ANSWERED_BEFORE, of_these))[::-1]

    def body(self, application: str, key: str) -> bytes:
        with self._database.reading() as connection:
            return connection.scalar(_BODY, {"of_application": application, "of_key": key}) or b""

    def runs_without_end(self) -> set[str]:
        """The runs that have a campaign of which it is not known how its request, or its deletion, ended."""
        with self._database.reading() as connection:
            return set(connection.scalars(_RUNS_WITHOUT_END))

    def drop_bodies(self, connection: Connection, run_ids: Collection[str]) -> None:
        """Forget what was sent for the campaigns of these runs, but where nothing is known of how that ended."""
        connection.execute(_DROP_BODIES, {"runs": list(run_ids), "none": b""})

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
                number(connection, [application])
                connection.execute(_ENROLL, new)

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
        """Write down what is about to be sent, and return what stood there before, for `give_back`.

        Raises:
            JournalError: a campaign is not in the state it should be in, or not this run's.
        """
        of_intents = {"of_application": application, "some": [intent.key for intent in intents]}
        before = {row.key: _record(row) for row in connection.execute(_BEFORE_CLAIM, of_intents)}
        claimed = connection.execute(_CLAIM, [{**keyed(application, intent), "by": run_id} for intent in intents])
        if claimed.rowcount != len(intents):
            raise JournalError("a campaign about to be sent is not as the journal had it; start the run again")
        return [before.get(intent.key) or _untried(intent.key, run_id) for intent in intents]

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
        ours = {"of_application": run.application, "of_key": turn.key, "by": run.id, "of_campaign": turn.campaign_id}
        if turn.state is State.OPEN:
            turned = connection.execute(_TO_OPEN, {**ours, "said": turn.outcome.message})
        else:
            turned = connection.execute(_TO_STATE, {**ours, "to_state": turn.state})
        return turned.rowcount == 1
