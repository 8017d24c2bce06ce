"""Commands about the journal itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.commands.options import AsJson, Profile
from loader.cli.output.json_output import print_json
from loader.cli.session import journal_at, must_be_able_to_ask
from loader.model.redaction import in_a_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.model.records import Run

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
        counts: dict[str, object] = {
            "journal": str(opened.database.path),
            "version": opened.database.version,
            "bytes": size,
            "unused_bytes": unused,
            "campaigns": Upkeep(opened.database).campaigns(),
            "runs": len(runs),
            "first_run": f"{runs[-1].started_at:%Y-%m-%dT%H:%M:%SZ}" if runs else None,
        }
    if as_json:
        print_json(counts)
    else:
        for name, value in counts.items():
            shown = "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
            typer.echo(in_a_line(f"{name.replace('_', ' '):<14}{shown}"))


@app.command()
def prune(
    *,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="DURATION", help="Runs that ended so long ago, such as 400d.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; without a terminal it is required.")] = False,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Drop what nothing but the history needs, of old runs.

    Their workbooks, how their rows ended, and what was sent: they cannot be shown, written again or undone any more.
    What guards against creating a campaign twice stays. Runs with a row of unknown outcome are kept whole.

    Example: campaign-loader journal prune --older-than 400d
    """
    from datetime import UTC, datetime

    from loader.cli.output.console import counted
    from loader.cli.output.question import agree
    from loader.config.settings import read_places
    from loader.nightly.clock_times import duration
    from loader.storage.upkeep import Upkeep

    now = datetime.now(UTC)
    before = now - duration("--older-than", older_than)
    if not yes:
        must_be_able_to_ask("this drops the workbooks and outcomes of old runs", "drop")
    with journal_at(read_places(profile)) as opened:
        upkeep = Upkeep(opened.database)
        found = upkeep.prunable(before)
        pruned = upkeep.prune(before, now) if found and (yes or agree(_about_to_prune(found))) else []
        size, unused = opened.database.sizes()
    if as_json:
        print_json({"pruned": [one.id for one in pruned], "bytes": size, "unused_bytes": unused})
    elif not found:
        typer.echo(in_a_line(f"no run ended before {before:%Y-%m-%d %H:%M} UTC and is to be pruned"))
    else:
        typer.echo(
            in_a_line(
                f"{counted(len(pruned), 'run')} pruned; the journal has {size:,} bytes, {unused:,} of them unused: "
                "later runs fill them, or `campaign-loader journal vacuum` gives them back to the disk"
            )
        )


def _about_to_prune(runs: "Sequence[Run]") -> str:
    from loader.cli.output.console import counted

    first, last = runs[-1].started_at, runs[0].started_at
    return (
        f"About to drop the workbooks, how each row ended and what was sent of {counted(len(runs), 'run')}, begun from "
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}. They cannot be shown, written again or undone any more; none of their "
        "campaigns is created again."
    )


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
