"""The command that looks before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loader.commands.options import (
    AllOrNothing,
    AsJson,
    Canary,
    Fill,
    Limit,
    MappingFile,
    NoPreflight,
    Profile,
    Rate,
    Recreate,
    RetryRejected,
    SheetFile,
    SheetName,
    SkipPreflight,
)
from loader.terminal.session import defaults_of, journal_at, renaming_in
from loader.terminal.shapes import print_json


def plan(
    sheet: SheetFile,
    *,
    sheet_name: SheetName = None,
    fill: Fill = None,
    mapping: MappingFile = None,
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

    from loader.campaign import name_key
    from loader.dispatch import Doors
    from loader.order import Order
    from loader.plan import Wishes
    from loader.plan_file import write_plan
    from loader.run import Errand
    from loader.settings import read_settings
    from loader.terminal.planned import outlook_shape, tell_outlook
    from loader.terminal.watch import Watch
    from loader.workbook.door import content_of

    settings = read_settings(profile, rate_per_minute=rate, mapping=mapping)
    order = Order(
        sheet.name,
        content_of(sheet),
        sheet_name,
        defaults_of(fill),
        all_or_nothing,
        not no_preflight,
        Wishes(retry_rejected, frozenset(map(name_key, recreate or ())), limit),
        renaming_in(settings.mapping),
        skip=frozenset(skip_preflight or ()),
        canary=canary,
    )
    watch = Watch()
    with journal_at(settings) as journal, watch.watching():
        outlook = asyncio.run(Errand(order, settings, journal, Doors(watch.hear)).foresee())
    if out is not None:
        write_plan(out, outlook, order, sheet, settings)
    if as_json:
        print_json(outlook_shape(outlook))
    else:
        tell_outlook(outlook)
        if out is not None:
            typer.echo(f"Plan kept in {out}; to do exactly that: campaign-loader run --plan {out}")
    raise typer.Exit(outlook.exit_code)
