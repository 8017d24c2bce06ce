"""Starts victims in a hundredth of a second: a process that has imported the program forks one for every order.

Orders come in as lines of JSON; out go lines of the order's number and the victim's process id, and of its number and
how it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.crash.victim import LoadRequest, live

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

_POLL_SECONDS = 0.01


def main() -> None:
    """Fork until standard input ends; whoever lives then is killed."""
    victims: dict[int, int] = {}
    buffer = b""
    while True:
        if select.select([0], [], [], _POLL_SECONDS if victims else None)[0]:
            data = os.read(0, 1 << 16)
            if not data:
                break
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                number, order = json.loads(line)
                victims[_fork(LoadRequest(**order))] = number
        while victims and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(victims.pop(ended[0]), os.waitstatus_to_exitcode(ended[1]))
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def _fork(order: LoadRequest) -> int:
    pid = os.fork()
    if pid == 0:
        live(order)
    return pid


def _tell(number: int, code: int) -> None:
    os.write(1, f"{number} {code}\n".encode())


class Nursery:
    """The other end. Use as a context; one may serve many stories at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "OPENBLAS_NUM_THREADS": "1"}
        self._process: Process | None = None
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Nursery:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.crash.nursery",
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._listening = asyncio.create_task(self._listen(self._process))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._listening is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._listening

    async def run(self, order: LoadRequest, *, within: float) -> int:
        """How it ended; TimeoutError where it does not (the nursery kills it when it ends itself)."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = len(self._ends)
        self._ends[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps([number, json.loads(order.as_json())]).encode() + b"\n")
        async with asyncio.timeout(within):
            return await self._ends[number]

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            number, code = map(int, line.split())
            with suppress(asyncio.InvalidStateError):  # nobody waits for it any more
                self._ends[number].set_result(code)
        for end in self._ends.values():
            if not end.done():
                end.set_exception(AssertionError("the nursery died"))


async def run_afresh(order: LoadRequest, environment: Mapping[str, str], *, within: float) -> int:
    """The same from a start of its own, imports and all."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.victim", order.as_json(), env=environment
    )
    try:
        async with asyncio.timeout(within):
            return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    main()
