"""A listening sandbox: for tests as a context, for the command line until a signal."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress

from aiohttp import web

from loader.sandbox import lifecycle
from loader.sandbox.context import Backend, Clock
from loader.sandbox.errors import SandboxError
from loader.sandbox.fault_kinds import survivable
from loader.sandbox.fault_rules import rules_in
from loader.sandbox.faults import RandomFaults, RuledFaults, with_field
from loader.sandbox.json_schema import JsonObject
from loader.sandbox.names import KnownNames, names_in
from loader.sandbox.request_handler import Exchange
from loader.sandbox.routes import ROUTES_V1, ROUTES_V2
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign, Store
from loader.sandbox.traffic import Arrival, RequestLog, largest_window

_MEBIBYTE = 1024 * 1024
EXCHANGE = web.AppKey("EXCHANGE", Exchange)


class Sandbox:
    """What a test asks a running sandbox, and does there as somebody else would in the product's own pages.

    What the product forbids there is a RefusedError, and so is a campaign that is not there.
    """

    def __init__(self, url: str, backend: Backend, arrivals: Sequence[Arrival]) -> None:
        self.url = url
        self._backend = backend
        self.requests = arrivals
        """Every request in the order of arrival, also those refused or struck by a fault."""

    @property
    def campaigns(self) -> list[Campaign]:
        """What it holds now, oldest first."""
        self._backend.store.remove_vanished(self._backend.clock.wall())
        return list(self._backend.store.oldest_first())

    def create(self, body: JsonObject) -> Campaign:
        """Add a campaign as a create request of either version would; the body is taken as it is."""
        return lifecycle.create(self._backend, body, account=self._backend.settings.account_id)

    def start(self, campaign_id: str) -> Campaign:
        return lifecycle.trigger(self._backend, self._held(campaign_id), "play")

    def stop(self, campaign_id: str) -> Campaign:
        return lifecycle.trigger(self._backend, self._held(campaign_id), "stop")

    def edit(self, campaign_id: str, field: str, value: object) -> Campaign:
        """Give a field of its body, such as `dialingStrategy.maxRingTime`, another value."""
        campaign = self._held(campaign_id)
        return lifecycle.update(self._backend, campaign, with_field(campaign.body, field, value))

    def delete(self, campaign_id: str) -> None:
        lifecycle.delete(self._backend, self._held(campaign_id))

    def _held(self, campaign_id: str) -> Campaign:
        return lifecycle.found(self._backend, campaign_id)

    def largest_window(self, seconds: float = 60.0) -> int:
        """Return the largest number of requests that arrived in any window of that length."""
        return largest_window([arrival.at for arrival in self.requests], seconds)


@asynccontextmanager
async def serving(settings: SandboxSettings, *, clock: Clock | None = None) -> AsyncIterator[Sandbox]:
    """Listen for as long as the context lasts; SandboxError if that cannot be."""
    known = KnownNames(settings.contact_lists, settings.dnc_lists, settings.queues)
    if settings.names_file:
        known += names_in(settings.names_file)
    file_rules = rules_in(settings.fault_file) if settings.fault_file else ()
    with (
        closing(Store(settings.store_path, app=settings.app_id)) as store,
        closing(RequestLog(settings.log_path)) as log,
    ):
        backend = Backend(settings, clock or Clock(), store, known)
        exchange = Exchange(
            backend,
            (*ROUTES_V1, *ROUTES_V2),
            random_faults=RandomFaults(
                settings.fault_rate, survivable(settings.fault_seconds), _chance(settings.fault_seed)
            ),
            ruled_faults=RuledFaults((*settings.fault_rules, *file_rules), _chance(settings.fault_seed)),
            log=log,
        )
        runner = web.AppRunner(_app(exchange), access_log=None, shutdown_timeout=1.0)
        try:
            yield Sandbox(await _listen(runner, settings), backend, exchange.arrivals)
        finally:
            await runner.cleanup()


def serve_forever(settings: SandboxSettings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then close in good order and return; `on_ready` gets the address."""

    async def serve() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows, where ^C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, ended.set)
        async with serving(settings) as sandbox:
            on_ready(sandbox.url)
            await ended.wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


def _app(exchange: Exchange) -> web.Application:
    app = web.Application(client_max_size=_MEBIBYTE)
    app[EXCHANGE] = exchange
    app.router.add_route("*", "/{path:.*}", exchange.answer)
    app.on_shutdown.append(exchange.end_waiting)
    return app


async def _listen(runner: web.AppRunner, settings: SandboxSettings) -> str:
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    try:
        await site.start()
    except OSError as error:
        raise SandboxError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
            "right: a port that is free (0 takes one)"
        ) from error
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{site.port}"


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  repeatable on purpose
