"""What is reported of a night to machines: lines of JSON, a status file, and metrics."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from loader.model.redaction import as_text, discreet
from loader.model.row import Status
from loader.nightly.night_report import Trouble
from loader.storage.atomic_files import make_folder_for, write_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from loader.nightly.night_report import FileReport, Night

VERSION = 1
_FILE = "nightly.json"
_BEGINS = '{\n  "version": '
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


@dataclass(frozen=True, slots=True)
class StatusFiles:
    """`nightly.json` in the folder of the results, and a copy that anybody may read; as far as they are wanted."""

    output: Path | None
    copy: Path | None = None

    def begun(self, at: datetime, folder: Path, profile: str | None) -> None:
        """A night has begun. What is said of the last one that ended stays.

        Raises:
            OutputError: it cannot be written.
        """
        now = {"folder": as_text(str(folder.absolute())), "profile": profile, "process": os.getpid()}
        self._write({**self._earlier(), **now, "last_start": at.isoformat()})

    def ended(self, night: Night) -> None:
        """Raises OutputError."""
        success = night.ended_at.isoformat() if night.exit_code == 0 else self._earlier()["last_success"]
        self._write(
            {
                "version": VERSION,
                "folder": as_text(str(night.folder.absolute())) if night.folder else None,
                "profile": night.profile,
                "process": os.getpid(),
                "last_start": night.started_at.isoformat(),
                "last_end": night.ended_at.isoformat(),
                "last_success": success,
                "exit_code": night.exit_code,
                "error": discreet(night.error) or None,
                "counts": dict(night.counts),
                "requests": sum(report.work.requests for report in night.files),
                "troubles": {as_text(name): asdict(trouble) for name, trouble in night.troubles.items()},
                "created": sum(report.work.created for report in night.files),
                "files": [file_shape(replace(it, error=discreet(it.error))) for it in night.files],
            }
        )

    @property
    def last_success(self) -> datetime | None:
        """When a night last ended with 0, None where none is known."""
        try:
            return datetime.fromisoformat(str(self._earlier()["last_success"]))
        except ValueError:
            return None

    @property
    def troubles(self) -> Mapping[str, Trouble]:
        """What was wrong after the last night."""
        try:
            return {str(name): Trouble(**values) for name, values in dict(self._earlier()["troubles"]).items()}  # type: ignore[call-overload]
        except (TypeError, ValueError, AttributeError):  # somebody has edited it
            return {}

    def _write(self, values: dict[str, object]) -> None:
        text = _json(values)
        if self.output is not None:
            write_over(self.output / _FILE, text, begins=_ANY)
        if self.copy is not None:
            write_over(self.copy, text, begins=_BEGINS, mode=_READABLE)

    def _earlier(self) -> dict[str, object]:
        for path in filter(None, (self.output and self.output / _FILE, self.copy)):
            with suppress(OSError, ValueError):
                values = json.loads(path.read_bytes())
                if isinstance(values, dict) and "last_end" in values:  # those of an older version say less
                    return {key: values.get(key, nothing) for key, nothing in _NOTHING.items()}
        return dict(_NOTHING)


_NOTHING: dict[str, object] = {
    "version": VERSION,
    "folder": None,
    "profile": None,
    "process": None,
    "last_start": None,
    "last_end": None,
    "last_success": None,
    "exit_code": None,
    "error": None,
    "counts": {},
    "requests": 0,
    "created": 0,
    "troubles": {},
    "files": [],
}


def _json(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def write_metrics(path: Path, night: Night, last_success: datetime | None) -> None:
    """For the textfile collector of Prometheus' node exporter."""
    write_over(path, "\n".join(_metrics(night, last_success)) + "\n", begins=_FIRST_METRIC, mode=_READABLE)


def _metrics(night: Night, last_success: datetime | None) -> Iterator[str]:
    folder = as_text(str(night.folder.absolute())) if night.folder else ""
    whole = _labels(folder=folder, profile=night.profile or "")
    seconds = (night.ended_at - night.started_at).total_seconds()
    success = last_success.timestamp() if last_success else 0
    for name, text, value in (
        ("start_time_seconds", "When the last night began, in Unix time.", night.started_at.timestamp()),
        ("end_time_seconds", "When the last night ended, in Unix time.", night.ended_at.timestamp()),
        ("last_success_time_seconds", "When a night last ended with 0, in Unix time; 0: never.", success),
        ("duration_seconds", "How long the last night was.", seconds),
        ("exit_code", "The exit code of the last night.", night.exit_code),
    ):
        yield from _gauge(name, text, {whole: value})
    groups = {
        (folder, profile, account): replace(night, files=files) for (profile, account), files in _grouped(night).items()
    }
    files, rows = {}, {}
    for (at, profile, account), part in groups.items():
        for place, found in places_of(part).items():
            files[_labels(folder=at, profile=profile, account=account, place=place)] = len(found)
        for status in Status:
            labels = _labels(folder=at, profile=profile, account=account, status=status.value.lower())
            rows[labels] = part.counts.get(status, 0)
    yield from _gauge("files", "Workbooks of the last night by where they are now.", files)
    yield from _gauge("rows", "Rows of the last night by what became of them.", rows)
    for name, text in _WORK.items():
        values = {
            _labels(folder=at, profile=profile, account=account): sum(getattr(it.work, name) for it in part.files)
            for (at, profile, account), part in groups.items()
        }
        yield from _gauge(name, text, values)


_WORK = {
    "requests": "Requests of the last night.",
    "created": "Campaigns created in the last night.",
    "waits": "How often all requests were held back in the last night.",
    "refusals": "Creates, and runs as a whole, that the server refused in the last night.",
}


def _grouped(night: Night) -> Mapping[tuple[str, str], Sequence[FileReport]]:
    """Reports by profile and account; never empty, or a night with nothing to do would look like none."""
    groups: dict[tuple[str, str], list[FileReport]] = {}
    for report in night.files:
        groups.setdefault((report.profile or "", report.work.account), []).append(report)
    return groups or {(night.profile or "", ""): []}


def _labels(**labels: str) -> str:
    escaped = {it: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for it, text in labels.items()}
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + "}"


def _gauge(name: str, text: str, values: Mapping[str, float]) -> Iterator[str]:
    full = f"campaign_loader_nightly_{name}"
    yield f"# HELP {full} {text}"
    yield f"# TYPE {full} gauge"
    for labels, value in values.items():
        yield f"{full}{labels} {value}"
