"""What a person reads: problems and reports. Messages go to standard error."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from loader.errors import StoppedError
from loader.execution.check_result import Grade
from loader.model.cell_reference import row_in_words
from loader.model.redaction import in_a_line
from loader.model.row import Gone, Severity, Status, UndoStatus
from loader.planning.problem_groups import ended_alike, first_line, grouped, in_one_line, row_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.execution.check_result import CheckResult
    from loader.execution.report import Report
    from loader.execution.undo import UndoReport
    from loader.model.records import Run
    from loader.model.row import At, Problem, Undone

ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)
OUT = Console(highlight=False, soft_wrap=True)

# never by colour alone: the word stands beside it
STYLES: dict[Status | UndoStatus, str] = {
    Status.CREATED: "green",
    Status.ALREADY_EXISTS: "cyan",
    Status.CONFLICT: "magenta",
    Status.INVALID: "red",
    Status.REJECTED: "red",
    Status.NOT_SENT: "yellow",
    Status.UNKNOWN: "bold yellow",
    UndoStatus.DELETED: "green",
    UndoStatus.GONE: "cyan",
    UndoStatus.KEPT: "magenta",
    UndoStatus.UNKNOWN: "bold yellow",
}
GRADES = {Grade.OK: "green", Grade.WARNING: "yellow", Grade.FAILURE: "bold red"}
_WELL = (Status.CREATED, Status.ALREADY_EXISTS)
_SHOWN_AT_MOST = 20
_KINDS_AT_MOST = 40
# for whoever reads a table through a pipe: a row stays a line
_WIDE = 10_000
_FURTHER_IN = "    "


def plain(text: str) -> str:
    """Text from a sheet or a server, harmless on a terminal: control characters written out, no token, no markup."""
    return escape(in_a_line(text))


def span(seconds: float) -> str:
    """A time for people: "40 s", "12 min", "5 h 40 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:  # noqa: PLR2004 - "1 min" would be off by half
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def counted(number: int, noun: str) -> str:
    """ "1 row", "2,000 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sheets_in_words(titles: Sequence[str]) -> str:
    """ "sheet 'April'", "sheets 'US', 'EU'"."""
    return f"sheet{'s' if len(titles) > 1 else ''} " + ", ".join(f"'{title}'" for title in titles)


def row_number(at: At) -> str:
    """For a table: "3", or "EMEA 3" where several sheets are loaded."""
    return " ".join(filter(None, (at[0], str(at[1]))))


def print_item(console: Console, markup: str) -> None:
    """One of a list. On a terminal it is broken between words, and its other lines stand further to the right."""
    if not console.is_terminal:
        console.print(markup)
        return
    first, *others = Text.from_markup(markup).wrap(console, console.width - len(_FURTHER_IN))
    first.rstrip()
    console.print(first)
    for line in others:
        line.rstrip()
        console.print(Text(_FURTHER_IN) + line)


def print_lines(console: Console, message: str) -> None:
    """A message of one or more lines, harmless already."""
    for line in message.split("\n"):
        print_item(console, escape(line))


def print_rows(console: Console, rows: Sequence[Undone], status: str = "") -> None:
    """Each with its own status, or with what is said instead."""
    for row in rows[:_SHOWN_AT_MOST]:
        campaign = f" ({plain(row.campaign_id)})" if row.campaign_id else ""
        why = f" - {plain(row.message)}" if row.message else ""
        which = f"{plain(row_in_words(row.at))} {plain(row.name)}{campaign}"
        print_item(console, f"  {which}: [{STYLES[row.status]}]{status or row.status}[/]{why}")
    if len(rows) > _SHOWN_AT_MOST:
        console.print(f"  ... and {len(rows) - _SHOWN_AT_MOST} more")


def print_problems(problems: Sequence[Problem], *, rest: str) -> None:
    """Problems of one kind in one line, errors and warnings. `rest`: where all of them are to be read."""
    groups = grouped(problems)
    for group in groups[:_KINDS_AT_MOST]:
        style = "red" if group[0].severity is Severity.ERROR else "yellow"
        print_item(OUT, f"  [{style}]{group[0].severity}[/] {plain(in_one_line(group))}")
    if len(groups) > _KINDS_AT_MOST:
        OUT.print(f"  ... and {counted(len(groups) - _KINDS_AT_MOST, 'kind')} of problems more")
    if len(problems) > len(groups) or len(groups) > _KINDS_AT_MOST:
        OUT.print(f"  each of the {len(problems):,} problems at its cell: {rest}")


def print_report(report: Report) -> None:
    """How the run ended: counts, what needs somebody, and where the results are."""
    counts = Counter(outcome.status for outcome in report.outcomes)
    total = f"{counted(len(report.outcomes), 'row')} of {plain(report.run.file)}"
    OUT.print(f"{total}: " + ", ".join(f"[{STYLES[s]}]{counts[s]} {s.lower()}[/]" for s in Status if counts[s]))
    if report.halted is not None:
        again = ": to go on with the rest, give the same command again" if _goes_on(report) else ""
        print_item(OUT, f"[yellow]{plain(str(report.halted))}{again}[/]")
    if report.idle:
        OUT.print("Nothing to do: no row is left to send.")
    for remark in report.notes:
        print_item(OUT, f"[yellow]{plain(remark)}[/]")
    if report.declined:
        return
    _tell_needy(report)
    if counts[Status.UNKNOWN]:
        OUT.print(f"To look up what is unknown: campaign-loader reconcile {report.run.id}", style="yellow")
    if report.mismatches:
        values = ([it.name, it.header, it.sent, it.found] for it in report.mismatches[:_SHOWN_AT_MOST])
        table(("Campaign", "Column", "Sent", "On the server"), list(values))
    if len(report.mismatches) > _SHOWN_AT_MOST:
        OUT.print(f"  ... and {len(report.mismatches) - _SHOWN_AT_MOST} more")
    seconds = ((report.run.ended_at or report.run.started_at) - report.run.started_at).total_seconds()
    warnings = sum(problem.severity is Severity.WARNING for problem in report.problems)
    if warnings:
        OUT.print(f"  {counted(warnings, 'warning')}: see the sheet Problems of the results")
    OUT.print(f"Run {report.run.id}: {counted(report.run.requests, 'request')} in {span(seconds)}.")
    OUT.print(f"Results: {plain(str(report.results or 'not written'))}")


def _goes_on(report: Report) -> bool:
    left = any(outcome.status is Status.NOT_SENT for outcome in report.outcomes)
    return left and isinstance(report.halted, StoppedError) and not report.declined


def _tell_needy(report: Report) -> None:
    """What needs somebody, a line for each reason; what stopped the whole run is no reason of a row."""
    needy = [
        it
        for it in report.outcomes
        if (it.status not in _WELL or it.gone is Gone.VANISHED)
        and not (it.status is Status.NOT_SENT and it.message == str(report.halted))
    ]
    groups = ended_alike(needy)
    for group in groups[:_SHOWN_AT_MOST]:
        first, alone = group[0], len(group) == 1
        lead = f"{plain(row_in_words(first.at))} {plain(first.name)}" if alone else counted(len(group), "row")
        why = f" - {plain(first_line(first))}" if first.message else ""
        others = "" if alone else plain(row_names(group))
        print_item(OUT, f"  {lead}: [{STYLES[first.status]}]{first.status}[/]{why}{others}")
    if len(groups) > _SHOWN_AT_MOST:
        OUT.print(f"  ... and {counted(sum(map(len, groups[_SHOWN_AT_MOST:])), 'row')} more")


def print_checks(checks: Sequence[CheckResult]) -> None:
    """Each thing looked at in a line, with the remedy below it where one is needed."""
    for it in checks:
        print_item(OUT, f"[{GRADES[it.grade]}]{it.grade:8}[/]{it.check}: {plain(it.seen)}")
        if it.remedy:
            print_item(OUT, f"        {plain(it.remedy)}")
    counts = Counter(it.grade for it in checks)
    plural = {Grade.WARNING: "warnings", Grade.FAILURE: "failures"}
    counted = [f"{n} {plural.get(grade, grade) if n > 1 else grade}" for grade in GRADES if (n := counts[grade])]
    OUT.print(", ".join(counted))


def print_undo(report: UndoReport) -> None:
    """How it ended: counts, and what needs somebody."""
    counts = Counter(row.status for row in report.rows)
    text = ", ".join(f"[{STYLES[s]}]{counts[s]} {s}[/]" for s in UndoStatus if counts[s])
    campaigns = f"{counted(len(report.rows), 'campaign')} of {plain(report.run.file)}"
    OUT.print(f"{campaigns}: {text}" if text else "Nothing to undo.")
    if report.halted is not None:
        print_item(OUT, f"[yellow]{plain(str(report.halted))}[/]")
    for remark in report.notes:
        print_item(OUT, f"[yellow]{plain(remark)}[/]")
    needy = [row for row in report.rows if row.status in (UndoStatus.KEPT, UndoStatus.UNKNOWN)]
    print_rows(OUT, [row for row in needy if row.message != str(report.halted)])  # which stands above
    OUT.print(f"Undoing run {report.run.id} took {counted(report.requests, 'request')}.")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table; every text in it is made harmless. Nothing is cut off: the first column is what one copies."""
    from rich.table import Column, Table  # noqa: PLC0415 - few commands draw one

    first, *others = headers
    columns = [Column(first, no_wrap=True), *(Column(header, overflow="fold") for header in others)]
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*("\n".join(map(plain, text.splitlines())) for text in row))
    if not OUT.is_terminal:
        OUT.width = _WIDE
    OUT.print(grid)


def run_line(one: Run) -> list[str]:
    """A run as a line of `runs`."""
    ended = f"{one.ended_at:%Y-%m-%d %H:%M:%S}" if one.ended_at else "not ended"
    counts = ", ".join(f"{count} {status.lower()}" for status, count in (one.counts or {}).items())
    return [one.id, one.file, one.account, ended, str(one.requests), counts]
