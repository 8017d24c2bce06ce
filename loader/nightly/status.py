"""What is reported of a night to machines: lines of JSON, a status file, and metrics."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from loader.model.redaction import as_text
from loader.model.row import Status
from loader.storage.atomic_files import make_folder_for, write_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from loader.nightly.night_report import FileReport, Night

_FILE = "nightly.json"
_FIRST_METRIC = "# HELP campaign_loader_nightly_"
_ANY = ""  # what bears this name in the folder of the results is ours, also where it was damaged
_READABLE = 0o644  # the collector is somebody else


def file_shape(report: FileReport) -> dict[str, object]:
    """One workbook as JSON."""
    return {
        "file": as_text(str(report.file)),
        "profile": report.profile,
        "run": report.run,
        "counts": dict(report.counts),
        "exit_code": report.exit_code,
        "moved_to": as_text(str(report.moved_to)) if report.moved_to else None,
        "results": as_text(str(report.results)) if report.results else None,
        "error": as_text(report.error) or None,
    }


def night_shape(night: Night) -> dict[str, object]:
    """The whole night as JSON."""
    return {
        "started_at": night.started_at.isoformat(),
        "ended_at": night.ended_at.isoformat(),
        **{place: len(files) for place, files in places_of(night).items()},
        "counts": dict(night.counts),
        "exit_code": night.exit_code,
    }


def places_of(night: Night) -> dict[str, list[FileReport]]:
    """The workbooks by where they are now."""
    moved = [report for report in night.files if report.moved_to]
    return {
        "done": [report for report in moved if not report.exit_code],
        "failed": [report for report in moved if report.exit_code],
        "left": [report for report in night.files if not report.moved_to],
    }


def status_lock(output: Path) -> Path:
    """The lock of the night that `nightly.json` belongs to, in a folder that is there from now on."""
    make_folder_for(output / _FILE)
    return output / f".{_FILE}.lock"


def write_begun(output: Path, at: datetime) -> None:
    """Into `nightly.json`: a night has begun. What it says of the last one that ended stays."""
    write_over(
        output / _FILE,
        _json({**_earlier(output), "process": os.getpid(), "last_start": at.isoformat()}),
        begins=_ANY,
    )


def write_ended(output: Path, night: Night) -> None:
    values = {
        "process": os.getpid(),
        "last_start": night.started_at.isoformat(),
        "last_end": night.ended_at.isoformat(),
        "exit_code": night.exit_code,
        "counts": dict(night.counts),
        "files": [file_shape(report) for report in night.files],
    }
    write_over(output / _FILE, _json(values), begins=_ANY)


def _earlier(output: Path) -> dict[str, object]:
    nothing: dict[str, object] = {
        "process": None,
        "last_start": None,
        "last_end": None,
        "exit_code": None,
        "counts": {},
        "files": [],
    }
    try:
        values = json.loads((output / _FILE).read_bytes())
    except (OSError, ValueError):
        return nothing
    return nothing | values if isinstance(values, dict) and values.keys() == nothing.keys() else nothing


def _json(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def write_metrics(path: Path, night: Night) -> None:
    """For the textfile collector of Prometheus' node exporter."""
    write_over(path, "\n".join(_metrics(night)) + "\n", begins=_FIRST_METRIC, mode=_READABLE)


def _metrics(night: Night) -> Iterator[str]:
    seconds = (night.ended_at - night.started_at).total_seconds()
    counts = {status: night.counts.get(status, 0) for status in Status}
    yield from _gauge("start_time_seconds", "When the last night began, in Unix time.", night.started_at.timestamp())
    yield from _gauge("end_time_seconds", "When the last night ended, in Unix time.", night.ended_at.timestamp())
    yield from _gauge("duration_seconds", "How long the last night was.", seconds)
    yield from _gauge("exit_code", "The exit code of the last night.", night.exit_code)
    files = {f'{{place="{place}"}}': len(found) for place, found in places_of(night).items()}
    yield from _gauge("files", "Workbooks of the last night by where they are now.", files)
    rows = {f'{{status="{status.lower()}"}}': count for status, count in counts.items()}
    yield from _gauge("rows", "Rows of the last night by what became of them.", rows)


def _gauge(name: str, text: str, values: float | dict[str, int]) -> Iterator[str]:
    full = f"campaign_loader_nightly_{name}"
    yield f"# HELP {full} {text}"
    yield f"# TYPE {full} gauge"
    for labels, value in values.items() if isinstance(values, dict) else [("", values)]:
        yield f"{full}{labels} {value}"
