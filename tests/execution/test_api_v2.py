"""The same sheet loads under both versions of the API, by the sandbox's own reading of each."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from loader.execution.connection import RunContext, Stop
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.execution.undo import Undo
from loader.model.row import Status
from loader.planning.plan import RunOptions
from loader.planning.request import LoadRequest
from loader.storage.journal import open_journal
from loader.workbook.mapping import NOTHING_RENAMED, renaming_of
from loader.workbook.writer.template import write_example
from tests.conftest import OF_THE_ACCOUNT
from tests.load_runs import end_of, ends

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve


FILLED: dict[str, dict[str, str]] = {"v1": {}, "v2": {"DNC list": "Default Global DNC"}}
# what "yes" means under v2 is a choice, made in a mapping
MEANT = {
    "v1": NOTHING_RENAMED,
    "v2": renaming_of({"values": {"Machine detection": {"Yes": "disconnect", "True": "disconnect"}}}),
}


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_the_example_is_created_whole_under_either_version(
    folder: Path, make_settings: MakeSettings, serve: Serve, version: str
) -> None:
    sandbox = await serve()
    example = write_example(folder / "example.xlsx")
    settings = make_settings(sandbox.url, api_version=version)
    load_request = LoadRequest(
        example.name, example.read_bytes(), defaults=FILLED[version], renaming=MEANT[version], skip=OF_THE_ACCOUNT
    )
    with closing(open_journal(settings.journal)) as journal:
        report = await LoadRun(load_request, settings, journal, Callbacks()).load()
    assert [problem.sentence() for problem in report.problems if problem.severity == "error"] == []
    assert {outcome.status for outcome in report.outcomes} == {Status.CREATED}
    assert len(report.outcomes) == len(sandbox.campaigns) == 25
    assert all(("dncLists" in campaign.body) == (version == "v2") for campaign in sandbox.campaigns)


@pytest.mark.parametrize(("first", "then"), [("v1", "v2"), ("v2", "v1")])
async def test_a_row_created_under_the_other_version_is_a_conflict_that_says_so(
    load: Load, make_workbook: MakeWorkbook, serve: Serve, first: str, then: str
) -> None:
    sandbox, sheet = await serve(), make_workbook(["A"])
    await load(sheet, sandbox.url, options={"defaults": FILLED[first]}, api_version=first)
    report = await load(sheet, sandbox.url, options={"defaults": FILLED[then]}, api_version=then)
    was, now = (FILLED[it].get("DNC list", "") for it in (first, then))
    [outcome] = report.outcomes
    assert (outcome.status, len(sandbox.campaigns)) == (Status.CONFLICT, 1)
    assert outcome.message.endswith(
        f"what differs: DNC list was '{was}' and is '{now}'; "
        "it was created under the other KORE_API_VERSION: to keep it, take this row out of the sheet"
    )


async def test_another_list_under_the_same_version_is_a_plain_conflict(
    load: Load, make_workbook: MakeWorkbook, serve: Serve
) -> None:
    sandbox, sheet = await serve(), make_workbook(["A"])
    for dnc_list in ("One", "Two"):
        report = await load(sheet, sandbox.url, options={"defaults": {"DNC list": dnc_list}}, api_version="v2")
    assert report.outcomes[0].message.endswith("what differs: DNC list was 'One' and is 'Two'")


@pytest.mark.parametrize(("first", "then"), [("v1", "v2"), ("v2", "v1")])
@pytest.mark.parametrize("reconcile", [True, False])
async def test_a_run_goes_on_under_the_version_it_was_begun_with_and_can_be_undone(
    load: Load,
    make_workbook: MakeWorkbook,
    make_settings: MakeSettings,
    serve: Serve,
    *,
    first: str,
    then: str,
    reconcile: bool,
) -> None:
    sandbox, sheet = await serve(), make_workbook(["A", "B"])
    options, one = {"defaults": FILLED[first]}, RunOptions(limit=1)
    begun = await load(sheet, sandbox.url, options=options, run_options=one, api_version=first)
    assert ends(begun) == {"A": "Created", "B": "Not sent"}
    more: dict[str, Any] = {"run": begun.run, "reconcile": reconcile, "api_version": then}
    report = await load(sheet, sandbox.url, options=options, run_options=one, **more)
    assert ends(report) == {"A": "Created", "B": "Not sent" if reconcile else "Created"}
    assert end_of(report, "A").campaign_id == sandbox.campaigns[0].id
    assert {"dncLists" in campaign.body for campaign in sandbox.campaigns} == {first == "v2"}

    settings = make_settings(sandbox.url, api_version=then)
    with closing(open_journal(settings.journal)) as journal:
        undone = await Undo(RunContext(report.run, settings, journal), Stop()).carry_out()
    assert ({it.status.value for it in undone.rows}, sandbox.campaigns) == ({"deleted"}, [])
