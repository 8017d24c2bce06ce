from __future__ import annotations

import pytest

from loader.model.row import Problem, address


@pytest.mark.parametrize(
    ("row", "column", "named"),
    [
        (17, 6, "F17"),
        (1, 26, "Z1"),
        (1, 27, "AA1"),
        (1, 702, "ZZ1"),
        (1048576, 16384, "XFD1048576"),
        (17, None, "row 17"),
        (None, 6, "column F"),
        (None, None, ""),
    ],
)
def test_a_cell_is_called_what_the_spreadsheet_calls_it(row: int | None, column: int | None, named: str) -> None:
    assert address(row, column) == named


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            Problem(17, 4, "Priority", "9", "is above 5", "a whole number from 1 to 5"),
            "D17 Priority: '9' is above 5; right: a whole number from 1 to 5",
        ),
        (Problem(17, 4, "Priority", "", "is blank"), "D17 Priority is blank"),
        (Problem(17, None, "Queue", "", "is blank"), "row 17 Queue is blank"),
        (Problem(17, None, "", "", "is in the file twice"), "row 17 is in the file twice"),
        (Problem(None, None, "", "", "The sheet has a hidden row."), "The sheet has a hidden row."),
        (Problem(None, None, "", "x", "is odd"), "'x' is odd"),
    ],
)
def test_a_problem_is_one_sentence_with_place_value_fault_and_remedy(problem: Problem, sentence: str) -> None:
    assert problem.sentence() == sentence


def test_a_long_value_does_not_bury_what_is_wrong_with_it() -> None:
    problem = Problem(2, 2, "Description", "long " * 60, "is 300 characters long")
    assert problem.sentence() == (
        "B2 Description: 'long long long long long long long long long long long long…' is 300 characters long"
    )


def test_a_value_cannot_break_the_line_or_turn_the_reading_direction() -> None:
    problem = Problem(2, 1, "Name", "a\nb\u202ec\x1b[2J", "has '\u202e'")
    assert problem.sentence() == r"A2 Name: 'a b\u202ec\x1b[2J' has '\u202e'"
