"""A file appears under its name whole or not at all, and never in place of another."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

import pytest

from loader.errors import JournalError, OutputError
from loader.storage.atomic_files import move_new, write_new, write_over
from loader.storage.locks import only_night

if TYPE_CHECKING:
    from collections.abc import Iterator


def content(file: IO[bytes]) -> None:
    file.write(b"whole")


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_is_at_its_path_and_nothing_else_is_in_the_folder(tmp_path: Path) -> None:
    assert write_new(tmp_path / "results.xlsx", content) == tmp_path / "results.xlsx"
    assert [path.name for path in tmp_path.iterdir()] == ["results.xlsx"]
    assert (tmp_path / "results.xlsx").read_bytes() == b"whole"


@pytest.mark.usefixtures("no_umask")
def test_file_and_new_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = write_new(tmp_path / "output" / "spring" / "results.xlsx", content)
    assert mode_of(path) == 0o600
    assert mode_of(tmp_path / "output" / "spring") == 0o700
    assert mode_of(tmp_path / "output") == 0o700


def test_an_earlier_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "results.xlsx").write_bytes(b"earlier")
    (tmp_path / "results-2.xlsx").mkdir()
    (tmp_path / "results-3.xlsx").symlink_to(tmp_path / "nowhere")
    assert write_new(tmp_path / "results.xlsx", content) == tmp_path / "results-4.xlsx"
    assert (tmp_path / "results.xlsx").read_bytes() == b"earlier"
    assert not (tmp_path / "nowhere").exists()


def test_writers_at_the_same_moment_all_get_a_name_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as sender:
        paths = list(sender.map(lambda _: write_new(tmp_path / "results.xlsx", content), range(64)))
    assert len(set(paths)) == 64
    assert len(list(tmp_path.iterdir())) == 64


def fails(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.fdopen", "os.fsync", "os.link"])
def test_where_a_call_fails_there_is_no_file_and_a_sentence(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results.xlsx").write_bytes(b"earlier")
    monkeypatch.setattr(call, fails)
    with pytest.raises(OutputError) as caught:
        write_new(tmp_path / "results.xlsx", content)
    assert str(caught.value) == (
        f"results.xlsx could not be written to the folder {tmp_path}: No space left on device; "
        "make room or choose another folder, and write it again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results.xlsx"]
    assert (tmp_path / "results.xlsx").read_bytes() == b"earlier"


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt(), MemoryError()])
def test_where_writing_stops_half_way_nothing_is_left(error: BaseException, tmp_path: Path) -> None:
    def half(file: IO[bytes]) -> NoReturn:
        file.write(b"half")
        raise error

    with pytest.raises((OutputError, KeyboardInterrupt, MemoryError)):
        write_new(tmp_path / "results.xlsx", half)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_kept_still_has_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: fails() if stat.S_ISDIR(os.fstat(handle).st_mode) else sync(handle))
    with pytest.raises(OutputError):
        write_new(tmp_path / "results.xlsx", content)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"whole"]


def test_a_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("not a folder")
    with pytest.raises(OutputError, match="could not be written to the folder"):
        write_new(tmp_path / "output" / "results.xlsx", content)


def no_links(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_without_hard_links_it_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    assert write_new(tmp_path / "results.xlsx", content).name == "results.xlsx"
    assert write_new(tmp_path / "results.xlsx", content).name == "results-2.xlsx"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results-2.xlsx", "results.xlsx"]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"whole"}


def test_without_hard_links_a_name_taken_in_vain_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OutputError):
        write_new(tmp_path / "results.xlsx", content)
    assert list(tmp_path.iterdir()) == []


# moved


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    path = tmp_path / "inbox" / "april.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"whole")
    path.parent.chmod(0o750)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


LINK = os.link


def other_disk(source: Path, target: Path) -> None:
    if source.parent != target.parent:
        raise OSError(errno.EXDEV, "Invalid cross-device link")
    LINK(source, target)


@pytest.mark.parametrize("link", [os.link, no_links, other_disk])
def test_a_file_is_moved_and_an_earlier_one_there_is_kept(
    link: object, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", link)
    os.utime(sheet, (1_000_000, 1_000_000))
    done = sheet.parent / "done"
    assert move_new(sheet, done) == done / "april.xlsx"
    assert (names(sheet.parent), names(done)) == (["done"], ["april.xlsx"])
    assert (done / "april.xlsx").stat().st_mtime == 1_000_000
    sheet.write_bytes(b"another")
    assert move_new(sheet, done) == done / "april-2.xlsx"
    assert [(done / name).read_bytes() for name in names(done)] == [b"another", b"whole"]
    assert names(sheet.parent) == ["done"]


def test_the_folder_it_is_moved_to_is_as_open_as_the_one_it_was_in(sheet: Path) -> None:
    assert mode_of(move_new(sheet, sheet.parent / "done").parent) == 0o750


def test_a_move_that_was_killed_when_it_was_nearly_over_ends_with_one_file(sheet: Path) -> None:
    done = sheet.parent / "done"
    done.mkdir()
    (done / "april.xlsx").hardlink_to(sheet)
    assert move_new(sheet, done) == done / "april.xlsx"
    assert (names(sheet.parent), names(done)) == (["done"], ["april.xlsx"])


@pytest.mark.parametrize("call", ["os.link", "shutil.copystat"])
def test_a_move_that_fails_leaves_the_file_where_it_was(
    call: str, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", other_disk)
    monkeypatch.setattr(call, fails)
    with pytest.raises(OutputError, match=r"^april.xlsx could not be moved to the folder .*: No space left on device$"):
        move_new(sheet, sheet.parent / "done")
    assert (sheet.read_bytes(), names(sheet.parent / "done")) == (b"whole", [])


# written over


def test_a_text_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "output" / "nightly.json"
    write_over(path, "one", begins="")
    write_over(path, "zwei \u00fc", begins="o")
    assert (path.read_text(encoding="utf-8"), mode_of(path), names(path.parent)) == (
        "zwei \u00fc",
        0o600,
        ["nightly.json"],
    )
    write_over(path, "three", begins="zwei", mode=0o644)
    assert mode_of(path) == 0o644


def test_where_it_cannot_be_written_the_earlier_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_over(tmp_path / "nightly.json", "one", begins="one")
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OutputError, match=r"^nightly.json could not be written to the folder "):
        write_over(tmp_path / "nightly.json", "two", begins="one")
    assert ((tmp_path / "nightly.json").read_text(), names(tmp_path)) == ("one", ["nightly.json"])


@pytest.mark.parametrize("what", ["a workbook", "a link to an earlier one", "a folder", "a pipe"])
def test_a_file_of_somebody_else_is_never_written_over_and_no_link_is_followed(what: str, tmp_path: Path) -> None:
    path, other = tmp_path / "plan.json", tmp_path / "other"
    other.write_text("earlier one")
    match what:
        case "a workbook":
            path.write_text("PK")
        case "a link to an earlier one":
            path.symlink_to(other)
        case "a folder":
            path.mkdir()
        case _:
            os.mkfifo(path)
    before = path.lstat()
    with pytest.raises(OutputError, match="is there already and is not an earlier one of the kind"):
        write_over(path, "new", begins="earlier")
    assert (path.lstat().st_ino, other.read_text()) == (before.st_ino, "earlier one")


def test_an_empty_file_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "nightly.prom").touch()
    write_over(tmp_path / "nightly.prom", "new", begins="x")
    assert (tmp_path / "nightly.prom").read_text() == "new"


def test_locks_follow_no_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / "lock.who").symlink_to(other)
    with only_night(tmp_path / "lock", "the folder x"):
        assert other.read_text() == "theirs"
    assert (tmp_path / "lock.who").is_symlink()
    (tmp_path / "lock").symlink_to(other)
    with pytest.raises(JournalError, match="is a link"), only_night(tmp_path / "lock", "the folder x"):
        pass
    assert other.read_text() == "theirs"
