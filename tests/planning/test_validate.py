from __future__ import annotations

from datetime import time
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.model.campaign import Campaign, Weekday, Window
from loader.model.row import Draft, Problem, Severity, Sheet
from loader.planning.validate import ApiVersion, validate
from loader.workbook.columns import COLUMNS
from tests.sheets import GOOD

if TYPE_CHECKING:
    from loader.planning.checked import Checked

COLUMN_OF = {column.field: number for number, column in enumerate(COLUMNS, start=1)}
OVER = "which does not end after it starts; over midnight write "
NEXT = "and 12:00 AM - "
THERE = "on the next day"


def row(**changes: object) -> dict[str, object]:
    return {field: value for field, value in {**GOOD, **changes}.items() if value is not None}


def make_sheet(*rows: dict[str, object], problems: tuple[Problem, ...] = ()) -> Sheet:
    """A sheet with every column, its header in row 1."""
    drafts = [Draft(number, values) for number, values in enumerate(rows, start=2)]
    cells = [[column.header for column in COLUMNS]]
    return Sheet("calls.xlsx", "Data", 1, cells, COLUMN_OF, drafts, problems=problems)


def check(*rows: dict[str, object], **options: Any) -> Checked:  # noqa: ANN401
    return validate(make_sheet(*rows), **options)


def told(checked: Checked) -> list[str]:
    return [f"{problem.header}: {problem.wrong}" for problem in checked.problems]


def campaign(**changes: object) -> Campaign:
    checked = check(row(**changes))
    assert [problem for problem in checked.problems if problem.severity is Severity.ERROR] == []
    return checked.ready[0].campaign


def test_a_good_row_becomes_its_campaign() -> None:
    checked = check(row())
    assert checked.problems == []
    assert checked.invalid == {}
    (ready,) = checked.ready
    assert ready.row == 2
    assert ready.campaign == Campaign.model_validate(
        {
            "name": "Spring",
            "description": "Renewals",
            "contact_lists": ("north", "west"),
            "caller_id": "+15101234567",
            "timezone": "Asia/Kolkata",
            "calling_hours": {Weekday.MONDAY: (Window(time(9), time(18)),)},
            "max_attempts": 3,
            "retry_period": 60,
            "max_ring_time": 30,
            "experience_flow": "Intake",
        }
    )


def test_a_problem_has_its_place_the_value_seen_what_is_wrong_and_what_would_be_right() -> None:
    checked = check(row(), row(name="Autumn", priority=9))
    assert checked.problems == [
        Problem(3, 4, "Priority", "9", "is above 5", "a whole number from 1 to 5; 5 runs first", Severity.ERROR)
    ]
    assert [ready.row for ready in checked.ready] == [2]
    assert checked.invalid == {("", 3): "Autumn"}


def test_all_problems_of_all_rows_are_reported_at_once_in_the_order_of_the_sheet() -> None:
    first = row(name="x" * 53, priority="high", caller_id="1.5E+10", monday="1-5", max_attempts=101, queue="Desk")
    second = row(timezone="IST", contact_lists="a; a", experience_flow=None)
    assert told(check(first, second)) == [
        "Campaign name: is 53 characters long, and at most 48 are allowed",
        "Priority: is not a number, and which end runs first must be clear: 5 runs first, 1 last",
        "Caller ID: is a number that Excel has shortened; its last digits are lost",
        "Monday: could be 1:00 AM - 5:00 AM or 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM",
        "Max attempts: is above 100",
        "Queue: is filled, and a campaign in Agentless mode has none",
        "Contact lists: names the list 'a' twice",
        "Timezone: is not a time zone of the tz database",
        "Experience flow: is blank, and a campaign in Agentless mode needs it",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": None}, "Campaign name: is blank"),
        ({"name": "a\nb"}, "Campaign name: contains a line break or a tab"),
        ({"name": "a\ud800"}, "Campaign name: contains half of a character (a lone surrogate)"),
        ({"description": "x" * 257}, "Description: is 257 characters long, and at most 256 are allowed"),
        ({"contact_lists": ";"}, "Contact lists: has no names"),
        ({"contact_lists": ";".join("abcdefghijk")}, "Contact lists: has 11 names, and at most 10 are allowed"),
        (
            {"contact_lists": "north; we\u202est"},
            "Contact lists: has the name 'we\u202est', which contains the invisible direction mark U+202E",
        ),
        ({"priority": 0}, "Priority: is below 1"),
        ({"dialing_mode": "Power"}, "Dialing mode: is no dialing mode of the API"),
        (
            {"caller_id": "510-123-4567"},
            "Caller ID: would be +5101234567, which is no number of the numbering plan of country code +51",
        ),
        ({"frequency": "MONTHLY"}, "Frequency: is none of the choices"),
        ({"monday": None}, "Monday to Sunday: has no calling window on any weekday"),
        ({"monday": "closed"}, "Monday to Sunday: has no calling window on any weekday"),
        (
            {"monday": "10 PM - 6 AM"},
            f"Monday: has the window 10:00 PM - 6:00 AM, {OVER}10:00 PM - 11:59 PM here {NEXT}6:00 AM on the next day",
        ),
        (
            {"monday": "9 AM - 1 PM; 12 PM - 5 PM"},
            "Monday: has the windows 9:00 AM - 1:00 PM and 12:00 PM - 5:00 PM, which overlap",
        ),
        ({"dialing_order": "random"}, "Dialing order: is none of the choices"),
        ({"retry_period": "an hour"}, "Retry period (minutes): is not a whole number"),
        ({"max_ring_time": 4}, "Max ring time (seconds): is below 5"),
        ({"max_skips": 1}, "Max skips: is filled, and a campaign in Agentless mode has none"),
        ({"machine_detection": "maybe"}, "Machine detection: is neither yes nor no"),
    ],
)
def test_one_fault_in_a_row_is_reported_once_and_in_the_words_of_the_sheet(
    changes: dict[str, object], said: str
) -> None:
    checked = check(row(**changes))
    assert told(checked) == [said]
    assert checked.ready == []
    assert list(checked.invalid) == [("", 2)]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.field)
def test_a_cell_that_cannot_be_read_is_one_problem_and_no_second_one_follows_from_it(column: Any) -> None:  # noqa: ANN401
    changes: dict[str, object] = {column.field: 2.5}
    if column.field.endswith(("_start", "_end")):
        changes |= {
            "monday": None,
            column.field.replace("_start", "_end")
            if "start" in column.field
            else column.field.replace("_end", "_start"): time(9),
        }
    checked = check(row(**changes))
    assert [problem.header for problem in checked.problems] == [column.header]
    assert checked.problems[0].seen == "2.5"
    assert checked.problems[0].right


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        (time(9), time(18), time(9), time(18)),
        ("9am", 0.75, time(9), time(18)),
        ("9:00", "18:00", time(9), time(18)),  # side by side they are clear, as in one cell
        ("09:00", "17:30", time(9), time(17, 30)),
    ],
)
def test_a_weekday_may_be_two_time_cells(first: object, last: object, start: time, end: time) -> None:
    hours = campaign(monday=None, tuesday_start=first, tuesday_end=last).calling_hours
    assert hours == {Weekday.TUESDAY: (Window(start, end),)}


def test_two_cells_that_say_closed_are_a_day_without_calls() -> None:
    assert list(campaign(tuesday_start="closed", tuesday_end="-").calling_hours) == [Weekday.MONDAY]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (time(9), None, "Tuesday end: is blank, and the other end of Tuesday is not"),
        (None, time(9), "Tuesday start: is blank, and the other end of Tuesday is not"),
        (time(9), "-", "Tuesday end: says that there are no calls, and the other end of Tuesday is a time"),
        (time(9), time(0), "Tuesday end: ends at 12:00 AM, the midnight at the end of that day"),
        ("9 AM", "12 AM", "Tuesday end: after '9 AM' ends at 12:00 AM, the midnight at the end of that day"),
        (
            "01:00",
            "5 PM",
            "Tuesday end: after '01:00' could be 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM",
        ),
        ("9:00", time(18), "Tuesday start: has '9:00', which says neither AM nor PM"),
        (
            time(18),
            time(9),
            f"Tuesday end: has the window 6:00 PM - 9:00 AM, {OVER}6:00 PM - 11:59 PM here {NEXT}9:00 AM {THERE}",
        ),
        ("9 AM - 10 AM; 11 AM", "12 PM", "Tuesday start: has '9 am - 10 am; 11 am', which is not a time of day"),
    ],
)  # fmt: skip
def test_half_a_window_and_an_unclear_one_are_reported_on_their_cell(first: object, last: object, said: str) -> None:
    assert told(check(row(tuesday_start=first, tuesday_end=last))) == [said]


def test_a_fault_on_one_day_does_not_hide_a_fault_on_another() -> None:
    assert told(check(row(monday="1-5", tuesday="10 AM - 9 AM", wednesday_start=time(9)))) == [
        "Monday: could be 1:00 AM - 5:00 AM or 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM",
        f"Tuesday: has the window 10:00 AM - 9:00 AM, {OVER}10:00 AM - 11:59 PM here {NEXT}9:00 AM on the next day",
        "Wednesday end: is blank, and the other end of Wednesday is not",
    ]


def test_what_was_changed_on_the_way_is_a_warning_on_its_cell() -> None:
    checked = check(
        row(
            name=2024, caller_id=15101234567, timezone="asia/kolkata", monday=None, monday_start=0.375, monday_end="5pm"
        )
    )
    assert [(problem.severity, problem.header, problem.seen, problem.wrong) for problem in checked.problems] == [
        (Severity.WARNING, "Campaign name", "2024", "is a number and is read as the text '2024'"),
        (
            Severity.WARNING,
            "Caller ID",
            "15101234567",
            "is a number (Excel removes the plus) and is read as '+15101234567'",
        ),
        (Severity.WARNING, "Timezone", "asia/kolkata", "is read as 'Asia/Kolkata'"),
        (Severity.WARNING, "Monday start", "0.375", "is a number and is read as 9:00 AM"),
    ]
    assert len(checked.ready) == 1


def test_a_cell_with_an_error_has_no_warning_besides() -> None:
    assert told(check(row(caller_id=1510))) == [
        "Caller ID: is neither '+' with 7 to 15 digits nor a SIP number such as sip:1001@pbx.example.com"
    ]


def test_true_and_one_are_not_mistaken_for_each_other() -> None:
    assert told(
        check(
            row(machine_detection=True),
            row(name="b", machine_detection=1),
            row(name="c", priority=1),
            row(name="d", priority=True),
        )
    ) == [
        "Machine detection: is a number and is read as 'yes'",
        "Priority: is a yes/no value",
    ]


def test_a_name_that_is_there_already_names_the_row_that_has_it() -> None:
    checked = check(row(), row(name="Other"), row(name=" spring\u200b "), row(name="SPRING", priority=9))
    assert [problem.sentence() for problem in checked.problems if problem.severity is Severity.ERROR] == [
        r"A4 Campaign name: 'spring\u200b' is the name in row 2, too; right: a name that no other row has",
        "A5 Campaign name: 'SPRING' is the name in row 2, too; right: a name that no other row has",
        "D5 Priority: '9' is above 5; right: a whole number from 1 to 5; 5 runs first",
    ]
    assert [ready.row for ready in checked.ready] == [2, 3]


def test_a_name_is_compared_with_those_of_invalid_rows_too() -> None:
    assert [*check(row(priority=9), row()).invalid] == [("", 2), ("", 3)]


def test_what_the_reader_would_have_lost_makes_the_row_invalid_and_is_not_reported_twice() -> None:
    lost = Problem(2, COLUMN_OF["caller_id"], "Caller ID", "#REF!", "is an error, not a value")
    merged = Problem(3, COLUMN_OF["monday"], "Monday", "", "is merged")
    whole = Problem(4, None, "", "", "is in the file twice")
    warning = Problem(5, COLUMN_OF["name"], "Campaign name", "x", "is odd", severity=Severity.WARNING)
    hidden = Problem(None, None, "", "", "The sheet has a hidden row.", severity=Severity.WARNING)
    rows = (row(caller_id="#REF!"), row(name="b", monday=None), row(name="c"), row(name="d"))
    checked = validate(make_sheet(*rows, problems=(lost, merged, whole, warning, hidden)))
    assert checked.problems == [hidden, lost, merged, whole, warning]
    assert checked.invalid == {("", 2): "Spring", ("", 3): "b", ("", 4): "c"}
    assert [ready.row for ready in checked.ready] == [5]


def test_a_value_that_comes_from_no_cell_has_no_address() -> None:
    sheet = make_sheet(row(priority="9"))
    columns = {field: column for field, column in COLUMN_OF.items() if field != "priority"}
    elsewhere = Sheet("calls.xlsx", "Data", 1, sheet.cells, columns, sheet.drafts)
    (problem,) = validate(elsewhere).problems
    assert (problem.row, problem.column, problem.header, problem.seen) == (2, None, "Priority", "9")


def test_headers_are_named_as_the_sheet_names_them() -> None:
    sheet = make_sheet(row(priority=9))
    headers = [" PRIO " if column.field == "priority" else column.header for column in COLUMNS]
    (problem,) = validate(Sheet("calls.xlsx", "Data", 1, [headers], COLUMN_OF, sheet.drafts)).problems
    assert problem.header == "PRIO"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dnc_list": "Default Global DNC"}, "DNC list: is for version 2 of the API only"),
        ({"machine_detection": "detect"}, "Machine detection: is a word of version 2 of the API"),
        ({"machine_detection": "disconnect"}, "Machine detection: is a word of version 2 of the API"),
    ],
)
def test_version_1_of_the_api_has_no_words_of_version_2(changes: dict[str, object], said: str) -> None:
    checked = check(row(**changes))
    assert told(checked) == [said]
    assert "KORE_API_VERSION=v2" in checked.problems[0].right
    assert told(check(row(**{"dnc_list": "DNC", **changes}), api_version="v2")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "DNC list: is blank, and version 2 of the API needs it"),
        ({"dnc_list": 2.5}, "DNC list: is a number with a fraction"),
        (
            {"dnc_list": "DNC", "machine_detection": "yes"},
            "Machine detection: does not tell version 2 of the API what to do about a machine",
        ),
    ],
)
def test_version_2_of_the_api_needs_its_own(changes: dict[str, object], said: str) -> None:
    assert told(check(row(**changes), api_version="v2")) == [said]


@pytest.mark.parametrize(("mode", "skips"), [("Progressive", None), ("Preview", 2)])
def test_machine_detection_is_off_where_the_api_has_switched_it_off(mode: str, skips: int | None) -> None:
    changes = row(dialing_mode=mode, experience_flow=None, queue="Desk", max_skips=skips, machine_detection="yes")
    checked = check(changes)
    assert told(checked) == [f"Machine detection: is switched off by the API in {mode} mode, so 'no' is sent"]
    assert checked.problems[0].severity is Severity.WARNING
    assert checked.ready[0].campaign.machine_detection == "no"


VALUES = (
    st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.times() | st.datetimes() | st.timedeltas()
)


@settings(max_examples=200)
@given(
    st.lists(st.dictionaries(st.sampled_from([column.field for column in COLUMNS]), VALUES), max_size=3),
    st.sampled_from(["v1", "v2"]),
)
def test_every_row_is_ready_or_invalid_with_a_reason_whatever_its_cells_hold(
    rows: list[dict[str, object]], version: ApiVersion
) -> None:
    checked = check(*(row(**changes) for changes in rows), api_version=version)
    ready = {("", entry.row) for entry in checked.ready}
    errors = {("", problem.row) for problem in checked.problems if problem.severity is Severity.ERROR}
    assert ready | checked.invalid.keys() == {("", number) for number in range(2, len(rows) + 2)}
    assert checked.invalid.keys() == errors
    assert all(problem.sentence() for problem in checked.problems)


def test_a_text_that_no_campaign_has_is_refused_at_once_whatever_it_is_made_of() -> None:
    for text in ("a" + " " * 30_000 + "b", "9-5;" * 8_000, "a" + "\u0301\u0323" * 15_000):
        begun = process_time()
        checked = check(row(**{column.field: text for column in COLUMNS}))
        assert process_time() - begun < 0.5
        assert f"Caller ID: is {len(text):,} characters long, and at most 4,000 are read" in told(checked)
    heaped = check(row(caller_id="+1510" + "\u0301\u0323" * 40 + "1234567"))
    assert told(heaped) == ["Caller ID: has more accents on one letter than any language"]
    assert campaign(name="Zażółć — 学校 🎉", description="—" * 60).description == "—" * 60
