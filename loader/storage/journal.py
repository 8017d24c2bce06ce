"""What was about to be sent, and what came of it.

An intent is on disk before its request leaves, an outcome soon after the answer. A record that says SENDING and has no
end is in doubt: its request may have happened or not, and is looked up before anything is sent again.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, insert, literal, select, update

from loader.errors import AccountBusyError, JournalError
from loader.model.records import Intent, Record, Run, Seen, Settlement, State, Taken, Turn
from loader.model.row import Outcome, Status
from loader.storage.database import Database, open_database
from loader.storage.locks import Locks, only_night
from loader.storage.schema import CAMPAIGN, OUTCOME, RUN, WORKBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_OF_KEY = (CAMPAIGN.c.application == bindparam("of_application"), CAMPAIGN.c.key == bindparam("of_key"))
_CLAIM = (
    update(CAMPAIGN)
    .where(*_OF_KEY, CAMPAIGN.c.state == bindparam("was"))
    .values(
        state=State.SENDING,
        digest=bindparam("digest"),
        body=bindparam("body"),
        clear=bindparam("clear"),
        since=bindparam("since"),
        run=bindparam("run"),
        accepted=False,
        attempts=CAMPAIGN.c.attempts + 1,
    )
)
_TAKE = update(CAMPAIGN).where(*_OF_KEY).values(held_by=bindparam("held_by"))
_SETTLE = (
    update(CAMPAIGN)
    .where(*_OF_KEY)
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "attempts",
                "message",
                "http_status",
                "campaign_id",
                "campaign_status",
                "accepted",
                "submitted_at",
            )
        }
    )
)
_OBSERVE = (
    update(CAMPAIGN)
    .where(*_OF_KEY, CAMPAIGN.c.state == bindparam("created"))
    .values(campaign_status=bindparam("campaign_status"), updated_at=bindparam("updated_at"))
)
_TURN = update(CAMPAIGN).where(
    *_OF_KEY,
    CAMPAIGN.c.campaign_id == bindparam("of_campaign"),
    CAMPAIGN.c.state.in_((State.CREATED, State.DELETING)),
)
# as if it had never been sent
_BLANK = dict.fromkeys(("campaign_id", "campaign_status", "http_status", "submitted_at", "updated_at"))


class Journal:
    """Open with `open_journal`. Every method that writes has it on disk when it returns, or raises JournalError."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._locks = Locks(database.path)

    @contextmanager
    def carrying_out(self, run: Run, content: bytes) -> Iterator[None]:
        """Remember a run, new or taken up again, and be the one process that carries it out.

        Whatever the process held is free as soon as it ends, however it ends: the system lets go of its lock.

        Raises:
            AccountBusyError: another process is at this run.
        """
        with self._locks.gate():
            try:
                lock = self._locks.take(run.id)
            except AccountBusyError as error:
                raise AccountBusyError(f"{self._who(run.id)} is loading this sheet") from error
            self._begin(run, content)
        try:
            yield
        finally:
            self._locks.give_back(lock)

    @contextmanager
    def only_night(self) -> Iterator[None]:
        """Be the one `nightly` at this journal.

        Raises:
            AccountBusyError: another is; it says which, and since when.
        """
        path = self.database.path
        with only_night(Path(f"{path}.nightly.lock"), f"the journal {path}"):
            yield

    def take(self, application: str, run: Run, names: Mapping[str, str], *, loose: bool = True) -> Taken:
        """Take these campaigns, `names` by key, and, if `loose`, whatever a dead run left without an end.

        What a living run has taken is held.
        """
        with self._locks.gate():
            self._enroll(application, names)
            records, held = self._held(application, run)
            also = (State.SENDING, State.UNKNOWN) if loose else ()
            free = [key for key in records if key not in held and (key in names or records[key].state in also)]
            rows = [{"of_application": application, "of_key": key, "held_by": run.id} for key in free]
            if rows:
                with self.database.writing() as connection:
                    connection.execute(_TAKE, rows)
        return Taken(records, {key: self._who(one) for key, one in held.items()})

    def _held(self, application: str, run: Run) -> tuple[Mapping[str, Record], Mapping[str, str]]:
        """All records, and by key the living runs that see to some of them; within the gate."""
        living = self._locks.living(self._holders(application) - {run.id, ""})
        records = self.records(application)  # not before: a run that ends meanwhile writes until it does
        return records, {record.key: record.held_by for record in records.values() if record.held_by in living}

    def _holders(self, application: str) -> set[str]:
        holders = select(CAMPAIGN.c.held_by).where(CAMPAIGN.c.application == application).distinct()
        with self.database.reading() as connection:
            return set(connection.scalars(holders))

    def _begin(self, run: Run, content: bytes) -> None:
        with self.database.writing() as connection:
            if connection.execute(select(WORKBOOK.c.digest).where(WORKBOOK.c.digest == run.digest)).first() is None:
                connection.execute(insert(WORKBOOK).values(digest=run.digest, content=content))
            values = _values(run)
            changed = connection.execute(update(RUN).where(RUN.c.id == run.id).values(values))
            if changed.rowcount == 0:
                connection.execute(insert(RUN).values(values))

    def _who(self, run_id: str) -> str:
        with self.database.reading() as connection:
            run = connection.execute(select(RUN.c.process, RUN.c.started_at).where(RUN.c.id == run_id)).first()
        if run is None:
            return f"run {run_id}"
        return f"run {run_id} (process {run.process}, since {run.started_at:%Y-%m-%d %H:%M:%S} UTC)"

    def end(self, run: Run, outcomes: Iterable[Outcome]) -> None:
        """Write down how a run ended, row by row; what an earlier end of the same run said is replaced."""
        rows = [{**_values(outcome, but="problems"), "of_run": run.id} for outcome in outcomes]
        with self.database.writing() as connection:
            connection.execute(OUTCOME.delete().where(OUTCOME.c.of_run == run.id))
            if rows:
                connection.execute(insert(OUTCOME), rows)
            connection.execute(update(RUN).where(RUN.c.id == run.id).values(_values(run)))

    def runs(self) -> Sequence[Run]:
        """All runs, the latest first."""
        with self.database.reading() as connection:
            rows = connection.execute(select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()))
            return [Run(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name

    def workbook(self, digest: str) -> bytes:
        with self.database.reading() as connection:
            content = connection.scalar(select(WORKBOOK.c.content).where(WORKBOOK.c.digest == digest))
        if content is None:
            raise JournalError(f"the journal does not hold the workbook {digest[:12]}")
        return bytes(content)

    def outcomes(self, run_id: str) -> Sequence[Outcome]:
        """How a run ended, in order of rows; empty where it has not ended yet."""
        with self.database.reading() as connection:
            columns = [column for column in OUTCOME.c if column is not OUTCOME.c.of_run]
            rows = connection.execute(select(*columns).where(OUTCOME.c.of_run == run_id).order_by(OUTCOME.c.row))
            return [Outcome(**{**row._mapping, "status": Status(row.status)}) for row in rows]  # noqa: SLF001

    def _enroll(self, application: str, names: Mapping[str, str]) -> None:
        """Make a record, OPEN, for every campaign that has none; `names` by key."""
        known = self.records(application)
        new = [
            {"application": application, "key": key, "name": name, "state": State.OPEN}
            for key, name in names.items()
            if key not in known
        ]
        if new:
            with self.database.writing() as connection:
                connection.execute(insert(CAMPAIGN), new)

    def records(self, application: str) -> Mapping[str, Record]:
        """All campaigns of an application by key; bodies only of those in doubt, nobody needs the others again."""
        loose = CAMPAIGN.c.state.in_((State.SENDING, State.UNKNOWN))
        body = case((loose, CAMPAIGN.c.body), else_=literal(b"")).label("body")
        columns = [body if name == "body" else CAMPAIGN.c[name] for name in Record.__slots__]
        with self.database.reading() as connection:
            rows = connection.execute(select(*columns).where(CAMPAIGN.c.application == application))
            return {row.key: Record(**{**row._mapping, "state": State(row.state)}) for row in rows}  # noqa: SLF001

    def claim(self, application: str, run_id: str, intents: Sequence[Intent]) -> None:
        """Write down, in one transaction, what is about to be sent.

        Raises:
            JournalError: a campaign is not in the state it should be in; then none of them is claimed.
        """
        rows = [{**_keyed(application, intent), "run": run_id} for intent in intents]
        with self.database.writing() as connection:
            if connection.execute(_CLAIM, rows).rowcount != len(rows):
                raise JournalError("a campaign about to be sent is not as the journal had it; start the run again")

    def settle(self, application: str, settlements: Sequence[Settlement]) -> None:
        """Write down, in one transaction, what came of what was sent."""
        with self.database.writing() as connection:
            connection.execute(_SETTLE, [_keyed(application, settlement) for settlement in settlements])

    def observe(self, application: str, seen: Sequence[Seen]) -> None:
        """Write down how the server shows campaigns that were created; others are left as they are."""
        rows = [{**_keyed(application, one), "created": State.CREATED} for one in seen]
        if rows:
            with self.database.writing() as connection:
                connection.execute(_OBSERVE, rows)

    def turn(self, run: Run, turn: Turn) -> None:
        """Write down, in one transaction, where a campaign of an ended run that is undone stands.

        Raises:
            JournalError: the journal does not have this campaign as created by now; then nothing is written.
        """
        reset = {**_BLANK, "accepted": False, "attempts": 0, "message": turn.outcome.message}
        values = {"state": turn.state, **(reset if turn.state is State.OPEN else {})}
        ours = {"of_application": run.application, "of_key": turn.key, "of_campaign": turn.campaign_id}
        row = OUTCOME.c.of_run == run.id, OUTCOME.c.row == turn.outcome.row
        with self.database.writing() as connection:
            if connection.execute(_TURN.values(values), ours).rowcount != 1:
                raise JournalError(f"campaign {turn.campaign_id} is not as the journal had it; undo the run again")
            connection.execute(update(OUTCOME).where(*row).values(_values(turn.outcome, but="problems")))
            connection.execute(update(RUN).where(RUN.c.id == run.id).values(counts=dict(turn.counts)))

    def body(self, application: str, key: str) -> bytes:
        """What was last sent for a campaign; empty where nothing was."""
        wanted = select(CAMPAIGN.c.body).where(CAMPAIGN.c.application == application, CAMPAIGN.c.key == key)
        with self.database.reading() as connection:
            return bytes(connection.scalar(wanted) or b"")

    def close(self) -> None:
        self.database.close()

    def glance(self) -> Journal:
        """The same journal for who only looks: nothing of campaigns and runs is written, the allowance is shared."""
        return _Glance(self.database)


class _Glance(Journal):
    def take(self, application: str, run: Run, names: Mapping[str, str], *, loose: bool = True) -> Taken:  # noqa: ARG002 - nothing is taken
        with self._locks.gate():
            records, held = self._held(application, run)
        return Taken(records, {key: self._who(one) for key, one in held.items()})

    def claim(self, application: str, run_id: str, intents: Sequence[Intent]) -> None:  # noqa: ARG002
        raise JournalError("only looking, so nothing is sent")

    def settle(self, application: str, settlements: Sequence[Settlement]) -> None:
        pass


def open_journal(address: str) -> Journal:
    """The journal at a URL such as `sqlite:///output/journal.db`.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer version of the loader.
    """
    return Journal(open_database(address))


def _keyed(application: str, noun: Intent | Settlement | Seen) -> dict[str, Any]:
    return {**_values(noun, but="key"), "of_application": application, "of_key": noun.key}


def _values(noun: Any, *, but: str = "") -> dict[str, Any]:  # noqa: ANN401 - any of the slotted dataclasses
    return {name: getattr(noun, name) for name in noun.__slots__ if name != but}
