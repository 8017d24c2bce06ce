"""A run as the journal has it when it begins, and the one that is gone on with instead."""

from __future__ import annotations

import getpass
import os
import secrets
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from loader.errors import AccountBusyError
from loader.model.records import Run
from loader.planning.request import unfinished

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from datetime import datetime

    from loader.config.settings import Settings
    from loader.execution.turn import Turns
    from loader.model.records import StoredOptions
    from loader.planning.request import LoadRequest
    from loader.storage.journal import Journal


def this_user() -> str:
    """The name of whoever runs this; the number where it has no name, as containers often have it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # what it raises differs from one Python to the next
        return str(os.getuid()) if os.name == "posix" else "unknown"


def new_run(load_request: LoadRequest, settings: Settings, *, started: datetime) -> Run:
    return Run(
        id=f"{started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        account=str(settings.account),
        application=settings.application,
        user=this_user(),
        process=os.getpid(),
        file=load_request.file,
        digest=load_request.digest,
        options=_options(load_request, settings),
        started_at=started,
    )


def unfinished_run(journal: Journal, load_request: LoadRequest, settings: Settings) -> Run | None:
    """The run of the same sheet with the same options that has not come to its end."""
    wanted = (settings.application, load_request.digest, _options(load_request, settings))
    for earlier in journal.runs():
        if (earlier.application, earlier.digest, earlier.options) == wanted and unfinished(earlier):
            return earlier
    return None


def _options(load_request: LoadRequest, settings: Settings) -> StoredOptions:
    # the version is part of what a row's content is: bodies differ
    return {**load_request.options(), "api_version": settings.api_version}


def taken_up_or_new(
    journal: Journal, load_request: LoadRequest, settings: Settings, *, now: Callable[[], datetime]
) -> Run:
    """The unfinished run of this very request, else a new one."""
    return unfinished_run(journal, load_request, settings) or new_run(load_request, settings, started=now())


async def begin(
    held: ExitStack, journal: Journal, wanted: Run | Callable[[], Run], content: bytes, turns: Turns | None
) -> Run:
    """Begin the run that is `wanted` when its turn has come, and be at it until `held` lets go.

    Raises:
        AccountBusyError: another process is at this run.
    """

    def begun(*, alone: bool) -> Run:
        run = replace(wanted() if callable(wanted) else wanted, ended_at=None, process=os.getpid())
        held.enter_context(journal.carrying_out(run, content, alone=alone))
        return run

    if turns is not None:
        with suppress(AccountBusyError):  # others, that it waited for in vain, may have none of its rows
            return await turns.take(partial(begun, alone=True))
    return begun(alone=False)
