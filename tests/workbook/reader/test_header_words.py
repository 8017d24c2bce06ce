"""A header that may mean something is never merely not used: it is understood, refused, or ignored on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from loader.errors import HeadersError, WorkbookError
from loader.model.fixes import Sure
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED, ignoring, renaming_of
from loader.workbook.reader.read import read_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.model.row import Sheet
    from tests.workbook.conftest import MakeWorkbook

OTHERS = {
    "Campaign name": "Spring",
    "Description": "Renewals",
    "Contact lists": "north",
    "Caller ID": "+15105550123",
    "Timezone": "America/New_York",
    "Max attempts": 3,
    "Retry period": 60,
    "Max ring time": 30,
    "Experience flow": "Intake",
}
NINE, TEN = "9:00 AM - 5:00 PM", "10:00 AM - 2:00 PM"
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def written(make_workbook: MakeWorkbook, changes: Mapping[str, object], *without: str, **options: Any) -> Sheet:  # noqa: ANN401
    row = {**{header: value for header, value in OTHERS.items() if header not in without}, **changes}
    return read_sheet(make_workbook([list(row), list(row.values())]), **options)


def hours(sheet: Sheet) -> dict[str, str]:
    """The windows of the only campaign, by day."""
    (ready,) = validate(sheet).ready
    return {day: "; ".join(map(str, windows)) for day, windows in ready.campaign.calling_hours.items()}


def refusal(make_workbook: MakeWorkbook, changes: Mapping[str, object], *without: str) -> str:
    with pytest.raises(HeadersError) as caught:
        written(make_workbook, changes, *without)
    return str(caught.value).removeprefix("calls.xlsx, sheet 'Campaigns': ")


@pytest.mark.parametrize(
    "header", ["Mon-Fri", "Monday - Friday", "Mon. to Fri.", "Mon, Tue, Wed, Thu & Fri", "MON\u2013FRI"]
)
def test_a_header_of_several_days_stands_for_each_of_them(make_workbook: MakeWorkbook, header: str) -> None:
    sheet = written(make_workbook, {header: "9am-5pm", "Sat": "10am-2pm", "Sun": None})
    assert hours(sheet) == {**dict.fromkeys(WEEK, NINE), "Saturday": TEN}
    assert [it.wrong for it in validate(sheet).problems] == []


def test_days_together_may_have_a_start_and_an_end(make_workbook: MakeWorkbook) -> None:
    assert hours(written(make_workbook, {"Mon-Fri start": "9am", "Mon-Fri end": "5pm"})) == dict.fromkeys(WEEK, NINE)


def test_a_range_beside_one_of_its_own_days_is_an_error(make_workbook: MakeWorkbook) -> None:
    said = refusal(make_workbook, {"Mon-Fri": "9am-5pm", "Wed": "10am-2pm"})
    assert said == "K1 'Wed': J1 is the column 'Wednesday' already."


def test_a_fault_of_a_cell_of_several_days_is_reported_once(make_workbook: MakeWorkbook) -> None:
    (problem,) = validate(written(make_workbook, {"Mon-Fri": "1-5"})).problems
    assert problem.sentence().startswith("J2 Mon-Fri: '1-5' could be 1:00 AM - 5:00 AM or ")


@pytest.mark.parametrize(
    "headers",
    [
        ("Mon.", "Tues.", "Wed.", "Thurs.", "Fri."),
        ("Mo", "Di", "Mi", "Do", "Fr"),
        ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi"),
        ("lun.", "mar.", "mié.", "jue.", "vie."),
        ("Pazartesi", "Sal\u0131", "Çarşamba", "Perşembe", "Cuma"),
        ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日"),
    ],
)
def test_days_are_known_in_short_and_in_other_languages(make_workbook: MakeWorkbook, headers: tuple[str, ...]) -> None:
    assert hours(written(make_workbook, dict.fromkeys(headers, "9am-5pm"))) == dict.fromkeys(WEEK, NINE)


def test_a_name_of_another_language_alone_is_no_day(make_workbook: MakeWorkbook) -> None:
    sheet = written(make_workbook, {"Monday": "9am-5pm", "Mardi": "x", "Do": "y"})
    assert sheet.unused == ("Mardi", "Do")
    assert hours(sheet) == {"Monday": NINE}


def test_the_week_may_stand_in_one_column_of_days_and_windows(make_workbook: MakeWorkbook) -> None:
    sheet = written(make_workbook, {"Calling hours": "Mon-Fri 9-5, Sat 10-2"})
    assert hours(sheet) == {**dict.fromkeys(WEEK, NINE), "Saturday": TEN}
    (problem,) = validate(sheet).problems
    assert problem.changes_meaning
    assert problem.sentence() == (
        "J2 Calling hours: 'Mon-Fri 9-5, Sat 10-2' is read as Monday to Friday 9:00 AM - 5:00 PM; "
        "Saturday 10:00 AM - 2:00 PM"
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("9am-5pm", "says windows without a day"),
        ("Mon-Fri 1-5", "could be 1:00 AM - 5:00 AM or 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM ('mon-fri')"),
        ("Mon-Fri 9am-5pm; Wed 10am-2pm", "names Wednesday twice ('wed')"),
        ("weekdays 9am-5pm", "says windows without a day"),
        ("Mon 10pm-6am", "has the window 10:00 PM - 6:00 AM, which does not end after it starts; over midnight write"),
    ],
)
def test_a_week_in_one_cell_that_could_mean_two_things_is_refused(
    make_workbook: MakeWorkbook, cell: str, said: str
) -> None:
    (problem,) = validate(written(make_workbook, {"Calling hours": cell})).problems
    assert problem.wrong.startswith(said)
    assert (problem.row, problem.column) == (2, 10)


def test_a_week_in_one_cell_beside_columns_of_days_is_an_error(make_workbook: MakeWorkbook) -> None:
    said = refusal(make_workbook, {"Calling hours": "Mon 9am-5pm", "Tuesday": "9am-5pm"})
    assert said == "There are a column 'Calling hours' and columns of single days: keep one of the two."


@pytest.mark.parametrize(
    ("header", "cell", "why"),
    [
        ("Monday morning", "x", "is about days"),
        ("Weekdays", "9am-5pm", "is about days"),
        ("Availability", "9am-5pm", "stands over times of day"),
        ("Slot", "9h30-18h", "stands over times of day"),
    ],
)
def test_a_header_that_may_mean_something_is_an_error_until_it_is_ignored(
    make_workbook: MakeWorkbook, header: str, cell: str, why: str
) -> None:
    said = refusal(make_workbook, {"Monday": "9am-5pm", header: cell})
    assert said.startswith(f"K1 '{header}' {why}, and is no known column: ")
    assert said.endswith(f"--ignore '{header}'.")
    for renaming in (ignoring(NOTHING_RENAMED, [header]), renaming_of({"ignore": [header]})):
        sheet = written(make_workbook, {"Monday": "9am-5pm", header: cell}, renaming=renaming)
        assert sheet.unused == (header,)
        assert hours(sheet) == {"Monday": NINE}


def test_a_column_of_dates_or_of_notes_may_be_left_over(make_workbook: MakeWorkbook) -> None:
    changes = {"Monday": "9am-5pm", "Changed": "2026-03-01 10:00", "Notes": "ask Ann", "Moniker": "m", "Sunny": "no"}
    assert written(make_workbook, changes).unused == ("Changed", "Notes", "Moniker", "Sunny")


@pytest.mark.parametrize(
    ("header", "without", "field"),
    [
        ("Prio", "", "priority"),
        ("Priority (1-5)", "", "priority"),
        ("Campaign name *", "Campaign name", "name"),
        ("Campaign\nname", "Campaign name", "name"),
        ("Ring time (sec)", "Max ring time", "max_ring_time"),
        ("Retry period [min]", "Retry period", "retry_period"),
        ("Attempts", "Max attempts", "max_attempts"),
        ("Mon open", "", "monday_start"),
    ],
)
def test_names_people_give_a_column_are_known(
    make_workbook: MakeWorkbook, header: str, without: str, field: str
) -> None:
    value = OTHERS.get(without, 3)
    other_end = {"Mon close": None} if header == "Mon open" else {}
    sheet = written(make_workbook, {"Tuesday": "9am-5pm", header: value, **other_end}, without)
    assert field in sheet.columns


@pytest.mark.parametrize(
    ("header", "without", "meant"),
    [
        ("Phone", "Caller ID", "Caller ID"),
        ("Ring", "Max ring time", "Max ring time (seconds)"),
        ("Number of attempts", "Max attempts", "Max attempts"),
        ("Priority level", "", "Priority"),
        ("Priorität", "", "Priority"),
        ("Dial type", "", "Dialing mode"),
        ("Zone", "Timezone", "Timezone"),
    ],
)
def test_what_people_call_a_column_is_asked_about_once_and_left_out_on_purpose(
    make_workbook: MakeWorkbook, header: str, without: str, meant: str
) -> None:
    said = refusal(make_workbook, {"Monday": "9am-5pm", header: 3}, without)
    assert said.endswith(
        f"'{header}' is no known column: did you mean '{meant}'? If so, rename it, or name it in a mapping; else "
        f"leave it out on purpose with --ignore '{header}'."
    )
    assert "missing" not in said
    if not without:
        ignored = ignoring(NOTHING_RENAMED, [header])
        assert written(make_workbook, {"Monday": "9am-5pm", header: 3}, renaming=ignored).unused == (header,)


@pytest.mark.parametrize("header", ["Phone", "Max retries", "Ring", "Details", "Schedule"])
def test_beside_the_column_itself_such_a_name_is_somebodys_own(make_workbook: MakeWorkbook, header: str) -> None:
    assert written(make_workbook, {"Monday": "9am-5pm", header: "3"}).unused == (header,)


def test_a_second_column_of_a_day_is_reported_where_its_windows_belong(make_workbook: MakeWorkbook) -> None:
    assert refusal(make_workbook, {"Monday": "9am-12pm", "Monday 2": "1pm-5pm"}) == (
        "K1 'Monday 2' is no known column, and J1 is the column 'Monday' already: write all windows of a day into one "
        "cell, separated by ';', or leave it out on purpose with --ignore 'Monday 2'."
    )


@pytest.mark.parametrize("header", ["Retry", "Retry interval", "Retry delay"])
def test_a_retry_without_a_unit_is_read_as_minutes_and_a_warning_says_so(
    make_workbook: MakeWorkbook, header: str
) -> None:
    sheet = written(make_workbook, {"Monday": "9am-5pm", header: 60}, "Retry period")
    (problem,) = sheet.problems
    assert problem.sentence() == f"J1 {header} names no unit, and is read as minutes"
    assert problem.changes_meaning
    assert [(fix.text, fix.why) for fix in problem.fixes] == [("Retry period (minutes)", Sure.ALIAS)]


@pytest.mark.parametrize(
    ("header", "without", "said"),
    [
        (
            "Retry period (hours)",
            "Retry period",
            "is in another unit: 'Retry period (minutes)' is a number of minutes.",
        ),
        ("Ring time (min)", "Max ring time", "is in another unit: 'Max ring time (seconds)' is a number of seconds."),
        ("Priority (1 is first)", "", "says '1 is first' beside 'Priority': leave that out if it is that column."),
        ("Priority (1-10)", "", "says '1-10' beside 'Priority': leave that out if it is that column."),
    ],
)
def test_a_remark_that_changes_what_a_column_means_is_refused(
    make_workbook: MakeWorkbook, header: str, without: str, said: str
) -> None:
    assert refusal(make_workbook, {"Monday": "9am-5pm", header: 3}, without).endswith(f"'{header}' {said}")


def test_attempts_of_the_results_are_no_attempts_of_the_campaign(make_workbook: MakeWorkbook) -> None:
    results = {"Status": "Created", "Campaign ID": "c-1", "Attempts": 1}
    assert written(make_workbook, {"Monday": "9am-5pm", **results}).columns["max_attempts"] == 6
    with pytest.raises(HeadersError, match="These columns are missing: 'Max attempts'"):
        written(make_workbook, {"Monday": "9am-5pm", **results}, "Max attempts")


def test_a_header_in_two_rows_is_reported_in_one_sentence(make_workbook: MakeWorkbook) -> None:
    upper = [*OTHERS, "Monday", None]
    rows = [upper, [*[None] * len(OTHERS), "Start", "End"], [*OTHERS.values(), "9am", "5pm"]]
    with pytest.raises(HeadersError) as caught:
        read_sheet(make_workbook(rows))
    assert str(caught.value) == (
        "calls.xlsx, sheet 'Campaigns': Rows 1 and 2 are both headers (J2 'Start'), and one row is read: write "
        "'Monday start' and 'Monday end' into one row, and so on for each day."
    )


def test_campaigns_in_columns_are_reported_in_one_sentence(make_workbook: MakeWorkbook) -> None:
    with pytest.raises(WorkbookError, match=r"The campaigns stand in columns, .* paste it with 'Transpose'\."):
        read_sheet(make_workbook([[header, value, value] for header, value in OTHERS.items()]))
