"""How long to wait and what time it is, as any server tells it (RFC 9110, 5.6.7 and 10.2.3)."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.api.messages import http_date, retry_after

NOON = "Mon, 30 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("+5", 5.0),
        ("00012", 12.0),
        ("5, 30", 30.0),
        ("100000000000000000000", 1e20),
        ("9" * 400, float("inf")),
        ("Mon, 30 Mar 2026 12:01:30 GMT", 90.0),
        ("Monday, 30-Mar-26 12:01:30 GMT", 90.0),
        ("Mon Mar 30 12:01:30 2026", 90.0),
        ("Mon, 30 Mar 2026 12:01:30", 90.0),
        ("Mon, 30 Mar 2026 14:01:30 +0200", 90.0),
        ("Mon, 30 Mar 2026 12:01:30 GMT,Mon, 30 Mar 2026 12:01:30 GMT", 90.0),
        ("Mon, 30 Mar 2026 11:00:00 GMT", 0.0),
        ("-3", None),
        ("", None),
        ("soon", None),
        ("5s", None),
        ("5,", None),
        ("\N{ARABIC-INDIC DIGIT FIVE}", None),
        ("\N{FULLWIDTH DIGIT FIVE}", None),
        ("1e3", None),
        ("NaN", None),
        ("inf", None),
        ("0x10", None),
        ("Mon, 99 Mar 2026 12:00:00 GMT", None),
        ("Mon, 99999999999999999999 Mar 2026 12:00:00 GMT", None),
        ("Mon, 30 Mar 2026 12:00:00 +99999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_retry_after_is_understood_in_every_form_or_not_at_all(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text, "date": NOON}) == seconds


def test_without_the_header_nobody_asked_to_wait() -> None:
    assert retry_after({"date": NOON}) is None


def test_a_date_without_a_date_to_compare_with_is_taken_by_our_own_clock() -> None:
    assert retry_after({"retry-after": "Mon, 30 Mar 2020 12:00:00 GMT"}) == 0.0
    waiting = retry_after({"retry-after": "Mon, 30 Mar 2099 12:00:00 GMT", "date": "rubbish"})
    assert waiting is not None
    assert waiting > 86_400


@settings(deadline=None)
@given(
    st.text()
    | st.from_regex(
        r"(Mon, )?[0-9]{1,25}[ -][A-Z][a-z]{2}[ -][0-9]{1,25} [0-9]{1,25}:[0-9]{2}(:[0-9]+)? ?[+-]?[0-9]{0,25}"
    )
    | st.from_regex(r"[+-]?[0-9]*\.?[0-9]*(,[0-9]*)?"),
    st.text(max_size=30) | st.just(NOON),
)
def test_any_retry_after_is_a_time_to_wait_or_none(text: str, date: str) -> None:
    seconds = retry_after({"retry-after": text, "date": date})
    assert seconds is None or seconds >= 0


@settings(deadline=None)
@given(st.text())
def test_any_date_is_a_time_in_utc_or_none(text: str) -> None:
    date = http_date(text)
    assert date is None or date.tzinfo is UTC
