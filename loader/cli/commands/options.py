"""Arguments and options that commands share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loader.cli.output.log_level import LogLevel
from loader.cli.session import defaults_of, renaming_in
from loader.model.redaction import as_text
from loader.model.row import Check, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.config.settings import Settings
    from loader.planning.request import LoadRequest

SheetFile = Annotated[Path, typer.Argument(metavar="SHEET", help="The workbook (.xlsx, .xlsm) or .csv file.")]
PlannedSheet = Annotated[
    Path | None,
    typer.Argument(metavar="[SHEET]", help="The workbook (.xlsx, .xlsm) or .csv file; a plan names it too."),
]
SheetNames = Annotated[
    list[str] | None,
    typer.Option("--sheet", metavar="NAME", help="A sheet to load, where several have campaigns; repeatable."),
]
AllSheets = Annotated[bool, typer.Option("--all-sheets", help="Load all sheets that have campaigns.")]
Fill = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="HEADER=VALUE", help="Fill the blank cells of a column; repeatable."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="A mapping for other headers and values, TOML."),
]
Country = Annotated[
    str | None, typer.Option("--country", metavar="CC", help="Where caller IDs without a plus are dialled, such as US.")
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Of a text file that is not in UTF-8, such as windows-1252."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="HEADER", help="Leave a column out on purpose; repeatable."),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="A profile of loader.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="JSON lines on standard error, instead of progress and messages.")
]
LoggedAt = Annotated[
    LogLevel,
    typer.Option("--log-level", metavar="LEVEL", help="info, or debug: a line for each request on standard error."),
]
LatestRun = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="As `runs` lists it; without one, the last run.")
]
LastRun = Annotated[
    str | None, typer.Argument(metavar="RUN", help="As `runs` lists it; without one, the last that needs it.")
]
RowsThat = Annotated[
    list[Status] | None,
    typer.Option("--status", metavar="STATUS", case_sensitive=False, help="Only rows that ended so; repeatable."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask before the first create; without a terminal it is required.")
]
Canary = Annotated[
    int | None,
    typer.Option("--canary", metavar="N", min=0, help="Create N rows first and compare them; 0 turns that off."),
]
Rate = Annotated[float | None, typer.Option("--rate", metavar="N", help="Requests a minute, reads included.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FOLDER", help="Where the results workbook goes.")]
SheetFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the sheets.")]
Deadline = Annotated[
    str | None, typer.Option("--deadline", metavar="HH:MM", help="When to stop; the next night goes on with the rest.")
]
Timezone = Annotated[str, typer.Option("--timezone", metavar="NAME", help="The time zone of these times.")]
Expect = Annotated[bool, typer.Option("--expect", help="Exit code 4 if there is nothing to do.")]
LATE_HOURS = 12.0
Metrics = Annotated[
    Path | None, typer.Option("--metrics", metavar="FILE", help="Write metrics in Prometheus' text format.")
]
StatusFile = Annotated[
    Path | None, typer.Option("--status", metavar="FILE", help="Write nightly.json here, too, for anybody to read.")
]
Wait = Annotated[
    str | None,
    typer.Option("--wait", metavar="DURATION", help="Wait so long for others at the account, such as 30m or 2h."),
]
ReadyMarker = Annotated[
    bool, typer.Option("--ready-marker", help="Load NAME only when a file NAME.ready lies beside it.")
]
AllOrNothing = Annotated[bool, typer.Option("--all-or-nothing", help="Send nothing while any row is invalid.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Send the first N open rows.")]
NoPreflight = Annotated[
    bool, typer.Option("--no-preflight", help="Do not compare with the server before the first create.")
]
SkipPreflight = Annotated[
    list[Check] | None,
    typer.Option("--skip-preflight", metavar="WHAT", help="Leave out names, contact-lists or queues; repeatable."),
]
RetryRejected = Annotated[bool, typer.Option("--retry-rejected", help="Send rejected rows again as they are.")]
Recreate = Annotated[
    list[str] | None,
    typer.Option("--recreate", metavar="NAME", help="Create this campaign once more; repeatable."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of `run` and `plan` that say what to make of a sheet, as they were typed."""

    sheet_names: Sequence[str] | None
    all_sheets: bool
    fill: Sequence[str] | None
    mapping: Path | None
    ignore: Sequence[str] | None
    all_or_nothing: bool
    limit: int | None
    no_preflight: bool
    skip_preflight: Sequence[Check] | None
    retry_rejected: bool
    recreate: Sequence[str] | None
    canary: int | None

    @property
    def anything(self) -> bool:
        """Whether any of them was given."""
        typed = (getattr(self, field.name) for field in fields(self))
        return any(it is not None and it is not False and it != [] for it in typed)

    def load_request(self, sheet: Path, settings: Settings) -> LoadRequest:
        """`settings` name the mapping, wherever it was set.

        Raises:
            LoaderError: the sheet cannot be read, or an option is wrong.
        """
        from loader.config.sheets import choice_of
        from loader.model.campaign import name_key
        from loader.planning.plan import RunOptions
        from loader.planning.request import LoadRequest
        from loader.workbook.reader.reader_process import content_of

        return LoadRequest(
            as_text(sheet.name),
            content_of(sheet),
            choice_of(
                self.sheet_names,
                every=self.all_sheets,
                setting=settings.sheets,
                ignored=settings.ignore_sheets,
            ),
            defaults_of(self.fill),
            self.all_or_nothing,
            not self.no_preflight,
            RunOptions(self.retry_rejected, frozenset(map(name_key, self.recreate or ())), self.limit),
            renaming_in(settings.mapping, ignore=self.ignore, country=settings.country),
            skip=frozenset(self.skip_preflight or ()),
            canary=self.canary,
            encoding=settings.encoding,
        )
