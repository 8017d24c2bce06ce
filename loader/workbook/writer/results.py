"""The results workbook: the user's own with what became of every row, the problems, and a summary.

Rows are matched to outcomes and problems by their number, never by their place in a list.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from loader.storage.atomic_files import write_new
from loader.workbook.ooxml.unfit import WHY
from loader.workbook.writer.in_place import ZIP, write_in_place
from loader.workbook.writer.new_workbook import write_new_workbook
from loader.workbook.writer.result_cells import ResultCells

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from loader.workbook.writer.result_cells import Results

_DOUBTFUL = re.compile(r'[\x00-\x1f\x7f<>:"|?*\ud800-\udfff]')
_NEW_WORKBOOK = "the results are a new workbook with the values of the sheet alone: the workbook itself {}"


def results_path(folder: Path, sheet_file: str, at: datetime) -> Path:
    """Where the results of a run on `sheet_file` go: `<sheet>-results-<UTC time>.xlsx` in the folder.

    A results workbook fed back keeps its name, with the new time.
    """
    return _made_path(folder, sheet_file, "results", at, ".xlsx")


def corrected_path(folder: Path, sheet_file: str, at: datetime) -> Path:
    """Where the corrected `sheet_file` goes: `<sheet>-corrected-<UTC time>` in the folder, a file of the same kind."""
    suffix = Path(sheet_file).suffix
    return _made_path(folder, sheet_file.removesuffix(suffix), "corrected", at, _DOUBTFUL.sub("_", suffix)[:20])


def _made_path(folder: Path, sheet_file: str, what: str, at: datetime, suffix: str) -> Path:
    # a byte that is no letter may be written out, with a backslash that begins no file's name
    stem = Path(re.sub(r"\\ud[c-f][0-9a-f]{2}", "_", sheet_file).replace("\\", "/")).name
    stem = re.sub(r"\.(xlsx|xlsm|csv)$", "", stem, flags=re.IGNORECASE)
    stem = re.sub(rf"(-{what}-[0-9]{{8}}T[0-9]{{6}}Z(-[0-9]+)?)+$", "", stem)
    # a name that Windows and any mail program can carry, short enough for every file system (255 bytes)
    stem = _DOUBTFUL.sub("_", stem).encode()[:180].decode(errors="ignore")
    return folder / f"{stem or 'sheet'}-{what}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{suffix}"


@dataclass(frozen=True, slots=True)
class Written:
    """Where a results workbook is. `remark`: a sentence, where it could not be a copy of the user's own workbook."""

    path: Path
    remark: str = ""


def write_results(path: Path, results: Results, content: bytes) -> Written:
    """Write the workbook to `path`, or to `<name>-2` and so on beside it where that is taken.

    `content` is what the sheet was read from. Its workbook is copied, with our columns, marks and sheets added; where
    it is none, or holds what such an addition could damage, the values go into a workbook of our own.
    """
    remarks: list[str] = []
    return Written(write_new(path, partial(_fill, results=results, content=content, remark=remarks.append)), *remarks)


def _fill(file: IO[bytes], *, results: Results, content: bytes, remark: Callable[[str], None]) -> None:
    of_sheets = range(len(results.sheets))
    if ending := write_in_place(file, [ResultCells(results, number) for number in of_sheets], content):
        return
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # it may have been written to in another process
    file.truncate(0)
    if content.startswith(ZIP):
        said = _NEW_WORKBOOK.format(WHY[ending])
        results = replace(results, summary=replace(results.summary, remarks=[*results.summary.remarks, said]))
        remark(said)
    write_new_workbook(file, [ResultCells(results, number) for number in of_sheets])
