"""The calling hours of a week, in one line."""

from __future__ import annotations

from datetime import time

from loader.model.calling_hours import week_in_words
from loader.model.campaign import Weekday, Window
from tests.model.test_campaign import NINE_TO_SIX, make_campaign

WORK = [Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY]
ZONE = "each campaign by the clock of its own zone"


def test_days_alike_are_written_as_a_span() -> None:
    week = {**dict.fromkeys(WORK, (NINE_TO_SIX,)), Weekday.SATURDAY: (Window(time(10), time(14)),)}
    said = f"Monday to Friday 9:00 AM - 6:00 PM, Saturday 10:00 AM - 2:00 PM, no calls on Sunday; {ZONE}"
    assert week_in_words([make_campaign(calling_hours=week), make_campaign(name="B", calling_hours=week)]) == said
    assert week_in_words([]) == ""


def test_several_windows_of_a_day_stay_apart_unless_they_touch() -> None:
    noon = (Window(time(9), time(12)), Window(time(12), time(13)), Window(time(14), time(18)))
    said = week_in_words([make_campaign(calling_hours=dict.fromkeys(Weekday, noon))])
    assert said == f"Monday to Sunday 9:00 AM - 1:00 PM; 2:00 PM - 6:00 PM; {ZONE}"


def test_where_campaigns_differ_it_is_said_that_these_are_the_hours_of_all_of_them() -> None:
    late = {Weekday.MONDAY: (Window(time(17), time(21)),), Weekday.WEDNESDAY: (NINE_TO_SIX,)}
    assert week_in_words([make_campaign(), make_campaign(name="B", calling_hours=late)]) == (
        "Monday 9:00 AM - 9:00 PM, Wednesday 9:00 AM - 6:00 PM, no calls on Tuesday and Thursday to Sunday "
        f"(of all campaigns together, they differ); {ZONE}"
    )
