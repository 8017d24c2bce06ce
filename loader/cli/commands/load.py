"""Commands that create campaigns or look for them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import (
    AllOrNothing,
    AllSheets,
    AsJson,
    Asked,
    Canary,
    Country,
    Encoding,
    Fill,
    Ignore,
    LastRun,
    Limit,
    LoggedAt,
    LogJson,
    MappingFile,
    NoPreflight,
    Output,
    PlannedSheet,
    Profile,
    Rate,
    Recreate,
    RetryRejected,
    SheetNames,
    SkipPreflight,
    Wait,
    Yes,
)
from loader.cli.output.log_level import LogLevel, LogOptions
from loader.cli.session import carry_out, chosen, journal_at, say_if_open
from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from loader.config.settings import Settings
    from loader.execution.connection import Stop
    from loader.execution.report import Report
    from loader.execution.send_request import Callbacks
    from loader.model.records import Run
    from loader.planning.request import LoadRequest
    from loader.storage.journal import Journal


def run(
    sheet: PlannedSheet = None,
    *,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    fill: Fill = None,
    mapping: MappingFile = None,
    ignore: Ignore = None,
    country: Country = None,
    encoding: Encoding = None,
    profile: Profile = None,
    yes: Yes = False,
    all_or_nothing: AllOrNothing = False,
    limit: Limit = None,
    no_preflight: NoPreflight = False,
    skip_preflight: SkipPreflight = None,
    retry_rejected: RetryRejected = False,
    recreate: Recreate = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Do what `plan --out FILE` has planned, or nothing.")
    ] = None,
    canary: Canary = None,
    rate: Rate = None,
    output: Output = None,
    wait: Wait = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
) -> None:
    """Create the campaigns of a sheet, each of them once.

    Checks, asks, sends the valid rows, looks up lost answers, writes the results; again, it sends what is still open.

    Example: campaign-loader run april.xlsx
    """
    from loader.config.settings import read_settings
    from loader.execution.plan_file import read_plan
    from loader.nightly.clock_times import duration
    from loader.workbook.reader.reader_process import content_of

    asked = Asked(
        sheet_names=sheet_names,
        all_sheets=all_sheets,
        fill=fill,
        mapping=mapping,
        ignore=ignore,
        all_or_nothing=all_or_nothing,
        limit=limit,
        no_preflight=no_preflight,
        skip_preflight=skip_preflight,
        retry_rejected=retry_rejected,
        recreate=recreate,
        canary=canary,
    )
    planned = read_plan(plan) if plan else None
    if (source := Path(planned.sheet) if planned and sheet is None else sheet) is None:
        raise typer.BadParameter("give a SHEET, or --plan FILE")
    settings = read_settings(
        profile, rate_per_minute=rate, output=output, mapping=mapping, country=country, encoding=encoding
    )
    say_if_open(source, quiet=log_json)
    if planned and asked.anything:
        raise SettingsError("--plan has the options of the sheet already: leave them out here")
    wanted = planned.load_request(content_of(source), settings) if planned else asked.load_request(source, settings)
    load_request = wanted.unguessed(settings.encoding) if yes else wanted
    seconds = duration("--wait", wait).total_seconds() if wait else 0.0
    with journal_at(settings) as journal:
        carry_out(
            _loading_in_turn(load_request, settings, journal, seconds),
            as_json=as_json,
            log=LogOptions(log_json, log_level),
            ask_for=None if yes else (source.name, str(settings.account)),
            agrees=yes,
        )


def _loading_in_turn(
    load_request: "LoadRequest", settings: "Settings", journal: "Journal", seconds: float
) -> "Callable[[Callbacks, Stop], Coroutine[object, object, Report]]":
    from loader.execution.run import LoadRun
    from loader.execution.turn import turns_of

    def loading(callbacks: "Callbacks", stop: "Stop") -> "Coroutine[object, object, Report]":
        load_run = LoadRun(load_request, settings, journal, callbacks, stop)
        return load_run.load(turns=turns_of(callbacks, stop, seconds))

    return loading


def resume(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    yes: Yes = False,
    canary: Canary = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
) -> None:
    """Go on with an unfinished run.

    From the journal alone: its sheet is not needed any more.

    Example: campaign-loader resume
    """
    from dataclasses import replace

    from loader.config.settings import read_settings
    from loader.execution.run import LoadRun
    from loader.planning.request import request_of, unfinished

    settings = read_settings(profile, rate_per_minute=rate, output=output)
    with journal_at(settings) as journal:
        one = chosen(journal, run_id, settings, wanted=unfinished, what="unfinished rows")
        load_request = request_of(one, journal.workbook_of(one))
        if canary is not None:
            load_request = replace(load_request, canary=canary)
        carry_out(
            lambda callbacks, stop: LoadRun(load_request, settings, journal, callbacks, stop).load(one),
            as_json=as_json,
            log=LogOptions(log_json, log_level),
            ask_for=None if yes else (one.file, str(settings.account)),
        )


def reconcile(
    run_id: LastRun = None,
    *,
    adopt: Annotated[
        list[str] | None,
        typer.Option("--adopt", metavar="NAME=ID", help="Say which campaign is an unknown row's; repeatable."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; without a terminal --adopt requires it.")] = False,
    profile: Profile = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
) -> None:
    """Look up rows whose outcome is unknown.

    Sends no create. A row that is proved not to be on the server becomes open, and the next run sends it.
    `--adopt` is for a row that stays unknown: it says which campaign on the server is that row's.

    Example: campaign-loader reconcile
    """
    from dataclasses import replace

    from loader.config.settings import read_settings
    from loader.execution.by_hand import adoptions
    from loader.execution.report import outcomes_of
    from loader.execution.run import LoadRun
    from loader.model.campaign import name_key
    from loader.planning.request import has_unknown, request_of

    def unknown(one: "Run") -> bool:
        return has_unknown(one) or (one.ended_at is None and one.pruned_at is None)

    settings = read_settings(profile, rate_per_minute=rate, output=output)
    with journal_at(settings) as journal:
        left = any(unknown(it) for it in journal.runs() if it.application == settings.application)
        one = chosen(journal, run_id, settings, wanted=unknown if left else lambda _: True, what="unknown outcomes")
        load_request = request_of(one, journal.workbook_of(one))
        if adopt:
            outcomes = outcomes_of(journal, one)
            records = journal.records(settings.application, {name_key(it.name) for it in outcomes})
            wanted = adoptions(adopt, records, outcomes)
            load_request = replace(load_request, run_options=replace(load_request.run_options, adopt=wanted))
        carry_out(
            lambda callbacks, stop: LoadRun(load_request, settings, journal, callbacks, stop).reconcile(one),
            as_json=as_json,
            log=LogOptions(log_json, log_level),
            agrees=yes if adopt else None,
        )


def verify(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
    log_level: LoggedAt = LogLevel.INFO,
) -> None:
    """Look again at the campaigns that a run created.

    Sends no create. Tells which are still being prepared, have vanished, or are not as they were sent.

    Example: campaign-loader verify
    """
    from loader.config.settings import read_settings
    from loader.execution.run import LoadRun
    from loader.model.row import Status
    from loader.planning.request import request_of

    def created(one: "Run") -> bool:
        """By this run itself: what an earlier one created is not its to look at."""
        return any(it.status is Status.CREATED and it.run == one.id for it in journal.outcomes(one.id))

    settings = read_settings(profile, rate_per_minute=rate, output=output)
    with journal_at(settings) as journal:
        one = chosen(journal, run_id, settings, wanted=created, what="created campaigns")
        load_request = request_of(one, journal.workbook_of(one))
        carry_out(
            lambda callbacks, stop: LoadRun(load_request, settings, journal, callbacks, stop).verify(one),
            as_json=as_json,
            log=LogOptions(log_json, log_level),
        )
