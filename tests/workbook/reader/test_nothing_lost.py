"""Whatever kinds of cells a sheet has and whichever program wrote it: what is read is what the sheet's XML says."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, time, timedelta

import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from loader.model.limits import Limits
from loader.model.sheet_choice import ONLY_ONE
from loader.workbook.reader.grid_reader import File, pages
from loader.workbook.reader.inspection import inspected
from loader.workbook.reader.losses import Grid
from loader.workbook.reader.protocol import (
    packed_losses,
    packed_rows,
    unpacked_losses,
    unpacked_rows,
)
from tests.workbook.independent import Book
from tests.workbook.trial import differences, first_grid

Cells = list[list[object]]

TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=12)
MOMENTS = st.datetimes(datetime.fromisoformat("1900-03-01"), datetime.fromisoformat("9999-12-31"))
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.sampled_from(["=1+1", '="a"', "#REF!", "_x0041_", " x ", "a\nb", "+15101234567", "007", "1e5", "TRUE"]),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.booleans(),
    MOMENTS.map(lambda at: at.replace(microsecond=0)),
    MOMENTS.map(lambda at: at.date()),
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.timedeltas(timedelta(0), timedelta(days=20_000)).map(lambda it: timedelta(it.days, it.seconds)),
)
CELLS = st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=6)


def by_openpyxl(cells: Cells) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in cells:
        sheet.append([value.replace("\ufeff", "") if isinstance(value, str) else value for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def by_xlsxwriter(cells: Cells, *, constant_memory: bool) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "constant_memory": constant_memory})
    sheet = book.add_worksheet()
    formats = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        time: book.add_format({"num_format": "hh:mm:ss"}),
        timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
        float: book.add_format({"num_format": "0.00%"}),
        int: book.add_format({"num_format": "[$EUR] 0"}),
    }
    for at, row in enumerate(cells):
        for column, value in enumerate(row):
            sheet.write(at, column, value, formats.get(type(value)))
    book.close()
    return file.getvalue()


def grid_of(content: bytes) -> Grid:
    """The first sheet as the loader gets it, but without another process: thousands of them are read here."""
    page = next(pages(File(content, "calls.xlsx"), inspected(content, "calls.xlsx", ONLY_ONE, Limits()), Limits()))
    cells: Cells = []
    for rows in (page.head, *page.rest(2)):
        cells += unpacked_rows(json.loads(json.dumps(packed_rows(rows))), {})
    return Grid(page.title, cells, unpacked_losses(["end", json.loads(json.dumps(packed_losses(page.losses)))]))


def held_to_it(content: bytes) -> None:
    grid = grid_of(content)
    assert differences(content, grid) == []
    # and the independent count has not seen less than there is
    filled = sum(value.text.strip() != "" for value in Book(content).filled(grid.title).values())
    read = sum(
        not (value is None or (isinstance(value, str) and not value.strip())) for row in grid.cells for value in row
    )
    named = len(grid.losses.errors) + len(grid.losses.unsaved) + len(grid.losses.odd)
    assert read <= filled <= read + named


@settings(max_examples=120, deadline=None)
@given(CELLS)
def test_what_openpyxl_writes(cells: Cells) -> None:
    held_to_it(by_openpyxl(cells))


@settings(max_examples=120, deadline=None)
@given(CELLS, st.booleans())
def test_what_xlsxwriter_writes(cells: Cells, constant_memory: bool) -> None:
    held_to_it(by_xlsxwriter(cells, constant_memory=constant_memory))


def test_what_is_read_in_the_reader_process_is_the_same() -> None:
    cells: Cells = [
        ["a", 1, 2.5, True, None],
        [datetime.fromisoformat("2026-03-01 09:00"), time(9, 30), timedelta(hours=30), date(2026, 3, 1), "x"],
    ]
    for content in (by_openpyxl(cells), by_xlsxwriter(cells, constant_memory=False)):
        grid = first_grid(content, "calls.xlsx")
        assert grid.cells == [
            cells[0],
            [*cells[1][:3], datetime.fromisoformat("2026-03-01"), "x"],
        ]
        assert [type(value) for value in grid.cells[0]] == [str, int, float, bool, type(None)]
        assert differences(content, grid) == []


def test_the_count_notices_a_cell_that_is_missing_or_another() -> None:
    content = by_openpyxl([["a", 1], [True, time(9)]])
    grid = grid_of(content)
    for row, column, value in ((0, 0, "b"), (0, 1, 2), (0, 1, None), (1, 0, False), (1, 1, time(10)), (1, 1, 0.375)):
        was, grid.cells[row][column] = grid.cells[row][column], value
        expected = [] if value == 0.375 else [(row + 1, column + 1)]  # the same time of day
        assert [text.split(":")[0] for text in differences(content, grid)] == [str(at) for at in expected]
        grid.cells[row][column] = was
