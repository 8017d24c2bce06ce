from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.model.campaign import Campaign
from loader.workbook.columns import COLUMNS, RESULT_COLUMNS, Column, find, header_key, result_column
from loader.workbook.header_words import closest

WEEKDAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}


def field_of(header: str) -> str | None:
    column = find(header)
    return column.field if column else None


def test_every_field_of_a_campaign_has_its_column_and_every_column_its_field() -> None:
    fields = {column.field for column in COLUMNS}
    ends = {f"{day}_{end}" for day in WEEKDAYS for end in ("start", "end")}
    assert fields - WEEKDAYS - ends == Campaign.model_fields.keys() - {"calling_hours"}
    assert fields >= WEEKDAYS | ends
    assert len(fields) == len(COLUMNS) == 38


def test_what_the_table_calls_required_is_what_the_campaign_cannot_do_without() -> None:
    required = {column.field for column in COLUMNS if column.required == "yes"}
    assert required == {
        name for name, field in Campaign.model_fields.items() if field.is_required() and name != "calling_hours"
    }


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.example], ids=lambda column: column.field)
def test_every_example_is_read_without_a_warning(column: Column) -> None:
    assert column.read(column.example).warning == ""


def test_no_two_columns_share_a_name() -> None:
    names = [header_key(name) for column in COLUMNS for name in (column.header, *column.aliases)]
    names += map(header_key, RESULT_COLUMNS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Campaign name", "name"),
        ("Name", "name"),
        ("Campaign", "name"),
        ("Desc", "description"),
        ("Contact list", "contact_lists"),
        ("Lists", "contact_lists"),
        ("Mode", "dialing_mode"),
        ("Phone number", "caller_id"),
        ("Caller number", "caller_id"),
        ("Calling hours frequency", "frequency"),
        ("Time zone", "timezone"),
        ("TZ", "timezone"),
        ("Monday", "monday"),
        ("Mon", "monday"),
        ("MO", "monday"),
        ("Th", "thursday"),
        ("MO start", "monday_start"),
        ("Mon from", "monday_start"),
        ("Mon to", "monday_end"),
        ("Sunday end", "sunday_end"),
        ("Order", "dialing_order"),
        ("Max attempts per record", "max_attempts"),
        ("Retry period", "retry_period"),
        ("Default retry period", "retry_period"),
        ("Max ring time", "max_ring_time"),
        ("Ring time", "max_ring_time"),
        ("Flow", "experience_flow"),
        ("Experience flow name", "experience_flow"),
        ("Queue name", "queue"),
        ("Max skips", "max_skips"),
        ("Enable machine detect", "machine_detection"),
        ("AMD", "machine_detection"),
        ("DNC list", "dnc_list"),
        ("CLI", "caller_id"),
        ("CallerID", "caller_id"),
        ("RING (sec)", "max_ring_time"),
        ("Ring (s)", "max_ring_time"),
        ("Max ring seconds", "max_ring_time"),
        ("Retry interval (min)", "retry_period"),
        ("Max tries", "max_attempts"),
        ("Contact list(s)", "contact_lists"),
        ("Dialling mode", "dialing_mode"),
    ],
)
def test_a_header_is_known_by_every_name_of_the_contract(header: str, field: str) -> None:
    assert field_of(header) == field


@pytest.mark.parametrize(
    "header",
    ["MAX ATTEMPTS", " max   attempts ", "max_attempts", "Max-attempts:", "Max\nattempts*", "Max\u00a0attempts"],
)
def test_case_punctuation_and_repeated_blanks_do_not_matter(header: str) -> None:
    assert field_of(header) == "max_attempts"


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("Max atempts", "Max attempts"),
        ("Campain name", "Campaign name"),
        ("Discription", "Description"),
        ("Tuseday", "Tuesday"),
        ("Monady", "Monday"),
        ("CalerID", "Caller ID"),
        ("Time zones", "Timezone"),
        ("Monday sart", "Monday start"),
        ("Retry perid (mins)", "Retry period (minutes)"),
        ("Queu", "Queue"),
        ("Prioritty (1-5)", "Priority"),
        ("Max atempts\n[number]", "Max attempts"),
    ],
)
def test_a_misspelled_header_is_distinguished_from_somebodys_own_column(header: str, meant: str) -> None:
    assert find(header) is None
    column = closest(header)
    assert column is not None
    assert column.header == meant


@pytest.mark.parametrize(
    "header",
    ["Budget", "Campaign owner", "Campaign no", "Notes", "Region", "Date", "ID", "", "Mo1", "Month", "Budget (EUR)"],
)
def test_somebodys_own_column_is_close_to_none(header: str) -> None:
    assert find(header) is None
    assert closest(header) is None


@pytest.mark.parametrize("header", RESULT_COLUMNS)
def test_a_result_column_is_neither_input_nor_a_misspelling(header: str) -> None:
    assert result_column(header.upper()) == header
    assert find(header) is None
    assert closest(header) is None


def test_other_columns_are_no_result_columns() -> None:
    assert result_column("Campaign name") is None
    assert result_column("Statuses") is None


@given(st.text())
def test_any_text_may_be_a_header(header: str) -> None:
    assert find(header) is None or closest(header) is None
    assert header_key(header_key(header)) == header_key(header)
