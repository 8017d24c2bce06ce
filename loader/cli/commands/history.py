"""Commands that show what the journal remembers."""

import typer

from loader.cli.commands.options import AsJson, LatestRun, Output, Profile, RowsThat
from loader.cli.output.json_output import listed_run_shape, outcome_shape, print_json, report_shape, run_shape
from loader.cli.session import journal_at, latest_or
from loader.model.redaction import in_a_line


def runs(*, profile: Profile = None, as_json: AsJson = False) -> None:
    """List all runs, the latest first.

    Example: campaign-loader runs
    """
    from loader.cli.output.console import run_line, table
    from loader.config.settings import read_places

    with journal_at(read_places(profile)) as journal:
        known = journal.runs()
    if as_json:
        print_json({"runs": [listed_run_shape(one) for one in known]})
    else:
        headers = ("Run", "Sheet", "Account", "Ended (UTC)", "Requests", "Rows")
        table(headers, [run_line(one) for one in known])


def show(
    run_id: LatestRun = None, *, status: RowsThat = None, profile: Profile = None, as_json: AsJson = False
) -> None:
    """Show one run row by row; the last one, if none is named.

    Example: campaign-loader show 20260401 --status Rejected
    """
    from loader.cli.output.console import row_number, table
    from loader.config.settings import read_places
    from loader.execution.report import outcomes_of

    with journal_at(read_places(profile)) as journal:
        one = latest_or(journal.runs(), run_id)
        outcomes = [it for it in outcomes_of(journal, one) if not status or it.status in status]
    if as_json:
        print_json({**run_shape(one), "rows": [outcome_shape(outcome) for outcome in outcomes]})
    else:
        headers = ("Row", "Campaign", "Status", "Campaign ID", "Message")
        table(headers, [[row_number(it.at), it.name, it.status, it.campaign_id or "", it.message] for it in outcomes])


def results(
    run_id: LatestRun = None, *, profile: Profile = None, output: Output = None, as_json: AsJson = False
) -> None:
    """Write the results workbook of a run again.

    From the journal; no request leaves.

    Example: campaign-loader results 20260401
    """
    from loader.config.settings import read_places
    from loader.execution.report import results_again

    places = read_places(profile, output=output)
    with journal_at(places) as journal:
        report = results_again(journal, latest_or(journal.runs(), run_id), places.output)
    if as_json:
        print_json(report_shape(report, exit_code=0))
    else:
        typer.echo(in_a_line(str(report.results)))
