"""Sheets as large as one likes, every column in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import Workbook

from loader.workbook.columns import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

_WINDOWS = ("9:00 AM - 6:00 PM", "9:00 AM - 12:30 PM; 1:30 PM - 6:00 PM", "09:00-17:30", "closed")
_LEFT_OUT = ("_start", "_end")  # instead of the weekdays


def write_sheet(path: Path, rows: int) -> Path:
    """Write campaigns of which no two are alike; every row is valid."""
    columns = [column for column in COLUMNS if not column.field.endswith(_LEFT_OUT) and column.header != "DNC list"]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Campaigns")
    sheet.append([column.header for column in columns])
    for number in range(rows):
        modes = ("Agentless", "Progressive", "Preview")
        mode = modes[number % 3]
        values: dict[str, object] = {column.field: column.example for column in columns}
        values |= {day: _WINDOWS[(number + at) % 4] for at, day in enumerate(("tuesday", "wednesday", "thursday"))}
        values |= {
            "name": f"Campaign {number:06d}",
            "description": f"Calls of campaign {number} to policy holders whose contract ends this spring",
            "contact_lists": f"list-{number % 400}; list-{number % 400 + 1}",
            "priority": number % 5 + 1,
            "dialing_mode": mode,
            "caller_id": f"+1510555{number % 10000:04d}",
            "max_attempts": number % 9 + 1,
            "retry_period": 60,
            "max_ring_time": 30,
            "experience_flow": "Renewal intake" if mode == "Agentless" else None,
            "queue": None if mode == "Agentless" else "Renewals desk",
            "max_skips": 2 if mode == "Preview" else None,
        }
        sheet.append([values[column.field] for column in columns])
    book.save(path)
    return path
