"""Work on somebody's workbook in a process of its own, with little time and memory: whatever is in it, that ends soon.

The process is a copy of this one, so that nothing has to be handed over; it opens nothing but what the work does, and
writes into a file that is open already. Where a system cannot copy processes (Windows), the work is done here.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loader.model.limits import USUAL_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_MOST, _FAILED, _NO_WAY_OUT = 60, 63, 64  # exit codes; the last one with an error number of the system
_OWN_LIMITS = frozenset({errno.EFBIG, errno.ENOMEM})
_MORE_BY_THE_CLOCK = 4  # times as long, where others use the machine too
_LOOK_UP_SECONDS = 0.2  # of work, between looks whether anybody still waits for it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Seconds of work, and bytes of memory on top of what is in use."""

    seconds: int
    memory: int


def returned_apart(work: Callable[[], int], allowance: Allowance) -> int | None:
    """What the work returned, from 0 to 60; None where it failed or took more than it may.

    Raises:
        OSError: it could not write.
    """
    if not hasattr(os, "fork"):
        return work()
    with _scratch_folder() as folder:
        try:
            code = _ending_of_a_copy(work, allowance, folder)
        except BlockingIOError as error:  # there is no room for one more process
            _log.debug("no process for a workbook: %s", error)
            return None
    _log.debug("the work on a workbook ended with %d", code)
    if code > _NO_WAY_OUT:
        number = code - _NO_WAY_OUT
        raise OSError(number, os.strerror(number))
    return code if 0 <= code <= _MOST else None


@contextmanager
def _scratch_folder() -> Iterator[str]:
    """For temporary files: what a process that was ended leaves goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-loader-"))
    try:
        yield str(folder)
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


def _ending_of_a_copy(work: Callable[[], int], allowance: Allowance, folder: str) -> int:
    parent = os.getpid()
    with warnings.catch_warnings():
        # newer Pythons warn of threads: the copy takes no lock that one of them may hold, and its time is limited
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        tempfile.tempdir = folder
        _work(work, allowance, parent)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:  # Ctrl-C
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


def _work(work: Callable[[], int], allowance: Allowance, parent: int) -> None:
    code = _FAILED
    try:
        _confine(allowance, parent)
        code = int(work())
    except OSError as error:
        code = _NO_WAY_OUT + error.errno if error.errno and error.errno not in _OWN_LIMITS else _FAILED
    except BaseException as error:  # noqa: BLE001 - there is nobody above: the exit code says it
        _log.debug("the work on a workbook failed", exc_info=error)
    finally:
        os._exit(code)


def _confine(allowance: Allowance, parent: int) -> None:
    def end_if_forsaken(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(_FAILED)

    signal.set_wakeup_fd(-1)  # or a signal here would arrive there
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the loader
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, end_if_forsaken)
    signal.setitimer(signal.ITIMER_PROF, _LOOK_UP_SECONDS, _LOOK_UP_SECONDS)
    signal.alarm(allowance.seconds * _MORE_BY_THE_CLOCK)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, allowance.seconds)
    _lower(resource.RLIMIT_FSIZE, USUAL_LIMITS.inflated)
    in_use = Path("/proc/self/statm")
    if in_use.exists():
        _lower(resource.RLIMIT_AS, int(in_use.read_text().split()[0]) * resource.getpagesize() + allowance.memory)


def _lower(limit: int, most: int) -> None:
    soft, hard = resource.getrlimit(limit)
    lowest = min(known for known in (soft, hard, most) if known != resource.RLIM_INFINITY)
    resource.setrlimit(limit, (lowest, hard))
