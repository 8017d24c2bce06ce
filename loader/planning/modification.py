"""Whether somebody has touched a campaign since the loader created it, from how the server shows it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.api.campaign_diff import from_sent
from loader.api.campaign_status import is_idle, is_preparing
from loader.api.messages import Listed, Stored

if TYPE_CHECKING:
    from datetime import datetime

    from loader.model.records import Record

# becoming Ready is a change as well, and comes up to minutes after the creation (API reference, 5.3)
_READY_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Unmodified:
    """`rule`: by what that was recognised."""

    rule: str


@dataclass(frozen=True, slots=True)
class Modified:
    """Or it cannot be told that nobody touched it."""

    reason: str


def verdict(record: Record, seen: Listed | Stored, sent: bytes) -> Unmodified | Modified:
    """`sent` is the body it was created with; only a campaign that was read by its id can be compared with that."""
    status = seen.campaign_status
    if seen.has_run:
        return Modified(f"it was started; its status is {status}")
    if not is_idle(status):
        return Modified(f"its status is {status}, neither Preparing nor Ready" if status else "it shows no status")
    if seen.updated_at is None:
        return Modified("the server does not say when it was last changed")
    if seen.updated_at == record.updated_at:
        return Unmodified("unchanged since it was last seen")
    if record.updated_at is not None and not is_preparing(record.campaign_status):
        return Modified(f"it was changed at {_at(seen.updated_at)}; last seen as of {_at(record.updated_at)}")
    return _since_creation(seen.updated_at, seen, sent)


def _since_creation(updated_at: datetime, seen: Listed | Stored, sent: bytes) -> Unmodified | Modified:
    """Where it was not seen Ready before."""
    if seen.created_at is None:
        return Modified("the server does not say when it was created, so nobody can tell whether it was changed since")
    if updated_at > seen.created_at + _READY_WITHIN:
        return Modified(f"it was changed at {_at(updated_at)}; created at {_at(seen.created_at)}")
    if isinstance(seen, Stored) and (differences := from_sent(json.loads(sent or b"{}"), seen.fields)):
        found = (f"{it.field.replace('_', ' ')} is '{it.theirs}', sent was '{it.ours}'" for it in differences)
        return Modified(f"it differs from what was sent: {'; '.join(found)}")
    return Unmodified(f"not changed later than {_READY_WITHIN.seconds // 60} minutes after its creation")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
