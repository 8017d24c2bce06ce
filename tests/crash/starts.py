"""How victims are started: as a fork of a process that has imported the program, or from a cold start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from tests.forked import ForkServer, Order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.crash.victim import Start

_VICTIM = "tests.crash.victim"
_POLL_SECONDS = 0.01


def fork_server(folder: Path, environment: Mapping[str, str]) -> ForkServer:
    """One that may serve many stories at once; close it at the end."""
    return ForkServer(folder / "forks", dict(environment), imports=[_VICTIM])


async def forked(server: ForkServer, start: Start, *, within: float) -> int:
    """The exit code; TimeoutError where it does not end in so many seconds, and is killed."""
    order = Order(f"{_VICTIM}:main", [start.as_json()], start.folder, start.environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        victim = server.start(order, [nothing, nothing, nothing])
    finally:
        os.close(nothing)
    try:
        async with asyncio.timeout(within):
            while (code := victim.poll()) is None:  # noqa: ASYNC110 - no event of this loop, but of another process
                await asyncio.sleep(_POLL_SECONDS)
            return code
    finally:
        if victim.returncode is None:
            os.kill(victim.pid, signal.SIGKILL)
            victim.close()


async def cold(start: Start, *, within: float) -> int:
    """The same from a start of its own, imports and all."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _VICTIM, start.as_json(), env=start.environment
    )
    try:
        async with asyncio.timeout(within):
            return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
