"""Which problems are one line on the terminal."""

from __future__ import annotations

from dataclasses import replace

from loader.model.fixes import Fix, Sure, perhaps
from loader.model.row import Problem
from loader.planning.problem_groups import grouped, in_one_line


def zone(row: int, seen: str, right: str) -> Problem:
    return Problem(row, 7, "Timezone", seen, "is not a time zone of the tz database", right)


def test_a_suggestion_stands_for_no_other_cell_than_those_it_is_right_for() -> None:
    new_york, kolkata = "perhaps 'America/New_York'", "perhaps 'Asia/Kolkata'"
    problems = [zone(2, "EDT", new_york), zone(3, "GMT+5:30", kolkata), zone(4, "ET", new_york)]
    assert [in_one_line(group) for group in grouped(problems)] == [
        f"2 rows: G2 Timezone: 'EDT' is not a time zone of the tz database; right: {new_york}; likewise G4",
        f"G3 Timezone: 'GMT+5:30' is not a time zone of the tz database; right: {kolkata}",
    ]


def test_what_a_cell_could_hold_instead_stands_behind_its_problem() -> None:
    [alone] = grouped([replace(zone(2, "IST", "perhaps"), fixes=perhaps("Asia/Kolkata", "Europe/Dublin"))])
    assert in_one_line(alone).endswith("[Use Asia/Kolkata, or use Europe/Dublin]")
    sure = (Fix("America/New_York", Sure.ZONE),)
    [alike] = grouped([replace(zone(row, "america new york", "perhaps"), fixes=sure) for row in (2, 3)])
    assert in_one_line(alike).endswith("; right: perhaps [Use America/New_York (sure)]; G2, G3")


def test_advice_that_differs_in_its_numbers_alone_is_one_line() -> None:
    sign = "without a sign between its digits"
    problems = [
        Problem(row, 16, "Retry", f"{n[0]},{n[1:]}", f"could be {n} or a number with a fraction", f"{n}, {sign}")
        for row, n in ((2, "1440"), (3, "1200"))
    ]
    assert len(grouped(problems)) == 1
