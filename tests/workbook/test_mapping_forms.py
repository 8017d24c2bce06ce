"""What a mapping can say beside names and words: one column for several, constants, prefixes, joins, separators."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from loader.workbook.mapping import NOTHING_RENAMED, renaming_of
from loader.workbook.mapping_draft import mapping_draft
from tests.workbook.people import DAYLESS, NINE, WORKDAYS, Said, said_of, saved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def mapped(folder: Path, mapping: dict[str, Any], *rows: Mapping[str, object], without: tuple[str, ...] = ()) -> Said:
    """What is said of good rows with these changes, read with a mapping."""
    usual: dict[str, object] = {"Campaign name": "Camp", **DAYLESS, "Monday": NINE}
    base = {header: value for header, value in usual.items() if header not in without}
    several = [{**base, "Campaign name": f"Camp {at}", **changes} for at, changes in enumerate(rows, start=1)]
    headers = list(dict.fromkeys(header for row in several for header in row))
    if "Campaign name" in without:
        headers.remove("Campaign name")
    return said_of(
        saved(folder, [headers, *([row.get(it) for it in headers] for row in several)]), renaming_of(mapping)
    )


def test_a_column_of_theirs_may_be_several_of_ours(tmp_path: Path) -> None:
    agents = {"Dialing mode": "Progressive", "Experience flow": None}
    said = mapped(
        tmp_path,
        {"headers": {"Grp": ["Contact lists", "Queue"]}},
        {"Grp": "Gold"},
        {"Grp": "Silver", **agents},
        without=("Contact lists",),
    )
    assert said.errors == {}
    assert [(it.contact_lists, it.queue) for it in said.campaigns.values()] == [
        (("Gold",), None),
        (("Silver",), "Silver"),
    ]


def test_a_column_of_days_and_windows_is_the_whole_week(tmp_path: Path) -> None:
    said = mapped(
        tmp_path,
        {"headers": {"Dialling plan": "Calling hours"}},
        {"Dialling plan": "Mon-Fri 9am-5pm"},
        without=("Monday",),
    )
    assert said.week("Camp 1") == dict.fromkeys(WORKDAYS, NINE)


def test_constants_stand_for_blank_cells_and_missing_columns(tmp_path: Path) -> None:
    mapping = {"constants": {"Timezone": "Asia/Kolkata", "Max attempts": 7, "Priority": 2}}
    said = mapped(tmp_path, mapping, {"Priority": None}, {"Priority": 5}, without=("Timezone", "Max attempts"))
    assert [(it.timezone, it.max_attempts, it.priority) for it in said.campaigns.values()] == [
        ("Asia/Kolkata", 7, 2),
        ("Asia/Kolkata", 7, 5),
    ]


def test_constants_of_a_mode_are_for_its_rows_alone(tmp_path: Path) -> None:
    mapping = {
        "constants": {"Retry period": 15, "preview": {"Max skips": 2, "Queue": "Agents", "Retry period": 30}},
        "values": {"Dialing mode": {"manual": "Preview"}},
    }
    agents = {"Dialing mode": "manual", "Experience flow": None}
    said = mapped(tmp_path, mapping, {"Dialing mode": None}, agents, without=("Retry period (minutes)",))
    assert said.errors == {}
    assert [(it.queue, it.max_skips, it.retry_period) for it in said.campaigns.values()] == [
        (None, None, 15),
        ("Agents", 2, 30),
    ]


def test_a_row_made_of_constants_alone_is_no_campaign(tmp_path: Path) -> None:
    blank = dict.fromkeys((*DAYLESS, "Monday", "Campaign name"))
    said = mapped(tmp_path, {"constants": {"Description": "d", "Contact lists": "l"}}, {}, {**blank, "Priority": 3})
    assert ([*said.campaigns], said.errors) == (["Camp 1"], {})


def test_a_prefix_is_put_before_what_does_not_begin_with_it(tmp_path: Path) -> None:
    mapping = {"prefix": {"Campaign name": "EMEA ", "Caller ID": "+1", "Contact lists": "uk-"}}
    numbers = [5105550123, "(510) 555-0123", "+442079460018", "sip:1@pbx.example.com"]
    rows = [{"Caller ID": it, "Contact lists": "gold; uk-silver"} for it in numbers]
    said = mapped(tmp_path, mapping, *rows, {"Campaign name": "EMEA five"})
    assert [*said.campaigns] == ["EMEA Camp 1", "EMEA Camp 2", "EMEA Camp 3", "EMEA Camp 4", "EMEA five"]
    found = [*said.campaigns.values()]
    assert [it.caller_id for it in found] == ["+15105550123"] * 2 + [*numbers[2:], "+15101234567"]
    assert found[0].contact_lists == ("uk-gold", "uk-silver")
    assert "The sheet has 11 cells that are split, prefixed or left out as the mapping says." in said.warnings


def test_columns_are_joined(tmp_path: Path) -> None:
    mapping = {
        "join": {"Description": ["Region", "Segment"], "Contact lists": ["List 1", "List 2"], "Campaign name": ["No"]},
        "separator": {"Description": " / "},
    }
    lists = {"List 1": "gold", "List 2": "silver; bronze"}
    said = mapped(
        tmp_path,
        mapping,
        {"No": 17, "Region": "EMEA", "Segment": "SMB", **lists},
        {"No": 18, "Region": None, "Segment": "SMB", "List 1": "gold", "List 2": None},
        without=("Description", "Contact lists", "Campaign name"),
    )
    assert [(it.name, it.description, it.contact_lists) for it in said.campaigns.values()] == [
        ("17", "EMEA / SMB", ("gold", "silver", "bronze")),
        ("18", "SMB", ("gold",)),
    ]


def test_a_row_with_nothing_but_the_second_part_of_a_join_is_not_passed_over(tmp_path: Path) -> None:
    blank: dict[str, object] = dict.fromkeys((*DAYLESS, "Monday", "Campaign name"))
    del blank["Description"]
    mapping = {"join": {"Description": ["Region", "Segment"]}}
    said = mapped(tmp_path, mapping, {"Region": "EMEA"}, {**blank, "Segment": "SMB"}, without=("Description",))
    assert [*said.campaigns] == ["Camp 1"]
    assert "A3" in said.errors


def test_a_part_of_a_join_that_the_sheet_has_not_is_an_error(tmp_path: Path) -> None:
    mapping = {"join": {"Description": ["Region", "Segment"]}}
    said = mapped(tmp_path, mapping, {"Region": "EMEA"}, without=("Description",))
    assert said.refusal.endswith("The mapping joins 'Segment' to 'Description', and the sheet has no such column.")


def test_a_separator_splits_names_and_windows(tmp_path: Path) -> None:
    mapping = {"separator": {"Contact lists": ",", "Monday": " then "}}
    cells = {"Contact lists": "gold, silver", "Monday": "9am-12pm then 1pm-5pm"}
    said = mapped(tmp_path, mapping, cells)
    assert said.campaigns["Camp 1"].contact_lists == ("gold", "silver")
    assert said.week("Camp 1") == {"Monday": "9:00 AM - 12:00 PM; 1:00 PM - 5:00 PM"}
    assert said.changed == {}


FULL_MAPPING: dict[str, Any] = {
    "ignore": ["Monday meeting"],
    "country": "GB",
    "headers": {"Grp": ["Contact lists", "Queue"], "Kind": "Dialing mode"},
    "values": {"Kind": {"ivr": "Agentless"}},
    "constants": {"Timezone": "UTC", "Max attempts": 3, "Preview": {"Max skips": 2}},
    "prefix": {"Caller ID": "+44"},
    "join": {"Description": ["Region", "Segment"]},
    "separator": {"Contact lists": ","},
}


def test_a_draft_takes_over_all_that_a_mapping_says() -> None:
    headers = ["Grp", "Kind", "Region", "Segment", "Monday meeting", "Own"]
    draft = mapping_draft("a.xlsx", [headers, ["gold", "Turbo"]], 1, renaming_of(FULL_MAPPING))
    read = tomllib.loads(draft)
    read["values"] = {"Kind": read["values"]["Dialing mode"]}
    assert read == FULL_MAPPING
    assert [line for line in draft.splitlines() if line.startswith('# "')] == ['# "Own" = ""  # F1', '# "Turbo" = ""']


def test_a_draft_guesses_only_what_it_knows_and_offers_every_column_that_is_left() -> None:
    headers = ["Nom de la campagne", "state", "Samedi", "Window", "Maxi", "Agent", "Cust list", "Lists", "Mon-Fri"]
    draft = mapping_draft("a.xlsx", [headers], 1, NOTHING_RENAMED)
    assert draft.splitlines()[draft.splitlines().index("[headers]") + 1 :] == [
        '"Nom de la campagne" = "Campaign name"  # A1, a guess',
        '# "state" = ""  # B1',
        '# "Samedi" = ""  # C1',
        '# "Window" = ""  # D1',
        '# "Maxi" = ""  # E1',
        '# "Agent" = ""  # F1',
        '# "Cust list" = ""  # G1',
    ]


def test_a_draft_of_a_french_sheet_completes_it_in_one_round(tmp_path: Path) -> None:
    days = ["Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"]
    before = ["Nom de la campagne", "Description", "Liste de contacts", "Priorité", "Mode", "Numéro appelant"]
    after = ["Fuseau horaire", *days, "Tentatives max", "Délai de relance (min)", "Durée de sonnerie (s)", "Flux"]
    row: list[object] = ["Relance", "desc", "liste", 3, "Agentless", "+33199005678", "Europe/Paris"]
    rows: list[list[object]] = [[*before, *after], [*row, *["9h-17h"] * 5, None, None, 3, 60, 30, "Flux"]]
    draft = mapping_draft("fr.xlsx", rows, 1, NOTHING_RENAMED)
    assert '# "' not in draft
    said = said_of(saved(tmp_path, rows), renaming_of(tomllib.loads(draft)))
    assert said.week("Relance") == dict.fromkeys(WORKDAYS, NINE)
    assert said.errors == {}


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text(), st.text())
def test_whatever_texts_a_mapping_has_a_draft_of_it_says_the_same(
    values: dict[str, str], prefix: str, separator: str
) -> None:
    plain = {"prefix": {"Name": f"x{prefix}"}, "separator": {"Lists": f",{separator}"}, "ignore": ["a", *values]}
    kept = {**plain, "ignore": [it for it in plain["ignore"] if any(map(str.isalnum, it))]}
    draft = mapping_draft("a.xlsx", [["Own"]], 1, renaming_of(kept))
    assert {key: it for key, it in tomllib.loads(draft).items() if key != "headers"} == kept
