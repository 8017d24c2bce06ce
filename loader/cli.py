"""The command line: words in, words and an exit code out.

Heavy libraries are imported where a command uses them, so that `--help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.errors import LoaderError, SettingsError
from loader.terminal.session import (
    account_of,
    carry_out,
    chosen,
    defaults_of,
    find,
    journal_at,
    renaming_in,
    sheet_settings,
)
from loader.terminal.shapes import outcome_shape, print_json, problem_shape, report_shape, run_shape

if TYPE_CHECKING:
    from loader.record import Run
    from loader.sandbox.settings import SandboxSettings

app = typer.Typer(
    name="campaign-loader",
    help="Load outbound calling campaigns from a spreadsheet into Kore.ai Contact Center, each of them once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

SheetFile = Annotated[Path, typer.Argument(metavar="SHEET", help="The workbook (.xlsx, .xlsm) or .csv file.")]
SheetName = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="The sheet in the workbook.")]
Fill = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="HEADER=VALUE", help="Fill the blank cells of a column; may be given repeatedly."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="What the sheet calls its headers and values, TOML."),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="A profile of loader.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="As `runs` lists it; its first characters suffice.")]
LastRun = Annotated[
    str | None, typer.Argument(metavar="RUN", help="As `runs` lists it; without one, the last that needs it.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before the first create.")]
Rate = Annotated[float | None, typer.Option("--rate", metavar="N", help="Requests a minute, reads included.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FOLDER", help="Where the results workbook goes.")]


@app.command()
def demo(*, output: Output = None, as_json: AsJson = False) -> None:
    """Load an example into a local stand-in of the API.

    Needs no credentials, and nothing leaves this machine. Three of its rows meet a fault on the way.

    Example: campaign-loader demo
    """
    from loader.demo import demonstrate
    from loader.settings import read_places

    folder = read_places(output=output).output
    typer.echo(
        "Loading an example of 25 campaigns into a local stand-in of the API; nothing leaves this machine.\n"
        "Three rows meet a fault on the way: an answer that gets lost, a server error, and a rate limit.",
        err=True,
    )
    carry_out(lambda doors, stop: demonstrate(folder, doors, stop), as_json=as_json)


@app.command()
def template(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="The file to write; an existing one is kept.")] = Path(
        "campaigns.xlsx"
    ),
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Fill the drop-downs of contact lists and queues from the account.")
    ] = False,
    profile: Profile = None,
) -> None:
    """Write an empty workbook to fill.

    It has drop-downs, notes, instructions, and example rows that are never loaded. Only --live needs credentials.

    Example: campaign-loader template april.xlsx
    """
    from loader.workbook.template import NO_ACCOUNT, write_template

    written = write_template(path, account_of(profile) if live else NO_ACCOUNT)
    typer.echo(f"Wrote {written}; fill it, then: campaign-loader check {written}")


@app.command()
def check(
    sheet: SheetFile,
    *,
    sheet_name: SheetName = None,
    fill: Fill = None,
    mapping: MappingFile = None,
    draft_mapping: Annotated[
        Path | None,
        typer.Option("--draft-mapping", metavar="FILE", help="Write a first draft of a mapping for unknown headers."),
    ] = None,
    profile: Profile = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the sheet with its problems marked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every mistake in every cell, at once.

    Sends nothing, and needs no credentials.

    Example: campaign-loader check april.xlsx --set "Timezone=Europe/London"
    """
    from loader.workbook.door import Door, content_of

    content = content_of(sheet)
    with Door() as door:
        limits, mapping, version = sheet_settings(profile, mapping)
        door.order(content, sheet.name, sheet=sheet_name, limits=limits)
        # while the workbook is being read
        from loader.check import check_behind, write_check
        from loader.terminal.console import OUT, plain, tell_problems
        from loader.terminal.draft import draft_for, offering

        renaming = renaming_in(mapping)
        with offering(sheet, draft_mapping, renaming):
            filled = defaults_of(fill)
            read, checked = check_behind(door, sheet.name, defaults=filled, renaming=renaming, api_version=version)
    draft_for(read, draft_mapping, renaming)
    written = write_check(output, content, read, checked) if output else None
    exit_code = 3 if checked.invalid else 0
    if as_json:
        print_json(
            {
                "file": sheet.name,
                "sheet": read.title,
                "valid": len(checked.ready),
                "invalid": len(checked.invalid),
                "problems": [problem_shape(problem) for problem in checked.problems],
                "results": str(written) if written else None,
                "exit_code": exit_code,
            }
        )
    else:
        tell_problems(checked.problems)
        where = f"; marked in {written}" if written else ""
        OUT.print(
            f"{plain(sheet.name)}, sheet '{plain(read.title)}': {len(checked.ready)} valid, "
            f"{len(checked.invalid)} invalid{plain(where)}"
        )
    raise typer.Exit(exit_code)


@app.command()
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
            ask_for=None if yes else (sheet.name, settings.account),
        )


@app.command()
def resume(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    yes: Yes = False,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
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
            ask_for=None if yes else (one.file, settings.account),
        )


@app.command()
def reconcile(
    run_id: LastRun = None,
    *,
    profile: Profile = None,
    rate: Rate = None,
    output: Output = None,
    as_json: AsJson = False,
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
        carry_out(lambda doors, stop: Errand(order, settings, journal, doors, stop).reconcile(one), as_json=as_json)


@app.command()
def runs(*, profile: Profile = None, as_json: AsJson = False) -> None:
    """List all runs, the latest first.

    Example: campaign-loader runs
    """
    from loader.settings import read_places
    from loader.terminal.console import run_line, table

    with journal_at(read_places(profile)) as journal:
        known = journal.runs()
    if as_json:
        print_json({"runs": [run_shape(one) for one in known]})
    else:
        headers = ("Run", "Sheet", "Account", "Ended (UTC)", "Requests", "Rows")
        table(headers, [run_line(one) for one in known])


@app.command()
def show(run_id: RunId, *, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show one run row by row.

    Example: campaign-loader show 20260401
    """
    from loader.run import outcomes_of
    from loader.settings import read_places
    from loader.terminal.console import table

    with journal_at(read_places(profile)) as journal:
        one = find(journal.runs(), run_id)
        outcomes = outcomes_of(journal, one)
    if as_json:
        print_json({**run_shape(one), "rows": [outcome_shape(outcome) for outcome in outcomes]})
    else:
        headers = ("Row", "Campaign", "Status", "Campaign ID", "Message")
        table(headers, [[str(it.row), it.name, it.status, it.campaign_id or "", it.message] for it in outcomes])


@app.command()
def results(run_id: RunId, *, profile: Profile = None, output: Output = None, as_json: AsJson = False) -> None:
    """Write the results workbook of a run again.

    From the journal; no request leaves.

    Example: campaign-loader results 20260401
    """
    from loader.run import results_again
    from loader.settings import read_places

    places = read_places(profile, output=output)
    with journal_at(places) as journal:
        report = results_again(journal, find(journal.runs(), run_id), places.output)
    if as_json:
        print_json(report_shape(report, exit_code=0))
    else:
        typer.echo(report.results)


@app.command()
def sandbox(
    *,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8765,
    rate: Annotated[int, typer.Option("--rate", metavar="N", min=0, help="Requests a minute; 0: no limit.")] = 60,
    fault_rate: Annotated[
        float, typer.Option("--fault-rate", metavar="SHARE", min=0, max=1, help="Share of requests with some fault.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Repeats the same faults.")] = 0,
    rules: Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="Faults by rule, TOML.")] = None,
    names: Annotated[
        Path | None, typer.Option("--names", metavar="FILE", help="Contact lists and queues, TOML.")
    ] = None,
    strict_names: Annotated[bool, typer.Option("--strict-names", help="Refuse lists and queues not named.")] = False,
    unique_names: Annotated[bool, typer.Option("--unique-names", help="Refuse a name that is there already.")] = False,
    list_lag: Annotated[
        float, typer.Option("--list-lag", metavar="SECONDS", min=0, help="How late a campaign appears in the list.")
    ] = 0.0,
    store: Annotated[Path | None, typer.Option("--store", metavar="FILE", help="Keep what is created.")] = None,
    log: Annotated[Path | None, typer.Option("--log", metavar="FILE", help="Log every request.")] = None,
) -> None:
    """Serve a local stand-in of the API until Ctrl-C.

    It checks requests strictly, keeps a rate limit, and has faults on request.

    Example: campaign-loader sandbox --fault-rate 0.1 --seed 7
    """
    from loader.sandbox.errors import SandboxError
    from loader.sandbox.server import serve_forever
    from loader.sandbox.settings import SandboxSettings

    try:
        settings = SandboxSettings(
            port=port,
            rate_per_minute=rate,
            fault_rate=fault_rate,
            fault_seed=seed,
            fault_file=rules,
            names_file=names,
            strict_names=strict_names,
            unique_names=unique_names,
            list_lag_seconds=list_lag,
            store_path=store,
            log_path=log,
        )
        serve_forever(settings, lambda url: _tell_sandbox(url, settings))
    except SandboxError as error:
        raise SettingsError(f"sandbox: {error}") from error


def main() -> None:
    """Turn what went wrong into a sentence and an exit code; anything but a LoaderError is a defect."""
    atexit.register(gc.freeze)  # or Python looks through all that is left, more than once, before it ends
    try:
        app()
    except LoaderError as error:
        if "--json" in sys.argv:
            print_json({"error": str(error), "exit_code": error.exit_code})
        else:
            typer.echo(f"campaign-loader: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - the last door: a defect keeps its traceback and has an exit code of its own
        import traceback

        traceback.print_exc()
        said = "this is a defect of the loader; the journal is still right"
        typer.echo(f"campaign-loader: {said}", err=True)
        if "--json" in sys.argv:
            print_json({"error": said, "exit_code": 70})
        sys.exit(70)


def _tell_sandbox(url: str, settings: SandboxSettings) -> None:
    typer.echo(f"The sandbox listens at {url}; stop it with Ctrl-C. To load campaigns into it, set:")
    for name, value in (
        ("KORE_HOST", url),
        ("KORE_APP_ID", settings.app_id),
        ("KORE_ACCOUNT_ID", settings.account_id),
        ("KORE_CLIENT_ID", settings.client_id),
        ("KORE_CLIENT_SECRET", settings.client_secret),
    ):
        typer.echo(f"  {name}={value}")
