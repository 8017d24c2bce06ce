from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

HEADERS = (
    "Campaign name",
    "Description",
    "Contact lists",
    "Caller ID",
    "Timezone",
    "Monday",
    "Max attempts",
    "Retry period (minutes)",
    "Max ring time (seconds)",
    "Experience flow",
)
VALUES = ("Spring", "Renewals", "north; west", "+15101234567", "Asia/Kolkata", "9:00 AM - 6:00 PM", 3, 60, 30, "Intake")

MakeRow = Callable[..., list[object]]
MakeWorkbook = Callable[..., Path]


@pytest.fixture
def make_row() -> MakeRow:
    """A good row under HEADERS, with some cells changed by header."""

    def row(name: str = "Spring", **changes: object) -> list[object]:
        by_header: Mapping[str, object] = {
            "Campaign name": name,
            **{key.replace("_", " "): value for key, value in changes.items()},
        }
        return [by_header.get(header, value) for header, value in zip(HEADERS, VALUES, strict=True)]

    return row


@pytest.fixture
def make_workbook(tmp_path: Path) -> MakeWorkbook:
    """Save these rows as calls.xlsx; `then` may do to the sheet what rows cannot say."""

    def saved(
        rows: Sequence[Sequence[object]], *, title: str = "Campaigns", then: Callable[[Worksheet], object] | None = None
    ) -> Path:
        book = Workbook()
        sheet = book.active
        assert isinstance(sheet, Worksheet)
        sheet.title = title
        for row in rows:
            sheet.append(list(row))
        if then:
            then(sheet)
        path = tmp_path / "calls.xlsx"
        book.save(path)
        return path

    return saved
