"""The command that takes a run back."""

from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import AsJson, LatestRun, Profile, Rate
from loader.cli.session import journal_at, latest_or, must_be_able_to_ask, overseen
from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from loader.execution.connection import Stop
    from loader.execution.undo import UndoForecast, UndoReport
    from loader.model.events import Event


def undo(
    run_id: LatestRun = None,
    *,
    profile: Profile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; without a terminal it is required.")] = False,
    rate: Rate = None,
    as_json: AsJson = False,
) -> None:
    """Delete the campaigns that a run created and nobody has touched.

    What was started, edited or scheduled meanwhile is kept. It shows what it is about to delete, and asks.
    If no run is named, it is the last one; with --yes, one must be named.

    Example: campaign-loader undo 20260401
    """
    from loader.cli.output.console import print_undo
    from loader.cli.output.json_output import print_json, undo_shape
    from loader.cli.output.question import ask_undo
    from loader.config.settings import read_settings
    from loader.execution.connection import RunContext
    from loader.execution.undo import Undo

    settings = read_settings(profile, rate_per_minute=rate)
    if not yes:
        must_be_able_to_ask("undo deletes campaigns", "delete")
    elif run_id is None:
        raise SettingsError("undo deletes campaigns, and --yes does not ask which: name the RUN, as `runs` lists it")
    with journal_at(settings) as journal:
        one = latest_or([it for it in journal.runs() if it.application == settings.application], run_id)

        def work(
            on_event: "Callable[[Event], None]", confirm: "Callable[[UndoForecast], bool]", stop: "Stop"
        ) -> "Coroutine[object, object, UndoReport]":
            return Undo(RunContext(one, settings, journal), stop, confirm=confirm, on_event=on_event).carry_out()

        def asked(forecast: "UndoForecast") -> bool:
            return ask_undo(forecast, account=str(settings.account))

        report, exit_code = overseen(work, None if yes else asked)
    if as_json:
        print_json(undo_shape(report, exit_code=exit_code))
    else:
        print_undo(report)
    raise typer.Exit(exit_code)
