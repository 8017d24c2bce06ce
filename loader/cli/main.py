"""The command line: words in, words and an exit code out.

Heavy libraries are imported where a command uses them, so that `--help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import sys
from typing import Annotated, cast

import typer

from loader.cli.commands import docs as reference
from loader.cli.commands import doctor as installation
from loader.cli.commands import fix as correcting
from loader.cli.commands import history
from loader.cli.commands import journal as keeping
from loader.cli.commands import load as loading
from loader.cli.commands import nightly as unattended
from loader.cli.commands import plan as planning
from loader.cli.commands import sandbox as stand_in
from loader.cli.commands import schedule as scheduling
from loader.cli.commands import sheet as sheets
from loader.cli.commands import undo as undoing
from loader.cli.commands import web as page
from loader.cli.output.json_output import print_json
from loader.cli.output.streams import is_broken_pipe, unbroken
from loader.errors import LoaderError
from loader.model.redaction import for_terminal, in_a_line

# an option that is none, an argument missing: typer has no name of its own for it
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])

app = typer.Typer(
    name="campaign-loader",
    help="Load outbound calling campaigns from a spreadsheet into Kore.ai Contact Center, each of them once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (
    *(stand_in.demo, sheets.template, sheets.check, correcting.fix, planning.plan),
    *(loading.run, loading.resume, loading.reconcile, loading.verify, undoing.undo),
    *(history.runs, history.show, history.results),
    *(installation.doctor, unattended.nightly, scheduling.schedule, page.serve),
    *(stand_in.sandbox, reference.docs),
):
    app.command()(command)
app.add_typer(keeping.app, name="journal")


def _show_version(asked: bool) -> None:
    if not asked:
        return
    import platform
    from importlib.metadata import version

    python = f"{platform.python_implementation()} {platform.python_version()}"
    typer.echo(f"campaign-loader {version('campaign-loader')}, {python}, {platform.platform()}")
    raise typer.Exit


@app.callback()
def _common(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the versions of program and Python, and end."
        ),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Turn what went wrong into a sentence and an exit code, whatever becomes of what is printed."""
    atexit.register(gc.freeze)  # or Python looks through all that is left, more than once, before it ends
    with unbroken() as streams:
        code = _work()
        if error := streams.unwritten():
            code = _unwritten(error, code)
    sys.exit(code or 0)


def _work() -> int | None:
    """The exit code; None after a command that has none of its own: what it printed was all it had to do."""
    try:
        code = app(standalone_mode=False)
    except _UsageError as error:
        if not all(map(str.isprintable, sys.argv)):  # which it quotes
            error.message = in_a_line(error.message)
        error.show()
        return error.exit_code
    except typer.Abort:  # Ctrl-C where nothing was under way
        return 130
    except LoaderError as error:
        return _failed(for_terminal(str(error)), error.exit_code)
    except (Exception, SystemExit):  # noqa: BLE001 - nothing else catches it: a defect keeps its traceback and has an exit code of its own
        import traceback

        trace = for_terminal(traceback.format_exc()) + "\n"
        return _failed("this is a defect of the loader; the journal is still right", 70, trace)
    return code if isinstance(code, int) else None


def _failed(why: str, exit_code: int, traceback: str = "") -> int:
    """Say on standard error why, and in one object on standard output where that is asked for."""
    as_json = "--json" in sys.argv
    if traceback or not as_json or "--log-json" in sys.argv:
        _say(why, exit_code, traceback)
    if as_json:
        print_json({"error": why, "exit_code": exit_code})
    return exit_code


def _unwritten(error: OSError, code: int | None) -> int:
    """The exit code where standard output could not be written to: the work's, where there was work beside that."""
    if code is None and is_broken_pipe(error):  # as after `| head`
        return 0
    code = 2 if code is None else code
    _say(f"standard output could not be written to ({error.strerror}), so a part of it is missing", code)
    return code


def _say(why: str, exit_code: int, traceback: str = "") -> None:
    if "--log-json" in sys.argv:
        from loader.cli.output.json_log import Logs

        Logs().failed(why, exit_code=exit_code, traceback=traceback)
        return
    typer.echo(traceback, err=True, nl=False)
    if sys.stderr.isatty():
        from loader.cli.output.console import ERRORS, print_lines

        print_lines(ERRORS, f"campaign-loader: {why}")
    else:
        typer.echo(f"campaign-loader: {why}", err=True)
