"""A workbook of our own that cannot be saved leaves nothing behind."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from openpyxl import load_workbook

from loader.errors import OutputError
from loader.storage.atomic_files import write_new
from loader.workbook.writer.save import new_book

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO


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
