from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loader.model.campaign import ZONES, Campaign, DialingMode, Weekday, Window, clock, name_key

NINE_TO_SIX = Window(time(9), time(18))


def make_campaign(**changes: object) -> Campaign:
    values: dict[str, Any] = {
        "name": "Spring",
        "description": "Renewals",
        "contact_lists": ("north",),
        "caller_id": "+15101234567",
        "timezone": "Asia/Kolkata",
        "calling_hours": {Weekday.MONDAY: (NINE_TO_SIX,)},
        "max_attempts": 3,
        "retry_period": 60,
        "max_ring_time": 30,
        "experience_flow": "Intake",
    }
    values.update(changes)
    return Campaign.model_validate({name: value for name, value in values.items() if value is not None})


def faults(**changes: object) -> dict[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        make_campaign(**changes)
    return {detail["loc"]: detail["msg"].removeprefix("Value error, ") for detail in caught.value.errors()}


def test_what_may_be_left_out_has_the_documented_value() -> None:
    campaign = make_campaign()
    assert campaign.priority == 5
    assert campaign.dialing_mode == "Agentless"
    assert campaign.frequency == "WEEKLY"
    assert campaign.dialing_order == "FIFO"
    assert campaign.machine_detection == "no"


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        ("name", ["x", "x" * 48], ["", "x" * 49]),
        ("description", ["x", "x" * 256, "two\nlines"], ["", "x" * 257]),
        ("contact_lists", [("a",), tuple("abcdefghij")], [(), tuple("abcdefghijk")]),
        ("priority", [1, 5], [0, 6]),
        ("max_attempts", [1, 100], [0, 101]),
        ("retry_period", [1, 1440], [0, 1441]),
        ("max_ring_time", [5, 120], [4, 121]),
        ("frequency", ["WEEKLY", "DAILY", "CUSTOM"], ["weekly", "MONTHLY"]),
        ("dialing_order", ["FIFO", "LIFO"], ["fifo"]),
        ("timezone", ["Asia/Kolkata", "GB", "UTC"], ["IST", "asia/kolkata", "localtime", "Factory", ""]),
        (
            "caller_id",
            ["+1510123", "+123456789012345", "sip:1001@pbx.example.com", "sips:a.b@pbx:5061", "1001@pbx"],
            ["15101234567", "+151012", "+1234567890123456", "+1 510 123", "sip:", "@", "+٠١٢٣٤٥٦٧"],
        ),
    ],
)
def test_a_field_is_accepted_up_to_its_limits_and_refused_beyond(
    field: str, accepted: list[object], refused: list[object]
) -> None:
    for value in accepted:
        assert getattr(make_campaign(**{field: value}), field) == value
    for value in refused:
        assert list(faults(**{field: value})) == [(field,)]


def test_all_faults_are_said_at_once_also_those_of_the_mode() -> None:
    found = faults(name="x" * 49, priority=9, experience_flow=None, queue="Desk", calling_hours={})
    assert {place[0] for place in found} == {"name", "priority", "experience_flow", "queue", "calling_hours"}


@pytest.mark.parametrize(
    ("mode", "right", "wrong"),
    [
        (DialingMode.AGENTLESS, {}, {"queue": "Desk"}),
        (DialingMode.AGENTLESS, {}, {"max_skips": 0}),
        (DialingMode.AGENTLESS, {}, {"experience_flow": None}),
        (DialingMode.PROGRESSIVE, {"experience_flow": None, "queue": "Desk"}, {"queue": None}),
        (DialingMode.PROGRESSIVE, {"experience_flow": None, "queue": "Desk"}, {"experience_flow": "Intake"}),
        (DialingMode.PROGRESSIVE, {"experience_flow": None, "queue": "Desk"}, {"max_skips": 1}),
        (DialingMode.PREVIEW, {"experience_flow": None, "queue": "Desk", "max_skips": 0}, {"max_skips": None}),
        (DialingMode.PREVIEW, {"experience_flow": None, "queue": "Desk", "max_skips": 0}, {"max_skips": -1}),
    ],
)
def test_each_mode_has_its_own_fields(mode: DialingMode, right: dict[str, object], wrong: dict[str, object]) -> None:
    make_campaign(dialing_mode=mode, **right)
    assert list(faults(dialing_mode=mode, **{**right, **wrong})) == [(next(iter(wrong)),)]


def test_a_wrong_mode_is_one_fault_and_not_one_for_each_field_that_hangs_on_it() -> None:
    assert list(faults(dialing_mode="Prog", queue="Desk")) == [("dialing_mode",)]


def test_windows_are_put_in_order_and_days_without_calls_left_out() -> None:
    early, late = Window(time(8), time(12)), Window(time(13), time(17))
    campaign = make_campaign(calling_hours={Weekday.TUESDAY: (late, early), Weekday.MONDAY: ()})
    assert campaign.calling_hours == {Weekday.TUESDAY: (early, late)}


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ([("22:00", "06:00")], "over midnight write 10:00 PM - 11:59 PM here and 12:00 AM - 6:00 AM on the next day"),
        ([("09:00", "09:00")], "has the window 9:00 AM - 9:00 AM, which does not end after it starts"),
        (
            [("13:00", "17:00"), ("09:00", "13:01")],
            "has the windows 9:00 AM - 1:01 PM and 1:00 PM - 5:00 PM, which overlap",
        ),
    ],
)
def test_a_window_that_cannot_be_kept_is_refused_with_what_to_write(windows: list[tuple[str, str]], said: str) -> None:
    given_windows = tuple(Window(time.fromisoformat(start), time.fromisoformat(end)) for start, end in windows)
    (told,) = faults(calling_hours={Weekday.MONDAY: given_windows}).values()
    assert said in told


def test_windows_may_touch() -> None:
    touching = (Window(time(9), time(12)), Window(time(12), time(18)))
    assert make_campaign(calling_hours={Weekday.MONDAY: touching}).calling_hours[Weekday.MONDAY] == touching


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "a\nb", "contains a line break or a tab"),
        ("name", "a\x07b", "contains the control character U+0007"),
        ("name", "a\u202eb", "contains the invisible direction mark U+202E"),
        ("description", "a\x85b", "contains the control character U+0085"),
        ("contact_lists", ("north", "north"), "names the list 'north' twice"),
    ],
)
def test_texts_nobody_can_see_or_type_are_refused(field: str, value: object, said: str) -> None:
    assert list(faults(**{field: value}).values()) == [said]


@pytest.mark.parametrize(
    "same",
    [
        "spring  RENEWAL",
        " Spring\u00a0Renewal ",
        "Spring\u200b Renewal",
        "\uff33\uff50\uff52\uff49\uff4e\uff47 renewal",
        "SPRING\tRENEWAL",
    ],
)
def test_names_that_look_alike_are_one_campaign(same: str) -> None:
    assert name_key(same) == name_key("Spring Renewal") == "spring renewal"


def test_accents_written_in_one_or_two_characters_are_one_name_and_other_letters_are_not() -> None:
    assert name_key("Café") == name_key("Cafe\u0301")
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("Spring 1") != name_key("Spring 2")


@given(st.text())
def test_the_key_of_a_key_is_itself_so_that_comparing_twice_changes_nothing(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@pytest.mark.parametrize(
    ("at", "spelled"),
    [
        (time(0, 0), "12:00 AM"),
        (time(9, 5), "9:05 AM"),
        (time(12, 0), "12:00 PM"),
        (time(12, 59), "12:59 PM"),
        (time(23, 59), "11:59 PM"),
    ],
)
def test_a_time_is_spelled_on_the_12_hour_clock_without_a_leading_zero(at: time, spelled: str) -> None:
    assert clock(at) == spelled


def test_names_of_files_are_no_time_zones() -> None:
    assert "America/New_York" in ZONES
    assert not ZONES & {"localtime", "Factory"}
