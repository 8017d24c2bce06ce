"""A sheet after edits is what the whole check would say of it: one row checked again never says anything else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from loader.editing.history import History, Step, history_from
from loader.editing.sheet_edit import Book, Reading, View, view
from loader.planning.validate import validate
from loader.workbook.mapping import renaming_of
from loader.workbook.reader.losses import Grid, Losses
from loader.workbook.reader.number_formats import Shown
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = [
    *("", "A", "a ", "B", "9", "3", "high", "9-5", "9:00 AM - 5:00 PM", "America/New_York", "america new-york", "EST"),
    *("Preview", "Agentless", "x" * 49, "renewals-north; renewals-north", "+15101234567", "5101234567", "Total", "SMS"),
]


def book(count: int) -> Book:
    """A sheet with everything that a reader notes beside its cells."""
    good = {**row("A"), "Retry": 60, "Channel": "voice", "Owner": "Kim"}
    headers = [it for it in good if it != "Retry period (minutes)"]
    cells: list[list[object]] = [["A title", *[None] * (len(headers) - 1)], [*headers]]
    named = [{**good, "Campaign name": f"Row {number // 2}"} for number in range(count)]
    cells += [[one.get(it) for it in headers] for one in named]
    cells.append(["Total", *[None] * (len(headers) - 1)])
    losses = Losses(
        errors={(4, 4): "#REF!"}, unsaved={(5, 2): "=B4"}, odd={(6, 3)}, doubled={(7, 5)}, merged=[((8, 7), (9, 7))],
        shown={(10, 4): Shown.PERCENTAGE}, hidden_rows=[6],
    )  # fmt: skip
    return Book("a.xlsx", [Grid("Campaigns", cells, losses)])


def step(chance: random.Random, rows: Sequence[int], columns: int) -> Step:
    cells = {
        (chance.choice(rows), chance.randrange(columns) + 1): chance.choice(TEXTS)
        for _ in range(chance.randrange(1, 5))
    }
    left_out = {chance.choice(rows): chance.random() < 0.7} if chance.random() < 0.3 else {}
    return Step(by="you", at="2026-04-01", title="Campaigns", cells=cells, left_out=left_out)


def problems(shown: View) -> object:
    assert shown.checks is not None
    return shown.checks.checked


@pytest.mark.parametrize("seed", range(6))
def test_after_any_edits_undone_or_not_the_rows_are_what_a_whole_check_says(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    workbook, history = book(14), History()
    reading = Reading(renaming=renaming_of({"values": {"Priority": {"high": "5"}}}) if seed % 2 else Reading().renaming)
    shown = view(workbook, "Campaigns", history, reading)
    for _ in range(40):
        move = chance.random()
        history = history.undone() if move < 0.2 else history.redone() if move < 0.3 else history.with_step(
            step(chance, range(3, 18), len(workbook.grids[0].cells[1]))
        )  # fmt: skip
        shown = view(workbook, "Campaigns", history, reading, shown)
        anew = view(workbook, "Campaigns", history, reading)
        assert problems(shown) == problems(anew)
        assert anew.checks is not None
        assert problems(anew) == validate(anew.checks.sheet)


def test_only_the_edited_row_and_those_that_share_a_name_with_it_are_checked_again() -> None:
    workbook, history, reading = book(400), History(), Reading()
    shown = view(workbook, "Campaigns", history, reading)
    edit = Step(by="you", at="", title="Campaigns", cells={(100, 1): "Row 7"})
    shown = view(workbook, "Campaigns", history.with_step(edit), reading, shown)
    assert sorted(shown.changed) == [17, 18, 99, 100]


def test_with_more_problems_than_are_listed_the_check_is_that_of_the_whole_sheet() -> None:
    workbook, history, reading = book(2_000), History(), Reading()
    wrong = {(row, column): "?" for row in range(3, 2_000) for column in (4, 7, 8)}
    history = history.with_step(Step(by="you", at="", title="Campaigns", cells=wrong))
    before = view(workbook, "Campaigns", history, reading)
    history = history.with_step(Step(by="you", at="", title="Campaigns", cells={(3, 4): "3"}))
    shown = view(workbook, "Campaigns", history, reading, before)
    assert problems(shown) == problems(view(workbook, "Campaigns", history, reading))


def test_the_workbook_as_it_was_handed_in_is_never_changed() -> None:
    workbook, history, reading = book(4), History(), Reading()
    before = [list(cells) for cells in workbook.grids[0].cells]
    view(workbook, "Campaigns", history.with_step(step(random.Random(1), range(3, 7), 5)), reading)  # noqa: S311
    assert workbook.grids[0].cells == before


def test_a_history_that_is_kept_and_read_again_is_the_same() -> None:
    chance, history = random.Random(3), History()  # noqa: S311
    for _ in range(10):
        history = history.with_step(step(chance, range(3, 9), 5))
    history = history.undone().undone()
    mapping = Step(by="you", at="", title="Campaigns", header_row=2, mapping={"ignore": ["Owner"]})
    for one in (history, history.with_step(mapping)):
        again = history_from(one.plain)
        assert again == one
        assert (again.mapping, again.title) == (one.mapping, one.title)
        assert again.changed_since(one.revision - 1, "Campaigns", one.steps[0].cells) == list(one.steps[0].cells)
