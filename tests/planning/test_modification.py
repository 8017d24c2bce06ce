"""Which campaigns nobody has touched: what the server shows, against what was last seen and what was sent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loader.api.messages import Listed, Shown, Stored
from loader.model.attempt import Attempt
from loader.model.records import Record, State
from loader.planning.modification import Modified, Unmodified, verdict
from tests.api.samples import WIRE, campaign

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
SENT = WIRE.body_of(campaign())
RECORD = Record(
    attempt=Attempt(
        attempts=1, message="", http_status=200, campaign_id="cd-1", campaign_status="Ready", submitted_at=NOON
    ),
    key="spring",
    name="Spring",
    state=State.CREATED,
    digest="digest",
    body=b"",
    clear=True,
    accepted=False,
    since=NOON,
    run="run 1",
    held_by="",
    updated_at=NOON,
)
NEVER_SEEN = replace(RECORD, updated_at=None, attempt=replace(RECORD.attempt, campaign_status="Preparing"))
STORED = Stored("cd-1", "Spring", "Ready", NOON, has_run=False, fields=json.loads(SENT), created_at=NOON)
LISTED = Listed("cd-1", "Spring", "Ready", NOON, Shown(frozenset(), "", "", ""), NOON)
LATER = NOON + timedelta(minutes=5, seconds=1)
SOON = NOON + timedelta(minutes=5)


def said(record: Record, seen: Listed | Stored, **changes: Any) -> str:  # noqa: ANN401 - fields of either
    found = verdict(record, replace(seen, **changes), SENT)
    return f"kept: {found.reason}" if isinstance(found, Modified) else f"deleted: {found.rule}"


@pytest.mark.parametrize("seen", [LISTED, STORED])
def test_what_is_as_it_was_last_seen_is_untouched_whatever_its_age_and_its_values(seen: Listed | Stored) -> None:
    assert verdict(RECORD, seen, b"{}") == Unmodified("unchanged since it was last seen")
    old = replace(seen, created_at=NOON - timedelta(days=9))
    assert verdict(RECORD, old, b"{}") == Unmodified("unchanged since it was last seen")


@pytest.mark.parametrize("seen", [LISTED, STORED])
@pytest.mark.parametrize("moved", [timedelta(milliseconds=1), timedelta(milliseconds=-1), timedelta(days=1)])
def test_any_other_time_of_change_than_the_one_last_seen_is_a_change(seen: Listed | Stored, moved: timedelta) -> None:
    assert said(RECORD, seen, updated_at=NOON + moved).startswith("kept: it was changed at 2026-04-0")


def test_becoming_ready_after_it_was_last_seen_is_none() -> None:
    preparing = replace(RECORD, attempt=replace(RECORD.attempt, campaign_status="Preparing"))
    assert said(preparing, STORED, updated_at=SOON) == "deleted: not changed later than 5 minutes after its creation"
    assert said(preparing, STORED, updated_at=LATER).startswith("kept: it was changed at 2026-04-01 12:05:01 UTC; ")


@pytest.mark.parametrize("seen", [LISTED, STORED])
def test_what_was_never_seen_counts_by_the_time_after_its_creation(seen: Listed | Stored) -> None:
    assert said(NEVER_SEEN, seen, updated_at=SOON) == "deleted: not changed later than 5 minutes after its creation"
    assert said(NEVER_SEEN, seen, updated_at=LATER) == (
        "kept: it was changed at 2026-04-01 12:05:01 UTC; created at 2026-04-01 12:00:00 UTC"
    )
    assert said(NEVER_SEEN, seen, created_at=None).startswith("kept: the server does not say when it was created")


def test_what_was_never_seen_must_read_as_it_was_sent() -> None:
    fields = {**STORED.fields, "description": "Other words"}
    assert said(NEVER_SEEN, STORED, fields=fields) == (
        f"kept: it differs from what was sent: description is 'Other words', sent was '{campaign().description}'"
    )
    assert isinstance(verdict(NEVER_SEEN, STORED, b""), Modified)  # nobody knows what was sent


@pytest.mark.parametrize("seen", [LISTED, STORED])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"has_run": True}, "it was started; its status is Ready"),
        ({"has_run": True, "campaign_status": "Active"}, "it was started; its status is Active"),
        ({"campaign_status": "Scheduled"}, "its status is Scheduled, neither Preparing nor Ready"),
        ({"campaign_status": "Failed"}, "its status is Failed, neither Preparing nor Ready"),
        ({"campaign_status": None}, "it shows no status"),
        ({"updated_at": None}, "the server does not say when it was last changed"),
    ],
)
def test_what_was_started_or_scheduled_or_tells_too_little_is_kept(
    seen: Listed | Stored, changes: dict[str, Any], reason: str
) -> None:
    assert said(RECORD, seen, **changes) == f"kept: {reason}"
    assert said(NEVER_SEEN, seen, **changes) == f"kept: {reason}"


def test_upper_and_lower_case_of_a_status_make_no_difference() -> None:
    assert said(RECORD, LISTED, campaign_status="READY").startswith("deleted")
    preparing = replace(RECORD, attempt=replace(RECORD.attempt, campaign_status="preparing"))
    assert said(preparing, LISTED, updated_at=SOON).startswith("deleted")
