"""Nothing a test does leaves loopback, or writes outside the folder of the tests; loaded by every process of them.

Python imports a module of this name at start when its folder is on PYTHONPATH. The folder is in GUARDED_FOLDER.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER = os.environ.get("GUARDED_FOLDER", "")
BROKEN: list[str] = []

_LOCAL = ("127.", "::1", "localhost", "[::1]")
# caches of the tools themselves, and devices
_ALLOWED = ("/dev/", "/proc/self/", "/.hypothesis/", "/__pycache__/", "/.pytest_cache/", "/.coverage", "/.mypy_cache/")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: what it raises stands for the call that was about to be made."""
    if not FOLDER:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITING:
            _inside(path)
    elif event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        _at_home(arguments[0] if event == "socket.getaddrinfo" else arguments[1])
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect"):
        _inside(arguments[0])
    elif event in ("os.rename", "os.link"):
        _inside(arguments[1])


def _at_home(address: object) -> None:
    host = address[0] if isinstance(address, tuple) else address
    host = host.decode() if isinstance(host, bytes) else host
    if isinstance(host, str) and host and not host.startswith((*_LOCAL, "/")):
        _break(f"a test reaches for {host}")


def _inside(path: object) -> None:
    if not isinstance(path, str | bytes | os.PathLike):  # a handle that is open already
        return
    full = str(Path(os.fsdecode(path)).absolute())
    if not full.startswith(FOLDER) and not any(part in f"{full}/" for part in _ALLOWED):
        _break(f"a test writes {full}")


def _break(what: str) -> None:
    BROKEN.append(what)
    raise AssertionError(f"{what}; tests stay on loopback and in tmp_path")


if FOLDER:
    sys.addaudithook(watch)
