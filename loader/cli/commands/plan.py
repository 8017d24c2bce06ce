"""The command that looks before anything is sent."""

from pathlib import Path
from typing import Annotated

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
    Limit,
    MappingFile,
    NoPreflight,
    Profile,
    Rate,
    Recreate,
    RetryRejected,
    SheetFile,
    SheetNames,
    SkipPreflight,
)
from loader.cli.output.json_output import print_json
from loader.cli.session import journal_at
from loader.model.redaction import in_a_line


def plan(
    sheet: SheetFile,
    *,
    sheet_names: SheetNames = None,
    all_sheets: AllSheets = False,
    fill: Fill = None,
    mapping: MappingFile = None,
    ignore: Ignore = None,
    country: Country = None,
    encoding: Encoding = None,
    profile: Profile = None,
    all_or_nothing: AllOrNothing = False,
    limit: Limit = None,
    no_preflight: NoPreflight = False,
    skip_preflight: SkipPreflight = None,
    retry_rejected: RetryRejected = False,
    recreate: Recreate = None,
    canary: Canary = None,
    rate: Rate = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Keep the plan; `run --plan FILE` does exactly that.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would do, row by row.

    Checks the sheet, reads the campaign list, and says what would be created and what is there, how many requests and
    how long it would take, and when campaigns would call. Sends nothing, and remembers nothing.

    Example: campaign-loader plan april.xlsx --out plan.json
    """
    import asyncio

    from loader.cli.output.plan_view import forecast_shape, print_forecast
    from loader.cli.output.progress_bar import ProgressBar
    from loader.config.settings import read_settings
    from loader.execution.plan_file import write_plan
    from loader.execution.run import LoadRun
    from loader.execution.send_request import Callbacks

    settings = read_settings(profile, rate_per_minute=rate, mapping=mapping, country=country, encoding=encoding)
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
    load_request = asked.load_request(sheet, settings)
    progress = ProgressBar()
    with journal_at(settings) as journal, progress.watching():
        forecast = asyncio.run(LoadRun(load_request, settings, journal, Callbacks(progress.receive)).forecast())
    if out is not None:
        write_plan(out, forecast, load_request, sheet, settings)
    if as_json:
        print_json(forecast_shape(forecast))
    else:
        print_forecast(forecast)
        if out is not None:
            typer.echo(in_a_line(f"Plan kept in {out}; to do exactly that: campaign-loader run --plan {out}"))
    raise typer.Exit(forecast.exit_code)
