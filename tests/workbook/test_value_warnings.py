from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.workbook.value_warnings import doubt_about_letters, doubt_about_number


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
    assert doubt_about_number(number) == ""


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
    assert doubt_about_number(number) == said


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_what_the_library_calls_valid_is_never_doubted(number: str) -> None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return
    as_dialled = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    if as_dialled and phonenumbers.is_valid_number(parsed):
        assert doubt_about_number(number) == ""


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_number_of_every_country_is_not_doubted(region: str) -> None:
    example = phonenumbers.example_number(region)
    if example:
        assert doubt_about_number(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)) == ""


# ruff: noqa: RUF001 - letters that look alike are what this is about


@pytest.mark.parametrize(
    "text",
    [
        "Spring renewal",
        "Frühjahr",
        "Москва",
        "Spring Москва",
        "Ελλάδα",
        "नमस्\u200dते",  # a joiner is part of the word
        "می\u200cخواهم",
        "\U0001f469\u200d\U0001f4bb",  # and of an emoji
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "5 kΩ",
        "春の更新",
    ],
)
def test_a_text_in_any_language_is_nothing_odd(text: str) -> None:
    assert doubt_about_letters(text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Spring\u200e", "has the invisible character U+200E in it, which is kept"),
        ("Spr\u200ding", "has the invisible character U+200D in it, which is kept"),
        ("Spring\u2063", "has the invisible character U+2063 in it, which is kept"),
        ("Spring\u3164", "has the invisible character U+3164 in it, which is kept"),
        ("Sprіng sale", "mixes two alphabets in 'Sprіng': the Cyrillic 'і' looks like 'i'"),
        ("Τest", "mixes two alphabets in 'Τest': the Greek 'Τ' looks like 'T'"),
    ],
)
def test_what_nobody_can_see_is_said(text: str, said: str) -> None:
    assert doubt_about_letters(text) == said
