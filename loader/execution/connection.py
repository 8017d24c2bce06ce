"""The way to one account: its words, its tokens, its rate limiter, its network."""

from __future__ import annotations

import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from loader.api.auth import Signer
from loader.api.client import Client
from loader.api.listing import KnownCampaigns
from loader.api.rate_limiter import Clock, RateLimiter
from loader.api.session import open_session
from loader.api.versions import WIRES
from loader.errors import StoppedError
from loader.storage.shared_rate import AccountRate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from typing import Any

    from loader.config.settings import Settings
    from loader.errors import LoaderError
    from loader.model.events import Waiting
    from loader.model.records import Run
    from loader.storage.journal import Journal


def steady_clock() -> Callable[[], datetime]:
    """The time in UTC, taken once from the system's clock and from then on from one that never jumps."""
    began, origin = datetime.now(UTC), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - origin)


@dataclass(frozen=True, slots=True)
class Connection:
    """The network, time and chance, handed in; made anew for each run."""

    session: Callable[..., AbstractAsyncContextManager[Any]] = open_session
    clock: Callable[[], float] = time.monotonic
    """Seconds since the machine was started."""
    chance: Callable[[], float] = random.random
    now: Callable[[], datetime] = field(default_factory=steady_clock)
    """In UTC; never jumps."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What each stage of a run works with. `settings` are those under which this run goes on."""

    run: Run
    settings: Settings
    journal: Journal
    connection: Connection = field(default_factory=Connection)
    known: KnownCampaigns = field(default_factory=KnownCampaigns)
    """What runs before this one, of the same process and account, have read of the campaign list."""

    @property
    def application(self) -> str:
        return self.settings.application

    @property
    def now(self) -> Callable[[], datetime]:
        """A clock that never jumps, in UTC."""
        return self.connection.now

    def connected(self, on_wait: Callable[[Waiting], None]) -> AbstractAsyncContextManager[Client]:
        """A client that creates and deletes only while this process holds the run.

        Raises:
            SettingsError: the secret does not fit the algorithm.
        """
        return connected(self.settings, self.journal, connection=self.connection, on_wait=on_wait, run=self.run.id)


def with_version_of(run: Run, settings: Settings) -> Settings:
    """The settings under which this run goes on: its rows are what they were under the version it was begun with."""
    return settings.model_copy(update={"api_version": run.options["api_version"]})


@asynccontextmanager
async def connected(
    settings: Settings,
    journal: Journal,
    *,
    connection: Connection | None = None,
    on_wait: Callable[[Waiting], None],
    run: str = "",
) -> AsyncIterator[Client]:
    """A client of the account, which shares the allowance with all others of this journal.

    `run`: what creates or deletes leaves only while this process holds that run.

    Raises:
        SettingsError: the secret does not fit the algorithm.
    """
    connection = connection or Connection()
    wire = WIRES[settings.api_version](app_id=settings.app_id, account_id=settings.account_id)
    signer = Signer(
        client_id=settings.client_id,
        key=settings.client_secret.get_secret_value(),
        algorithm=settings.jwt_algorithm,
        subject=settings.jwt_subject,
    )
    rate_limiter = RateLimiter(
        settings.rate_per_minute,
        Clock(connection.clock, chance=connection.chance),
        shared=AccountRate(journal.database, str(settings.account), connection.clock),
        on_wait=on_wait,
    )
    proxy = {"proxy": settings.proxy.get_secret_value()} if settings.proxy else {}
    async with connection.session(
        settings.host, concurrency=settings.concurrency, timeout=settings.timeout_seconds, **proxy
    ) as session:
        holds = partial(journal.holds, run) if run else lambda: True
        yield Client(session, wire=wire, signer=signer, rate_limiter=rate_limiter, holds=holds)


class Stop:
    """Asked for at any time; it reaches whoever sends at once. `asked` says why."""

    def __init__(self) -> None:
        self.asked: StoppedError | None = None
        self._report: Callable[[LoaderError], None] = lambda _: None

    def ask(self, why: str) -> None:
        self.asked = StoppedError(why)
        self._report(self.asked)

    def reports_to(self, listener: Callable[[LoaderError], None]) -> None:
        self._report = listener
        if self.asked is not None:
            listener(self.asked)
