"""Starts programs in a hundredth of a second: a process that has imported the loader forks one for every start.

What is forked is a process like any other, with its own folder, environment and output, and SIGKILL is as real there;
only its imports were made before. Each start is a connection to the server: the order goes in, with the handles that
become its input and output; out come its process id and, when it has ended, its exit code.
"""

from __future__ import annotations

import fcntl
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import BinaryIO

_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Order:
    """What to start. `target`: a function, as module:name, called with these `arguments` as `sys.argv`.

    `terminal`: its standard input is a terminal, which becomes its own.
    """

    target: str
    arguments: Sequence[str]
    folder: str
    environment: dict[str, str]
    terminal: bool = False


class ForkServer:
    """The side of the tests. The server starts with the first order and ends with `close`.

    `imports`: modules of the tests that it imports, too, before it forks.
    """

    def __init__(self, socket_path: Path, environment: dict[str, str], *, imports: Sequence[str] = ()) -> None:
        self._imports = imports
        self._path, self._environment = socket_path, {**environment, "OPENBLAS_NUM_THREADS": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, order: Order, handles: Sequence[int]) -> Forked:
        """`handles`: standard input, output and error of what is started."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.forked", str(self._path), *self._imports]
            self._process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n"
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect(str(self._path))
        socket.send_fds(connection, [b"x"], list(handles))
        connection.sendall(json.dumps(asdict(order)).encode())
        connection.shutdown(socket.SHUT_WR)
        return Forked(connection)

    def close(self) -> None:
        if self._process:
            self._process.communicate()


class Forked:
    """A program that was started, as the tests see it."""

    def __init__(self, connection: socket.socket) -> None:
        self._told: BinaryIO = connection.makefile("rb")
        self._connection = connection
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float = _PATIENCE_SECONDS) -> int:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = int(self._told.readline())
            self.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def close(self) -> None:
        self._told.close()
        self._connection.close()


# The side of the server


def serve(path: str) -> Callable[[], object] | None:
    """Fork until standard input ends; whoever lives then is killed. In a fork: what it has to do."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(100)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    running: dict[int, socket.socket] = {}
    watched: list[int | socket.socket] = [0, listener]
    while True:
        met = select.select(watched, [], [], _POLL_SECONDS if running else None)[0]
        if 0 in met:
            break
        if listener in met:
            connection, _ = listener.accept()
            order, handles = _ordered(connection)
            if not (pid := os.fork()):
                for inherited in (listener, connection, *running.values()):
                    inherited.close()
                return _moved_in(order, handles)
            for handle in handles:
                os.close(handle)
            running[pid] = connection
            _tell(connection, pid)
        while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            connection = running.pop(ended[0])
            _tell(connection, os.waitstatus_to_exitcode(ended[1]))
            connection.close()
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    return None


def _tell(connection: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody waits for it any more
        connection.sendall(f"{number}\n".encode())


def _ordered(connection: socket.socket) -> tuple[Order, Sequence[int]]:
    _, handles, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as order:
        return Order(**json.loads(order.read())), handles


def _moved_in(order: Order, handles: Sequence[int]) -> Callable[[], object]:
    """Be the process that was ordered, until the call of its target."""
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    if order.terminal:
        _take_the_terminal()
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    tempfile.tempdir = None
    sys.argv = ["campaign-loader", *order.arguments]
    target: Callable[[], object] = pkgutil.resolve_name(order.target)
    return target


def _take_the_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def code_from_arguments() -> None:
    """As `python -c` would do it: the first argument is a program."""
    code = sys.argv.pop(1)
    exec(compile(code, "<ordered>", "exec"), {"__name__": "__main__"})  # noqa: S102 - of the tests


def _import_the_loader() -> None:
    for module in pkgutil.walk_packages(__import__("loader").__path__, "loader."):
        if not module.name.endswith("__main__"):
            __import__(module.name)


if __name__ == "__main__":
    _import_the_loader()
    for module in sys.argv[2:]:
        __import__(module)
    work = serve(sys.argv[1])
    if work:
        work()
