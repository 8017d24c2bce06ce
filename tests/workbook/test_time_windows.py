from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.campaign import Window
from loader.model.row import CellError
from loader.workbook.time_windows import Windows, parse_time, read_windows, window

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
TWO, ONE = "windows such as 9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM", "a window within one day"
NONE = "and no reading of it keeps the windows in order"
BACKWARDS = "does not end after it starts"
SUCH = "AM or PM at every time, such as "
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


def spelled(read: Windows) -> tuple[str, str]:
    return "; ".join(map(str, read.windows)), read.warning


def refusal(text: str) -> str:
    with pytest.raises(CellError) as caught:
        read_windows(text)
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
    assert read_windows(f"{draw[0]}{around}{between}{around}{draw[1]}").windows == (Window(start, end),)


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
    told = outcome(read_windows, text)
    if isinstance(told, CellError):
        assert told.wrong
        assert told.right
    else:
        assert all(isinstance(parsed, Window) for parsed in told.windows)


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
    assert [f"{parsed.start:%H:%M}-{parsed.end:%H:%M}" for parsed in read_windows(text).windows] == windows


@pytest.mark.parametrize(
    "text", ["9:00 - 18:00", "8:00 - 12:00; 13:00 - 17:00", "09:00 - 5:00; 6:30 - 7:00", "0:00 - 5:30"]
)
def test_a_single_digit_passes_beside_a_time_that_can_only_be_24_hour(text: str) -> None:
    assert read_windows(text).windows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1-5", f"could be 1:00 AM - 5:00 AM or 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM; {SUCH}1:00 PM - 5:00 PM"),
        ("9-11", f"could be 9:00 AM - 11:00 AM or 9:00 AM - 11:00 PM or 9:00 PM - 11:00 PM; {SUCH}9:00 AM - 11:00 AM"),
        ("01:00 - 5 PM", f"could be 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM; {SUCH}1:00 PM - 5:00 PM"),
        (
            "8:00 - 12:00",
            f"could be 8:00 AM - 12:00 AM or 8:00 AM - 12:00 PM or 8:00 PM - 12:00 AM; {SUCH}8:00 AM - 12:00 PM",
        ),
        ("10 PM - 6", f"has '6', which says neither AM nor PM, {NONE}; AM or PM at every time"),
        ("24:00 - 06:00", "has a window that begins at 24:00; 12:00 AM, the first minute of the day"),
        ("10 AM - 12 AM", f"ends at 12:00 AM, the midnight at the end of that day; {LAST}"),
        ("10:00 - 00:00", f"ends at 12:00 AM, the midnight at the end of that day; {LAST}"),
        ("10:00 - 24:00", f"ends at 12:00 AM, the midnight at the end of that day; {LAST}"),
        ("13 PM - 14 PM", f"has '13 PM', which no clock shows; {LIKE}"),
        ("0:30 AM - 1 AM", f"has '0:30 AM', which no clock shows; {LIKE}"),
        ("9:60 AM - 1 PM", f"has '9:60 AM', which no clock shows; {LIKE}"),
        (
            "9:00:30 AM - 5 PM",
            "has '9:00:30 AM' with seconds, and calling hours have none; whole minutes such as 9:05 AM",
        ),
        ("9 am", f"has '9 am', which is not a time window; {LIKE}"),
        ("9am-10am-1pm", f"has '9am-10am-1pm', a window of more than two times; {LIKE}"),
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
        ("24:00", "is 24:00"),
        ("9", "has '9', which says neither AM nor PM"),
        ("", "has a window without a start or an end"),
    ],
)
def test_a_cell_that_holds_no_time_of_day_is_refused(value: object, said: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_time(value)
    assert caught.value.wrong == said
    assert caught.value.right


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("9:00 to 17:00", "9:00 AM - 5:00 PM"),
        ("9:00 AM until 5:00 PM", "9:00 AM - 5:00 PM"),
        ("09.00-18.00 Uhr", "9:00 AM - 6:00 PM"),
        ("9 Uhr - 18 Uhr", "9:00 AM - 6:00 PM"),
        ("8:30-17:00h", "8:30 AM - 5:00 PM"),
        ("9h-18h", "9:00 AM - 6:00 PM"),
        ("9h30-18h", "9:30 AM - 6:00 PM"),
        ("de 9h à 18h", "9:00 AM - 6:00 PM"),
        ("de 9:00 a 18:00", "9:00 AM - 6:00 PM"),
        ("0900-1700", "9:00 AM - 5:00 PM"),
        ("9 a.m. - 5 p.m.", "9:00 AM - 5:00 PM"),
        ("9a-5p", "9:00 AM - 5:00 PM"),
        ("9:00a-5:00p", "9:00 AM - 5:00 PM"),
        ("9:00 AM - noon", "9:00 AM - 12:00 PM"),
        ("noon-5pm", "12:00 PM - 5:00 PM"),
        ("midnight - 6am", "12:00 AM - 6:00 AM"),
        ("9：00－17：00", "9:00 AM - 5:00 PM"),  # noqa: RUF001 - full-width, as a Japanese keyboard types it
        ("9.00-17.00", "9:00 AM - 5:00 PM"),
        ("9:00-12:00 and 13:00-17:00", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
        ("9am-12pm, 1pm-5pm", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
    ],
)
def test_spellings_of_other_offices_and_countries_are_read_without_a_word(text: str, windows: str) -> None:
    assert spelled(read_windows(text)) == (windows, "")


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("9-5", "9:00 AM - 5:00 PM"),
        ("from 9 to 5", "9:00 AM - 5:00 PM"),
        ("10-2", "10:00 AM - 2:00 PM"),
        ("9 - 5 PM", "9:00 AM - 5:00 PM"),
        ("9-11 AM", "9:00 AM - 11:00 AM"),
        ("9:00 - 5:00 PM", "9:00 AM - 5:00 PM"),
        ("9-12; 1-5", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
        ("9-12 & 1-5", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
        ("9:00 AM - 1:00 PM; 02:00 - 05:00", "9:00 AM - 1:00 PM; 2:00 PM - 5:00 PM"),
        ("9-17", "9:00 AM - 5:00 PM"),
        ("08-20", "8:00 AM - 8:00 PM"),
        ("9-12 / 13-17", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
        ("von 9 bis 18 Uhr", "9:00 AM - 6:00 PM"),
        ("09:00-17:30 Uhr; 18-20 Uhr", "9:00 AM - 5:30 PM; 6:00 PM - 8:00 PM"),
        ("12:30 - 13", "12:30 PM - 1:00 PM"),
        *((text, "12:00 AM - 11:59 PM") for text in ("All day", "24h", "24 hours", "24/7", "00:00-24:00", "0-24")),
    ],
)
def test_a_spelling_with_one_reading_is_read_and_a_warning_says_how(text: str, windows: str) -> None:
    assert spelled(read_windows(text)) == (windows, f"is read as {windows}")


@pytest.mark.parametrize("text", ["n/a", "N/A", "none", "no", "No calls", "--", "CLOSED", "closed "])
def test_a_day_without_calls_has_many_words(text: str) -> None:
    assert read_windows(text) == ((), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "could be a tick for a day with calls or a cross for one without"),
        ("✓", "could be a tick for a day with calls or a cross for one without"),
        ("Yes", "could be a tick for a day with calls or a cross for one without"),
        ("holiday", "is about holidays, and calling hours are the same every week"),
        (
            "9:00 AM - 5:00 PM EST",
            "has the time zone 'EST', and a campaign's zone stands in the column 'Timezone'",
        ),
        (
            "9:00 AM-5:00 PM (lunch 12-1)",
            "has '(lunch 12-1)' in brackets: a break is left out by writing the windows before and after it",
        ),
    ],
)
def test_what_is_no_window_is_refused_with_the_sentence_that_fits(text: str, said: str) -> None:
    assert refusal(text).startswith(f"{said}; ")


def test_all_faults_of_a_cell_are_reported_at_once() -> None:
    assert refusal("9 AM - 5 PM (lunch 12-1) EST; 25-26; 10 PM - 6 AM").split("; it ") == [
        "has '(lunch 12-1)' in brackets: a break is left out by writing the windows before and after it",
        "has the time zone 'EST', and a campaign's zone stands in the column 'Timezone'",
        "has '25', which no clock shows",
        f"has the window 10:00 PM - 6:00 AM, which {BACKWARDS}; {TWO}; the windows alone; {LIKE}; {ONE}",
    ]


# a time as it is typed, and all the minutes of the day that a person may mean by it
typed_times = st.tuples(
    st.integers(1, 12), st.sampled_from(["", ":00", ":30"]), st.sampled_from(["", " AM", "pm", "a"])
)


def meanings(typed: tuple[int, str, str]) -> list[int]:
    hour, minutes, half = typed
    halves = {"": (0, 12), " AM": (0,), "a": (0,), "pm": (12,)}[half]
    return [(hour % 12 + more) * 60 + int(minutes[1:] or 0) for more in halves]


@given(st.lists(st.tuples(typed_times, typed_times), min_size=1, max_size=3), st.sampled_from(["; ", ", ", " and "]))
def test_whatever_is_accepted_has_exactly_one_reading_and_the_warning_says_it(
    pairs: list[tuple[tuple[int, str, str], tuple[int, str, str]]], between: str
) -> None:
    text = between.join("-".join(f"{hour}{minutes}{half}" for hour, minutes, half in pair) for pair in pairs)
    told = outcome(read_windows, text)
    two_digits = all(hour > 9 and minutes and not half for pair in pairs for hour, minutes, half in pair)
    if isinstance(told, CellError) or two_digits:  # the latter are on a 24-hour clock
        return
    possible = [
        list(zip(spans[::2], spans[1::2], strict=True))
        for spans in product(*(meanings(at) for pair in pairs for at in pair))
    ]
    (only,) = possible if len(possible) == 1 else filter(in_order, possible)
    assert [(at.start.hour * 60 + at.start.minute, at.end.hour * 60 + at.end.minute) for at in told.windows] == only
    assert told.warning == ("" if len(possible) == 1 else f"is read as {'; '.join(map(str, told.windows))}")


def in_order(spans: list[tuple[int, int]]) -> bool:
    moments = [at for start, end in spans for at in (start, end or 24 * 60)]
    return moments == sorted(moments) and all(start < (end or 24 * 60) for start, end in spans)


def test_a_window_made_of_two_cells_cannot_end_at_midnight_either() -> None:
    assert window(time(0), time(23, 59)) == Window(time(0), time(23, 59))
    with pytest.raises(CellError, match="ends at 12:00 AM"):
        window(time(9), time(0))
