"""Writing the results workbook of a large run again, against openpyxl adding as many columns to the same sheet.

`results` reads and checks the sheet first, as `check` does; what it takes beyond that is the writing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.processes import HERE, LOADER, in_turns, served
from tests.benchmarks.sheets import write_sheet
from tests.benchmarks.test_sending import ROWS, run

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 3

_OPENPYXL = """
import sys
from openpyxl import load_workbook
book = load_workbook(sys.argv[1])
sheet = book.worksheets[0]
last = sheet.max_column
for number in range(1, sheet.max_row + 1):
    for column in range(last + 1, last + 9):
        sheet.cell(number, column, f"{number} {column}")
book.save("by-openpyxl.xlsx")
"""


@pytest.mark.benchmark
def test_writing_results_against_openpyxl(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", ROWS)
    with served([sys.executable, str(HERE / "canned_server.py")], cwd=tmp_path) as url:
        run(url, sheet, cwd=tmp_path / "ran")
    taken = in_turns(
        {
            "check": [*LOADER, "check", str(sheet)],
            "results": [*LOADER, "results", "2"],
            "openpyxl": [sys.executable, "-c", _OPENPYXL, str(sheet)],
        },
        cwd=tmp_path / "ran",
        rounds=ROUNDS,
    )
    print(f"\nwriting the results of {ROWS} rows, whole processes:")
    for name, each in taken.items():
        print(f"  {name:9} {each.seconds:5.2f} s  {each.peak_mb:4.0f} MB")
    ours, theirs = taken["results"], taken["openpyxl"]
    print(
        f"  results / openpyxl: {theirs.seconds / ours.seconds:.2f} in speed, {ours.peak_mb / theirs.peak_mb:.2f} in MB"
    )
