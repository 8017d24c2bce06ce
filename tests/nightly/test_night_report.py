"""What stands for a whole night."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loader.nightly.night_report import FileReport, Night, first_in_table
from tests.docs.pages import PAGES, coded, rows, section


@pytest.mark.parametrize(
    ("codes", "all_together"),
    [([], 0), ([0, 0], 0), ([0, 2], 2), ([2, 3], 3), ([3, 4], 4), ([4, 7], 7), ([7, 6], 6), ([6, 5], 5), ([5, 70], 70)],
)
def test_the_code_of_several_is_the_one_that_stands_first_in_the_table(codes: list[int], all_together: int) -> None:
    assert first_in_table(codes) == first_in_table(codes[::-1]) == all_together


def test_that_table_is_the_one_of_the_readme() -> None:
    table = [int(coded(code)[0]) for code, _ in rows(section(PAGES["commands"], "## Exit codes"))]
    for place, code in enumerate(table):
        assert first_in_table(table[place:]) == code


def test_rows_are_counted_over_all_workbooks() -> None:
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    files = [
        FileReport(Path("a.xlsx"), counts={"Created": 2, "Invalid": 1}),
        FileReport(Path("b.xlsx"), counts={"Created": 3}),
        FileReport(Path("c.xlsx"), error="cannot be read"),
    ]
    assert Night(noon, noon, 3, files).counts == {"Created": 5, "Invalid": 1}
