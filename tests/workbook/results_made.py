"""Sheets, outcomes and problems to write results from, and what is read back of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol

from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from loader.model.attempt import Attempt
from loader.model.campaign import Campaign, Weekday, Window
from loader.model.row import Outcome, Problem, Severity, Sheet, Status
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import write_results
from loader.workbook.writer.summary_sheet import Summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.workbook.workbook import Workbook


AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HEADER = ["Campaign name", "Caller ID", "Monday", "Max attempts", "Owner"]
RESULT_HEADERS = [
    "Status",
    "Campaign ID",
    "Campaign status",
    "Message",
    "HTTP status",
    "Attempts",
    "Submitted at (UTC)",
    "Run",
]
CREATED = Outcome(
    attempt=Attempt(
        campaign_id="cd-1234567-0000",
        campaign_status="Ready",
        http_status=200,
        attempts=2,
        submitted_at=datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1))),
    ),
    row=2,
    name="Recall",
    status=Status.CREATED,
    run="r1",
)
WRONG = Problem(3, 4, "Max attempts", "0", "is below 1", "a whole number from 1 to 100")
CHANGED = Problem(2, 2, "Caller ID", "442079460018", "is a number and is read as '+442079460018'", "", Severity.WARNING)
SUMMARY = Summary(
    run="r1",
    user="maria",
    account="a1",
    host="platform.kore.ai",
    started_at=AT,
    ended_at=AT + timedelta(minutes=20),
    requests=900,
)


def make_sheet(*rows: Sequence[object], title: str = "Campaigns", above: Sequence[Sequence[object]] = ()) -> Sheet:
    return Sheet(
        file="spring.xlsx",
        title=title,
        header_row=len(above) + 1,
        cells=[*above, HEADER, *rows],
        columns={"name": 1, "caller_id": 2, "monday": 3, "max_attempts": 4},
        drafts=(),
    )


def make_campaign(name: str, zone: str) -> Campaign:
    return Campaign(
        name=name,
        description="Recall calls",
        contact_lists=("recall",),
        caller_id="+442079460018",
        timezone=zone,
        calling_hours={Weekday.MONDAY: (Window(time(9), time(11)),)},
        max_attempts=3,
        retry_period=60,
        max_ring_time=30,
        experience_flow="Recall intake",
    )


ROWS = (
    ["Recall", 442079460018, "9:00 AM - 6:00 PM", 3, "Clinics"],
    ["Renewal", "+442079460019", "closed", 0, "Insurance"],
)


class Write(Protocol):
    def __call__(
        self,
        sheet: Sheet,
        outcomes: Sequence[Outcome] = (),
        problems: Sequence[Problem] = (),
        summary: Summary = SUMMARY,
    ) -> Path: ...


def writer(folder: Path) -> Write:
    def write(
        sheet: Sheet, outcomes: Sequence[Outcome] = (), problems: Sequence[Problem] = (), summary: Summary = SUMMARY
    ) -> Path:
        return write_results(folder / "spring-results.xlsx", Results([sheet], outcomes, problems, summary), b"").path

    return write


def rows_of(book: Workbook, sheet: str) -> list[list[object]]:
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def results_of(path: Path, row: int) -> dict[str, object]:
    """What the result columns of a row hold, by header."""
    page = load_workbook(path).worksheets[0]
    header = [cell.value for cell in page[1]]
    return {name: page.cell(row, header.index(name) + 1).value for name in RESULT_HEADERS}


def line_of(book: Workbook, label: str) -> list[object]:
    """The filled cells beside a label of the summary."""
    for row in book["Summary"].iter_rows(values_only=True):
        if row[0] == label:
            return [value for value in row[1:] if value is not None]
    raise AssertionError(label)


def seen_by_calamine(path: Path, sheet: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(sheet).to_python()
