"""What is reported of a night to machines: the status file and the metrics."""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from loader.errors import OutputError
from loader.nightly.night_report import FileReport, Night
from loader.nightly.status import StatusFiles, write_metrics
from loader.nightly.work import Work
from tests.docs.pages import PAGES, coded

BEGAN = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
NIGHT = Night(
    BEGAN,
    BEGAN + timedelta(minutes=90),
    4,
    [
        FileReport(
            Path("in/a.xlsx"),
            None,
            "r-1",
            {"Created": 3},
            0,
            Path("in/done/a.xlsx"),
            Path("in/done/r.xlsx"),
            work=Work("acc at https://one", 12, 3, 1, 0),
        ),
        FileReport(
            Path("in/x/b.xlsx"),
            "x",
            "r-2",
            {"Created": 1, "Rejected": 2},
            4,
            Path("in/x/failed/b.xlsx"),
            work=Work("acc at https://two", 9, 1, 0, 2),
        ),
        FileReport(Path("in/c.xlsx"), exit_code=4, error="it is still being written"),
    ],
    folder=Path("/srv/in"),
    profile="eu",
)
FOLDER = Path("/srv/in")


def status(output: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((output / "nightly.json").read_text(encoding="utf-8"))
    return told


def test_the_status_file_says_how_the_last_night_went(tmp_path: Path) -> None:
    StatusFiles(tmp_path / "output").ended(NIGHT)
    assert status(tmp_path / "output") == {
        "version": 1,
        "folder": "/srv/in",
        "profile": "eu",
        "process": os.getpid(),
        "last_start": "2026-03-29T00:30:00+00:00",
        "last_end": "2026-03-29T02:00:00+00:00",
        "last_success": None,
        "exit_code": 4,
        "error": None,
        "counts": {"Created": 4, "Rejected": 2},
        "requests": 21,
        "created": 4,
        "troubles": {},
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
    StatusFiles(tmp_path).begun(BEGAN, FOLDER, "eu")
    assert status(tmp_path) == {
        "version": 1,
        "folder": "/srv/in",
        "profile": "eu",
        "process": os.getpid(),
        "last_start": "2026-03-29T00:30:00+00:00",
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
    StatusFiles(tmp_path).ended(NIGHT)
    ended = status(tmp_path)
    StatusFiles(tmp_path).begun(BEGAN + timedelta(days=1), FOLDER, "eu")
    assert status(tmp_path) == {**ended, "last_start": "2026-03-30T00:30:00+00:00"}


@pytest.mark.parametrize("earlier", [b"", b"{", b"[]", b'{"other": 1}', b"\xff\xfe"])
def test_a_status_file_that_is_none_is_written_anew(tmp_path: Path, earlier: bytes) -> None:
    (tmp_path / "nightly.json").write_bytes(earlier)
    StatusFiles(tmp_path).begun(BEGAN, FOLDER, "eu")
    assert status(tmp_path)["last_end"] is None


def test_the_keys_are_those_of_the_readme(tmp_path: Path) -> None:
    StatusFiles(tmp_path).begun(BEGAN, FOLDER, "eu")
    [told] = [line for line in PAGES["nightly"].splitlines() if "`nightly.json`" in line]
    assert set(status(tmp_path)) - {"process"} <= set(coded(told))


def samples(path: Path) -> dict[tuple[str, ...], float]:
    """As Prometheus reads them."""
    families = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    assert all(family.type == "gauge" and family.documentation for family in families)
    found = {(it.name, *it.labels.values()): it.value for family in families for it in family.samples}
    assert len(found) == sum(len(family.samples) for family in families)
    return found


def test_the_metrics_are_read_by_prometheus_and_stand_in_the_readme(tmp_path: Path) -> None:
    path = tmp_path / "nightly.prom"
    write_metrics(path, NIGHT, BEGAN - timedelta(days=1))
    found = samples(path)
    name, whole = "campaign_loader_nightly", ("/srv/in", "eu")
    assert found[f"{name}_start_time_seconds", *whole] == 1774744200
    assert found[f"{name}_end_time_seconds", *whole] == 1774744200 + 5400
    assert found[f"{name}_last_success_time_seconds", *whole] == 1774744200 - 86400
    assert (found[f"{name}_duration_seconds", *whole], found[f"{name}_exit_code", *whole]) == (5400, 4)
    one, two, none = (("/srv/in", *of) for of in (("", "acc at https://one"), ("x", "acc at https://two"), ("", "")))
    assert [found[f"{name}_files", *it] for it in ((*one, "done"), (*two, "failed"), (*none, "left"))] == [1, 1, 1]
    assert [found[f"{name}_rows", *two, it] for it in ("created", "rejected", "unknown")] == [1, 2, 0]
    work = ("requests", "created", "waits", "refusals")
    assert [found[f"{name}_{it}", *one] for it in work] == [12, 3, 1, 0]
    assert [found[f"{name}_{it}", *two] for it in work] == [9, 1, 0, 2]
    shown = re.findall(r"^\| `(campaign_loader_\w+)` \|", PAGES["nightly"], re.MULTILINE)
    assert shown == list(dict.fromkeys(sample for sample, *_ in found))


def test_a_night_with_nothing_to_do_has_all_metrics_and_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    path = tmp_path / "nightly.prom"
    write_metrics(path, Night(BEGAN, BEGAN, 0, folder=Path('/srv/"a\\b"\n')), None)
    found = samples(path)
    name, folder = "campaign_loader_nightly", '/srv/"a\\b"\n'
    assert found[f"{name}_last_success_time_seconds", folder, ""] == 0
    assert [found[f"{name}_{it}", folder, "", ""] for it in ("requests", "created", "waits", "refusals")] == [0] * 4
    assert found[f"{name}_rows", folder, "", "", "created"] == 0


def test_the_last_success_stays_until_the_next_one(tmp_path: Path) -> None:
    files = StatusFiles(tmp_path)
    assert files.last_success is None
    files.ended(Night(BEGAN, BEGAN, 0))
    files.ended(NIGHT)
    assert status(tmp_path)["exit_code"] == 4
    assert files.last_success == BEGAN
    files.begun(BEGAN, FOLDER, None)
    assert files.last_success == BEGAN


def test_a_status_file_of_an_older_version_keeps_what_it_says(tmp_path: Path) -> None:
    older = {"process": 1, "last_start": "a", "last_end": "b", "exit_code": 3, "counts": {"Created": 1}, "files": []}
    (tmp_path / "nightly.json").write_text(json.dumps(older))
    StatusFiles(tmp_path).begun(BEGAN, FOLDER, None)
    told = status(tmp_path)
    assert (told["version"], told["last_end"], told["exit_code"], told["counts"]) == (1, "b", 3, {"Created": 1})


def test_a_monitoring_agent_may_read_the_copy_which_is_what_the_schema_says(tmp_path: Path) -> None:
    copy = tmp_path / "shared" / "status.json"
    files = StatusFiles(tmp_path / "output", copy)
    [schema] = [it for it in re.findall(r"```json\n(.*?)```", PAGES["json"], re.DOTALL) if '"last_success"' in it]
    for ended in (False, True):
        if ended:
            files.ended(NIGHT)
        else:
            files.begun(BEGAN, FOLDER, None)
        assert copy.read_bytes() == (tmp_path / "output" / "nightly.json").read_bytes()
        jsonschema.validate(json.loads(copy.read_bytes()), json.loads(schema))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "output" / "nightly.json").stat().st_mode) == 0o600


def test_a_copy_is_never_written_over_another_file(tmp_path: Path) -> None:
    copy = tmp_path / "other.json"
    copy.write_text('{"mine": 1}')
    with pytest.raises(OutputError, match="is there already and is not an earlier one of the kind"):
        StatusFiles(None, copy).ended(NIGHT)


def test_whoever_collects_them_may_read_them_and_never_sees_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nightly.prom"
    write_metrics(path, NIGHT, None)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"^nightly\.prom could not be written to the folder .*: No space left"):
        write_metrics(path, NIGHT, None)
    assert (path.read_bytes(), [it.name for it in tmp_path.iterdir()]) == (before, ["nightly.prom"])
