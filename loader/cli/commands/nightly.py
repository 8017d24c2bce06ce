"""Commands for the night, when nobody watches."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import (
    AllSheets,
    Canary,
    Country,
    Deadline,
    Fill,
    LogJson,
    MappingFile,
    Profile,
    SheetFolder,
    SheetNames,
    SkipPreflight,
    Timezone,
    Wait,
)
from loader.cli.session import defaults_of
from loader.errors import LoaderError, SettingsError

if TYPE_CHECKING:
    from datetime import datetime, time

    from loader.cli.output.nightly_view import NightlyView
    from loader.nightly.batch import Wanted
    from loader.nightly.schedule import Start

Expect = Annotated[bool, typer.Option("--expect", help="Exit code 4 if there is nothing to do.")]
Metrics = Annotated[
    Path | None, typer.Option("--metrics", metavar="FILE", help="Write metrics in Prometheus' text format.")
]
ReadyMarker = Annotated[
    bool, typer.Option("--ready-marker", help="Load NAME only when a file NAME.ready lies beside it.")
]


_DEFECT = 70
LATE_HOURS = 12.0


class Scheduler(StrEnum):
    SYSTEMD = "systemd"
    CRON = "cron"
    KUBERNETES = "kubernetes"
    WINDOWS = "windows"


def nightly(
    folder: SheetFolder,
    *,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    profile: Profile = None,
    deadline: Deadline = None,
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", metavar="NAME", help="The deadline's time zone; without it, this machine's."),
    ] = None,
    late: Annotated[
        float, typer.Option("--late", metavar="HOURS", min=0, max=24, help="So long after the deadline begin nothing.")
    ] = LATE_HOURS,
    expect: Expect = False,
    metrics: Metrics = None,
    ready_marker: ReadyMarker = False,
    wait: Wait = None,
    fill: Fill = None,
    mapping: MappingFile = None,
    country: Country = None,
    skip_preflight: SkipPreflight = None,
    canary: Canary = None,
    log_json: LogJson = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object for each workbook and one for all, nothing else.")
    ] = False,
) -> None:
    """Load every new workbook of a folder, once each.

    Oldest first; those in a folder that bears the name of a profile with its settings. What is done goes to its folder
    `done`, what needs somebody to `failed`, what goes on next time stays.

    Example: campaign-loader nightly incoming --deadline 06:00 --timezone Europe/Berlin
    """
    from datetime import timedelta

    from loader.cli.output.nightly_view import NightlyView
    from loader.nightly.batch import Wanted
    from loader.nightly.clock_times import duration

    until, missed = _until(deadline, timezone, late)
    asked = Wanted(
        folder,
        profile,
        until,
        missed,
        expected=expect,
        metrics=metrics,
        sheets=sheet_names,
        all_sheets=all_sheets,
        chosen={"mapping": mapping, "country": country, "canary": canary},
        defaults=defaults_of(fill),
        skip=frozenset(skip_preflight or ()),
        ready_marker=ready_marker,
        wait=duration("--wait", wait) if wait else timedelta(0),
    )
    raise typer.Exit(_carried_out(asked, NightlyView(as_json=as_json, log_json=log_json)))


def _until(deadline: str | None, timezone: str | None, late: float) -> tuple[datetime | None, str]:
    """When no request leaves any more, and why no workbook may be begun at all."""
    from datetime import UTC, datetime

    from loader.nightly.clock_times import next_time, time_of_day, too_late, zone_named

    if deadline is None:
        if timezone:
            raise SettingsError(f"--timezone {timezone}: needs --deadline, such as --deadline 06:00")
        return None, ""
    zone = zone_named("--timezone", timezone) if timezone else None
    at, now = time_of_day("--deadline", deadline), datetime.now(UTC)
    return next_time(at, zone, now), too_late(at, zone, now, late)


def _carried_out(asked: Wanted, nightly_view: NightlyView) -> int:
    """Its exit code."""
    import asyncio
    from datetime import UTC, datetime

    from loader.cli.signals import Interrupts
    from loader.nightly.batch import Nightly
    from loader.nightly.night_report import Night
    from loader.nightly.notify import report_night

    night = Nightly(asked, nightly_view.callbacks)
    interrupts = Interrupts(lambda why: night.stop(why, interrupts.exit_code))

    async def working() -> Night:
        with interrupts.heeded():
            return await night.carry_out()

    def notify_of(night: Night, error: str = "") -> None:
        for failed in asyncio.run(report_night(night, asked.profile, error=error)):
            nightly_view.not_notified(failed)

    began = datetime.now(UTC)
    try:
        ended = asyncio.run(working())
    except Exception as error:
        code, said = (error.exit_code, str(error)) if isinstance(error, LoaderError) else (70, "")
        notify_of(Night(began, datetime.now(UTC), code), said)
        if code != _DEFECT and interrupts.exit_code:  # while it waited for its turn
            return interrupts.exit_code
        raise
    nightly_view.ended(ended)
    notify_of(ended)
    return ended.exit_code


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

    from loader.nightly.clock_times import duration, own_minute, passed_over, time_of_day, zone_named
    from loader.nightly.schedule import Start

    duration("--wait", wait)
    where = str(folder.absolute())
    at = at or f"01:{own_minute(where):02}"
    begins, zone, now = time_of_day("--at", at), zone_named("--timezone", timezone), datetime.now(UTC)
    if gap := passed_over(begins, zone, now):
        raise SettingsError(
            f"--at {at}: on {gap:%Y-%m-%d} the clocks of {timezone} skip it, and that night would be left out; "
            "right: a time that every day has"
        )
    if scheduler is not Scheduler.KUBERNETES:  # where all of this is in the container
        _without_container(scheduler, image)
        _look_for(folder, profile, None if scheduler is Scheduler.WINDOWS else env_file)
    words = ["nightly", where, "--json", "--wait", wait]
    if deadline is not None:
        words += ["--deadline", deadline, "--timezone", timezone]
        words += _late(begins, time_of_day("--deadline", deadline))
    if profile is not None:
        words += ["--profile", profile]
    if metrics is not None:
        words += ["--metrics", str(metrics.absolute())]
    words += ["--expect"] * expect + ["--log-json"] * log_json
    start = Start(
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
    typer.echo(_unit(scheduler, start, image, now), nl=False)


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
