"""A small workbook that asks for much work costs little more than a plain one, down to its results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from loader.errors import WorkbookError
from tests.workbook.formatted import results_from, rows_with_faults, write_formatted
from tests.workbook.heavy import KINDS, SIZES, heavy
from tests.workbook.results_made import seen_by_calamine

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 4.0  # of work, on top of twice a plain sheet's; time by the clock depends on what else the machine does
REFUSED = {"empty-rows", "sheets", "no-rows"}
OF_MANY_ROWS = {
    "errors",
    "problems",
    "wide",
    "same-names",
}  # as many as a large sheet has: measured against one of those


def work() -> float:
    return sum(os.times()[:4])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> float:
    folder = tmp_path_factory.mktemp("plain")
    begun = work()
    results_from(write_formatted(folder / "plain.xlsx", rows_with_faults()), folder)
    return work() - begun


def check(kind: str, size: int, folder: Path, plain: float) -> None:
    path = heavy(kind, size, folder)
    begun = work()
    try:
        results = results_from(path, folder)
    except WorkbookError:
        results = None
    assert work() - begun < SECONDS + 2 * plain
    assert (results is None) <= (kind in REFUSED)
    if results:
        assert [line[0] for line in seen_by_calamine(results)][1:3] == ["Recall", "Renewal"]


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - OF_MANY_ROWS))
def test_a_workbook_that_asks_for_much_gets_its_results_soon_or_is_refused_soon(
    kind: str, tmp_path: Path, plain: float
) -> None:
    check(kind, SIZES[1], tmp_path, plain)


@pytest.mark.long
@pytest.mark.parametrize("size", [SIZES[0], SIZES[2]])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - OF_MANY_ROWS))
def test_also_one_that_asks_for_ten_times_as_much(kind: str, size: int, tmp_path: Path, plain: float) -> None:
    check(kind, size, tmp_path, plain)
