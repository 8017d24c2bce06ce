"""What has needed a look in several nights, and what does so no longer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from loader.nightly.night_report import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.nightly.night_report import FileReport, Night

WHOLE_NIGHT = ""


def name_of(report: FileReport) -> str:
    """A workbook as people know it, the same in every night."""
    name = f"done/{report.file.name}" if report.in_done else report.file.name
    return f"{report.profile}/{name}" if report.profile else name


def troubles_after(earlier: Mapping[str, Trouble], night: Night) -> dict[str, Trouble]:
    """What is wrong now, by name of the workbook; of those that did not come tonight, what lies in `failed` still."""
    seen = {name_of(report): report for report in night.files}
    now = {
        name: trouble
        for name, trouble in earlier.items()
        if name not in seen and trouble.moved_to and Path(trouble.moved_to).exists()
    }
    wrong = {name: str(report.moved_to or "") for name, report in seen.items() if report.exit_code}
    if night.error:
        wrong[WHOLE_NIGHT] = ""
    for name, moved_to in wrong.items():
        before = earlier.get(name)
        since, times = (before.since, before.times) if before else (night.started_at.isoformat(), 0)
        now[name] = Trouble(since, times + 1, moved_to)
    return now


def over_after(earlier: Mapping[str, Trouble], night: Night) -> dict[str, Trouble]:
    """What was wrong and went well tonight."""
    well = {name_of(report) for report in night.files if not report.exit_code}
    if not night.error:
        well.add(WHOLE_NIGHT)
    return {name: trouble for name, trouble in earlier.items() if name in well}
