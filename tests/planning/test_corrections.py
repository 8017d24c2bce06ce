"""What a cell could hold instead: sure only where nothing else can be meant, and never what would not be read."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.fixes import WHY_SURE, Fix, Sure, in_words, perhaps
from loader.model.row import Draft, Problem, Sheet
from loader.planning.corrections import corrections, written
from loader.planning.readings import number_in, read_anew
from loader.planning.validate import validate
from loader.workbook.cell_parsers import Reading
from loader.workbook.columns import BY_FIELD, COLUMNS
from tests.sheets import GOOD

if TYPE_CHECKING:
    from collections.abc import Sequence


def problems_of(field: str, value: object, **others: object) -> Sequence[Problem]:
    """Those of a row with this value in one cell."""
    values = {**GOOD, **others, field: value}
    headers: list[object] = [BY_FIELD[it].header for it in values]
    columns = {it: at for at, it in enumerate(values, start=1)}
    cells = [headers, [*values.values()]]
    return validate(Sheet("calls.xlsx", "Data", 1, cells, columns, [Draft(2, values)])).problems


def fixes_of(field: str, value: object, **others: object) -> list[tuple[str, Sure | None]]:
    return [(fix.text, fix.why) for problem in problems_of(field, value, **others) for fix in problem.fixes]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", " Spring", "Spring"),
        ("name", 2026, "2026"),
        ("description", "a\u00a0b", "a b"),
        ("contact_lists", "north\u200b; west", "north; west"),
        ("timezone", "asia/kolkata", "Asia/Kolkata"),
        ("timezone", "India Standard Time", "Asia/Kolkata"),
        ("monday", "9-5", "9:00 AM - 5:00 PM"),
        ("monday", "9-12; 1-5", "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"),
        ("monday", "24/7", "12:00 AM - 11:59 PM"),
        ("max_attempts", "3 times", "3"),
        ("retry_period", "1 hour", "60"),
        ("max_ring_time", "30s", "30"),
        ("dialing_mode", "Agentless mode", "Agentless"),
        ("machine_detection", "oui", "yes"),
        ("machine_detection", 0, "no"),
    ],
)
def test_what_is_read_with_a_warning_is_sure_to_be_right_as_it_was_read(field: str, value: object, text: str) -> None:
    assert fixes_of(field, value) == [(text, Sure.READ_SO)]


def test_a_whole_week_is_written_out_as_it_was_read() -> None:
    text = "Monday - Friday 9:00 AM - 5:00 PM; Saturday 10:00 AM - 12:00 PM; 1:00 PM - 2:00 PM"
    typed = "Mon-Fri 9-5; Sat 10-12, 1-2"
    reading = read_anew("calling_hours", typed)
    assert corrections(reading, "calling_hours", lambda it: read_anew("calling_hours", it)) == (
        Fix(text, Sure.READ_SO),
    )


def test_what_the_api_switches_off_is_sure_to_be_off() -> None:
    others = {"dialing_mode": "Progressive", "queue": "Desk"}
    [problem] = [it for it in problems_of("machine_detection", "yes", **others) if it.header == "Machine detection"]
    assert [(fix.text, fix.why) for fix in problem.fixes] == [("no", Sure.READ_SO)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("america new york", "America/New_York"),
        ("America\\New-York", "America/New_York"),
        ("AmericaNewYork", "America/New_York"),
        ("us/hawaii.", "US/Hawaii"),
    ],
)
def test_a_zone_in_another_spelling_of_itself_is_sure(value: str, text: str) -> None:
    assert fixes_of("timezone", value) == [(text, Sure.ZONE)]


@pytest.mark.parametrize(
    ("field", "value", "texts"),
    [
        ("timezone", "Boston", ["America/New_York"]),
        ("timezone", "IST", ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"]),
        ("timezone", "US Pacific", ["America/Los_Angeles"]),
        ("timezone", "America/Chicagoo", ["America/Chicago"]),
        ("timezone", "EST", ["America/New_York"]),
        ("timezone", "etc gmt+5", []),
        ("monday", "1-5", ["1:00 AM - 5:00 AM", "1:00 AM - 5:00 PM", "1:00 PM - 5:00 PM"]),
        ("monday", "10:00 PM - 2:00 AM", []),
        ("monday", "9:00 AM - 12:00 AM", []),
        ("priority", "high", []),
        ("priority", 9, []),
        ("dialing_mode", "IVR", ["Agentless"]),
        ("dialing_mode", "power", ["Progressive", "Preview"]),
        ("contact_lists", "north, west", ["north; west"]),
        ("retry_period", "1,440", ["1440"]),
        ("caller_id", "15105550123", ["+15105550123"]),
        ("caller_id", "+1 510 555 0123", ["+15105550123"]),
        ("caller_id", "+15105550123 ext. 4", ["+15105550123"]),
        ("max_ring_time", None, []),
    ],
)
def test_what_a_person_has_to_say_is_never_sure(field: str, value: object, texts: list[str]) -> None:
    assert fixes_of(field, value) == [(text, None) for text in texts]


@pytest.mark.parametrize(
    ("start", "end"), [("9:00 AM", "12:00 AM"), (time(9), time(0)), ("9:00", "24:00"), (0.5, "12:00 AM")]
)
def test_the_end_of_a_day_is_offered_and_is_never_sure(start: object, end: object) -> None:
    values: dict[str, object] = {key: value for key, value in GOOD.items() if key != "monday"}
    values |= {"monday_start": start, "monday_end": end}
    columns = {it: at for at, it in enumerate(values, start=1)}
    *_, problem = validate(
        Sheet("calls.xlsx", "Data", 1, [[*values], [*values.values()]], columns, [Draft(2, values)])
    ).problems
    assert [(fix.text, fix.why) for fix in problem.fixes] == [("11:59 PM", None)]


def test_a_number_that_is_dialled_in_two_countries_is_offered_both_ways() -> None:
    reading = number_in("US", "4930901820")
    offered = corrections(reading, "caller_id", lambda it: number_in("US", it))
    assert all(fix.why is None for fix in offered)


def test_a_value_that_does_not_stand_in_its_cell_has_no_correction() -> None:
    values = {**GOOD, "timezone": "asia/kolkata"}
    columns = {it: at for at, it in enumerate(values, start=1)}
    cells: list[list[object]] = [[*values], [*GOOD.values()]]
    cells[1][4] = "Bombay"
    [problem] = validate(Sheet("calls.xlsx", "Data", 1, cells, columns, [Draft(2, values)])).problems
    assert problem.seen == "asia/kolkata"
    assert problem.fixes == ()


_TYPED = st.one_of(
    st.text(max_size=20),
    st.integers(-5, 20000),
    st.floats(),
    st.booleans(),
    st.times(),
    st.sampled_from(["9-5", "1-5", "Mon-Fri 9-5", "3 times", "1 hour", "est", "oui", "+1 (510) 555-0123", "0.5"]),
)


@given(field=st.sampled_from([it.field for it in COLUMNS] + ["calling_hours"]), value=_TYPED)
def test_a_correction_is_read_and_a_sure_one_as_the_same_and_without_a_word(field: str, value: object) -> None:
    reading = read_anew(field, value)
    for fix in corrections(reading, field, lambda it: read_anew(field, it)):
        again = read_anew(field, fix.text)
        assert isinstance(again, Reading)
        if fix.why is Sure.READ_SO:
            assert isinstance(reading, Reading)
            assert (again.value, again.warning) == (reading.value, "")
            assert field != "caller_id"


def test_what_nobody_types_is_not_written() -> None:
    assert (written(None), written(True), written(1.5)) == (None, None, None)


def test_a_label_is_one_short_line() -> None:
    assert Fix("America/New_York").label == "Use America/New_York"
    assert Fix("a\nb").label == "Use a b"
    assert len(Fix("x" * 300).label) < 70


def test_corrections_are_offered_in_a_line() -> None:
    assert in_words(()) == ""
    assert in_words([Fix("Asia/Kolkata", Sure.ZONE)]) == "Use Asia/Kolkata (sure)"
    assert in_words(perhaps("9:00 AM", "9:00 PM")) == "Use 9:00 AM, or use 9:00 PM"


def test_whatever_is_sure_has_its_reason() -> None:
    assert WHY_SURE.keys() == set(Sure)
