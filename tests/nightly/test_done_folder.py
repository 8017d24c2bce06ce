"""What lies in `done` is compared with what was loaded, at the end of the night and in every later one."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.model.events import Phase
from loader.nightly.done_folder import differences, note_loaded
from tests.load_runs import creates

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Serve
    from tests.nightly.nights import Inbox

HEADERS = (
    "Campaign name,Description,Contact lists,Caller ID,Timezone,Monday,"
    "Max attempts,Retry period,Max ring time,Experience flow\n"
)


def line(name: str) -> str:
    return (
        f"{name},Renewal calls,renewals-north,+15101234567,America/New_York,9:00 AM - 6:00 PM,3,60,30,Renewal intake\n"
    )


async def test_rows_that_a_writer_adds_after_its_workbook_was_moved_are_reported_until_it_is_put_back(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    path = box.put_bytes("april.csv", (HEADERS + line("A")).encode())
    with path.open("ab") as paused:  # it has the file open all the time
        assert (await box.night()).exit_code == 0
        paused.write(line("B").encode())
    done = box.folder / "done" / "april.csv"
    for _ in range(2):
        night = await box.night()
        [report] = night.files
        assert (night.exit_code, report.file, report.moved_to, report.in_done) == (4, done, None, True)
        assert report.error.startswith("it is not what was loaded: it was changed afterwards, or nobody loaded it.")
    assert creates(server) == {"A": 1}
    done.rename(path)
    box.aged(path, 3600)
    assert (await box.night()).exit_code == 0
    assert creates(server) == {"A": 1, "B": 1}
    assert (await box.night()).files == []


async def test_what_grows_while_the_night_goes_on_is_reported_at_its_end(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    path = box.put_bytes("a.csv", (HEADERS + line("A")).encode(), age=5000)
    box.put("b.xlsx", ["B"])
    paused = path.open("ab")

    def on_event(workbook: object, event: object) -> None:
        if getattr(workbook, "path", path).name == "b.xlsx" and isinstance(event, Phase) and not paused.closed:
            paused.write(line("C").encode())
            paused.close()

    box.on_event = on_event
    night = await box.night()
    assert [(it.file, it.exit_code) for it in night.files] == [
        (Path("inbox/a.csv"), 0),
        (Path("inbox/b.xlsx"), 0),
        (Path("inbox/done/a.csv"), 4),
    ]
    assert (night.exit_code, creates(server)) == (4, {"A": 1, "B": 1})


async def test_a_difference_is_nothing_to_load_where_a_workbook_is_expected(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    await box.night()
    box.put("done/b.xlsx", ["B"])
    night = await box.night(expected=True)
    assert (night.came, [it.file.name for it in night.files], creates(server)) == ([], ["b.xlsx"], {"A": 1})


def test_what_was_in_done_before_anything_was_noted_is_taken_as_it_is(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.mkdir()
    (done / "old.csv").write_bytes(b"old")
    assert differences(tmp_path, None) == ()
    note_loaded(tmp_path, b"new")
    (done / "new.csv").write_bytes(b"new")
    assert differences(tmp_path, None) == []
    (done / "old.csv").write_bytes(b"changed")
    assert [it.file.name for it in differences(tmp_path, "x")] == ["old.csv"]
    (done / "old.csv").write_bytes(b"old")
    assert differences(tmp_path, None) == []


def test_results_links_and_other_files_in_done_are_none_of_its_business(tmp_path: Path) -> None:
    note_loaded(tmp_path, b"new")
    done = tmp_path / "done"
    (done / "a-results-20260328T010000Z.xlsx").write_bytes(b"results")
    (done / "notes.txt").write_bytes(b"text")
    (done / "~$a.xlsx").write_bytes(b"lock")
    (done / "link.xlsx").symlink_to(tmp_path / "nowhere.xlsx")
    assert differences(tmp_path, None) == []


def test_a_workbook_that_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note_loaded(tmp_path, b"new")
    (tmp_path / "done" / "new.csv").write_bytes(b"new")
    assert differences(tmp_path, None) == []

    def read(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("hashlib.file_digest", read)
    assert differences(tmp_path, None) == []


@pytest.mark.parametrize("name", ["done", "failed"])
async def test_done_and_failed_are_as_open_as_the_folder_they_lie_in(
    serve: Serve, inbox: Callable[..., Inbox], name: str
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.folder.chmod(0o2775)
    if name == "done":
        box.put("a.xlsx", ["A"])
    else:
        box.put_bytes("a.xlsx", b"no workbook")
    await box.night()
    assert oct(stat.S_IMODE((box.folder / name).stat().st_mode)) == "0o2775"
