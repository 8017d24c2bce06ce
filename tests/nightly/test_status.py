"""What is reported of a night to machines: the status file and the metrics."""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from loader.errors import OutputError
from loader.nightly.night_report import FileReport, Night
from loader.nightly.status import write_begun, write_ended, write_metrics
from tests.docs.pages import PAGES, coded

BEGAN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
NIGHT = Night(
    BEGAN,
    BEGAN + timedelta(minutes=90),
    4,
    [
        FileReport(Path("in/a.xlsx"), None, "r-1", {"Created": 3}, 0, Path("in/done/a.xlsx"), Path("in/done/r.xlsx")),
        FileReport(Path("in/x/b.xlsx"), "x", "r-2", {"Created": 1, "Rejected": 2}, 4, Path("in/x/failed/b.xlsx")),
        FileReport(Path("in/c.xlsx"), exit_code=4, error="it is still being written"),
    ],
)


def status(output: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((output / "nightly.json").read_text(encoding="utf-8"))
    return told


def test_the_status_file_says_how_the_last_night_went(tmp_path: Path) -> None:
    write_ended(tmp_path / "output", NIGHT)
    assert status(tmp_path / "output") == {
        "process": os.getpid(),
        "last_start": "2026-03-29T00:30:00+00:00",
        "last_end": "2026-03-29T02:00:00+00:00",
        "exit_code": 4,
        "counts": {"Created": 4, "Rejected": 2},
        "files": [
            {
                "file": "in/a.xlsx",
                "profile": None,
                "run": "r-1",
                "counts": {"Created": 3},
                "exit_code": 0,
                "moved_to": "in/done/a.xlsx",
                "results": "in/done/r.xlsx",
                "error": None,
            },
            {
                "file": "in/x/b.xlsx",
                "profile": "x",
                "run": "r-2",
                "counts": {"Created": 1, "Rejected": 2},
                "exit_code": 4,
                "moved_to": "in/x/failed/b.xlsx",
                "results": None,
                "error": None,
            },
            {
                "file": "in/c.xlsx",
                "profile": None,
                "run": None,
                "counts": {},
                "exit_code": 4,
                "moved_to": None,
                "results": None,
                "error": "it is still being written",
            },
        ],
    }


def test_a_night_that_begins_leaves_what_was_said_of_the_last_one(tmp_path: Path) -> None:
    write_begun(tmp_path, BEGAN)
    assert status(tmp_path) == {
        "process": os.getpid(),
        "last_start": "2026-03-29T00:30:00+00:00",
        "last_end": None,
        "exit_code": None,
        "counts": {},
        "files": [],
    }
    write_ended(tmp_path, NIGHT)
    ended = status(tmp_path)
    write_begun(tmp_path, BEGAN + timedelta(days=1))
    assert status(tmp_path) == {**ended, "last_start": "2026-03-30T00:30:00+00:00"}


@pytest.mark.parametrize("earlier", [b"", b"{", b"[]", b'{"other": 1}', b"\xff\xfe"])
def test_a_status_file_that_is_none_is_written_anew(tmp_path: Path, earlier: bytes) -> None:
    (tmp_path / "nightly.json").write_bytes(earlier)
    write_begun(tmp_path, BEGAN)
    assert status(tmp_path)["last_end"] is None


def test_the_keys_are_those_of_the_readme(tmp_path: Path) -> None:
    write_begun(tmp_path, BEGAN)
    [told] = [line for line in PAGES["nightly"].splitlines() if "`nightly.json`" in line]
    assert set(status(tmp_path)) - {"process"} <= set(coded(told))


def samples(path: Path) -> dict[tuple[str, ...], float]:
    """As Prometheus reads them."""
    families = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    assert all(family.type == "gauge" and family.documentation for family in families)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_the_metrics_are_read_by_prometheus_and_stand_in_the_readme(tmp_path: Path) -> None:
    path = tmp_path / "nightly.prom"
    write_metrics(path, NIGHT)
    found = samples(path)
    name = "campaign_loader_nightly"
    assert found[f"{name}_start_time_seconds",] == 1774744200
    assert found[f"{name}_end_time_seconds",] == 1774744200 + 5400
    assert (found[f"{name}_duration_seconds",], found[f"{name}_exit_code",]) == (5400, 4)
    assert [found[f"{name}_files", place] for place in ("done", "failed", "left")] == [1, 1, 1]
    assert [found[f"{name}_rows", it] for it in ("created", "rejected", "unknown", "not sent")] == [4, 2, 0, 0]
    shown = re.findall(r"^\| `(campaign_loader_\w+)` \|", PAGES["nightly"], re.MULTILINE)
    assert shown == list(dict.fromkeys(sample for sample, *_ in found))


def test_whoever_collects_them_may_read_them_and_never_sees_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nightly.prom"
    write_metrics(path, NIGHT)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"^nightly\.prom could not be written to the folder .*: No space left"):
        write_metrics(path, NIGHT)
    assert (path.read_bytes(), [it.name for it in tmp_path.iterdir()]) == (before, ["nightly.prom"])
