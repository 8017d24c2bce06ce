"""What is asked before campaigns are created or deleted. Questions go to standard error."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from loader.cli.output.console import ERRORS, STYLES, counted, plain, print_item, print_rows, sheets_in_words, span
from loader.model.calling_hours import week_in_words
from loader.model.row import Status, UndoStatus
from loader.planning.problem_groups import grouped, in_one_line

if TYPE_CHECKING:
    from loader.execution.undo import UndoForecast
    from loader.model.events import SendForecast

_GROUPS_AT_MOST = 15


def ask(forecast: SendForecast, *, file: str, account: str) -> bool:
    """Say what is about to happen, and ask."""
    print_item(ERRORS, f"{plain(file)}, {plain(sheets_in_words(forecast.sheets))}: {_rows(forecast)}")
    groups = grouped(forecast.warnings)
    if groups:
        ERRORS.print("Understood otherwise than it is written, or not used:")
    for group in groups[:_GROUPS_AT_MOST]:
        print_item(ERRORS, f"  [yellow]warning[/] {plain(in_one_line(group))}")
    if len(groups) > _GROUPS_AT_MOST:
        more = counted(len(groups) - _GROUPS_AT_MOST, "kind")
        ERRORS.print(f"  ... and {more} more: `campaign-loader check` shows all of them")
    if hours := week_in_words(forecast.campaigns):
        print_item(ERRORS, f"Calling hours: {hours}")
    doubts = f", and look up {forecast.in_doubt} whose answer was lost" if forecast.in_doubt else ""
    print_item(
        ERRORS,
        f"About to create {counted(forecast.to_send, 'campaign')} in account {plain(account)}{doubts}: "
        f"about {span(forecast.minutes * 60)}.",
    )
    return _yes()


def _rows(forecast: SendForecast) -> str:
    """ "27 rows: 23 to create, 2 created earlier, 1 invalid, 1 passed over"."""
    ends = Counter(forecast.ends)
    known = [f"[{STYLES[it]}]{ends[it]:,} {_ENDS.get(it, it.lower())}[/]" for it in Status if ends[it]]
    passed_over = [f"{forecast.passed_over:,} passed over"] if forecast.passed_over else []
    in_doubt = forecast.rows - forecast.to_send - sum(ends.values()) - forecast.passed_over
    looked_up = [f"{in_doubt:,} to look up"] if in_doubt > 0 else []
    parts = [f"{forecast.to_send:,} to create", *known, *looked_up, *passed_over]
    return f"{counted(forecast.rows, 'row')}: {', '.join(parts)}"


_ENDS = {Status.CREATED: "created earlier", Status.ALREADY_EXISTS: "on the server already"}


def agree(question: str) -> bool:
    """Ask what only a person can know."""
    ERRORS.print(plain(question))
    return _yes()


def ask_undo(forecast: UndoForecast, *, account: str) -> bool:
    """Say what is about to be deleted, what is kept and why, and ask."""
    counts = Counter(row.status for row in forecast.rows)
    for status in UndoStatus:
        listed = [row for row in forecast.rows if row.status is status]
        if listed:
            ERRORS.print(f"{_WOULD_BE[status]}: {len(listed)}")
            print_rows(ERRORS, listed, _WOULD_BE[status])
    print_item(
        ERRORS,
        f"About to delete {counted(counts[UndoStatus.DELETED], 'campaign')} of run {forecast.run} in account "
        f"{plain(account)}. Each is read once more right before: {counted(forecast.requests, 'request')}, "
        f"about {span(forecast.minutes * 60)}.",
    )
    return _yes()


_WOULD_BE = {
    UndoStatus.DELETED: "to be deleted",
    UndoStatus.GONE: "gone already, to be looked at",
    UndoStatus.KEPT: "to be kept",
    UndoStatus.UNKNOWN: "unknown",
}


def _yes() -> bool:
    _forget_what_was_typed()
    ERRORS.print("Go on? [y/N] ", end="", markup=False)
    try:
        return input().strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _forget_what_was_typed() -> None:
    """Whoever typed before the question stood there has not answered it."""
    if not sys.stdin.isatty():
        return
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows alone has it

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios  # noqa: PLC0415 - Windows has none

        termios.tcflush(sys.stdin, termios.TCIFLUSH)
