"""A page of the reference: rendered and paged on a terminal, as it is everywhere else."""

from __future__ import annotations

import os
import re

from rich.markdown import Markdown

from loader.cli.output.console import OUT

_WIDEST = 120  # longer lines are hard to read
_LINK = re.compile(r"\[([^\]]+)\]\((?:(\w+)\.md)?(?:#[\w-]+)?\)")


def show_page(text: str) -> None:
    if not OUT.is_terminal:
        print(text, end="")  # noqa: T201 - rich would wrap it
        return
    page = Markdown(_LINK.sub(_where_to_read, text), hyperlinks=False)
    OUT.width, OUT.soft_wrap = min(OUT.width, _WIDEST), False
    if os.name == "nt":  # its `more` knows neither styles nor these characters; the window scrolls
        OUT.print(page)
        return
    os.environ.setdefault("LESS", "FRX")  # as git does: show styles, end at once if all fits
    with OUT.pager(styles=True):
        OUT.print(page)


def _where_to_read(link: re.Match[str]) -> str:
    """A link between files leads nowhere on a terminal: name the command instead."""
    words, topic = link[1], link[2]
    return f"{words} (`docs {topic}`)" if topic else words
