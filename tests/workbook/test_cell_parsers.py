from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.campaign import DialingMode
from loader.model.row import CellError
from loader.workbook.cell_parsers import (
    Reader,
    Reading,
    detection,
    dialing_mode,
    is_blank,
    names,
    one_of,
    text,
    time_of_day,
    windows,
    zone,
)
from loader.workbook.columns import COLUMNS, Column
from loader.workbook.quantities import minutes, priority, seconds, times, whole_number

TRIMMED = "is read without the blanks around it"
PLAIN_BLANKS = "is read with plain blanks instead of non-breaking ones"
ZERO_WIDTH = "is read without the invisible character U+200B"
LOST = "is a number too long for Excel, which has lost its last digits"
A_DATE = datetime.fromisoformat("2026-03-01")


@pytest.mark.parametrize("value", [None, "", " ", "\n", "\u00a0", "\u202f", "\u200b", "\ufeff \u00ad"])
def test_nothing_to_see_is_a_blank(value: object) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, "-", "0", 0.0, time(0)])
def test_a_zero_or_a_dash_is_no_blank(value: object) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        ("Spring", "Spring", ""),
        ("two\nlines", "two\nlines", ""),
        ("two\r\nlines", "two\nlines", ""),
        (" Spring", "Spring", TRIMMED),
        ("Spring\u00a0sale", "Spring sale", PLAIN_BLANKS),
        ("\u00a0Spring", "Spring", TRIMMED),
        ("Spr\u200bing\ufeff", "Spring", ZERO_WIDTH),
        (" Spr\u200bing", "Spring", f"{TRIMMED}; it {ZERO_WIDTH}"),
        ("#1 in the #REF! list", "#1 in the #REF! list", ""),
        ("नमस्\u200dते", "नमस्\u200dते", ""),  # a joiner is part of the word
        (2024, "2024", "is a number and is read as the text '2024'"),
        (2024.0, "2024", "is a number and is read as the text '2024'"),
        (-5, "-5", "is a number and is read as the text '-5'"),
    ],
)
def test_a_text_is_read_as_typed_and_a_change_is_a_warning(value: object, read: str, warning: str) -> None:
    assert text(value) == Reading(read, warning)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (2.5, "is a number with a fraction"),
        (2**53, LOST),
        (-(2**53), LOST),
        (1e300, LOST),
        (float("inf"), LOST),
        (float("nan"), LOST),
        (True, "is a yes/no value"),
        (A_DATE, "is a date or a time"),
        (time(9), "is a date or a time"),
        (timedelta(hours=9), "is a date or a time"),
        (object(), "cannot be read"),
        ("#REF!", "is an error, not a value"),  # as text files have it
        (" #N/A ", "is an error, not a value"),
        ("#DIV/0!", "is an error, not a value"),
        ("#NAME?", "is an error, not a value"),
        ("Err:508", "is an error, not a value"),  # LibreOffice's
        ("#####", "is an error, not a value"),
    ],
)
def test_a_value_that_may_not_be_what_was_typed_is_no_text(value: object, wrong: str) -> None:
    with pytest.raises(CellError) as caught:
        text(value)
    assert caught.value.wrong == wrong


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        ("north; west", ("north", "west"), ""),
        ("north\nwest\r\n", ("north", "west"), ""),
        (" north ;; west;", ("north", "west"), ""),
        ("north\u00a0a; west", ("north a", "west"), PLAIN_BLANKS),
        (7, ("7",), "is a number and is read as the text '7'"),
        (";", (), ""),
    ],
)
def test_lists_are_separated_by_semicolons_or_line_breaks(value: object, read: tuple[str, ...], warning: str) -> None:
    assert names(value) == Reading(read, warning)


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        (3, 3, ""),
        (3.0, 3, ""),
        ("3", 3, ""),
        (" 3\u00a0", 3, ""),
        ("3.0", 3, "is read as 3"),
        ("4,0", 4, "is read as 4"),
        (-1, -1, ""),
    ],
)
def test_a_whole_number_is_read_from_a_number_or_its_digits(value: object, read: int, warning: str) -> None:
    assert whole_number(value) == Reading(read, warning)


@pytest.mark.parametrize(
    "value", ["3.5", "three", "50%", "1,440", "1e2", "+3", "\u0663", 3.5, True, time(9), A_DATE, 1e300]
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(CellError):
        whole_number(value)


@pytest.mark.parametrize("value", ["Preview", "preview", " PREVIEW "])
def test_a_choice_is_known_in_any_case_and_spelled_as_the_contract_spells_it(value: str) -> None:
    assert one_of(DialingMode)(value).value == "Preview"


@pytest.mark.parametrize("value", ["Prev", 5, True])
def test_another_word_is_none_of_the_choices(value: object) -> None:
    with pytest.raises(CellError, match="is none of the choices"):
        one_of(DialingMode)(value)


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        ("Yes", "yes", ""),
        ("n", "no", ""),
        ("TRUE", "yes", ""),
        (False, "no", ""),
        (1, "yes", "is a number and is read as 'yes'"),
        (0.0, "no", "is a number and is read as 'no'"),
        ("oui", "yes", "is read as 'yes'"),
        ("✔", "yes", "is read as 'yes'"),
        ("on", "yes", "is read as 'yes'"),
        ("nein", "no", "is read as 'no'"),
        ("-", "no", "is read as 'no'"),
        ("Detect", "detect", ""),
        ("disconnect", "disconnect", ""),
    ],
)
def test_yes_and_no_are_read_in_any_office_programs_words(value: object, read: str, warning: str) -> None:
    assert detection(value) == Reading(read, warning)


@pytest.mark.parametrize("value", ["maybe", 2, "2", time(0), A_DATE])
def test_anything_else_is_neither_yes_nor_no(value: object) -> None:
    with pytest.raises(CellError, match="is neither yes nor no"):
        detection(value)


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        ("Asia/Kolkata", "Asia/Kolkata", ""),
        (" Asia/Kolkata ", "Asia/Kolkata", ""),
        ("asia/kolkata", "Asia/Kolkata", "is read as 'Asia/Kolkata'"),
        ("America/New York", "America/New_York", "is read as 'America/New_York'"),
    ],
)
def test_a_time_zone_is_read_in_any_case_with_a_warning(value: str, read: str, warning: str) -> None:
    assert zone(value) == Reading(read, warning)


@pytest.mark.parametrize(
    ("read", "value", "warning"),
    [
        (whole_number, "3\u200b", ZERO_WIDTH),
        (one_of(DialingMode), "Pre\u200bview", ZERO_WIDTH),
        (detection, "\u202ayes", "is read without the invisible character U+202A"),
        (zone, "Asia/Kolkata\u200b", ZERO_WIDTH),
        (windows, "9:00\u00a0AM - 5:00\u202fPM", PLAIN_BLANKS),
        (windows, "9:00 AM - 5:00 PM\n\u200b6 PM - 7 PM", ZERO_WIDTH),
        (windows, "\u00a09 AM - 5 PM\u00a0", ""),
        (time_of_day, "9\u00a0am", PLAIN_BLANKS),
    ],
)
def test_what_nobody_sees_is_passed_over_with_a_warning(read: Reader, value: str, warning: str) -> None:
    assert read(value).warning == warning


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("Kolkata", "perhaps 'Asia/Kolkata'"),
        ("New York", "perhaps 'America/New_York'"),
        ("Asia/Kolkatta", "perhaps 'Asia/Kolkata'"),
        (5.5, "a name such as Asia/Kolkata"),
    ],
)
def test_an_unknown_time_zone_is_refused_with_the_nearest_one(value: object, right: str) -> None:
    with pytest.raises(CellError) as caught:
        zone(value)
    assert caught.value.wrong == "is not a time zone of the tz database"
    assert caught.value.right == right


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (A_DATE, "is a date: Excel made one of what was typed"),  # 3-1 typed into a cell
        (time(9), "is one time, and a window has two"),
        (0.375, "is one time, and a window has two"),
        (True, "is not a time window"),
    ],
)
def test_a_weekdays_cell_holds_windows_as_text(value: object, wrong: str) -> None:
    with pytest.raises(CellError) as caught:
        windows(value)
    assert caught.value.wrong == wrong


@pytest.mark.parametrize(
    ("value", "read", "warning"),
    [
        (time(9), time(9), ""),
        ("9am", time(9), ""),
        (0.375, time(9), "is a number and is read as 9:00 AM"),
        (0, time(0), "is a number and is read as 12:00 AM"),
        (datetime.fromisoformat("2026-03-01 09:00"), time(9), "has a date, which is left out: it is read as 9:00 AM"),
        (timedelta(hours=9), time(9), ""),
        ("-", None, ""),
        ("Closed", None, ""),
    ],
)
def test_one_end_of_a_window_is_a_time_in_any_kind_of_cell(value: object, read: time | None, warning: str) -> None:
    assert time_of_day(value) == Reading(read, warning)


CELLS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.from_regex(r"[+0]{0,2}[0-9 ().E+-]{1,20}", fullmatch=True)
).filter(lambda value: not is_blank(value))


@pytest.mark.parametrize(
    "column", {column.read: column for column in COLUMNS}.values(), ids=lambda column: column.field
)
def test_whatever_a_cell_holds_is_read_or_refused_with_the_one_documented_error(column: Column) -> None:
    @given(CELLS)
    def check(value: object) -> None:
        try:
            reading = column.read(value)
        except CellError as error:
            told = error.wrong
        else:
            told = reading.warning
        assert not told.endswith((".", " "))

    check()


def test_dates_and_times_are_no_blanks() -> None:
    assert not is_blank(date(2026, 3, 1))


@pytest.mark.parametrize(
    ("reader", "value", "read", "warning", "changes"),
    [
        (minutes, "1 hour", 60, "is read as 60 minutes", True),
        (minutes, "60 min", 60, "is read as 60 minutes", False),
        (minutes, timedelta(hours=2), 120, "is a duration and is read as 120 minutes", True),
        (minutes, 60, 60, "", False),
        (seconds, "30s", 30, "is read as 30 seconds", False),
        (seconds, "1 min", 60, "is read as 60 seconds", True),
        (times, "3 times", 3, "is read as 3", False),
        (times, "3x", 3, "is read as 3", False),
    ],
)
def test_units_that_fit_the_column_are_read(
    reader: Reader, value: object, read: int, warning: str, changes: bool
) -> None:
    assert reader(value) == Reading(read, warning, changes)


@pytest.mark.parametrize(
    ("reader", "value", "wrong"),
    [
        (minutes, "1.440", "could be 1440 or a number with a fraction"),
        (minutes, "1,440", "could be 1440 or a number with a fraction"),
        (minutes, "30 s", "is not a whole number of minutes"),
        (minutes, time(1), "is a date or a time"),
        (seconds, "00:30", "is not a whole number"),
        (seconds, "€30", "is an amount of money, not a whole number"),
        (times, A_DATE, "is a date or a time"),
        (priority, "High", "is not a number, and which end runs first must be clear: 5 runs first, 1 last"),
        (priority, "P1", "is not a number, and which end runs first must be clear: 5 runs first, 1 last"),
        (priority, "1st", "is not a number, and which end runs first must be clear: 5 runs first, 1 last"),
        (detection, "x", "could be a tick for yes or a cross for no"),
    ],
)
def test_what_could_count_something_else_is_refused(reader: Reader, value: object, wrong: str) -> None:
    with pytest.raises(CellError) as caught:
        reader(value)
    assert caught.value.wrong == wrong


@pytest.mark.parametrize("value", ["agent-less", "Agent less", "Agentless mode"])
def test_a_dialing_mode_written_apart_is_read_with_a_warning(value: str) -> None:
    assert dialing_mode(value) == Reading(DialingMode.AGENTLESS, "is read as 'Agentless'", changes_meaning=True)


@pytest.mark.parametrize(
    ("value", "nearest"), [("IVR", "Agentless"), ("Blaster", "Agentless"), ("Predictive", "Progressive")]
)
def test_a_mode_that_the_api_has_not_is_refused_with_the_nearest(value: str, nearest: str) -> None:
    with pytest.raises(CellError, match="is no dialing mode of the API") as caught:
        dialing_mode(value)
    assert caught.value.right.startswith(nearest)


@given(st.integers(0, 10**6), st.sampled_from(["", " min", "m", " hours", "h", ".0", ",0", " s"]))
def test_a_number_of_minutes_that_is_accepted_has_one_reading_and_the_warning_says_it(number: int, unit: str) -> None:
    try:
        read = minutes(f"{number}{unit}")
    except CellError:
        return
    size = {"h": 60, "s": 1 / 60}.get(unit.strip()[:1], 1)
    assert read.value == number * size
    assert unit == "" or str(read.value) in read.warning


@pytest.mark.parametrize(
    ("value", "sign"), [("vip, south", ","), ("vip / south", "/"), ("vip & south", "&"), ("vip|south", "|")]
)
def test_a_sign_that_may_separate_names_is_a_warning_that_changes_meaning(value: str, sign: str) -> None:
    told = f"is read as one name where it has '{sign}' in it: names are separated by ';'"
    assert names(value)[:3] == Reading((value,), told, changes_meaning=True)[:3]
