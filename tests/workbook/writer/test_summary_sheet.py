"""What a run comes to, in numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.model.calling_hours import busy_hours, offset_text, zones_by_offset
from loader.model.campaign import Campaign, Weekday, Window
from loader.model.row import Outcome, Status
from loader.workbook.writer.summary_sheet import Summary, callable_campaigns, counts

if TYPE_CHECKING:
    from collections.abc import Mapping

WINTER = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def make_campaign(
    name: str = "Recall",
    *,
    zone: str = "UTC",
    hours: Mapping[Weekday, tuple[Window, ...]] | None = None,
) -> Campaign:
    return Campaign(
        name=name,
        description="Recall calls",
        contact_lists=("recall",),
        caller_id="+442079460018",
        timezone=zone,
        calling_hours=hours or {Weekday.MONDAY: (Window(time(9), time(12)),)},
        max_attempts=3,
        retry_period=60,
        max_ring_time=30,
        experience_flow="Recall intake",
    )


def make_summary(*, minutes: float, requests: int) -> Summary:
    return Summary(
        run="r1",
        user="maria",
        account="a1",
        host="platform.kore.ai",
        started_at=WINTER,
        ended_at=WINTER + timedelta(minutes=minutes),
        requests=requests,
    )


def hours_of(campaign: Campaign, at: datetime = WINTER) -> list[tuple[str, list[int]]]:
    grid = busy_hours([campaign], at)
    lines = zip(Weekday, grid, strict=True)
    return [(day.value, [hour for hour, number in enumerate(line) if number]) for day, line in lines if any(line)]


def test_every_status_is_counted_also_those_that_did_not_occur() -> None:
    outcomes = [Outcome(2, "a", Status.CREATED), Outcome(3, "b", Status.CREATED), Outcome(4, "c", Status.UNKNOWN)]
    assert {status.value: number for status, number in counts(outcomes).items()} == {
        "Created": 2,
        "Already exists": 0,
        "Conflict": 0,
        "Invalid": 0,
        "Rejected": 0,
        "Not sent": 0,
        "Unknown": 1,
    }


@pytest.mark.parametrize(
    ("minutes", "requests", "rate"), [(20, 1000, 50.0), (0.5, 20, 20.0), (0, 3, 3.0), (-1, 3, 3.0), (2, 0, 0.0)]
)
def test_the_rate_is_a_minutes_and_a_short_run_is_taken_for_one_minute(
    minutes: float, requests: int, rate: float
) -> None:
    assert make_summary(minutes=minutes, requests=requests).rate == rate


def test_an_hour_counts_from_the_first_minute_to_the_last() -> None:
    hours = {Weekday.MONDAY: (Window(time(9), time(12)), Window(time(13, 59), time(14, 1)))}
    assert hours_of(make_campaign(hours=hours)) == [("Monday", [9, 10, 11, 13, 14])]


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/London", WINTER, [("Monday", [9, 10, 11])]),
        ("Europe/London", SUMMER, [("Monday", [8, 9, 10])]),
        ("America/New_York", WINTER, [("Monday", [14, 15, 16])]),
        ("America/New_York", SUMMER, [("Monday", [13, 14, 15])]),
        ("Asia/Kolkata", WINTER, [("Monday", [3, 4, 5, 6])]),
        ("Australia/Sydney", WINTER, [("Monday", [0]), ("Sunday", [22, 23])]),
        ("Pacific/Kiritimati", WINTER, [("Sunday", [19, 20, 21])]),
    ],
)
def test_calling_hours_are_shown_in_utc(zone: str, at: datetime, expected: list[tuple[str, list[int]]]) -> None:
    assert hours_of(make_campaign(zone=zone), at) == expected


def test_late_hours_of_sunday_are_early_hours_of_monday() -> None:
    hours = {Weekday.SUNDAY: (Window(time(18), time(23, 59)),)}
    assert hours_of(make_campaign(zone="America/New_York", hours=hours)) == [
        ("Monday", [0, 1, 2, 3, 4]),
        ("Sunday", [23]),
    ]


def test_the_same_hours_by_another_clock() -> None:
    hours = {Weekday.MONDAY: (Window(time(9), time(12)),)}
    campaigns = [
        make_campaign(zone="Asia/Kolkata", hours=hours),
        make_campaign("Other", zone="Europe/London", hours=hours),
    ]
    grid = busy_hours(campaigns, WINTER, local=timedelta(hours=5, minutes=30))
    assert [(hour, number) for hour, number in enumerate(grid[0]) if number] == [
        *((9, 1), (10, 1), (11, 1), (14, 1), (15, 1), (16, 1), (17, 1)),
    ]


def test_zones_that_go_by_one_clock_stand_together_from_west_to_east() -> None:
    names = ["Asia/Kolkata", "Europe/London", "America/New_York", "UTC", "Asia/Colombo"]
    found = zones_by_offset([make_campaign(zone=name) for name in names], WINTER)
    assert [(offset_text(offset), zones) for offset, zones in found.items()] == [
        ("UTC-05:00", ["America/New_York"]),
        ("UTC+00:00", ["Europe/London", "UTC"]),
        ("UTC+05:30", ["Asia/Colombo", "Asia/Kolkata"]),
    ]


def test_two_windows_in_an_hour_are_one_campaign() -> None:
    hours = {Weekday.FRIDAY: (Window(time(9), time(9, 20)), Window(time(9, 40), time(9, 50)))}
    grid = busy_hours([make_campaign(hours=hours), make_campaign("Other", hours=hours)], WINTER)
    assert grid[4][9] == 2
    assert sum(map(sum, grid)) == 2


def test_campaigns_of_rejected_and_invalid_rows_do_not_call() -> None:
    names = ["created", "there", "conflict", "invalid", "rejected", "not sent", "unknown", "untold"]
    statuses = [Status.CREATED, Status.ALREADY_EXISTS, Status.CONFLICT, Status.INVALID, Status.REJECTED]
    statuses += [Status.NOT_SENT, Status.UNKNOWN]
    outcomes = [Outcome(row, name, status) for row, (name, status) in enumerate(zip(names, statuses, strict=False), 2)]
    standing = callable_campaigns([make_campaign(name) for name in names], outcomes)
    assert [campaign.name for campaign in standing] == ["created", "there", "conflict", "not sent", "unknown", "untold"]


def test_a_second_row_of_the_same_name_does_not_hide_the_first() -> None:
    outcomes = [Outcome(2, "Recall", Status.CREATED), Outcome(3, " RECALL", Status.INVALID)]
    assert callable_campaigns([make_campaign("Recall")], outcomes) == [make_campaign("Recall")]
