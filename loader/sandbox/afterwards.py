"""What a fault does to a campaign after its creation: the changes of its fields, which nobody is told of."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from loader.sandbox.dotted import with_field
from loader.sandbox.errors import RefusedError, SandboxError
from loader.sandbox.store import Campaign, fields_of

Afterwards = Callable[[Campaign], Mapping[str, Any]]

_NEVER = 1e12
# what the answers take apart; any other field may get a value of another kind
_KINDS: Mapping[str, tuple[type, str]] = {
    "name": (str, "a string"),
    "experienceFlowName": (str, "a string"),
    "dncLists.name": (str, "a string"),
    "contactLists": (list, "an array"),
    "dialingStrategy": (dict, "a table"),
    "dncLists": (dict, "a table"),
    "schedule": (dict, "a table"),
}


def altered(field: str, value: object) -> Afterwards:
    """Store another value in a field of the body; the answer to the create still shows what was sent."""
    if not field:
        raise SandboxError("alter needs field, such as 'dialingStrategy.maxRingTime'")
    kind, told = _KINDS.get(field, (object, ""))
    if not isinstance(value, kind):
        raise SandboxError(f"value of {field} must be {told}, not {value!r}")
    try:
        new = json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise SandboxError(f"value of {field} is none of JSON: {value!r}") from error

    def changes(campaign: Campaign) -> Mapping[str, Any]:
        try:
            body = with_field(campaign.body, field, new)
        except SandboxError as error:  # a mistake in the rule, which must not pass for an answer of the API
            raise RefusedError(501, f"the rule alters {field}, which is not in the body") from error
        return fields_of(body)

    return changes


def vanishing(seconds: float) -> Afterwards:
    return lambda campaign: {"vanishes_at": campaign.created_at + seconds}


def stuck() -> Afterwards:
    return lambda _: {"ready_at": _NEVER}
