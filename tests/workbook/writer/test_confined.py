"""Work on a stranger's workbook is done in a process of its own, and ends whatever it does."""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.workbook.ooxml.sheet_rows import Rows
from loader.workbook.writer import in_place
from loader.workbook.writer.confined import Allowance, returned_apart
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import write_results
from tests.workbook.formatted import read, results_from, rows_with_faults, write_formatted
from tests.workbook.results_made import SUMMARY, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

ENOUGH = Allowance(seconds=20, memory=256 << 20)


def never_ends() -> bool:
    return bool(re.search("(a+)+$", "a" * 60 + "b"))


def takes_memory() -> bool:
    return bool([bytearray(1 << 20) for _ in range(1000)])


def fails() -> bool:
    raise LookupError


def kills_itself() -> bool:
    os.kill(os.getpid(), 9)
    return True


def test_work_that_says_it_was_done_is_done(tmp_path: Path) -> None:
    file = tmp_path / "made"
    assert returned_apart(lambda: bool(file.write_text("x")), ENOUGH)
    assert file.read_text() == "x"
    assert not returned_apart(lambda: False, ENOUGH)


@pytest.mark.parametrize("work", [never_ends, takes_memory, fails, kills_itself])
def test_work_that_does_not_come_to_an_end_is_not_done(work: Callable[[], bool]) -> None:
    assert not returned_apart(work, Allowance(seconds=1, memory=256 << 20))


def test_nothing_of_it_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def leaves_a_file() -> bool:
        handle, name = tempfile.mkstemp()
        os.write(handle, b"x" * 1000)
        assert Path(name).parent.parent == tmp_path
        return kills_itself()

    assert not returned_apart(leaves_a_file, ENOUGH)
    assert list(tmp_path.iterdir()) == []


def test_it_ends_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def works_long() -> bool:
        mark.write_text(str(os.getpid()))
        return never_ends()

    waiting = os.fork()
    if not waiting:
        try:
            returned_apart(works_long, ENOUGH)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 60
    while not mark.exists() or not mark.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(waiting, 9)
    os.waitpid(waiting, 0)
    stat = Path(f"/proc/{mark.read_text()}/stat")
    while stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_why_it_could_not_write_is_reported() -> None:
    def on_a_full_disk() -> bool:
        raise OSError(28, os.strerror(28))

    with pytest.raises(OSError, match="No space left"):
        returned_apart(on_a_full_disk, ENOUGH)


def test_results_that_cannot_be_written_in_place_are_written_afresh_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, sheet = read(write_formatted(tmp_path / "spring.xlsx", rows_with_faults()))
    monkeypatch.setattr(in_place, "_SECONDS", 1)
    monkeypatch.setattr(Rows, "edited", lambda *_: iter([b"", bytes(never_ends())]))
    written = write_results(tmp_path / "results.xlsx", Results([sheet], [], [], SUMMARY), content)
    assert written.remark.startswith("the results are a new workbook with the values of the sheet alone")
    book = load_workbook(written.path)
    assert [line[0] for line in rows_of(book, "Campaigns")][1:] == ["Recall", "Renewal", "Survey", "Winback"]
    assert any(written.remark in str(line) for line in rows_of(book, "Summary"))


def test_results_in_place_need_no_remark(tmp_path: Path) -> None:
    content, sheet = read(write_formatted(tmp_path / "spring.xlsx", rows_with_faults()))
    assert write_results(tmp_path / "results.xlsx", Results([sheet], [], [], SUMMARY), content).remark == ""
    assert results_from(tmp_path / "spring.xlsx", tmp_path).exists()
