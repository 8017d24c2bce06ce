"""The command that prints what starts the night every day."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import (
    LATE_HOURS,
    AllSheets,
    Canary,
    Country,
    Deadline,
    Expect,
    Fill,
    LoggedAt,
    LogJson,
    MappingFile,
    Metrics,
    Profile,
    ReadyMarker,
    SheetFolder,
    SheetNames,
    SkipPreflight,
    StatusFile,
    Timezone,
)
from loader.cli.output.log_level import LogLevel
from loader.cli.session import defaults_of
from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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
    late: Annotated[
        float | None,
        typer.Option("--late", metavar="HOURS", min=0, max=24, help="As for nightly; else what fits --at."),
    ] = None,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    profile: Profile = None,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", metavar="FILE", help="A file with the settings, instead of .env here.")
    ] = None,
    expect: Expect = False,
    metrics: Metrics = None,
    status: StatusFile = None,
    ready_marker: ReadyMarker = False,
    wait: Annotated[str, typer.Option("--wait", metavar="DURATION", help="As for nightly, 4h if not given.")] = "4h",
    fill: Fill = None,
    mapping: MappingFile = None,
    country: Country = None,
    skip_preflight: SkipPreflight = None,
    canary: Canary = None,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
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

    duration("--wait", wait)
    defaults_of(fill)
    where = str(folder.absolute())
    at = at or f"01:{own_minute(where):02}"
    begins, zone, now = time_of_day("--at", at), zone_named("--timezone", timezone), datetime.now(UTC)
    _every_day(begins, zone, now)
    if scheduler is not Scheduler.KUBERNETES:  # where all of this is in the container
        _without_container(scheduler, image)
        _look_for(folder, profile, mapping, None if scheduler is Scheduler.WINDOWS else env_file)
    until = None if deadline is None else time_of_day("--deadline", deadline)
    given = {
        "--wait": wait,
        "--deadline": until and f"{until:%H:%M}",
        "--timezone": timezone if until else None,
        "--late": _late(begins, until) if late is None else late,
        "--profile": profile,
        "--sheet": sheet_names,
        "--all-sheets": all_sheets,
        "--set": fill,
        "--mapping": mapping,
        "--country": country,
        "--skip-preflight": skip_preflight,
        "--canary": canary,
        "--metrics": metrics,
        "--status": status,
        "--expect": expect,
        "--ready-marker": ready_marker,
        "--log-json": log_json,
        "--log-level": None if log_level is LogLevel.INFO else log_level,
    }
    writes = _written_to(scheduler, (metrics, status), env_file)
    start = _start(where, _words(given), (begins, zone, until), env_file, writes)
    if scheduler is Scheduler.SYSTEMD and start.as_root:
        _warn_of_root()
    typer.echo(_unit(scheduler, start, image, now), nl=False)


def _start(
    folder: str,
    options: "Iterable[str]",
    when: "tuple[time, ZoneInfo, time | None]",
    env_file: Path | None,
    writes: "Iterable[str]",
) -> "Start":
    from loader.nightly.schedule import Start

    at, zone, deadline = when
    return Start(
        program=_program(),
        arguments=("nightly", folder, "--json", *options),
        folder=folder,
        working=str(Path.cwd()),
        user=_user(),
        at=at,
        zone=zone,
        deadline=deadline,
        env_file=str(env_file.absolute()) if env_file else None,
        writes=tuple(writes),
    )


def _every_day(begins: "time", zone: "ZoneInfo", now: "datetime") -> None:
    from loader.nightly.clock_times import passed_over

    if gap := passed_over(begins, zone, now):
        raise SettingsError(
            f"--at {begins:%H:%M}: on {gap:%Y-%m-%d} the clocks of {zone.key} skip it, and that night would be left "
            "out; right: a time that every day has"
        )


def _late(begins: "time", deadline: "time | None") -> float | None:
    """For a night that is meant to begin soon after the deadline of the one before."""
    from loader.nightly.schedule import seconds_between

    between = seconds_between(deadline, begins) / 3600 if deadline else LATE_HOURS
    return between if between < LATE_HOURS else None


def _words(given: "Mapping[str, object]") -> list[str]:
    """Options with their values as they are typed; those that were not given are left out."""
    words: list[str] = []
    for option, value in given.items():
        match value:
            case None | False:
                pass
            case True:
                words.append(option)
            case list():
                words += [word for one in value for word in (option, str(one))]
            case float():
                words += [option, f"{value:g}"]
            case Path():
                words += [option, str(value.absolute())]
            case _:
                words += [option, str(value)]
    return words


def _unit(scheduler: Scheduler, start: "Start", image: str | None, now: "datetime") -> str:
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


def _look_for(folder: Path, profile: str | None, mapping: Path | None, env_file: Path | None) -> None:
    """What the night would not find is said now."""
    from loader.config.settings import profile_names
    from loader.nightly.inbox import no_folder

    if not folder.is_dir():
        raise no_folder(folder)
    if profile is not None and profile not in (known := profile_names()):
        has = ", ".join(known) or "none"
        raise SettingsError(f"--profile {profile}: right: a profile of loader.toml in {Path.cwd()}, which has: {has}")
    if mapping and not mapping.is_file():
        raise SettingsError(f"--mapping: there is no file {mapping.absolute()}; right: the file with the mapping")
    if env_file and not env_file.is_file():
        raise SettingsError(f"--env-file: there is no file {env_file.absolute()}; right: the file with the settings")


def _written_to(scheduler: Scheduler, files: "Iterable[Path | None]", env_file: Path | None) -> list[str]:
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
