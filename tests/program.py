"""The console program as a process of its own: forked from one that has imported it, or from a cold start."""

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

from tests.forked import ForkServer, Order
from tests.secrets_sought import seen_in

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Mapping

    from tests.forked import Forked

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


class ForkedProcess:
    """What was forked, in the words of a process of asyncio."""

    def __init__(self, forked: Forked, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        self._forked, self.stdout, self.stderr = forked, stdout, stderr
        self.pid = forked.pid

    @property
    def returncode(self) -> int | None:
        return self._forked.poll()

    def send_signal(self, number: int) -> None:
        self._forked.send_signal(number)

    async def communicate(self) -> tuple[bytes, bytes]:
        said = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await until(lambda: self.returncode is not None)
        return said[0], said[1]


class Running:
    """A program that was started. Its output is read when it ends, so that is little enough for a pipe."""

    def __init__(self, process: Process | ForkedProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

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

    def __init__(self, folder: Path, environment: Mapping[str, str], fork_server: ForkServer) -> None:
        self.folder, self.installed, self._fork_server = folder, str(_INSTALLED), fork_server
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
        self,
        *arguments: object,
        hurried: bool = False,
        cold: bool = False,
        module: bool = False,
        code: str = "",
        **environment: str,
    ) -> Running:
        """Forked, unless `cold`: as it is installed, or as a `module`: as `python -m loader`.

        `hurried`: its own longest pauses shortened; `code`: other Python.
        """
        words, environment = [*map(str, arguments)], {**self.environment, **environment}
        if cold or module:
            command = [sys.executable, "-m", "loader"] if module else [self.installed]
            process: Process | ForkedProcess = await asyncio.create_subprocess_exec(
                *command,
                *words,
                cwd=self.folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        else:
            target = "tests.hurried:main" if hurried else "loader.cli.main:main"
            if code:
                target, words = "tests.forked:code_from_arguments", [code, *words]
            process = await self._forked(Order(target, words, str(self.folder), environment))
        self._running.append(Running(process))
        return self._running[-1]

    async def _forked(self, order: Order) -> ForkedProcess:
        (out, its_out), (err, its_err), nothing = os.pipe(), os.pipe(), os.open(os.devnull, os.O_RDONLY)
        forked = self._fork_server.start(order, [nothing, its_out, its_err])
        for handle in (nothing, its_out, its_err):
            os.close(handle)
        return ForkedProcess(forked, await _reader_of(out), await _reader_of(err))

    async def run(self, *arguments: object, **how: Any) -> Finished:  # noqa: ANN401 - as for `start`
        return await (await self.start(*arguments, **how)).ended()

    async def stop_all(self) -> None:
        for running in self._running:
            running.signal(signal.SIGKILL)
            await running.ended()


async def _reader_of(handle: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(handle, "rb", 0)
    )
    return reader


async def until(met: Callable[[], object], within: float = PATIENCE_SECONDS) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + within
    while not met():
        assert time.monotonic() < deadline, f"waited {within} s in vain"
        await asyncio.sleep(0.005)
