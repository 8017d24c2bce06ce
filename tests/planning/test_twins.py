"""Campaigns that share a name, as far as a list shows them and the journal knows them."""

from __future__ import annotations

import pytest

from loader.api.messages import Listed, Shown
from loader.model.attempt import Attempt
from loader.model.records import Record, State
from loader.planning.twins import Twins, any_ours, sentences, twins_among
from tests.candidates import candidate

SHOWN = Shown(frozenset({"recall"}), "Agentless", "3", "Recall intake")


def listed(campaign_id: str, name: str) -> Listed:
    return Listed(campaign_id, name, "Ready", None, SHOWN)


def record(name: str, campaign_id: str, state: State = State.CREATED) -> Record:
    attempt = Attempt(campaign_id, "Ready", 201, 1)
    return Record(name.lower(), name, state, "d", b"{}", True, False, attempt, None, "run-1", "")


def test_a_twin_is_found_where_the_server_keeps_our_campaign_under_another_name() -> None:
    groups = {"s?hne": [listed("c-1", "S?hne"), listed("c-2", "S?hne")]}
    records = {"söhne": record("Söhne", "c-1")}
    assert twins_among(groups, records) == [Twins("söhne", "S?hne", ["c-1", "c-2"], "c-1", "run-1")]


def test_a_twin_is_nothing_to_tell_where_neither_row_nor_journal_has_its_name() -> None:
    groups = {"s?hne": [listed("c-3", "S?hne"), listed("c-2", "S?hne")]}
    assert twins_among(groups, {"söhne": record("Söhne", "c-1")}) == []


@pytest.mark.parametrize(
    ("state", "ours"),
    [(State.CREATED, "c-1"), (State.DELETING, "c-1"), (State.EXISTS, None), (State.OPEN, None), (State.UNKNOWN, None)],
)
def test_ours_is_what_the_journal_has_as_created_or_being_deleted(state: State, ours: str | None) -> None:
    [twins] = twins_among({"a": [listed("c-1", "A"), listed("c-2", "A")]}, {"a": record("A", "c-1", state)})
    assert (twins.ours, any_ours([twins])) == (ours, ours is not None)


def test_of_two_that_are_both_foreign_it_is_said_that_the_journal_has_none_of_them() -> None:
    groups = {"b": [listed("c-3", "B"), listed("c-4", "b")]}
    twins = twins_among(groups, {}, [candidate(2, "B")])
    assert sentences(twins) == ["the server has 2 campaigns named 'B': c-3, c-4; none of them is in the journal"]
    assert not any_ours(twins)
