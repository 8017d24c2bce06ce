"""The empty workbook and the filled one, as office programs and the loader see them."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from loader.errors import WorkbookError
from loader.model.campaign import ZONES, DialingMode
from loader.planning.validate import validate
from loader.workbook.columns import COLUMNS
from loader.workbook.reader.read import read_sheet
from loader.workbook.writer.campaigns_sheet import window_rule
from loader.workbook.writer.template import SCHEMA_PROPERTY, write_example, write_template, zones
from loader.workbook.zone_names import read_zone, todays_name

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

COMMITTED = Path(__file__).parents[3] / "templates"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return write_template(tmp_path / "campaigns.xlsx")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return write_example(tmp_path / "example.xlsx")


def headers_of(book: Workbook) -> dict[str, str]:
    """Header -> letter of its column."""
    return {str(cell.value): get_column_letter(place) for place, cell in enumerate(book["Campaigns"][1], 1)}


def rules_of(book: Workbook) -> dict[str, Any]:
    """Header -> what may be typed below it."""
    letters = {letter: header for header, letter in headers_of(book).items()}
    rules = book["Campaigns"].data_validations.dataValidation
    return {letters[re.sub("[0-9].*", "", str(rule.sqref))]: rule for rule in rules}


def test_the_committed_workbooks_are_what_the_code_writes(template: Path, example: Path) -> None:
    assert template.read_bytes() == (COMMITTED / "campaigns.xlsx").read_bytes()
    assert example.read_bytes() == (COMMITTED / "example.xlsx").read_bytes()


def test_nothing_in_the_files_tells_when_or_where_they_were_written(template: Path, example: Path) -> None:
    for path in (template, example):
        with zipfile.ZipFile(path) as package:
            assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {(entry.compress_type, entry.create_system) for entry in package.infolist()} == {(0, 3)}
        properties = load_workbook(path).properties
        assert (properties.created, properties.modified) == (datetime.fromisoformat("2026-01-01"),) * 2


def test_a_filled_sheet_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "campaigns.xlsx").write_text("an afternoon's work")
    assert write_template(tmp_path / "campaigns.xlsx") == tmp_path / "campaigns-2.xlsx"
    assert (tmp_path / "campaigns.xlsx").read_text() == "an afternoon's work"


def test_the_template_has_three_sheets_and_a_version(template: Path) -> None:
    book = load_workbook(template)
    assert book.sheetnames == ["Campaigns", "Instructions", "Time zones"]
    assert SCHEMA_PROPERTY == "campaign-loader template"
    assert book.custom_doc_props["campaign-loader template"].value == 1  # type: ignore[attr-defined]


def test_the_template_has_every_column_but_the_other_spelling_of_weekdays(template: Path) -> None:
    wanted = [column.header for column in COLUMNS if not column.header.endswith((" start", " end"))]
    assert list(headers_of(load_workbook(template))) == wanted
    assert len(wanted) == 24


def test_the_header_stays_in_sight_together_with_the_names(template: Path, example: Path) -> None:
    assert load_workbook(template)["Campaigns"].freeze_panes == "B2"
    assert load_workbook(example)["Campaigns"].freeze_panes == "B2"


def test_on_paper_the_campaigns_take_four_pages_side_by_side_each_with_header_and_names(template: Path) -> None:
    page = load_workbook(template)["Campaigns"]
    assert (page.print_title_rows, page.print_title_cols) == ("$1:$1", "$A:$A")
    assert (page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight) == ("landscape", 4, 0)
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage


def test_on_paper_instructions_and_zones_are_one_page_wide_and_the_zones_stand_in_columns(template: Path) -> None:
    book = load_workbook(template)
    for title in ("Instructions", "Time zones"):
        setup = book[title].page_setup
        assert (setup.orientation, setup.fitToWidth, setup.fitToHeight) == ("landscape", 1, 0)
        fits = book[title].sheet_properties.pageSetUpPr
        assert fits is not None
        assert fits.fitToPage
    assert book["Instructions"].print_title_rows == "$12:$12"
    assert book["Instructions"]["A12"].value == "Column"
    page = book["Time zones"]
    assert page.print_area == "'Time zones'!$C$1:$H$71"
    printed = [page.cell(row, column).value for column in range(3, 9) for row in range(2, 72)]
    assert [zone for zone in printed if zone] == [page.cell(row, 1).value for row in range(2, 421)]


def test_every_header_has_a_note(template: Path) -> None:
    page = load_workbook(template)["Campaigns"]
    for cell in page[1]:
        assert cell.comment is not None, cell.value
    assert page["D1"].comment.text == (
        "A whole number from 1 to 5; 5 runs first.\nRequired: no, 5.\nExample: 3\nAlso understood: Prio"
    )


def test_every_cell_says_what_goes_in_before_anything_is_typed(template: Path) -> None:
    rules = rules_of(load_workbook(template))
    for column in COLUMNS:
        if not column.header.endswith((" start", " end")):
            rule = rules[column.header]
            assert rule.showInputMessage
            assert rule.promptTitle == column.header
            assert rule.prompt.casefold() == f"{column.rule}.".casefold()
            assert len(rule.prompt) <= 255
            assert str(rule.sqref).endswith("1048576")


@pytest.mark.parametrize(
    ("header", "choices", "style"),
    [
        ("Priority", '"1,2,3,4,5"', None),
        ("Dialing mode", '"Agentless,Progressive,Preview"', None),
        ("Frequency", '"WEEKLY,DAILY,CUSTOM"', None),
        ("Dialing order", '"FIFO,LIFO"', None),
        ("Machine detection", '"No,Yes,detect,disconnect"', None),
        ("Timezone", "'Time zones'!$A$2:$A$420", "warning"),
    ],
)
def test_what_can_be_chosen_has_a_drop_down(header: str, choices: str, style: str | None, template: Path) -> None:
    rule = rules_of(load_workbook(template))[header]
    assert (rule.type, rule.formula1, rule.errorStyle) == ("list", choices, style)
    assert not rule.showDropDown  # which would hide it


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("Max attempts", ("whole", "between", "1", "100")),
        ("Retry period (minutes)", ("whole", "between", "1", "1440")),
        ("Max ring time (seconds)", ("whole", "between", "5", "120")),
        ("Max skips", ("whole", "greaterThanOrEqual", "0", None)),
        ("Campaign name", ("textLength", "lessThanOrEqual", "48", None)),
        ("Description", ("textLength", "lessThanOrEqual", "256", None)),
        ("Contact lists", (None, None, None, None)),
        ("Monday", ("custom", None, window_rule("I2"), None)),
        ("Caller ID", (None, None, None, None)),
    ],
)
def test_numbers_and_lengths_have_their_limits(
    header: str, rule: tuple[str | None, str | None, str | None, str | None], template: Path
) -> None:
    found = rules_of(load_workbook(template))[header]
    assert (found.type, found.operator, found.formula1, found.formula2) == rule


@pytest.mark.parametrize("header", ["Caller ID", "Monday", "Sunday", "Contact lists", "Campaign name", "Timezone"])
def test_what_excel_would_make_something_else_of_is_formatted_as_text(header: str, template: Path) -> None:
    book = load_workbook(template)
    assert book["Campaigns"].column_dimensions[headers_of(book)[header]].number_format == "@"


def test_numbers_are_not_formatted_as_text(template: Path) -> None:
    book = load_workbook(template)
    assert book["Campaigns"].column_dimensions[headers_of(book)["Max attempts"]].number_format == "0"


def test_the_instructions_tell_of_every_column_in_the_words_of_the_reader(template: Path) -> None:
    page = load_workbook(template)["Instructions"]
    table = {str(row[0]): row[1:] for row in page.iter_rows(values_only=True) if row[1]}
    assert list(table) == ["Column", *(column.header for column in COLUMNS)]
    assert table["Max attempts"] == ("yes", "A whole number from 1 to 100.", "3", "Max attempts per record")
    assert table["Monday start"] == (
        "instead of Monday",
        "A time such as 9:00 AM.",
        "9:00 AM",
        "Mon start, Mon from, MO start, MO from, Monday from",
    )
    assert table["Caller ID"][2] == "+15101234567"


def test_common_time_zones_come_first_and_none_twice(template: Path) -> None:
    offered = [
        str(row[0]) for row in load_workbook(template)["Time zones"].iter_rows(min_row=2, max_col=1, values_only=True)
    ]
    assert offered[0] == "America/New_York"
    common, every = zones()
    assert offered[: len(common)] == list(common)
    assert len(offered) == len(set(offered)) == 419
    assert sorted(offered) == sorted(every)


def test_every_time_zone_offered_is_understood_as_it_stands() -> None:
    for zone in zones()[1]:
        assert zone in ZONES
        assert read_zone(zone) == (zone, "", False)


def test_no_other_name_of_a_place_is_offered_and_of_the_fixed_offsets_utc_alone() -> None:
    offered = set(zones()[1])
    assert not offered & {"Zulu", "W-SU", "US/Indiana-Starke", "Asia/Calcutta", "EST", "Etc/GMT+5", "Etc/UTC", "GMT"}
    assert {zone for zone in offered if "/" not in zone} == {"UTC"}
    assert all(todays_name(zone) == zone for zone in offered)


def test_other_names_of_a_place_are_read_all_the_same() -> None:
    offered = set(zones()[1])
    for zone in sorted(ZONES - offered):
        assert read_zone(zone).name in ZONES
    assert {"W-SU", "Zulu", "US/Indiana-Starke"} <= ZONES - offered


def test_no_cell_of_either_is_a_formula(template: Path, example: Path) -> None:
    for path in (template, example):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                assert b"<f>" not in package.read(name), name


def test_the_rows_that_show_how_are_no_campaigns(template: Path) -> None:
    page = load_workbook(template)["Campaigns"]
    assert [page.cell(row, 1).value for row in (2, 3)] == ["Example: Spring renewal - North", "Example: Callbacks"]
    with pytest.raises(WorkbookError, match=r"sheet 'Campaigns' has a header row and no campaign under it\.$"):
        read_sheet(template)


def test_the_rows_that_show_how_are_right_themselves(template: Path) -> None:
    book = load_workbook(template)
    for row in (2, 3):
        cell = book["Campaigns"].cell(row, 1)
        cell.value = str(cell.value).removeprefix("Example: ")
    book.save(template)
    checked = validate(read_sheet(template))
    assert [ready.campaign.name for ready in checked.ready] == ["Spring renewal - North", "Callbacks"]
    assert list(checked.problems) == []


def test_all_campaigns_of_the_example_are_valid(example: Path) -> None:
    sheet = read_sheet(example)
    checked = validate(sheet)
    assert [ready.row for ready in checked.ready] == list(range(2, 27))
    assert checked.invalid == {}
    assert [problem.sentence() for problem in checked.problems if problem.row] == [
        "F5 Caller ID: '13125550119' is a number (Excel removes the plus) and is read as '+13125550119'"
    ]


def test_the_example_has_all_modes_and_many_zones(example: Path) -> None:
    campaigns = [ready.campaign for ready in validate(read_sheet(example)).ready]
    modes = [campaign.dialing_mode for campaign in campaigns]
    assert {mode: modes.count(mode) for mode in DialingMode} == {
        DialingMode.AGENTLESS: 15,
        DialingMode.PROGRESSIVE: 6,
        DialingMode.PREVIEW: 4,
    }
    assert len({campaign.timezone for campaign in campaigns}) == 21
    assert sum(campaign.caller_id.startswith("sip:") for campaign in campaigns) == 2


def test_the_example_has_cells_of_every_kind(example: Path) -> None:
    book = load_workbook(example)
    page, letters = book["Campaigns"], headers_of(book)
    kinds = {type(cell.value) for row in page.iter_rows(min_row=2) for cell in row}
    assert kinds == {str, int, bool, time, type(None)}
    windows = {str(page[f"{letters['Monday']}{row}"].value) for row in range(2, 27)}
    for spelling in (
        "9am - 5pm",
        "14:00\u201319:30",
        "09:00 to 17:00",
        "10:15 AM - 12:45 PM\n2:00 PM - 5:30 PM",
        "None",
    ):
        assert spelling in windows
    assert {page[f"{letters['Sunday']}{row}"].value for row in range(2, 27)} >= {"closed", "-", "off", None}
