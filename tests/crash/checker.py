"""What a story cost, in Jepsen's words, counted at the server and in the journal.

lost        said to be created and not there, or open and never created though the run said that all was well
doubled     there more than once
unresolved  without a final state although the list could be read
unexpected  a traceback, a hang, an exit code or a status that nothing accounts for, half a file, a lock without owner
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from loader.model.campaign import name_key
from loader.model.records import State
from loader.model.row import Status
from loader.storage.journal import open_journal
from tests.crash.sheet import key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from loader.model.records import Record, Run
    from loader.model.row import Outcome
    from tests.crash.sheet import Sheet
    from tests.sheets import Row

LOOSE = (State.SENDING, State.UNKNOWN)


@dataclass
class Findings:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.lost, self.doubled, self.unresolved, self.unexpected))

    def add(self, more: Findings) -> None:
        self.lost += more.lost
        self.doubled += more.doubled
        self.unresolved += more.unresolved
        self.unexpected += more.unexpected


@dataclass(frozen=True)
class Server:
    """What it ever created, by key of the name: id and body.

    `deleted`: ids. `twice`: keys of which one was created while another was there.
    """

    created: Mapping[str, Mapping[str, Mapping[str, Any]]]
    deleted: Collection[str]
    twice: Sequence[str]

    def there(self, key: str) -> list[str]:
        """The ids of those that nobody has deleted."""
        return [one for one in self.created.get(key, {}) if one not in self.deleted]

    def has(self, key: str, campaign_id: str | None) -> bool:
        return campaign_id in self.created.get(key, {})


@dataclass(frozen=True)
class Remembered:
    """What the journal holds when no process is at it."""

    records: Mapping[str, Record]
    last: Run | None
    latest: str
    outcomes: Sequence[Outcome]


def server_at(store: Path) -> Server:
    created: dict[str, dict[str, Mapping[str, Any]]] = {}
    deleted: set[str] = set()
    twice = []
    for line in store.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "created":
            of_name = created.setdefault(name_key(event["name"]), {})
            if of_name.keys() - deleted:
                twice.append(name_key(event["name"]))
            of_name[event["id"]] = event["body"]
        elif event["event"] == "deleted":
            deleted.add(event["id"])
    return Server(created, deleted, twice)


def remembered(path: Path, application: str) -> Remembered:
    with closing(open_journal(f"sqlite:///{path}")) as journal:
        runs = journal.runs()
        last = max((run for run in runs if run.ended_at), key=lambda run: str(run.ended_at), default=None)
        told = journal.outcomes(last.id) if last else ()
        return Remembered(journal.records(application), last, runs[0].id if runs else "", told)


def after_a_run(memory: Remembered, server: Server, foreign: Collection[str]) -> Findings:
    """What a run that ended by itself said of its rows, held against the server."""
    found = Findings()
    for outcome in memory.outcomes:
        key, told = name_key(outcome.name), f"{outcome.name}: {outcome.status}, {outcome.message}"
        match outcome.status:
            case Status.CREATED | Status.CONFLICT:
                if not server.has(key, outcome.campaign_id):
                    found.lost.append(told)
            case Status.NOT_SENT:
                if server.there(key) and key not in foreign:
                    found.unexpected.append(f"the server has {told}")
            case Status.ALREADY_EXISTS:
                if key not in foreign:
                    found.unexpected.append(f"this was ours: {told}")
            case Status.REJECTED | Status.INVALID:
                found.unexpected.append(told)
    return found


def at_the_end(  # everything that was seen at the end of a story
    memory: Remembered,
    server: Server,
    sheet: Sheet,
    *,
    foreign: Collection[str],
    anew: AbstractSet[str],
    preflight: bool,
    code: int,
) -> Findings:
    """After the last run, which nothing disturbed. `anew`: what was asked for once more, also in that run.

    Without `preflight` no reading tells what was there before, so a lost answer may rightly stay unknown.
    """
    found = Findings()
    unknown = {key for key, it in memory.records.items() if it.state is State.UNKNOWN}
    # where there is one campaign of the name, a person has said whose it is
    honest = frozenset() if preflight else {key for key in unknown if len(server.there(key)) != 1}
    found.doubled += [f"{key}: {list(server.created[key])}" for key in server.twice]
    found.lost += [
        f"{key} was asked for once more, and is not there"
        for key in (anew & sheet.keys) - honest
        if not server.there(key)
    ]
    found.lost += [
        f"{record.name}: {record.state} {record.campaign_id}"
        for key, record in memory.records.items()
        if record.state is State.CREATED and not server.has(key, record.campaign_id)
    ]
    found.unresolved += [
        f"{record.name}: {record.state}, {record.message}"
        for key, record in memory.records.items()
        if record.state in LOOSE and key not in honest
    ]
    outcomes = {name_key(outcome.name): outcome for outcome in memory.outcomes}
    statuses = Counter(outcome.status for outcome in outcomes.values())
    if code != (5 if honest & sheet.keys else 4 if Status.CONFLICT in statuses else 0):
        found.unexpected.append(f"the last run ended with {code}: {dict(statuses)}")
    for one in sheet.rows:
        if key_of(one) not in honest:
            found.add(_of_row(one, outcomes.get(key_of(one)), server, sheet.edited, foreign))
    return found


def _of_row(
    one: Row, outcome: Outcome | None, server: Server, edited: Collection[str], foreign: Collection[str]
) -> Findings:
    found, key, status = Findings(), key_of(one), outcome and outcome.status
    if key not in server.created:
        found.lost.append(f"{key} stands in the sheet as {status} and was never created")
    elif key in foreign:
        if status is not Status.ALREADY_EXISTS:
            found.unexpected.append(f"{key} was there before, and is {status}")
    elif status is Status.CONFLICT:
        if key not in edited:
            found.unexpected.append(f"{key} is in conflict and was never edited")
    elif status is not Status.CREATED:
        found.unresolved.append(f"{key}: {status}")
    elif outcome and server.created[key][outcome.campaign_id or ""]["priority"] != str(one["Priority"]):
        found.unexpected.append(f"{key} is said to be created, and the server has it with other values")
    return found


def half_files(output: Path) -> Findings:
    """Whatever bears the name of a results workbook must be one."""
    found = Findings()
    for path in output.glob("*.xlsx"):
        try:
            with ZipFile(path) as package:
                broken = package.testzip()
        except BadZipFile:
            broken = "all of it"
        if broken:
            found.unexpected.append(f"{path.name} is half a file: {broken}")
    return found


def left_over(folder: Path) -> list[str]:
    """What nobody needs any more when no process is running: of each kind once."""
    places = {
        "a partial file beside the results": (folder / "output").glob(".*.part"),
        "a file of rows in the temporary folder": (folder / "temporary").iterdir(),
        "the lock of a run": (path for path in folder.glob("*.lock") if not path.name.endswith(".gate.lock")),
    }
    return [kind for kind, paths in places.items() for _ in paths]
