from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from loader.sandbox.context import Clock
from loader.sandbox.server import serving
from loader.sandbox.settings import SandboxSettings
from tests.sandbox.caller import Caller, Hands, Start


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a sandbox with these settings, and a caller of it; both end with the test."""
    async with AsyncExitStack() as stack:

        async def started(*, hands: Hands | None = None, **settings: Any) -> Caller:  # noqa: ANN401
            clock = hands.clock() if hands else Clock()
            sandbox = await stack.enter_async_context(serving(SandboxSettings(**settings), clock=clock))
            timeout = aiohttp.ClientTimeout(total=10)
            session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            return Caller(session, sandbox, wall=clock.wall)

        yield started


@pytest.fixture
async def caller(start: Start) -> Caller:
    """A caller of a sandbox that was told nothing, but without a rate limit."""
    return await start(rate_per_minute=0)
