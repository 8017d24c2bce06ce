"""Digits without a plus are read only if they can be one number; what is read otherwise than written is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.row import CellError
from loader.planning.validate import validate
from loader.workbook.caller_ids import caller_id, caller_id_in
from loader.workbook.cell_parsers import Reading
from loader.workbook.mapping import NOTHING_RENAMED, dialled_in, renaming_of
from loader.workbook.reader.read import read_sheet
from tests.workbook.conftest import HEADERS

if TYPE_CHECKING:
    from tests.workbook.conftest import MakeRow, MakeWorkbook

EATEN = "is a number (Excel removes the plus) and is read as '+15105550123'"
READ = "is read as '+15105550123'"


def refusal(value: object, country: str = "") -> str:
    with pytest.raises(CellError) as caught:
        caller_id_in(value, country)
    return caught.value.wrong


@pytest.mark.parametrize(
    ("value", "number", "warning"),
    [
        ("+15105550123", "+15105550123", ""),
        ("+1 (510) 555-0123", "+15105550123", READ),
        ("+1.510.555.0123", "+15105550123", READ),
        ("tel:+15105550123", "+15105550123", READ),
        ("'+15105550123", "+15105550123", READ),
        ("=+15105550123", "+15105550123", READ),
        ("\uff0b15105550123", "+15105550123", READ),
        ("+15105550123\n", "+15105550123", ""),
        ("0049 30 23125042", "+493023125042", "is read as '+493023125042'"),
        ("SIP:100@pbx.example.com", "sip:100@pbx.example.com", "is read as 'sip:100@pbx.example.com'"),
        ("sip:100@pbx.example.com", "sip:100@pbx.example.com", ""),
        ("100@pbx.example.com", "100@pbx.example.com", ""),
    ],
)
def test_a_number_with_its_plus_and_a_sip_number_are_read_in_any_decoration(
    value: str, number: str, warning: str
) -> None:
    assert caller_id(value) == Reading(number, warning)


def test_a_number_with_a_plus_that_no_plan_has_is_a_warning_and_never_an_error() -> None:
    assert caller_id("+15105550") == Reading("+15105550", "is no number of the numbering plan of country code +1")


@pytest.mark.parametrize(
    ("value", "warning"),
    [
        (15105550123, EATEN),
        (15105550123.0, EATEN),
        ("15105550123", READ),
        ("1-510-555-0123", READ),
        ("15105550123.0", READ),
    ],
)
def test_digits_that_a_plan_allows_get_their_plus_with_a_warning_that_changes_meaning(
    value: object, warning: str
) -> None:
    assert caller_id(value) == Reading("+15105550123", warning, changes_meaning=True)


@pytest.mark.parametrize("value", [5105550123, "5105550123", "510-555-0123", "(510) 555-0123"])
def test_digits_that_no_plan_allows_are_an_error_until_their_country_is_named(value: object) -> None:
    assert refusal(value) == ("would be +5105550123, which is no number of the numbering plan of country code +51")
    assert caller_id_in(value, "US").value == "+15105550123"
    assert caller_id_in(value, "US").changes_meaning


@pytest.mark.parametrize(
    ("value", "country", "number"),
    [
        ("030 23125042", "DE", "+493023125042"),
        ("09876543210", "IN", "+919876543210"),
        ("020 7946 0018", "GB", "+442079460018"),
    ],
)
def test_a_number_as_dialled_inside_a_country_is_read_in_that_country(value: str, country: str, number: str) -> None:
    assert caller_id_in(value, country).value == number
    assert refusal(value) == "begins with 0, as dialled inside a country"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("+15105550123 ext. 12", "has the extension 'ext. 12', which cannot be shown"),
        ("+15105550123x12", "has the extension 'x12', which cannot be shown"),
        ("+1 510 555 0123 / +1 510 555 0124", "has 2 numbers, and a campaign shows one"),
        ("anonymous", "hides the number, and the API needs one"),
        ("+49 (0)30 23125042", "has '(0)', which is dialled inside the country only"),
        ("1.51056E+10", "is a number that Excel has shortened; its last digits are lost"),
        ("1,51056E+10", "is a number that Excel has shortened; its last digits are lost"),
        ("12345", "is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com"),
        ("the desk", "is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com"),
        (-15105550123, "is a negative number"),
        (True, "is a yes/no value"),
    ],
)
def test_what_is_no_caller_id_is_refused_with_the_sentence_that_fits(value: object, wrong: str) -> None:
    assert refusal(value) == wrong


def test_digits_that_are_a_number_abroad_and_at_home_are_refused_with_both() -> None:
    assert refusal("4930231250", "US") == "could be +4930231250 or +14930231250 in US"


@given(st.integers(10**6, 10**15 - 1), st.sampled_from(["", "US", "DE", "IN"]))
def test_whatever_is_accepted_is_the_only_number_and_the_warning_says_it(digits: int, country: str) -> None:
    try:
        read = caller_id_in(digits, country)
    except CellError:
        return
    possible = {
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for text, region in ((f"+{digits}", None), *([(str(digits), country)] if country else []))
        if (number := parsed(text, region)) and phonenumbers.is_possible_number(number)
    }
    assert read.value in possible
    assert read.warning == f"is a number (Excel removes the plus) and is read as '{read.value}'"
    assert read.changes_meaning


def parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def test_a_sheet_is_read_with_the_country_that_a_run_remembers(make_workbook: MakeWorkbook, make_row: MakeRow) -> None:
    path = make_workbook([HEADERS, make_row("A", Caller_ID=5105550123)])
    assert len(validate(read_sheet(path)).invalid) == 1
    renaming = renaming_of(dialled_in(NOTHING_RENAMED, "us").plain)
    (ready,) = validate(read_sheet(path, renaming=renaming)).ready
    assert ready.campaign.caller_id == "+15105550123"
