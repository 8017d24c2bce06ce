"""Deadlines are times of day: in a zone, across the changes of its clocks."""

from __future__ import annotations

import time as machine
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from loader.errors import SettingsError
from loader.nightly.clock_times import next_time, passed_over, time_of_day, too_late, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-01-10 22:00", "2026-01-11 05:00"),
        ("2026-01-11 04:59", "2026-01-11 05:00"),
        ("2026-01-11 05:00", "2026-01-12 05:00"),
        ("2026-01-11 05:01", "2026-01-12 05:00"),
        ("2026-07-10 22:00", "2026-07-11 04:00"),
        # summer begins on 29 March 2026 at 01:00 UTC, and ends on 25 October
        ("2026-03-28 23:00", "2026-03-29 04:00"),
        ("2026-03-28 04:30", "2026-03-28 05:00"),
        ("2026-10-24 23:00", "2026-10-25 05:00"),
    ],
)
def test_six_in_the_morning_of_berlin(now: str, deadline: str) -> None:
    assert next_time(time(6), BERLIN, utc(now)) == utc(deadline)


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-03-29 00:00", "2026-03-29 00:30"),  # an hour before clocks would show it
        ("2026-03-29 00:45", "2026-03-29 01:30"),
        ("2026-10-25 00:00", "2026-10-25 00:30"),
        ("2026-10-25 00:45", "2026-10-25 01:30"),  # clocks show it again
        ("2026-10-25 02:00", "2026-10-26 01:30"),
    ],
)
def test_a_time_that_the_clock_jumps_over_or_shows_twice(now: str, deadline: str) -> None:
    assert next_time(time(2, 30), BERLIN, utc(now)) == utc(deadline)


@pytest.mark.parametrize(
    ("now", "hours", "said"),
    [
        ("2026-01-11 04:59", 12, ""),
        ("2026-01-11 05:00", 12, "0 h 0 min after its deadline of 06:00, and within 12 h after it"),
        ("2026-01-11 09:10", 12, "4 h 10 min after its deadline of 06:00, and within 12 h after it"),
        ("2026-01-11 16:59", 12, "11 h 59 min after"),
        ("2026-01-11 17:00", 12, ""),
        ("2026-01-11 07:29", 2.5, "within 2.5 h after it"),
        ("2026-01-11 07:30", 2.5, ""),
        ("2026-01-11 05:00", 0, ""),
        # the night in which summer begins, and the one in which it ends
        ("2026-03-29 15:59", 12, "11 h 59 min after"),
        ("2026-10-25 04:59", 25, "24 h 59 min after"),
        ("2026-10-25 04:59", 12, ""),
    ],
)
def test_a_night_that_begins_soon_after_its_deadline_has_missed_it(now: str, hours: float, said: str) -> None:
    found = too_late(time(6), BERLIN, utc(now), hours)
    assert (said in found) if said else (not found)


@pytest.fixture
def _machine_in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        machine.tzset()
        yield
    machine.tzset()


@pytest.mark.usefixtures("_machine_in_new_york")
def test_without_a_zone_it_is_the_machines_also_when_summer_begins_there() -> None:
    assert next_time(time(6), None, utc("2026-03-08 04:00")) == utc("2026-03-08 10:00")
    assert next_time(time(6), None, utc("2026-03-07 04:00")) == utc("2026-03-07 11:00")


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        (time(2, 30), "Europe/Berlin", datetime(2027, 3, 28, 2, 30)),  # noqa: DTZ001
        (time(3, 0), "Europe/Berlin", None),
        (time(1, 59), "Europe/Berlin", None),
        (time(0, 0), "Africa/Cairo", datetime(2027, 4, 30, 0, 0)),  # noqa: DTZ001
        (time(2, 30), "Asia/Kolkata", None),
    ],
)
def test_a_time_that_the_clocks_pass_over_is_known_before(at: time, zone: str, day: datetime | None) -> None:
    assert passed_over(at, ZoneInfo(zone), utc("2026-11-24 12:00")) == (day and day.replace(tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize("text", ["", "6", "6:00", "24:00", "06:60", "6 am", "06:00:00", "-1:00", "0\\u0666:00"])
def test_what_is_no_time_of_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        time_of_day("--deadline", text)
    assert str(caught.value) == f"--deadline '{text}': should be a time from 00:00 to 23:59, such as 06:00"
    assert time_of_day("--deadline", "06:05") == time(6, 5)


@pytest.mark.parametrize("name", ["Europe/Berln", "CET+1", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        zone_named("--timezone", name)
    assert str(caught.value) == f"--timezone '{name}': should be a name of the tz database such as Europe/Berlin"
    assert zone_named("--timezone", "Asia/Kolkata") == ZoneInfo("Asia/Kolkata")
