"""The loader where a container engine would start it, made of the kernel's own parts: no engine is needed.

Its root is read-only and has no shell and no file of users; it is a user that the system does not know, without a home
and without any right; only the volume of its campaigns and /tmp can be written to.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.fault_rules import rule
from tests.cli.output.test_streams import write_aged
from tests.conftest import account_at
from tests.load_runs import asked, creates, held
from tests.program import PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from tests.conftest import Serve

# `docker stop` gives ten; after two, nothing changes any more
GRACE_SECONDS = [2, pytest.param(10, marks=pytest.mark.slow)]
INSTALLED = Path(sys.executable).with_name("campaign-loader")


def why_not() -> str:
    """What is missing here to make one; nothing, as a rule."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "mounting takes root on Linux"
    for needed in (["unshare", "--mount", "true"], ["setpriv", "--no-new-privs", "true"], ["chroot", "/", "true"]):
        try:
            done = subprocess.run(needed, capture_output=True, text=True, check=False)
        except OSError:
            return f"{needed[0]} is not installed"
        if done.returncode:
            return f"{needed[0]} is not allowed here: {done.stderr.strip()}"
    return ""


MISSING = why_not()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@dataclass(frozen=True)
class User:
    uid: int
    gid: int
    group: int
    """Of the volume, as `fsGroup` has it."""


OF_THE_IMAGE, OF_OPENSHIFT = User(10001, 10001, 10001), User(1000690000, 0, 1000690000)


class Container:
    """`folder` holds the mount point of its root, and the volume of its work."""

    def __init__(self, folder: Path, user: User, host: str = "http://127.0.0.1:9") -> None:
        self.root, self.work, self.user = folder / "root", folder / "work", user
        self._environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **account_at(host)}
        self.root.mkdir()
        for volume in (self.work, self.work / "incoming"):
            volume.mkdir()
            os.chown(volume, 0, user.group)
            volume.chmod(0o2775)

    def workbook(self, name: str, campaigns: list[str]) -> None:
        write_aged(self.work / "incoming" / name, campaigns)

    async def start(self, *command: str, **environment: str) -> Process:
        """The process is the command itself, once all is mounted."""
        return await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "--propagation", "private", "/bin/sh", "-euc", self._script(command)),
            env={**self._environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *command: str, **environment: str) -> tuple[int | None, str]:
        """The exit code, and what it said."""
        return await ended(await self.start(*command, **environment))

    def _script(self, command: tuple[str, ...]) -> str:
        root, user = self.root, self.user
        lines = [f"mount -t tmpfs -o mode=755 tmpfs {root}", f"cd {root}", "mkdir dev proc tmp campaigns"]
        lines += ["mount -t tmpfs -o mode=1777 tmpfs tmp"]
        lines += [f"mount --rbind /{it} {root}/{it}" for it in ("dev", "proc")]
        lines += [f"ln -s usr/{it} {root}/{it}" for it in ("bin", "lib", "lib64") if Path("/", it).is_symlink()]
        for tree in trees():
            there = shlex.quote(f"{root}{tree}")
            lines += [f"mkdir -p {there}", f"mount --bind {shlex.quote(tree)} {there}"]
            lines += [f"mount -o remount,bind,ro {there}"]
        lines += [
            f"mount --bind /dev/null {root}/usr/bin/{it}" for it in ("bash", "dash") if Path("/usr/bin", it).exists()
        ]
        lines += [f"mount --bind {self.work} {root}/campaigns", f"mount -o remount,ro {root}"]
        rights = "--no-new-privs --inh-caps=-all --bounding-set=-all"
        who = f"--reuid={user.uid} --regid={user.gid} --groups={user.group}"
        # env only goes to the working directory
        lines += [f"exec chroot {root} setpriv {who} {rights} env --chdir=/campaigns {shlex.join(command)}"]
        return "\n".join(lines)


def trees() -> list[str]:
    """All that Python and the loader are read from; none of them within another."""
    every = {"/usr", sys.base_prefix, sys.prefix, *(it for it in sys.path if Path(it).is_dir())}
    return sorted(it for it in every if not any(it.startswith(f"{other}/") for other in every))


async def ended(process: Process) -> tuple[int | None, str]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    return process.returncode, (out + err).decode()


PROBE = """
import os, pwd, subprocess
def refused(work, *given):
    try:
        work(*given)
    except (OSError, KeyError) as error:
        return getattr(error, "strerror", None) or type(error).__name__
print(os.getuid(), os.getgid(), os.getgroups(), os.getcwd(), os.environ.get("HOME"))
print(refused(pwd.getpwuid, os.getuid()), refused(subprocess.run, ["sh", "-c", "true"]))
for path in ("/here", os.__file__ + ".here", "/usr/here", "/campaigns/here", "/tmp/here"):
    print(refused(open, path, "a"))
print([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))])
"""


async def test_it_is_as_bare_as_a_container(folder: Path) -> None:
    code, said = await Container(folder, OF_THE_IMAGE).run(sys.executable, "-c", PROBE)
    assert code == 0, said
    assert said.splitlines() == [
        "10001 10001 [10001] /campaigns None",
        "KeyError Permission denied",
        *["Read-only file system"] * 3,
        *["None"] * 2,
        f"['{'0' * 16}', '{'0' * 16}', '1']",
    ]


@pytest.mark.parametrize("user", [OF_THE_IMAGE, OF_OPENSHIFT])
async def test_a_night_in_a_container_loads_its_folder(serve: Serve, folder: Path, user: User) -> None:
    server = await serve()
    container = Container(folder, user, server.url)
    container.workbook("april.xlsx", ["A", "B"])
    code, said = await container.run(str(INSTALLED), "nightly", "incoming", "--json", "--metrics", "night.prom")
    assert code == 0, said
    assert creates(server) == {"A": 1, "B": 1}
    assert (container.work / "incoming" / "done" / "april.xlsx").stat().st_gid == user.group
    assert (container.work / "output" / "journal.db").stat().st_uid == user.uid
    assert (container.work / "night.prom").exists()


async def test_the_check_of_its_health_succeeds(folder: Path) -> None:
    code, said = await Container(folder, OF_OPENSHIFT).run(str(INSTALLED), "--version")
    assert (code, said.split()[0]) == (0, "campaign-loader")


@pytest.mark.parametrize("seconds", GRACE_SECONDS)
async def test_seconds_of_grace_are_enough_for_nothing_to_be_lost_or_doubled(
    serve: Serve, folder: Path, seconds: float
) -> None:
    names = [f"Campaign {number}" for number in range(5)]
    # created, and its answer does not come before the kill
    server = await serve(rule(operation="create", nth=2, times=1, action="hang-after-creating"))
    container = Container(folder, OF_THE_IMAGE, server.url)
    container.workbook("april.xlsx", names)
    night = await container.start(
        str(INSTALLED), "nightly", "incoming", LOADER_CONCURRENCY="1", LOADER_TIMEOUT_SECONDS="600"
    )
    await until(lambda: asked(server)["create"] == 2 or night.returncode is not None)
    assert night.returncode is None, await ended(night)
    night.send_signal(signal.SIGTERM)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(night.wait(), seconds)
    night.send_signal(signal.SIGKILL)
    assert (await ended(night))[0] == -signal.SIGKILL
    code, said = await container.run(str(INSTALLED), "nightly", "incoming", LOADER_TIMEOUT_SECONDS="1")
    assert code == 0, said
    assert held(server) == names
    assert creates(server) == dict.fromkeys(names, 1)
