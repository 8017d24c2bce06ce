"""Commands for the night, when nobody watches."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from loader.commands.options import Deadline, Profile, SheetFolder, Timezone
from loader.errors import SettingsError


class Scheduler(StrEnum):
    SYSTEMD = "systemd"
    CRON = "cron"
    KUBERNETES = "kubernetes"
    WINDOWS = "windows"


def schedule(
    scheduler: Annotated[
        Scheduler, typer.Argument(metavar="SCHEDULER", help="One of: systemd, cron, kubernetes, windows.")
    ],
    folder: SheetFolder,
    *,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="When it begins, 01:00 if not given.")] = "01:00",
    deadline: Deadline = None,
    timezone: Timezone = "UTC",
    profile: Profile = None,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", metavar="FILE", help="A file with the settings, instead of .env here.")
    ] = None,
    image: Annotated[
        str | None, typer.Option("--image", metavar="NAME", help="The image of the container, for kubernetes.")
    ] = None,
) -> None:
    """Print what starts `nightly` every day.

    For the program as it is installed here, with this folder as the working directory. Nothing is installed.

    Example: campaign-loader schedule systemd incoming --at 01:30 --timezone Europe/Berlin
    """
    from datetime import UTC, datetime
    from importlib.metadata import version

    from loader import schedule as units
    from loader.clock import time_of_day, zone_named

    begins, zone, now = time_of_day("--at", at), zone_named("--timezone", timezone), datetime.now(UTC)
    if gap := units.never(begins, zone, now):
        raise SettingsError(
            f"--at {at}: on {gap:%Y-%m-%d} the clocks of {timezone} pass over it, and that night would be left out; "
            "right: a time that every day has"
        )
    where = str(folder.absolute())
    if not (folder.is_dir() or scheduler is Scheduler.KUBERNETES):
        raise SettingsError(f"there is no folder {folder}")
    words = ["nightly", where, "--json"]
    if deadline is not None:
        words += ["--deadline", deadline, "--timezone", timezone]
    if profile is not None:
        words += ["--profile", profile]
    start = units.Start(
        program=_program(),
        arguments=tuple(words),
        folder=where,
        working=str(Path.cwd()),
        user=_user(),
        at=begins,
        zone=zone,
        deadline=None if deadline is None else time_of_day("--deadline", deadline),
        env_file=str(env_file.absolute()) if env_file else None,
    )
    match scheduler:
        case Scheduler.SYSTEMD:
            unit = units.systemd(start)
        case Scheduler.CRON:
            unit = units.cron(start)
        case Scheduler.KUBERNETES:
            unit = units.kubernetes(start, image or f"campaign-loader:{version('campaign-loader')}")
        case Scheduler.WINDOWS:
            unit = units.windows(start, now)
    typer.echo(unit, nl=False)


def _program() -> tuple[str, ...]:
    """How this program is started whatever the PATH is."""
    import os
    import sys

    script = Path(sys.executable).with_name("campaign-loader.exe" if os.name == "nt" else "campaign-loader")
    return (str(script),) if script.exists() else (sys.executable, "-m", "loader")


def _user() -> str:
    import getpass
    import os

    domain = os.environ.get("USERDOMAIN") if os.name == "nt" else None
    return f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()
