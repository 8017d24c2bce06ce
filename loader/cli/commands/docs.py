"""The reference, on the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from loader.errors import SettingsError

# in the order in which somebody new needs them; each is a page of loader/docs
TOPICS = {
    "sheet": "columns, mappings, statuses, what is checked on the server, the results workbook",
    "commands": "every command with its options, and the exit codes",
    "settings": "environment, .env and profiles",
    "page": "a page in the browser on which a sheet is matched and corrected",
    "nightly": "a folder of workbooks, unattended; notices",
    "json": "what --json and --log-json print",
    "sandbox": "a stand-in of the API on your own machine, with faults",
    "api": "what is known of the API, and what is not",
    "proof": "the promise: what it rests on, its bounds, how it is tested",
    "measurements": "speed and memory",
    "changelog": "what changed, version by version",
}


def docs(
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help=f"One of {', '.join(TOPICS)}.")] = None,
) -> None:
    """Show a page of the reference, or list the pages.

    On a terminal one page is shown at a time, as `less` does it: q ends. Through a pipe it is plain Markdown.

    Example: campaign-loader docs sheet
    """
    if topic is None:
        width = max(map(len, TOPICS))
        typer.echo("\n".join(f"{name:{width}}  {what}" for name, what in TOPICS.items()))
        typer.echo("To read one: campaign-loader docs TOPIC", err=True)
    elif topic not in TOPICS:
        raise SettingsError(f"there is no page '{topic}'; there are: {', '.join(TOPICS)}")
    else:
        from loader.cli.output.markdown_page import show_page

        show_page((Path(__file__).parents[2] / "docs" / f"{topic}.md").read_text(encoding="utf-8"))
