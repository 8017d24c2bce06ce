"""What `check` says of a sheet, and a run of the rows it cannot send."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.model.row import errors_by_row, invalid
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED
from loader.workbook.reader.collector import paused
from loader.workbook.reader.read import sheet_behind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loader.model.row import Outcome, Sheet
    from loader.planning.validate import ApiVersion, Checked
    from loader.workbook.mapping import Renaming
    from loader.workbook.reader.reader_process import ReaderProcess


def check_behind(
    door: ReaderProcess,
    file: str,
    *,
    defaults: Mapping[str, str],
    renaming: Renaming = NOTHING_RENAMED,
    api_version: ApiVersion = "v1",
) -> tuple[Sheet, Checked]:
    """Read and check the workbook behind the door, the only one of this process: what is made of it stays."""
    with paused(for_good=True):
        sheet = sheet_behind(door, file, defaults=defaults, renaming=renaming)
        return sheet, validate(sheet, api_version=api_version)


def invalid_rows(checked: Checked) -> list[Outcome]:
    errors = errors_by_row(checked.problems)
    return [invalid(row, name, errors[row]) for row, name in checked.invalid.items()]


def write_check(path: Path, content: bytes, sheet: Sheet, checked: Checked) -> Path:
    """Write the sheet, read from `content`, with its problems marked, as results in which nothing was sent."""
    # openpyxl costs as much as reading a small sheet: only who asks for a workbook waits for it
    from loader.workbook.writer.result_cells import Results  # noqa: PLC0415
    from loader.workbook.writer.results import write_results  # noqa: PLC0415
    from loader.workbook.writer.summary_sheet import Summary  # noqa: PLC0415

    now = datetime.now(UTC)
    summary = Summary(
        run="none, the sheet was only checked",
        user=getpass.getuser(),
        account="none",
        host="none",
        started_at=now,
        ended_at=now,
        campaigns=[ready.campaign for ready in checked.ready],
        headline=f"Nothing was sent: {len(checked.ready):,} valid, {len(checked.invalid):,} invalid",
    )
    return write_results(path, Results(sheet, invalid_rows(checked), checked.problems, summary), content)
