"""A workbook that needs a look night after night is reported as such, and so is the end of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loader.config.notifications import Notices
from loader.nightly.night_files import NightFiles
from loader.nightly.night_report import FileReport, Night
from loader.nightly.notification import Notice, notice_of

BEGAN = datetime(2026, 3, 26, 1, tzinfo=UTC)
BROKEN = FileReport(Path("in/april.xlsx"), exit_code=4, error="its end is missing")
LOADED = FileReport(Path("in/april.xlsx"), counts={"Created": 1}, moved_to=Path("in/done/april.xlsx"))


class Nights:
    """One night after the other, with its status in this folder."""

    def __init__(self, output: Path) -> None:
        self._output, self._began = output, BEGAN

    def notice(self, *files: FileReport, exit_code: int = 0, error: str = "") -> Notice | None:
        night = Night(self._began, self._began, max([exit_code, *(it.exit_code for it in files)]), files, error=error)
        self._began += timedelta(days=1)
        written = NightFiles(None, None, on_trouble=lambda _: None)
        written.lie_in(self._output)
        return notice_of(written.ended(night), Notices(), host="loader-1", error=error)

    def reasons(self, *files: FileReport, exit_code: int = 0, error: str = "") -> list[str]:
        notice = self.notice(*files, exit_code=exit_code, error=error)
        return list(notice.reasons) if notice else []


def test_from_the_third_night_on_the_same_broken_file_is_reported_as_such_and_then_its_end(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    assert [nights.reasons(BROKEN) for _ in range(4)] == [
        ["april.xlsx: its end is missing"],
        ["april.xlsx: its end is missing"],
        ["april.xlsx: 3 times in a row now, since 2026-03-26: its end is missing"],
        ["april.xlsx: 4 times in a row now, since 2026-03-26: its end is missing"],
    ]
    notice = nights.notice(LOADED)
    assert notice is not None
    assert notice.subject == "campaign-loader on loader-1: what needed a look is over"
    assert notice.reasons == ["april.xlsx: it went well now; it had needed a look since 2026-03-26, 4 times"]
    assert nights.notice(LOADED) is None
    assert nights.reasons(BROKEN) == ["april.xlsx: its end is missing"]


def test_a_workbook_that_somebody_took_away_is_forgotten(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.reasons(BROKEN)
    nights.reasons(BROKEN)
    assert nights.notice() is None
    assert nights.reasons(BROKEN) == ["april.xlsx: its end is missing"]


def test_one_that_lies_in_failed_is_remembered_until_it_is_corrected(tmp_path: Path) -> None:
    nights, failed = Nights(tmp_path / "output"), tmp_path / "april.xlsx"
    failed.write_bytes(b"")
    moved = replace(BROKEN, moved_to=failed, exit_code=3)
    nights.reasons(moved)
    assert nights.notice() is None
    assert nights.reasons(LOADED) == ["april.xlsx: it went well now; it had needed a look since 2026-03-26, 1 time"]


def test_nights_that_can_begin_again_say_so(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    assert nights.reasons(exit_code=2, error="there is no folder in") == ["there is no folder in"]
    assert nights.reasons() == ["Nights begin again; it had needed a look since 2026-03-26, 1 time"]
    assert nights.reasons() == []


def test_workbooks_of_one_name_in_two_profiles_and_in_done_are_different_ones(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    for _ in range(2):
        nights.reasons(BROKEN, replace(BROKEN, profile="eu"))
    others = replace(BROKEN, profile="us"), replace(BROKEN, in_done=True)
    assert nights.reasons(*others, replace(LOADED, profile="eu")) == [
        "us/april.xlsx: its end is missing",
        "done/april.xlsx: its end is missing",
        "eu/april.xlsx: it went well now; it had needed a look since 2026-03-26, 2 times",
    ]
