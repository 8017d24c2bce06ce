"""What is sure is corrected, and nothing else: proved by checking what came of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from loader.editing.sure_fixes import Fixed, fixed
from loader.errors import WorkbookError
from loader.execution.read_request import checking
from loader.model.fixes import Sure
from loader.model.sheet_choice import ONLY_ONE, SheetChoice
from loader.planning.checked import Checked
from loader.planning.validate import MOST_PROBLEMS
from loader.workbook.mapping import NOTHING_RENAMED, Renaming, ignoring, renaming_of
from loader.workbook.reader.read import ReadOptions
from loader.workbook.reader.reader_process import ReaderProcess
from tests.sheets import row
from tests.workbook.raw import parts, sheet_xml, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.row import Problem, Sheet
    from tests.sheets import Row

HEADERS = list(row("A"))
READ_SO: dict[str, list[object]] = {
    "Description": [" Renewals ", "a\u00a0b", 2026],
    "Timezone": ["asia/kolkata", "India Standard Time"],
    "Monday": ["9-5", "9-12; 1-5", "24/7", "9-17"],
    "Max attempts": ["3 times", "3.0"],
    "Retry period (minutes)": ["1 hour", "30 min"],
    "Max ring time (seconds)": ["30s"],
    "Dialing mode": ["Agentless mode"],
}
ZONES = ["america new york", "Europe\\Berlin", "asia-kolkata"]
NOT_SURE: dict[str, list[object]] = {
    "Timezone": ["Boston", "IST", "EST", "GMT+5:30"],
    "Monday": ["1-5", "10 PM - 2 AM", "9:00 AM - 12:00 AM", "x"],
    "Priority": ["high", 9],
    "Caller ID": ["15101234567", "+1 (510) 123-4567", "5101234567"],
    "Contact lists": ["north, west"],
    "Dialing mode": ["IVR"],
    "Max attempts": ["1,440", None],
}
FILES = ("calls.xlsx", "calls.xlsm", "utf-8.csv", "utf-16.txt", "cp1252.csv")


def written(rows: Sequence[Row], file: str, then: Callable[[Worksheet], object] = lambda _: None) -> bytes:
    headers = list(dict.fromkeys(header for one in rows for header in one))
    lines: list[list[object]] = [[*headers], *([one.get(header) for header in headers] for one in rows)]
    if "xls" in file:
        book, made = Workbook(), io.BytesIO()
        page = book.worksheets[0]
        for line in lines:
            page.append(line)
        then(page)
        book.save(made)
        return made.getvalue()
    typed = [['"' + str("" if it is None else it).replace('"', '""') + '"' for it in line] for line in lines]
    return "".join(";".join(line) + "\r\n" for line in typed).encode(file.partition(".")[0])


def reading(
    file: str,
    renaming: Renaming = NOTHING_RENAMED,
    choice: SheetChoice = ONLY_ONE,
    defaults: Mapping[str, str] | None = None,
) -> Callable[[bytes], tuple[Sequence[Sheet], Checked]]:
    options = ReadOptions(None, defaults or {}, renaming=renaming, encoding="cp1252")
    return checking(file, options, choice, api_version="v1", open_reader=ReaderProcess)


def fix(content: bytes, file: str = "calls.xlsx", renaming: Renaming = NOTHING_RENAMED) -> Fixed:
    return fixed(content, reading(file, renaming), encoding="cp1252")


def said(problems: Sequence[Problem]) -> set[tuple[str, str]]:
    return {(it.cell, it.wrong) for it in problems if it.row is not None}


def changed(done: Fixed) -> dict[str, tuple[str, str]]:
    return {it.problem.cell: (it.before, it.edit.text) for it in done.made}


_CELLS = st.sampled_from(
    [(header, value) for of in (READ_SO, NOT_SURE) for header, values in of.items() for value in values]
    + [("Timezone", zone) for zone in ZONES]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.sampled_from(FILES), rows=st.lists(st.lists(_CELLS, max_size=4), min_size=1, max_size=4))
def test_after_a_correction_its_problem_is_gone_no_other_has_come_and_all_else_is_as_it_was(
    file: str, rows: list[list[tuple[str, object]]]
) -> None:
    content = written([row(f"Campaign {at}") | dict(cells) for at, cells in enumerate(rows)], file)
    sheets, before = reading(file)(content)
    done = fix(content, file)
    assert done.left == []
    sure = {(it.cell, it.wrong) for it in before.problems if any(fix.sure for fix in it.fixes)}
    if done.content is None:
        assert not sure
        return
    again, after = reading(file)(done.content)
    assert said(after.problems) == said(before.problems) - sure
    places = {(it.edit.row, it.edit.column): it.edit.text for it in done.made}
    for number, (of_old, of_new) in enumerate(zip(sheets[0].cells, again[0].cells, strict=True), start=1):
        for column, (old, new) in enumerate(zip(of_old, of_new, strict=True), start=1):
            assert new == places.get((number, column), old)
            assert type(new) is type(old) or (number, column) in places
    campaigns = {ready.row: ready.campaign for ready in after.ready}
    assert {ready.row: ready.campaign for ready in before.ready}.items() <= campaigns.items()
    assert fix(done.content, file).content is None


@pytest.mark.parametrize(("header", "value"), [(header, it) for header, values in READ_SO.items() for it in values])
def test_what_is_read_so_anyway_is_written_so(header: str, value: object) -> None:
    done = fix(written([row("A") | {header: value}], "calls.xlsx"))
    [change] = done.made
    assert change.fix.why is Sure.READ_SO
    assert said(done.checked.problems) == set()


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_in_another_spelling_of_itself_makes_its_row_valid(zone: str) -> None:
    content = written([row("A", Timezone=zone), row("B", Timezone="Boston")], "calls.xlsx")
    done = fix(content)
    assert [it.fix.why for it in done.made] == [Sure.ZONE]
    assert ([it.row for it in done.checked.ready], [*done.checked.invalid]) == ([2], [("", 3)])


def test_another_known_name_of_a_column_becomes_its_name() -> None:
    rows = [{("Retry" if key.startswith("Retry") else key): it for key, it in row("A").items()}]
    done = fix(written(rows, "utf-8.csv"), "utf-8.csv")
    assert [(it.fix.why, it.edit.text) for it in done.made] == [(Sure.ALIAS, "Retry period (minutes)")]
    assert done.content is not None
    assert b"Retry period (minutes)" in done.content
    assert said(done.checked.problems) == set()


@pytest.mark.parametrize(("header", "value"), [(header, it) for header, values in NOT_SURE.items() for it in values])
def test_what_a_person_has_to_say_is_never_corrected(header: str, value: object) -> None:
    done = fix(written([row("A") | {header: value}], "calls.xlsx"))
    assert (done.content, done.made, done.left) == (None, (), [])


def test_two_columns_never_get_one_name() -> None:
    renamed = [{("Retry" if key.startswith("Retry") else key): it for key, it in row("A").items()}]
    content = written([one | {"Retry period (minutes)": 5} for one in renamed], "calls.xlsx")
    done = fix(content, renaming=ignoring(NOTHING_RENAMED, ["Retry period (minutes)"]))
    assert done.content is None
    assert [it.why_not for it in done.left] == ["would have the name of another column"]


def test_a_name_that_is_ignored_on_purpose_is_given_up_when_the_sheet_cannot_be_read_with_it() -> None:
    rows = [{("Retry" if key.startswith("Retry") else key): it for key, it in row("A", Monday="9-5").items()}]
    done = fix(written(rows, "calls.xlsx"), renaming=ignoring(NOTHING_RENAMED, ["Retry period (minutes)"]))
    assert [it.edit.text for it in done.made] == ["9:00 AM - 5:00 PM"]
    assert [it.why_not for it in done.left] == ["is not corrected: more than this problem would change"]


def test_a_value_of_a_mapping_is_not_written_into_the_cell() -> None:
    mapping = renaming_of({"values": {"Timezone": {"Bombay": "asia/kolkata"}}, "constants": {"Priority": "3.0"}})
    rows = [{key: it for key, it in row("A", Timezone="Bombay").items() if key != "Priority"}]
    assert fix(written(rows, "calls.xlsx"), renaming=mapping).content is None


def test_a_cell_with_a_formula_is_left_and_it_is_said_why() -> None:
    cells = row("A", Timezone="asia/kolkata")
    lines: list[list[object]] = [[*cells], [*cells.values()]]
    xml = "".join(
        f'<row r="{number}">' + "".join(_xml(number, at, it) for at, it in enumerate(line, start=1)) + "</row>"
        for number, line in enumerate(lines, start=1)
    )
    done = fix(zipped(parts(sheet_xml(xml))))
    assert done.content is None
    assert [it.why_not for it in done.left] == ["holds a formula"]


def _xml(row_number: int, column: int, value: object) -> str:
    formula = "<f>LOWER(Z1)</f>" if value == "asia/kolkata" else ""
    return f'<c r="{chr(64 + column)}{row_number}" t="str">{formula}<v>{value}</v></c>'


def test_a_correction_that_would_make_more_of_its_row_is_given_up() -> None:
    """The end is read as it stands beside a time cell; beside a text it would be read together with that."""
    rows = [
        {key: it for key, it in row(name).items() if key != "Monday"} | {"Monday start": start, "Monday end": "06:00"}
        for name, start in (("A", 0.375), ("B", "12:00 AM"))
    ]
    content = written(rows, "calls.xlsx")
    sheets, before = reading("calls.xlsx")(content)
    assert any(fix.sure for it in before.problems for fix in it.fixes)
    done = fix(content)
    assert done.content is None
    assert [it.why_not for it in done.left] == ["is not corrected: more than this problem would change"]
    assert (done.sheets[0].cells, said(done.checked.problems)) == (sheets[0].cells, said(before.problems))


def test_each_of_several_sheets_is_corrected() -> None:
    book, made = Workbook(), io.BytesIO()
    for title, name in (("US", "A"), ("EU", "B")):
        page = book.create_sheet(title)
        page.append(HEADERS)
        page.append(list(row(name, Monday="9-5").values()))
    book.save(made)
    read = reading("calls.xlsx", choice=SheetChoice(every=True))
    done = fixed(made.getvalue(), read)
    assert {it.problem.place: it.edit.text for it in done.made} == dict.fromkeys(
        ("US!H2", "EU!H2"), "9:00 AM - 5:00 PM"
    )
    assert done.content is not None
    assert said(read(done.content)[1].problems) == set()


def test_all_corrections_are_made_of_a_sheet_with_more_problems_than_are_listed() -> None:
    wrong = {"Timezone": "asia/kolkata", "Description": " Renewals ", "Max attempts": "3 times"}
    content = written([row(str(at)) | wrong for at in range(MOST_PROBLEMS // 3 + 9)], "utf-8.csv")
    done = fix(content, "utf-8.csv")
    assert len(done.made) == 3 * (MOST_PROBLEMS // 3 + 9)
    assert done.checked.problems == []


def test_what_cannot_be_read_again_is_not_written() -> None:
    content = written([row("A", Timezone="asia/kolkata")], "utf-8.csv")
    read = reading("utf-8.csv")

    def once(given_content: bytes) -> tuple[Sequence[Sheet], Checked]:
        if given_content != content:
            raise WorkbookError("nobody can read that")
        return read(given_content)

    done = fixed(content, once)
    assert done.content is None
    assert [it.why_not for it in done.left] == ["is not corrected: more than this problem would change"]


def test_a_row_that_another_reading_makes_of_the_cells_is_given_up() -> None:
    content = written([row("A", Timezone="asia/kolkata"), row("B", Monday="9-5")], "utf-8.csv")
    read = reading("utf-8.csv")

    def without_the_first(given_content: bytes) -> tuple[Sequence[Sheet], Checked]:
        sheets, checked = read(given_content)
        if b"Asia/Kolkata" in given_content:
            return sheets, Checked(checked.ready[1:], checked.invalid, checked.problems)
        return sheets, checked

    done = fixed(content, without_the_first)
    assert [it.edit.text for it in done.made] == ["9:00 AM - 5:00 PM"]
    assert [it.edit.text for it in done.left] == ["Asia/Kolkata"]
