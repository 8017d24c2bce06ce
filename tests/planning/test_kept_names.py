"""A row is warned of where the server may have its campaign under another name, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loader.api.listing import Listing, by_key
from loader.api.messages import Listed
from loader.model.row import Severity
from loader.planning.kept_names import alike_when_kept
from tests.candidates import candidate
from tests.planning.test_reconcile import SHOWN
from tests.sheets import row

if TYPE_CHECKING:
    from tests.conftest import Load, MakeWorkbook, Serve

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
LONG = "Dental recall for the north of town"  # 30 characters: "Dental recall for the north of"
MATCH = "the name as the server has it, if this is that campaign"


def showing(*names: str) -> Listing:
    return Listing(by_key(Listed(f"cd-{at}", name, "Ready", NOON, SHOWN) for at, name in enumerate(names, 1)), NOON)


def warned(name: str, *there: str) -> list[str]:
    found = list(alike_when_kept([candidate(2, name)], showing(*there)))
    assert all((it.row, it.field, it.severity) == (2, "name", Severity.WARNING) for it in found)
    return [it.wrong for it in found]


@pytest.mark.parametrize(
    ("name", "kept", "how"),
    [
        ("R&D Recall North", "R&amp;D Recall North", "HTML-escaped"),
        ("R&amp;D Recall North", "R&D Recall North", "HTML-unescaped"),
        (LONG, "Dental recall for the north of", "cut to 30 characters"),
        ("Spring \N{PARTY POPPER} sale", "Spring  sale", "without what is not ASCII"),
        ("Spring sale \N{PARTY POPPER}", "spring sale", "without what is not ASCII"),
        ("Söhne", "S?hne", "with ? for what is not ASCII"),
    ],
)
def test_a_name_that_the_server_may_have_kept_otherwise_is_warned_of(name: str, kept: str, how: str) -> None:
    assert warned(name, "Other", kept) == [f"is, {how}, the name of campaign cd-2 '{kept}'"]


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("R&D Recall", "R&D Recall"),  # told as what it is: there already
        ("R&D Recall", "r&d  RECALL "),
        ("R&D Recall", "R+D Recall"),
        ("R&D Recall", "R&D Recalls"),
        (LONG, "Dental recall for the north"),
        (LONG, f"{LONG} 2"),
        ("Söhne", "Sohne"),
        ("Söhne", "S??hne"),
        ("\N{PARTY POPPER}", ""),
    ],
)
def test_other_names_that_resemble_one_are_not(name: str, there: str) -> None:
    assert warned(name, there) == []


def test_two_rows_that_would_be_one_name_there_are_reported_by_their_numbers() -> None:
    rows = [candidate(2, "R&D"), candidate(3, "R&amp;D"), candidate(4, "Other")]
    found = {it.row: it.wrong for it in alike_when_kept(rows, None)}
    assert found == {2: "is, HTML-escaped, the name of row 3", 3: "is, HTML-unescaped, the name of row 2"}


async def test_it_stands_at_the_name_and_keeps_no_row_from_being_sent(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    await load(make_workbook([row("R&amp;D Recall")]), server.url, journal="sqlite:///output/other.db")
    report = await load(make_workbook(["R&D Recall"]), server.url)
    [problem] = report.problems
    there = server.campaigns[0].id
    assert problem.sentence() == (
        f"A2 Campaign name: 'R&D Recall' is, HTML-escaped, the name of campaign {there} 'R&amp;D Recall'; "
        f"right: {MATCH}"
    )
    assert report.exit_code == 0
