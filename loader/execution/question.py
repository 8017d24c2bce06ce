"""What is said of a sheet before the first create."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loader.model.row import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.execution.send_request import Callbacks
    from loader.model.events import SendForecast
    from loader.model.row import Sheet
    from loader.planning.checked import Checked


def asking_about(callbacks: Callbacks, sheets: Sequence[Sheet], checked: Checked) -> Callbacks:
    """The same callbacks; who is asked sees the sheets, too."""
    passed_over = sum(sheet.passed_over for sheet in sheets)

    def confirm(forecast: SendForecast) -> bool:
        whole = replace(
            forecast,
            sheets=[sheet.title for sheet in sheets],
            rows=len(checked.ready) + len(checked.invalid) + passed_over,
            passed_over=passed_over,
            ends=[*[Status.INVALID] * len(checked.invalid), *forecast.ends],
            warnings=[problem for problem in checked.problems if problem.changes_meaning],
        )
        return callbacks.confirm(whole)

    return replace(callbacks, confirm=confirm)
