"""The summary of a run: who and when, how many rows of each status, and when its campaigns call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from loader.model.calling_hours import CAMPAIGNS_AT_ONCE, HOURS, busy_hours, offset_text, zones_by_offset
from loader.model.campaign import Weekday, name_key
from loader.model.row import Severity, Status
from loader.workbook.writer.cell_styles import NOTE, TITLE, set_up_for_paper
from loader.workbook.writer.cells import CellStyle, Pen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.campaign import Campaign
    from loader.model.row import Outcome, Problem, Sheet


# The colours of Okabe and Ito, which colour-blind people can tell apart; the light ones lie behind words.
_STATUS_COLOURS: Mapping[Status, tuple[str, str]] = {
    Status.CREATED: ("009E73", "CDEBDF"),
    Status.ALREADY_EXISTS: ("56B4E9", "DCEEFB"),
    Status.CONFLICT: ("CC79A7", "F0DCE7"),
    Status.INVALID: ("D55E00", "F8CBAD"),
    Status.REJECTED: ("E69F00", "FBE3B0"),
    Status.NOT_SENT: ("999999", "E7E6E6"),
    Status.UNKNOWN: ("000000", "FFF59D"),
}

_MEANINGS: Mapping[Status, str] = {
    Status.CREATED: "the API confirmed it; not sent again",
    Status.ALREADY_EXISTS: "it was on the server before this row was ever sent; not sent again",
    Status.CONFLICT: "created earlier, and the row has changed since; not sent again unless asked for",
    Status.INVALID: "the sheet is wrong; sent by the next run when corrected",
    Status.REJECTED: "the API refused it; sent by the next run when corrected",
    Status.NOT_SENT: "nothing was created; sent by the next run",
    Status.UNKNOWN: "the answer was lost; never sent again by itself",
}

_LINE = Side(style="thin", color="D9D9D9")
_HEADING = CellStyle(font=Font(name="Calibri", size=12, bold=True, color="1F3864"))
_LABEL = CellStyle(font=Font(name="Calibri", size=11, color="595959"))
_VALUE = CellStyle(alignment=Alignment(horizontal="left", vertical="top", indent=1))
_LOUD = CellStyle(font=Font(name="Calibri", size=12, bold=True, color="C00000"))
_HOUR = CellStyle(
    font=Font(name="Calibri", size=10, bold=True, color="FFFFFF"),
    fill=PatternFill("solid", fgColor="1F3864"),
    alignment=Alignment(horizontal="center"),
)
_COUNT = CellStyle(
    font=Font(name="Calibri", size=10),
    border=Border(_LINE, _LINE, _LINE, _LINE),
    alignment=Alignment(horizontal="center"),
)
_DARK_EDGE = Side(style="medium", color="C00000")
_OVER_THE_LIMIT = CellStyle(
    font=Font(name="Calibri", size=10, bold=True),
    border=Border(_DARK_EDGE, _DARK_EDGE, _DARK_EDGE, _DARK_EDGE),
    alignment=Alignment(horizontal="center"),
)
_NUMBER = CellStyle(alignment=Alignment(horizontal="right", vertical="top"))
STATUS_STYLES: Mapping[Status, CellStyle] = {
    status: CellStyle(
        font=Font(name="Calibri", size=11, bold=status in (Status.INVALID, Status.REJECTED, Status.UNKNOWN)),
        fill=PatternFill("solid", fgColor=light),
    )
    for status, (_, light) in _STATUS_COLOURS.items()
}
_HOUR_COLUMNS = [get_column_letter(column) for column in range(2, 26)]


@dataclass(frozen=True, slots=True)
class Summary:
    """One run. `campaigns` are the valid ones of the sheet, whatever became of them; they are gone through once.

    `checked`: the sheet was only checked: so many rows of it are valid, and its other rows are the outcomes.
    """

    run: str
    user: str
    account: str
    host: str
    started_at: datetime
    ended_at: datetime
    requests: int = 0
    campaigns: Iterable[Campaign] = ()
    remarks: Sequence[str] = ()
    checked: int | None = None

    @property
    def took(self) -> timedelta:
        return max(self.ended_at - self.started_at, timedelta(0))

    @property
    def rate(self) -> float:
        """Requests a minute. The limit counts whole minutes, so a shorter run is taken for one minute."""
        return self.requests / max(self.took / timedelta(minutes=1), 1.0)


def counts(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """Rows by status, in the order of the statuses, zeros included."""
    found = Counter(outcome.status for outcome in outcomes)
    return {status: found[status] for status in Status}


def callable_campaigns(campaigns: Iterable[Campaign], outcomes: Iterable[Outcome]) -> list[Campaign]:
    """The campaigns that are at the server or may still come there: all but those of rejected and invalid rows."""
    standing: dict[str, bool] = {}
    for outcome in outcomes:
        key = name_key(outcome.name)
        lost = outcome.status in (Status.REJECTED, Status.INVALID)
        standing[key] = standing.get(key, False) or not lost
    return [campaign for campaign in campaigns if standing.get(name_key(campaign.name), True)]


class SummaryPage:
    """Fills an empty sheet of a write-only workbook from top to bottom."""

    def __init__(self, page: Worksheet) -> None:
        self._page = page
        self._pen = Pen(page)
        self._row = 0

    def fill(
        self, sheets: Sequence[Sheet], outcomes: Sequence[Outcome], problems: Sequence[Problem], summary: Summary
    ) -> None:
        found = counts(outcomes)
        self._set_up()
        self._line(self._pen.cell(f"What became of {sheets[0].file}", TITLE))
        self._line(self._pen.cell(_headline(found, summary.checked), _HEADING))
        for remark in summary.remarks:
            self._line(self._pen.cell(remark, _LOUD))
        self._line()
        beside_the_facts = f"K{self._row + 1}"
        for label, value in _facts(sheets, problems, summary):
            self._line(self._pen.cell(label, _LABEL), self._pen.cell(value, _VALUE), merged="B{0}:I{0}")
        self._line()
        if summary.checked is None:
            self._statuses(found, chart_at=beside_the_facts)
        else:
            self._checked(summary.checked, found[Status.INVALID])
        self._by_sheet(sheets, outcomes, checked=summary.checked is not None)
        self._line()
        self._hours(callable_campaigns(summary.campaigns, outcomes), summary.started_at)

    def _set_up(self) -> None:
        page = self._page
        page.sheet_view.showGridLines = False
        page.column_dimensions["A"].width = 30
        page.row_dimensions[1].height = 24
        for letter in _HOUR_COLUMNS:
            page.column_dimensions[letter].width = 6.3
        set_up_for_paper(page)

    def _line(self, *cells: Cell, merged: str = "") -> None:
        self._page.append(cells)
        self._row += 1
        if merged:
            self._page.merged_cells.add(merged.format(self._row))

    def _statuses(self, found: Mapping[Status, int], *, chart_at: str) -> None:
        header = self._row + 1
        pen = self._pen
        self._line(*(pen.cell(text, _HOUR) for text in ("Status", "Rows", "What it means")), merged="C{0}:O{0}")
        for status, number in found.items():
            name = pen.cell(status.value, STATUS_STYLES[status])
            self._line(name, pen.cell(number, _NUMBER), pen.cell(_MEANINGS[status], _VALUE), merged="C{0}:O{0}")
        self._line(pen.cell("All rows", _LABEL), pen.cell(sum(found.values()), _NUMBER))
        self._page.add_chart(_chart(self._page, header, header + len(found)), chart_at)

    def _checked(self, valid: int, invalid: int) -> None:
        """Of a sheet that was only checked: no row has any other status."""
        self._line(*(self._pen.cell(text, _HOUR) for text in ("Status", "Rows", "What it means")), merged="C{0}:O{0}")
        ends = (
            ("Valid", STATUS_STYLES[Status.CREATED], valid, "`run` creates its campaign, unless it is created already"),
            (Status.INVALID.value, STATUS_STYLES[Status.INVALID], invalid, _MEANINGS[Status.INVALID]),
        )
        for name, style, number, meaning in ends:
            cells = self._pen.cell(name, style), self._pen.cell(number, _NUMBER), self._pen.cell(meaning, _VALUE)
            self._line(*cells, merged="C{0}:O{0}")
        self._line(self._pen.cell("All rows", _LABEL), self._pen.cell(valid + invalid, _NUMBER))

    def _by_sheet(self, sheets: Sequence[Sheet], outcomes: Sequence[Outcome], *, checked: bool) -> None:
        """How many rows of each sheet ended how, where there are several."""
        if len(sheets) == 1:
            return
        self._line()
        self._line(*(self._pen.cell(text, _HOUR) for text in ("Sheet", "Rows", "of these")), merged="C{0}:O{0}")
        for sheet in sheets:
            found = counts(it for it in outcomes if it.sheet == sheet.label)
            named = {"valid": len(sheet.drafts) - found[Status.INVALID]} if checked else {}
            named |= {status.lower(): number for status, number in found.items()}
            ends = ", ".join(f"{number:,} {status}" for status, number in named.items() if number)
            number = self._pen.cell(sum(named.values()), _NUMBER)
            self._line(self._pen.cell(sheet.title, _LABEL), number, self._pen.cell(ends, _VALUE), merged="C{0}:O{0}")

    def _hours(self, campaigns: Sequence[Campaign], at: datetime) -> None:
        zones = zones_by_offset(campaigns, at)
        self._line(self._pen.cell("Campaigns in their calling hours, by weekday and hour", _HEADING))
        self._line(self._pen.cell("Every valid row but the rejected ones; zones as on the day of the run.", NOTE))
        self._grid("UTC", zones.pop(timedelta(0), ()), busy_hours(campaigns, at))
        for offset, names in zones.items():
            self._line()
            self._grid(offset_text(offset), names, busy_hours(campaigns, at, local=offset))
        limit = f"! more than {CAMPAIGNS_AT_ONCE} campaigns: an account runs at most {CAMPAIGNS_AT_ONCE} at once."
        self._line(self._pen.cell(limit, NOTE))

    def _grid(self, clock: str, zones: Sequence[str], grid: Sequence[Sequence[int]]) -> None:
        """The week by one clock; `zones` are those that go by it."""
        pen = self._pen
        if zones:
            self._line(pen.cell(f"{', '.join(zones)} ({clock})", _LABEL))
        self._line(*(pen.cell(text, _HOUR) for text in (clock, *(f"{hour:02d}" for hour in range(HOURS)))))
        first = self._row + 1
        for day, numbers in zip(Weekday, grid, strict=True):
            self._line(pen.cell(day.value, _LABEL), *(self._hour(number) for number in numbers))
        scale = ColorScaleRule("num", 0, "FFFFFF", "max", None, "8FBBE3")  # type: ignore[no-untyped-call]
        self._page.conditional_formatting.add(f"B{first}:{_HOUR_COLUMNS[-1]}{self._row}", scale)

    def _hour(self, number: int) -> Cell:
        if number > CAMPAIGNS_AT_ONCE:
            return self._pen.cell(number, _OVER_THE_LIMIT, number_format='0"!"')
        return self._pen.cell(number, _COUNT, number_format='0;-0;"·"')


def _headline(found: Mapping[Status, int], valid: int | None) -> str:
    if valid is not None:
        return f"Nothing was sent: {valid:,} valid, {found[Status.INVALID]:,} invalid"
    done = found[Status.CREATED] + found[Status.ALREADY_EXISTS]
    return f"{done:,} of {sum(found.values()):,} rows are created or were already there"


def _facts(sheets: Sequence[Sheet], problems: Sequence[Problem], summary: Summary) -> list[tuple[str, object]]:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    return [
        ("File", sheets[0].file),
        ("Sheets" if len(sheets) > 1 else "Sheet", ", ".join(sheet.title for sheet in sheets)),
        ("Run", summary.run),
        ("Started by", summary.user),
        ("Account", summary.account),
        ("Host", summary.host),
        ("Started", _in_utc(summary.started_at)),
        ("Ended", _in_utc(summary.ended_at)),
        ("Took (h:mm:ss)", str(timedelta(seconds=round(summary.took.total_seconds())))),
        ("Requests used", summary.requests),
        ("Rate reached (requests a minute)", round(summary.rate, 1)),
        ("Problems", f"{_several(errors, 'error')}, {_several(len(problems) - errors, 'warning')}"),
    ]


def _in_utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _chart(page: Worksheet, header: int, last: int) -> BarChart:
    chart = BarChart()
    chart.type = "bar"
    chart.title = "Rows by status"
    chart.legend = None
    chart.gapWidth = 40
    chart.height, chart.width = 6, 17  # centimetres
    chart.add_data(Reference(page, min_col=2, min_row=header, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=1, min_row=header + 1, max_row=last))
    chart.x_axis.scaling.orientation = "maxMin"  # first status on top
    chart.x_axis.delete = False
    chart.y_axis.delete = True  # the numbers stand on the bars
    chart.y_axis.majorGridlines = None
    bars = chart.series[0]
    bars.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    for index, status in enumerate(Status):
        bar = DataPoint(idx=index)
        bar.graphicalProperties.solidFill = _STATUS_COLOURS[status][0]
        bars.dPt.append(bar)
    return chart
