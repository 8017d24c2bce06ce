"""A folder that is loaded by night, at whatever time it is said to be."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from loader.nightly.batch import NightCallbacks, Nightly, Wanted
from loader.nightly.inbox import Clock
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from loader.nightly.night_report import FileReport, Night
    from tests.sheets import Row


@dataclass
class Inbox:
    """`folder` is FOLDER. `now` is what a night takes for the time when it begins. `growing`: still written to."""

    folder: Path
    now: datetime = datetime(2026, 3, 28, 1, tzinfo=UTC)
    defects: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    growing: set[Path] = field(default_factory=set)
    _looking: bool = False
    on_event: Callable[[Workbook, Event], None] = lambda _, __: None

    def put(self, name: str, rows: Sequence[Row | str], *, age: float = 3600) -> Path:
        """A workbook that came `age` seconds ago."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(path, [row(it) if isinstance(it, str) else it for it in rows])
        return self.aged(path, age)

    def put_bytes(self, name: str, content: bytes, *, age: float = 3600) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self.aged(path, age)

    def aged(self, path: Path, age: float) -> Path:
        at = self.now.timestamp() - age
        os.utime(path, (at, at))
        return path

    async def night(self, **wanted: Any) -> Night:  # noqa: ANN401 - as of Wanted
        return await self.begun(**wanted).carry_out()

    def begun(self, **wanted: Any) -> Nightly:  # noqa: ANN401 - as of Wanted
        self._looking = True
        callbacks = NightCallbacks(
            lambda workbook: lambda event: self.on_event(workbook, event),
            on_defect=lambda _, trace: self.defects.append(trace),
            on_trouble=self.troubles.append,
        )
        return Nightly(Wanted(self.folder, **wanted), callbacks, Clock(lambda: self.now, self._sleep))

    async def _sleep(self, seconds: float) -> None:
        """Until the second look time passes by itself, later by what is heard."""
        if self._looking:
            self._looking = False
            self.now += timedelta(seconds=seconds)
            for path in self.growing:
                path.write_bytes(path.read_bytes() + b"more")
        else:
            await asyncio.sleep(0.002)

    def holds(self) -> list[str]:
        """All files in it, results without their time."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix in (".xlsx", ".csv")]
        return sorted(short(path.relative_to(self.folder)) for path in paths)


def short(path: Path | str | None) -> str:
    """A path with RESULTS for what differs from run to run."""
    return re.sub(r"results-\d{8}T\d{6}Z", "RESULTS", str(path))


def report_on(night: Night, name: str) -> FileReport:
    [found] = [report for report in night.files if report.file.name == name]
    return found
