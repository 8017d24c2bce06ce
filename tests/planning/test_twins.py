"""Campaigns that share a name, as far as a list shows them and the journal knows them."""

from __future__ import annotations

from loader.api.messages import Listed, Shown
from loader.model.attempt import Attempt
from loader.model.records import Record, State
from loader.planning.twins import Twins, twins_among

SHOWN = Shown(frozenset({"recall"}), "Agentless", "3", "Recall intake")


def listed(campaign_id: str, name: str) -> Listed:
    return Listed(campaign_id, name, "Ready", None, SHOWN)


def record(name: str, campaign_id: str) -> Record:
    attempt = Attempt(campaign_id, "Ready", 201, 1)
    return Record(name.lower(), name, State.CREATED, "d", b"{}", True, False, attempt, None, "run-1", "")


def test_a_twin_is_found_where_the_server_keeps_our_campaign_under_another_name() -> None:
    groups = {"s?hne": [listed("c-1", "S?hne"), listed("c-2", "S?hne")]}
    records = {"söhne": record("Söhne", "c-1")}
    assert twins_among(groups, records) == [Twins("söhne", "S?hne", ["c-1", "c-2"], "c-1", "run-1")]


def test_a_twin_is_nothing_to_tell_where_neither_row_nor_journal_has_its_name() -> None:
    groups = {"s?hne": [listed("c-3", "S?hne"), listed("c-2", "S?hne")]}
    assert twins_among(groups, {"söhne": record("Söhne", "c-1")}) == []
