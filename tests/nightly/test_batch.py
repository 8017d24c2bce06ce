"""Unattended: what becomes of each workbook of a folder, and what the next night does about it."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from openpyxl import load_workbook

from loader.errors import AccountBusyError, JournalError, LoaderError, OutputError, SettingsError
from loader.execution.run import LoadRun
from loader.model.events import Phase
from loader.model.row import Outcome
from loader.sandbox.fault_rules import rule
from loader.sandbox.settings import DEMO_CLIENT_ID
from tests.load_runs import asked, creates, held
from tests.nightly.nights import Inbox, report_on, short
from tests.program import until
from tests.secrets_sought import SECRET
from tests.sheets import read_results, row
from tests.workbook.reader.test_tables import several

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.model.events import Event
    from loader.nightly.inbox import Workbook
    from tests.conftest import Serve


def profile(name: str, host: str, **settings: object) -> str:
    given = {
        "host": host,
        "app_id": f"st-{name}",
        "account_id": name,
        "client_id": DEMO_CLIENT_ID,
        "client_secret": SECRET,
        "rate_per_minute": 60000,
        "settle_seconds": 0.3,
        **settings,
    }
    return f"[profiles.{name}]\n" + "".join(
        f"{key} = {value!r}\n" if isinstance(value, str) else f"{key} = {value}\n" for key, value in given.items()
    )


# where a workbook ends


@pytest.mark.parametrize(
    ("wanted", "environment", "place", "created"),
    [
        ({}, {}, "failed", []),
        ({"all_sheets": True}, {}, "done", ["A", "B"]),
        ({}, {"LOADER_SHEETS": "*"}, "done", ["A", "B"]),
        ({}, {"LOADER_SHEETS": "us; EU"}, "done", ["A", "B"]),
        ({"sheets": ["US"]}, {}, "failed", []),
        ({}, {"LOADER_SHEETS": "US"}, "failed", []),
        ({"sheets": ["US"]}, {"LOADER_IGNORE_SHEETS": "eu"}, "done", ["A"]),
        ({}, {"LOADER_IGNORE_SHEETS": "EU"}, "done", ["A"]),
    ],
)
async def test_a_sheet_that_was_not_looked_at_is_never_done_unless_it_is_left_out_by_name(  # noqa: PLR0917 - a line of a table
    serve: Serve,
    inbox: Callable[..., Inbox],
    wanted: dict[str, Any],
    environment: dict[str, str],
    place: str,
    created: list[str],
) -> None:
    server = await serve()
    box = inbox(server.url, **environment)
    box.aged(several(box.folder / "calls.xlsx", {"US": [row("A")], "EU": [row("B")], "Old": []}), 3600)
    night = await box.night(**wanted)
    [report] = night.files
    assert report.moved_to is not None
    assert report.moved_to.parent.name == place
    assert held(server) == created
    assert night.exit_code == (0 if place == "done" else 3)


async def test_a_workbook_without_a_campaign_is_not_done(serve: Serve, inbox: Callable[..., Inbox]) -> None:
    server = await serve()
    box = inbox(server.url)
    box.aged(several(box.folder / "calls.xlsx", {"US": [], "EU": []}), 3600)
    night = await box.night()
    assert (night.exit_code, box.holds()) == (3, ["failed/calls.xlsx"])


async def test_every_row_is_created_and_workbook_and_results_lie_in_done(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("april.xlsx", ["A", "B"])
    night = await box.night()
    [report] = night.files
    assert (night.exit_code, night.counts) == (0, {"Created": 2})
    assert (report.exit_code, report.moved_to, report.error) == (0, Path("inbox/done/april.xlsx"), "")
    assert box.holds() == ["done/april-RESULTS.xlsx", "done/april.xlsx"]
    assert [it["Status"] for it in read_results(report.results)] == ["Created", "Created"]
    assert report.run == read_results(report.results)[0]["Run"]
    assert held(server) == ["A", "B"]


@pytest.mark.parametrize(
    ("rows", "rules", "code"),
    [
        (["A", row("B", Priority=9)], [], 3),
        (["A", "B"], [rule(operation="create", name="B", action="refused")], 4),
        (["A", "B"], [rule(operation="create", name="B", action="answer", status=204)], 5),
    ],
)
async def test_what_needs_somebody_goes_to_failed_with_its_results(
    serve: Serve, inbox: Callable[..., Inbox], rows: list[str], rules: list[object], code: int
) -> None:
    server = await serve(*rules)
    box = inbox(server.url, LOADER_TIMEOUT_SECONDS="1")
    box.put("april.xlsx", rows)
    night = await box.night()
    assert (night.exit_code, night.files[0].moved_to) == (code, Path("inbox/failed/april.xlsx"))
    assert box.holds() == ["failed/april-RESULTS.xlsx", "failed/april.xlsx"]
    assert asked(server)["create"] <= 2


async def test_a_row_that_was_changed_after_it_was_created_goes_to_failed(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("april.xlsx", ["A"])
    await box.night()
    box.put("april.xlsx", [row("A", Priority=1)])
    night = await box.night()
    assert (night.exit_code, night.counts) == (4, {"Conflict": 1})
    assert (short(night.files[0].moved_to), held(server)) == ("inbox/failed/april.xlsx", ["A"])


async def test_files_that_cannot_be_read_go_to_failed_and_do_not_stop_the_next(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put_bytes("a.xlsx", b"no workbook at all", age=5000)
    box.put_bytes("b.csv", b"one,two\n1,2\n", age=4000)
    box.put_bytes("c.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), age=3900)
    box.put("d.xlsx", ["A"])
    night = await box.night()
    assert night.exit_code == 3
    assert [(it.file.name, it.exit_code, short(it.moved_to)) for it in night.files] == [
        ("a.xlsx", 3, "inbox/failed/a.xlsx"),
        ("b.csv", 3, "inbox/failed/b.csv"),
        ("c.xls", 3, "inbox/failed/c.xls"),
        ("d.xlsx", 0, "inbox/done/d.xlsx"),
    ]
    assert all(it.error for it in night.files[:3])
    assert held(server) == ["A"]


async def test_without_a_connection_it_stays_and_the_next_night_goes_on_and_takes_the_earlier_results_along(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve(rule(times=2, action="reset-before-reading"))
    box = inbox(server.url, LOADER_PATIENCE_SECONDS="0")
    box.put("april.xlsx", ["A", "B"])
    for _ in range(2):
        night = await box.night()
        assert (night.exit_code, night.counts, night.files[0].moved_to) == (4, {"Not sent": 2}, None)
        assert night.files[0].error.endswith("the connection broke")
    *results, sheet = box.holds()
    assert (len(results), {name[:13] for name in results}, sheet) == (2, {"april-RESULTS"}, "april.xlsx")
    night = await box.night()
    assert (night.exit_code, held(server)) == (0, ["A", "B"])
    assert len(box.holds()) == 4
    assert {name.partition("/")[0] for name in box.holds()} == {"done"}


async def test_a_defect_in_one_workbook_is_reported_and_does_not_stop_the_next(
    serve: Serve, inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"], age=5000)
    box.put("b.xlsx", ["B"])
    load = LoadRun.load

    async def defective(load_run: LoadRun, **given: Any) -> object:  # noqa: ANN401 - whatever a night gives
        if load_run._request.file == "a.xlsx":
            raise ZeroDivisionError("nobody thought of that")
        return await load(load_run, **given)

    monkeypatch.setattr(LoadRun, "load", defective)
    night = await box.night()
    assert (night.exit_code, [it.exit_code for it in night.files]) == (70, [70, 0])
    assert report_on(night, "a.xlsx").error == "this is a defect of the loader; the journal is still right"
    assert "nobody thought of that" in box.defects[0]
    assert box.holds() == ["a.xlsx", "done/b-RESULTS.xlsx", "done/b.xlsx"]


async def test_refused_credentials_leave_all_workbooks_of_that_account_and_no_other(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve()
    other = await serve(app_id="st-germany", account_id="germany")
    box = inbox(server.url, KORE_CLIENT_SECRET=f"{SECRET}-of-yesterday")
    (folder / "loader.toml").write_text(profile("germany", other.url))
    box.put("a.xlsx", ["A"], age=5000)
    box.put("b.xlsx", ["B"])
    box.put("germany/c.xlsx", ["C"])
    night = await box.night()
    assert {it.file.name: it.exit_code for it in night.files} == {"a.xlsx": 6, "b.xlsx": 6, "c.xlsx": 0}
    assert (night.exit_code, held(server), held(other)) == (6, [], ["C"])
    assert report_on(night, "b.xlsx").error.startswith("not begun: ")
    assert len(server.requests) <= 2  # the second one was not even tried
    assert report_on(night, "c.xlsx").moved_to == Path("inbox/germany/done/c.xlsx")


async def test_when_the_first_of_many_is_not_as_it_was_sent_somebody_has_to_look_and_nothing_else_is_sent(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve(
        rule(operation="create", action="alter", field="dialingStrategy.maxAttemptsPerRecord", value=99)
    )
    box = inbox(server.url)
    box.put("a.xlsx", [f"Campaign {number}" for number in range(25)], age=5000)
    box.put("b.xlsx", ["B"])
    night = await box.night()
    assert [(it.file.name, it.exit_code, short(it.moved_to)) for it in night.files] == [
        ("a.xlsx", 4, "inbox/failed/a.xlsx"),
        ("b.xlsx", 4, "None"),
    ]
    assert (night.counts, held(server)) == ({"Created": 1, "Not sent": 24}, ["Campaign 0"])
    assert report_on(night, "b.xlsx").error.startswith("not begun: ")


@pytest.mark.parametrize(
    ("error", "code"), [(AccountBusyError("run r-1 is loading this sheet"), 7), (JournalError("it is broken"), 2)]
)
async def test_a_workbook_that_cannot_be_begun_stays_with_the_reason(
    inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch, error: LoaderError, code: int
) -> None:
    async def refusing(_: LoadRun, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(LoadRun, "load", refusing)
    box = inbox()
    box.put("a.xlsx", ["A"])
    night = await box.night()
    assert (night.exit_code, night.files[0].error, night.files[0].moved_to) == (code, str(error), None)
    assert box.holds() == ["a.xlsx"]


async def test_where_the_results_cannot_be_written_it_stays_until_they_can(
    serve: Serve, inbox: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])

    def full(*_: object) -> NoReturn:
        raise OutputError("no space is left")

    with monkeypatch.context() as patch:
        patch.setattr("loader.execution.report.write_results", full)
        night = await box.night()
    assert (night.exit_code, night.counts, night.files[0].results) == (2, {"Created": 1}, None)
    assert (box.holds(), creates(server)) == (["a.xlsx"], {"A": 1})
    assert ((await box.night()).exit_code, creates(server)) == (0, {"A": 1})
    assert box.holds() == ["done/a-RESULTS.xlsx", "done/a.xlsx"]


# once each


async def test_the_same_workbook_again_and_the_same_rows_in_another_create_nothing_twice(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    for name, rows in (("april.xlsx", ["A", "B"]), ("april.xlsx", ["A", "B"]), ("copy.xlsx", ["B", "A", "C"])):
        box.put(name, rows)
        night = await box.night()
        assert (night.exit_code, len(night.files)) == (0, 1)
    assert creates(server) == {"A": 1, "B": 1, "C": 1}
    assert "done/april-2.xlsx" in box.holds()
    assert (await box.night()).files == []


async def test_the_results_of_a_failed_one_corrected_and_put_there_again_are_loaded(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("april.xlsx", ["A", row("B", Priority=9)])
    results = (await box.night()).files[0].results
    assert results is not None
    book = load_workbook(results)
    book["Campaigns"]["D3"] = 2
    book.save(box.folder / results.name)
    box.aged(box.folder / results.name, 60)
    night = await box.night()
    assert (night.exit_code, night.counts) == (0, {"Created": 2})
    assert (held(server), creates(server)) == (["A", "B"], {"A": 1, "B": 1})


async def test_a_workbook_that_changes_while_it_is_loaded_is_left_and_loaded_as_it_is_next_time(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("april.xlsx", ["A"])

    def change(_: Workbook, event: Event) -> None:
        if isinstance(event, Outcome):
            box.put("april.xlsx", ["A", "B"])

    box.on_event = change
    night = await box.night()
    assert (night.exit_code, night.counts, night.files[0].moved_to) == (4, {"Created": 1}, None)
    assert night.files[0].error == "it was changed while it was loaded; next time it is loaded as it is now"
    assert box.holds() == ["april-RESULTS.xlsx", "april.xlsx"]
    box.on_event = lambda _, __: None
    assert (await box.night()).counts == {"Created": 2}
    assert creates(server) == {"A": 1, "B": 1}
    assert [name for name in box.holds() if not name.startswith("done/")] == []


async def test_a_workbook_that_is_taken_away_while_it_is_loaded_is_not_missed(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    path = box.put("april.xlsx", ["A"])
    box.on_event = lambda _, event: path.unlink() if isinstance(event, Outcome) else None
    night = await box.night()
    assert (night.counts, night.files[0].moved_to) == ({"Created": 1}, None)
    assert "while it was loaded" in night.files[0].error
    assert (await box.night()).files == []


async def test_a_workbook_that_somebody_opens_while_an_earlier_one_is_loaded_is_left(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"], age=5000)
    box.put("b.xlsx", ["B"])
    box.on_event = lambda *_: (box.folder / "~$b.xlsx").touch()
    night = await box.night()
    assert report_on(night, "b.xlsx").error == "somebody has it open: ~$b.xlsx lies beside it"
    assert (night.exit_code, held(server)) == (4, ["A"])


# profiles


async def test_workbooks_of_two_accounts_are_loaded_side_by_side_those_of_one_in_turn(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    names = ("germany", "france")
    servers = [await serve(app_id=f"st-{name}", account_id=name) for name in names]
    (folder / "loader.toml").write_text(
        "\n".join(profile(name, it.url) for name, it in zip(names, servers, strict=True))
    )
    box = inbox()
    under_way: list[set[str]] = [set()]

    def note(workbook: Workbook, event: Event) -> None:
        # nobody writes results before both accounts are sending
        if isinstance(event, Phase):
            now = set(under_way[-1])
            (now.discard if event.text.startswith("writing") else now.add)(str(workbook.path))
            under_way.append(now)

    box.on_event = note
    for name in names:
        box.put(f"{name}/1.xlsx", [f"{name} {number}" for number in range(20)], age=5000)
        box.put(f"{name}/2.xlsx", [f"{name} again"])
    night = await box.night()
    assert (night.exit_code, len(night.files)) == (0, 4)
    assert [len(held(it)) for it in servers] == [21, 21]
    assert {"inbox/germany/1.xlsx", "inbox/france/1.xlsx"} in under_way
    assert not any({f"inbox/{name}/1.xlsx", f"inbox/{name}/2.xlsx"} <= now for name in names for now in under_way)


async def test_while_all_wait_for_one_that_is_being_read_there_are_threads_for_other_work(
    inbox: Callable[..., Inbox], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores in ("cpu_count", "process_cpu_count"):
        monkeypatch.setattr(os, cores, lambda: 1, raising=False)  # five threads, if nobody asks for more
    names = [f"land{number}" for number in range(5)]
    (folder / "loader.toml").write_text("\n".join(profile(name, "http://127.0.0.1:9") for name in names))
    box = inbox()
    reading: set[Path] = set()
    box.on_event = lambda workbook, _: reading.add(workbook.path)
    for name in names:
        box.put_bytes(f"{name}/a.xlsx", b"no workbook")
    night = box.begun()
    with night._readers.reader():
        carried_out = asyncio.create_task(night.carry_out())
        await until(lambda: len(reading) == len(names))
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), timeout=10) == "done"
    assert [it.exit_code for it in (await carried_out).files] == [3] * len(names)


async def test_a_profile_with_a_wrong_setting_leaves_its_workbooks_and_no_others(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve()
    box = inbox(server.url)
    (folder / "loader.toml").write_text(profile("germany", server.url, concurrency=0))
    box.put("a.xlsx", ["A"])
    box.put("germany/b.xlsx", ["B"])
    box.put("elsewhere/c.xlsx", ["C"])
    night = await box.night()
    assert {it.file.name: it.exit_code for it in night.files} == {"a.xlsx": 0, "b.xlsx": 2, "elsewhere": 2}
    assert "LOADER_CONCURRENCY" in report_on(night, "b.xlsx").error
    assert (night.exit_code, held(server)) == (2, ["A"])


# stopping


async def test_at_the_deadline_what_is_under_way_is_finished_and_the_rest_goes_on_next_night(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=0.2))
    box = inbox(server.url, LOADER_CONCURRENCY="1")
    box.put("a.xlsx", ["A", "B", "C"], age=5000)
    box.put("b.xlsx", ["D"])
    night = box.begun()
    box.on_event = lambda _, event: night.stop("the deadline has come") if isinstance(event, Outcome) else None
    ended = await night.carry_out()
    assert ended.exit_code == 4
    assert ended.counts["Not sent"] >= 1
    assert report_on(ended, "b.xlsx").error == "not begun: the deadline has come"
    assert all(it.moved_to is None for it in ended.files)
    box.on_event = lambda _, __: None
    assert (await box.night()).exit_code == 0
    assert creates(server) == dict.fromkeys("ABCD", 1)


async def test_a_night_that_has_missed_its_deadline_begins_no_workbook(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    box.put("b.xlsx", ["B"])
    night = await box.night(too_late="the night began 4 h after its deadline", deadline=box.now + timedelta(hours=20))
    assert night.exit_code == 4
    assert {it.error for it in night.files} == {"not begun: the night began 4 h after its deadline"}
    assert (asked(server), box.holds()) == ({}, ["a.xlsx", "b.xlsx"])
    assert (await box.night()).exit_code == 0


async def test_a_host_that_is_down_takes_the_patience_of_the_night_once(inbox: Callable[..., Inbox]) -> None:
    box = inbox("http://127.0.0.1:9", LOADER_PATIENCE_SECONDS="0.5")
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        box.put(name, [name])
    begun: list[str] = []
    box.on_event = lambda workbook, _: begun.append(workbook.path.name)
    night = await box.night()
    assert (night.exit_code, set(begun)) == (4, {"a.xlsx"})
    why = "not sent: 127.0.0.1:9 cannot be reached (Connection refused)"
    not_begun = why.replace("not sent", "not begun")
    assert [it.error for it in night.files] == [why, not_begun, not_begun]
    assert box.holds() == ["a-RESULTS.xlsx", "a.xlsx", "b.xlsx", "c.xlsx"]


@pytest.mark.parametrize(
    "name",
    [
        f"{'a' * 243}.xlsx",
        f"{'a' * 250}.xlsx",
        f"{'日' * 83}.xlsx",
        os.fsdecode(b"caf\xe9.xlsx"),
        os.fsdecode(b"caf\xe9.csv"),
        "a\nb.xlsx",
    ],
)
async def test_whatever_a_workbook_is_called_it_is_loaded_and_so_are_the_others(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path, name: str
) -> None:
    server = await serve()
    box = inbox(server.url)
    if name.endswith(".csv"):
        header, values = zip(*row("A").items(), strict=True)
        content = "\n".join(",".join(map(str, line)) for line in (header, values))
        box.put_bytes(name, content.encode())
    else:
        box.put(name, ["A"])
    box.put("other.xlsx", ["B"])
    night = await box.night(metrics=folder / "night.prom")
    assert ([it.error for it in night.files], box.defects) == (["", ""], [])
    assert (night.exit_code, held(server)) == (0, ["A", "B"])
    files = json.loads((folder / "output" / "nightly.json").read_text(encoding="utf-8"))["files"]
    assert len(files) == 2
    json.dumps(files, ensure_ascii=False).encode()  # every name in it is text
    assert (await box.night()).files == []


async def test_no_request_leaves_after_the_deadline(serve: Serve, inbox: Callable[..., Inbox]) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    night = await box.night(deadline=box.now + timedelta(seconds=1))  # so long the second look takes
    assert (night.exit_code, night.files[0].error) == (4, "not begun: the deadline has come")
    assert server.requests == []
    assert (await box.night(deadline=box.now + timedelta(days=1))).exit_code == 0


# telling


async def test_nothing_to_do_is_well_unless_something_was_expected(inbox: Callable[..., Inbox]) -> None:
    box = inbox()
    assert (await box.night()).exit_code == 0
    assert (await box.night(expected=True)).exit_code == 4
    assert (await box.night(expected=True)).expected


async def test_a_folder_that_is_not_there_is_a_wrong_setting(inbox: Callable[..., Inbox]) -> None:
    box = inbox()
    box.folder = Path("nowhere")
    with pytest.raises(
        SettingsError,
        match=f"^there is no folder {Path.cwd()}/nowhere: make it, or name the one that workbooks are put into$",
    ):
        await box.night()


async def test_a_second_night_on_the_folder_or_the_journal_says_who_is_running(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=3))
    box, told = inbox(server.url), []
    box.put("a.xlsx", ["A"])
    (folder / "other").mkdir()
    other = Inbox(Path("other"), box.now)
    other.put("b.xlsx", ["B"])
    first = asyncio.create_task(box.night())
    await until(lambda: asked(server)["create"])
    for second, where in ((box, "the folder inbox"), (other, "the journal output/journal.db")):
        with pytest.raises(AccountBusyError) as caught:
            await second.night()
        told.append(str(caught.value))
        assert told[-1].startswith(f"another nightly is running on {where}: process {os.getpid()}, since 20")
    assert (await first).exit_code == 0
    assert (await other.night()).exit_code == 0
    assert os.listdir("inbox") == ["done"]  # noqa: PTH208 - no lock is left


def status() -> dict[str, object]:
    told: dict[str, object] = json.loads(Path("output/nightly.json").read_text())
    return told


async def test_a_night_with_nothing_to_do_leaves_the_status_file_to_the_one_running(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=3))
    box = inbox(server.url, LOADER_JOURNAL="sqlite:///journal.db")  # so that it is the night that makes the folder
    box.put("a.xlsx", ["A"])
    (folder / "empty").mkdir()
    idle = Inbox(Path("empty"), box.now + timedelta(minutes=1))
    first = asyncio.create_task(box.night())
    await until(lambda: asked(server)["create"])
    begun = status()
    assert (await idle.night()).exit_code == 0
    assert (await idle.night(expected=True)).exit_code == 4
    assert status() == begun
    await first
    assert status()["counts"] == {"Created": 1}
    assert not [name for name in os.listdir("output") if name.startswith(".")]  # noqa: PTH208 - no lock is left
    await idle.night()
    assert status()["counts"] == {}


async def test_a_night_with_a_journal_of_its_own_is_reported_of_whoever_else_writes_there(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve(rule(operation="create", action="slow", seconds=3))
    european = await serve(app_id="st-eu", account_id="eu")
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    (folder / "output").mkdir()
    (folder / "loader.toml").write_text(profile("eu", european.url, journal="sqlite:///eu.db", verify_seconds=0))
    (folder / "other").mkdir()
    other = Inbox(Path("other"), box.now)
    other.put("b.xlsx", ["B"])
    first = asyncio.create_task(box.night())
    await until(lambda: asked(server)["create"])
    assert status()["counts"] == {}
    assert (await other.night(profile="eu")).exit_code == 0
    assert status()["counts"] == {"Created": 1}
    await first


async def test_where_nothing_can_be_written_nothing_is_sent(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve()
    (folder / "blocked").write_text("no folder")
    box = inbox(server.url, LOADER_OUTPUT="blocked")
    box.put("a.xlsx", ["A"])
    with pytest.raises(OutputError, match=r"^nightly.json could not be written to the folder blocked"):
        await box.night()
    assert server.requests == []


async def test_a_workbook_that_cannot_be_moved_is_reported_and_loaded_again_in_vain(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    (box.folder / "done").write_text("no folder")
    for _ in range(2):
        night = await box.night()
        assert (night.exit_code, night.counts, night.files[0].moved_to) == (2, {"Created": 1}, None)
        assert night.files[0].error == "the folder inbox/done cannot be made: File exists"
    assert creates(server) == {"A": 1}


async def test_metrics_that_cannot_be_written_are_reported_after_everything_is_done(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A"])
    night = await box.night(metrics=folder / "metrics" / "nightly.prom")
    assert (night.exit_code, night.files[0].exit_code, held(server)) == (0, 0, ["A"])
    (folder / "blocked").write_text("no folder")
    night = await box.night(metrics=folder / "blocked" / "nightly.prom")
    assert night.exit_code == 2
    assert box.troubles[0].startswith(f"nightly.prom could not be written to the folder {folder / 'blocked'}: ")


async def test_the_profile_asked_for_is_that_of_the_folder_itself(
    serve: Serve, inbox: Callable[..., Inbox], folder: Path
) -> None:
    server = await serve(app_id="st-germany", account_id="germany")
    box = inbox()
    (folder / "loader.toml").write_text(profile("germany", server.url))
    box.put("a.xlsx", ["A"])
    night = await box.night(profile="germany")
    assert (night.exit_code, night.files[0].profile, held(server)) == (0, "germany", ["A"])
