"""What a person reads: harmless whatever a sheet or a server says, and complete."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from loader.cli.output.console import plain, print_item, print_problems, print_report, print_undo, run_line, span, table
from loader.cli.output.question import ask, ask_undo
from loader.errors import RefusedError, StoppedError
from loader.execution.report import Report
from loader.execution.undo import UndoForecast, UndoReport
from loader.model.attempt import Attempt
from loader.model.events import SendForecast
from loader.model.records import Run
from loader.model.row import Outcome, Problem, Severity, Status, Undone, UndoStatus
from tests.model.test_campaign import make_campaign

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
RUN = Run(
    "20260401-120000-abcd",
    "acc at h",
    "app at h",
    "kim",
    1,
    "a.xlsx",
    "d1",
    {},
    NOON,
    ended_at=NOON + timedelta(minutes=20),
    requests=7,
    counts={"Created": 3, "Not sent": 1},
)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (40, "40 s"),
        (89, "89 s"),
        (90, "2 min"),
        (720, "12 min"),
        (3599, "1 h 0 min"),
        (20400, "5 h 40 min"),
    ],
)
def test_a_time_is_reported_as_people_tell_it(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_control_characters_and_markup_are_shown_and_do_nothing() -> None:
    assert plain("\x1b[31mred\x07\u202e") == "\\x1b[31mred\\x07\\u202e"
    assert plain("[red]x[/red]") == "\\[red]x\\[/red]"
    assert plain("Größe 東京") == "Größe 東京"


def outcome(row: int, status: Status, message: str = "", name: str = "") -> Outcome:
    return Outcome(row, name or f"N{row}", status, attempt=Attempt(message=message))


def test_a_report_counts_all_and_lists_what_needs_somebody(capsys: pytest.CaptureFixture[str]) -> None:
    warning = Problem(2, 1, "Caller ID", "1", "was read as +1", severity=Severity.WARNING)
    outcomes = [
        outcome(2, Status.CREATED),
        outcome(3, Status.ALREADY_EXISTS, "was there"),
        outcome(4, Status.REJECTED, "no such list\nand more", "[b]\x1b[2J"),
        outcome(5, Status.NOT_SENT, "no permission"),
        outcome(6, Status.UNKNOWN),
    ]
    print_report(Report(RUN, outcomes, [warning], RefusedError("no permission"), Path("out/a-results.xlsx")))
    assert capsys.readouterr().out.splitlines() == [
        "5 rows of a.xlsx: 1 created, 1 already exists, 1 rejected, 1 not sent, 1 unknown",
        "no permission",
        "  row 4 [b]\\x1b[2J: Rejected - no such list",
        "  row 6 N6: Unknown",
        "To look up what is unknown: campaign-loader reconcile 20260401-120000-abcd",
        "  1 warning: see the sheet Problems of the results",
        "Run 20260401-120000-abcd: 7 requests in 20 min.",
        "Results: out/a-results.xlsx",
    ]


def test_rows_that_ended_alike_are_one_line_of_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [outcome(row, Status.NOT_SENT, "no time left") for row in range(2, 52)]
    wrong = [outcome(row, Status.INVALID, f"D{row} Priority: '{row}' is above 5") for row in range(60, 62)]
    print_report(Report(replace(RUN, ended_at=None), [*outcomes, *wrong], [], None))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "  50 rows: Not sent - no time left; row 2 N2, row 3 N3, row 4 N4, row 5 N5, row 6 N6, ...",
        "  2 rows: Invalid - D60 Priority: '60' is above 5; likewise row 61 N61",
        "Run 20260401-120000-abcd: 7 requests in 0 s.",
        "Results: not written",
    ]


def test_a_report_of_many_kinds_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [outcome(row, Status.REJECTED, "refused because of " + "x" * row) for row in range(2, 52)]
    print_report(Report(replace(RUN, ended_at=None), outcomes, [], None))
    lines = capsys.readouterr().out.splitlines()
    assert lines[20].startswith("  row 21 N21: Rejected - refused because of xxx")
    assert lines[21] == "  ... and 30 rows more"


def test_what_stopped_a_run_is_said_once_with_what_to_do_then(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [outcome(2, Status.CREATED), *(outcome(row, Status.NOT_SENT, "stopped by Ctrl-C") for row in (3, 4))]
    print_report(Report(RUN, outcomes, [], StoppedError("stopped by Ctrl-C"), Path("out/a-results.xlsx")))
    assert capsys.readouterr().out.splitlines() == [
        "3 rows of a.xlsx: 1 created, 2 not sent",
        "stopped by Ctrl-C: to go on with the rest, give the same command again",
        "Run 20260401-120000-abcd: 7 requests in 20 min.",
        "Results: out/a-results.xlsx",
    ]


def test_a_question_that_was_not_answered_with_yes_leaves_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = StoppedError("not confirmed, so nothing was sent")
    outcomes = [outcome(2, Status.NOT_SENT, str(stopped)), outcome(3, Status.INVALID, "D3 Priority: '9' is above 5")]
    warning = Problem(2, 1, "Caller ID", "1", "was read as +1", severity=Severity.WARNING)
    print_report(Report(RUN, outcomes, [warning], stopped, declined=True))
    assert capsys.readouterr().out.splitlines() == [
        "2 rows of a.xlsx: 1 invalid, 1 not sent",
        "not confirmed, so nothing was sent",
    ]


def test_a_run_that_had_nothing_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(Report(RUN, [outcome(2, Status.CREATED)], [], None, Path("out/a-results.xlsx"), idle=True))
    assert capsys.readouterr().out.splitlines()[:2] == [
        "1 row of a.xlsx: 1 created",
        "Nothing to do: no row is left to send.",
    ]


def test_on_a_terminal_a_long_line_is_broken_between_words_and_goes_on_further_to_the_right() -> None:
    screen = io.StringIO()
    narrow = Console(file=screen, force_terminal=True, width=40, highlight=False, soft_wrap=True, color_system=None)
    print_item(narrow, "  [red]error[/] A2 Priority: '9' is above 5; right: a whole number from 1 to 5")
    assert screen.getvalue().splitlines() == [
        "  error A2 Priority: '9' is above 5;",
        "    right: a whole number from 1 to 5",
    ]


def test_problems_of_one_kind_are_one_line_that_says_how_many_rows_and_the_first_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = [
        Problem(row, 6, "Caller ID", f"1510555012{row}", f"is read as '+1510555012{row}'", severity=Severity.WARNING)
        for row in (2, 3, 4)
    ]
    blank = [Problem(row, 3, "Contact lists", "", "is blank", "1 to 10 names") for row in range(4, 1001)]
    other = [Problem(None, None, "", "", f"The sheet has {it} thing.", severity=Severity.WARNING) for it in (1, 2)]
    print_problems([*read, *blank, Problem(5, 4, "Priority", "[9]", "is above 5"), *other], rest="--output FILE")
    assert capsys.readouterr().out.splitlines() == [
        "  warning 3 rows: F2 Caller ID: '15105550122' is read as '+15105550122'; likewise F3, F4",
        "  error 997 rows: Contact lists is blank; right: 1 to 10 names; C4, C5, C6, C7, C8, ...",
        "  error D5 Priority: '[9]' is above 5",
        "  warning The sheet has 1 thing.",
        "  warning The sheet has 2 thing.",
        "  each of the 1,003 problems at its cell: --output FILE",
    ]


def test_kinds_of_problems_have_a_bound_and_it_is_said_where_the_rest_is(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem(row, 4, f"Column {row}", "", "is wrong") for row in range(2, 45)]
    print_problems(problems, rest="a-checked.xlsx")
    said = capsys.readouterr().out.splitlines()
    assert said[39:] == [
        "  error D41 Column 41 is wrong",
        "  ... and 3 kinds of problems more",
        "  each of the 43 problems at its cell: a-checked.xlsx",
    ]


@pytest.mark.parametrize(
    ("answer", "meant"), [("y", True), ("YES ", True), ("", False), ("n", False), ("yep", False), (None, False)]
)
def test_only_a_yes_means_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str | None, *, meant: bool
) -> None:
    def typed() -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", typed)
    zone = Problem(2, 7, "Timezone", "EST", "is 5 hours behind UTC all year", "", Severity.WARNING)
    forecast = SendForecast(
        1200,
        3,
        24,
        [make_campaign()],
        ["April"],
        rows=1208,
        passed_over=1,
        ends=[Status.CREATED, Status.INVALID, Status.INVALID],
        warnings=[zone, replace(zone, row=3)],
    )
    assert ask(forecast, file="a.xlsx", account="acc at https://h") is meant
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "a.xlsx, sheet 'April': 1,208 rows: 1,200 to create, 1 created earlier, 2 invalid, 4 to look up, 1 passed over",
        "Understood otherwise than it is written, or not used:",
        "  warning 2 rows: Timezone: 'EST' is 5 hours behind UTC all year; G2, G3",
        (
            "Calling hours: Monday 9:00 AM - 6:00 PM, no calls on Tuesday to Sunday; "
            "each campaign by the clock of its own zone"
        ),
        (
            "About to create 1,200 campaigns in account acc at https://h, "
            "and look up 3 whose answer was lost: about 24 min."
        ),
        "Go on? [y/N] ",
    ]


def test_a_table_cuts_nothing_off_and_keeps_a_row_a_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table(("Run", "Message"), [["20260401-120000-abcd", "x" * 300], ["b", "[red]"]])
    headers, first, second = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (headers, first, second) == (["Run", "Message"], ["20260401-120000-abcd", "x" * 300], ["b", "[red]"])


def test_a_run_is_a_line_with_its_counts_or_that_it_has_not_ended() -> None:
    assert run_line(RUN) == [
        "20260401-120000-abcd",
        "a.xlsx",
        "acc at h",
        "2026-04-01 12:20:00",
        "7",
        "3 created, 1 not sent",
    ]
    assert run_line(replace(RUN, ended_at=None, counts=None))[3:] == ["not ended", "7", ""]


# undo


@pytest.mark.parametrize(("typed", "answer"), [("y", True), ("yes", True), ("", False), ("n", False)])
def test_before_anything_is_deleted_it_is_listed_and_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, *, answer: bool
) -> None:
    monkeypatch.setattr("builtins.input", lambda: typed)
    rows = [
        *(Undone(row, f"N{row}", f"cd-{row}", UndoStatus.DELETED, "unchanged") for row in range(2, 25)),
        Undone(25, "[red]N\x1b", "cd-25", UndoStatus.KEPT, "it was started"),
        Undone(26, "N26", None, UndoStatus.UNKNOWN, "nobody knows"),
    ]
    assert ask_undo(UndoForecast("20260401-120000-abcd", rows, 46, 0.92), account="acc at h") is answer
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["to be deleted: 23", "  row 2 N2 (cd-2): to be deleted - unchanged"]
    assert said[21:] == [
        "  ... and 3 more",
        "to be kept: 1",
        "  row 25 [red]N\\x1b (cd-25): to be kept - it was started",
        "unknown: 1",
        "  row 26 N26: unknown - nobody knows",
        (
            "About to delete 23 campaigns of run 20260401-120000-abcd in account acc at h. "
            "Each is read once more right before: 46 requests, about 55 s."
        ),
        "Go on? [y/N] ",
    ]


def test_how_an_undo_was_halted_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Undone(3, "B", "cd-3", UndoStatus.KEPT, "no permission")  # its reason is said once, above
    rows = [Undone(2, "A", "cd-2", UndoStatus.KEPT, "no"), stopped]
    print_undo(UndoReport(RUN, rows, 3, RefusedError("no permission")))
    assert capsys.readouterr().out.splitlines() == [
        "2 campaigns of a.xlsx: 2 kept",
        "no permission",
        "  row 2 A (cd-2): kept - no",
        "Undoing run 20260401-120000-abcd took 3 requests.",
    ]
