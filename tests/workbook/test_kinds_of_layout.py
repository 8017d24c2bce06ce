"""Layouts that people give their sheets: one test each, named after its kind; no campaign that is not meant."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest
from openpyxl.worksheet.table import Table

from loader.errors import HeadersError
from loader.execution.read_request import check_sheet
from loader.workbook.reader.read import ReadOptions
from loader.workbook.reader.reader_process import ReaderProcess, content_of
from tests.workbook.people import DAYLESS, FULL, NINE, USUAL, WORKDAYS, Said, campaign, one, said_of, saved

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

WEEK = (*WORKDAYS, "Saturday", "Sunday")
NAMES = ("Camp 1", "Camp 2")


def camps(*names: str) -> list[list[object]]:
    return [campaign(name) for name in names]


def test_title_rows_above_and_a_total_and_notes_beneath(tmp_path: Path) -> None:
    notes = ("Total", None, "Notes: please do not call on bank holidays.", "* Caller ID must be approved")
    rows = [["Outbound calling - December"], ["Owner: Ops"], ["Status: draft v3"], [], FULL, *camps(*NAMES)]
    said = said_of(saved(tmp_path, [*rows, *([it] for it in notes)]))
    assert [*said.campaigns] == [*NAMES]
    wrong = "has a name and nothing else: a total or a note?; right: that row deleted, or filled in"
    assert said.errors == {
        "A8": f"A8 Campaign name: 'Total' {wrong}",
        "A10": f"A10 Campaign name: 'Notes: please do not call on bank holidays.' {wrong}",
        "A11": f"A11 Campaign name: '* Caller ID must be approved' {wrong}",
    }


@pytest.mark.parametrize("total", ["Summe", "TOTAL:", "Total général", "Grand total"])
def test_a_total_with_a_number_beneath_the_columns_of_numbers(tmp_path: Path, total: str) -> None:
    sums = [total, *[None] * 13, 6, 120, None, None]
    said = said_of(saved(tmp_path, [FULL, *camps(*NAMES), sums]))
    assert ([*said.campaigns], [*said.errors]) == ([*NAMES], ["A4"])


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_two_tables_one_under_the_other(tmp_path: Path, gap: int) -> None:
    second = [["South"], FULL, *camps("Camp 3")]
    said = said_of(saved(tmp_path, [["North"], FULL, *camps(*NAMES), *[[]] * gap, *second]))
    assert said.campaigns == {}
    assert f"Row {6 + gap} is a header row again, and one table a sheet is read" in said.refusal


@pytest.mark.parametrize(
    ("cell", "saturday"),
    [
        ("Mon-Fri 9-5", ""),
        ("Mon-Fri 9am-5pm, Sat 10-2", "10:00 AM - 2:00 PM"),
        ("Mon to Fri: 9am to 5pm\nSat: 10am to 2pm", "10:00 AM - 2:00 PM"),
        ("M-F 9-5", None),
        ("Mo-Fr 9-17; Sa 10-14", "10:00 AM - 2:00 PM"),
    ],
)
def test_one_column_of_calling_hours(tmp_path: Path, cell: str, saturday: str | None) -> None:
    said = one(tmp_path, {"Calling hours": cell})
    if saturday is None:
        assert [*said.errors] == ["L2"]
    else:
        assert said.week("Camp 1") == dict.fromkeys(WORKDAYS, NINE) | ({"Saturday": saturday} if saturday else {})


@pytest.mark.parametrize("header", ["Mon-Fri", "Mon - Fri", "Mo-Fr", "Monday to Friday", "Mon/Tue/Wed/Thu/Fri"])
def test_columns_of_a_range_of_days_and_of_single_days(tmp_path: Path, header: str) -> None:
    said = one(tmp_path, {header: "9am-5pm", "Sat": "10am-2pm", "Sun": None})
    assert said.week("Camp 1") == {**dict.fromkeys(WORKDAYS, NINE), "Saturday": "10:00 AM - 2:00 PM"}
    assert said.problems == []


@pytest.mark.parametrize("header", ["Weekdays", "Week days", "Weekend", "Mon-Fri hours", "M-F", "Workdays", "Mo.-Fr."])
def test_a_range_of_days_in_other_words_never_costs_a_day(tmp_path: Path, header: str) -> None:
    said = one(tmp_path, {header: "9am-5pm", "Sat": "10am-2pm"})
    assert f"'{header}'" in said.refusal if said.refusal else set(said.week("Camp 1")) >= set(WORKDAYS)


def test_a_range_beside_one_of_its_own_days(tmp_path: Path) -> None:
    assert "is the column 'Wednesday' already" in one(tmp_path, {"Mon-Fri": NINE, "Wed": "closed"}).refusal


def test_the_totals_row_of_a_table(tmp_path: Path) -> None:
    def total(sheet: Worksheet) -> None:
        table = Table(displayName="Calls", ref="A1:R4", totalsRowCount=1)
        sheet.add_table(table)
        sheet["A4"], sheet["O4"] = "Total", "=SUBTOTAL(109,O2:O3)"

    said = said_of(saved(tmp_path, [FULL, *camps(*NAMES)], total))
    assert [*said.campaigns] == [*NAMES]
    assert [it.sentence() for it in said.problems] == [
        "The sheet has the totals row of a table, which is passed over: 4."
    ]


@pytest.mark.parametrize(
    ("days", "language"),
    [
        ("Lundi Mardi Mercredi Jeudi Vendredi Samedi Dimanche", "French"),
        ("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "German"),
        ("Lunes Martes Miércoles Jueves Viernes Sábado Domingo", "Spanish"),
        ("lunedi martedi mercoledi giovedi venerdi sabato domenica", "Italian"),
        ("Maandag Dinsdag Woensdag Donderdag Vrijdag Zaterdag Zondag", "Dutch"),
        ("poniedziałek wtorek środa czwartek piątek sobota niedziela", "Polish"),
        ("Pazartesi Sal\u0131 Çarşamba Perşembe Cuma Cumartesi Pazar", "Turkish"),
        ("понедельник вторник среда четверг пятница суббота воскресенье", "Russian"),
        ("月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日", "Japanese"),
    ],
)
def test_days_of_another_language(tmp_path: Path, days: str, language: str) -> None:
    cells: list[str | None] = ["9:00 AM - 5:00 PM"] * 5 + [None, None]
    said = one(tmp_path, dict(zip(days.split(), cells, strict=True)))
    assert said.week("Camp 1") == dict.fromkeys(WORKDAYS, NINE), language


@pytest.mark.parametrize("day", ["Samedi", "Mar", "Do", "Mi", "Sabato"])
def test_a_day_of_another_language_alone(tmp_path: Path, day: str) -> None:
    said = one(tmp_path, {"Monday": NINE, day: "9am-5pm"})
    assert (said.campaigns, f"'{day}' stands over times of day" in said.refusal) == ({}, True)


def test_headers_in_another_language_are_reported_at_once(tmp_path: Path) -> None:
    headers = ["Nom de la campagne", "Description", "Liste de contacts", "Mode", "Fuseau horaire", "Lundi"]
    said = said_of(saved(tmp_path, [headers, ["Relance", "desc", "liste", "Agentless", "Europe/Paris", "9h-18h"]]))
    assert said.campaigns == {}
    assert "Row 1 names other columns, but none 'Campaign name'." in said.refusal


def test_headers_in_short_with_sunday_first(tmp_path: Path) -> None:
    short = "Campaign,Desc,Lists,Prio,Mode,Phone Number,TZ,Sun,Mon,Tues,Wed,Thurs,Fri,Sat,Attempts,Retry,Ring Time,Flow"
    week = [None, *["9AM-5PM"] * 5, None]
    row = ["C1", "d", "north", 3, "agentless", "+15101234567", "America/New_York", *week, 3, 60, 30, "Renewal"]
    said = said_of(saved(tmp_path, [short.split(","), row]))
    assert said.week("C1") == dict.fromkeys(WORKDAYS, NINE)
    found = said.campaigns["C1"]
    assert (found.priority, found.max_attempts, found.retry_period, found.max_ring_time) == (3, 3, 60, 30)
    assert said.warnings == ["P1 Retry names no unit, and is read as minutes"]


@pytest.mark.parametrize(
    "ends", [("Start", "End"), ("From", "To"), ("open", "close"), ("Von", "Bis"), ("Début", "Fin")]
)
def test_days_merged_over_start_and_end(tmp_path: Path, ends: tuple[str, str]) -> None:
    def merged(sheet: Worksheet) -> None:
        for at in range(2, 12, 2):
            sheet.merge_cells(start_row=1, end_row=1, start_column=at, end_column=at + 1)

    others = {header: value for header, value in USUAL.items() if header not in WORKDAYS}
    days = [it for day in WORKDAYS for it in (day, None)]
    upper, lower = ["Campaign name", *days, *others], [None, *ends * 5, *[None] * len(others)]
    row = ["Camp 1", *[time(9), time(17)] * 5, *others.values()]
    said = said_of(saved(tmp_path, [upper, lower, row], merged))
    if said.refusal:
        assert said.refusal.count("\n") == 0
        assert "write 'Monday start' and 'Monday end' into one row" in said.refusal
    else:
        assert said.week("Camp 1") == dict.fromkeys(WORKDAYS, NINE)


@pytest.mark.parametrize("number", [21, 26, 60])
def test_a_header_further_down(tmp_path: Path, number: int) -> None:
    said = said_of(saved(tmp_path, [*([f"Guideline {it}"] for it in range(1, number)), FULL, *camps(*NAMES)]))
    assert said.campaigns == {}
    assert f"The header is looked for in the first 20 rows, and stands in row {number}: delete rows above it" in (
        said.refusal
    )


@pytest.mark.parametrize("titles", [0, 2])
def test_a_campaign_a_column(tmp_path: Path, titles: int) -> None:
    turned = [list(it) for it in zip(FULL, *camps(*NAMES), strict=True)]
    said = said_of(saved(tmp_path, [["Plan"]] * titles + turned))
    assert said.campaigns == {}
    assert "The campaigns stand in columns, and one campaign a row is read" in said.refusal


def test_instructions_that_name_the_columns_before_the_sheet_of_campaigns(tmp_path: Path) -> None:
    def behind(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        instructions = sheet.parent.create_sheet("How to", 0)
        for header in FULL:
            instructions.append([header, "what to write here", "example"])

    assert [*said_of(saved(tmp_path, [FULL, *camps(*NAMES)], behind)).campaigns] == [*NAMES]


def test_headers_with_line_breaks_and_a_row_of_hints_beneath(tmp_path: Path) -> None:
    broken = [header.replace(" ", "\n") for header in FULL]
    hints = ["(max 48 chars)", "(free text)", None, None, None, "e.g. +15101234567"]
    blank = campaign("Camp 2", Contact_lists=None)
    said = said_of(saved(tmp_path, [broken, hints, *camps("Camp 1"), blank]))
    assert [*said.campaigns] == ["Camp 1"]
    assert [it.split(";")[0] for it in said.errors.values()] == [
        "A2 Campaign name: '(max 48 chars)' looks like a row of hints, and no campaign",
        "C4 Contact lists is blank",
    ]


@pytest.mark.parametrize(
    "days",
    [
        "Mon. Tues. Wed. Thurs. Fri. Sat. Sun.",
        "Mo Di Mi Do Fr Sa So",
        "Mo. Di. Mi. Do. Fr. Sa. So.",
        "MON TUE WED THU FRI SAT SUN",
        "lun. mar. mer. jeu. ven. sam. dim.",
        "Mo Tu We Th Fr Sa Su",
        "Ma Di Wo Do Vr Za Zo",
    ],
)
def test_days_in_short(tmp_path: Path, days: str) -> None:
    assert one(tmp_path, dict.fromkeys(days.split(), "9am-5pm")).week("Camp 1") == dict.fromkeys(WEEK, NINE)


@pytest.mark.parametrize("ends", [("Start", "End"), ("Open", "Close"), ("from", "until"), ("opens", "closes")])
def test_days_with_their_ends_in_other_words(tmp_path: Path, ends: tuple[str, str]) -> None:
    cells = {f"{day} {end}": at for day in ("Mon", "Wed") for end, at in zip(ends, ("9am", "5pm"), strict=True)}
    said = one(tmp_path, {**cells, "Thu": "9am-5pm"})
    assert said.week("Camp 1") == dict.fromkeys(("Monday", "Wednesday", "Thursday"), NINE)


def test_windows_under_the_ends_of_days_cost_no_day_without_a_word(tmp_path: Path) -> None:
    headers = ["Mon Start", "Mon End", "Tue Start", "Tue End", "Wed Open", "Wed Close", "Thu"]
    said = one(tmp_path, dict.fromkeys(headers, "9am-5pm"))
    assert (said.campaigns, len(said.errors)) == ({}, 6)


def told_of_prepared(tmp_path: Path, changes: dict[str, object], header: str = "") -> Said:
    prepared = [changes.get(it) for it in (*FULL, header)]
    return said_of(saved(tmp_path, [[*FULL, header or None], *camps(*NAMES), *[prepared] * 26]))


def test_check_boxes_dragged_down_to_the_end(tmp_path: Path) -> None:
    said = told_of_prepared(tmp_path, {"Approved": False, "Priority": 3}, "Approved")
    assert [*said.campaigns] == [*NAMES]
    assert said.warnings == [
        "The sheet has columns that are not used: 'Approved' in column S.",
        "The sheet has rows without a name, which are passed over: 4 to 29.",
    ]


def test_drop_downs_filled_ahead(tmp_path: Path) -> None:
    said = told_of_prepared(tmp_path, {"Dialing mode": "Agentless", "Timezone": "America/New_York"})
    assert [*said.campaigns] == [*NAMES]
    assert said.warnings == ["The sheet has rows without a name, which are passed over: 4 to 29."]


@pytest.mark.parametrize("cell", ["1pm-5pm", "Mon-Fri 1pm-5pm", "13:00-17:00"])
@pytest.mark.parametrize("header", ["Monday", "Calling hours"])
def test_more_windows_in_a_row_without_a_name_are_never_lost(tmp_path: Path, header: str, cell: str) -> None:
    row = {"Campaign name": "Camp 1", **DAYLESS, header: "Mon 9am-12pm" if header == "Calling hours" else "9am-12pm"}
    said = said_of(saved(tmp_path, [list(row), list(row.values()), [*[None] * (len(row) - 1), cell]]))
    assert [*said.errors] == ["A3"]
    assert "more windows of the row above? All windows of a day stand in one cell" in said.errors["A3"]


def test_a_title_across_merged_columns_between_campaigns_is_one_problem(tmp_path: Path) -> None:
    rows = [FULL, *camps("Camp 1"), ["Phase 2 (from May)"], *camps("Camp 2")]
    said = said_of(saved(tmp_path, rows, lambda sheet: sheet.merge_cells("A3:F3")))
    assert ([*said.campaigns], [*said.errors]) == ([*NAMES], ["A3"])


@pytest.mark.parametrize(("days", "unknown"), [("pon wt śr czw pt sob ndz", "ndz"), ("Mon Tue Wed Thu Vie", "Vie")])
def test_a_day_that_is_not_known_beside_those_that_are_costs_no_day_without_a_word(
    tmp_path: Path, days: str, unknown: str
) -> None:
    said = one(tmp_path, dict.fromkeys(days.split(), "9-17"))
    assert f"'{unknown}' stands beside the days, over calling hours, and is no known column" in said.refusal


def test_another_column_beside_the_days_may_be_left_over(tmp_path: Path) -> None:
    for cell in ("3-5", "18-65", "closed", "2026-03-01", 17):
        assert [*one(tmp_path, {"Monday": "9am-5pm", "Agents": cell}).campaigns] == ["Camp 1"]


def test_a_row_of_hints_for_every_column_is_one_problem(tmp_path: Path) -> None:
    hints = [f"({header})" for header in FULL]
    said = said_of(saved(tmp_path, [FULL, hints, *camps(*NAMES)]))
    assert ([*said.campaigns], [*said.errors]) == ([*NAMES], ["A2"])


def test_a_note_under_the_descriptions_is_one_problem(tmp_path: Path) -> None:
    said = said_of(saved(tmp_path, [FULL, *camps(*NAMES), [], [None, "Ask Ann before March"]]))
    assert ([*said.campaigns], [*said.errors]) == ([*NAMES], ["A5"])


def test_hours_filled_ahead_far_below_are_passed_over_in_one_line(tmp_path: Path) -> None:
    ahead = [None, None, None, 3, "Agentless", None, "America/New_York", *[NINE] * 5]
    said = said_of(saved(tmp_path, [FULL, *camps(*NAMES), *[ahead] * 5]))
    assert (said.errors, said.warnings) == ({}, ["The sheet has rows without a name, which are passed over: 4 to 8."])


@pytest.mark.parametrize("cell", ["Mon-Fri; Sat 10am-2pm", "Sat 10am-2pm; Mon-Fri", "Mon-Fri"])
def test_days_without_a_window_are_not_taken_for_closed(tmp_path: Path, cell: str) -> None:
    said = one(tmp_path, {"Calling hours": cell})
    assert said.campaigns == {}
    assert "names days without a window ('mon-fri')" in " ".join(said.errors.values())


def test_a_cell_of_several_days_has_its_warning_once(tmp_path: Path) -> None:
    assert len(one(tmp_path, {"Mon-Fri": "9-5"}).warnings) == 1


def test_an_end_that_says_closed_beside_a_time_is_not_called_blank(tmp_path: Path) -> None:
    said = one(tmp_path, {"Monday start": "closed", "Monday end": "5pm"})
    (told,) = said.errors.values()
    assert "'closed' says that there are no calls, and the other end of Monday is a time" in told


def test_wrong_headers_and_wrong_cells_are_reported_in_one_round(tmp_path: Path) -> None:
    headers = ["Phone" if header == "Caller ID" else header for header in FULL]
    edt = campaign("Camp 1", Timezone="EDT", Monday="1-5")
    rows: list[list[object]] = [[*headers], edt, campaign("Camp 2", Priority=9), ["Total"]]
    said = round_of(saved(tmp_path, rows))
    first, after, *cells = said.splitlines()
    assert first.endswith(
        "did you mean 'Caller ID'? If so, rename it, or name it in a mapping; else leave it out on "
        "purpose with --ignore 'Phone'."
    )
    assert after == "In the columns that are known, these cells are wrong:"
    assert [it.split("'")[0] for it in cells] == ["  G2 Timezone: ", "  H2 Monday: ", "  D3 Priority: "]


@pytest.mark.parametrize(("header", "mode"), [("Dial type", "Preview"), ("Dialing type", "Progressive")])
def test_what_a_wrong_header_may_settle_is_not_called_wrong(tmp_path: Path, header: str, mode: str) -> None:
    headers = [header if it == "Dialing mode" else it for it in FULL] + ["Queue"]
    rows: list[list[object]] = [[*headers], [*campaign("Camp 1", Dialing_mode=mode, Experience_flow=None), "Desk"]]
    assert "these cells are wrong" not in round_of(saved(tmp_path, rows))


def round_of(path: Path) -> str:
    """All that is said of a sheet with a wrong header."""
    with ReaderProcess() as reader:
        reader.hand_in(content_of(path), path.name)
        with pytest.raises(HeadersError) as caught:
            check_sheet(reader, path.name, ReadOptions())
    return str(caught.value)
