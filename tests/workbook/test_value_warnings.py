from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.workbook.value_warnings import doubt


@pytest.mark.parametrize(
    "number",
    [
        "+15101234567",
        "+442079460018",
        "+919876543210",
        "+4915112345678",
        "+390612345678",  # Italy keeps the zero
        "+80012345678",  # of no country
        "sip:1001@pbx.example.com",
        "12345",
        "",
    ],
)
def test_a_number_that_somebody_can_have_is_not_doubted(number: str) -> None:
    assert doubt(number) == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+1510123456", "is no number of the numbering plan of country code +1"),
        ("+11101234567", "is no number of the numbering plan of country code +1"),
        ("+4402079460018", "is no number of the numbering plan of country code +44"),  # as dialled inside the country
        ("+9991234567", "begins with +999, which is no country's code"),
        ("+2101234567", "begins with +210, which is no country's code"),
    ],
)
def test_a_number_that_nobody_can_have_is_doubted(number: str, said: str) -> None:
    assert doubt(number) == said


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_what_the_library_calls_valid_is_never_doubted(number: str) -> None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return
    as_dialled = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    if as_dialled and phonenumbers.is_valid_number(parsed):
        assert doubt(number) == ""


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_number_of_every_country_is_not_doubted(region: str) -> None:
    example = phonenumbers.example_number(region)
    if example:
        assert doubt(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)) == ""
