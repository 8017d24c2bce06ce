"""The command that prints what starts the night every day."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import (
    LATE_HOURS,
    Deadline,
    Expect,
    LogJson,
    Metrics,
    Profile,
    SheetFolder,
    StatusFile,
    Timezone,
)
from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

    from loader.nightly.schedule import Start


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
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help="When it begins; else a minute after 01:00, by folder.")
    ] = None,
    deadline: Deadline = None,
    timezone: Timezone = "UTC",
    profile: Profile = None,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", metavar="FILE", help="A file with the settings, instead of .env here.")
    ] = None,
    expect: Expect = False,
    metrics: Metrics = None,
    status: StatusFile = None,
    wait: Annotated[str, typer.Option("--wait", metavar="DURATION", help="As for nightly, 4h if not given.")] = "4h",
    log_json: LogJson = False,
    image: Annotated[
        str | None, typer.Option("--image", metavar="NAME", help="The image of the container, for kubernetes.")
    ] = None,
) -> None:
    """Print what starts `nightly` every day.

    For the program as it is installed here, with this folder as the working directory. Nothing is installed.

    Example: campaign-loader schedule systemd incoming --at 01:30 --timezone Europe/Berlin
    """
    from datetime import UTC, datetime

    from loader.nightly.clock_times import duration, own_minute, time_of_day, zone_named
    from loader.nightly.schedule import Start

    duration("--wait", wait)
    where = str(folder.absolute())
    at = at or f"01:{own_minute(where):02}"
    begins, zone, now = time_of_day("--at", at), zone_named("--timezone", timezone), datetime.now(UTC)
    _every_day(begins, zone, now)
    if scheduler is not Scheduler.KUBERNETES:  # where all of this is in the container
        _without_container(scheduler, image)
        _look_for(folder, profile, None if scheduler is Scheduler.WINDOWS else env_file)
    until = None if deadline is None else time_of_day("--deadline", deadline)
    words = ["nightly", where, "--json", "--wait", wait]
    if until is not None:
        words += ["--deadline", f"{until:%H:%M}", "--timezone", timezone, *_late(begins, until)]
    if profile is not None:
        words += ["--profile", profile]
    written = {"--metrics": metrics, "--status": status}
    words += [it for option, file in written.items() if file for it in (option, str(file.absolute()))]
    words += ["--expect"] * expect + ["--log-json"] * log_json
    start = Start(
        program=_program(),
        arguments=tuple(words),
        folder=where,
        working=str(Path.cwd()),
        user=_user(),
        at=begins,
        zone=zone,
        deadline=until,
        env_file=str(env_file.absolute()) if env_file else None,
        writes=tuple(_written_to(scheduler, written.values(), env_file)),
    )
    if scheduler is Scheduler.SYSTEMD and start.as_root:
        _warn_of_root()
    typer.echo(_unit(scheduler, start, image, now), nl=False)


def _every_day(begins: time, zone: ZoneInfo, now: datetime) -> None:
    from loader.nightly.clock_times import passed_over

    if gap := passed_over(begins, zone, now):
        raise SettingsError(
            f"--at {begins:%H:%M}: on {gap:%Y-%m-%d} the clocks of {zone.key} skip it, and that night would be left "
            "out; right: a time that every day has"
        )


def _late(begins: time, deadline: time) -> list[str]:
    """For a night that is meant to begin soon after the deadline of the one before."""
    from loader.nightly.schedule import seconds_between

    between = seconds_between(deadline, begins) / 3600
    return ["--late", f"{between:g}"] if between < LATE_HOURS else []


def _unit(scheduler: Scheduler, start: Start, image: str | None, now: datetime) -> str:
    from importlib.metadata import version

    from loader.nightly import schedule as units

    match scheduler:
        case Scheduler.SYSTEMD:
            return units.systemd(start)
        case Scheduler.CRON:
            return units.cron(start)
        case Scheduler.KUBERNETES:
            return units.kubernetes(start, image or f"campaign-loader:{version('campaign-loader')}")
        case Scheduler.WINDOWS:
            return units.windows(start, now)


def _without_container(scheduler: Scheduler, image: str | None) -> None:
    if image is not None:
        raise SettingsError(f"--image {image}: {scheduler} starts no container; leave it out, it is for kubernetes")


def _look_for(folder: Path, profile: str | None, env_file: Path | None) -> None:
    """What the night would not find is said now."""
    from loader.config.settings import profile_names
    from loader.nightly.inbox import no_folder

    if not folder.is_dir():
        raise no_folder(folder)
    if profile is not None and profile not in (known := profile_names()):
        has = ", ".join(known) or "none"
        raise SettingsError(f"--profile {profile}: right: a profile of loader.toml in {Path.cwd()}, which has: {has}")
    if env_file and not env_file.is_file():
        raise SettingsError(f"--env-file: there is no file {env_file.absolute()}; right: the file with the settings")


def _written_to(scheduler: Scheduler, files: Iterable[Path | None], env_file: Path | None) -> list[str]:
    """The folders of these files, and, on this machine, of results and journal, in whatever profile."""
    from loader.config.settings import profile_names, read_places
    from loader.storage.database import journal_path

    folders = [file.parent for file in files if file]
    if scheduler is Scheduler.SYSTEMD:
        for places in (read_places(profile, env_file) for profile in (None, *profile_names())):
            folders += [places.output, journal_path(places.journal).parent]
    return [str(it.absolute()) for it in folders]


def _warn_of_root() -> None:
    from loader.cli.output.console import ERRORS

    ERRORS.print(
        "warning: this service would run as root, who owns the whole machine. Give it a user of its own: change the "
        "line User=, or print it as that user.",
        markup=False,
    )


def _program() -> tuple[str, ...]:
    """How this program is started whatever the PATH is."""
    import os
    import sys

    script = Path(sys.executable).with_name("campaign-loader.exe" if os.name == "nt" else "campaign-loader")
    return (str(script),) if script.exists() else (sys.executable, "-m", "loader")


def _user() -> str:
    import os

    from loader.execution.new_run import this_user

    domain = os.environ.get("USERDOMAIN") if os.name == "nt" else None
    return f"{domain}\\{this_user()}" if domain else this_user()
