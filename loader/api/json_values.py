"""Values out of JSON in which anything may stand where something is expected; what does not fit is none.

Every text of the server comes in here, and leaves so that any database keeps it and any file can hold it: without half
a surrogate or NUL, of a bounded length, and without tokens. What is compared with a sheet is otherwise left as it came.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.model.redaction import without_tokens, without_whole_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 1000  # several times what the API allows in any field (API reference, 1.2)
LONGEST_ID = 200
_LONGEST_WORD = 100
# so much of a text is searched: searching and masking take time with its length
_LONGEST_SEARCHED = 4096
_DEEPEST = 12
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
# a database keeps seconds since 1970 as a float, exact to the microsecond till then; and there is room to add days
_LAST_YEAR = 2199


def object_of(content: object) -> Mapping[str, object]:
    return content if isinstance(content, dict) else {}


def text_of(value: object) -> str:
    """A name or another text that is compared with what a sheet has."""
    return _harmless(value) if isinstance(value, str) else ""


def line_of(text: str, longest: int = LONGEST_TEXT) -> str:
    """Words for a reader, in one line without anything that a terminal would act on."""
    words = " ".join(without_tokens(text[:_LONGEST_SEARCHED]).split())
    line = words if words.isprintable() else "".join(it if it.isprintable() else "\ufffd" for it in words)
    return _cut(line, longest)


def word_of(value: object) -> str | None:
    """A status or another word of the server's own; None where there is none."""
    return (line_of(value, _LONGEST_WORD) or None) if isinstance(value, str) else None


def id_of(value: object) -> str | None:
    """An id, as it came. None where it cannot be kept, or could not be sent: a path with '..' is another path."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or value in (".", ".."):
        return None
    return None if _UNKEEPABLE.search(value) else value


def tidy(fields: Mapping[str, object]) -> Mapping[str, object]:
    """All that an object holds, its texts made harmless; what is nested deeper than anything documented is none."""
    return {_harmless(key): _tidy(entry, 1) for key, entry in fields.items()}


def _tidy(value: object, depth: int) -> object:
    match value:
        case str():
            return _harmless(value)
        case list() if depth < _DEEPEST:
            return [_tidy(entry, depth + 1) for entry in value]
        case dict() if depth < _DEEPEST:
            return {_harmless(key): _tidy(entry, depth + 1) for key, entry in value.items()}
        case list() | dict():
            return None
    return value


def _harmless(text: str) -> str:
    text = text[: LONGEST_TEXT + 1]
    if not text.isprintable():
        text = _UNKEEPABLE.sub("\ufffd", text)
    return _cut(without_whole_tokens(text), LONGEST_TEXT)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."


def whole_of(value: object) -> int | None:
    """A whole number, also one that comes as text."""
    try:
        return int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


def time_of(text: object) -> datetime | None:
    """A time in UTC; None also where the journal could not keep it, as the year 1 that some servers say for never."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        at = at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
    return at if at is not None and 1970 <= at.year <= _LAST_YEAR else None  # noqa: PLR2004
