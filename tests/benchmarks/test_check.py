"""Rows a second of `check` as a whole process, against a process that only calls bare `pandas.read_excel`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.processes import LOADER, in_turns
from tests.benchmarks.sheets import write_sheet

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = {1_000: 7, 10_000: 7, 100_000: 1}


@pytest.mark.benchmark
@pytest.mark.parametrize("rows", ROUNDS)
def test_check_against_a_bare_read_excel(tmp_path: Path, rows: int) -> None:
    sheet = str(write_sheet(tmp_path / "campaigns.xlsx", rows))
    bare = "import pandas; pandas.read_excel({!r}, engine={!r})"
    taken = in_turns(
        {
            "check": [*LOADER, "check", sheet],
            "pandas with openpyxl": [sys.executable, "-c", bare.format(sheet, "openpyxl")],
            "pandas with calamine": [sys.executable, "-c", bare.format(sheet, "calamine")],
        },
        cwd=tmp_path,
        rounds=ROUNDS[rows],
    )
    ours = taken["check"]
    print(f"\nchecking {rows} rows, whole processes:")
    for name, each in taken.items():
        print(
            f"  {name:21} {each.seconds:5.2f} s  {rows / each.seconds:6.0f} rows/s  {each.peak_mb:4.0f} MB"
            f"   check / it: {each.seconds / ours.seconds:.2f} in rows/s, {ours.peak_mb / each.peak_mb:.2f} in memory"
        )
