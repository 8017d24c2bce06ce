"""Values out of JSON in which anything may stand where something is expected; what does not fit is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def object_of(content: object) -> Mapping[str, Any]:
    return content if isinstance(content, dict) else {}


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def whole_of(value: object) -> int | None:
    """A whole number, also one that comes as text."""
    try:
        return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


def time_of(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
