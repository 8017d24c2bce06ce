"""Commands that create campaigns or look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from loader.commands.options import (
    AsJson,
    Fill,
    LastRun,
    LogJson,
    MappingFile,
    Output,
    Profile,
    Rate,
    SheetFile,
    SheetName,
    Yes,
)
from loader.terminal.session import carry_out, chosen, defaults_of, journal_at, renaming_in

if TYPE_CHECKING:
    from loader.record import Run


def run(
    sheet: SheetFile,
    *,
    sheet_name: SheetName = None,
    fill: Fill = None,
    mapping: MappingFile = None,
    profile: Profile = None,
    yes: Yes = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Send nothing while any row is invalid.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Send the first N open rows.")
    ] = None,
    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="Do not read the campaign list before the first create.")
    ] = False,
    retry_rejected: Annotated[
        bool, typer.Option("--retry-rejected", help="Send rejected rows again as they are.")
    ] = False,
    recreate: Annotated[
        list[str] | None,
        typer.Option("--recreate", metavar="NAME", help="Create a campaign anew whose row has changed; repeatable."),
    ] = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
) -> None:
    """Create the campaigns of a sheet, each of them once.

    Checks the sheet, asks, sends its valid rows, looks up lost answers and writes the results workbook. Running it
    again on the same sheet sends only what is still open.

    Example: campaign-loader run april.xlsx
    """
    from loader.campaign import name_key
    from loader.plan import Wishes
    from loader.run import Errand, Order
    from loader.settings import read_settings
    from loader.workbook.door import content_of

    settings = read_settings(profile, rate_per_minute=rate, output=output, mapping=mapping)
    order = Order(
        sheet.name,
        content_of(sheet),
        sheet_name,
        defaults_of(fill),
        all_or_nothing,
        not no_preflight,
        Wishes(retry_rejected, frozenset(map(name_key, recreate or ())), limit),
        renaming_in(settings.mapping),
    )
    with journal_at(settings) as journal:
        carry_out(
            lambda doors, stop: Errand(order, settings, journal, doors, stop).load(),
            as_json=as_json,
            log_json=log_json,
            ask_for=None if yes else (sheet.name, settings.account),
        )


def resume(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    yes: Yes = False,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
) -> None:
    """Go on with an unfinished run.

    From the journal alone: its sheet is not needed any more.

    Example: campaign-loader resume
    """
    from loader.run import Errand, order_of, unfinished
    from loader.settings import read_settings

    settings = read_settings(profile, rate_per_minute=rate, output=output)
    with journal_at(settings) as journal:
        one = chosen(journal, run_id, settings, wanted=unfinished, what="unfinished rows")
        order = order_of(one, journal.workbook(one.digest))
        carry_out(
            lambda doors, stop: Errand(order, settings, journal, doors, stop).load(one),
            as_json=as_json,
            log_json=log_json,
            ask_for=None if yes else (one.file, settings.account),
        )


def reconcile(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
    log_json: LogJson = False,
) -> None:
    """Look up rows whose outcome is unknown.

    Sends no create. A row that is proved not to be on the server becomes open, and the next run sends it.

    Example: campaign-loader reconcile
    """
    from loader.row import Status
    from loader.run import Errand, order_of
    from loader.settings import read_settings

    def unknown(one: Run) -> bool:
        return one.ended_at is None or bool((one.counts or {}).get(Status.UNKNOWN))

    settings = read_settings(profile, rate_per_minute=rate, output=output)
    with journal_at(settings) as journal:
        one = chosen(journal, run_id, settings, wanted=unknown, what="unknown outcomes")
        order = order_of(one, journal.workbook(one.digest))
        carry_out(
            lambda doors, stop: Errand(order, settings, journal, doors, stop).reconcile(one),
            as_json=as_json,
            log_json=log_json,
        )
