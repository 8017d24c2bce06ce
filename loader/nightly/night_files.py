"""What is written of a night, at its beginning and at every ending: the status and the metrics."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from loader.errors import AccountBusyError, LoaderError, OutputError
from loader.nightly.night_report import first_in_table
from loader.nightly.status import StatusFiles, status_lock, write_metrics
from loader.nightly.troubles import over_after, troubles_after
from loader.storage.locks import only_night

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from loader.nightly.night_report import Night


class NightFiles:
    """`status` and `metrics`: files that others read, where they are wanted."""

    def __init__(self, status: Path | None, metrics: Path | None, on_trouble: Callable[[str], None]) -> None:
        self._copy, self._metrics, self._on_trouble = status, metrics, on_trouble
        self._files = StatusFiles(None, status)
        self._said: set[str] = set()
        self._exit_code = 0

    def lie_in(self, output: Path) -> None:
        """The folder of the results is known: `nightly.json` is there."""
        self._files = StatusFiles(output, self._copy)

    def begun(self, held: ExitStack, at: datetime, whose: tuple[Path, str | None], *, idle: bool) -> None:
        """A night begins; `nightly.json` is left to a night that is running where this one is `idle`.

        Raises:
            OutputError: it cannot be written; that its copy cannot is no reason to load nothing.
        """
        if not self._is_free(held) and idle:
            self._files = StatusFiles(None, self._copy)
        StatusFiles(self._files.output).begun(at, *whose)
        self._write(partial(self._files.begun, at, *whose))

    def not_begun(self, night: Night) -> None:
        """It could not begin, or a defect ended it; somebody else says why."""
        self._said.add(night.error)
        with ExitStack() as held:
            try:
                free = self._is_free(held)
            except LoaderError:  # nothing can be written there: that is what is reported already
                free = False
            if not free:
                self._files = StatusFiles(None, self._copy)
            self.ended(night)

    def ended(self, night: Night) -> Night:
        """The night, with what could not be written in its exit code, and with what was wrong in earlier nights."""
        earlier = self._files.troubles
        night = replace(night, troubles=troubles_after(earlier, night), over=over_after(earlier, night))
        night = self._with_exit_code(night)
        self._write(partial(self._files.ended, night))
        if self._metrics is not None:
            self._write(partial(write_metrics, self._metrics, night, self._files.last_success))
        return self._with_exit_code(night)

    def _write(self, write: Callable[[], None]) -> None:
        """Write what others read; that it cannot be written is reported once."""
        try:
            write()
        except OutputError as error:
            self._exit_code = error.exit_code
            if str(error) not in self._said:
                self._said.add(str(error))
                self._on_trouble(str(error))

    def _with_exit_code(self, night: Night) -> Night:
        return replace(night, exit_code=first_in_table([night.exit_code, self._exit_code]))

    def _is_free(self, held: ExitStack) -> bool:
        output = self._files.output
        try:
            if output is not None:
                held.enter_context(only_night(status_lock(output), f"the results in {output}"))
        except AccountBusyError:
            return False
        return True
