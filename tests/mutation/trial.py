"""One module's changes tried one after the other: its tests are collected once, and run in a fork for every change.

A change is put into the functions that are there already, so nothing is imported again. In the forks alone; what is
forked has neither threads nor an event loop yet.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.mutation.mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

# a change may make a test wait, or turn round in circles, for ever
_TIMES_LONGER, _SECONDS_MORE = 4, 8
_POLL_SECONDS = 0.01


class Trial:
    """A plugin of pytest. `only`: names of the changes to try, all of them where it is empty.

    `tried` says by name whether the tests noticed; it is empty where they fail without any change.
    """

    def __init__(self, module: str, house: Path, *, but: Collection[str] = (), only: Collection[str] = ()) -> None:
        self._path = house / "loader" / f"{module}.py"
        self._name = f"loader.{module.replace('/', '.')}"
        made = mutants(self._path.read_text())
        self._mutants = [it for it in made if it.name not in but and (not only or it.name in only)]
        self.tried: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        began = time.monotonic()
        longest = 300.0
        if not session.items or _notice(session, self._name, "", longest):
            return True
        longest = _TIMES_LONGER * (time.monotonic() - began) + _SECONDS_MORE
        for mutant in self._mutants:
            self.tried[mutant.name] = _notice(session, self._name, mutant.source, longest)
            if not self.tried[mutant.name]:
                sys.stderr.write(f"survived: {mutant.name}\n")
        return True


def trial(module: str, house: Path, tests: Sequence[str], **which: Collection[str]) -> dict[str, bool]:
    """Try the changes of a module; the answer says of each whether its tests noticed it."""
    plugin = Trial(module, house, **which)
    paths = [str(house / "tests" / test) for test in tests]
    pytest.main([*paths, "-q", "-n0", "-p", "no:cacheprovider", "--no-summary", "--no-header"], [plugin])
    return plugin.tried


def _notice(session: pytest.Session, module: str, source: str, longest: float) -> bool:
    """Whether a test fails, or never ends, where the module is what `source` says; "": as it is."""
    if not (pid := os.fork()):
        os.setsid()
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        reporter._tw._file = Path(os.devnull).open("w")  # noqa: SIM115 - as long as it lives
        seconds = int(longest) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if source:
            _put_in(sys.modules[module], source)
        os._exit(_run(session))
    until = time.monotonic() + longest
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            return bool(os.waitpid(pid, 0)[0])
        time.sleep(_POLL_SECONDS)
    return ended[1] != 0


def _run(session: pytest.Session) -> int:
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def _put_in(module: ModuleType, source: str) -> None:
    """Let every function of the module do what the one in its place in this source does."""
    changed = ModuleType(module.__name__)
    changed.__file__ = module.__file__
    exec(compile(source, str(module.__file__), "exec"), vars(changed))  # noqa: S102 - our own
    now = dict(_functions(vars(changed), module.__name__))
    for name, function in _functions(vars(module), module.__name__):
        function.__code__ = now[name].__code__
        function.__defaults__, function.__kwdefaults__ = now[name].__defaults__, now[name].__kwdefaults__


def _functions(content: Any, module: str) -> Iterator[tuple[str, FunctionType]]:  # noqa: ANN401 - of a module or class
    for value in content.values():
        if isinstance(value, type):
            if value.__module__ == module:
                yield from _functions(vars(value), module)
            continue
        parts = (value.fget, value.fset) if isinstance(value, property) else (getattr(value, "__func__", value),)
        for part in parts:
            function = getattr(part, "__wrapped__", part)
            if isinstance(function, FunctionType) and function.__module__ == module:
                yield function.__qualname__, function
