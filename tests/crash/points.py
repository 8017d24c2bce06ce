"""Where the plug can be pulled: names, and how the program is wrapped there, in the process to be killed only.

The product has no hooks. Each point replaces one function by itself with a passage before or behind it; at the
passage that was ordered, the process kills itself with SIGKILL.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiohttp.http_writer import StreamWriter
from openpyxl.writer.excel import ExcelWriter

import loader.api.client
import loader.api.session
import loader.execution.report
import loader.storage.atomic_files
import loader.storage.database
import loader.storage.migrations
from loader.api.client import Client
from loader.api.rate_limiter import RateLimiter
from loader.execution.sender import Sender
from loader.storage.database import Database
from loader.storage.journal import Journal
from loader.storage.locks import Locks
from loader.storage.shared_rate import AccountRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANY_MOMENT = "at any moment"


class Plug:
    """Counts passages, and pulls the plug at the `nth`."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> Callable[[Plug], None]:  # noqa: ANN401 - any class or module
    return _point(owner, name, first=True)


def after(owner: Any, name: str) -> Callable[[Plug], None]:  # noqa: ANN401 - any class or module
    return _point(owner, name, first=False)


def _point(owner: Any, name: str, *, first: bool) -> Callable[[Plug], None]:  # noqa: ANN401
    getattr(owner, name)  # a place that was renamed is missed at once, not by the story that kills there
    return functools.partial(_wrap, owner, name, first)


def _wrap(owner: Any, name: str, first: bool, plug: Plug) -> None:  # noqa: ANN401
    original = getattr(owner, name)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def replaced(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if first:
                plug()
            result = await original(*arguments, **named)
            if not first:
                plug()
            return result

    else:

        @functools.wraps(original)
        def replaced(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if first:
                plug()
            result = original(*arguments, **named)
            if not first:
                plug()
            return result

    setattr(owner, name, replaced)


def _before_commit_of(name: str) -> Callable[[Plug], None]:
    """Within the transaction of a method of the journal: written, not committed."""

    def install(plug: Plug) -> None:
        method, writing = getattr(Journal, name), Database.writing
        inside = False

        @contextmanager
        def replaced_writing(database: Database, **named: Any) -> Iterator[Any]:  # noqa: ANN401
            with writing(database, **named) as connection:
                yield connection
                if inside:
                    plug()

        @functools.wraps(method)
        def replaced(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            nonlocal inside
            inside = True
            try:
                return method(*arguments, **named)
            finally:
                inside = False

        setattr(Database, "writing", replaced_writing)  # noqa: B010 - mypy minds an assignment
        setattr(Journal, name, replaced)

    return install


def _behind_the_gate(plug: Plug) -> None:
    gate = Locks.gate

    @contextmanager
    def replaced(locks: Locks) -> Iterator[None]:
        with gate(locks):
            plug()
            yield

    setattr(Locks, "gate", replaced)  # noqa: B010


def _mid_body(plug: Plug) -> None:
    """The first half of what is written goes to the network; then the plug is pulled."""
    write_lines = StreamWriter._writelines

    def replaced(writer: StreamWriter, chunks: Any) -> None:  # noqa: ANN401 - aiohttp's own
        parts = [bytes(chunk) for chunk in chunks]
        whole = b"".join(parts)
        plug._left -= 1
        if plug._left == 0 and writer.transport is not None:
            # head and body are one write: half of the body is what makes it a torn request
            writer.transport.write(whole[: -max(1, len(parts[-1]) // 2)])
            os.kill(os.getpid(), signal.SIGKILL)
        write_lines(writer, parts)

    setattr(StreamWriter, "_writelines", replaced)  # noqa: B010


def _migrating(plug: Plug) -> None:
    def killed(migration: Callable[..., None]) -> Callable[..., None]:
        def replaced(connection: Any) -> None:  # noqa: ANN401
            migration(connection)
            plug()

        return replaced

    steps = tuple(killed(migration) for migration in loader.storage.migrations.MIGRATIONS)
    setattr(loader.storage.database, "MIGRATIONS", steps)  # noqa: B010


def _draining(install: Callable[[Plug], None]) -> Callable[[Plug], None]:
    """A termination signal arrives as a row is being sent; then the plug is pulled while the run winds up."""

    def installed(plug: Plug) -> None:
        create, sent = Client.create, False

        async def replaced(client: Client, body: bytes, *, name: str) -> Any:  # noqa: ANN401
            nonlocal sent
            if not sent:
                sent = True
                install(plug)
                os.kill(os.getpid(), signal.SIGTERM)
            return await create(client, body, name=name)

        setattr(Client, "create", replaced)  # noqa: B010

    return installed


POINTS: dict[str, Callable[[Plug], None]] = {
    "the journal is being made": _migrating,
    "the run is about to be begun": before(Journal, "_begin"),
    "the run is being begun": _before_commit_of("_begin"),
    "the run is begun": after(Journal, "_begin"),
    "behind the gate": _behind_the_gate,
    "taking the lock": before(Locks, "take"),
    "the lock is taken": after(Locks, "take"),
    "rows are about to be taken": before(Journal, "take"),
    "rows are taken": after(Journal, "take"),
    "an intent is about to be durable": before(Journal, "claim"),
    "an intent is being written": _before_commit_of("claim"),
    "an intent is durable": after(Journal, "claim"),
    "a slot is reserved": after(AccountRate, "reserve"),
    "before the barrier": before(loader.api.session, "_raise_the_barrier"),
    "behind the barrier": after(loader.api.session, "_raise_the_barrier"),
    "mid body": _mid_body,
    "the body is written": after(StreamWriter, "write"),
    "the status line is read": before(loader.api.client, "answer_of"),
    "the answer is read": after(loader.api.client, "answer_of"),
    "an outcome is about to be durable": before(Journal, "settle"),
    "an outcome is being written": _before_commit_of("settle"),
    "an outcome is durable": after(Journal, "settle"),
    "a page of the list is about to be asked for": before(Client, "page"),
    "a page of the list is read": after(Client, "page"),
    "the first campaign is about to be read back": before(Client, "campaign"),
    "the first campaign is read back": after(Client, "campaign"),
    "what the server shows is about to be durable": before(Journal, "observe"),
    "what the server shows is being written": _before_commit_of("observe"),
    "what the server shows is durable": after(Journal, "observe"),
    "the end of the run is about to be durable": before(Journal, "end"),
    "the end of the run is being written": _before_commit_of("end"),
    "the end of the run is durable": after(Journal, "end"),
    "the results are about to be written": before(loader.execution.report, "write_results"),
    "the results are half written": before(ExcelWriter, "write_worksheet"),
    "the results are about to get their name": before(loader.storage.atomic_files, "_publish"),
    "the results have got their name": after(loader.storage.atomic_files, "_take_name"),
    "the results are written": after(loader.execution.report, "write_results"),
    "draining: asked to": _draining(after(RateLimiter, "stop")),
    "draining: an outcome is about to be durable": _draining(before(Journal, "settle")),
    "draining: what did not leave is about to be given back": _draining(before(Sender, "give_back")),
    "draining: what did not leave is given back": _draining(after(Sender, "give_back")),
    "a deletion is about to be durable": before(Journal, "turn"),
    "a deletion is being written": _before_commit_of("turn"),
    "a deletion is durable": after(Journal, "turn"),
    "a deletion is about to leave": before(Client, "delete"),
    "a deletion is answered": after(Client, "delete"),
}

UNDOING = frozenset(point for point in POINTS if point.startswith("a deletion"))
COMPARING = frozenset(point for point in POINTS if point.startswith(("the first campaign", "what the server shows")))

# how often a run of a few rows passes there at least; elsewhere it passes once
OFTEN = {
    "behind the gate": 2,
    "an intent is about to be durable": 3,
    "an intent is being written": 3,
    "an intent is durable": 3,
    "a slot is reserved": 6,
    "before the barrier": 6,
    "behind the barrier": 6,
    "mid body": 6,
    "the body is written": 6,
    "the status line is read": 5,
    "the answer is read": 5,
    "an outcome is about to be durable": 3,
    "an outcome is being written": 3,
    "an outcome is durable": 3,
    "a page of the list is about to be asked for": 2,
    "a page of the list is read": 2,
    "the results are half written": 3,
}
