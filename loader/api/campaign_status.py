"""What a campaign's status says of it, in either version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.api.json_values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUN_STATES = ("active", "paused", "stopped", "completed")


def has_run(fields: Mapping[str, object]) -> bool:
    """An instance is there only after a run (5.1)."""
    return bool(fields.get("campaignInstanceId")) or text_of(fields.get("status")).lower() in _RUN_STATES


def is_preparing(campaign_status: str | None) -> bool:
    """Still being created: it changes once more, by itself (5.3)."""
    return (campaign_status or "").lower() == "preparing"


def is_idle(campaign_status: str | None) -> bool:
    """Nobody has started or scheduled it (5.3)."""
    return is_preparing(campaign_status) or (campaign_status or "").lower() == "ready"
