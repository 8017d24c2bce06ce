"""Results into the user's workbook, and into a new one, against openpyxl: wall time, and memory on top of reading.

openpyxl's own ways: the same cells without any look to a new workbook as it goes (write-only), and the user's workbook
loaded whole, eight columns added, saved.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.sheets import write_sheet

if TYPE_CHECKING:
    from pathlib import Path

WAYS = ("kept", "fresh", "openpyxl, write-only", "openpyxl, whole")


@pytest.mark.benchmark
@pytest.mark.parametrize(("rows", "rounds"), [(1_000, 5), (10_000, 3), (100_000, 1)])
def test_writing_results_against_openpyxl(rows: int, rounds: int, tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", rows)
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.writer", way, str(sheet)],
                capture_output=True,
                text=True,
                check=True,
            )
            taken[way].append(json.loads(done.stdout))
    print(f"\nwriting the results of {rows:,} rows, 31 columns:")
    seconds = {way: median(each["seconds"] for each in several) for way, several in taken.items()}
    for way, several in taken.items():
        grown = median(each["grown_mb"] for each in several)
        print(f"  {way:20} {seconds[way]:6.2f} s  {grown:5.0f} MB more  {seconds[way] / seconds['kept']:5.1f} x kept")
    assert seconds["kept"] < seconds["openpyxl, write-only"]
