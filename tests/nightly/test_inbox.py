"""Which workbooks of a folder are loaded, in which order, and why others are left."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loader.nightly.inbox import Clock, leave_beside, look_into, results_beside
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from loader.nightly.night_report import FileReport

NOW = datetime(2026, 3, 29, 1, tzinfo=UTC)
BOOK = b"Campaign name"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(path: Path, content: bytes = BOOK, *, age: float = 3600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    at = NOW.timestamp() - age
    os.utime(path, (at, at))
    return path


async def seen(
    inbox: Path, *profiles: str, meanwhile: Callable[[], object] = lambda: None
) -> tuple[list[str], list[FileReport]]:
    async def sleep(_: float) -> None:
        meanwhile()

    ready, left = await look_into(inbox, profiles, Clock(lambda: NOW, sleep))
    return [str(one.path.relative_to(inbox)) for one in ready], left


def reasons(left: list[FileReport]) -> dict[str, str]:
    return {one.file.name: one.error for one in left}


async def test_workbooks_are_taken_oldest_first_then_by_name_also_from_the_folders_of_profiles(inbox: Path) -> None:
    put(inbox / "b.xlsx", age=60)
    put(inbox / "a.csv", age=60)
    put(inbox / "c.XLSM", age=600)
    put(inbox / "germany" / "d.xlsx", age=90)
    assert await seen(inbox, "germany", "france") == (["c.XLSM", "germany/d.xlsx", "a.csv", "b.xlsx"], [])


@pytest.mark.parametrize(
    "name",
    ["~$a.xlsx", ".~lock.a.xlsx#", ".a.xlsx", "a.xlsx.part", "a.xlsx.tmp", "a.xlsx.crdownload", "notes.txt", "a.xlsx~"],
)
async def test_what_is_hidden_temporary_or_no_workbook_is_not_seen(inbox: Path, name: str) -> None:
    put(inbox / name)
    assert await seen(inbox) == ([], [])


async def test_what_was_loaded_is_not_seen_again(inbox: Path) -> None:
    put(inbox / "done" / "a.xlsx")
    put(inbox / "failed" / "b.xlsx")
    assert await seen(inbox) == ([], [])


async def test_files_that_only_resemble_workbooks_are_taken_so_that_their_sentence_is_said(inbox: Path) -> None:
    put(inbox / "old.xls", b"\xd0\xcf\x11\xe0")
    put(inbox / "locked.xlsx", b"\xd0\xcf\x11\xe0")
    put(inbox / "empty.xlsx", b"")
    ready, left = await seen(inbox)
    assert (sorted(ready), left) == (["empty.xlsx", "locked.xlsx", "old.xls"], [])


@pytest.mark.parametrize("lock", ["~$a.xlsx", ".~lock.a.xlsx#"])
async def test_a_workbook_that_somebody_has_open_is_left(inbox: Path, lock: str) -> None:
    put(inbox / "a.xlsx")
    put(inbox / lock)
    ready, [left] = await seen(inbox)
    assert (ready, left.error, left.exit_code) == ([], f"somebody has it open: {lock} lies beside it", 4)
    assert left.moved_to is None


async def test_a_file_that_grows_between_two_looks_is_left(inbox: Path) -> None:
    path = put(inbox / "a.xlsx")
    ready, left = await seen(inbox, meanwhile=lambda: put(path, BOOK + b"more"))
    assert (ready, reasons(left)) == ([], {"a.xlsx": "it is still being written"})


@pytest.mark.parametrize(("age", "pause"), [(0, 5.5), (3, 2.5), (4.5, 1), (5, 1), (3600, 1), (-3600, 1)])
async def test_a_file_that_came_a_moment_ago_is_given_the_time_to_prove_that_it_is_whole(
    inbox: Path, age: float, pause: float
) -> None:
    path, slept = put(inbox / "a.xlsx", age=age), []
    put(inbox / "older.xlsx", age=7200)

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    ready, left = await look_into(inbox, [], Clock(lambda: NOW + timedelta(seconds=sum(slept)), sleep))
    assert ([one.path.name for one in ready][-1], left, slept) == (path.name, [], [pause])


async def test_a_file_that_was_touched_since_the_first_look_is_left(inbox: Path) -> None:
    path = put(inbox / "a.xlsx", age=3600)
    ready, left = await seen(inbox, meanwhile=lambda: put(path, age=0))
    assert (ready, reasons(left)) == ([], {"a.xlsx": "it is still being written"})


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
async def test_half_a_workbook_is_left_however_old(inbox: Path, share: float, tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", [row(f"Campaign {number}") for number in range(50)]).read_bytes()
    put(inbox / "whole.xlsx", whole)
    put(inbox / "half.xlsx", whole[: int(len(whole) * share)])
    ready, left = await seen(inbox)
    assert ready == ["whole.xlsx"]
    assert reasons(left) == {"half.xlsx": "its end is missing: it is still being copied, or the copy broke off"}


async def test_a_file_taken_away_between_two_looks_is_said(inbox: Path) -> None:
    path = put(inbox / "a.xlsx")
    ready, left = await seen(inbox, meanwhile=path.unlink)
    assert (ready, reasons(left)) == ([], {"a.xlsx": "it cannot be looked at any more: No such file or directory"})


async def test_a_link_is_left(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.xlsx").symlink_to(put(tmp_path / "elsewhere.xlsx"))
    ready, left = await seen(inbox)
    assert (ready, reasons(left)) == ([], {"a.xlsx": "it is a link or no file at all: put the workbook itself here"})


async def test_a_folder_that_names_no_profile_is_said_aloud_when_there_are_workbooks_in_it(inbox: Path) -> None:
    put(inbox / "germny" / "a.xlsx")
    put(inbox / "germny" / "b.xlsx")
    put(inbox / "pictures" / "a.png")
    ready, [left] = await seen(inbox, "germany", "france")
    assert (ready, left.file, left.exit_code) == ([], inbox / "germny", 2)
    assert left.error == ("loader.toml has no profile germny, so 2 workbooks stay there; it has: france, germany")
    assert (await seen(inbox))[1][0].error.endswith("it has: none")


async def test_results_left_beside_a_workbook_are_no_order_until_somebody_changes_them(inbox: Path) -> None:
    results = put(inbox / "april-results-20260329T010203Z-2.xlsx", age=0)
    leave_beside(results)
    assert await seen(inbox) == ([], [])
    assert results_beside(inbox / "april.xlsx") == [results]
    assert results_beside(inbox / "april-results-20260101T010203Z.xlsx") == [results]
    assert results_beside(inbox / "may.xlsx") == []
    put(results, age=30)
    assert await seen(inbox) == ([results.name], [])
    assert results_beside(inbox / "april.xlsx") == []


async def test_results_that_were_put_there_on_purpose_are_an_order(inbox: Path) -> None:
    written = datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)
    for name, later in (("a", 0.0), ("b", 0.7), ("c", 40.0), ("d", 86400.0)):
        path = put(inbox / f"{name}-results-20260301T102030Z.xlsx")
        at = (written + timedelta(seconds=later)).timestamp()
        os.utime(path, (at, at))
    assert len((await seen(inbox))[0]) == 4


async def test_a_folder_that_cannot_be_looked_into_is_said_and_the_others_are_taken(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox / "a.xlsx")
    put(inbox / "germany" / "b.xlsx")
    put(inbox / "private" / "c.xlsx")
    iterdir = Path.iterdir

    def closed(folder: Path) -> Iterator[Path]:
        if folder.name in ("germany", "private"):
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", closed)
    ready, [left] = await seen(inbox, "germany")
    assert (ready, left.file, left.profile, left.exit_code) == (["a.xlsx"], inbox / "germany", "germany", 2)
    assert left.error == "the folder cannot be looked into: Permission denied"


async def test_a_file_that_is_gone_when_it_is_looked_at_was_never_there(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox / "a.xlsx")
    put(inbox / "b.xlsx")
    lstat = Path.lstat

    def vanished(path: Path) -> os.stat_result:
        if path.name == "a.xlsx":
            raise FileNotFoundError(2, "No such file or directory")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", vanished)
    assert await seen(inbox) == (["b.xlsx"], [])


async def test_a_workbook_nobody_may_read_is_taken_so_that_the_reader_says_so(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox / "a.xlsx")

    def closed(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    assert await seen(inbox) == (["a.xlsx"], [])
