"""What pydantic has against a value, as the end of a sentence that begins with its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WORDS = {
    "missing": "is blank",
    "string_too_short": "is blank",
    "too_short": "has no names",
    "string_unicode": "contains half of a character (a lone surrogate)",
}


def message_of(detail: ErrorDetails, value: object = None) -> str:
    """`value`: what the field was given, if there was anything to read."""
    context = detail.get("ctx", {})
    if isinstance(value, tuple) and len(detail["loc"]) > 1:  # one name of several
        item = value[int(detail["loc"][1])]
        return f"has the name '{item}', which {message_of({**detail, 'loc': ()}, item)}"
    match detail["type"]:
        case "string_too_long" | "too_long":
            size = (
                f"is {len(value)} characters long"
                if isinstance(value, str)
                else f"has {context['actual_length']} names"
            )
            return f"{size}, and at most {context['max_length']} are allowed"
        case "greater_than_equal" | "less_than_equal":
            return f"is below {context['ge']}" if "ge" in context else f"is above {context['le']}"
        case kind:
            return _WORDS.get(kind) or str(context.get("error", detail["msg"]))
