"""Writing the results workbook of a large run, against saving the same sheet with openpyxl."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook

from loader.row import Outcome, Status
from loader.validate import validate
from loader.workbook.read import read_sheet
from loader.workbook.results import write_results
from loader.workbook.summary import Summary
from tests.benchmarks.sheets import write_sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 10_000
ROUNDS = 3


@pytest.mark.benchmark
def test_writing_results_against_saving_the_sheet(tmp_path: Path) -> None:
    sheet = read_sheet(write_sheet(tmp_path / "campaigns.xlsx", ROWS))
    checked = validate(sheet)
    now = datetime.now(UTC)
    outcomes = [
        Outcome(
            one.row, one.campaign.name, Status.CREATED, "", "cd-1", "Preparing", 200, 1, now, "20260401-101500-a1b2"
        )
        for one in checked.ready
    ]
    summary = Summary(
        run="20260401-101500-a1b2",
        user="somebody",
        account="an account",
        host="https://platform.kore.ai",
        started_at=now,
        ended_at=now,
        campaigns=[one.campaign for one in checked.ready],
    )
    results = tmp_path / "results.xlsx"

    def ours() -> None:
        results.unlink(missing_ok=True)
        write_results(results, sheet, outcomes, checked.problems, summary)

    def bare() -> None:
        book = Workbook(write_only=True)
        page = book.create_sheet()
        for cells in sheet.cells:
            page.append(list(cells))
        book.save(tmp_path / "bare.xlsx")

    took, least = median_of(ours), median_of(bare)
    assert load_workbook(results, read_only=True).sheetnames
    print(f"\nwriting the results of {ROWS} rows: {took:.1f} s, {ROWS / took:.0f} rows/s")
    print(f"  openpyxl, write-only, the sheet alone: {least:.1f} s; {least / took:.2f} of its speed")


def median_of(work: Callable[[], None]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return median(taken)
