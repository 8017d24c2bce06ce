"""Several sandboxes in one process, each an account of its own. Started as a script.

    python -m tests.benchmarks.sandboxes NUMBER PER_MINUTE FOLDER     prints their addresses, one a line

Each logs its requests to FOLDER/<its number>.jsonl.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from loader.sandbox.server import serving
from loader.sandbox.settings import SandboxSettings


async def _serve(number: int, per_minute: int, folder: Path) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with AsyncExitStack() as stack:
        for one in range(number):
            settings = SandboxSettings(rate_per_minute=per_minute, log_path=folder / f"{one}.jsonl")
            server = await stack.enter_async_context(serving(settings))
            sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
