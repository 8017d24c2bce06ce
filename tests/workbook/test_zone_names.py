"""A zone is read where it has one name; whatever is suggested for another comes from knowledge, never from letters."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.campaign import ZONES
from loader.model.row import CellError
from loader.workbook.zone_names import read_zone

if TYPE_CHECKING:
    from collections.abc import Callable


def advice(typed: str) -> str:
    with pytest.raises(CellError) as caught:
        read_zone(typed)
    assert caught.value.wrong == "is not a time zone of the tz database"
    return caught.value.right


@pytest.mark.parametrize("typed", ["Asia/Kolkata", "Asia/Calcutta", "US/Eastern", "UTC", "CET", "EST5EDT"])
def test_a_name_of_the_tz_database_is_read_as_written(typed: str) -> None:
    assert read_zone(typed) == (typed, "", False)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("asia/kolkata", "Asia/Kolkata"),
        ("ASIA/KOLKATA", "Asia/Kolkata"),
        ("Asia / Kolkata", "Asia/Kolkata"),
        ("America/New York", "America/New_York"),
    ],
)
def test_case_and_blanks_do_not_matter(typed: str, zone: str) -> None:
    assert read_zone(typed) == (zone, f"is read as '{zone}'", False)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("India Standard Time", "Asia/Kolkata"),
        ("Eastern Standard Time", "America/New_York"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("Nepal Standard Time", "Asia/Kathmandu"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(GMT+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
    ],
)
def test_a_name_of_windows_is_understood_with_a_warning_that_changes_meaning(typed: str, zone: str) -> None:
    assert read_zone(typed) == (zone, f"is read as '{zone}'", True)


def test_a_name_of_windows_behind_another_offset_is_not_understood() -> None:
    assert advice("(UTC-08:00) Eastern Time (US & Canada)") == "a name such as Asia/Kolkata"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("EST", "is 5 hours behind UTC all year, also in summer; for New York: America/New_York"),
        ("MST", "is 7 hours behind UTC all year, also in summer; for Denver: America/Denver"),
        ("HST", "is 10 hours behind UTC all year, also in summer"),
        ("GMT", "is UTC all year, also in summer; for London: Europe/London"),
        ("Etc/GMT+5", "is 5 hours behind UTC all year, also in summer; for New York: America/New_York"),
        ("Etc/GMT-5", "is 5 hours ahead of UTC all year, also in summer"),
        ("Etc/GMT-1", "is 1 hour ahead of UTC all year, also in summer; for Berlin: Europe/Berlin"),
        (
            "est",
            "is read as 'EST'; it is 5 hours behind UTC all year, also in summer; for New York: America/New_York",
        ),
    ],
)
def test_an_offset_without_summer_time_is_a_warning_that_changes_meaning(typed: str, said: str) -> None:
    read = read_zone(typed)
    assert (read.name.casefold(), read.warning, read.changes_meaning) == (typed.casefold(), said, True)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("IST", "perhaps 'Asia/Kolkata' or 'Asia/Jerusalem' or 'Europe/Dublin'"),
        ("EDT", "perhaps 'America/New_York'"),
        ("ET", "perhaps 'America/New_York'"),
        ("Eastern", "perhaps 'America/New_York'"),
        ("PT", "perhaps 'America/Los_Angeles'"),
        ("CST", "perhaps 'America/Chicago' or 'Asia/Shanghai' or 'America/Havana'"),
        ("BST", "perhaps 'Europe/London' or 'Asia/Dhaka'"),
        ("GMT+5:30", "perhaps 'Asia/Kolkata'"),
        ("UTC+05:30", "perhaps 'Asia/Kolkata'"),
        ("+05:30", "perhaps 'Asia/Kolkata'"),
        ("UTC+5", "perhaps 'Asia/Karachi'"),
        ("GMT-5", "perhaps 'America/Bogota' or 'America/New_York'"),
        ("GMT+1", "perhaps 'Africa/Lagos' or 'Europe/Berlin'"),
        ("UTC+0:17", "a name such as Asia/Kolkata"),
        ("India", "perhaps 'Asia/Kolkata'"),
        ("Germany", "perhaps 'Europe/Berlin'"),
        ("UK", "perhaps 'Europe/London'"),
        ("United States", "a name such as Asia/Kolkata"),
        ("New York", "perhaps 'America/New_York'"),
        ("London", "perhaps 'Europe/London'"),
        ("Calcutta", "perhaps 'Asia/Kolkata'"),
        ("Europe\\Berlin", "perhaps 'Europe/Berlin'"),
        ("America/NewYork", "perhaps 'America/New_York'"),
        ("Asia/Calcuta", "perhaps 'Asia/Kolkata'"),
        ("Asia/Kolkatta", "perhaps 'Asia/Kolkata'"),
        ("Europe/Kiyv", "perhaps 'Europe/Kyiv'"),
        ("Asia/Mumbai", "perhaps 'Asia/Kolkata'"),
        ("Asia/Bangalore", "perhaps 'Asia/Kolkata'"),
        ("America/Boston", "perhaps 'America/New_York'"),
        ("America/Houston", "perhaps 'America/Chicago'"),
        ("America/Miami", "perhaps 'America/New_York'"),
        ("America/Washington", "perhaps 'America/New_York'"),
        ("Asia/Hanoi", "perhaps 'Asia/Bangkok'"),
        ("Asia/Atlantis", "a name such as Asia/Kolkata"),
        ("Ostern", "a name such as Asia/Kolkata"),
        ("", "a name such as Asia/Kolkata"),
    ],
)
def test_what_is_suggested_is_known_to_be_meant(typed: str, right: str) -> None:
    assert advice(typed) == right


@given(
    st.integers(-12, 14).filter(bool), st.sampled_from(["", ":00", ":30", ":45"]), st.sampled_from(["UTC", "GMT", ""])
)
def test_what_is_suggested_for_an_offset_has_that_offset_and_is_never_called_by_it(
    hours: int, minutes: str, before: str
) -> None:
    said = advice(f"{before}{hours:+d}{minutes}")
    assert "GMT" not in said
    for zone in said.removeprefix("perhaps ").split(" or ") if said.startswith("perhaps") else ():
        told = (abs(hours) * 60 + int(minutes[1:] or 0)) * (-1 if hours < 0 else 1)
        name = zone.strip("'")
        assert told in {utc_offset(name, 1), utc_offset(name, 7)}


def utc_offset(zone: str, month: int) -> float:
    offset = datetime(2026, month, 15, 12, tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset.total_seconds() / 60


PLACES = sorted(it for it in ZONES if it.count("/") == 1 and len(it.partition("/")[2]) > 6 and it[:4] != "Etc/")


@given(st.sampled_from(PLACES), st.data())
def test_a_letter_that_is_missing_leads_to_the_same_offset_or_to_no_suggestion(zone: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(zone.index("/") + 1, len(zone) - 1))
    try:
        found = read_zone(zone[:at] + zone[at + 1 :]).name
    except CellError as error:
        if not error.right.startswith("perhaps"):
            return
        found = error.right.removeprefix("perhaps ").strip("'")
    assert (utc_offset(found, 1), utc_offset(found, 7)) == (utc_offset(zone, 1), utc_offset(zone, 7))


WRITTEN = {zone.casefold(): zone for zone in ZONES}
_PARTS = sorted({part for zone in ZONES for part in zone.replace("_", "/").split("/")})


@given(
    # names that are there, as any parts put together are one too seldom
    st.one_of(
        st.sampled_from(sorted(ZONES)).map(lambda zone: zone.split("/")),
        st.lists(st.sampled_from(_PARTS), min_size=1, max_size=3),
    ),
    st.sampled_from(["/", " / ", " ", "_"]),
    st.sampled_from([str, str.lower, str.upper, str.title]),
)
def test_whatever_zone_is_accepted_is_the_only_one_that_is_written_so_and_the_warning_says_it(
    parts: list[str], between: str, spelled: Callable[[str], str]
) -> None:
    typed = spelled(between.join(parts))
    try:
        read = read_zone(typed)
    except CellError:
        return
    if typed != read.name and not read.changes_meaning:
        plain = re.sub(r"\s*/\s*", "/", typed).replace(" ", "_").casefold()
        assert WRITTEN[plain] == read.name
    if typed != read.name:
        assert f"'{read.name}'" in read.warning
