"""Results fed back in send exactly the rows that are open, whatever somebody did to them in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from loader.sandbox.fault_rules import rule
from tests.load_runs import creates, ends, held
from tests.office import Office
from tests.sheets import read_results, row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from tests.conftest import Load, MakeWorkbook, Serve

NAMES = ["Delta", "Alpha", "Charlie", "Bravo", "Echo"]


def edited(results: Path | None, then: Callable[[Worksheet], object], file: str = "") -> Path:
    """The results as somebody has worked on them, under another name if one is given."""
    assert results is not None
    book = load_workbook(results)
    then(book["Campaigns"])
    path = results.with_name(file) if file else results
    book.save(path)
    return path


def column(page: Worksheet, header: str) -> int:
    return [cell.value for cell in page[1]].index(header) + 1


def put(page: Worksheet, name: str, header: str, value: object) -> None:
    """Type something into the row of that name."""
    for line in range(2, page.max_row + 1):
        if page.cell(line, 1).value == name:
            page.cell(line, column(page, header)).value = value  # type: ignore[assignment]


def rows_in_order(page: Worksheet, key: Callable[[list[object]], str]) -> None:
    """Sort as a spreadsheet program does, values only."""
    rows = sorted(([cell.value for cell in line] for line in page.iter_rows(min_row=2)), key=key)  # type: ignore[arg-type]
    for number, values in enumerate(rows, 2):
        for place, value in enumerate(values, 1):
            page.cell(number, place).value = value


def told(results: Path | None) -> dict[str, tuple[str, str | None]]:
    return {it["Campaign name"]: (it["Status"], it["Campaign ID"]) for it in read_results(results)}


async def test_fix_and_upload_again_sends_the_corrected_rows_only(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="Bravo", times=1, action="refused"))
    faulty = [row("Delta"), row("Alpha", Max_attempts=0), row("Charlie", Timezone="Mars"), row("Bravo"), row("Echo")]
    first = await load(make_workbook(faulty), server.url)
    assert ends(first) == {
        "Delta": "Created",
        "Alpha": "Invalid",
        "Charlie": "Invalid",
        "Bravo": "Rejected",
        "Echo": "Created",
    }

    def fix(page: Worksheet) -> None:
        put(page, "Alpha", "Max attempts", 3)
        put(page, "Bravo", "Description", "Calls to members")

    second = await load(edited(first.results, fix), server.url)
    assert ends(second) == {**dict.fromkeys(["Delta", "Alpha", "Bravo", "Echo"], "Created"), "Charlie": "Invalid"}
    assert creates(server) == {"Delta": 1, "Echo": 1, "Bravo": 2, "Alpha": 1}
    third = await load(edited(second.results, lambda page: put(page, "Charlie", "Timezone", "UTC")), server.url)
    assert set(ends(third).values()) == {"Created"}
    assert creates(server) == {"Delta": 1, "Echo": 1, "Bravo": 2, "Alpha": 1, "Charlie": 1}
    assert held(server) == sorted(NAMES)
    ids = {campaign.name: campaign.id for campaign in server.campaigns}
    assert told(third.results) == {name: ("Created", ids[name]) for name in NAMES}


async def test_sorted_filtered_renamed_shortened_and_with_a_column_more_it_sends_the_open_rows_only(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    wrong = [row(name, Max_attempts=0 if name in ("Charlie", "Echo") else 3) for name in NAMES]
    first = await load(make_workbook(wrong), server.url)
    assert held(server) == ["Alpha", "Bravo", "Delta"]

    def work_on_it(page: Worksheet) -> None:
        rows_in_order(page, lambda values: str(values[0]))
        put(page, "Charlie", "Max attempts", 2)
        put(page, "Echo", "Max attempts", 4)
        last = page.max_column + 1
        page.cell(1, last).value = "Remark"
        page.cell(4, last).value = "seen by Ann"
        page.auto_filter.add_filter_column(0, ["Charlie"])
        for hidden in (2, 3):
            page.row_dimensions[hidden].hidden = True
        page.delete_rows(2)  # Alpha, which is created

    second = await load(edited(first.results, work_on_it, "for Tuesday.xlsx"), server.url)
    assert creates(server) == dict.fromkeys(NAMES, 1)
    assert held(server) == sorted(NAMES)
    assert list(told(second.results)) == ["Bravo", "Charlie", "Delta", "Echo"]
    assert {status for status, _ in told(second.results).values()} == {"Created"}
    assert [it["Remark"] for it in read_results(second.results)] == [None, "seen by Ann", None, None]
    assert second.results is not None
    assert second.results.name.startswith("for Tuesday-results-")


async def test_all_of_it_left_alone_sends_nothing(serve: Serve, load: Load, make_workbook: MakeWorkbook) -> None:
    server = await serve()
    first = await load(make_workbook(NAMES), server.url)
    assert first.results is not None
    again = await load(first.results, server.url)
    assert (again.exit_code, again.run.requests) == (0, 0)
    assert told(again.results) == told(first.results)
    assert creates(server) == dict.fromkeys(NAMES, 1)


@pytest.mark.office
async def test_saved_by_an_office_program_it_sends_the_open_rows_only(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve()
    office = Office(folder / "office")
    faulty = [row(name, Max_attempts=0 if name == "Bravo" else 3) for name in NAMES]
    first = await load(make_workbook(faulty), server.url)
    assert first.results is not None
    (saved,) = office.saved([first.results], folder / "saved")
    nothing = await load(saved, server.url)
    assert nothing.run.requests == 0
    assert ends(nothing) == ends(first)
    corrected = edited(saved, lambda page: put(page, "Bravo", "Max attempts", 3))
    (saved,) = office.saved([corrected], folder / "saved again")
    last = await load(saved, server.url)
    assert set(ends(last).values()) == {"Created"}
    assert creates(server) == dict.fromkeys(NAMES, 1)
    assert {status for status, _ in told(last.results).values()} == {"Created"}


async def test_attempts_of_the_sheets_own_stay_what_they_are_beside_those_that_were_made(
    serve: Serve, load: Load, folder: Path
) -> None:
    server = await serve()
    rows = [{"Attempts" if key == "Max attempts" else key: value for key, value in row(name).items()} for name in NAMES]
    first = await load(write_workbook(folder / "own.xlsx", rows), server.url)
    assert first.results is not None
    headers = list(read_results(first.results)[0])
    assert [it for it in headers if "Attempts" in it] == ["Attempts", "Attempts made"]
    again = await load(first.results, server.url)
    assert (again.exit_code, again.run.requests) == (0, 0)
    assert list(read_results(again.results)[0]) == headers
    assert [(it["Attempts"], it["Attempts made"]) for it in read_results(again.results)] == [(3, 1)] * len(NAMES)
    assert creates(server) == dict.fromkeys(NAMES, 1)
