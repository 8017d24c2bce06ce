from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.campaign import Window
from loader.model.row import CellError
from loader.workbook.time_windows import parse_time, parse_windows, window

if TYPE_CHECKING:
    from collections.abc import Callable

HYPHEN, NON_BREAKING_HYPHEN, FIGURE, EN, EM, BAR, MINUS = (
    "-",
    "\u2011",
    "\u2012",
    "\u2013",
    "\u2014",
    "\u2015",
    "\u2212",
)
DASHES = (HYPHEN, NON_BREAKING_HYPHEN, FIGURE, EN, EM, BAR, MINUS, "\uff0d")
BLANKS = ("", " ", "\u00a0", "\u202f", "\u2009", "  ")

LIKE = "windows such as 9:00 AM - 6:00 PM, several separated by ';'"
LAST = "11:59 PM, the last minute of the day"
NEITHER = "which says neither AM nor PM"
T = TypeVar("T")

minutes = st.times().map(lambda at: time(at.hour, at.minute))


def spellings(at: time) -> list[str]:
    """Every spelling that says by itself which time of day is meant."""
    hour, half = at.hour % 12 or 12, "AM" if at.hour < 12 else "PM"
    heads = [f"{hour}:{at.minute:02d}", f"{hour:02d}:{at.minute:02d}", f"{hour}.{at.minute:02d}"]
    heads += [f"{hour}:{at.minute:02d}:00"]
    heads += [str(hour)] if at.minute == 0 else []
    halves = [half, half.lower(), f"{half[0]}.{half[1]}.".lower(), half.title()]
    twelve = [f"{head}{blank}{word}" for head, blank, word in product(heads, BLANKS, halves)]
    return [*twelve, f"{at.hour:02d}:{at.minute:02d}", f"{at.hour:02d}:{at.minute:02d}:00"]


def outcome(parse: Callable[[Any], T], value: object) -> T | CellError:
    try:
        return parse(value)
    except CellError as error:
        return error


def refusal(text: str) -> str:
    with pytest.raises(CellError) as caught:
        parse_windows(text)
    return f"{caught.value.wrong}; {caught.value.right}"


@given(minutes, st.data())
def test_a_time_is_the_same_time_of_day_in_every_spelling(at: time, data: st.DataObject) -> None:
    assert parse_time(data.draw(st.sampled_from(spellings(at)))) == at


@given(minutes, minutes, st.data())
def test_a_window_is_the_same_window_in_every_spelling(start: time, end: time, data: st.DataObject) -> None:
    if end == time(0):
        return
    half_day = st.sampled_from([True, False])
    twelve = data.draw(half_day)
    draw = [
        data.draw(st.sampled_from([text for text in spellings(at) if (text[-1] in "mM.") == twelve]))
        for at in (start, end)
    ]
    between = data.draw(st.sampled_from([*DASHES, "to", "TO"]))
    around = data.draw(st.sampled_from(BLANKS))
    assert parse_windows(f"{draw[0]}{around}{between}{around}{draw[1]}") == (Window(start, end),)


@given(minutes)
def test_a_time_is_the_same_time_of_day_in_every_kind_of_cell(at: time) -> None:
    seconds = at.hour * 3600 + at.minute * 60
    assert parse_time(at) == at
    assert parse_time(timedelta(seconds=seconds)) == at
    assert parse_time(seconds / 86400) == at
    assert parse_time(float(f"{seconds / 86400:.8f}")) == at  # as Excel shows it
    if at != time(0):
        assert parse_time(datetime.combine(date(2026, 3, 1), at)) == at


@given(st.floats(min_value=-0.499, max_value=0.499), minutes)
def test_floating_point_noise_of_less_than_half_a_second_is_noise(noise: float, at: time) -> None:
    seconds = at.hour * 3600 + at.minute * 60 + noise
    if seconds >= 0:
        assert parse_time(seconds / 86400) == at
        assert parse_time(timedelta(seconds=seconds)) == at


@given(st.text() | st.from_regex("[0-9: .apmAPMto;\n\u2013-]{0,25}", fullmatch=True))
def test_whatever_is_typed_is_windows_or_the_one_documented_error(text: str) -> None:
    told = outcome(parse_windows, text)
    if isinstance(told, CellError):
        assert told.wrong
        assert told.right
    else:
        assert all(isinstance(parsed, Window) for parsed in told)


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.timedeltas() | st.times()
)
def test_whatever_a_cell_holds_is_a_time_or_the_one_documented_error(value: object) -> None:
    told = outcome(parse_time, value)
    if isinstance(told, CellError):
        assert told.wrong
        assert told.right
    else:
        assert (told.second, told.microsecond) == (0, 0)


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("9:00 AM - 6:00 PM", ["09:00-18:00"]),
        ("9am\u20135pm", ["09:00-17:00"]),
        ("9am to 5pm", ["09:00-17:00"]),
        ("9amto5pm", ["09:00-17:00"]),
        ("09:00-18:00", ["09:00-18:00"]),
        ("9.30 pm - 11 p.m.", ["21:30-23:00"]),
        ("18.30 - 20.00", ["18:30-20:00"]),
        ("12:30 - 17:00", ["12:30-17:00"]),
        ("12 AM - 12 PM", ["00:00-12:00"]),
        ("9:00 AM - 18:00", ["09:00-18:00"]),
        ("10:00 AM - 1:00 PM; 2:00 PM - 6:00 PM", ["10:00-13:00", "14:00-18:00"]),
        ("2pm-6pm\n10am-1pm\r\n", ["14:00-18:00", "10:00-13:00"]),
        ("9am-10am;;11am-12pm;", ["09:00-10:00", "11:00-12:00"]),
        ("", []),
        ("  ", []),
        ("-", []),
        ("—", []),
        ("closed", []),
        ("Closed ", []),
        ("OFF", []),
    ],
)
def test_the_spellings_of_the_contract(text: str, windows: list[str]) -> None:
    assert [f"{parsed.start:%H:%M}-{parsed.end:%H:%M}" for parsed in parse_windows(text)] == windows


@pytest.mark.parametrize(
    "text", ["9:00 - 18:00", "8:00 - 12:00; 13:00 - 17:00", "09:00 - 5:00; 6:30 - 7:00", "0:00 - 5:30"]
)
def test_a_single_digit_passes_beside_a_time_that_can_only_be_24_hour(text: str) -> None:
    assert parse_windows(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9-5", f"has '9', {NEITHER}; 9:00 AM or 9:00 PM"),
        ("9 - 5 PM", f"has '9', {NEITHER}; 9:00 AM or 9:00 PM"),
        ("9:00 - 5:00 PM", f"has '9:00', {NEITHER}, although its neighbour does; 9:00 AM or 9:00 PM"),
        ("01:00 - 5 PM", f"has '01:00', {NEITHER}, although its neighbour does; 1:00 AM or 1:00 PM"),
        ("1:00 - 5:00", f"has '1:00', {NEITHER}; 1:00 AM or 1:00 PM"),
        ("8:00 - 12:00", f"has '8:00', {NEITHER}; 8:00 AM or 8:00 PM"),
        (
            "9:00 AM - 1:00 PM; 02:00 - 05:00",
            f"has '02:00', {NEITHER}, although its neighbour does; 2:00 AM or 2:00 PM",
        ),
        ("12:30 - 13", f"has '13', {NEITHER}; 13:00"),
        ("9.30 - 18.30", f"has '9.30', {NEITHER}; 9:30 AM or 9:30 PM"),
        ("10 AM - 12 AM", f"ends at 12:00 AM, the midnight at the end of that day; {LAST}"),
        ("10:00 - 00:00", f"ends at 12:00 AM, the midnight at the end of that day; {LAST}"),
        ("10:00 - 24:00", f"has 24:00; {LAST}"),
        ("13 PM - 14 PM", f"has '13 pm', which no clock shows; {LIKE}"),
        ("0:30 AM - 1 AM", f"has '0:30 am', which no clock shows; {LIKE}"),
        ("9:60 AM - 1 PM", f"has '9:60 am', which no clock shows; {LIKE}"),
        (
            "9:00:30 AM - 5 PM",
            "has '9:00:30 am' with seconds, and calling hours have none; whole minutes such as 9:05 AM",
        ),
        ("9 am", f"has '9 am', which is not a time window; {LIKE}"),
        ("9am-10am, 1pm-2pm", f"has a window of more than two times; {LIKE}"),
        ("closed; 9am-10am", f"has 'closed', which is not a time window; {LIKE}"),
        ("9am-", f"has a window without a start or an end; {LIKE}"),
        ("nine to five", f"has 'nine', which is not a time of day; {LIKE}"),
    ],
)
def test_what_could_mean_two_times_is_refused_with_what_to_write(text: str, said: str) -> None:
    assert refusal(text) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "is a yes/no value, not a time of day"),
        (None, "is not a time of day"),
        (9, "is a number, not a time of day"),
        (float("nan"), "is a number, not a time of day"),
        (-0.25, "is a number, not a time of day"),
        (1, "is 24:00"),
        (timedelta(days=1), "is 24:00"),
        (datetime.fromisoformat("1900-01-01"), "is 24:00"),  # how Excel keeps 24:00 in a time cell
        (datetime.fromisoformat("1904-01-02"), "is 24:00"),
        (timedelta(hours=25), "is a duration of more than a day, not a time of day"),
        (timedelta(hours=-1), "is a duration of more than a day, not a time of day"),
        (datetime.fromisoformat("2026-03-01"), "is a date, not a time of day"),
        (time(9, 0, 30), "has seconds, and calling hours have none"),
        (0.3751, "has seconds, and calling hours have none"),
        ("9:00", "has '9:00', which says neither AM nor PM"),
        ("9", "has '9', which says neither AM nor PM"),
        ("", "has a window without a start or an end"),
    ],
)
def test_a_cell_that_holds_no_time_of_day_is_refused(value: object, said: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_time(value)
    assert caught.value.wrong == said
    assert caught.value.right


def test_a_window_made_of_two_cells_cannot_end_at_midnight_either() -> None:
    assert window(time(0), time(23, 59)) == Window(time(0), time(23, 59))
    with pytest.raises(CellError, match="ends at 12:00 AM"):
        window(time(9), time(0))
