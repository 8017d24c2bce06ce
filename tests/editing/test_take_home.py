"""The corrected workbook says what the page says: whoever checks it finds the same problems, word by word."""

from __future__ import annotations

import csv
import io
import random
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook

from loader.editing.history import History, Step
from loader.editing.sheet_edit import Book, Reading, view
from loader.editing.take_home import not_made, taken_home
from loader.planning.validate import validate
from loader.workbook.reader.read import best_separator, grids_from, read_workbook
from loader.workbook.reader.reader_process import ReaderProcess
from tests.editing.test_recheck import TEXTS
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 12
FORMULA = (5, 4)


def xlsx(rows: Sequence[dict[str, object]]) -> bytes:
    book = Workbook()
    page = book.worksheets[0]
    page.title = "Campaigns"
    page.append(["April"])
    page.append([*rows[0]])
    for one in rows:
        page.append([*one.values()])
    page.cell(*FORMULA, "=1+1")
    page["D6"].number_format = "0%"
    page["G4"].comment = None
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text(rows: Sequence[dict[str, object]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";")
    writer.writerow(["April", *[""] * (len(rows[0]) - 1)])
    writer.writerow([*rows[0]])
    writer.writerows([*one.values()] for one in rows)
    return file.getvalue().encode("utf-8-sig")


def opened(content: bytes, file: str) -> Book:
    with ReaderProcess() as reader:
        reader.hand_in(content, file)
        return Book(file, grids_from(reader))


@pytest.mark.parametrize(
    ("file", "edits"),
    [
        ("april.xlsx", 40),
        ("april.csv", 40),
        pytest.param("april.xlsx", 200, marks=pytest.mark.slow),
        pytest.param("april.csv", 200, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5))])
def test_after_any_edits_check_says_of_the_corrected_workbook_what_the_page_says(
    file: str, edits: int, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    rows = [row(f"Row {number // 2}", Owner="Kim; Ada", Priority=number % 7) for number in range(ROWS)]
    content = xlsx(rows) if file.endswith("xlsx") else text(rows)
    book, history, reading = opened(content, file), History(), Reading()
    [grid] = book.grids
    places = [(line, column) for line in range(3, ROWS + 3) for column in range(1, len(rows[0]) + 1)]
    places.remove(FORMULA)  # which stays, and is named
    for _ in range(edits):
        cell = chance.choice(places)
        history = history.with_step(Step(by="you", at="", title=grid.title, cells={cell: chance.choice(TEXTS)}))
    shown = view(book, grid.title, history, reading)
    made = taken_home(content, book, history)
    assert not_made(made, several=False) == []
    anew = validate(read_workbook(made.content, file))
    assert shown.checks is not None
    assert [it.sentence() for it in shown.checks.checked.problems] == [it.sentence() for it in anew.problems]
    assert len(shown.checks.checked.ready) == len(anew.ready)


def test_cells_of_several_sheets_come_home_and_nothing_else_has_changed() -> None:
    book = Workbook()
    for title in ("EMEA", "APAC"):
        page = book.create_sheet(title)
        page.append([*row("")])
        page.append([*row(title).values()])
    del book["Sheet"]
    file = io.BytesIO()
    book.save(file)
    workbook, history = opened(file.getvalue(), "regions.xlsx"), History()
    for title in ("EMEA", "APAC"):
        history = history.with_step(Step(by="you", at="", title=title, cells={(2, 4): f"{len(title)}"}))
    home = load_workbook(io.BytesIO(taken_home(file.getvalue(), workbook, history).content))
    for title in ("EMEA", "APAC"):
        values = [cell.value for cell in home[title][2]]
        assert values == [*row(title, Priority="4").values()]


def test_a_workbook_that_nobody_has_changed_comes_home_byte_by_byte() -> None:
    content = text([row("A")])
    assert taken_home(content, opened(content, "april.csv"), History()).content == content


def test_a_text_without_a_known_header_is_read_by_the_separator_that_makes_most_of_it() -> None:
    content = b"Eins|Zwei, und|Drei\r\n1|2, 3|4\r\n"
    with ReaderProcess() as reader:
        reader.hand_in(content, "fremd.csv")
        separator = best_separator(reader)
    with ReaderProcess() as reader:
        reader.hand_in(content, "fremd.csv")
        [grid] = grids_from(reader, separator=separator)
    assert grid.cells == [["Eins", "Zwei, und", "Drei"], ["1", "2, 3", "4"]]
