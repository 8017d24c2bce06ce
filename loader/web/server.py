"""The page, served until somebody ends it; it ends within five seconds, whatever is still open."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from loader.editing.sheet_edit import Reading
from loader.errors import SettingsError
from loader.web.addresses import LOCALHOST, in_url, must_be_this_machine
from loader.web.app import Parts, application
from loader.web.matches import Matches
from loader.web.reader_pool import ReaderPool
from loader.web.sheet_store import SheetStore
from loader.web.sign_in import SignIns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from loader.config.settings import Places
    from loader.web.rendering import About
    from loader.workbook.mapping import Renaming

_FOLDER = "page"
_SHUTDOWN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and where."""

    places: Places
    renaming: Renaming
    about: About
    host: str
    port: int


@asynccontextmanager
async def serving(served: Served) -> AsyncIterator[str]:
    """Listen for as long as the context lasts; the address is the one to open, with its token.

    Raises:
        SettingsError: it is not this machine's address, or somebody else listens there.
    """
    places, host = served.places, must_be_this_machine(served.host)
    folder = places.output / _FOLDER
    sign_ins, store = SignIns(folder / "sign-ins"), SheetStore(folder / "sheets")
    store.prune((datetime.now(UTC) - timedelta(days=places.page_days)).isoformat(timespec="seconds"))
    async with ReaderPool(places) as readers:
        reading = Reading(places.api_version, served.renaming)
        parts = Parts(
            sign_ins, store, Matches(folder / "matches"), readers, reading, places.encoding or "", served.about
        )
        listening = _listening(host, served.port)
        taken = listening.getsockname()[1]
        runner = web.AppRunner(application(parts, host, taken), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await runner.setup()
            await web.SockSite(runner, listening).start()
            yield f"http://{in_url(host)}:{taken}/?token={sign_ins.token}"
        finally:
            await runner.cleanup()


def _listening(host: str, port: int) -> socket.socket:
    """At one address: what the name localhost leads to may be two."""
    at = "127.0.0.1" if host == LOCALHOST else host
    try:
        return socket.create_server((at, port), family=socket.AF_INET6 if ":" in at else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"--port {port}: {host} cannot be listened at ({error.strerror}); right: a port that is free, 0 takes one"
        ) from error


def serve_forever(served: Served, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` gets the address."""

    async def serve() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows, where ^C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, ended.set)
        async with serving(served) as url:
            on_ready(url)
            await ended.wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())
