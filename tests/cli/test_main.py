"""The program as people and schedulers start it: exit codes, what is printed where, and what it says."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from typer.testing import CliRunner

from loader.cli.main import app
from loader.sandbox.fault_rules import rule
from tests.load_runs import asked, creates, held
from tests.program import until
from tests.sheets import read_results, row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main, MakeWorkbook, Serve
    from tests.program import Finished, Program

    ServeAside = Callable[..., Sandbox]
    Start = Callable[..., Program]

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


# Help and usage


def test_the_documented_commands_are_there() -> None:
    documented = {"demo", "template", "check", "run", "resume", "reconcile", "runs", "show", "results", "sandbox"}
    assert documented <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_starts_it(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"])
    assert said.exit_code == 0
    assert f"Example: campaign-loader {command}" in " ".join(said.output.split())


async def test_the_program_without_a_command_lists_them_all(program: Start) -> None:
    done = await program().run("--help", cold=True)
    assert (done.code, done.err) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "give a SHEET, or --plan FILE"),
        (["run", "a.xlsx", "--limit", "0"], "Invalid value for '--limit'"),
        (["run", "a.xlsx", "--lmit", "3"], "No such option: --lmit"),
        (["rum", "a.xlsx"], "No such command 'rum'"),
        (["sandbox", "--fault-rate", "2"], "Invalid value for '--fault-rate'"),
    ],
)
def test_wrong_usage_is_reported_and_ends_with_2(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert done.stdout == ""


# run


@pytest.mark.parametrize("answer", [b"", b"n\n", b"y\n"])
@pytest.mark.parametrize("options", [(), ("--json",), ("--log-json",)])
async def test_without_a_terminal_nothing_is_sent_unless_yes_says_so(  # noqa: PLR0917 - fixtures
    serve: Serve, program: Start, make_workbook: MakeWorkbook, folder: Path, answer: bytes, options: tuple[str, ...]
) -> None:
    server = await serve()
    one = program(server.url)
    make_workbook(["A", "B"])
    command = await asyncio.create_subprocess_exec(
        one.installed,
        "run",
        "campaigns.xlsx",
        *options,
        cwd=folder,
        env=one.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await command.communicate(answer)
    assert command.returncode == 2
    assert b"this creates campaigns, and there is no terminal to ask at: give --yes to create them" in out + err
    assert asked(server) == {}
    assert list((folder / "output").glob("*.xlsx")) == []


def test_resume_and_plan_files_are_no_way_around_the_question(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside()
    make_workbook(["A", "B"])
    assert main("run", "--yes", "campaigns.xlsx", "--limit", "1", host=server.url).code == 4
    assert main("plan", "campaigns.xlsx", "--out", "plan.json", host=server.url).code == 0
    for command in (("resume",), ("run", "--plan", "plan.json")):
        done = main(*command, host=server.url)
        assert (done.code, "give --yes to create them" in done.err) == (2, True)
    assert creates(server) == {"A": 1}


def test_a_run_is_reported_in_a_few_lines_and_ends_with_0(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = serve_aside()
    make_workbook(["A", "B"])
    done = main("run", "--yes", "campaigns.xlsx", host=server.url)
    assert done.code == 0
    first, *_, last_but_one, last = done.out.splitlines()
    assert first == "2 rows of campaigns.xlsx: 2 created"
    assert last_but_one.endswith(" s.")
    assert last_but_one.startswith("Run 20")
    assert last.startswith("Results: output/campaigns-results-")
    assert done.err.splitlines() == [
        "reading campaigns.xlsx",
        "reading the campaign list",
        "experience flows, caller IDs and DNC lists are not checked: the API has no list of them",
        "reading contact lists",
        *(
            f"warning column C Contact lists: '{name}' is called by rows 2 and 3, which cannot run at the same time"
            for name in ("renewals-north", "renewals-west")
        ),
        "sending 2 rows",
        "writing the results",
    ]
    assert [it["Status"] for it in read_results(folder / last.removeprefix("Results: "))] == ["Created", "Created"]
    assert (folder / "output" / "journal.db").exists()


async def test_with_json_there_is_one_object_on_standard_output_and_nothing_else(
    serve: Serve, program: Start, main: Main, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="C", action="refused"))
    write_workbook(folder / "campaigns.xlsx", [row("A"), row("B", Priority=9), row("C")])
    done = await program(server.url).run("run", "--yes", "campaigns.xlsx", "--json", cold=True)
    run = done.json
    assert run["counts"] == {"Created": 1, "Invalid": 1, "Rejected": 1}
    assert (run["file"], run["requests"], run["problems"], run["stopped"]) == ("campaigns.xlsx", 4, 3, None)
    assert (run["exit_code"], done.code) == (4, 4)
    assert run["ended_at"] > run["started_at"]
    assert (folder / run["results"]).exists()
    assert "Created" not in done.err

    runs = main("runs", "--json").json["runs"]
    assert [it["run"] for it in runs] == [run["run"]]
    shown = main("show", run["run"], "--json").json
    assert main("show", "--json").json == shown
    assert main("results", "--json").json["run"] == run["run"]
    assert [(it["name"], it["status"]) for it in shown["rows"]] == [
        ("A", "Created"),
        ("B", "Invalid"),
        ("C", "Rejected"),
    ]
    rejected = main("show", "--status", "rejected", "--status", "Unknown", "--json").json["rows"]
    assert [it["name"] for it in rejected] == ["C"]
    lines = main("show", "--status", "Rejected").out.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["4", "C", "Rejected"]]
    again = main("results", run["run"][:8], "--json", "--output", "elsewhere").json
    assert again["results"].startswith("elsewhere/campaigns-results-")
    checked = main("check", "campaigns.xlsx", "--json")
    assert (checked.code, checked.json["valid"], checked.json["invalid"]) == (3, 2, 1)
    assert checked.json["problems"][0]["cell"] == "D3"
    assert asked(server) == {"list": 1, "contact-lists": 1, "create": 2}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "campaigns.xlsx", "--rate", "0"], 2, "settings:\n  LOADER_RATE_PER_MINUTE: should be greater than 0"),
        (["run", "none.xlsx"], 3, "There is no file none.xlsx."),
        (["run", "campaigns.xlsx", "--set", "Timezone"], 2, "--set 'Timezone': should be HEADER=VALUE, such as "),
        (
            ["run", "campaigns.xlsx", "--yes", "--set", "Timezoan=UTC"],
            2,
            "--set 'Timezoan=UTC': there is no column 'Timezoan'",
        ),
        (
            ["run", "campaigns.xlsx", "--yes", "--sheet", "May"],
            3,
            "campaigns.xlsx has no sheet 'May'; it has: 'Campaigns'.",
        ),
        (["run", "campaigns.xlsx", "--profile", "eu"], 2, "profile eu: there is no loader.toml in "),
        (["resume"], 2, "the journal has no run with unfinished rows"),
        (["resume", "2026"], 2, "the journal has no run '2026'; `campaign-loader runs` lists them"),
        (["reconcile"], 2, "the journal has no run with unknown outcomes"),
        (["show", "x"], 2, "the journal has no run 'x'; `campaign-loader runs` lists them"),
        (["results", "x"], 2, "the journal has no run 'x'; `campaign-loader runs` lists them"),
        (["check", "campaigns.xlsx", "--sheet", "May"], 3, "campaigns.xlsx has no sheet 'May'"),
    ],
)
def test_what_keeps_a_command_from_starting_is_one_sentence_and_its_exit_code(
    make_workbook: MakeWorkbook, main: Main, arguments: list[str], code: int, said: str
) -> None:
    make_workbook(["A"])
    done = main(*arguments)
    assert (done.code, done.out) == (code, "")
    assert f"\ncampaign-loader: {said}" in f"\n{done.err}"
    done = main(*arguments, "--json")
    assert (done.code, done.json["exit_code"]) == (code, code)
    assert done.json["error"].startswith(said)
    assert "campaign-loader:" not in done.err


def test_all_missing_settings_are_reported_at_once(main: Main, make_workbook: MakeWorkbook) -> None:
    make_workbook(["A"])
    nothing = dict.fromkeys(("KORE_APP_ID", "KORE_ACCOUNT_ID", "KORE_CLIENT_ID", "KORE_CLIENT_SECRET"), "")
    done = main("run", "--yes", "campaigns.xlsx", host="", **nothing)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "campaign-loader: settings:",
        "  KORE_HOST is missing",
        "  KORE_APP_ID is missing",
        "  KORE_ACCOUNT_ID is missing",
        "  KORE_CLIENT_ID is missing",
        "  KORE_CLIENT_SECRET: is missing, and so is KORE_CLIENT_SECRET_FILE",
    ]


def test_whoever_notifies_nobody_is_not_kept_by_a_wrong_setting_of_notices(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    make_workbook(["A"])
    wrong = {"LOADER_NOTIFY_EMAIL_TO": "ops@example.com", "LOADER_NOTIFY_WEBHOOK": "hooks.example.com"}
    server = serve_aside()
    assert main("run", "--yes", "campaigns.xlsx", host=server.url, **wrong).code == 0
    done = main("doctor", host=server.url, **wrong)
    assert done.code == 2
    for said in ("WEBHOOK: should be a URL", "EMAIL_FROM: is missing, and LOADER_NOTIFY_EMAIL_TO is set"):
        assert f"failure settings: LOADER_NOTIFY_{said}" in done.out


@pytest.mark.parametrize("as_json", [False, True])
def test_a_defect_keeps_its_traceback_and_ends_with_70(
    main: Main, monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("loader.storage.journal.Journal.runs", broken)
    done = main("runs", *["--json"] * as_json)
    assert done.code == 70
    assert "ZeroDivisionError" in done.err
    assert "campaign-loader: this is a defect of the loader; the journal is still right" in done.err
    if as_json:
        assert done.json == {
            "error": "this is a defect of the loader; the journal is still right",
            "exit_code": 70,
        }
    else:
        assert done.out == ""


def test_refused_credentials_end_with_6_and_say_so(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside()
    make_workbook(["A", "B"])
    done = main("run", "--yes", "campaigns.xlsx", KORE_CLIENT_SECRET="wrong" * 13, host=server.url)
    assert done.code == 6
    assert done.out.splitlines()[0] == "2 rows of campaigns.xlsx: 2 not sent"
    assert "HTTP 401" in done.out.splitlines()[1]
    assert creates(server) == {}
    done = main("run", "--yes", "campaigns.xlsx", "--json", KORE_CLIENT_SECRET="wrong" * 13, host=server.url)
    assert (done.json["exit_code"], done.json["counts"]) == (6, {"Not sent": 2})
    assert "HTTP 401" in done.json["stopped"]


def test_unknown_outcomes_end_with_5_and_reconcile_settles_them(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(
        rule(operation="create", name="B", times=1, action="reset-after-reading"),
        rule(operation="list", times=3, action="garbled"),
    )
    make_workbook(["A", "B"])
    done = main("run", "--yes", "campaigns.xlsx", "--no-preflight", host=server.url, LOADER_TIMEOUT_SECONDS="0.7")
    assert done.code == 5
    assert done.out.splitlines()[:2] == [
        "2 rows of campaigns.xlsx: 1 created, 1 unknown",
        "  row 3 B: Unknown - the campaign list could not be read: the campaign list came back garbled",
    ]
    [run] = main("runs", "--json", host=server.url).json["runs"]
    assert done.out.splitlines()[2] == f"To look up what is unknown: campaign-loader reconcile {run['run']}"
    lead = f"; to look up what is unknown: campaign-loader reconcile {run['run']}"
    done = main("resume", "--yes", "--json", host=server.url)
    assert (done.code, done.json["error"]) == (
        2,
        f"the journal has no run with unfinished rows in application st-demo at {server.url}{lead}",
    )
    done = main("reconcile", "--json", host=server.url, LOADER_TIMEOUT_SECONDS="0.7")
    assert (done.code, done.json["counts"]) == (4, {"Created": 1, "Not sent": 1})
    assert creates(server) == {"A": 1, "B": 1}
    done = main("resume", "--yes", "--json", host=server.url)
    assert (done.code, done.json["counts"]) == (0, {"Created": 2})
    assert creates(server) == {"A": 1, "B": 2}


async def test_two_processes_at_one_sheet_get_in_nobodys_way(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.2))
    names = [f"Campaign {number}" for number in range(12)]
    make_workbook(names)
    make_workbook([*names[6:], "Another"], file="other.xlsx")
    one = program(server.url, LOADER_CONCURRENCY="2", LOADER_TIMEOUT_SECONDS="60")
    first = await one.start("run", "--yes", "campaigns.xlsx")
    await until(lambda: len(server.campaigns) >= 2)
    first.signal(signal.SIGSTOP)
    same, other = await asyncio.gather(
        one.run("run", "--yes", "campaigns.xlsx"), one.run("run", "--yes", "other.xlsx", "--json")
    )
    first.signal(signal.SIGCONT)
    assert (same.code, same.out) == (7, "")
    assert "is loading this sheet" in same.err
    assert (other.code, other.json["counts"]) == (7, {"Not sent": 6, "Created": 1})
    assert "is working on some of these rows" in other.json["stopped"]
    assert (await first.ended()).code == 0
    assert held(server) == sorted([*names, "Another"])


# resume, runs, show, results


def test_an_unfinished_run_is_resumed_though_its_sheet_is_gone(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside()
    sheet = make_workbook([row(name, Timezone=None) for name in "ABCD"])
    first = main(
        "run", "--yes", "campaigns.xlsx", "--limit", "2", "--set", "Timezone=Asia/Kolkata", "--json", host=server.url
    )
    assert (first.code, first.json["counts"]) == (4, {"Created": 2, "Not sent": 2})
    sheet.unlink()
    second = main("resume", "--yes", first.json["run"], "--json", host=server.url)
    assert (second.code, second.json["counts"], second.json["run"]) == (0, {"Created": 4}, first.json["run"])
    assert creates(server) == dict.fromkeys("ABCD", 1)
    third = main("resume", "--yes", host=server.url)
    assert (third.code, third.out) == (2, "")
    assert "the journal has no run with unfinished rows in application st-demo at http://127.0.0.1" in third.err


def test_a_sheet_run_again_asks_for_nothing_and_its_results_workbook_neither(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside()
    make_workbook(["A", "B"])
    first = main("run", "--yes", "campaigns.xlsx", "--json", host=server.url)
    again = main("run", "--yes", "campaigns.xlsx", "--json", host=server.url)
    fed_back = main("run", "--yes", first.json["results"], "--json", host=server.url)
    assert [(it.code, it.json["requests"]) for it in (again, fed_back)] == [(0, 0), (0, 0)]
    assert asked(server) == {"list": 1, "contact-lists": 1, "create": 2}


def test_runs_and_show_are_tables_for_people(serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook) -> None:
    server = serve_aside(rule(operation="create", name="B", action="refused"))
    make_workbook(["A", "B [red]bold[/]"])
    run = (main("run", "--yes", "campaigns.xlsx", "--json", host=server.url)).json["run"]
    listed = main("runs", host=server.url)
    assert listed.code == 0
    headers, line = listed.out.splitlines()
    assert headers.split() == ["Run", "Sheet", "Account", "Ended", "(UTC)", "Requests", "Rows"]
    assert line.startswith(run)
    assert line.rstrip().endswith("2 created")
    shown = main("show", run, host=server.url)
    assert "B [red]bold[/]" in shown.out
    assert [line.split()[0] for line in shown.out.splitlines()] == ["Row", "2", "3"]


def test_part_of_an_id_that_fits_two_runs_is_no_run(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside()
    runs = [(main("run", "--yes", make_workbook([name]), "--json", host=server.url)).json["run"] for name in "AB"]
    done = main("show", "20", host=server.url)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"campaign-loader: '20' fits 2 runs: {', '.join(reversed(runs))}\n"


# Journal


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        database.execute("INSERT INTO schema_version VALUES (99)")
        database.commit()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("no database, but some text of a certain length"), "file is not a database"),
        (lambda path: path.mkdir(), "cannot be opened: Is a directory"),
        (newer, "has journal version 99, made by a newer campaign-loader"),
    ],
)
def test_no_request_leaves_without_a_journal(
    serve_aside: ServeAside, main: Main, folder: Path, spoil: Callable[[Path], object], said: str
) -> None:
    server = serve_aside()
    write_workbook(folder / "campaigns.xlsx", [row("A")])
    spoil(folder / "journal.db")
    done = main("run", "--yes", "campaigns.xlsx", host=server.url, LOADER_JOURNAL="sqlite:///journal.db")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert asked(server) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_to_is_reported(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = serve_aside()
    make_workbook(["A"])
    (folder / "output").mkdir(mode=0o500)
    done = main("run", "--yes", "campaigns.xlsx", host=server.url)
    assert (done.code, asked(server)) == (2, {})
    assert "cannot be opened: Permission denied" in done.err


def test_results_that_cannot_be_written_are_reported_and_can_be_written_later(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = serve_aside()
    make_workbook(["A"])
    (folder / "taken").write_text("a file, not a folder")
    done = main("run", "--yes", "campaigns.xlsx", "--output", "taken", "--json", host=server.url)
    assert (done.code, done.json["counts"], done.json["results"]) == (2, {"Created": 1}, None)
    assert f"`campaign-loader results {done.json['run']}` writes them" in done.json["stopped"]
    done = main("results", done.json["run"], host=server.url)
    assert read_results(folder / done.out.strip())[0]["Status"] == "Created"


# The other commands


def test_check_tells_every_mistake_and_sends_nothing(main: Main, make_workbook: MakeWorkbook) -> None:
    make_workbook([row("A", Priority=9, Timezone="Mars"), "A"])
    done = main("check", "campaigns.xlsx")
    assert done.code == 3
    assert (
        done.out.splitlines()[0]
        == "  error D2 Priority: '9' is above 5; right: a whole number from 1 to 5; 5 runs first"
    )
    assert done.out.splitlines()[-1] == "campaigns.xlsx, sheet 'Campaigns': 0 valid, 2 invalid"


def test_check_of_a_good_sheet_ends_with_0_and_writes_only_when_asked(
    main: Main, make_workbook: MakeWorkbook, folder: Path
) -> None:
    make_workbook(["A"])
    done = main("check", "campaigns.xlsx")
    assert (done.code, done.out) == (0, "campaigns.xlsx, sheet 'Campaigns': 1 valid, 0 invalid\n")
    assert [path.name for path in folder.iterdir()] == ["campaigns.xlsx"]
    done = main("check", "campaigns.xlsx", "--output", "marked.xlsx")
    assert "; marked in marked.xlsx" in done.out
    assert (folder / "marked.xlsx").exists()


def test_a_template_is_written_and_never_over_another_file(main: Main, folder: Path) -> None:
    first, second = main("template", "april.xlsx"), main("template", "april.xlsx")
    assert (first.code, second.code) == (0, 0)
    assert first.out == "Wrote april.xlsx; fill it, then: campaign-loader check april.xlsx\n"
    assert second.out == "Wrote april-2.xlsx; fill it, then: campaign-loader check april-2.xlsx\n"
    assert {path.name for path in folder.glob("*.xlsx")} == {"april.xlsx", "april-2.xlsx"}


async def test_the_sandbox_can_be_loaded_into_with_the_settings_it_prints(
    program: Start, make_workbook: MakeWorkbook, folder: Path
) -> None:
    make_workbook(["A"])
    one = program()
    server = await one.start(
        "sandbox", "--port", "0", "--store", "store.jsonl", "--log", "log.jsonl", "--rate", "0", cold=True
    )
    said = [(await server.line()).strip() for _ in range(6)]
    assert said[0].startswith("The sandbox listens at http://127.0.0.1:")
    done = await one.run("run", "--yes", "campaigns.xlsx", **dict(line.split("=", 1) for line in said[1:]))
    assert done.code == 0
    server.signal_to_stop()
    assert (await server.ended()).code == 0
    assert json.loads((folder / "store.jsonl").read_text().splitlines()[0])["name"] == "A"
    operations = [json.loads(line)["operation"] for line in (folder / "log.jsonl").read_text().splitlines()]
    assert operations == ["list", "contact-lists", "create"]
    assert "the contact lists are not checked, they cannot be read: this sandbox was given no contact lists" in done.err


def test_a_sandbox_that_cannot_start_is_reported(main: Main, folder: Path) -> None:
    (folder / "rules.toml").write_text("[[rule]]\naction = 'explode'\n")
    done = main("sandbox", "--rules", "rules.toml", "--port", "0")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("campaign-loader: sandbox: rules.toml, rule 1: 'explode' is no action; there are ")


def test_on_a_terminal_an_error_is_broken_between_words(folder: Path) -> None:
    screen, its_end = pty.openpty()
    settings = {**os.environ, "COLUMNS": "60", "TERM": "xterm"}
    command = [sys.executable, "-m", "loader", "check", "a sheet that nobody has written, and nobody will.xlsx"]
    subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=its_end, env=settings, cwd=folder, timeout=120, check=False
    )
    os.close(its_end)
    lines = os.read(screen, 65_536).decode().splitlines()
    os.close(screen)
    assert max(map(len, lines)) <= 60
    assert len(lines) > 1
    said = " ".join(line.strip() for line in lines)
    assert said == "campaign-loader: There is no file a sheet that nobody has written, and nobody will.xlsx."


async def test_python_m_loader_is_the_program(program: Start, make_workbook: MakeWorkbook) -> None:
    make_workbook(["A"])
    done = await program().run("check", "campaigns.xlsx", module=True)
    assert done.code == 0


# Log lines


def log_of(done: Finished) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.err.splitlines()]


def test_with_log_json_standard_error_is_json_lines_and_the_report_stays(
    serve_aside: ServeAside, main: Main, make_workbook: MakeWorkbook
) -> None:
    server = serve_aside(rule(operation="create", name="B", times=1, action="reset-after-creating"))
    sheet = make_workbook(["A", "B", row("C", Priority=9)])
    done = main("run", sheet, "--yes", "--log-json", host=server.url, LOADER_TIMEOUT_SECONDS="1")
    assert done.code == 3
    assert done.out.startswith("3 rows of campaigns.xlsx: 2 created, 1 invalid\n")
    lines = log_of(done)
    assert [line["phase"] for line in lines if line["event"] == "phase"] == [
        "reading campaigns.xlsx",
        "reading the campaign list",
        "experience flows, caller IDs and DNC lists are not checked: the API has no list of them",
        "reading contact lists",
        "sending",
        "writing the results",
    ]
    assert [line["level"] for line in lines if line["event"] == "problem"] == ["warning", "warning"]
    assert {line["row"]: line["status"] for line in lines if line["event"] == "outcome"} == {
        2: "Created",
        3: "Created",
        4: "Invalid",
    }
    assert len({line["run"] for line in lines[1:]}) == 1
    assert "run" not in lines[0]
    assert (lines[-1]["event"], lines[-1]["exit_code"]) == ("ended", 3)
    again = main("reconcile", lines[-1]["run"], "--log-json", "--json", host=server.url)
    assert again.json["run"] == log_of(again)[-1]["run"] == lines[-1]["run"]
    assert main("resume", lines[-1]["run"], "--yes", "--log-json", host=server.url).err.startswith("{")


@pytest.mark.parametrize("as_json", [False, True])
def test_with_log_json_what_keeps_a_command_from_its_work_is_a_line(
    main: Main, monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    missing = main("run", "--yes", "none.xlsx", "--log-json", *["--json"] * as_json)
    [line] = log_of(missing)
    assert (missing.code, line["level"], line["event"], line["exit_code"]) == (3, "error", "failed", 3)
    assert line["error"].startswith("There is no file none.xlsx")
    assert bool(missing.out) is as_json

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("loader.workbook.reader.reader_process.content_of", broken)
    [line] = log_of(main("run", "--yes", "none.xlsx", "--log-json"))
    assert line["exit_code"] == 70
    assert "ZeroDivisionError" in line["traceback"]


def test_a_file_name_with_an_escape_moves_no_cursor_on_the_error_path(main: Main) -> None:
    done = main("check", "\x1b[2Japril.xlsx")
    assert done.code == 3
    assert done.err.splitlines()[-1] == "campaign-loader: There is no file \\x1b[2Japril.xlsx."
