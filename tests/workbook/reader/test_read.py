from __future__ import annotations

from datetime import datetime, time, timedelta
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.cell_range import CellRange

from loader.errors import HeadersError, SettingsError, WorkbookError
from loader.model.row import Problem, Severity
from loader.planning.checked import invalid_rows
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED
from loader.workbook.reader import reader_process
from loader.workbook.reader.losses import Grid
from loader.workbook.reader.read import _put, read_sheet, read_workbook
from loader.workbook.reader.reader_process import content_of
from loader.workbook.reader.rows import sheet_of
from loader.workbook.time_windows import parse_time
from tests.sheets import GOOD as A_ROW
from tests.workbook.conftest import HEADERS, VALUES
from tests.workbook.raw import cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from tests.workbook.conftest import MakeRow, MakeWorkbook

GOOD = [HEADERS, VALUES]
MOMENT = datetime.fromisoformat("2026-03-01 09:00")


def refusal(path: Path, **options: Any) -> str:  # noqa: ANN401
    with pytest.raises(WorkbookError) as caught:
        read_sheet(path, **options)
    return str(caught.value)


def csv_file(folder: Path, text: str) -> Path:
    path = folder / "calls.csv"
    path.write_bytes(text.encode())
    return path


def test_a_sheet_is_read_as_typed_with_the_rows_and_columns_of_the_spreadsheet(make_workbook: MakeWorkbook) -> None:
    sheet = read_sheet(make_workbook(GOOD))
    assert (sheet.file, sheet.title, sheet.header_row) == ("calls.xlsx", "Campaigns", 1)
    assert sheet.columns["name"] == 1
    assert sheet.columns["experience_flow"] == 10
    (draft,) = sheet.drafts
    assert draft.row == 2
    assert draft.values == A_ROW
    assert sheet.problems == []


def test_rows_and_columns_left_blank_before_the_header_count(make_workbook: MakeWorkbook) -> None:
    rows = [[], [None, None, "Calls of spring"], [], [None, None, *HEADERS], [], [None, None, *VALUES]]
    sheet = read_sheet(make_workbook(rows))
    assert sheet.header_row == 4
    assert sheet.columns["name"] == 3
    assert [draft.row for draft in sheet.drafts] == [6]
    assert sheet.cells[1][2] == "Calls of spring"
    assert sheet.cells[5][2] == "Spring"


def test_cells_are_what_they_are(make_workbook: MakeWorkbook) -> None:
    duration = timedelta(hours=30)
    values = ["+15101234567", "007", 15101234567, 3.0, 2.5, True, time(9, 30), duration, MOMENT, " x "]
    sheet = read_sheet(make_workbook([*GOOD, values]))
    assert sheet.cells[2] == values
    assert [type(value) for value in sheet.cells[2][:5]] == [str, str, int, int, float]


def test_blank_rows_are_passed_over_and_a_row_with_results_only_is_blank(make_workbook: MakeWorkbook) -> None:
    rows = [
        [*HEADERS, "Status", "Campaign ID"],
        [*VALUES, "Created", "cc-1"],
        [None] * 12,
        [" ", *[None] * 9, "Invalid", ""],
    ]
    sheet = read_sheet(make_workbook(rows))
    assert [draft.row for draft in sheet.drafts] == [2]
    assert "Created" not in sheet.drafts[0].values.values()
    assert sheet.unused == ()
    assert sheet.problems == []
    assert sheet.cells[1][10] == "Created"


def test_columns_nobody_knows_are_kept_and_named_once(make_workbook: MakeWorkbook) -> None:
    rows = [[*HEADERS, "Budget", "Owner"], [*VALUES, 100, "Ann"], [None] * 10 + ["total", None]]
    sheet = read_sheet(make_workbook(rows))
    assert sheet.unused == ("Budget", "Owner")
    assert sheet.cells[1][10] == 100
    assert [problem.wrong for problem in sheet.problems] == [
        "The sheet has columns that are not used: 'Budget' in column K, 'Owner' in column L.",
        "The sheet has 1 row (3) with nothing but unused columns filled, passed over.",
    ]
    assert {problem.severity for problem in sheet.problems} == {Severity.WARNING}


def test_the_templates_own_example_rows_are_passed_over_and_a_campaign_called_example_is_not(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    of_template = make_row("Example: Callbacks", Description="Agents see the contact before they call")
    sheet = read_sheet(
        make_workbook([HEADERS, of_template, make_row("Example: Callbacks"), make_row("Example: spring")])
    )
    assert [draft.row for draft in sheet.drafts] == [3, 4]
    assert [problem.wrong for problem in sheet.problems] == [
        "The sheet has 1 example row (2) that no campaign is made of."
    ]


def test_hidden_rows_and_columns_are_read_and_counted(make_workbook: MakeWorkbook, make_row: MakeRow) -> None:
    def hide(sheet: Worksheet) -> None:
        for row in range(3, 16):
            sheet.row_dimensions[row].hidden = True
        sheet.row_dimensions[30].hidden = True
        sheet.column_dimensions["E"].hidden = True

    sheet = read_sheet(make_workbook([HEADERS, *(make_row(f"C{row}") for row in range(2, 17))], then=hide))
    assert len(sheet.drafts) == 15
    listed = "3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ..."
    assert [problem.wrong for problem in sheet.problems] == [
        f"The sheet has 13 hidden rows ({listed}), by hand or by a filter; hidden rows are loaded like any other.",
        "The sheet has hidden columns, which are read like any other: 'Timezone'.",
    ]


def test_what_a_reader_would_lose_is_an_error_on_its_cell(make_workbook: MakeWorkbook, make_row: MakeRow) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B4:B5")
        sheet.merge_cells("L1:M5")

    rows = [HEADERS, make_row("A", Description="#REF!"), make_row("B", Caller_ID="=A1&1"), make_row("C"), make_row("D")]
    sheet = read_sheet(make_workbook([*rows, [None] * 9 + ["=B2"]], then=merge))
    assert [(problem.place, problem.header, problem.seen, problem.wrong) for problem in sheet.problems] == [
        ("B2", "Description", "#REF!", "is an error, not a value"),
        ("D3", "Caller ID", "=A1&1", "is a formula whose result was not saved"),
        ("J6", "Experience flow", "=B2", "is a formula whose result was not saved"),
        ("B4:B5", "Description", "Renewals", "is merged (B4:B5), and only the first of merged cells has a value"),
    ]
    assert sheet.cells[1][1] == "#REF!"
    assert [draft.row for draft in sheet.drafts] == [2, 3, 4, 5, 6]


def test_what_is_wrong_in_a_block_of_cells_is_one_problem_of_all_its_rows(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B4:C9")
        sheet.merged_cells.ranges |= {CellRange(ref) for ref in ("B5:C10", "C6:D7")}

    rows = [HEADERS, *(make_row(f"R{number}", Timezone="#N/A") for number in range(2, 12))]
    checked = validate(read_sheet(make_workbook(rows, then=merge)))
    errors = [(it.place, it.wrong.partition(",")[0]) for it in checked.problems if "merged" in it.wrong or it.last]
    assert errors == [
        ("E2:E11", "is an error"),
        ("B4:C9", "is merged (B4:C9)"),
        ("D6:D7", "is merged (C6:D7)"),
        ("B10:C10", "is merged (B5:C10)"),
    ]
    messages = {it.row: it.message for it in invalid_rows(checked)}
    assert sorted(messages) == list(range(2, 12))
    assert "B4:C9 Description: 'Renewals' is merged" in messages[9]


def test_a_sheet_with_more_problems_than_anybody_reads_has_one_for_each_row_from_there_on(
    make_workbook: MakeWorkbook, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Problem] = []

    def counted(*values: Any, **more: Any) -> Problem:  # noqa: ANN401
        made.append(Problem(*values, **more))
        return made[-1]

    monkeypatch.setattr("loader.planning.validate.Problem", counted)
    rows = [HEADERS, *(make_row(f"R{number}", Max_attempts=0, Timezone="Mars") for number in range(2, 12))]
    checked = validate(read_sheet(make_workbook(rows)), most=7)
    assert len(made) == 8 + 6 + 1  # what is not listed is counted only, from the row that fills the list on
    assert [it.row for it in checked.problems] == [None, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11]
    assert checked.problems[0].wrong == (
        "The sheet has 7 problems more than are listed: correct those, and check it again."
    )
    assert all(it.message for it in invalid_rows(checked))


def test_the_problems_that_are_not_listed_are_counted_once_where_a_column_stands_for_several_days(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    rows: list[list[object]] = [[it.replace("Monday", "Mon-Fri") for it in HEADERS]]
    rows += [make_row(f"R{number}", Monday="1-5", Max_attempts=0) for number in range(2, 6)]
    path = make_workbook(rows)
    assert len(validate(read_sheet(path)).problems) == 8
    listed = validate(read_sheet(path), most=2).problems
    assert "has 3 problems more than are listed" in listed[0].wrong
    assert [it.row for it in listed] == [None, 2, 2, 3, 4, 5]


def test_a_value_the_reader_left_out_is_put_where_nothing_else_is(tmp_path: Path) -> None:
    header = "".join(cell(f"{letter}1", text) for letter, text in zip("ABCDEFGHIJ", HEADERS, strict=True))
    rows = f'<row r="1">{header}</row><row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="L3"><f>A1</f></c></row>'
    path = tmp_path / "calls.xlsx"
    path.write_bytes(zipped(parts(sheet_xml(rows))))
    sheet = read_sheet(path)
    assert [len(row) for row in sheet.cells] == [12, 12, 12]
    assert (sheet.cells[2][0], sheet.cells[2][11]) == ("#N/A", "#N/A")
    assert [draft.row for draft in sheet.drafts] == [3]


def test_a_cell_or_a_row_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    header = "".join(cell(f"{letter}1", text) for letter, text in zip("ABCDEFGHIJ", HEADERS, strict=True))
    again = f'<row r="3">{cell("A3", "B")}</row><row r="3">{cell("B3", "x")}</row>'
    rows = f'<row r="1">{header}</row><row r="2">{cell("A2", "A")}{cell("A2", "B")}</row>{again}'
    path = tmp_path / "calls.xlsx"
    path.write_bytes(zipped(parts(sheet_xml(rows))))
    wrong = "is in the file twice or out of place, so that its value is not certain"
    assert [(problem.row, problem.column, problem.wrong) for problem in read_sheet(path).problems] == [
        (2, 1, wrong),
        (3, None, wrong),
    ]


@pytest.mark.parametrize("ragged", [False, True])
def test_a_row_without_a_header_that_a_person_has_chosen_is_reported_so(*, ragged: bool) -> None:
    grid = Grid("Campaigns", [[None, None], ["Spring", "north"]], ragged=ragged)
    with pytest.raises(HeadersError, match="columns are missing: 'Campaign name', "):
        sheet_of("calls.xlsx", grid, 1, {}, NOTHING_RENAMED)


def test_cells_under_no_header_are_named(make_workbook: MakeWorkbook) -> None:
    sheet = read_sheet(make_workbook([HEADERS, [*VALUES, None, "note"]]))
    assert [problem.wrong for problem in sheet.problems] == [
        "The sheet has cells under no header in row 1, which are not used: L2."
    ]


def test_the_only_visible_sheet_with_campaigns_is_used(make_workbook: MakeWorkbook) -> None:
    def around(sheet: Worksheet) -> None:
        book = sheet.parent
        assert book is not None
        cover = book.create_sheet("Cover", 0)
        cover["A1"] = "Read me"
        old = book.create_sheet("Old", 1)
        for row in GOOD:
            old.append(row)
        old.sheet_state = "hidden"
        book.create_chartsheet("Chart", 0)
        book.create_sheet("Second").append(GOOD[0])

    path = make_workbook(GOOD, then=around)
    assert read_sheet(path).title == "Campaigns"
    assert read_sheet(path, sheet="Old").title == "Old"
    assert read_sheet(path, sheet="old").title == "Old"
    assert refusal(path, sheet="May") == (
        "calls.xlsx has no sheet 'May'; it has: 'Chart', 'Cover', 'Old', 'Campaigns', 'Second'."
    )
    assert refusal(path, sheet="Cover") == (
        "calls.xlsx: none of the first 20 rows of 'Cover' is a header row with 'Campaign name' and the names of other "
        "columns. `campaign-loader template` writes a sheet that has one."
    )


def test_a_workbook_with_nothing_to_see_is_refused() -> None:
    content = zipped(parts(sheet_xml(""), state="hidden"))
    with pytest.raises(WorkbookError) as caught:
        read_workbook(content, "calls.xlsx")
    assert str(caught.value) == "calls.xlsx has no visible sheet with cells: unhide one; it has: 'Data'."


@pytest.mark.parametrize("above", [0, 19])
def test_the_header_row_is_looked_for_in_twenty_rows(make_workbook: MakeWorkbook, above: int) -> None:
    assert read_sheet(make_workbook([*[["x"]] * above, *GOOD])).header_row == above + 1
    assert refusal(make_workbook([*[["x"]] * 20, *GOOD])).startswith(
        "calls.xlsx, sheet 'Campaigns': The header is looked for in the first 20 rows, and stands in row"
    )


def test_a_row_with_two_known_headers_is_not_yet_the_header_row(make_workbook: MakeWorkbook) -> None:
    assert read_sheet(make_workbook([["Campaign name", "Description"], ["Calls"], *GOOD])).header_row == 3


def test_a_header_row_without_campaign_names_is_said_to_be_one(make_workbook: MakeWorkbook) -> None:
    assert refusal(make_workbook([["Calls"], ["Campain name", "Description", "Mode"]])).endswith(
        "Row 2 names other columns, but none 'Campaign name'. Is it A2 'Campain name'?"
    )
    assert refusal(make_workbook([["Owner", "Description", "Mode"]])).endswith(
        "Row 1 names other columns, but none 'Campaign name'."
    )


def test_everything_wrong_with_the_headers_is_said_at_once(make_workbook: MakeWorkbook) -> None:
    headers = [
        "Campaign name",
        "Desc",
        "Max atempts",
        "Name",
        "Mon",
        "MO start",
        "Tuesday end",
        "Budget",
        7,
        "Caller ID",
    ]
    both = "Monday has the column 'Monday' and the columns 'Monday start' and 'Monday end': keep one of the two."
    required = "'Contact lists', 'Timezone', 'Retry period (minutes)', 'Max ring time (seconds)'"
    assert refusal(make_workbook([headers])).splitlines() == [
        "calls.xlsx, sheet 'Campaigns': D1 'Name': A1 is the column 'Campaign name' already.",
        "calls.xlsx, sheet 'Campaigns': C1 'Max atempts' is no known column: did you mean 'Max attempts'?",
        f"calls.xlsx, sheet 'Campaigns': {both}",
        f"calls.xlsx, sheet 'Campaigns': These columns are missing: {required}, 'Monday end', 'Tuesday start'.",
    ]


def test_a_sheet_without_any_weekday_says_so(make_workbook: MakeWorkbook) -> None:
    headers = [header for header in HEADERS if header != "Monday"]
    assert refusal(make_workbook([headers])).endswith("These columns are missing: a weekday such as 'Monday'.")


def test_defaults_fill_blank_cells_and_missing_columns_but_no_blank_row(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    rows = [HEADERS, make_row("A", Timezone=None), make_row("B"), []]
    sheet = read_sheet(make_workbook(rows), defaults={"TZ": "Europe/London", "Priority": "2"})
    assert [draft.values["timezone"] for draft in sheet.drafts] == ["Europe/London", "Asia/Kolkata"]
    assert [draft.values["priority"] for draft in sheet.drafts] == ["2", "2"]
    without = [header for header in HEADERS if header != "Timezone"]
    rows = [without, ["A", "Renewals"]]
    assert read_sheet(make_workbook(rows), defaults={"Timezone": "Europe/London"}).drafts[0].values == {
        "name": "A",
        "description": "Renewals",
        "timezone": "Europe/London",
    }


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ({"Max atempts": "3"}, "--set 'Max atempts=3': there is no column 'Max atempts': did you mean 'Max attempts'?"),
        ({"Budget": "3"}, "--set 'Budget=3': there is no column 'Budget'."),
        ({"Status": "x"}, "--set 'Status=x': there is no column 'Status'."),
        ({"TZ": "GB", "Timezone": "GB"}, "--set 'Timezone=GB': 'Timezone' is set twice."),
        ({"TZ": " "}, "--set 'TZ= ': there is no value after the '='."),
        (
            {"TZ": "Kolkata"},
            "--set 'TZ=Kolkata': the value is not a time zone of the tz database; right: perhaps 'Asia/Kolkata'.",
        ),
        (
            {"Max skips": "x"},
            "--set 'Max skips=x': the value is not a whole number; right: a whole number from 0, in Preview mode only.",
        ),
    ],
)  # fmt: skip
def test_a_default_that_cannot_be_meant_is_refused(
    make_workbook: MakeWorkbook, defaults: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_sheet(make_workbook(GOOD), defaults=defaults)
    assert str(caught.value) == said


LINE = 'Spring,Renewals,"north; west",+15101234567,Asia/Kolkata,9:00 AM - 6:00 PM,3,60,30,Intake'


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_file_is_read_by_the_separator_its_header_has(
    tmp_path: Path, separator: str, mark: str, end: str
) -> None:
    text = mark + end.join(["Calls of spring", ",".join(HEADERS), "", LINE, ""]).replace(",", separator)
    sheet = read_sheet(csv_file(tmp_path, text))
    assert (sheet.title, sheet.header_row) == ("calls", 2)
    (draft,) = sheet.drafts
    assert draft.row == 4
    assert draft.values["contact_lists"] == "north; west"
    assert draft.values["caller_id"] == "+15101234567"
    assert draft.values["max_attempts"] == "3"
    assert sheet.problems == []


def test_nothing_is_inferred_from_the_text_of_a_csv_file(tmp_path: Path) -> None:
    typed = ["NA", "null", "007", "1e5", "TRUE", "-", "1.0", "nan", "#N/A", "2026-03-01"]
    more = "\n".join(f"{number:05d}{LINE.removeprefix('Spring')}" for number in range(9000))
    sheet = read_sheet(csv_file(tmp_path, f"{','.join(HEADERS)}\n{','.join(typed)}\n{more}\n"))
    assert list(sheet.drafts[0].values.values()) == typed
    assert sheet.drafts[9000].values["name"] == "08999"  # far from the header, in a block of digits only


def test_a_text_of_several_lines_is_one_row_of_a_csv_file(tmp_path: Path) -> None:
    second = LINE.replace("Spring", "Autumn")
    text = f"{','.join(HEADERS)}\n{LINE.replace('Renewals', chr(34) + 'two' + chr(10) + 'lines' + chr(34))}\n{second}\n"
    sheet = read_sheet(csv_file(tmp_path, text))
    assert [draft.row for draft in sheet.drafts] == [2, 3]
    assert sheet.drafts[0].values["description"] == "two\nlines"


def test_a_row_that_a_separator_has_shifted_is_an_error(tmp_path: Path) -> None:
    text = f"{','.join(HEADERS)}\n{LINE.replace('Renewals', 'Renewals, north')}\n{LINE}\n"
    assert read_sheet(csv_file(tmp_path, text)).problems == [
        Problem(
            2,
            11,
            "",
            "Intake",
            "is under no header: a text in this row has the separator in it",
            "that text in quotation marks",
        )
    ]


def test_a_column_without_a_name_at_the_left_is_not_used_and_nothing_has_shifted(tmp_path: Path) -> None:
    text = f",{','.join(HEADERS)}\n0,{LINE}\n1,{LINE.replace('Renewals', 'Renewals, north')}\n"  # as pandas writes it
    problems = read_sheet(csv_file(tmp_path, text)).problems
    assert [(problem.row, problem.column, problem.wrong) for problem in problems] == [
        (3, 12, "is under no header: a text in this row has the separator in it"),
        (None, None, "The sheet has cells under no header in row 1, which are not used: A2."),
    ]


@pytest.mark.parametrize("text", ["\n", f'{",".join(HEADERS)}\n"{"x" * 140_000}', "  "])
def test_a_csv_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    assert refusal(csv_file(tmp_path, text)).startswith("calls.csv")


def test_a_csv_file_has_one_sheet(tmp_path: Path) -> None:
    path = csv_file(tmp_path, f"{','.join(HEADERS)}\n{LINE}\n")
    assert read_sheet(path, sheet="calls").title == "calls"
    assert refusal(path, sheet="Data") == "calls.csv is a CSV file, and its only sheet is 'calls'."


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorkbookError, match=r"There is no file .*calls.xlsx"):
        content_of(tmp_path / "calls.xlsx")
    with pytest.raises(WorkbookError, match="cannot be read"):
        content_of(tmp_path)
    monkeypatch.setattr(reader_process, "LARGEST_FILE", 3)
    with pytest.raises(WorkbookError, match=r"calls.csv is larger than 0 MB: split it."):
        content_of(csv_file(tmp_path, "abcd"))


def test_a_workbook_that_only_the_reader_finds_broken_is_refused() -> None:
    content = zipped(parts(sheet_xml('<row r="1"><c r="A1" t="e"><v>SOON</v></c></row>')))
    with pytest.raises(WorkbookError) as caught:
        read_workbook(content, "calls.xlsx")
    assert str(caught.value) == "calls.xlsx, sheet 'Data' cannot be read: open it in Excel and save it again as .xlsx."
    odd = {**parts(sheet_xml("")), "xl/styles.xml": "<styleSheet><cellXfs><xf></cellXfs>"}
    with pytest.raises(WorkbookError, match="is damaged"):
        read_workbook(zipped(odd), "calls.xlsx")


def test_every_cut_of_a_workbook_is_read_or_refused_in_one_sentence(make_workbook: MakeWorkbook) -> None:
    content = make_workbook(GOOD).read_bytes()
    for part in range(64):
        with pytest.raises(WorkbookError):
            read_workbook(content[: len(content) * part // 64], "calls.xlsx")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.times().map(lambda at: time(at.hour, at.minute)))
def test_a_time_survives_the_workbook_as_a_time_cell_and_as_a_fraction(make_workbook: MakeWorkbook, at: time) -> None:
    def write(sheet: Worksheet) -> None:
        sheet["B2"] = at
        sheet["C2"] = (at.hour * 60 + at.minute) / 1440
        sheet["D2"] = timedelta(hours=at.hour, minutes=at.minute)

    headers = [
        "Campaign name",
        "Monday start",
        "Tuesday start",
        "Wednesday start",
        "Monday end",
        "Tuesday end",
        "Wednesday end",
    ]
    given_elsewhere = {
        header: str(value)
        for header, value in zip(HEADERS, VALUES, strict=True)
        if header not in {"Campaign name", "Monday"}
    }
    sheet = read_sheet(make_workbook([headers, ["x"]], then=write), defaults=given_elsewhere)
    values = sheet.drafts[0].values
    assert [parse_time(values[f"{day}_start"]) for day in ("monday", "tuesday", "wednesday")] == [at, at, at]


def test_a_text_with_the_mark_of_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    values = ["Fr\u00fchling", *map(str, VALUES[1:])]
    path.write_text("\r\n".join("\t".join(row) for row in (HEADERS, values)), encoding="utf-16", newline="")
    (draft,) = read_sheet(path).drafts
    assert draft.values["name"] == "Fr\u00fchling"


def test_a_sheet_of_errors_alone_is_read_in_time_that_grows_with_its_rows() -> None:
    cells: list[list[object]] = [["x"] for _ in range(20_000)]
    begun = process_time()
    _put(cells, {(row, 3): "#REF!" for row in range(2, 20_003)})
    assert process_time() - begun < 2
    assert [cells[0], cells[1], cells[-1]] == [["x", None, None], ["x", None, "#REF!"], [None, None, "#REF!"]]


def test_another_separator_with_a_quotation_mark_behind_it_is_a_part_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    lines = ["|".join(HEADERS), "|".join(map(str, VALUES)).replace("Renewals", '"Renewals;""late|r"')]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert read_sheet(path).drafts[0].values["description"] == 'Renewals;"late|r'


def test_a_quotation_mark_that_is_never_closed_is_said_to_be_open(tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    path.write_text("|".join(HEADERS) + "\n" + "|".join(map(str, VALUES)).replace("Renewals", '"Renewals'))
    with pytest.raises(WorkbookError, match="it has a quotation mark that is never closed, or no text"):
        read_sheet(path)
