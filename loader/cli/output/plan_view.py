"""What `plan` shows: every row that needs a look, what a run would take, and when campaigns would call."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from loader.cli.output.console import (
    OUT,
    counted,
    plain,
    print_item,
    print_problems,
    row_number,
    sheets_in_words,
    span,
    table,
)
from loader.cli.output.json_output import beside_its_sheet, problem_shape
from loader.model.calling_hours import CAMPAIGNS_AT_ONCE, HOURS, busy_hours
from loader.model.campaign import Weekday
from loader.planning.forecast import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loader.model.campaign import Campaign
    from loader.planning.forecast import Forecast, Requests

_SHOWN_AT_MOST = 40
_NARROW = 2  # columns of an hour


def print_forecast(forecast: Forecast) -> None:
    counts = Counter(it.verdict for it in forecast.rows)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    where = sheets_in_words(forecast.sheets)
    OUT.print(f"{plain(forecast.file)}, {plain(where)}, {counted(len(forecast.rows), 'row')}: {said or 'no row'}")
    if forecast.halted is not None:
        print_item(OUT, f"[yellow]{plain(str(forecast.halted))}[/]")
    shown = [it for it in forecast.rows if it.verdict is not Verdict.INVALID]
    rows = [
        [row_number(it.at), it.name, it.verdict, "; ".join(filter(None, (_by(it.run), it.message)))] for it in shown
    ]
    table(("Row", "Campaign", "A run would", "Because"), rows[:_SHOWN_AT_MOST])
    if len(rows) > _SHOWN_AT_MOST:
        OUT.print(f"  ... and {len(rows) - _SHOWN_AT_MOST} more; --json names all of them")
    print_problems(forecast.problems, rest="`campaign-loader check` with --output FILE, or --json")
    print_item(OUT, f"Account {plain(forecast.account)}: {_requests(forecast.requests)}")
    if forecast.requests.total:
        OUT.print(
            f"  at {forecast.per_minute:g} requests a minute {span(forecast.takes.total_seconds())}; "
            "begun now, it would "
            f"end at {forecast.ends_at:%Y-%m-%d %H:%M} UTC"
        )
    _tell_hours(forecast.campaigns, forecast.made_at)
    print_item(OUT, "Not checked, since the API cannot list them: experience flows, caller IDs, DNC lists.")


def forecast_shape(forecast: Forecast) -> dict[str, object]:
    """What `plan --json` prints."""
    grid = busy_hours(forecast.campaigns, forecast.made_at)
    return {
        "file": forecast.file,
        "sheet": forecast.sheets[0] if len(forecast.sheets) == 1 else None,
        "sheets": list(forecast.sheets),
        "account": forecast.account,
        "counts": dict(Counter(it.verdict for it in forecast.rows)),
        "rows": [beside_its_sheet({name: getattr(it, name) for name in it.__slots__}) for it in forecast.rows],
        "problems": [problem_shape(problem) for problem in forecast.problems],
        "requests": {name: getattr(forecast.requests, name) for name in (*forecast.requests.__slots__, "total")},
        "per_minute": forecast.per_minute,
        "minutes": round(forecast.takes.total_seconds() / 60, 1),
        "ends_at": forecast.ends_at.isoformat(),
        "hours_utc": dict(zip(map(str, Weekday), grid, strict=True)),
        "hours_over_the_limit": [
            {"weekday": str(day), "hour": hour, "campaigns": number}
            for day, numbers in zip(Weekday, grid, strict=True)
            for hour, number in enumerate(numbers)
            if number > CAMPAIGNS_AT_ONCE
        ],
        "stopped": str(forecast.halted) if forecast.halted else None,
        "exit_code": forecast.exit_code,
    }


def _by(run: str) -> str:
    return f"by run {run}" if run else ""


def _requests(requests: Requests) -> str:
    parts = {
        "reads before": requests.reads,
        "lookups": requests.lookups,
        "creates": requests.creates,
        "canary": requests.canary,
        "verification": requests.verification,
    }
    said = ", ".join(f"{number} {what}" for what, number in parts.items() if number)
    return f"{requests.total} requests ({said})" if said else "no request"


def _tell_hours(campaigns: Sequence[Campaign], at: datetime) -> None:
    """The week in UTC; hours with more campaigns than an account runs are marked."""
    if not campaigns:
        return
    print_item(OUT, "Campaigns in their calling hours, by weekday and hour in UTC (the results have it in each zone):")
    grid = busy_hours(campaigns, at)
    width = max(2, *(len(_number(number)) for day in grid for number in day))
    # the whole day side by side where a terminal of 80 columns has room for it, else forenoon and afternoon
    per_line = HOURS if width <= _NARROW else HOURS // 2
    for first in range(0, HOURS, per_line):
        hours = range(first, first + per_line)
        OUT.print("     " + " ".join(f"{hour:02d}".rjust(width) for hour in hours))
        for day, numbers in zip(Weekday, grid, strict=True):
            cells = " ".join(_number(numbers[hour]).rjust(width) for hour in hours)
            OUT.print(f"  {day[:2]} {cells}", markup=False)
    if any(number > CAMPAIGNS_AT_ONCE for day in grid for number in day):
        OUT.print(f"  ! more than {CAMPAIGNS_AT_ONCE} campaigns: an account runs at most {CAMPAIGNS_AT_ONCE} at once")


def _number(number: int) -> str:
    return f"{number}!" if number > CAMPAIGNS_AT_ONCE else str(number or "·")
