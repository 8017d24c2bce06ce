"""A night as it goes on: lines for a person, or JSON lines for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.cli.output.console import ERRORS, OUT, STYLES, plain, span
from loader.cli.output.json_log import Logs
from loader.cli.output.json_output import print_json
from loader.cli.output.progress_bar import WORTH_TELLING_SECONDS
from loader.model.events import Phase, Waiting
from loader.model.redaction import for_terminal
from loader.model.row import Status
from loader.nightly.batch import NightCallbacks
from loader.nightly.status import file_shape, night_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from loader.nightly.night_report import FileReport, Night


class NightlyView:
    """`as_json`: every workbook and the night as a line on standard output. `log_json`: the log on standard error."""

    def __init__(self, *, as_json: bool, log_json: bool) -> None:
        self._as_json = as_json
        self._logs = Logs() if log_json else None
        self.callbacks = NightCallbacks(self._listener, self._on_file, self._on_defect, self._on_trouble, self._on_wait)

    def ended(self, night: Night) -> None:
        shape = night_shape(night)
        if self._logs:
            self._logs.say("night", _level(night.exit_code), **shape)
        if self._as_json:
            print_json(shape)
            return
        files = ", ".join(f"{shape[place]} {place}" for place in ("done", "failed", "left"))
        books = f"{len(night.files)} workbook{'' if len(night.files) == 1 else 's'}"
        seconds = (night.ended_at - night.started_at).total_seconds()
        OUT.print(f"{books} in {span(seconds)}: {files}. Rows: {_counted(night.counts) or 'none'}.")

    def begins_no_workbook(self, why: str) -> None:
        """Said before anything else, to whoever has begun the night by hand."""
        if self._logs:
            self._logs.say("late", "warning", reason=why)
        else:
            ERRORS.print(f"campaign-loader: {plain(why)}")

    def not_notified(self, why: str) -> None:
        """A notice that did not get through."""
        if self._logs:
            self._logs.say("notice", "error", error=why)
        else:
            ERRORS.print(f"campaign-loader: {plain(why)}")

    def _listener(self, workbook: Workbook) -> Callable[[Event], None]:
        if self._logs:
            return self._logs.bind(workbook=str(workbook.path), profile=workbook.profile).receive
        name = plain(str(workbook.path))

        def receive(event: Event) -> None:
            if isinstance(event, Phase):
                rows = f" {event.rows} row{'s' if event.rows > 1 else ''}" if event.rows else ""
                ERRORS.print(f"{name}: {plain(event.text)}{rows}", style="dim")
            elif isinstance(event, Waiting) and event.seconds >= WORTH_TELLING_SECONDS:
                ERRORS.print(f"{name}: {plain(event.reason)}, going on in {event.seconds:.0f} s", style="dim")

        return receive

    def _on_file(self, report: FileReport) -> None:
        if self._logs:
            shape = file_shape(report)
            self._logs.say("workbook", _level(report.exit_code), workbook=shape.pop("file"), **shape)
        if self._as_json:
            print_json(file_shape(report))
            return
        place = f"moved to {report.moved_to}" if report.moved_to else "left where it is"
        # what is said of a sheet may begin with its name
        why = plain(" ".join(report.error.removeprefix(f"{report.file.name}: ").split())).removesuffix(".")
        text = "; ".join(filter(None, [_counted(report.counts), why, plain(place)]))
        OUT.print(f"{plain(str(report.file))}: {text}")

    def _on_defect(self, workbook: Workbook, trace: str) -> None:
        why = f"{workbook.path}: this is a defect of the loader; the journal is still right"
        if self._logs:
            self._logs.failed(why, exit_code=70, traceback=trace)
        else:
            ERRORS.print(for_terminal(trace), markup=False)
            ERRORS.print(f"campaign-loader: {plain(why)}")

    def _on_wait(self, why: str) -> None:
        if self._logs:
            self._logs.say("turn", "info", reason=why)
        else:
            ERRORS.print(f"campaign-loader: {plain(why)}", style="dim")

    def _on_trouble(self, why: str) -> None:
        if self._logs:
            self._logs.failed(why, exit_code=2)
        else:
            ERRORS.print(f"campaign-loader: {plain(why)}")


def _level(exit_code: int) -> str:
    return "warning" if exit_code else "info"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"[{STYLES[it]}]{counts[it]} {it.lower()}[/]" for it in Status if counts.get(it))
