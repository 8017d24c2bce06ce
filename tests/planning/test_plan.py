"""What a run would do with a row, for everything the journal may remember and the server may list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from loader.api.campaign_diff import Difference
from loader.api.listing import Listing, by_key
from loader.api.messages import Listed, Shown
from loader.model.attempt import Attempt
from loader.model.campaign import DialingMode
from loader.model.records import Record, State
from loader.model.row import Gone, Status
from loader.planning.plan import (
    Job,
    Plan,
    RunOptions,
    make_plan,
    may_still_come,
    wants_the_list,
    why_conflict,
)
from tests.candidates import candidate

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
SPRING = candidate(2, "Spring", digest="digest")
SHOWN = Shown(frozenset({"north"}), "Agentless", "3", "Intake")


def record(state: State, *, digest: str = "digest", message: str = "") -> Record:
    return Record(
        attempt=Attempt(
            attempts=2, message=message, http_status=200, campaign_id="c-1", campaign_status="Ready", submitted_at=NOON
        ),
        key="spring",
        name="Spring",
        state=state,
        digest=digest,
        body=b"{}",
        clear=False,
        accepted=False,
        since=NOON,
        run="run 1",
        held_by="",
    )


def listing(*names: str) -> Listing:
    items = [Listed(f"s-{number}", name, "Ready", NOON, SHOWN) for number, name in enumerate(names)]
    return Listing(by_key(items), NOON)


def plan(known: Record | None, listed: Listing | None = None, run_options: RunOptions = RunOptions()) -> Plan:  # noqa: B008
    return make_plan([SPRING], {} if known is None else {"spring": known}, listed, run_options)


def said(made: Plan) -> str:
    """What becomes of the one row, in a word."""
    if made.jobs:
        return "sent"
    if made.in_doubt:
        return "looked up"
    return made.settled[0].status.value


EMPTY, SAME, OTHER = listing(), listing("SPRING"), listing("Autumn")


@pytest.mark.parametrize(
    ("state", "listed", "becomes"),
    [
        (None, None, "sent"),
        (None, EMPTY, "sent"),
        (None, OTHER, "sent"),
        (None, SAME, "Already exists"),
        (State.OPEN, None, "sent"),
        (State.OPEN, EMPTY, "sent"),
        (State.OPEN, SAME, "Already exists"),
        (State.SENDING, None, "looked up"),
        (State.SENDING, EMPTY, "looked up"),
        (State.SENDING, SAME, "looked up"),
        (State.UNKNOWN, EMPTY, "looked up"),
        (State.UNKNOWN, SAME, "looked up"),
        (State.CREATED, None, "Created"),
        (State.CREATED, EMPTY, "Created"),
        (State.CREATED, SAME, "Created"),
        (State.EXISTS, None, "Already exists"),
        (State.EXISTS, SAME, "Already exists"),
        (State.EXISTS, EMPTY, "Already exists"),
        (State.REJECTED, None, "Rejected"),
        (State.REJECTED, EMPTY, "Rejected"),
        (State.REJECTED, SAME, "Already exists"),
        (State.DELETING, None, "Unknown"),
        (State.DELETING, EMPTY, "Unknown"),
        (State.DELETING, SAME, "Unknown"),
    ],
)
def test_a_row_as_it_was_is_sent_only_while_it_is_open(
    state: State | None, listed: Listing | None, becomes: str
) -> None:
    assert said(plan(None if state is None else record(state), listed)) == becomes


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (State.OPEN, "sent"),
        (State.SENDING, "looked up"),
        (State.UNKNOWN, "looked up"),
        (State.CREATED, "Conflict"),
        (State.DELETING, "Unknown"),
        (State.REJECTED, "sent"),
        (State.EXISTS, "Already exists"),
    ],
)
def test_a_row_that_was_edited_is_sent_where_nothing_of_it_can_be_on_the_server(state: State, becomes: str) -> None:
    assert said(plan(record(state, digest="another"))) == becomes


def test_a_row_whose_name_was_taken_is_sent_by_name_once_it_is_free() -> None:
    taken = record(State.EXISTS)
    [told] = plan(taken, EMPTY).settled
    assert told.message.endswith("no longer shows it; to create this row's, run with --recreate 'Spring'")
    assert said(plan(taken, EMPTY, RunOptions(recreate={"spring"}))) == "sent"
    assert said(plan(taken, SAME, RunOptions(recreate={"spring"}))) == "Already exists"
    assert said(plan(taken, None, RunOptions(recreate={"spring"}))) == "Already exists"


def test_a_row_whose_campaign_is_being_deleted_says_what_settles_it() -> None:
    [outcome] = plan(record(State.DELETING), EMPTY, RunOptions(recreate={"spring"}, retry_rejected=True)).settled
    assert outcome.message == "campaign c-1 was being deleted, and no answer came; `undo run 1` finds out"


def test_a_rejected_row_is_sent_as_it_is_on_request() -> None:
    assert said(plan(record(State.REJECTED), run_options=RunOptions(retry_rejected=True))) == "sent"


def test_a_campaign_is_made_anew_by_name_and_only_where_the_list_does_not_show_it() -> None:
    edited = record(State.CREATED, digest="another")
    assert said(plan(edited, EMPTY, RunOptions(recreate={"spring"}))) == "sent"
    assert said(plan(edited, EMPTY, RunOptions(recreate={"autumn"}))) == "Conflict"
    assert said(plan(edited, None, RunOptions(recreate={"spring"}))) == "Conflict"  # only the list can allow it
    assert said(plan(record(State.CREATED), SAME, RunOptions(recreate={"spring"}))) == "Created"


@pytest.mark.parametrize(("listed", "clear"), [(None, False), (EMPTY, True), (OTHER, True)])
def test_a_name_is_clear_when_somebody_looked_and_did_not_see_it(listed: Listing | None, *, clear: bool) -> None:
    assert plan(record(State.OPEN), listed).jobs == [Job(SPRING, was=State.OPEN, clear=clear, attempts=2)]


RENAMED = Listing(by_key([replace(listing("Old").of("old")[0], campaign_id="c-1")]), NOON)


def test_nothing_is_made_anew_while_the_list_still_shows_the_old_one() -> None:
    recreate = RunOptions(recreate={"spring"})
    [conflict] = plan(record(State.CREATED, digest="another"), SAME, recreate).settled
    assert (conflict.status, conflict.message) == (
        Status.CONFLICT,
        (
            "created earlier with other values than this row has now, and not created once more: the campaign list "
            "still shows s-0 'SPRING'; delete it, then run with --recreate 'Spring'"
        ),
    )
    # under another name it still calls people; and on a server that keeps names otherwise nobody need have renamed it
    [conflict] = plan(record(State.CREATED, digest="another"), RENAMED, recreate).settled
    assert "the campaign list still shows c-1 'Old'; delete it" in conflict.message
    [taken] = plan(record(State.EXISTS), RENAMED, recreate).settled
    assert (taken.status, taken.message) == (
        Status.ALREADY_EXISTS,
        (
            "campaign c-1 had this name before this row was ever sent, and is still on the server, as 'Old'; to create "
            "this row's, delete it there and run with --recreate 'Spring'"
        ),
    )
    assert said(plan(replace(record(State.CREATED), gone=Gone.VANISHED), RENAMED, recreate)) == "Created"
    assert said(plan(replace(record(State.CREATED), gone=Gone.VANISHED), EMPTY, recreate)) == "sent"


def test_one_that_is_listed_says_why_it_is_not_created_once_more() -> None:
    recreate = RunOptions(recreate=frozenset({"spring"}))
    created = record(State.CREATED)
    vanished = replace(created, gone=Gone.VANISHED)
    for known, listed, shown in (
        (vanished, SAME, "s-0 'SPRING'"),
        (vanished, RENAMED, "c-1 'Old'"),
        (created, SAME, "s-0 'SPRING'"),
    ):
        [outcome] = plan(known, listed, recreate).settled
        assert (outcome.status, outcome.message) == (
            Status.CREATED,
            (
                f"created earlier, and not created once more: the campaign list still shows {shown}; delete it, then "
                "run with --recreate 'Spring'"
            ),
        )


def test_one_that_is_asked_for_once_more_as_it_was_is_sent_when_the_list_does_not_show_it_any_more() -> None:
    assert said(plan(record(State.CREATED), EMPTY, RECREATE)) == "sent"
    assert said(plan(record(State.CREATED), None, RECREATE)) == "Created"


def test_one_that_the_list_shows_without_an_id_that_can_be_used_is_there_already() -> None:
    hidden = replace(OTHER, without_id=[Listed("", "SPRING", "Ready", NOON, SHOWN)])
    [outcome] = plan(None, hidden).settled
    assert (outcome.status, outcome.campaign_id, outcome.at) == (Status.ALREADY_EXISTS, None, SPRING.at)
    assert outcome.message.endswith("and the campaign list shows no id of it that can be used")
    [job] = make_plan([replace(SPRING, row=9, sheet="EU")], {}, replace(hidden, without_id=[]), RunOptions()).jobs
    assert job.candidate.at == ("EU", 9)


def test_several_campaigns_of_a_name_are_counted_in_the_message() -> None:
    [outcome] = plan(None, listing("Spring", "spring ")).settled
    assert outcome.message == "a campaign of this name was on the server before this row was ever sent (2 of them)"
    assert outcome.campaign_id == "s-0"


def test_a_limit_counts_what_is_to_be_sent_and_nothing_else() -> None:
    candidates = [candidate(row, f"N{row}", digest="digest") for row in range(2, 8)]
    known = {"n2": record(State.CREATED), "n4": record(State.UNKNOWN)}
    made = make_plan(candidates, known, None, RunOptions(limit=2))
    assert [job.candidate.row for job in made.jobs] == [3, 5]
    assert list(made.in_doubt) == ["n4"]
    assert [(it.row, it.status, it.message) for it in made.settled] == [
        (2, Status.CREATED, ""),
        (6, Status.NOT_SENT, "left out by --limit 2"),
        (7, Status.NOT_SENT, "left out by --limit 2"),
    ]


def test_an_outcome_tells_all_the_journal_remembers() -> None:
    [outcome] = plan(record(State.CREATED, message="found in the list")).settled
    assert (outcome.row, outcome.name, outcome.message) == (2, "Spring", "found in the list")
    assert (outcome.campaign_id, outcome.campaign_status, outcome.http_status) == ("c-1", "Ready", 200)
    assert (outcome.attempts, outcome.submitted_at, outcome.run) == (2, NOON, "run 1")


EDITED, RECREATE = record(State.CREATED, digest="another"), RunOptions(recreate={"spring"})
UNDER_ANOTHER_NAME = Listing(by_key([Listed("c-1", "Summer", "Ready", NOON, SHOWN)]), NOON)


@pytest.mark.parametrize(
    ("known", "listed", "run_options", "may"),
    [
        (EDITED, EMPTY, RECREATE, True),
        (EDITED, OTHER, RECREATE, True),
        (EDITED, SAME, RECREATE, False),
        (EDITED, UNDER_ANOTHER_NAME, RECREATE, False),
        (EDITED, EMPTY, RunOptions(), False),
        (record(State.CREATED), EMPTY, RECREATE, True),
        (replace(EDITED, gone=Gone.VANISHED), EMPTY, RECREATE, False),
        (record(State.EXISTS), EMPTY, RECREATE, False),
        (None, EMPTY, RECREATE, False),
    ],
)
def test_a_campaign_to_be_replaced_that_the_list_does_not_show_may_be_too_young_for_it(
    known: Record | None, listed: Listing, run_options: RunOptions, *, may: bool
) -> None:
    assert may_still_come(SPRING, known, listed, run_options) is may


def test_a_row_that_is_new_was_never_tried() -> None:
    assert plan(None, EMPTY).jobs == [Job(SPRING, was=State.OPEN, clear=True, attempts=0)]


@pytest.mark.parametrize(
    ("known", "run_options", "wants"),
    [
        (None, RunOptions(), False),
        (None, RECREATE, False),
        (EDITED, RunOptions(), False),
        (EDITED, RECREATE, True),
        (record(State.CREATED), RECREATE, True),
        (record(State.EXISTS), RECREATE, True),
    ],
)
def test_only_the_list_tells_whether_a_row_may_be_created_once_more(
    known: Record | None, run_options: RunOptions, *, wants: bool
) -> None:
    assert wants_the_list(SPRING, known, run_options) is wants
    # and whether the campaign of a row whose name was corrected is there
    assert wants_the_list(replace(SPRING, created_as=record(State.CREATED)), known, run_options) is True


def test_a_row_whose_name_was_corrected_is_a_conflict_until_the_list_shows_its_campaign() -> None:
    corrected = replace(SPRING, created_as=replace(record(State.CREATED), key="sprnig", name="Sprnig"))
    [outcome] = make_plan([corrected], {}, EMPTY, RunOptions()).settled
    assert (outcome.status, outcome.message) == (
        Status.CONFLICT,
        "was created as 'Sprnig' (c-1); rename it in Kore.ai, or clear its Campaign ID to create another",
    )


VANISHED = replace(record(State.CREATED), gone=Gone.VANISHED)
GONE = (
    "campaign c-1 was created, and the server does not have it any more; to create it once more, run with --recreate "
    "'Spring'"
)


@pytest.mark.parametrize(
    ("known", "listed", "message"),
    [
        (VANISHED, EMPTY, GONE),
        (VANISHED, None, GONE),
        (VANISHED, SAME, "as it was"),
        (VANISHED, UNDER_ANOTHER_NAME, "as it was"),
        (record(State.CREATED), EMPTY, "as it was"),
    ],
)
def test_a_campaign_that_vanished_and_is_not_listed_either_says_what_to_do(
    known: Record, listed: Listing | None, message: str
) -> None:
    [outcome] = plan(replace(known, attempt=replace(known.attempt, message="as it was")), listed).settled
    assert (outcome.status, outcome.message) == (Status.CREATED, message)


@pytest.mark.parametrize("listed", [None, EMPTY, SAME])
def test_a_row_that_was_edited_says_how_it_is_created_once_more(listed: Listing | None) -> None:
    [outcome] = plan(EDITED, listed).settled
    assert (outcome.status, outcome.message) == (
        Status.CONFLICT,
        (
            "created earlier with other values than this row has now; to create it once more with these, delete the "
            "old campaign and run with --recreate 'Spring'"
        ),
    )


def test_one_campaign_of_a_name_is_not_counted() -> None:
    [outcome] = plan(None, SAME).settled
    assert outcome.message == "a campaign of this name was on the server before this row was ever sent"


def difference(field: str, ours: str = "old", theirs: str = "new") -> Difference:
    return Difference(field, ours, theirs)


SPELLING = "names that differ in case or blanks only are one campaign: to keep it, write the name as it was"
VERSION = "it was created under the other KORE_API_VERSION: to keep it, take this row out of the sheet"


@pytest.mark.parametrize(
    ("differences", "why"),
    [
        ([difference("name")], SPELLING),
        ([difference("name"), difference("priority")], ""),
        ([difference("priority")], ""),
        ([], ""),
        ([difference("dnc_list", "", "Do not call")], VERSION),
        ([difference("dnc_list", "Do not call", "")], VERSION),
        ([difference("priority", "", "3")], ""),
        ([difference("priority"), difference("dnc_list", "", "Do not call")], VERSION),
        ([difference("dnc_list", "Do not call", "Nobody")], ""),
    ],
)
def test_a_conflict_that_nobody_may_have_meant_says_what_made_it(differences: list[Difference], why: str) -> None:
    assert why_conflict(differences) == why


@pytest.mark.parametrize(
    ("mode", "routed_to"), [(DialingMode.AGENTLESS, "Recall intake"), (DialingMode.PREVIEW, "Reception")]
)
def test_what_the_list_will_show_of_a_row_is_its_flow_or_its_queue(mode: DialingMode, routed_to: str) -> None:
    routing = {"experience_flow": "Recall intake"} if mode is DialingMode.AGENTLESS else {"experience_flow": None}
    shown = candidate(2, "Spring", mode=mode, **({} if mode is DialingMode.AGENTLESS else routing)).shown
    assert shown == Shown(frozenset({"recall-2026-04"}), mode.value, "3", routed_to)
