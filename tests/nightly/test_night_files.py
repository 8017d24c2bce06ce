"""Status and metrics are written at every ending of a night, one that could not begin included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from loader.errors import AccountBusyError, LoaderError, SettingsError
from loader.storage.locks import only_night
from tests.load_runs import asked
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Main, Serve
    from tests.nightly.nights import Inbox

METRICS = Path("night.prom")


def status(file: str = "output/nightly.json") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    return told


def names_here() -> list[str]:
    return [path.name for path in Path().iterdir()]


def metric(name: str, **labels: str) -> float:
    families = text_string_to_metric_families(METRICS.read_text(encoding="utf-8"))
    [value] = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == f"campaign_loader_nightly_{name}" and labels.items() <= sample.labels.items()
    ]
    return float(value)


async def test_what_a_night_took_is_that_of_this_night_alone(serve: Serve, inbox: Callable[..., Inbox]) -> None:
    server = await serve()
    box = inbox(server.url)
    box.put("a.xlsx", ["A", "B"])
    await box.night(metrics=METRICS)
    first = sum(asked(server).values())
    assert (metric("created"), metric("requests"), status()["created"]) == (2, first, 2)
    box.put("b.xlsx", ["A", "B", "C", row("D", Priority=9)])
    night = await box.night(metrics=METRICS)
    assert night.counts == {"Created": 3, "Invalid": 1}
    assert (metric("created"), metric("rows", status="created")) == (1, 3)
    assert metric("requests") == sum(asked(server).values()) - first == status()["requests"]
    folder = str(box.folder.absolute())
    assert metric("created", folder=folder, account=night.files[0].work.account) == 1
    assert night.files[0].work.account.endswith(f" at {server.url}")
    assert status()["last_success"] < status()["last_end"]


async def test_a_server_that_refuses_is_counted(serve: Serve, inbox: Callable[..., Inbox]) -> None:
    box = inbox((await serve()).url, KORE_CLIENT_ID="cs-somebody-else")
    box.put("a.xlsx", ["A"])
    night = await box.night(metrics=METRICS)
    assert (night.exit_code, metric("refusals"), metric("created"), metric("exit_code")) == (6, 1, 0, 6)


async def test_a_night_without_its_folder_is_written_down(inbox: Callable[..., Inbox]) -> None:
    box = inbox()
    await box.night(metrics=METRICS)
    success = status()["last_success"]
    box.folder.rmdir()
    with pytest.raises(SettingsError):
        await box.night(metrics=METRICS, status=Path("status.json"))
    told = status()
    assert (told["exit_code"], told["last_success"], told["files"]) == (2, success, [])
    assert told["error"].startswith("there is no folder ")
    assert told == status("status.json")
    assert metric("exit_code") == 2


async def test_a_night_that_does_not_get_the_journal_is_written_down_beside_the_one_running(
    inbox: Callable[..., Inbox], folder: Path
) -> None:
    box = inbox()
    box.put("a.xlsx", ["A"])
    (folder / "output").mkdir()
    with only_night(Path("output/journal.db.nightly.lock"), "the journal"), pytest.raises(LoaderError):
        await box.night(metrics=METRICS)
    assert (metric("exit_code"), status()["exit_code"]) == (7, 7)


async def test_a_second_night_in_a_folder_leaves_all_files_to_the_first(inbox: Callable[..., Inbox]) -> None:
    box = inbox()
    with only_night(box.folder / ".nightly.lock", "the folder"), pytest.raises(AccountBusyError):
        await box.night(metrics=METRICS)
    assert names_here() == ["inbox"]


async def test_a_file_of_somebody_else_where_the_status_should_go_is_reported_once_and_all_else_is_done(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    box = inbox((await serve()).url)
    box.put("a.xlsx", ["A"])
    box.put_bytes("../status.json", b"somebody else's")
    night = await box.night(metrics=METRICS, status=Path("status.json"))
    [told] = box.troubles
    assert told == "status.json is there already and is not an earlier one of the kind: choose another name"
    assert (night.exit_code, box.holds()) == (2, ["done/a-RESULTS.xlsx", "done/a.xlsx"])
    assert (metric("exit_code"), status()["exit_code"]) == (2, 2)
    assert (box.folder / "../status.json").read_bytes() == b"somebody else's"


async def test_a_file_of_somebody_else_where_the_metrics_should_go_is_reported_once_and_all_else_is_done(
    serve: Serve, inbox: Callable[..., Inbox]
) -> None:
    box = inbox((await serve()).url)
    box.put("a.xlsx", ["A"])
    box.put_bytes(f"../{METRICS}", b"somebody else's")
    night = await box.night(metrics=METRICS, status=Path("status.json"))
    assert len(box.troubles) == 1
    assert (night.exit_code, box.holds()) == (2, ["done/a-RESULTS.xlsx", "done/a.xlsx"])
    assert status("status.json")["counts"] == {"Created": 1}


def test_a_night_that_cannot_write_where_the_results_go_says_so_once(main: Main, folder: Path) -> None:
    (folder / "inbox").mkdir()
    (folder / "output" / "nightly.json").mkdir(parents=True)
    ended = main("nightly", "inbox", "--metrics", METRICS)
    assert ended.code == 2
    assert ended.err.count("nightly.json") == 1
    assert metric("exit_code") == 2
