"""What was about to be sent, and what came of it; the only module that knows a database.

An intent is on disk before its request leaves, an outcome soon after the answer. A record that says SENDING and has no
end is in doubt: its request may have happened or not, and is looked up before anything is sent again.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, create_engine, event, insert, inspect, literal, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from loader.errors import AccountBusyError, JournalError
from loader.locks import Locks, only_night
from loader.record import Intent, Record, Run, Seen, Settlement, State, Taken, Turn
from loader.row import Outcome, Status
from loader.schema import CAMPAIGN, META, MIGRATIONS, OUTCOME, PACE, RUN, VERSION, WORKBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import URL, Connection, Engine


_CLAIM = (
    update(CAMPAIGN)
    .where(
        CAMPAIGN.c.application == bindparam("of_application"),
        CAMPAIGN.c.key == bindparam("of_key"),
        CAMPAIGN.c.state == bindparam("was"),
    )
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
_TAKE = (
    update(CAMPAIGN)
    .where(CAMPAIGN.c.application == bindparam("of_application"), CAMPAIGN.c.key == bindparam("of_key"))
    .values(held_by=bindparam("held_by"))
)
_SETTLE = (
    update(CAMPAIGN)
    .where(CAMPAIGN.c.application == bindparam("of_application"), CAMPAIGN.c.key == bindparam("of_key"))
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
    .where(
        CAMPAIGN.c.application == bindparam("of_application"),
        CAMPAIGN.c.key == bindparam("of_key"),
        CAMPAIGN.c.state == bindparam("created"),
    )
    .values(campaign_status=bindparam("campaign_status"), updated_at=bindparam("updated_at"))
)
_TURN = update(CAMPAIGN).where(
    CAMPAIGN.c.application == bindparam("of_application"),
    CAMPAIGN.c.key == bindparam("of_key"),
    CAMPAIGN.c.campaign_id == bindparam("of_campaign"),
    CAMPAIGN.c.state.in_((State.CREATED, State.DELETING)),
)
# as if it had never been sent
_BLANK = dict.fromkeys(("campaign_id", "campaign_status", "http_status", "submitted_at", "updated_at"))
_RESERVE = (
    update(PACE)
    .where(PACE.c.account == bindparam("of_account"))
    .values(
        next_at=case(
            (PACE.c.next_at.between(bindparam("now"), bindparam("last")), PACE.c.next_at),
            else_=bindparam("now", type_=PACE.c.next_at.type),
        )
        + bindparam("length", type_=PACE.c.next_at.type)
    )
    .returning(PACE.c.next_at)
)


class Journal:
    """Open with `open_journal`. Every method that writes has it on disk when it returns, or raises JournalError.

    Only slots may be lost, in a power cut: `hasty` does not wait for the disk.
    """

    def __init__(self, engine: Engine, url: URL, hasty: Engine | None = None) -> None:
        self._engine, self._hasty = engine, hasty or engine
        self._url = url
        self._locks = Locks(str(url.database))
        self.version = len(MIGRATIONS)

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
        with only_night(Path(f"{self._url.database}.nightly.lock"), f"the journal {self._url.database}"):
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
                with self._writing() as connection:
                    connection.execute(_TAKE, rows)
        return Taken(records, {key: self._who(one) for key, one in held.items()})

    def _held(self, application: str, run: Run) -> tuple[Mapping[str, Record], Mapping[str, str]]:
        """All records, and by key the living runs that see to some of them; within the gate."""
        living = self._locks.living(self._holders(application) - {run.id, ""})
        records = self.records(application)  # not before: a run that ends meanwhile writes until it does
        return records, {record.key: record.held_by for record in records.values() if record.held_by in living}

    def _holders(self, application: str) -> set[str]:
        holders = select(CAMPAIGN.c.held_by).where(CAMPAIGN.c.application == application).distinct()
        with self._reading() as connection:
            return set(connection.scalars(holders))

    def know_account(self, account: str) -> None:
        """Before its first slot is reserved."""
        with self._locks.gate(), self._writing() as connection:
            if connection.execute(select(PACE.c.account).where(PACE.c.account == account)).first() is None:
                connection.execute(insert(PACE).values(account=account, next_at=0))

    def next_slot(self, account: str, *, now: float, length: float, horizon: float) -> float:
        """Reserve the account's next slot of `length` seconds and return when it begins, on the clock of `now`.

        That is the machine's monotonic clock. What it shows as further away than `horizon` seconds was written before
        the machine was started anew.
        """
        with self._writing(self._hasty) as connection:
            parameters = {"of_account": account, "now": now, "length": length, "last": now + horizon}
            end: float = connection.execute(_RESERVE, parameters).scalar_one()
        return end - length

    def hold_slots(self, account: str, until: float) -> None:
        """Let no slot of the account begin before `until`, on the same clock."""
        with self._writing(self._hasty) as connection:
            connection.execute(
                update(PACE).where(PACE.c.account == account, PACE.c.next_at < until).values(next_at=until)
            )

    def _begin(self, run: Run, content: bytes) -> None:
        with self._writing() as connection:
            if connection.execute(select(WORKBOOK.c.digest).where(WORKBOOK.c.digest == run.digest)).first() is None:
                connection.execute(insert(WORKBOOK).values(digest=run.digest, content=content))
            values = _values(run)
            changed = connection.execute(update(RUN).where(RUN.c.id == run.id).values(values))
            if changed.rowcount == 0:
                connection.execute(insert(RUN).values(values))

    def _who(self, run_id: str) -> str:
        with self._reading() as connection:
            run = connection.execute(select(RUN.c.process, RUN.c.started_at).where(RUN.c.id == run_id)).first()
        if run is None:
            return f"run {run_id}"
        return f"run {run_id} (process {run.process}, since {run.started_at:%Y-%m-%d %H:%M:%S} UTC)"

    def end(self, run: Run, outcomes: Iterable[Outcome]) -> None:
        """Write down how a run ended, row by row; what an earlier end of the same run said is replaced."""
        rows = [{**_values(outcome, but="problems"), "of_run": run.id} for outcome in outcomes]
        with self._writing() as connection:
            connection.execute(OUTCOME.delete().where(OUTCOME.c.of_run == run.id))
            if rows:
                connection.execute(insert(OUTCOME), rows)
            connection.execute(update(RUN).where(RUN.c.id == run.id).values(_values(run)))

    def runs(self) -> Sequence[Run]:
        """All runs, the latest first."""
        with self._reading() as connection:
            rows = connection.execute(select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()))
            return [Run(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name

    def workbook(self, digest: str) -> bytes:
        with self._reading() as connection:
            content = connection.scalar(select(WORKBOOK.c.content).where(WORKBOOK.c.digest == digest))
        if content is None:
            raise JournalError(f"the journal does not hold the workbook {digest[:12]}")
        return bytes(content)

    def outcomes(self, run_id: str) -> Sequence[Outcome]:
        """How a run ended, in order of rows; empty where it has not ended yet."""
        with self._reading() as connection:
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
            with self._writing() as connection:
                connection.execute(insert(CAMPAIGN), new)

    def records(self, application: str) -> Mapping[str, Record]:
        """All campaigns of an application by key; bodies only of those in doubt, nobody needs the others again."""
        loose = CAMPAIGN.c.state.in_((State.SENDING, State.UNKNOWN))
        body = case((loose, CAMPAIGN.c.body), else_=literal(b"")).label("body")
        columns = [body if name == "body" else CAMPAIGN.c[name] for name in Record.__slots__]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(CAMPAIGN.c.application == application))
            return {row.key: Record(**{**row._mapping, "state": State(row.state)}) for row in rows}  # noqa: SLF001

    def claim(self, application: str, run_id: str, intents: Sequence[Intent]) -> None:
        """Write down, in one transaction, what is about to be sent.

        Raises:
            JournalError: a campaign is not in the state it should be in; then none of them is claimed.
        """
        rows = [
            {**_values(intent, but="key"), "of_application": application, "of_key": intent.key, "run": run_id}
            for intent in intents
        ]
        with self._writing() as connection:
            if connection.execute(_CLAIM, rows).rowcount != len(rows):
                raise JournalError("a campaign about to be sent is not as the journal had it; start the run again")

    def settle(self, application: str, settlements: Sequence[Settlement]) -> None:
        """Write down, in one transaction, what came of what was sent."""
        rows = [
            {**_values(settlement, but="key"), "of_application": application, "of_key": settlement.key}
            for settlement in settlements
        ]
        with self._writing() as connection:
            connection.execute(_SETTLE, rows)

    def observe(self, application: str, seen: Sequence[Seen]) -> None:
        """Write down how the server shows campaigns that were created; others are left as they are."""
        rows = [
            {**_values(one, but="key"), "of_application": application, "of_key": one.key, "created": State.CREATED}
            for one in seen
        ]
        if rows:
            with self._writing() as connection:
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
        with self._writing() as connection:
            if connection.execute(_TURN.values(values), ours).rowcount != 1:
                raise JournalError(f"campaign {turn.campaign_id} is not as the journal had it; undo the run again")
            connection.execute(update(OUTCOME).where(*row).values(_values(turn.outcome, but="problems")))
            connection.execute(update(RUN).where(RUN.c.id == run.id).values(counts=dict(turn.counts)))

    def body(self, application: str, key: str) -> bytes:
        """What was last sent for a campaign; empty where nothing was."""
        wanted = select(CAMPAIGN.c.body).where(CAMPAIGN.c.application == application, CAMPAIGN.c.key == key)
        with self._reading() as connection:
            return bytes(connection.scalar(wanted) or b"")

    def close(self) -> None:
        self._engine.dispose()
        self._hasty.dispose()

    def glance(self) -> Journal:
        """The same journal for who only looks: nothing of campaigns and runs is written, the allowance is shared."""
        return _Glance(self._engine, self._url, self._hasty)

    @contextmanager
    def _writing(self, engine: Engine | None = None) -> Iterator[Connection]:
        with _translated(self._url), (engine or self._engine).begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _translated(self._url), self._engine.connect() as connection:
            yield connection


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
    """Open, make or migrate the journal at a URL such as `sqlite:///output/journal.db`.

    Its folder and files are readable by their owner only.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer version of the loader.
    """
    url = _url(address)
    _make_private(journal_path(address))
    engine, hasty = create_engine(url), create_engine(url)
    event.listen(engine, "connect", _configure)
    event.listen(hasty, "connect", _configure)
    event.listen(hasty, "connect", _make_haste)
    with _translated(url):
        _migrate(engine, url)
    return Journal(engine, url, hasty)


def journal_path(address: str) -> Path:
    """The file that a URL such as `sqlite:///output/journal.db` names.

    Raises:
        JournalError: it names none.
    """
    return Path(str(_url(address).database))


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except SQLAlchemyError as error:
        raise JournalError("LOADER_JOURNAL is no database URL such as sqlite:///output/journal.db") from error
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or not url.database or url.database == ":memory:":
        raise JournalError("LOADER_JOURNAL must be a file on this machine, such as sqlite:///output/journal.db")
    return url


def _make_private(path: Path) -> None:
    try:
        for folder in reversed([one for one in path.parents if not one.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be opened: {error.strerror}") from error


def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    # WAL lets `runs` read while a run writes; FULL makes a commit outlive a power cut, not only a kill
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _make_haste(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    # a slot that a power cut takes back is over by then; waiting for the disk before every request would cost each
    # account of the process some of its allowance
    connection.execute("PRAGMA synchronous=NORMAL")


def _migrate(engine: Engine, url: URL) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # one at a time, and all of it or nothing
        known = inspect(connection).has_table(VERSION.name)
        if not known and set(inspect(connection).get_table_names()) - META.tables.keys():
            raise JournalError(f"{url.database} is a database of another program; set LOADER_JOURNAL to another file")
        version = connection.scalar(select(VERSION.c.version)) or 0 if known else 0
        if version > len(MIGRATIONS):
            raise JournalError(
                f"{url.database} has journal version {version}, made by a newer campaign-loader; this one knows "
                f"{len(MIGRATIONS)}: upgrade campaign-loader, or set LOADER_JOURNAL to another file"
            )
        if version == len(MIGRATIONS):
            return
        for migration in MIGRATIONS[version:]:
            migration(connection)
        connection.execute(VERSION.delete())
        connection.execute(insert(VERSION).values(version=len(MIGRATIONS)))


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # the driver's own words only: SQLAlchemy's message would add the statement and its values
        why = error.orig if isinstance(error, DBAPIError) else type(error).__name__
        raise JournalError(f"the journal {url.database} cannot be read or written: {why}") from error


def _values(noun: Any, *, but: str = "") -> dict[str, Any]:  # noqa: ANN401 - any of the slotted dataclasses above
    return {name: getattr(noun, name) for name in noun.__slots__ if name != but}
