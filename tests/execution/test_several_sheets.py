"""Several sheets of one workbook in one run: a row is known by its sheet and its number, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from loader.sandbox.fault_rules import rule
from loader.workbook.ooxml.unfit import Ending
from tests.load_runs import creates, held
from tests.sheets import read_results, row
from tests.workbook.reader.test_tables import several

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main

    ServeAside = Callable[..., Sandbox]


@pytest.fixture
def regions(folder: Path) -> Path:
    """Row 2 is filled in all three sheets, and one row of EMEA is wrong."""
    wrong = row("Bad", Priority=9)
    return several(
        folder / "calls.xlsx", {"APAC": [row("A"), row("B")], "EMEA": [row("C"), wrong], "LATAM": [row("D")]}
    )


def ends(rows: list[dict[str, Any]]) -> list[tuple[str | None, int, str, str]]:
    return [(it["sheet"], it["row"], it["name"], it["status"]) for it in rows]


WHOLE = [
    ("APAC", 2, "A", "Created"),
    ("APAC", 3, "B", "Created"),
    ("EMEA", 2, "C", "Created"),
    ("EMEA", 3, "Bad", "Invalid"),
    ("LATAM", 2, "D", "Created"),
]


def test_all_sheets_are_one_run_whose_rows_are_distinguished_by_their_sheet(
    serve_aside: ServeAside, main: Main, regions: Path
) -> None:
    server = serve_aside()
    refused = main("run", "--yes", regions.name, host=server.url)
    assert (refused.code, creates(server)) == (3, {})
    assert "'APAC' (2 rows), 'EMEA' (2 rows), 'LATAM' (1 row)" in refused.err
    done = main("run", "--yes", regions.name, "--all-sheets", "--json", host=server.url)
    assert (done.code, done.json["counts"]) == (3, {"Created": 4, "Invalid": 1})
    assert held(server) == ["A", "B", "C", "D"]
    assert ends(main("show", done.json["run"], "--json", host=server.url).json["rows"]) == WHOLE
    shown = main("show", done.json["run"], host=server.url).out
    assert any(line.split()[:3] == ["EMEA", "3", "Bad"] for line in shown.splitlines())
    again = main("run", "--yes", regions.name, "--all-sheets", host=server.url)
    assert "row 3 of 'EMEA' Bad: Invalid - EMEA!D3 Priority: '9' is above 5" in again.out
    assert held(server) == ["A", "B", "C", "D"]


def test_every_sheet_gets_its_results_and_the_results_can_be_loaded_again(
    serve_aside: ServeAside, main: Main, regions: Path, folder: Path
) -> None:
    server = serve_aside()
    results = folder / main("run", "--yes", regions.name, "--all-sheets", "--json", host=server.url).json["results"]
    for title, expected in {"APAC": ["Created"] * 2, "EMEA": ["Created", "Invalid"], "LATAM": ["Created"]}.items():
        assert [it["Status"] for it in read_results(results, title)] == expected
    book = load_workbook(results)
    assert book.sheetnames == ["APAC", "EMEA", "LATAM", "Problems", "Summary"]
    assert [[cell.value for cell in line[:3]] for line in book["Problems"].iter_rows(min_row=2)][-1] == [
        "EMEA",
        "D3",
        "Priority",
    ]
    assert book["EMEA"]["D3"].comment is not None
    assert book["APAC"]["D3"].comment is None
    summary = [[cell.value for cell in line[:3]] for line in book["Summary"].iter_rows()]
    assert ["EMEA", 2, "1 created, 1 invalid"] in summary
    assert ["Sheets", "APAC, EMEA, LATAM", None] in summary
    fed_back = main("run", "--yes", results, "--all-sheets", "--json", host=server.url)
    assert (fed_back.code, fed_back.json["counts"]) == (3, {"Created": 4, "Invalid": 1})
    assert held(server) == ["A", "B", "C", "D"]


def test_sheets_are_named_one_by_one_in_any_case(serve_aside: ServeAside, main: Main, regions: Path) -> None:
    server = serve_aside()
    done = main("run", "--yes", regions.name, "--sheet", "latam", "--sheet", "Apac", "--json", host=server.url)
    assert done.json["counts"] == {"Created": 3}
    assert held(server) == ["A", "B", "D"]
    both = main("check", regions.name, "--sheet", "APAC", "--all-sheets")
    assert (both.code, "give one of the two" in both.err) == (2, True)


def test_a_name_stands_in_one_row_of_all_sheets(main: Main, folder: Path) -> None:
    several(folder / "calls.xlsx", {"US": [row("A")], "EU": [row("B"), row("a ")]})
    done = main("check", "calls.xlsx", "--all-sheets", "--json")
    assert (done.code, done.json["valid"], done.json["invalid"]) == (3, 2, 1)
    [problem] = [it for it in done.json["problems"] if it["severity"] == "error"]
    assert (problem["sheet"], problem["cell"]) == ("EU", "A3")
    assert problem["wrong"] == "is the name in row 2 of 'US', too"
    assert done.json["sheets"] == ["US", "EU"]
    assert "error EU!A3 Campaign name" in main("check", "calls.xlsx", "--all-sheets").out


def test_a_run_of_several_sheets_is_resumed_from_the_journal_and_undone(
    serve_aside: ServeAside, main: Main, regions: Path
) -> None:
    server = serve_aside(prepare_seconds=0)
    first = main("run", "--yes", regions.name, "--all-sheets", "--limit", "3", "--json", host=server.url)
    assert first.json["counts"] == {"Created": 3, "Invalid": 1, "Not sent": 1}
    regions.unlink()
    second = main("resume", "--yes", "--json", host=server.url)
    assert second.json["run"] == first.json["run"]
    assert ends(main("show", second.json["run"], "--json", host=server.url).json["rows"]) == WHOLE
    undone = main("undo", first.json["run"], "--yes", "--json", host=server.url).json["rows"]
    assert [(it["sheet"], it["row"], it["status"]) for it in undone] == [
        (sheet, number, "deleted") for sheet, number, _, status in WHOLE if status == "Created"
    ]
    assert held(server) == []


def test_plan_and_what_the_server_says_name_the_sheet(serve_aside: ServeAside, main: Main, regions: Path) -> None:
    server = serve_aside(rule(operation="create", name="C", action="refused"))
    planned = main("plan", regions.name, "--all-sheets", "--json", host=server.url).json
    assert [(it["sheet"], it["row"], it["verdict"]) for it in planned["rows"]][2:4] == [
        ("EMEA", 2, "create"),
        ("EMEA", 3, "invalid"),
    ]
    assert planned["sheets"] == ["APAC", "EMEA", "LATAM"]
    done = main("run", "--yes", regions.name, "--all-sheets", host=server.url)
    assert "  row 2 of 'EMEA' C: Rejected" in done.out


def test_results_of_several_sheets_that_cannot_be_kept_are_a_new_workbook_with_all_of_them(
    serve_aside: ServeAside, main: Main, regions: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loader.workbook.writer.results.write_in_place", lambda *_: Ending.DAMAGE)
    server = serve_aside()
    results = folder / main("run", "--yes", regions.name, "--all-sheets", "--json", host=server.url).json["results"]
    assert load_workbook(results).sheetnames == ["APAC", "EMEA", "LATAM", "Problems", "Summary"]
    assert [it["Status"] for it in read_results(results, "EMEA")] == ["Created", "Invalid"]
