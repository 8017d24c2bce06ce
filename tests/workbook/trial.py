"""One file after another through the reader, in a process of its own: what was said, what it cost, what was lost.

python -m tests.workbook.trial FILE...
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loader.errors import WorkbookError
from loader.model.limits import Limits
from loader.workbook.reader.read import _pages
from loader.workbook.reader.reader_process import ReaderProcess
from tests.workbook.independent import Book, same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loader.workbook.reader.losses import Grid


@dataclass(frozen=True)
class Trial:
    """`said`: the refusal, blank where it was read. `peak_mb`: of the largest reader so far, its Python included."""

    file: str
    said: str
    differences: list[str]
    seconds: float
    peak_mb: float


def tried(files: Iterable[Path]) -> list[Trial]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.workbook.trial", *map(str, files)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return [Trial(**json.loads(line)) for line in done.stdout.splitlines()]


def first_grid(content: bytes, name: str) -> Grid:
    """The first sheet, whatever its headers are."""
    with ReaderProcess() as reader:
        reader.hand_in(content, name, limits=Limits())
        return next(_pages(reader, ())).whole()


def differences(content: bytes, grid: Grid) -> list[str]:
    """Cells of which the file says something else than was read, and no word was said about it."""
    book = Book(content)
    expected = book.filled(grid.title)
    losses = grid.losses
    named = losses.errors.keys() | losses.unsaved.keys() | losses.doubled | losses.odd
    rows_named = {row for row, column in losses.doubled if column == 0}
    found: list[str] = []
    given = {
        (row, column): value
        for row, cells in enumerate(grid.cells, start=1)
        for column, value in enumerate(cells, start=1)
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    for at in sorted(expected.keys() | given.keys()):
        if at in named or at[0] in rows_named or (at in expected and not expected[at].text.strip()):
            continue
        if at not in expected or not same(expected[at], given.get(at), book.epoch):
            found.append(f"{at}: {expected.get(at)} was read as {given.get(at)!r}")
    return found


def _differences(content: bytes, grid: Grid) -> list[str]:
    try:
        return differences(content, grid)
    except (KeyError, ValueError, SyntaxError, zipfile.BadZipFile, zlib.error) as error:
        return [f"cannot be counted: {error!r}"]


def main(files: list[str]) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    for file in map(Path, files):
        begun = time.perf_counter()
        content, said, lost = file.read_bytes(), "", []
        try:
            grid = first_grid(content, file.name)
            seconds = time.perf_counter() - begun
            lost = _differences(content, grid) if content.startswith(b"PK") else []
        except WorkbookError as error:
            said, seconds = str(error), time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(json.dumps(asdict(Trial(file.name, said, lost, seconds, peak))))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
