"""Sheets as people fill them: rows by header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl import Workbook, load_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = dict[str, object]
CONTACT_LISTS = ("renewals-north", "renewals-west")


def row(name: str, /, **changes: object) -> Row:
    """A good row; `changes` by header, with `_` for a blank."""
    return {
        "Campaign name": name,
        "Description": "Renewal calls to policy holders",
        "Contact lists": "; ".join(CONTACT_LISTS),
        "Priority": 3,
        "Dialing mode": "Agentless",
        "Caller ID": "+15101234567",
        "Timezone": "America/New_York",
        "Monday": "9:00 AM - 6:00 PM",
        "Max attempts": 3,
        "Retry period (minutes)": 60,
        "Max ring time (seconds)": 30,
        "Experience flow": "Renewal intake",
    } | {header.replace("_", " "): value for header, value in changes.items()}


def write_workbook(path: Path, rows: Sequence[Row], title: str = "Campaigns") -> Path:
    book = Workbook()
    page = book.worksheets[0]
    page.title = title
    headers = list(dict.fromkeys(header for one in rows for header in one))
    page.append(headers)
    for one in rows:
        page.append([one.get(header) for header in headers])
    book.save(path)
    return path


def read_results(path: Path | None, title: str = "Campaigns") -> list[dict[str, Any]]:
    """The rows of a results workbook by header."""
    assert path is not None
    book = load_workbook(path)
    headers, *rows = book[title].iter_rows(values_only=True)
    book.close()
    return [dict(zip(map(str, headers), values, strict=True)) for values in rows]


# a row without a fault, by field
GOOD: dict[str, object] = {
    "name": "Spring",
    "description": "Renewals",
    "contact_lists": "north; west",
    "caller_id": "+15101234567",
    "timezone": "Asia/Kolkata",
    "monday": "9:00 AM - 6:00 PM",
    "max_attempts": 3,
    "retry_period": 60,
    "max_ring_time": 30,
    "experience_flow": "Intake",
}
