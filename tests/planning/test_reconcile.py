"""What the campaign list says about a create whose answer was lost (http-outcomes 2.1, reference 8.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.listing import Listing, by_key
from loader.api.messages import Listed, Shown
from loader.model.records import Standing
from loader.planning.reconcile import (
    Absent,
    Doubt,
    Evidence,
    Found,
    Open,
    Taken,
    Undecided,
    look_of,
    lookalikes_of,
    next_proof,
    next_search,
    verdict,
)

if TYPE_CHECKING:
    from loader.planning.reconcile import Verdict

SETTLE = timedelta(seconds=60)
SENT = datetime(2026, 3, 30, 12, tzinfo=UTC)
DONE = SENT + timedelta(seconds=60)
SHOWN = Shown(frozenset({"recall-2026-04"}), "Agentless", "3", "Recall intake")
OTHER = Shown(frozenset({"claims"}), "Preview", "5", "Claims")
PATIENCE = timedelta(seconds=600)
ITS = "if it is this row's, say so: `campaign-loader reconcile --adopt 'Dental recall=cd-1'`"
ONE_OF_THEM = "if one of them is this row's, say so: `campaign-loader reconcile --adopt 'Dental recall=ID'`"
AGAIN = "create it once more: `campaign-loader run SHEET --recreate 'Dental recall'`"


def at(seconds: float) -> datetime:
    """So many seconds after it was sent."""
    return SENT + timedelta(seconds=seconds)


def doubt(*, absent: float | None = None, **changes: Any) -> Doubt:  # noqa: ANN401 - of a doubt
    since = None if absent is None else at(absent)
    return Doubt("dental recall", "Dental recall", SHOWN, DONE, **{"clear": True, "absent_since": since, **changes})


def listed(number: int = 1, shown: Shown = SHOWN, created: float | None = 1, name: str = "Dental recall") -> Listed:
    return Listed(f"cd-{number}", name, "Ready", None if created is None else at(created), shown)


def listing(*items: Listed, read: float = 30, whole: bool = True) -> Listing:
    return Listing(by_key(items), at(read), whole)


def judged(
    of: Doubt, read: Listing, *, borne: tuple[str, ...] = (), sending: tuple[str, ...] = (), settle: timedelta = SETTLE
) -> Verdict:
    return verdict(
        of, Evidence(read, Standing(frozenset(borne).intersection, sending)), settle=settle, patience=PATIENCE
    )


# there


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("read", [1, 30, 1000])
def test_one_campaign_alike_in_all_the_list_shows_is_this_one(*, accepted: bool, taken: bool, read: float) -> None:
    said = judged(doubt(accepted=accepted, taken=taken), listing(listed(), read=read))
    assert said == Found(listed())


def test_others_in_the_list_are_nobodys_concern() -> None:
    others = [listed(2, name="Dental recall 2"), listed(3, OTHER, name="Claims")]
    assert judged(doubt(), listing(*others, listed())) == Found(listed())


@pytest.mark.parametrize(
    "name",
    ["DENTAL RECALL", " dental  recall ", "Dental\u200b recall", "\N{FULLWIDTH LATIN CAPITAL LETTER D}ental recall"],
)
def test_its_name_may_be_spelled_otherwise(name: str) -> None:
    match = listed(name=name)
    assert judged(doubt(), listing(match)) == Found(match)


def test_it_is_one_campaign_when_shifting_pages_showed_it_twice() -> None:
    later = replace(listed(), campaign_status="Active")
    assert judged(doubt(), listing(listed(), later)) == Found(later)


@pytest.mark.parametrize(
    "shown",
    [
        replace(SHOWN, contact_lists=frozenset({"recall-2026-04", "more"})),
        replace(SHOWN, contact_lists=frozenset()),
        replace(SHOWN, dialing_mode="Preview"),
        replace(SHOWN, priority="4"),
        replace(SHOWN, connection="Recall intake 2"),
    ],
)
@pytest.mark.parametrize("clear", [True, False])
def test_one_that_differs_is_for_a_person(shown: Shown, *, clear: bool) -> None:
    said = judged(doubt(clear=clear), listing(listed(shown=shown)))
    assert said == Undecided(f"the server has a campaign of this name, cd-1, that differs from this row; {ITS}")


@pytest.mark.parametrize("clear", [True, False])
def test_one_that_differs_is_why_the_name_was_taken(*, clear: bool) -> None:
    match = listed(shown=OTHER)
    assert judged(doubt(clear=clear, taken=True), listing(match)) == Taken(match)


@pytest.mark.parametrize("shown", [SHOWN, OTHER])
@pytest.mark.parametrize("taken", [True, False])
def test_several_of_one_name_are_for_a_person(shown: Shown, *, taken: bool) -> None:
    said = judged(doubt(taken=taken), listing(listed(1), listed(2, shown)))
    assert said == Undecided(f"the server has 2 campaigns of this name: cd-1, cd-2; {ONE_OF_THEM}")


# whose is it, where the name was not known to be free


@pytest.mark.parametrize(
    ("created", "answered", "ours"),
    [
        (1, 0, True),
        (3600, 0, True),
        (0, 0, False),  # no later than one that was answered before
        (-1, 0, False),
        (-3600, -3601, True),  # by the server's clock alone: ours may be an hour ahead of it
        (3600, 3601, False),
        (None, 0, False),
        (1, None, True),  # there is still one that was answered long before
    ],
)
@pytest.mark.parametrize("taken", [True, False])
def test_alike_and_created_after_one_that_was_answered_before_is_ours(
    created: float | None, answered: float | None, *, ours: bool, taken: bool
) -> None:
    match = listed(created=created)
    before = [listed(number, OTHER, time, f"Before {number}") for number, time in ((7, answered), (8, -90_000))]
    read = listing(match, *before, listed(9, OTHER, 90_000, "Somebody else's"))
    said = judged(doubt(clear=False, earlier=("cd-7", "cd-8", "cd-gone"), taken=taken), read)
    there = "the server has a campaign of this name, cd-1, that was perhaps there before this row was sent"
    unknown = Undecided(f"{there}; {ITS}")
    assert said == (Found(match) if ours else Taken(match) if taken else unknown)


@pytest.mark.parametrize("earlier", [(), ("cd-gone",)])
def test_where_nothing_is_known_from_before_alike_is_not_enough(earlier: tuple[str, ...]) -> None:
    said = judged(doubt(clear=False, earlier=earlier), listing(listed()))
    assert isinstance(said, Undecided)


@pytest.mark.parametrize("created", [-86400, None])
def test_where_the_name_was_free_before_the_time_of_creation_does_not_matter(created: float | None) -> None:
    match = listed(created=created)
    assert judged(doubt(clear=True), listing(match)) == Found(match)


def test_one_that_was_there_before_under_another_name_is_not_ours() -> None:
    said = judged(doubt(lookalikes={"cd-1"}), listing(listed()))
    assert said == Undecided(
        f"the server has a campaign of this name, cd-1, that was perhaps there before this row was sent; {ITS}"
    )


def test_one_that_another_row_bears_is_not_ours() -> None:
    assert judged(doubt(), listing(listed(1), listed(2)), borne=("cd-1",)) == Found(listed(2))
    assert judged(doubt(), listing(listed(1)), borne=("cd-1",)) == Open(doubt())


# not there


@pytest.mark.parametrize(
    ("absent", "read", "said"),
    [
        # the server may still be at it
        (None, 0, Open(doubt())),
        (None, 59.9, Open(doubt())),
        # the first reading that counts
        (None, 60, Open(doubt(absent=60))),
        (None, 500, Open(doubt(absent=500))),
        # a second one, too early, changes nothing
        (60, 60, Open(doubt(absent=60))),
        (60, 119.9, Open(doubt(absent=60))),
        # and late enough
        (60, 120, Absent()),
        (60, 100_000, Absent()),
    ],
)
def test_absence_is_proved_by_two_readings_a_settle_time_apart_both_after_the_server_was_done(
    absent: float | None, read: float, said: Verdict
) -> None:
    assert judged(doubt(absent=absent), listing(read=read)) == said


def test_whoever_looks_again_and_again_ends_with_the_second_good_reading() -> None:
    said: Verdict = Open(doubt())
    seen = []
    for read in (10, 50, 70, 100, 129, 131):
        assert isinstance(said, Open)
        said = judged(said.doubt, listing(read=read))
        seen.append(type(said).__name__)
    assert seen == ["Open", "Open", "Open", "Open", "Open", "Absent"]


def test_one_that_shows_up_after_the_first_absence_is_found() -> None:
    assert judged(doubt(absent=60), listing(listed(), read=70)) == Found(listed())


def test_without_a_settle_time_two_readings_are_still_needed() -> None:
    first = judged(doubt(), listing(read=60), settle=timedelta(0))
    assert first == Open(doubt(absent=60))
    assert judged(first.doubt, listing(read=60.1), settle=timedelta(0)) == Absent()


def test_one_that_the_server_accepted_is_never_absent() -> None:
    said = judged(doubt(accepted=True, absent=60), listing(read=120))
    there = "the server accepted it without naming an id, and its list does not show it"
    assert said == Undecided(f"{there}; look for it in Kore.ai, and if it is not there, {AGAIN}")
    assert judged(doubt(accepted=True), listing(read=60)) == Open(doubt(accepted=True, absent=60))


def test_a_taken_name_that_the_list_does_not_show_is_absent_like_any_other() -> None:
    assert judged(doubt(taken=True, absent=60), listing(read=120)) == Absent()


def test_a_reading_that_stops_before_the_end_proves_nothing_absent() -> None:
    said: Verdict = Open(doubt())
    for number, read in enumerate((60, 130, 100_000), start=1):
        assert isinstance(said, Open)
        said = judged(said.doubt, listing(read=read, whole=False))
        assert said == Open(doubt(searches=number))
    assert judged(doubt(absent=60), listing(read=500, whole=False)) == Open(doubt(absent=60, searches=1))
    assert judged(doubt(), listing(read=59.9, whole=False)) == Open(doubt())
    assert judged(doubt(), listing(listed(), whole=False)) == Found(listed())


def test_the_next_reading_to_the_end_is_when_it_can_prove_something() -> None:
    assert next_proof(doubt(), SETTLE) == at(60)
    assert next_proof(doubt(absent=75), SETTLE) == at(135)
    assert next_proof(doubt(searches=1), SETTLE) == at(60)


def test_it_is_searched_for_once_when_the_server_is_done() -> None:
    assert next_search(doubt(), SETTLE) == at(60)
    assert next_search(doubt(searches=1), SETTLE) is None
    assert next_search(doubt(absent=75), SETTLE) == at(135)


# under another name


RENAMED = listed(5, name="Dental &amp; recall")
MAY_BE_IT = (
    "the server may keep it under another name: cd-5 'Dental &amp; recall' came up since, and no row bears it; "
    f"{ONE_OF_THEM}; if none is, {AGAIN}"
)


@pytest.mark.parametrize(
    "changes", [{}, {"accepted": True}, {"taken": True}, {"clear": False}, {"lookalikes": {"cd-4"}}]
)
def test_a_newcomer_that_is_alike_but_for_its_name_may_be_it(changes: dict[str, Any]) -> None:
    assert judged(doubt(absent=60, **changes), listing(RENAMED, read=120)) == Undecided(MAY_BE_IT)


def test_that_is_said_when_absence_would_be_proved_and_not_before() -> None:
    assert judged(doubt(), listing(RENAMED, read=60)) == Open(doubt(absent=60))
    assert judged(doubt(absent=60), listing(RENAMED, read=119)) == Open(doubt(absent=60))


@pytest.mark.parametrize(
    "item",
    [
        replace(RENAMED, shown=OTHER),
        replace(RENAMED, shown=replace(SHOWN, priority="4")),
        replace(RENAMED, campaign_id="cd-4"),  # there before
        replace(RENAMED, campaign_id="cd-6"),  # another row's
    ],
)
def test_others_are_no_newcomers(item: Listed) -> None:
    read = listing(item, read=120)
    assert judged(doubt(absent=60, lookalikes={"cd-4"}), read, borne=("cd-6",)) == Absent()


def test_many_newcomers_are_reported_by_the_first() -> None:
    read = listing(*(replace(RENAMED, campaign_id=f"cd-{number}", name=f"N {number}") for number in range(5)), read=120)
    said = judged(doubt(absent=60), read)
    assert isinstance(said, Undecided)
    assert "cd-0 'N 0', cd-1 'N 1', cd-2 'N 2' and 2 more came up since" in said.reason


def test_three_newcomers_are_all_reported() -> None:
    read = listing(*(replace(RENAMED, campaign_id=f"cd-{number}", name=f"N {number}") for number in range(3)), read=120)
    said = judged(doubt(absent=60), read)
    assert isinstance(said, Undecided)
    assert "cd-0 'N 0', cd-1 'N 1', cd-2 'N 2' came up since" in said.reason


def test_one_that_a_row_has_found_just_now_is_no_other_rows() -> None:
    evidence = Evidence(listing(listed(1), RENAMED), Standing(frozenset().intersection))
    assert (list(evidence.of("dental recall")), list(evidence.newcomers(doubt()))) == (
        [listed(1)],
        [listed(1), RENAMED],
    )
    assert not evidence.is_borne("cd-1")
    evidence.adopt("cd-1")
    assert evidence.is_borne("cd-1")
    assert (list(evidence.of("dental recall")), list(evidence.newcomers(doubt()))) == ([], [RENAMED])


def test_one_of_a_name_that_is_being_sent_is_most_likely_that_rows_and_is_waited_for() -> None:
    def read(seconds: float) -> Listing:
        return listing(listed(5, name="Claims"), read=seconds)

    assert judged(doubt(absent=60), read(120), sending=("claims",)) == Open(doubt(absent=60))
    assert judged(doubt(absent=60), read(659), sending=("claims", "dental recall")) == Open(doubt(absent=60))
    assert isinstance(judged(doubt(absent=60), read(660), sending=("claims",)), Undecided)
    assert isinstance(judged(doubt(absent=60), read(120), sending=("dental recall",)), Undecided)


def test_what_was_there_before_is_kept_by_what_it_looks_like() -> None:
    read = listing(listed(1), listed(2, name="Other"), listed(3, OTHER, name="Claims"))
    unseen = replace(SHOWN, priority="5")
    assert lookalikes_of(read, {SHOWN, unseen}) == {SHOWN: {"cd-1", "cd-2"}, unseen: frozenset()}
    assert look_of(Shown(frozenset({"b", "a"}), "Agentless", "3", "Flow")) == '[["a", "b"], "Agentless", "3", "Flow"]'


def test_the_list_by_name_knows_every_campaign_once() -> None:
    grouped = by_key([listed(1), listed(2, name="DENTAL recall"), listed(3, name="Claims"), listed(1)])
    assert {key: [item.campaign_id for item in items] for key, items in grouped.items()} == {
        "dental recall": ["cd-1", "cd-2"],
        "claims": ["cd-3"],
    }
