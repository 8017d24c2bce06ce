"""What aiohttp is to the client: a session whose requests go to the world, and whose failures are aiohttp's own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp

from loader.api import session
from tests.simulation.clock import awake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from tests.simulation.life import Life
    from tests.simulation.world import Reply, World


class _Content:
    def __init__(self, reply: Reply, life: Life) -> None:
        self._reply, self._life = reply, life

    async def iter_any(self) -> AsyncIterator[bytes]:
        body = self._reply.body
        yield body[: len(body) // 2]
        self._life.step("in the middle of an answer")
        await asyncio.sleep(0)
        if not self._reply.whole:
            raise aiohttp.ClientPayloadError("the rest never came")
        yield body[len(body) // 2 :]


class _Response:
    def __init__(self, reply: Reply, life: Life) -> None:
        self.status = reply.status
        self.headers: Mapping[str, str] = reply.headers
        self.content = _Content(reply, life)


class Session:
    """One process's way to the server. `cut_off`: its own network is down until then."""

    def __init__(self, world: World, life: Life, timeout: float) -> None:
        self._world, self._life, self._timeout = world, life, timeout

    @asynccontextmanager
    async def request(
        self,
        method: str,
        target: str,
        *,
        data: bytes,
        headers: Mapping[str, str],
        allow_redirects: bool,
        trace_request_ctx: Any,  # noqa: ANN401
    ) -> AsyncIterator[_Response]:
        assert (allow_redirects, bool(headers)) == (False, True)
        world, life = self._world, self._life
        life.step("before a request")
        world.left.append(world.now)
        create = method == "POST" and not target.endswith("getAllCampaignDetails")
        fate = world.fate(create=create) if world.now >= life.cut_off_until else "refused"
        what = data.decode()[:60] if create else "list" if method == "POST" else f"{method} {target[-60:]}"
        world.note(f"{life.name} asks: {what}: {fate}")
        async with asyncio.timeout(self._timeout):
            await self._connect(fate)
            # as the session of the program does it: first the barrier, then the first byte
            await session._raise_the_barrier(
                None,  # type: ignore[arg-type]
                SimpleNamespace(trace_request_ctx=trace_request_ctx),
                None,  # type: ignore[arg-type]
            )
            life.step("at the barrier")
            answer = world.receive(method, target, data, fate, by=life.name)
            life.step("sent and not answered")
            await asyncio.wait([answer])
            if await awake() and world.rng.random() < 0.5:
                raise aiohttp.ServerDisconnectedError  # connections do not outlive a night
            reply = answer.result()
            life.step("answered")
            world.answered(life.name, method, target, data, reply)
            yield _Response(reply, life)

    async def _connect(self, fate: str) -> None:
        rng = self._world.rng
        match fate:
            case "refused":
                await asyncio.sleep(rng.random() / 10)
                raise aiohttp.ClientOSError(111, "refused")
            case "unreachable":
                await asyncio.sleep(self._timeout + 1)
            case "slow way":
                await asyncio.sleep(rng.random() * self._timeout)
            case _:
                await asyncio.sleep(rng.random() / 50)
        self._life.step("connected")


def sessions_to(world: World, life: Life) -> Callable[..., Any]:
    """What `open_session` is to the program."""

    @asynccontextmanager
    async def opened(_host: str, *, concurrency: int, timeout: float) -> AsyncIterator[Session]:  # noqa: ASYNC109
        assert concurrency > 0
        yield Session(world, life, timeout)

    return opened
