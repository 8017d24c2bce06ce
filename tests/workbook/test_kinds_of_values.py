"""Values as people write them: one test a kind. What is read has one reading, and what is refused is told at once."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.model.row import CellError
from loader.workbook.columns import BY_FIELD
from tests.workbook.people import NINE, USUAL, column, said_of, saved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SPLIT = "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"
NIGHT = "9:00 AM - 6:00 PM"
DAY = "12:00 AM - 11:59 PM"
AS_READ: Mapping[str, str] = {
    **dict.fromkeys(("9-5", "9 - 5", "from 9 to 5", "9-17", "9 until 5", "9am-5", "9-5pm", "dalle 9 alle 17"), NINE),
    **dict.fromkeys(("All day", "24h", "24/7", "24 hours", "00:00-24:00", "24 Stunden", "24 Std.", "ganztägig"), DAY),
    **dict.fromkeys(("toute la journée", "todo el día", "always"), DAY),
    **dict.fromkeys(("9-12, 13-17", "9-12 / 13-17", "9-12 & 1-5", "9-12; 1-5", "9-12 und 13-17"), SPLIT),
    **dict.fromkeys(("von 9 bis 18 Uhr", "9-18", "od 9 do 18", "från 9 till 18"), NIGHT),
}
AS_WRITTEN: Mapping[str, str] = {
    **dict.fromkeys(("9am-5pm", "9AM-5PM", "9:00AM-5:00PM", "9.00-17.00", "0900-1700", "09:00\u201317:00"), NINE),
    **dict.fromkeys(("9:00 to 17:00", "9 a.m. - 5 p.m.", "09:00-17:00", "9:00 AM until 5:00 PM", "9a-5p"), NINE),
    **dict.fromkeys(("9:00\uff5e17:00", "9:00\u301c17:00", "9\uff1a00\uff0d17\uff1a00", "9u-17u", "9時-17時"), NINE),
    **dict.fromkeys(("09.00-18.00 Uhr", "9h-18h", "de 9h à 18h", "de 9:00 a 18:00", "9 Uhr - 18 Uhr"), NIGHT),
    **dict.fromkeys(("das 9h às 18h", "9H - 18H", "9h00-18h00"), NIGHT),
    **dict.fromkeys(("9:00-12:00 and 13:00-17:00", "9am-12pm;1pm-5pm", "9am-12pm\n1pm-5pm"), SPLIT),
}
CLOSED = ("n/a", "N/A", "none", "no", "No calls", "closed ", "-", "--", "\u2014", "geschlossen", "fermé", "cerrado")
REFUSED: Mapping[str, str] = {
    "1-5": "could be 1:00 AM - 5:00 AM or 1:00 AM - 5:00 PM or 1:00 PM - 5:00 PM",
    "9-11": "could be 9:00 AM - 11:00 AM or 9:00 AM - 11:00 PM or 9:00 PM - 11:00 PM",
    "x": "could be a tick for a day with calls or a cross for one without",
    "✓": "could be a tick for a day with calls or a cross for one without",
    "yes": "could be a tick for a day with calls or a cross for one without",
    "22:00-06:00": "over midnight write 10:00 PM - 11:59 PM here and 12:00 AM - 6:00 AM on the next day",
    "9:00 AM - 5:00 PM EST": "has the time zone 'EST', and a campaign's zone stands in the column 'Timezone'",
    "9:00-17:00 (CET)": "has the time zone 'CET', and a campaign's zone stands in the column 'Timezone'",
    "holiday": "is about holidays, and calling hours are the same every week",
    "closed (holiday)": "is about holidays, and calling hours are the same every week",
    "9:00 AM-5:00 PM (lunch 12-1)": "has '(lunch 12-1)' in brackets: a break is left out by writing the windows before",
    "9am-12am": "ends at 12:00 AM, the midnight at the end of that day",
    "9-5 or 10-6": "has '9-5 or 10-6', a window of more than two times",
    "9am-5pm daily": "has '5pm daily', which is not a time of day",
    "Mon 9-5": "has 'Mon 9', which is not a time of day",
    "same": "has 'same', which is not a time window",
}


def test_spellings_of_windows(tmp_path: Path) -> None:
    cells = [*AS_READ, *AS_WRITTEN, *CLOSED, *REFUSED]
    said = column(tmp_path, "Monday", cells)
    at = {cell: number for number, cell in enumerate(cells, start=2)}
    found = {cell: said.week(f"Camp {at[cell]}").get("Monday") for cell in (*AS_READ, *AS_WRITTEN, *CLOSED)}
    assert found == {**AS_READ, **AS_WRITTEN, **dict.fromkeys(CLOSED)}
    assert {place: text.split(" is read as ")[1] for place, text in said.changed.items()} == {
        f"H{at[cell]}": windows for cell, windows in AS_READ.items()
    }
    assert set(said.errors) == {f"H{at[cell]}" for cell in REFUSED}
    assert {cell: wrong in said.errors[f"H{at[cell]}"] for cell, wrong in REFUSED.items()} == dict.fromkeys(
        REFUSED, True
    )


ZONES: Mapping[str, str] = {
    **dict.fromkeys(("India Standard Time", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"), "Asia/Kolkata"),
    **dict.fromkeys(("Eastern Standard Time", "(UTC-05:00) Eastern Time (US & Canada)"), "America/New_York"),
    "W. Europe Standard Time": "Europe/Berlin",
    "GMT Standard Time": "Europe/London",
    "AUS Eastern Standard Time": "Australia/Sydney",
    **dict.fromkeys(("asia/kolkata", "ASIA/KOLKATA", "Asia / Kolkata"), "Asia/Kolkata"),
    "America/New York": "America/New_York",
}
FIXED: Mapping[str, str] = {
    "EST": "is 5 hours behind UTC all year, also in summer; for New York: America/New_York",
    "MST": "is 7 hours behind UTC all year, also in summer; for Denver: America/Denver",
    "HST": "is 10 hours behind UTC all year",
    "GMT": "is UTC all year, also in summer; for London: Europe/London",
    "Etc/GMT+5": "is 5 hours behind UTC all year, also in summer; for New York: America/New_York",
    "Etc/GMT-5": "is 5 hours ahead of UTC all year",
}
ADVISED: Mapping[str, str] = {
    "IST": "perhaps 'Asia/Kolkata' or 'Asia/Jerusalem' or 'Europe/Dublin'",
    **dict.fromkeys(("EDT", "ET", "Eastern", "US Eastern", "Eastern Time", "New York", "Boston"), "'America/New_York'"),
    "CST": "perhaps 'America/Chicago' or 'Asia/Shanghai'",
    "BST": "perhaps 'Europe/London'",
    **dict.fromkeys(("Germany", "Berlin", "Europe\\Berlin"), "perhaps 'Europe/Berlin'"),
    **dict.fromkeys(("India", "Mumbai", "Asia/Mumbai", "GMT+5:30", "UTC+05:30", "+05:30", "UTC +5.5"), "Asia/Kolkata"),
    "GMT+5": "perhaps 'Asia/Karachi'",
    "GMT-5": "America/",
    "Houston": "perhaps 'America/Chicago'",
    "America/NewYork": "perhaps 'America/New_York'",
    "Asia/Hanoi": "",
    "somewhere": "right: a name such as Asia/Kolkata",
}


def test_spellings_of_time_zones(tmp_path: Path) -> None:
    cells = ["Europe/Paris", *ZONES, *FIXED, *ADVISED]
    said = column(tmp_path, "Timezone", cells)
    at = {cell: number for number, cell in enumerate(cells, start=2)}
    assert {cell: said.campaigns[f"Camp {at[cell]}"].timezone for cell in ZONES} == ZONES
    for cell, wrong in FIXED.items():
        assert wrong in said.changed[f"G{at[cell]}"]
    assert set(said.errors) == {f"G{at[cell]}" for cell in ADVISED}
    for cell, right in ADVISED.items():
        assert right in said.errors[f"G{at[cell]}"]
        assert "Etc/" not in said.errors[f"G{at[cell]}"].split("right:")[1]


NUMBERS: Mapping[object, str] = {
    **dict.fromkeys(("+1 510 123 4567", "+1-510-123-4567", "+1.510.123.4567", "tel:+15101234567"), "+15101234567"),
    **dict.fromkeys(("\uff0b15101234567", "'+15101234567", "001 510 123 4567", "+15101234567\n"), "+15101234567"),
    15101234567: "+15101234567",
    "1-800-555-0199": "+18005550199",
    "0049 30 23125042": "+493023125042",
    "SIP:100@pbx.example.com": "sip:100@pbx.example.com",
}
NO_NUMBERS: Mapping[object, str] = {
    **dict.fromkeys(("(510) 555-0123", "510-555-0123", "5105550123", 5105550123), "or --country US, if it is dialled"),
    **dict.fromkeys(("030 23125042", "09876543210"), "begins with 0, as dialled inside a country"),
    **dict.fromkeys(("+15105550123 ext. 12", "+15105550123x12", "+1 510 555 0123 #12"), "has the extension"),
    "+49 (0)30 23125042": "has '(0)', which is dialled inside the country only",
    **dict.fromkeys(("1.51056E+10", "1,51056E+10"), "is a number that Excel has shortened"),
    "+1 510 555 0123 / +1 510 555 0124": "has 2 numbers, and a campaign shows one",
    **dict.fromkeys(("anonymous", "Private", "no caller id"), "hides the number, and the API needs one"),
    "main line": "is neither '+' with 7 to 15 digits nor a SIP number",
}


def test_spellings_of_caller_ids(tmp_path: Path) -> None:
    cells = [*NUMBERS, *NO_NUMBERS]
    said = column(tmp_path, "Caller ID", cells)
    at = {cell: number for number, cell in enumerate(cells, start=2)}
    assert {cell: said.campaigns[f"Camp {at[cell]}"].caller_id for cell in NUMBERS} == NUMBERS
    assert set(said.errors) == {f"F{at[cell]}" for cell in NO_NUMBERS}
    for cell, wrong in NO_NUMBERS.items():
        assert wrong in said.errors[f"F{at[cell]}"]


def test_a_number_cell_without_its_plus_beside_a_zone_without_summer_time(tmp_path: Path) -> None:
    said = column(tmp_path, "Caller ID", [5105550123])
    assert said.campaigns == {}
    assert "F2 Caller ID: '5105550123' would be +5105550123, which is no number" in said.errors["F2"]
    assert "is 5 hours behind UTC all year" in column(tmp_path, "Timezone", ["EST"]).changed["G2"]


def test_words_for_a_priority(tmp_path: Path) -> None:
    words = ("High", "low", "1 - High", "P1", "1st", "normal", "five", "⭐⭐⭐", "hoch", "#1")
    said = column(tmp_path, "Priority", [*words, "3.0", " 4 ", "4,0", "03", 2.5])
    ends = "is not a number, and which end runs first must be clear: 5 runs first, 1 last"
    assert [said.errors[f"D{at}"].partition("' ")[2].split(";")[0] for at in range(2, 12)] == [ends] * len(words)
    assert [said.campaigns[f"Camp {at}"].priority for at in range(12, 16)] == [3, 4, 4, 3]
    assert "is not a whole number" in said.errors["D16"]


def test_words_for_yes_and_no(tmp_path: Path) -> None:
    yes = ("Y", "✓", "✔", "TRUE", True, "1", 1, "oui", "ja", "sí", "Yes ", "on", "sim", "да", "はい", "tak", "wahr")
    no = ("N", False, 0, "nein", "off", "-", "non", "não", "нет", "nie", "falsch", "keine", "disabled")
    said = column(tmp_path, "Machine detection", [*yes, *no, "x", "perhaps"])
    found = [said.campaigns[f"Camp {at}"].machine_detection.value for at in range(2, len(yes) + len(no) + 2)]
    assert found == ["yes"] * len(yes) + ["no"] * len(no)
    assert [it.partition("' ")[2].split(";")[0] for it in said.errors.values()] == [
        "could be a tick for yes or a cross for no",
        "is neither yes nor no",
    ]


@pytest.mark.parametrize(
    ("header", "field", "cells"),
    [
        ("Max attempts", "max_attempts", {"3 times": 3, "3x": 3, "3,0": 3, "3 Versuche": 3, "3 fois": 3, "3": 3}),
        (
            "Retry period (minutes)",
            "retry_period",
            {
                "1 hour": 60,
                "60 min": 60,
                "60.0": 60,
                "1h": 60,
                "90 Minuten": 90,
                "1 Stunde": 60,
                "1h30": 90,
                "2 hrs": 120,
            },
        ),
        (
            "Max ring time (seconds)",
            "max_ring_time",
            {"30s": 30, "30 sec": 30, timedelta(seconds=30): 30, "30 Sek.": 30, "1 min": 60, "30 secondes": 30},
        ),
    ],
)
def test_numbers_with_units(tmp_path: Path, header: str, field: str, cells: Mapping[object, int]) -> None:
    said = column(tmp_path, header, [*cells])
    assert {cell: getattr(it, field) for cell, it in zip(cells, said.campaigns.values(), strict=True)} == cells


@pytest.mark.parametrize(
    "cell", ["1.440", "1,440", "1'440", "€30", date(2026, 5, 9), "30,5", time(1), "45 s", "1-2", "ca. 60"]
)
def test_a_number_that_could_be_another_is_refused(tmp_path: Path, cell: object) -> None:
    said = column(tmp_path, "Retry period (minutes)", [cell, 60])
    assert ([*said.campaigns], [*said.errors]) == (["Camp 3"], ["P2"])


def test_a_date_that_excel_made_of_a_window(tmp_path: Path) -> None:
    said = column(tmp_path, "Monday", [date(2026, 5, 9), time(9), 9])
    assert said.campaigns == {}
    assert "is a date: Excel made one of what was typed; right: the column formatted as text" in said.errors["H2"]
    assert said.errors["H3"].startswith("H3 Monday: '9:00 AM' is one time, and a window has two")
    assert said.errors["H4"].startswith("H4 Monday: '9' is one time, and a window has two")


@pytest.mark.parametrize("cell", ["a, b", "a & b", "a / b", "a|b", "a + b", "a\uff0cb", "a\uff1bb", "a\u3001b"])
def test_contact_lists_separated_by_another_sign(tmp_path: Path, cell: str) -> None:
    said = column(tmp_path, "Contact lists", [cell])
    assert said.campaigns["Camp 2"].contact_lists == (cell,)
    assert "in it: names are separated by ';'" in said.changed["C2"]


@pytest.mark.parametrize("cell", ["a; b", "a\nb", "a; b;", "a;b"])
def test_contact_lists_separated_as_they_should_be(tmp_path: Path, cell: str) -> None:
    assert column(tmp_path, "Contact lists", [cell]).campaigns["Camp 2"].contact_lists == ("a", "b")


def test_dialing_modes_as_people_call_them(tmp_path: Path) -> None:
    agentless = ("Agentless ", "AGENTLESS", "agent-less", "Agent less", "Agentless mode")
    alone = ("IVR", "Blaster", "Voice", "Automatic", "Robocall", "Outbound IVR", "Message drop", "No agent")
    agents = ("Predictive", "Power", "Power dialer")
    by_hand = ("Manual", "Click to call")
    said = column(tmp_path, "Dialing mode", [*agentless, *alone, *agents, *by_hand, "SMS", "whatever"])
    assert len(said.campaigns) == len(agentless)
    first = len(agentless) + 2
    rights = [it.split("; right: ")[1].split(",")[0] for it in said.errors.values()]
    assert rights == ["Agentless"] * len(alone) + ["Progressive"] * len(agents) + ["Preview"] * 2 + ["Agentless"] * 2
    assert "SMS campaigns are not loaded here" in said.errors[f"E{first + len(alone) + len(agents) + 2}"]


def test_the_advice_for_a_value_is_read_itself() -> None:
    for field, cell in (
        ("monday", "1-5"),
        ("timezone", "EDT"),
        ("timezone", "Mumbai"),
        ("monday", "9-11"),
        ("monday", "12-12"),
    ):
        with pytest.raises(CellError) as caught:
            BY_FIELD[field].read(cell)
        advised = caught.value.right.removeprefix("perhaps '").removesuffix("'").rpartition("such as ")[2]
        assert BY_FIELD[field].read(advised).warning == ""


def test_a_detection_that_the_api_switches_off_is_in_the_question(tmp_path: Path) -> None:
    row = {**USUAL, "Campaign name": "Camp 1", "Dialing mode": "Progressive", "Queue": "Desk", "AMD": "yes"}
    del row["Experience flow"]
    said = said_of(saved(tmp_path, [list(row), list(row.values())]))
    assert [*said.campaigns] == ["Camp 1"]
    (told,) = said.changed.values()
    assert "is switched off by the API in Progressive mode, so 'no' is sent" in told
