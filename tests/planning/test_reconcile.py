"""What the campaign list says about a create whose answer was lost (http-outcomes 2.1, reference 8.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from loader.api.campaign_list import Listing, by_key, earliest_creation
from loader.api.messages import Listed, Shown
from loader.planning.reconcile import Absent, Doubt, Found, Open, Taken, Undecided, next_look, verdict

if TYPE_CHECKING:
    from loader.planning.reconcile import Verdict

SETTLE = timedelta(seconds=60)
SENT = datetime(2026, 3, 30, 12, tzinfo=UTC)
DONE = SENT + timedelta(seconds=60)
SHOWN = Shown(frozenset({"recall-2026-04"}), "Agentless", "3", "Recall intake")
OTHER = Shown(frozenset({"claims"}), "Preview", "5", "Claims")
IN_STEP = timedelta(0)


def at(seconds: float) -> datetime:
    """So many seconds after it was sent."""
    return SENT + timedelta(seconds=seconds)


def doubt(*, clear: bool = True, accepted: bool = False, taken: bool = False, absent: float | None = None) -> Doubt:
    since = None if absent is None else at(absent)
    return Doubt("dental recall", "Dental recall", SHOWN, SENT, DONE, clear, accepted, taken, since)


def listed(number: int = 1, shown: Shown = SHOWN, created: float | None = 1, name: str = "Dental recall") -> Listed:
    return Listed(f"cd-{number}", name, "Ready", None if created is None else at(created), shown)


def listing(*items: Listed, read: float = 30, ahead: timedelta | None = IN_STEP) -> Listing:
    return Listing(by_key(items), at(read), server_ahead=ahead)


# there


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("read", [1, 30, 1000])
def test_one_campaign_alike_in_all_the_list_shows_is_this_one(*, accepted: bool, taken: bool, read: float) -> None:
    said = verdict(doubt(accepted=accepted, taken=taken), listing(listed(), read=read), settle=SETTLE)
    assert said == Found(listed())


def test_others_in_the_list_are_nobodys_concern() -> None:
    others = [listed(2, name="Dental recall 2"), listed(3, OTHER, name="Claims")]
    assert verdict(doubt(), listing(*others, listed()), settle=SETTLE) == Found(listed())


@pytest.mark.parametrize(
    "name",
    ["DENTAL RECALL", " dental  recall ", "Dental\u200b recall", "\N{FULLWIDTH LATIN CAPITAL LETTER D}ental recall"],
)
def test_its_name_may_be_spelled_otherwise(name: str) -> None:
    match = listed(name=name)
    assert verdict(doubt(), listing(match), settle=SETTLE) == Found(match)


def test_it_is_one_campaign_when_shifting_pages_showed_it_twice() -> None:
    later = replace(listed(), campaign_status="Active")
    assert verdict(doubt(), listing(listed(), later), settle=SETTLE) == Found(later)


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
    said = verdict(doubt(clear=clear), listing(listed(shown=shown)), settle=SETTLE)
    assert said == Undecided("the server has a campaign of this name, cd-1, that differs from this row")


@pytest.mark.parametrize("clear", [True, False])
def test_one_that_differs_is_why_the_name_was_taken(*, clear: bool) -> None:
    match = listed(shown=OTHER)
    assert verdict(doubt(clear=clear, taken=True), listing(match), settle=SETTLE) == Taken(match)


@pytest.mark.parametrize("shown", [SHOWN, OTHER])
@pytest.mark.parametrize("taken", [True, False])
def test_several_of_one_name_are_for_a_person(shown: Shown, *, taken: bool) -> None:
    said = verdict(doubt(taken=taken), listing(listed(1), listed(2, shown)), settle=SETTLE)
    assert said == Undecided("the server has 2 campaigns of this name: cd-1, cd-2")


# whose is it, where the name was not known to be free


@pytest.mark.parametrize(
    ("created", "ahead", "ours"),
    [
        (0, 0, True),
        (1, 0, True),
        (3600, 0, True),
        (-2, 0, True),  # a Date header has whole seconds
        (-2.001, 0, False),
        (-3600, 0, False),
        (600, 600, True),  # by the server's clock, ten minutes ahead
        (598, 600, True),
        (597.9, 600, False),
        (0, 600, False),
        (-600, -600, True),
        (-603, -600, False),
        (-299, None, True),  # nothing is known of its clock
        (-301, None, False),
        (None, 0, False),
        (None, None, False),
    ],
)
def test_alike_and_created_after_it_was_sent_by_the_servers_own_clock_is_ours(
    created: float | None, ahead: float | None, *, ours: bool
) -> None:
    match = listed(created=created)
    read = listing(match, ahead=None if ahead is None else timedelta(seconds=ahead))
    assert (verdict(doubt(clear=False), read, settle=SETTLE) == Found(match)) is ours
    if not ours:
        assert isinstance(verdict(doubt(clear=False), read, settle=SETTLE), Undecided)
        assert verdict(doubt(clear=False, taken=True), read, settle=SETTLE) == Taken(match)


@pytest.mark.parametrize("created", [-86400, None])
def test_where_the_name_was_free_before_the_time_of_creation_does_not_matter(created: float | None) -> None:
    match = listed(created=created)
    assert verdict(doubt(clear=True), listing(match), settle=SETTLE) == Found(match)


def test_what_was_made_for_an_attempt_bears_no_earlier_time() -> None:
    assert earliest_creation(SENT, None) == at(-300)
    assert earliest_creation(SENT, timedelta(0)) == at(-2)
    assert earliest_creation(SENT, timedelta(seconds=-90)) == at(-92)


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
    assert verdict(doubt(absent=absent), listing(read=read), settle=SETTLE) == said


def test_whoever_looks_again_and_again_ends_with_the_second_good_reading() -> None:
    said: Verdict = Open(doubt())
    seen = []
    for read in (10, 50, 70, 100, 129, 131):
        assert isinstance(said, Open)
        said = verdict(said.doubt, listing(read=read), settle=SETTLE)
        seen.append(type(said).__name__)
    assert seen == ["Open", "Open", "Open", "Open", "Open", "Absent"]


def test_one_that_shows_up_after_the_first_absence_is_found() -> None:
    assert verdict(doubt(absent=60), listing(listed(), read=70), settle=SETTLE) == Found(listed())


def test_without_a_settle_time_two_readings_are_still_needed() -> None:
    first = verdict(doubt(), listing(read=60), settle=timedelta(0))
    assert first == Open(doubt(absent=60))
    assert verdict(first.doubt, listing(read=60.1), settle=timedelta(0)) == Absent()


def test_one_that_the_server_accepted_is_never_absent() -> None:
    said = verdict(doubt(accepted=True, absent=60), listing(read=120), settle=SETTLE)
    assert said == Undecided("the server accepted it without naming an id, and its list does not show it")
    assert verdict(doubt(accepted=True), listing(read=60), settle=SETTLE) == Open(doubt(accepted=True, absent=60))


def test_a_taken_name_that_the_list_does_not_show_is_absent_like_any_other() -> None:
    assert verdict(doubt(taken=True, absent=60), listing(read=120), settle=SETTLE) == Absent()


def test_the_next_look_is_when_it_can_prove_something() -> None:
    assert next_look(doubt(), SETTLE) == at(60)
    assert next_look(doubt(absent=75), SETTLE) == at(135)


def test_the_list_by_name_knows_every_campaign_once() -> None:
    grouped = by_key([listed(1), listed(2, name="DENTAL recall"), listed(3, name="Claims"), listed(1)])
    assert {key: [item.campaign_id for item in items] for key, items in grouped.items()} == {
        "dental recall": ["cd-1", "cd-2"],
        "claims": ["cd-3"],
    }
