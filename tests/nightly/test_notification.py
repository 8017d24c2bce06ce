"""What somebody hears of a night, and when nobody hears anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loader.config.notifications import Notices
from loader.nightly.night_report import FileReport, Night
from loader.nightly.notification import Notice, notice_of

BEGAN = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
DONE, FAILED = Path("in/done/april.xlsx"), Path("in/failed/april.xlsx")


def april(counts: dict[str, int] | None = None, **other: object) -> FileReport:
    return FileReport(Path("in/april.xlsx"), counts=counts or {}, **other)  # type: ignore[arg-type]


def told(
    *files: FileReport,
    exit_code: int | None = None,
    minutes: float = 40,
    expected: bool = False,
    error: str = "",
    **settings: Any,  # noqa: ANN401 - of Notices
) -> Notice | None:
    code = max([0, *(it.exit_code for it in files)]) if exit_code is None else exit_code
    night = Night(BEGAN, BEGAN + timedelta(minutes=minutes), code, files, expected)
    return notice_of(night, Notices(**settings), host="loader-1", error=error)


def reasons(*files: FileReport, **night: object) -> list[str]:
    notice = told(*files, **night)  # type: ignore[arg-type]
    return list(notice.reasons) if notice else []


def test_nobody_hears_of_a_night_in_which_all_went_well() -> None:
    assert told() is None
    assert told(april({"Created": 48, "Already exists": 2}, moved_to=DONE)) is None
    assert told(april({"Created": 50}, moved_to=DONE), expected=True) is None


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (
            april(exit_code=3, error="april.xlsx: there is no header row", moved_to=FAILED),
            "april.xlsx: there is no header row",
        ),
        (
            april({"Not sent": 50}, exit_code=6, error="401: the token is refused"),
            "april.xlsx: credentials or permission were refused; 401: the token is refused",
        ),
        (
            april({"Created": 10, "Not sent": 40}, exit_code=4, error="no good answer for 30 min"),
            "april.xlsx: no good answer for 30 min",
        ),
        (april({"Created": 49, "Not sent": 1}, exit_code=4), "april.xlsx: 1 row was not sent"),
        (
            april({"Created": 48, "Unknown": 2}, exit_code=5, moved_to=FAILED),
            "april.xlsx: 2 rows have an unknown outcome; `campaign-loader reconcile` looks again",
        ),
        (
            april({"Created": 49, "Invalid": 1}, exit_code=3, moved_to=FAILED),
            "april.xlsx: 1 row is invalid; the results show where",
        ),
        (
            april({"Created": 48, "Conflict": 2}, exit_code=4, moved_to=FAILED),
            "april.xlsx: 2 rows have changed after the campaign was created",
        ),
        (april(exit_code=4, error="it is still being written"), "april.xlsx: it is still being written"),
    ],
)
def test_what_was_not_loaded_to_its_end_is_reported(file: FileReport, reason: str) -> None:
    assert reasons(file) == [reason]


@pytest.mark.parametrize(
    ("rejected", "percent", "is_told"),
    [(5, 10, False), (6, 10, True), (1, 0, True), (0, 0, False), (50, 100, False), (1, 1.9, True), (1, 2, False)],
)
def test_rejected_rows_are_reported_above_the_share_that_was_set(rejected: int, percent: float, is_told: bool) -> None:
    file = april({"Created": 50 - rejected, "Rejected": rejected}, exit_code=4, moved_to=FAILED)
    expected = [f"april.xlsx: rejected: {rejected} of 50 rows, more than {percent:g} %"]
    assert reasons(file, LOADER_NOTIFY_REJECTED_PERCENT=percent) == (expected if is_told else [])


def test_the_share_is_one_of_each_workbook() -> None:
    small = FileReport(Path("eu/may.xlsx"), "eu", counts={"Rejected": 1}, exit_code=4)
    assert reasons(april({"Created": 1000}), small) == ["eu/may.xlsx: rejected: 1 of 1 row, more than 10 %"]


def test_an_empty_folder_is_reported_only_where_something_was_expected() -> None:
    assert reasons(expected=True, exit_code=4) == ["There was nothing to load, and something was expected."]
    assert reasons(exit_code=0) == []


def test_a_night_longer_than_expected_is_reported() -> None:
    assert reasons(minutes=61, LOADER_NOTIFY_LONGER_THAN_MINUTES=60) == [
        "It took 61 minutes, and 60 at most were expected."
    ]
    assert reasons(minutes=60, LOADER_NOTIFY_LONGER_THAN_MINUTES=60) == []
    assert reasons(minutes=6000) == []


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (129, "It was stopped, because the terminal or the connection was closed."),
        (130, "It was stopped by Ctrl-C."),
        (143, "It was stopped by a termination signal."),
        (70, "A defect of the loader ended it; the journal is still right."),
        (7, "Another process was running, so this one did nothing."),
        (2, "A setting is wrong, or something could not be written."),
    ],
)
def test_how_the_night_itself_ended_is_reported_where_no_workbook_says_so(exit_code: int, reason: str) -> None:
    assert reasons(april({"Created": 1}, moved_to=DONE), exit_code=exit_code) == [reason]
    assert reasons(april(error="this is why", exit_code=exit_code)) == ["april.xlsx: this is why"]


def test_what_kept_a_night_from_beginning_is_reported_in_its_own_words() -> None:
    said = "another process (4711, since 01:30) works on the folder in"
    assert reasons(exit_code=7, error=said, expected=True) == [said]


def test_a_mail_says_what_needs_a_look_and_how_the_rest_went() -> None:
    notice = told(
        april({"Created": 48, "Unknown": 2}, exit_code=5, moved_to=FAILED),
        FileReport(Path("in/eu/may.xlsx"), "eu", counts={"Created": 10}, moved_to=Path("in/eu/done/may.xlsx")),
        FileReport(Path("in/june.xlsx"), exit_code=4, error="it is still being written"),
    )
    assert notice is not None
    assert notice.subject == "campaign-loader on loader-1: 2 things need a look"
    assert notice.text == (
        "- april.xlsx: 2 rows have an unknown outcome; `campaign-loader reconcile` looks again\n"
        "- june.xlsx: it is still being written\n"
        "\n"
        "From 2026-04-01 01:30:00 UTC to 2026-04-01 02:10:00 UTC; exit code 5.\n"
        "april.xlsx: 48 created, 2 unknown; now in/failed/april.xlsx\n"
        "eu/may.xlsx: 10 created; now in/eu/done/may.xlsx\n"
        "june.xlsx: nothing sent; left where it was\n"
    )


def test_telephone_numbers_tokens_and_control_characters_stay_out_of_it() -> None:
    notice = told(
        april(exit_code=4, error="Bad callerId +4930123456789\r\nBcc: x\x1b[31m, token eyJhbGciOiJIUzI1NiJ9.x")
    )
    assert notice is not None
    assert list(notice.reasons) == ["april.xlsx: Bad callerId ***  Bcc: x [31m, token ***"]


def test_a_notice_of_a_thousand_workbooks_can_still_be_read() -> None:
    files = [FileReport(Path(f"{number}.xlsx"), exit_code=3, error="empty") for number in range(1000)]
    notice = told(*files)
    assert notice is not None
    assert notice.subject == "campaign-loader on loader-1: 1000 things need a look"
    assert len(notice.reasons) == 30
    assert notice.reasons[-1] == "... and 971 more"
    assert len(notice.lines) == 31
