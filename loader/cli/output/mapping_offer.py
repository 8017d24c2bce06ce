"""A sheet of another system: a first draft of a mapping is offered, and written where one was asked for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from loader.errors import HeadersError, OutputError, WorkbookError
from loader.model.redaction import in_a_line
from loader.storage.atomic_files import write_once
from loader.workbook.mapping_draft import mapping_draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.model.row import Sheet
    from loader.workbook.mapping import Renaming


@contextmanager
def offering(sheet: Path, draft: Path | None, renaming: Renaming) -> Iterator[None]:
    """While it is read: headers that are not known are refused with a way out."""
    try:
        yield
    except HeadersError as error:
        if draft is None:
            raise WorkbookError(
                f"{error}\nIf it is a sheet of another system: campaign-loader check {sheet} --draft-mapping "
                "mapping.toml writes a first draft of a mapping."
            ) from error
        _write(draft, mapping_draft(sheet.name, error.cells, error.header_row, renaming))
        raise WorkbookError(
            f"{error}\nWrote a first draft of a mapping to {draft}: complete it, then: campaign-loader check {sheet} "
            f"--mapping {draft}"
        ) from error


def draft_for(read: Sheet, draft: Path | None, renaming: Renaming) -> None:
    """The same for a sheet whose headers are known: its values may not be."""
    if draft is not None:
        _write(draft, mapping_draft(read.file, read.cells, read.header_row, renaming))
        typer.echo(in_a_line(f"Wrote a first draft of a mapping to {draft}"), err=True)


def _write(path: Path, text: str) -> None:
    try:
        write_once(path, lambda file: file.write(text.encode()))
    except OutputError as error:
        raise OutputError(f"--draft-mapping: {error}") from error
