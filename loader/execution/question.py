"""What is said of a sheet before the first create."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.model.row import Status

if TYPE_CHECKING:
    from loader.execution.send_request import Callbacks
    from loader.model.events import SendForecast
    from loader.model.row import Sheet
    from loader.planning.validate import Checked


def asking_about(callbacks: Callbacks, sheet: Sheet, checked: Checked) -> Callbacks:
    """The same callbacks; who is asked is told of the sheet, too."""

    def confirm(forecast: SendForecast) -> bool:
        whole = replace(
            forecast,
            sheets=[sheet.title],
            rows=len(checked.ready) + len(checked.invalid) + sheet.passed_over,
            passed_over=sheet.passed_over,
            ends=[*[Status.INVALID] * len(checked.invalid), *forecast.ends],
            warnings=[problem for problem in checked.problems if problem.changes_meaning],
        )
        return callbacks.confirm(whole)

    return replace(callbacks, confirm=confirm)
