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


@app.command()
def stats(*, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show how large the journal is and what is in it.

    Example: campaign-loader journal stats
    """
    from loader.config.settings import read_places
    from loader.storage.upkeep import Upkeep

    with journal_at(read_places(profile)) as opened:
        size, unused = opened.database.sizes()
        runs = opened.runs()
        told: dict[str, object] = {
            "journal": str(opened.database.path),
            "version": opened.database.version,
            "bytes": size,
            "unused_bytes": unused,
            "campaigns": Upkeep(opened.database).campaigns(),
            "runs": len(runs),
            "first_run": f"{runs[-1].started_at:%Y-%m-%dT%H:%M:%SZ}" if runs else None,
        }
    if as_json:
        print_json(told)
    else:
        for name, value in told.items():
            shown = "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
            typer.echo(in_a_line(f"{name.replace('_', ' '):<14}{shown}"))


@app.command()
def vacuum(*, profile: Profile = None, as_json: AsJson = False) -> None:
    """Give room that the journal does not use any more back to the disk.

    Nothing is forgotten. While a run is writing it is refused.

    Example: campaign-loader journal vacuum
    """
    from loader.config.settings import read_places
    from loader.storage.upkeep import Upkeep

    with journal_at(read_places(profile)) as opened:
        before, _ = opened.database.sizes()
        Upkeep(opened.database).vacuum()
        after, _ = opened.database.sizes()
    if as_json:
        print_json({"bytes_before": before, "bytes": after})
    else:
        typer.echo(in_a_line(f"{before:,} bytes before, {after:,} now"))
