"""What became of a night: of every workbook that was found, and of all of them together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.nightly.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

# the table of exit codes in docs/commands.md, from its first row to its last
_FIRST_WINS = (129, 130, 143, 70, 5, 6, 7, 4, 3, 2, 0)


def first_in_table(codes: Iterable[int]) -> int:
    """The one of them that counts for all together; 0 where there are none."""
    return min(codes, key=_FIRST_WINS.index, default=0)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one workbook.

    `profile` is None for one that lies in the folder itself. `run` is None where no run came of it, `moved_to` where
    it was left in place, and goes on next time. `error`: what kept it from its end, blank where nothing did.
    `in_done`: it was not to be loaded; it lies in `done` and is not what was loaded.
    """

    file: Path
    profile: str | None = None
    run: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    exit_code: int = 0
    moved_to: Path | None = None
    results: Path | None = None
    error: str = ""
    in_done: bool = False
    work: Work = field(default_factory=Work)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`since`: when the first of these nights began. `times`: nights in a row. `moved_to`: where the workbook lies, if
    it was moved.
    """

    since: str
    times: int = 1
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """One `nightly`, from its first look into the folder to its end. Both times are in UTC.

    `expected`: somebody counted on a workbook being there (`--expect`). `folder` and `profile`: whose night it was.
    `error`: what kept it from beginning, or ended it as a whole. `troubles`: what is wrong, with how long it has been;
    `over`: what was wrong in earlier nights and is not any more.
    """

    started_at: datetime
    ended_at: datetime
    exit_code: int
    files: Sequence[FileReport] = ()
    expected: bool = False
    folder: Path | None = None
    profile: str | None = None
    error: str = ""
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    over: Mapping[str, Trouble] = field(default_factory=dict)

    @property
    def came(self) -> Sequence[FileReport]:
        """Of what lay there to be loaded."""
        return [report for report in self.files if not report.in_done]

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by status, of all workbooks."""
        total: Counter[str] = Counter()
        for report in self.files:
            total.update(report.counts)
        return dict(total)
