"""Commands about the journal itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loader.cli.commands.options import AsJson, Profile
from loader.cli.output.json_output import print_json
from loader.cli.session import journal_at
from loader.model.redaction import in_a_line

app = typer.Typer(no_args_is_help=True)


@app.callback()
def journal() -> None:
    """Look after the journal.

    Example: campaign-loader journal backup journal-copy.db
    """


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; there must be no such file yet.")],
    *,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Copy the journal to a file.

    At any time, also while runs are writing to it. Only its owner can read the copy.

    Example: campaign-loader journal backup journal-copy.db
    """
    from loader.config.settings import read_places

    with journal_at(read_places(profile)) as opened:
        copy = opened.database.backup(file)
    if as_json:
        print_json({"backup": str(copy)})
    else:
        typer.echo(in_a_line(str(copy)))
