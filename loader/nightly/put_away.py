"""Where a workbook lies after it was loaded, and its results beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from loader.errors import CanaryError, OutputError, WorkbookError
from loader.model.row import Status
from loader.nightly.done_folder import note_loaded
from loader.nightly.inbox import DONE, FAILED, leave_beside, results_beside
from loader.nightly.night_report import FileReport, first_in_table
from loader.storage.atomic_files import folder_like, move_new, remove
from loader.workbook.reader.reader_process import content_of

if TYPE_CHECKING:
    from pathlib import Path

    from loader.execution.report import Report
    from loader.nightly.inbox import Workbook
    from loader.nightly.work import Work

_CHANGED = "it was changed while it was loaded; next time it is loaded as it is now"


def report_of(workbook: Workbook, report: Report, work: Work) -> FileReport:
    return FileReport(
        workbook.path,
        workbook.profile,
        report.run.id,
        dict(Counter(outcome.status.value for outcome in report.outcomes)),
        report.exit_code,
        results=report.results,
        error=str(report.halted or ""),
        work=work,
    )


def place_of(report: Report) -> str:
    """The folder a workbook belongs into now; blank where it stays, since the next night has something to do for it."""
    if isinstance(report.halted, CanaryError):  # every night would create another one that is wrong
        return FAILED
    if report.halted is not None or any(outcome.status is Status.NOT_SENT for outcome in report.outcomes):
        return ""
    return FAILED if report.exit_code else DONE


def put_away(file_report: FileReport, content: bytes | None, place: str, marker: Path | None = None) -> FileReport:
    """Move a workbook and its results to where they belong. `content`: what was loaded, None if nothing could be.
    `marker`: what said that it is whole, and would say so of the next one of its name.

    The results first: whatever is killed in between, the next night loads the workbook again, finds all of it created,
    and moves it.
    """
    if place and not _is_still(file_report.file, content):
        place, file_report = (
            "",
            replace(file_report, exit_code=first_in_table([file_report.exit_code, 4]), error=_CHANGED),
        )
    folder = file_report.file.parent / place
    try:
        if place:
            folder_like(file_report.file.parent, place)
        if place == DONE and content is not None:
            note_loaded(file_report.file.parent, content)
        if file_report.results is not None:
            file_report = replace(file_report, results=move_new(file_report.results, folder))
        if not place:
            if file_report.results is not None:
                leave_beside(file_report.results)
            return file_report
        for earlier in results_beside(file_report.file):
            move_new(earlier, folder)
        if marker is not None:
            remove(marker)
        return replace(file_report, moved_to=move_new(file_report.file, folder))
    except OutputError as error:
        return replace(
            file_report, exit_code=first_in_table([file_report.exit_code, error.exit_code]), error=str(error)
        )


def _is_still(path: Path, content: bytes | None) -> bool:
    try:
        return content is None or content_of(path) == content
    except WorkbookError:
        return False
