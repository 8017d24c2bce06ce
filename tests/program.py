"""The console program as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.secrets_sought import seen_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE_SECONDS = 120
_TESTS = Path(__file__).parent
# the guard, and the loader that is being tested
GUARDED_PATH = f"{_TESTS / 'guarded'}{os.pathsep}{_TESTS.parent}"
_INSTALLED = Path(sys.executable).with_name("campaign-loader")


@dataclass(frozen=True)
class Finished:
    code: int
    """Negative where a signal ended it."""
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        [line] = self.out.splitlines()
        content: dict[str, Any] = json.loads(line)
        return content


class Running:
    """A program that was started. Its output is read when it ends, so that is little enough for a pipe."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def over(self) -> bool:
        return self._process.returncode is not None

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)

    def signal_to_stop(self) -> None:
        self.signal(signal.SIGTERM)

    async def line(self) -> str:
        """The next line of its standard output."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self._process.stdout.readline()).decode()

    async def says(self, words: str) -> None:
        """Wait for a line of its standard error with these words in it."""
        assert self._process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while words not in (line := (await self._process.stderr.readline()).decode()):
                assert line, f"it ended without saying: {words}"

    async def ended(self, within: float = PATIENCE_SECONDS) -> Finished:
        async with asyncio.timeout(within):
            out, err = await self._process.communicate()
        assert self._process.returncode is not None
        finished = Finished(self._process.returncode, out.decode(), err.decode())
        assert seen_in(finished.out + finished.err) == []
        return finished

    async def killed(self) -> None:
        """Pull the plug, if it is not over yet."""
        self.signal(signal.SIGKILL)
        await self.ended()


class Program:
    """Starts it in `folder`, with `environment` and nothing of the tester's own but the path."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.installed = folder, str(_INSTALLED)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": GUARDED_PATH,
            "GUARDED_FOLDER": os.environ["GUARDED_FOLDER"],
            "TMPDIR": os.environ["GUARDED_FOLDER"],
            "COLUMNS": "200",
            **environment,
        }
        self._running: list[Running] = []

    async def start(
        self, *arguments: object, hurried: bool = False, module: bool = False, code: str = "", **environment: str
    ) -> Running:
        """`hurried`: its own longest pauses shortened; `module`: as `python -m loader`; `code`: other Python."""
        command = [self.installed]
        if hurried:
            command = [sys.executable, str(_TESTS / "hurried.py")]
        elif module:
            command = [sys.executable, "-m", "loader"]
        elif code:
            command = [sys.executable, "-c", code]
        process = await asyncio.create_subprocess_exec(
            *command,
            *map(str, arguments),
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._running.append(Running(process))
        return self._running[-1]

    async def run(self, *arguments: object, **how: Any) -> Finished:  # noqa: ANN401 - as for `start`
        return await (await self.start(*arguments, **how)).ended()

    async def stop_all(self) -> None:
        for running in self._running:
            running.signal(signal.SIGKILL)
            await running.ended()


async def until(met: Callable[[], object], within: float = PATIENCE_SECONDS) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + within
    while not met():
        assert time.monotonic() < deadline, f"waited {within} s in vain"
        await asyncio.sleep(0.005)
