"""The command line: words in, words and an exit code out.

Heavy libraries are imported where a command uses them, so that `--help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import sys

import typer

from loader.commands import history, loading, sheets, stand_in
from loader.errors import LoaderError
from loader.terminal.shapes import print_json

app = typer.Typer(
    name="campaign-loader",
    help="Load outbound calling campaigns from a spreadsheet into Kore.ai Contact Center, each of them once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (
    *(stand_in.demo, sheets.template, sheets.check),
    *(loading.run, loading.resume, loading.reconcile),
    *(history.runs, history.show, history.results),
    stand_in.sandbox,
):
    app.command()(command)


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
