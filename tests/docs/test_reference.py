"""The reference says what the code does: every table of it is compared with the code, both ways."""

from __future__ import annotations

import json
import re
import signal
import tomllib
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from loader.cli.commands.fix import fix_shape
from loader.cli.main import app
from loader.cli.output.json_log import Logs
from loader.cli.output.json_output import (
    doctor_shape,
    listed_run_shape,
    mismatch_shape,
    outcome_shape,
    problem_shape,
    report_shape,
    run_shape,
    undo_shape,
)
from loader.cli.output.nightly_view import NightlyView
from loader.config.settings import AllSettings
from loader.editing.corrected import Edit
from loader.editing.sure_fixes import Change, Fixed
from loader.errors import LoaderError
from loader.execution.check_result import CheckResult, Grade
from loader.execution.report import Report
from loader.execution.undo import UndoReport
from loader.model.campaign import Weekday
from loader.model.events import Begun, Phase, Waiting
from loader.model.fixes import WHY_SURE, Fix, Sure, perhaps
from loader.model.records import Run
from loader.model.row import Outcome, Problem, Severity, Sheet, Status, Undone, UndoStatus
from loader.nightly.night_report import FileReport, Night
from loader.planning.checked import Checked
from loader.planning.mismatch import Mismatch
from loader.sandbox.fault_kinds import KINDS
from loader.sandbox.fault_rules import OPERATIONS, rule
from loader.workbook.columns import COLUMNS, RESULT_COLUMNS, Column
from tests.docs.pages import PAGES, blocks, coded, rows, section
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeWorkbook
    from tests.program import Program

COMMANDS = typer.main.get_group(app).commands
NOW = datetime(2026, 4, 1, 10, 15, tzinfo=UTC)


def test_columns() -> None:
    assert [line for line in PAGES["sheet"].splitlines() if line.startswith("|")][: len(table_of_columns())] == (
        table_of_columns()
    )


def table_of_columns() -> list[str]:
    """The table of columns as it must stand on the page; the seven weekdays share a line."""
    lines = ["| header | required | rule | also understood as |", "|---|---|---|---|"]
    for column in COLUMNS:
        day = next((day for day in Weekday if column.field.startswith(day.lower())), None)
        if day is None:
            lines.append(line_of(column, f"`{column.header}`", ", ".join(column.aliases)))
        elif day is Weekday.MONDAY:
            header = f"`{column.header}` ... `{column.header.replace('Monday', 'Sunday')}`"
            lines.append(line_of(column, header, f"{', '.join(column.aliases)}; the other days alike"))
        else:
            assert alike(column, day) in COLUMNS
    return lines


def line_of(column: Column, header: str, aliases: str) -> str:
    return f"| {header} | {column.required} | {column.rule} | {aliases} |"


def alike(column: Column, day: Weekday) -> Column:
    """The column of a weekday with Monday's names in place of its own, which must be Monday's column."""

    def mondays(text: str) -> str:
        for own, theirs in ((day, "Monday"), (day.lower(), "monday"), (day[:3], "Mon"), (day[:2].upper(), "MO")):
            text = re.sub(rf"\b{own}(?=\b|_)", theirs, text)
        return text

    example = next(one.example for one in COLUMNS if one.field == mondays(column.field))
    return replace(
        column,
        header=mondays(column.header),
        field=mondays(column.field),
        example=example,
        required=mondays(column.required),
        aliases=tuple(map(mondays, column.aliases)),
    )


def test_result_columns() -> None:
    [line] = [
        line
        for line in section(PAGES["sheet"], "## The results workbook").splitlines()
        if line.startswith("- Your own sheet")
    ]
    assert tuple(coded(line)) == RESULT_COLUMNS


def test_what_is_sure_to_be_right() -> None:
    assert [it[:2] for it in rows(section(PAGES["sheet"], "## Corrections"))] == [[it, WHY_SURE[it]] for it in Sure]


def test_statuses() -> None:
    assert [coded(status) for status, *_ in rows(section(PAGES["sheet"], "## What becomes of a row"))] == [
        [it] for it in Status
    ]


def test_exit_codes() -> None:
    def all_of(kind: type[LoaderError]) -> set[int]:
        return {kind.exit_code}.union(*map(all_of, kind.__subclasses__()))

    of_reports = {
        Report(_run(), [Outcome(1, "A", status)] if status else [], [], None).exit_code for status in (None, *Status)
    }
    of_signals = {128 + signal.SIGHUP, 128 + signal.SIGINT, 128 + signal.SIGTERM}
    shown = [int(coded(code)[0]) for code, _ in rows(section(PAGES["commands"], "## Exit codes"))]
    assert len(shown) == len(set(shown))
    assert set(shown) == all_of(LoaderError) | of_reports | of_signals


def test_commands() -> None:
    headings = re.findall(r"^## `campaign-loader (\S+)(.*)`$", PAGES["commands"], re.MULTILINE)
    assert dict(headings) == {name: "".join(f" {it}" for it in arguments(name)) for name in COMMANDS}


def arguments(command: str) -> list[str]:
    named = [(it.metavar or "", it.required) for it in COMMANDS[command].params if it.param_type_name == "argument"]
    return [name if required or name.startswith("[") else f"[{name}]" for name, required in named]


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_each_command(command: str) -> None:
    text = section(PAGES["commands"], f"## `campaign-loader {command}{''.join(f' {it}' for it in arguments(command))}`")
    assert [coded(option)[0] for option, _ in rows(text)] == options(command)


def options(command: str) -> list[str]:
    shown = [it for it in COMMANDS[command].params if it.param_type_name == "option"]
    return [f"{it.opts[0]} {it.metavar or ''}".strip() for it in shown]


def test_defaults_of_options() -> None:
    for name, command in COMMANDS.items():
        for option in command.params:
            if option.param_type_name == "option" and type(option.default) in (int, float) and option.default:
                assert re.search(
                    rf"^\| `{option.opts[0]} [A-Z]+` \| .*\b{option.default:g}\b", PAGES["commands"], re.MULTILINE
                ), name


def test_settings() -> None:
    shown = {coded(name)[0]: (coded(field)[0], default) for name, field, default, _ in rows(PAGES["settings"])}
    assert shown == {
        str(info.alias): (field, default_of(info.default)) for field, info in AllSettings.model_fields.items()
    }


def default_of(value: object) -> str:
    if value is PydanticUndefined or isinstance(value, SecretStr):
        return "required"
    return "" if value is None else f"`{value}`"


def test_the_profiles_shown_hold_settings_only() -> None:
    [profile] = [block for block in blocks(PAGES["settings"], "toml") if block.startswith("[profiles.")]
    for settings in tomllib.loads(profile)["profiles"].values():
        assert set(settings) < set(AllSettings.model_fields)


def test_json_objects() -> None:
    shown = [one for one in map(json.loads, blocks(PAGES["json"], "json")) if not one.keys() & {"$defs", "properties"}]
    problem = problem_shape(Problem(2, 4, "Timezone", "Boston", "is no zone", fixes=perhaps("America/New_York")))
    outcome = outcome_shape(Outcome(2, "A", Status.CREATED))
    assert [keys_of(one) for one in shown] == [
        keys_of(report_shape(Report(_run(), [], [], None), exit_code=0)),
        keys_of({"error": "", "exit_code": 2}),
        keys_of({**_check(), "problems": [problem]}),
        keys_of(_fix()),
        keys_of({"runs": [listed_run_shape(_run())]}),
        keys_of({**run_shape(_run()), "rows": [outcome]}),
        keys_of(undo_shape(UndoReport(_run(), [Undone(2, "A", "c-1", UndoStatus.KEPT)], 1, None), exit_code=4)),
        keys_of(doctor_shape([CheckResult("rate", Grade.OK, "")], exit_code=0)),
    ]


def test_log_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs = Logs()
    logs.receive(Begun("run-1", "a.xlsx", "acc"))
    logs.receive(Phase("sending", 1))
    logs.receive(Outcome(2, "A", Status.CREATED))
    logs.receive(Problem(None, None, "", "", "the queues cannot be read", severity=Severity.WARNING))
    logs.receive(Waiting("limit reached", 43))
    logs.ended(Report(_run(), [], [], None), exit_code=0)
    logs.failed("", exit_code=70, traceback="Traceback")
    nightly_view = NightlyView(as_json=True, log_json=True)
    nightly_view.callbacks.on_file(FileReport(Path("a.xlsx")))
    nightly_view.callbacks.on_wait("another nightly is running")
    nightly_view.ended(Night(NOW, NOW, 0))
    everywhere = {"timestamp", "level", "event", "run"}
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    shown = [(coded(event)[0], set(coded(also))) for event, _, also in rows(section(PAGES["json"], "## Log lines"))]
    assert shown == [(line["event"], line.keys() - everywhere) for line in lines]


def test_the_differences_in_json_are_reported_in_words() -> None:
    [sentence] = [line for line in PAGES["json"].splitlines() if "`differences`" in line]
    assert coded(sentence.split("each with")[1]) == list(mismatch_shape(Mismatch(2, "A", "cd-1", "name", "A", "B")))


def keys_of(shown: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Keys in their order, lists by their first item; counts are by status and so not compared."""
    if isinstance(shown, dict):
        return [(key, keys_of(value)) for key, value in shown.items() if key != "counts"]
    return keys_of(shown[0]) if isinstance(shown, list) and shown else None


async def test_the_json_of_check_is_what_check_prints(
    program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([row("A", Timezone="america new york")])
    ended = await program().run("check", sheet.name, "--json")
    assert ended.code == 3
    assert keys_of(ended.json) == keys_of({**_check(), "problems": ended.json["problems"]})


def _check() -> dict[str, Any]:
    return dict.fromkeys(("file", "sheet", "sheets", "valid", "invalid", "problems", "results", "exit_code"))


def _fix() -> dict[str, Any]:
    problem = Problem(2, 7, "Timezone", "america new york", "is no zone")
    change = Change(problem, Fix("America/New_York"), Edit(2, 7, "America/New_York"), "america new york")
    shape = fix_shape(
        Fixed(None, [Sheet("april.xlsx", "Campaigns", 1, [], {}, [])], Checked([], {}, []), [change], [change])
    )
    return {**shape, "corrected": None, "exit_code": 0}


def _run() -> Run:
    known: dict[str, Any] = dict.fromkeys(field.name for field in fields(Run))
    return Run(**{**known, "id": "20260401-101500-a1b2", "options": {}, "started_at": NOW, "counts": {}})


def test_faults_of_the_sandbox() -> None:
    shown = {action: coded(keys) for actions, keys, _ in rows(PAGES["sandbox"]) for action in coded(actions)}
    assert shown == {
        action: [f"{key} = {json.dumps(value)}" for key, value in kind.keys.items()] for action, kind in KINDS.items()
    }


def test_the_rule_shown_is_one() -> None:
    [text] = [block for block in blocks(PAGES["sandbox"], "toml") if block.startswith("[[rule]]")]
    [table] = tomllib.loads(text)["rule"]
    assert rule(**table)
    assert coded(re.sub(r"[a-z-]+(?=,|$)", r"`\g<0>`", text.split("any: ")[1].splitlines()[0])) == list(OPERATIONS)
