"""Commands for the night, when nobody watches."""

from typing import TYPE_CHECKING, Annotated, Literal

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
    Wait,
)
from loader.cli.output.log_level import LogLevel
from loader.cli.session import defaults_of
from loader.errors import LoaderError, SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from loader.cli.output.nightly_view import NightlyView
    from loader.nightly.batch import Wanted

_DEFECT = 70


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
    status: StatusFile = None,
    ready_marker: ReadyMarker = False,
    wait: Wait = None,
    fill: Fill = None,
    mapping: MappingFile = None,
    country: Country = None,
    skip_preflight: SkipPreflight = None,
    canary: Canary = None,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
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
    from loader.cli.output.request_log import log_requests
    from loader.nightly.batch import Wanted
    from loader.nightly.clock_times import duration

    log_requests(log_level, as_json=log_json)
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
        status=status,
        wait=duration("--wait", wait) if wait else timedelta(0),
    )
    nightly_view = NightlyView(as_json=as_json, log_json=log_json)
    if missed:
        nightly_view.begins_no_workbook(missed)
    raise typer.Exit(_carried_out(asked, nightly_view))


def _until(deadline: str | None, timezone: str | None, late: float) -> "tuple[datetime | None, str]":
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


def _carried_out(asked: "Wanted", nightly_view: "NightlyView") -> int:
    """Its exit code."""
    import asyncio
    from datetime import UTC, datetime

    from loader.cli.signals import Interrupts
    from loader.nightly.batch import Nightly
    from loader.nightly.night_report import Night
    from loader.nightly.notify import ping, report_night

    night = Nightly(asked, nightly_view.callbacks)
    interrupts = Interrupts(lambda why: night.stop(why, interrupts.exit_code))

    async def working() -> Night:
        with interrupts.heeded():
            return await night.carry_out()

    async def notified(night: Night, error: str) -> list[str]:
        step: Literal["", "/fail"] = "/fail" if night.exit_code else ""
        both = report_night(night, asked.profile, error=error), ping(asked.profile, step)
        return [failed for of_one in await asyncio.gather(*both) for failed in of_one]

    def notify_of(night: Night, error: str = "") -> None:
        for failed in asyncio.run(notified(night, error)):
            nightly_view.not_notified(failed)

    for failed in asyncio.run(ping(asked.profile, "/start")):
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
