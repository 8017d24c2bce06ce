"""A row that stays unknown has two ways out, and a person decides: it has this campaign, or it has none."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from loader.errors import SettingsError
from loader.execution.by_hand import adoptions
from loader.execution.send_request import Callbacks
from loader.model.campaign import name_key
from loader.model.row import Status
from loader.planning.plan import RunOptions
from loader.sandbox.fault_rules import rule
from loader.storage.journal import open_journal
from tests.load_runs import asked, creates, end_of, ends, held
from tests.sheets import row

if TYPE_CHECKING:
    from pathlib import Path

    from loader.execution.report import Report
    from loader.sandbox.server import Sandbox
    from tests.conftest import Load, MakeSettings, MakeWorkbook, Serve

NAME, KEPT = "R&D Recall", "R&amp;D Recall"


@pytest.fixture
def make_settings(make_settings: MakeSettings) -> MakeSettings:
    """The server is given up soon: only then can a lost answer be looked up."""
    return partial(make_settings, timeout_seconds=0.7)


class Person:
    """Says the same to every question, and remembers the questions."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.agrees = agrees
        self.questions: list[str] = []

    def __call__(self, question: str) -> bool:
        self.questions.append(question)
        return self.agrees

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(agree=self)


async def unknown(serve: Serve, load: Load, sheet: Path) -> tuple[Sandbox, Report]:
    """A campaign that the server keeps under another name, and whose answer was lost."""
    server = await serve(
        rule(operation="create", action="rename", how="escape"),
        rule(operation="create", name=NAME, times=1, action="reset-after-creating"),
    )
    report = await load(sheet, server.url)
    assert ends(report)[NAME] == "Unknown"
    return server, report


def id_of(server: Sandbox, name: str) -> str:
    return next(campaign.id for campaign in server.campaigns if campaign.name == name)


def adopting(name: str, campaign_id: str) -> RunOptions:
    return RunOptions(adopt={name_key(name): campaign_id})


async def test_a_row_bears_the_campaign_that_a_person_says_is_its_own(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([NAME, "Other"])
    server, report = await unknown(serve, load, sheet)
    its = id_of(server, KEPT)
    assert end_of(report, NAME).message == (
        f"the server may keep it under another name: {its} '{KEPT}' came up since, and no row bears it; if one of them "
        f"is this row's, say so: `campaign-loader reconcile --adopt '{NAME}=ID'`; if none is, create it once more: "
        f"`campaign-loader run SHEET --recreate '{NAME}'`"
    )
    person = Person()
    report = await load(sheet, server.url, reconcile=True, run_options=adopting(NAME, its), callbacks=person.callbacks)
    assert person.questions == [
        f"Campaign {its} would be that of row '{NAME}'. What differs: its name there is '{KEPT}'."
    ]
    assert (ends(report), report.exit_code) == ({NAME: "Created", "Other": "Created"}, 0)
    found = end_of(report, NAME)
    assert (found.campaign_id, found.attempts) == (its, 1)
    assert found.message == (
        f"the answer was lost; a person said which campaign on the server is this row's, where it is called '{KEPT}'"
    )
    again = await load(sheet, server.url)
    assert (end_of(again, NAME).campaign_id, again.exit_code) == (its, 0)
    assert creates(server) == {NAME: 1, "Other": 1}


@pytest.mark.parametrize("agrees", [True, False])
async def test_nothing_is_adopted_that_cannot_be_the_rows_or_is_not_confirmed(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, *, agrees: bool
) -> None:
    sheet = make_workbook([NAME, "Other"])
    server, _ = await unknown(serve, load, sheet)
    others, its = id_of(server, "Other"), id_of(server, KEPT)
    wrong = {
        "cd-none": "not adopted: the campaign list does not show cd-none",
        others: f"not adopted: campaign {others} 'Other' is another row's already",
    }
    for campaign_id, why in (
        wrong.items() if agrees else [(its, f"not adopted: nobody confirmed that {its} is this row's")]
    ):
        person = Person(agrees=agrees)
        report = await load(
            sheet, server.url, reconcile=True, run_options=adopting(NAME, campaign_id), callbacks=person.callbacks
        )
        assert (end_of(report, NAME).status, end_of(report, NAME).message) == (Status.UNKNOWN, why)
        assert (len(person.questions), report.exit_code) == (0 if agrees else 1, 5)
    assert creates(server) == {NAME: 1, "Other": 1}


async def test_one_of_two_campaigns_of_its_name_is_adopted_and_the_other_is_reported(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="B", nth=2, action="reset-after-creating"))
    await load(make_workbook([row("B", Priority=1)]), server.url, journal=f"sqlite:///{folder}/other.db")
    sheet = make_workbook(["B"])
    assert ends(await load(sheet, server.url, options={"preflight": False})) == {"B": "Unknown"}
    first, second = (campaign.id for campaign in server.campaigns)
    person = Person()
    report = await load(sheet, server.url, reconcile=True, run_options=adopting("B", first), callbacks=person.callbacks)
    [question] = person.questions
    assert question == (
        f"Campaign {first} would be that of row 'B'. What differs: Priority there is '1', and '3' was sent. "
        f"The list shows others named so as well: {second}."
    )
    assert (ends(report), end_of(report, "B").campaign_id, report.exit_code) == ({"B": "Created"}, first, 5)
    assert first in report.notes[0]
    assert second in report.notes[0]


async def test_a_row_that_was_edited_meanwhile_is_a_conflict_when_it_is_adopted(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server, _ = await unknown(serve, load, make_workbook([NAME]))
    edited = make_workbook([row(NAME, Priority=1)])
    assert ends(await load(edited, server.url)) == {NAME: "Unknown"}
    its = id_of(server, KEPT)
    report = await load(
        edited, server.url, reconcile=True, run_options=adopting(NAME, its), callbacks=Person().callbacks
    )
    assert (ends(report), end_of(report, NAME).campaign_id) == ({NAME: "Conflict"}, its)


async def test_an_unknown_row_is_created_once_more_when_a_person_says_that_none_of_the_campaigns_is_its_own(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([NAME])
    server, _ = await unknown(serve, load, sheet)
    its = id_of(server, KEPT)
    recreate = RunOptions(recreate={name_key(NAME)})
    for person in (None, Person(agrees=False)):  # nobody to ask is a no
        callbacks = Callbacks() if person is None else person.callbacks
        report = await load(sheet, server.url, run_options=recreate, callbacks=callbacks)
        assert (ends(report), creates(server)) == ({NAME: "Unknown"}, {NAME: 1})
        assert end_of(report, NAME).message.startswith(f"the server may keep it under another name: {its}")
    person = Person()
    report = await load(sheet, server.url, run_options=recreate, callbacks=person.callbacks)
    [question] = person.questions
    assert question == (
        f"'{NAME}' may be on the server under another name: {its} '{KEPT}' came up since, and no row bears it. "
        "If it is there, creating it once more calls the same people twice."
    )
    assert (ends(report), creates(server), held(server)) == ({NAME: "Created"}, {NAME: 2}, [KEPT, KEPT])
    assert end_of(report, NAME).campaign_id == server.campaigns[-1].id != its


async def test_it_is_looked_up_to_the_end_before_it_is_created_once_more(
    serve: Serve, load: Load, make_workbook: MakeWorkbook
) -> None:
    server = await serve(rule(operation="create", name="B", times=1, action="no-id", created=False))
    sheet = make_workbook(["B"])
    assert ends(await load(sheet, server.url)) == {"B": "Unknown"}
    before, person = asked(server)["list"], Person()
    report = await load(sheet, server.url, run_options=RunOptions(recreate={"b"}), callbacks=person.callbacks)
    [question] = person.questions
    assert question == (
        "'B' was accepted by the server, without an id, and the campaign list does not show it. "
        "If it is there, creating it once more calls the same people twice."
    )
    assert (ends(report), creates(server)) == ({"B": "Created"}, {"B": 2})
    assert asked(server)["list"] - before >= 3


async def test_it_is_not_created_once_more_while_the_list_shows_one_of_its_name(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, folder: Path
) -> None:
    server = await serve(rule(operation="create", name="B", nth=2, action="reset-after-reading"))
    await load(make_workbook([row("B", Priority=1)]), server.url, journal=f"sqlite:///{folder}/other.db")
    sheet = make_workbook(["B"])
    await load(sheet, server.url, options={"preflight": False})
    person = Person()
    report = await load(sheet, server.url, run_options=RunOptions(recreate={"b"}), callbacks=person.callbacks)
    assert (ends(report), person.questions, creates(server)) == ({"B": "Unknown"}, [], {"B": 2})
    there = server.campaigns[0].id
    assert end_of(report, "B").message.endswith(f"`campaign-loader reconcile --adopt 'B={there}'`")


WRONG = {
    "B": "should be NAME=ID, a row's name and the id of its campaign",
    "=cd-1": "should be NAME=ID, a row's name and the id of its campaign",
    "B=": "should be NAME=ID, a row's name and the id of its campaign",
    "Z=cd-1": "the run has no row 'Z'",
    "A=cd-1": "the outcome of 'A' is not unknown; `show` tells what it is",
    "b =cd-2": "'b' has one campaign, and this is its second",
}


async def test_what_is_to_be_adopted_names_an_unknown_row_of_the_run(
    serve: Serve, load: Load, make_workbook: MakeWorkbook, make_settings: MakeSettings
) -> None:
    server = await serve(rule(operation="create", name="B", action="no-id", created=False))
    report = await load(make_workbook(["A", "B"]), server.url)
    with closing(open_journal(make_settings(server.url).journal)) as journal:
        records = journal.records(report.run.application)
    assert adoptions(["B = cd-1"], records, report.outcomes) == {"b": "cd-1"}
    for text, wrong in WRONG.items():
        with pytest.raises(SettingsError) as error:
            adoptions(["B=cd-1", text] if "second" in wrong else [text], records, report.outcomes)
        assert str(error.value) == f"--adopt '{text}': {wrong}"
