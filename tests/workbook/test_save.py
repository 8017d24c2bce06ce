"""A workbook appears under its name whole or not at all, and never in place of another."""

from __future__ import annotations

import errno
import io
import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import pytest
from openpyxl import load_workbook

from loader.errors import OutputError
from loader.workbook.save import new_book, write_new

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
    with ThreadPoolExecutor(16) as crew:
        paths = list(crew.map(lambda _: write_new(tmp_path / "results.xlsx", content), range(64)))
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


class SmallDisk(io.FileIO):
    """A file on a disk with room for so many bytes."""

    room = 0

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def a_book(file: IO[bytes]) -> None:
    with new_book(file) as book:
        page = book.create_sheet("Sheet")
        for row in range(2000):
            page.append([f"somebody's name {row * 7919}"])


@pytest.mark.parametrize("room", [0, 1, 100, 5_000, 10_000, 15_000])
def test_a_disk_that_gets_full_half_way_keeps_nothing_of_a_workbook(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmallDisk, "room", room)
    monkeypatch.setattr(os, "fdopen", lambda handle, _: io.BufferedRandom(SmallDisk(handle, "w+")))
    with pytest.raises(OutputError, match="No space left on device"):
        write_new(tmp_path / "results.xlsx", a_book)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_with_room_for_it_keeps_the_whole_workbook(tmp_path: Path) -> None:
    path = write_new(tmp_path / "results.xlsx", a_book)
    assert path.stat().st_size > 15_000
    assert load_workbook(path)["Sheet"].max_row == 2000


def test_rows_of_a_workbook_that_is_not_finished_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def half() -> NoReturn:
        with new_book(io.BytesIO()) as book:
            book.create_sheet("Sheet").append(["somebody's name"])
            book.create_sheet("Not begun")
            assert len(list(tmp_path.iterdir())) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []
