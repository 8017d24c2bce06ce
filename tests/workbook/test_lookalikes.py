# ruff: noqa: RUF001 - letters that look alike are what this is about
from __future__ import annotations

import pytest

from loader.workbook.lookalikes import unseen


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
    assert unseen(text) == ""


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
    assert unseen(text) == said
