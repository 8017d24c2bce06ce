"""A ready unit for whatever starts the loader at night: systemd, cron, Kubernetes, the Task Scheduler of Windows.

Texts only, from values to values. None of them holds a secret: the program reads `.env` in its working directory.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as in_xml

from loader.errors import SettingsError
from loader.nightly.unit_templates import (
    CLAIM,
    CRON,
    HARDENING,
    KUBERNETES,
    OTHER_CLAIM,
    ROOT,
    SYSTEMD,
    WINDOWS,
    WORK_CLAIM,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time
    from zoneinfo import ZoneInfo

# a night that was missed is still begun this long after its time, where no deadline says otherwise
_LATE_SECONDS = 12 * 3600
_READABLE = 28
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  no file is made there


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started, and when. All paths are absolute."""

    program: tuple[str, ...]
    arguments: tuple[str, ...]
    folder: str
    """One of the arguments: the folder of the sheets."""
    working: str
    user: str
    at: time
    zone: ZoneInfo
    deadline: time | None = None
    env_file: str | None = None
    """A file with settings that the scheduler reads, instead of `.env` which the program reads."""
    writes: tuple[str, ...] = ()
    """The folders that it writes to, whether or not they are in the working directory."""

    @property
    def as_root(self) -> bool:
        return self.user in ("root", "0")

    @property
    def name(self) -> str:
        """What the scheduler knows it by: each folder has one of its own, the same every time."""
        return _named(self.folder)


def systemd(start: Start) -> str:
    """A service, what is started when it fails, and a timer: three files, each begins with a line that names it."""
    _plain(start, "systemd", "\\")
    if set(start.program[0]) & set("\"'"):
        raise SettingsError(f"systemd starts no program with a quote in its path, and {start.program[0]} has one")
    written = (start.working, start.folder, *start.writes)
    # a /tmp of its own would hide what is in that of all
    private_tmp = not any(_within(path, _TEMPORARY) for path in written)
    writes = _outermost(written if private_tmp else (*written, *_TEMPORARY))
    return SYSTEMD.format(
        user=_percents_doubled(start.user),
        root=ROOT if start.as_root else "",
        writes=" ".join(map(_systemd_word, writes)),
        private_tmp="yes" if private_tmp else "no",
        hardening=HARDENING,
        working=_percents_doubled(start.working),
        settings=f"EnvironmentFile={_percents_doubled(glob.escape(start.env_file))}"
        if start.env_file
        else "# the settings: .env in the working directory, which the program reads",
        # the colon: a dollar sign is a dollar sign
        command=" ".join(map(_systemd_word, (f":{start.program[0]}", *start.program[1:], *start.arguments))),
        **_given_by(start),
    )


def cron(start: Start) -> str:
    """Lines for a crontab."""
    # crons differ in what a backslash means to them
    _plain(start, "cron", "\\")
    steps = [f"cd {shlex.quote(start.working)}"]
    if start.env_file:
        steps.append(f"set -a && . {shlex.quote(start.env_file)} && set +a")
    steps.append(f"exec {shlex.join((*start.program, *start.arguments))}")
    return CRON.format(
        settings="# The settings are read from .env in the working directory, by the program."
        if not start.env_file
        else "# The file with the settings is read by the shell: quote what is special to it.",
        # a percent sign is cron's line break, also between quotes
        command=" && ".join(steps).replace("%", r"\%"),
        minute=start.at.minute,
        hour=start.at.hour,
        **_given_by(start),
    )


def kubernetes(start: Start, image: str) -> str:
    """A CronJob; the paths are those in the container."""
    _plain(start, "Kubernetes", "")
    places = _volumes(start)
    if wrong := [path for path in places.values() if ":" in path]:
        raise SettingsError(f"{wrong[0]} holds a colon, which Kubernetes does not take in the path of a volume")
    mounts = [f"- name: {name}\n  mountPath: {json.dumps(path, ensure_ascii=False)}" for name, path in places.items()]
    volumes = [
        f"- name: {name}\n  persistentVolumeClaim:\n    claimName: {_named(path)}-{name}"
        for name, path in places.items()
    ]
    return KUBERNETES.format(
        image=json.dumps(image),
        env_file=shlex.quote(start.env_file or ".env"),
        secret=_named(start.env_file or start.working),
        working=json.dumps(start.working, ensure_ascii=False),
        # $(NAME) in an argument would be replaced
        arguments=json.dumps([it.replace("$", "$$") for it in start.arguments], ensure_ascii=False),
        mounts=_indented(mounts, 16),
        volumes=_indented(volumes, 12),
        claims="".join(
            CLAIM.format(name=f"{_named(path)}-{name}", purpose=WORK_CLAIM if name == "work" else OTHER_CLAIM)
            for name, path in places.items()
        ),
        minute=start.at.minute,
        hour=start.at.hour,
        late_seconds=seconds_between(start.at, start.deadline) if start.deadline else _LATE_SECONDS,
        **_given_by(start),
    )


def _volumes(start: Start) -> dict[str, str]:
    """All that it writes to, but for temporary files."""
    places = {"work": start.working}
    if not _within(start.folder, (start.working,)):
        places["sheets"] = start.folder
    others = [path for path in _outermost(start.writes) if not _within(path, places.values())]
    return places | {f"monitoring-{number}": path for number, path in enumerate(others, 1)}


def windows(start: Start, now: datetime) -> str:
    """A task for the Task Scheduler, which takes no environment: all settings are in `.env` or `loader.toml`."""
    _plain(start, "the Task Scheduler", '"')
    if start.env_file:
        raise SettingsError("the Task Scheduler reads no file of settings; put them into .env in the working directory")
    if spoilt := [it for it in (*start.program, *start.arguments, start.working) if re.search(r"%.+%|\$\(", it)]:
        raise SettingsError(f"the Task Scheduler would replace what is between % signs, or $(...), in {spoilt[0]}")
    here = now.astimezone(start.zone)
    first = datetime.combine(here.date(), start.at, start.zone)
    if first <= here:
        first += timedelta(days=1)
    filled = WINDOWS.format(
        start=first.isoformat(),
        offset=first.isoformat()[-6:],
        user=in_xml(start.user),
        program=in_xml(start.program[0]),
        arguments=in_xml(subprocess.list2cmdline((*start.program[1:], *start.arguments))),
        working=in_xml(start.working),
        **_given_by(start),
    )
    return filled.encode("ascii", "xmlcharrefreplace").decode()


def _given_by(start: Start) -> dict[str, str]:
    return {"name": start.name, "at": f"{start.at:%H:%M}", "zone": start.zone.key}


def _named(path: str) -> str:
    """After the last part of a path, for people, and all of it; at most 52 characters, the most of a CronJob's name."""
    path = os.path.normcase(os.path.normpath(path))
    words = re.findall(r"[a-z0-9]+", re.split(r"[\\/]", path)[-1].lower())
    readable = "-".join(words)[:_READABLE].strip("-")
    whole = hashlib.sha256(path.encode()).hexdigest()[:6]
    return "-".join(filter(None, ("campaign-loader", readable, whole)))


def seconds_between(start: time, end: time) -> int:
    """From one time of day to the next time that it is another; a whole day where they are the same."""
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    return (minutes % (24 * 60) or 24 * 60) * 60


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _outermost(folders: Iterable[str]) -> list[str]:
    """Each once, in order; none that lies within another, or goes back by `..`, which systemd refuses."""
    alone = list(dict.fromkeys(map(os.path.normpath, folders)))
    return [path for path in alone if not _within(path, [other for other in alone if other != path])]


def _plain(start: Start, who: str, refused: str) -> None:
    """Refuse what no quoting makes safe for this scheduler."""
    given = (*start.program, *start.arguments, *start.writes, start.working, start.user, start.env_file)
    for text in filter(None, given):
        if not text.isprintable():
            raise SettingsError(f"{text!r} holds a character that cannot be seen, which {who} would not take")
        if bad := set(refused) & set(text):
            raise SettingsError(f"{text} holds a {bad.pop()}, which {who} would not take")


def _percents_doubled(text: str) -> str:
    return text.replace("%", "%%")


def _systemd_word(text: str) -> str:
    word = _percents_doubled(text)
    return word if re.fullmatch(r"[\w%:./=+@-]+", word) else '"' + word.replace('"', r"\"") + '"'


def _indented(parts: Iterable[str], blanks: int) -> str:
    return "\n".join(" " * blanks + line for part in parts for line in part.splitlines())
