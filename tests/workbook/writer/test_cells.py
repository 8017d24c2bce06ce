"""What is put into a cell is what comes out of it, and is never a formula."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from python_calamine import CalamineWorkbook

from loader.errors import OutputError
from loader.storage.atomic_files import write_new
from loader.workbook.writer.cells import PLAIN, Pen, cut, escaped, new_book
from tests.workbook.raw import unescaped

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO


moment = datetime.fromisoformat  # a cell knows no time zone


def book_of(values: list[object], *, bare: bool = False) -> io.BytesIO:
    book = Workbook(write_only=True)
    page = book.create_sheet("Sheet")
    pen = Pen(page)
    for value in values:
        page.append([pen.plain(value) if bare else pen.cell(value)])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def cells_of(values: list[object], *, bare: bool = False) -> list[Cell | MergedCell]:
    page = load_workbook(book_of(values, bare=bare))["Sheet"]
    return [page.cell(row, 1) for row in range(1, len(values) + 1)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain, with\na line and\ta tab", "plain, with\na line and\ta tab"),
        ("\x00", "_x0000_"),
        ("a\rb", "a_x000D_b"),
        ("\x1b[31m", "_x001B_[31m"),
        ("\ufffe\uffff", "_xFFFE__xFFFF_"),
        ("\ud83d", "_xD83D_"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x00e9_", "_x005F_x00e9_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
        ("_x0041\x01", "_x005F_x0041_x0001_"),
        ("_x004_", "_x004_"),
        ("__x0041__", "__x005F_x0041__"),
        ("  ", "_x0020__x0020_"),
        ("", ""),
    ],
)
def test_what_xml_cannot_hold_is_escaped_as_excel_does(text: str, written: str) -> None:
    assert escaped(text) == written
    assert unescaped(written) == text


@given(st.text(alphabet=st.sampled_from("_x0041F5\x00\x01\ud800\uffff \n"), max_size=30))
def test_escaping_loses_nothing_however_the_pieces_meet(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("bare", [False, True])
def test_every_code_point_survives_saving_and_reopening(*, bare: bool) -> None:
    blocks = ["".join(map(chr, range(first, first + 0x1000))) for first in range(0, 0x110000, 0x1000)]
    file = book_of(list(blocks), bare=bare)
    reopened = load_workbook(file)["Sheet"]
    assert [unescaped(str(reopened.cell(row, 1).value)) for row in range(1, len(blocks) + 1)] == blocks
    file.seek(0)
    other = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Sheet").to_python()
    assert [unescaped(str(row[0])) for row in other] == blocks


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|'/c calc'!A0",
        '=HYPERLINK("http://x.example")',
        "+15101234567",
        "-5",
        "@SUM(A1)",
        "=",
        "#REF!",
        "#N/A",
        "\t=1",
        " =1",
        "{=1}",
    ],
)
def test_a_text_stays_the_text_it_is(text: str, *, bare: bool) -> None:
    (cell,) = cells_of([text], bare=bare)
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x"])
def test_excel_is_made_to_keep_a_text_that_looks_like_a_formula(text: str) -> None:
    assert cells_of([text])[0].quotePrefix is True
    assert cells_of([f"a{text}"])[0].quotePrefix is False


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (5, 5),
        (-3, -3),
        (12.5, 12.5),
        (True, True),
        (None, None),
        (moment("2026-11-24 08:30"), moment("2026-11-24 08:30")),
        (moment("2026-11-24 08:30:15"), moment("2026-11-24 08:30:15")),
        (date(2026, 11, 24), moment("2026-11-24 00:00")),
        (time(9, 30), time(9, 30)),
        (time(9, 30, 5), time(9, 30, 5)),
        (timedelta(hours=26, minutes=5), timedelta(hours=26, minutes=5)),
        (np.int64(7), 7),
        (999_999_999_999_999, 999_999_999_999_999),
    ],
)
def test_a_value_comes_back_as_itself(value: object, seen: object, *, bare: bool) -> None:
    assert cells_of([value], bare=bare)[0].value == seen


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (10**15, "1000000000000000"),
        (-(10**20), "-100000000000000000000"),
        (datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "2026-11-24 08:30:00+00:00"),
        (time(8, 30, tzinfo=UTC), "08:30:00+00:00"),
        (date(1899, 12, 31), "1899-12-31"),
        (moment("1900-01-01 00:00"), "1900-01-01 00:00:00"),
        (timedelta(minutes=-5), "-1 day, 23:55:00"),
        (pd.NaT, "NaT"),
        (Decimal("1.10"), "1.10"),
        (["a", "b"], "['a', 'b']"),
    ],
)
def test_what_no_cell_can_hold_is_there_as_text(value: object, text: str, *, bare: bool) -> None:
    (cell,) = cells_of([value], bare=bare)
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize(
    ("value", "number_format"),
    [
        (moment("2026-11-24 08:30"), "yyyy-mm-dd hh:mm"),
        (moment("2026-11-24 08:30:15"), "yyyy-mm-dd hh:mm:ss"),
        (date(2026, 11, 24), "yyyy-mm-dd"),
        (time(9, 30), "hh:mm"),
        (time(9, 30, 1), "hh:mm:ss"),
        (timedelta(hours=26), "[h]:mm:ss"),
        (5, "General"),
    ],
)
def test_dates_and_times_are_shown_as_such(value: object, number_format: str) -> None:
    assert cells_of([value])[0].number_format == number_format


def test_a_text_of_excels_greatest_length_is_whole() -> None:
    for text in ("a" * 32_767, "\x01" * 32_767, "é\r" * 16_383):
        for bare in (False, True):
            assert unescaped(str(cells_of([text], bare=bare)[0].value)) == text


def test_a_longer_text_is_cut_and_says_so() -> None:
    (cell,) = cells_of(["a" * 32_768])
    assert str(cell.value).endswith("aaa... (cut, 32,768 characters)")
    assert len(str(cell.value)) == 32_767


def test_the_length_is_counted_as_excel_counts_it() -> None:
    text = "😀" * 20_000
    (cell,) = cells_of([text])
    shown = str(cell.value)
    assert shown.endswith("😀... (cut, 20,000 characters)")
    assert len(shown.encode("utf-16-le")) // 2 <= 32_767
    assert cut("😀" * 16_383) == "😀" * 16_383


def test_a_bare_value_is_not_made_a_cell() -> None:
    pen = Pen(Workbook(write_only=True).create_sheet("Sheet"))
    assert pen.plain("plain") == "plain"
    assert pen.plain(5) == 5
    assert isinstance(pen.plain("=1"), Cell)
    assert isinstance(pen.cell("plain", PLAIN), Cell)


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
