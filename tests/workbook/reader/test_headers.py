"""A sheet of SMS campaigns is recognised, and refused with a sentence (reference, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.errors import WorkbookError
from loader.model.row import Severity
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from tests.sheets import Row, row, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

NO_SMS = "is about SMS, and SMS campaigns are not loaded here, only voice campaigns"


def errors(path: Path) -> tuple[list[int], list[str]]:
    """Rows that are invalid, and what is wrong with them."""
    checked = validate(read_sheet(path))
    told = [problem.sentence() for problem in checked.problems if problem.severity is Severity.ERROR]
    return sorted(row for _, row in checked.invalid), told


@pytest.mark.parametrize("typed", ["SMS", "sms", " Sms ", "Outbound SMS", "SMS - simple"])
def test_a_dialing_mode_of_sms_is_refused_with_a_sentence(tmp_path: Path, typed: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [row("A", Dialing_mode=typed, Experience_flow=None), row("B")])
    said = f"E2 Dialing mode: '{typed.strip()}' {NO_SMS}; right: Agentless, Progressive or Preview"
    assert errors(path) == ([2], [said])


@pytest.mark.parametrize("header", ["Campaign type", "CHANNEL", "type", "Channel type"])
def test_a_column_that_says_sms_makes_its_rows_invalid_and_leaves_the_others(tmp_path: Path, header: str) -> None:
    rows = [row("A") | {header: "Voice"}, row("B") | {header: "SMS"}, row("C") | {header: None}]
    said = f"M3 {header}: 'SMS' {NO_SMS}; right: no row for it in this sheet"
    assert errors(write_workbook(tmp_path / "a.xlsx", rows)) == ([3], [said])


def test_the_text_of_an_sms_makes_its_row_invalid_once(tmp_path: Path) -> None:
    both = row("A") | {"Channel": "sms", "SMS template": "Your appointment"}
    other = row("B") | {"Channel": "voice", "SMS template": "Your appointment"}
    invalid, told = errors(write_workbook(tmp_path / "a.xlsx", [both, other, row("C")]))
    assert (invalid, len(told)) == ([2, 3], 2)
    assert told[1] == f"N3 SMS template: 'Your appointment' {NO_SMS}; right: no row for it in this sheet"


@pytest.mark.parametrize(
    ("header", "typed"), [("Channel", "SMS"), ("Campaign type", "sms"), ("Message", "Hello"), ("Template", "recall-1")]
)
def test_a_sheet_of_sms_campaigns_gets_one_sentence_instead_of_a_list_of_missing_columns(
    tmp_path: Path, header: str, typed: str
) -> None:
    sms: Row = {"Campaign name": "A", "Description": "Recall", "Contact lists": "vip", "Timezone": "GB", header: typed}
    with pytest.raises(WorkbookError) as caught:
        read_sheet(write_workbook(tmp_path / "a.xlsx", [sms]))
    assert str(caught.value) == (
        f"a.xlsx, sheet 'Campaigns': is a sheet of SMS campaigns by its column '{header}': "
        "they are not loaded here, only voice campaigns."
    )


def test_columns_of_a_voice_sheet_that_only_sound_like_it_are_left_alone(tmp_path: Path) -> None:
    more = {
        "Template": "recall",
        "Message": "SMS campaigns are not loaded here",
        "Notes": "sms later",
        "Send SMS": "no",
    }
    assert errors(write_workbook(tmp_path / "a.xlsx", [row("A") | more])) == ([], [])


def test_a_voice_sheet_with_a_wrong_header_is_reported_about_that(tmp_path: Path) -> None:
    wrong = row("A") | {"Message": "Created"}
    wrong["Max atempts"] = wrong.pop("Max attempts")
    with pytest.raises(WorkbookError, match="did you mean 'Max attempts'"):
        read_sheet(write_workbook(tmp_path / "a.xlsx", [wrong]))
