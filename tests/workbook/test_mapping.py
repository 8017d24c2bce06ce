from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.errors import HeadersError, SettingsError
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED, read_mapping, renaming_of
from loader.workbook.mapping_draft import mapping_draft
from loader.workbook.reader.read import read_sheet
from tests.workbook.conftest import HEADERS, VALUES

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.workbook.conftest import MakeWorkbook

LEGACY = ["Program", "Details", "Lists", "CLI", "TZ", "Mon", "Tries", "Pause", "Ring", "Script", "Kind", "Rank", "Own"]
MAPPING: dict[str, Any] = {
    "headers": {
        "Program": "Campaign name",
        "Details": "Description",
        "CLI": "Caller ID",
        "tries": "Max attempts",
        "Pause": "Retry period",
        "Ring": "Max ring time (seconds)",
        "Script": "Experience flow",
        "Kind": "Dialing mode",
        "Rank": "Priority",
    },
    "values": {"Kind": {"Voice - IVR": "Agentless", "7": "Preview"}, "Priority": {"1": "5", "top": "5"}},
}


TABLES = (
    "and should have 'ignore', 'country' and the tables [headers], [values], [constants], [prefix], [join], "
    "[separator] only."
)


def test_a_legacy_sheet_is_read_as_the_mapping_says(make_workbook: MakeWorkbook) -> None:
    rows = [LEGACY, [*VALUES, "voice -  IVR", 1.0, "x"], [*VALUES, "Agentless", 4, "x"]]
    sheet = read_sheet(make_workbook(rows), renaming=renaming_of(MAPPING))
    assert sheet.columns["name"] == 1
    assert sheet.columns["dialing_mode"] == 11
    assert [(it.values["dialing_mode"], it.values["priority"]) for it in sheet.drafts] == [
        ("Agentless", "5"),
        ("Agentless", 4),
    ]
    assert sheet.cells[1][10] == "voice -  IVR"
    assert [problem.wrong for problem in sheet.problems] == [
        "The sheet has columns that are not used: 'Own' in column M.",
        "The sheet has 2 cells with values of another system, read as the mapping says.",
    ]
    assert [problem.header for problem in validate(sheet).problems if problem.row] == ["Program"]  # twice the same


def test_a_mapping_wins_over_what_a_header_would_mean_by_itself(make_workbook: MakeWorkbook) -> None:
    headers = ["Description", "Name", *HEADERS[2:]]
    renaming = renaming_of({"headers": {"Description": "Campaign name", "Name": "Desc"}})
    assert read_sheet(make_workbook([headers, VALUES]), renaming=renaming).columns["name"] == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[headers", "is not valid TOML: "),
        ("[columns]\n", f"has 'columns', {TABLES}"),
        ("headers = 3", f"has 'headers', {TABLES}"),
        (
            '[headers]\n"A" = "Max atempts"',
            "gives 'A' the header 'Max atempts', which is no column (perhaps 'Max attempts').",
        ),
        ('[headers]\n"A" = "Budget"', "gives 'A' the header 'Budget', which is no column."),
        ('[headers]\n"A" = 3', "gives 'A' the header '3', which is no column."),
        ('[headers]\n" - " = "Name"', "has the header ' - ', which is blank."),
        ('[headers]\n"A" = "Name"\n"B" = "Campaign"', "gives both 'A' and 'B' the header 'Campaign name'."),
        ('[values."Budget"]\n"a" = "b"', "has values for 'Budget', which is no column."),
        ('[values]\n"Mode" = "b"', "has 'Mode' without a list of values."),
        ('[values."Mode"]\n"a" = 3', "gives 'a' under 'Dialing mode' a value that is no text in quotation marks."),
        (
            '[values."Mode"]\n"a" = "Turbo"',
            "gives 'a' the Dialing mode 'Turbo', which is none of the choices; right: Agentless, Progressive or ",
        ),
        ('[headers]\n"A" = []', "gives 'A' the header '[]', which is no column."),
        ('[headers]\n"A" = ["Name", 3]', "gives 'A' the header '3', which is no column."),
        ('[headers]\n"A" = ["Queue", "Queue"]', "gives both 'A' and 'A' the header 'Queue'."),
        ('[constants]\n"Zone" = "UTC"', "has a constant for 'Zone', which is no column."),
        ('[constants]\n"TZ" = 3.5', "has a constant for 'TZ' that is neither a text nor a whole number."),
        ('[constants]\n"TZ" = "CST"', "has the constant 'CST' for 'Timezone', which is not a time zone of the tz"),
        (
            '[constants."Power"]\n"TZ" = "UTC"',
            "has constants for 'Power', which is no dialing mode: Agentless, Progressive, Preview.",
        ),
        ('[prefix]\n"Monday" = "x"', "has a prefix for 'Monday', which is not a name, a text or a number to call."),
        ('[prefix]\n"Name" = 3', "has a prefix for 'Campaign name' that is no text in quotation marks."),
        ('[join]\n"Desc" = "A"', "joins to 'Description' what is no list of headers in quotation marks."),
        ('[join]\n"Budget" = ["A"]', "joins columns to 'Budget', which is no column."),
        (
            '[headers]\n"A" = "Desc"\n[join]\n"Desc" = ["B"]',
            "joins columns to 'Description', and gives that header to another column, too.",
        ),
        (
            '[separator]\n"Priority" = ","',
            "has a separator for 'Priority', which has one value and is not joined.",
        ),
        ('[separator]\n"Lists" = ""', "has a separator for 'Contact lists' that is no text in quotation marks."),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(written)
    with pytest.raises(SettingsError) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(f"mapping {path} {said}")


def test_everything_wrong_with_a_mapping_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('[headers]\n"A" = "B"\n"C" = "D"\n[values."E"]\n')
    with pytest.raises(SettingsError) as caught:
        read_mapping(path)
    assert len(str(caught.value).splitlines()) == 3


def test_a_mapping_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_mapping(tmp_path / "map.toml")
    (tmp_path / "map.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        read_mapping(tmp_path / "map.toml")
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(2_000_000)
    with pytest.raises(SettingsError, match="is larger than 1 MB"):
        read_mapping(tmp_path / "large.toml")


def test_a_first_draft_names_every_header_and_every_word_that_is_not_known(make_workbook: MakeWorkbook) -> None:
    headers = ["Campain", "Desc", "Lists", "Caller", "TZ", "Mon", "Max atempts", "Wait", "Ring time", "Flow", "Mode"]
    rows = [["Calls"], headers, [*VALUES, "Voice - IVR"], [*VALUES, "Agentless"], [*VALUES, 'say "hi"']]
    with pytest.raises(HeadersError) as caught:
        read_sheet(make_workbook(rows))
    error = caught.value
    assert mapping_draft("old\nsheet.xlsx", error.cells, error.header_row, NOTHING_RENAMED).splitlines() == [
        "# How the headers and values of old sheet.xlsx, row 2, are called here: a first draft.",
        "# Look at every line. A line that begins with # counts for nothing until the # is taken away.",
        "# Still without a header of that sheet: Retry period (minutes).",
        "",
        "[headers]",
        '"Campain" = "Campaign name"  # A2, a guess',
        '"Caller" = "Caller ID"  # D2, a guess',
        '"Max atempts" = "Max attempts"  # G2, a guess',
        '# "Wait" = ""  # H2',
        "",
        '[values."Dialing mode"]  # Agentless, Progressive or Preview',
        '# "Voice - IVR" = ""',
        '# "say \\"hi\\"" = ""',
    ]


@pytest.mark.parametrize(
    ("header", "line"), [("Default", '"Default" = "Retry period (minutes)"'), ("Max", '# "Max" = ""')]
)
def test_a_header_that_begins_one_column_is_guessed_to_be_it(header: str, line: str) -> None:
    [drafted] = mapping_draft("a.xlsx", [[header]], 1, NOTHING_RENAMED).splitlines()[-1:]
    assert drafted.startswith(line)


def test_a_draft_takes_over_what_the_mapping_says_already(make_workbook: MakeWorkbook) -> None:
    renaming = renaming_of(MAPPING)
    sheet = read_sheet(make_workbook([LEGACY, [*VALUES, "Other", 1, "x"]]), renaming=renaming)
    text = mapping_draft("a.xlsx", sheet.cells, sheet.header_row, renaming)
    assert '"Program" = "Campaign name"' in text
    assert text.endswith(
        '[values."Dialing mode"]  # Agentless, Progressive or Preview\n'
        '"voice - ivr" = "Agentless"\n"7" = "Preview"\n# "Other" = ""\n'
    )


@given(st.lists(st.lists(st.text() | st.none() | st.integers(), max_size=5), max_size=4), st.integers(1, 4))
def test_a_draft_is_toml_whatever_the_sheet_holds(cells: list[list[object]], header_row: int) -> None:
    text = mapping_draft("a.xlsx", [*cells, *[[]] * 4], header_row, NOTHING_RENAMED)
    assert set(tomllib.loads(text)) <= {"headers", "values"}
