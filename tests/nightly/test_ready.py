"""When a workbook counts as whole, after a quiet time or by a marker; and what is no fault of the workbook."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.model.row import Check
from loader.nightly.inbox import Clock, Readiness, look_into
from tests.load_runs import asked, creates
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.nightly.nights import Inbox

NOW = datetime(2026, 3, 28, 1, tzinfo=UTC)


async def test_a_workbook_is_loaded_after_the_quiet_time_of_the_settings(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url, LOADER_QUIET_SECONDS="600")
    box.put("a.xlsx", ["A"], age=900)
    box.put("b.xlsx", ["B"], age=300)
    night = await box.night()
    assert [(it.file.name, it.exit_code, it.error) for it in sorted(night.files, key=lambda it: it.file)] == [
        ("a.xlsx", 0, ""),
        ("b.xlsx", 4, "it is still being written, or was 301 s ago, and 600 s without a change are asked for"),
    ]
    assert creates(server) == {"A": 1}


@pytest.mark.parametrize(
    ("quiet", "age", "waits"), [(5, 1, 4.5), (5, 60, 1), (600, 570, 30.5), (600, 300, 1), (0, 0.1, 1)]
)
async def test_a_night_waits_for_a_minute_at_most_until_a_workbook_is_quiet(
    tmp_path: Path, quiet: float, age: float, waits: float
) -> None:
    path, slept = tmp_path / "a.csv", list[float]()
    path.write_bytes(b"text")
    at = NOW.timestamp() - age
    os.utime(path, (at, at))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    clock = Clock(lambda: NOW + timedelta(seconds=sum(slept)), sleep)
    await look_into(tmp_path, [], clock, readiness=Readiness(quiet))
    assert slept == [pytest.approx(waits)]


async def test_with_a_ready_marker_nothing_is_loaded_before_it_is_there_and_it_goes_with_its_workbook(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"], age=1)
    night = await box.night(ready_marker=True)
    assert (night.exit_code, night.files[0].error) == (4, "a.xlsx.ready does not lie beside it: so it is not whole yet")
    marker = box.put_bytes("a.xlsx.ready", b"")
    assert (await box.night(ready_marker=True)).exit_code == 0
    assert (creates(server), box.holds(), marker.exists()) == (
        {"A": 1},
        ["done/a-RESULTS.xlsx", "done/a.xlsx"],
        False,
    )


async def test_a_workbook_that_stays_keeps_its_marker(inbox: Callable[..., Inbox]) -> None:
    box = inbox(LOADER_PATIENCE_SECONDS="0.1")
    box.put("a.xlsx", ["A"])
    marker = box.put_bytes("a.xlsx.ready", b"")
    night = await box.night(ready_marker=True)
    assert (night.counts, marker.exists()) == ({"Not sent": 1}, True)


async def test_a_workbook_that_this_process_may_not_read_stays(
    serve: Serve, inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"], age=5000)
    box.put("b.xlsx", ["B"])
    read_bytes = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == "a.xlsx":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)  # who runs the tests may read everything
        night = await box.night()
    assert [(it.exit_code, it.error, it.moved_to is None) for it in night.files] == [
        (2, "inbox/a.xlsx cannot be read: Permission denied.", True),
        (0, "", False),
    ]
    assert (night.exit_code, box.holds()) == (2, ["a.xlsx", "done/b-RESULTS.xlsx", "done/b.xlsx"])


async def test_a_workbook_of_which_all_rows_are_created_already_is_done(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    await box.night()
    (box.folder / "done" / "a.xlsx").rename(box.folder / "again.xlsx")
    [results] = (box.folder / "done").glob("*-results-*")
    results.rename(box.folder / "results.xlsx")  # as somebody puts it there
    night = await box.night()
    assert [(it.exit_code, it.moved_to is None, it.counts) for it in night.files] == [(0, False, {"Created": 1})] * 2


async def test_what_the_command_line_says_wins_over_the_settings_of_every_profile(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url, LOADER_CANARY="2")
    box.put("a.xlsx", [row("A", Timezone=None, Caller_ID="(510) 123-4567"), row("B", Timezone=None)])
    night = await box.night(
        defaults={"Timezone": "America/New_York"},
        chosen={"country": "US", "canary": 0},
        skip=frozenset(Check),
    )
    assert (night.exit_code, creates(server)) == (0, {"A": 1, "B": 1})
    assert asked(server)["get"] == 0


async def test_a_workbook_with_no_row_under_its_header_is_failed_each_time_it_comes(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    box = inbox((await serve()).url)
    for _ in range(2):
        path = box.put("a.xlsx", ["A"])
        book = load_workbook(path)
        book.worksheets[0].delete_rows(2)
        book.save(path)
        box.aged(path, 3600)
        night = await box.night(expected=True)
        [report] = night.files
        assert (night.exit_code, report.moved_to is not None and report.moved_to.parent.name) == (3, "failed")
        assert report.error.endswith("has a header row and no campaign under it.")


@pytest.mark.own_reader
async def test_a_workbook_stays_where_the_process_that_reads_it_cannot_be_started(
    serve: Serve, inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    box = inbox((await serve()).url)
    box.put("a.xlsx", ["A"])
    with monkeypatch.context() as patched:
        patched.setattr("sys.executable", str(folder))
        night = await box.night()
    assert [(it.exit_code, it.error, it.moved_to) for it in night.files] == [
        (2, "the process that reads workbooks cannot be started: Permission denied", None)
    ]
    assert (night.exit_code, box.defects, box.holds()) == (2, [], ["a.xlsx"])
    assert (await box.night()).exit_code == 0
