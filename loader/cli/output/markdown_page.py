"""A page of the reference: rendered and paged on a terminal, as it is everywhere else."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, ClassVar

from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text
from rich.theme import Theme

from loader.cli.output.console import OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType

_WIDEST = 120  # longer lines are hard to read
_NARROWEST = 30  # and so are columns of a table that are narrower, unless all of their cells are
_BETWEEN = 3
_LINK = re.compile(r"\[([^\]]+)\]\((?:(\w+)\.md)?(?:#[\w-]+)?\)")
_LOOKS = Theme({"markdown.code": "bold cyan", "markdown.block_quote": "italic"})


def show_page(text: str) -> None:
    if not OUT.is_terminal:
        print(text, end="")  # noqa: T201 - rich would wrap it
        return
    page = _Page(_LINK.sub(_where_to_read, text), hyperlinks=False, code_theme="ansi_dark")
    OUT.width, OUT.soft_wrap = min(OUT.width, _WIDEST), False
    with OUT.use_theme(_LOOKS):
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


class _TableOrList(TableElement):
    """A table where its columns have room; else a list, one entry a row. No word is cut off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        headers = [cell.content for cell in self.header.row.cells] if self.header and self.header.row else []
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        widths = _widths(list(zip(headers, *rows, strict=True)), console, options)
        if widths:
            yield _table(headers, rows, widths)
        else:
            for row in rows:
                yield from _entry(headers, row)


def _widths(columns: Sequence[Sequence[Text]], console: Console, options: ConsoleOptions) -> Sequence[int]:
    """How wide each column is; none where there is no room for them side by side."""
    needed: list[int] = []
    wished: list[int] = []
    for column in columns:
        sizes = [Measurement.get(console, options, text) for text in column]
        wished.append(max(it.maximum for it in sizes))
        needed.append(max(min(wished[-1], _NARROWEST), *(it.minimum for it in sizes)))
    spare = options.max_width - _BETWEEN * len(columns) - sum(needed)
    if spare < 0:
        return ()
    for done, at in enumerate(sorted(range(len(needed)), key=lambda at: wished[at] - needed[at])):
        more = min(wished[at] - needed[at], spare // (len(needed) - done))
        needed[at] += more
        spare -= more
    return needed


def _table(headers: Sequence[Text], rows: Sequence[Sequence[Text]], widths: Sequence[int]) -> Table:
    columns = [Column(header, width=width) for header, width in zip(headers, widths, strict=True)]
    table = Table(*columns, box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*row)
    return table


def _entry(headers: Sequence[Text], row: Sequence[Text]) -> Iterator[RenderableType]:
    """One row: its first cell, and below it the others that are not blank, named unless there is only one."""
    first, *others = row
    yield first
    for header, cell in zip(headers[1:], others, strict=True):
        if cell.plain:
            name = Text.assemble(header, ": ") if len(others) > 1 else Text()
            yield Padding(name + cell, (0, 0, 0, 4))


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _TableOrList}
