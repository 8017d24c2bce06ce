"""Sheets as call-centre people make them, and all that is said of one in a single round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from loader.errors import WorkbookError
from loader.model.row import Problem, Severity
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED, Renaming
from loader.workbook.reader.read import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from loader.model.campaign import Campaign

NINE = "9:00 AM - 5:00 PM"
WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
FULL = (
    *("Campaign name", "Description", "Contact lists", "Priority", "Dialing mode", "Caller ID", "Timezone"),
    *(*WORKDAYS, "Saturday", "Sunday"),
    *("Max attempts", "Retry period (minutes)", "Max ring time (seconds)", "Experience flow"),
)
USUAL: Mapping[str, object] = {
    "Description": "Desc",
    "Contact lists": "renewals-north",
    "Priority": 3,
    "Dialing mode": "Agentless",
    "Caller ID": "+15101234567",
    "Timezone": "America/New_York",
    **dict.fromkeys(WORKDAYS, NINE),
    "Max attempts": 3,
    "Retry period (minutes)": 60,
    "Max ring time (seconds)": 30,
    "Experience flow": "Renewal intake",
}
DAYLESS = {header: value for header, value in USUAL.items() if header not in WORKDAYS}


def campaign(name: str, **changes: object) -> list[object]:
    """A good row under FULL; `changes` by header, with `_` for a blank."""
    values = {**USUAL, "Campaign name": name, **{key.replace("_", " "): value for key, value in changes.items()}}
    return [values.get(header) for header in FULL]


@dataclass(frozen=True, slots=True)
class Said:
    """`campaigns` would be created. `refusal`: why the sheet as a whole is not used; blank where it is."""

    campaigns: Mapping[str, Campaign]
    problems: Sequence[Problem] = ()
    refusal: str = ""

    @property
    def errors(self) -> dict[str, str]:
        """Sentences by place: "H2"."""
        return {it.place: it.sentence() for it in self.problems if it.severity is Severity.ERROR}

    @property
    def warnings(self) -> list[str]:
        return [it.sentence() for it in self.problems if it.severity is Severity.WARNING]

    @property
    def changed(self) -> dict[str, str]:
        """What a person is asked about before the first create, by place."""
        return {it.place: it.sentence() for it in self.problems if it.changes_meaning}

    def week(self, name: str) -> dict[str, str]:
        """The windows of a campaign by day."""
        hours = self.campaigns[name].calling_hours
        return {str(day): "; ".join(map(str, windows)) for day, windows in hours.items()}


def said_of(path: Path, renaming: Renaming = NOTHING_RENAMED) -> Said:
    try:
        checked = validate(read_sheet(path, renaming=renaming))
    except WorkbookError as error:
        return Said({}, refusal=str(error))
    return Said({it.campaign.name: it.campaign for it in checked.ready}, checked.problems)


def saved(folder: Path, rows: Sequence[Sequence[object]], then: Callable[[Worksheet], object] = lambda _: None) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Campaigns"
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row, start=1):
            sheet.cell(number, at).value = value  # type: ignore[assignment]
    then(sheet)
    book.save(folder / "calls.xlsx")
    return folder / "calls.xlsx"


def column(folder: Path, header: str, cells: Sequence[object]) -> Said:
    """A sheet whose rows are good but for the cells of one column."""
    headers = FULL if header in FULL else (*FULL, header)
    at = headers.index(header)
    rows = [[*campaign(f"Camp {number}"), None][: len(headers)] for number in range(2, len(cells) + 2)]
    for row, cell in zip(rows, cells, strict=True):
        row[at] = cell
    return said_of(saved(folder, [headers, *rows]))


def one(folder: Path, changes: Mapping[str, object]) -> Said:
    """A sheet of one campaign that has no columns of days but these."""
    row = {"Campaign name": "Camp 1", **DAYLESS, **changes}
    return said_of(saved(folder, [list(row), list(row.values())]))
