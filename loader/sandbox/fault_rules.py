"""Rules that give chosen requests a fault, from a TOML file or from rule().

    [[rule]]
    operation = "create"          # or an array of those below; absent: any
    name = "Recall*"              # glob on the campaign's name; creates only
    nth = 3                       # only the third request that fits operation and name
    every = 5                     # or every fifth
    times = 1                     # at most so often
    probability = 0.5
    action = "hang-after-creating"
    seconds = 40                  # a key of this action

Operations are create, list, get, status, update, delete, trigger (start and stop), contact-lists and queues, each in
every version of the API. Only `action` is needed. The first rule that strikes wins; a rule counts every request that
fits it, whichever rule strikes. Faults strike requests that are valid and within the rate limit, so nothing is created
against the rules; the two `-before-reading` actions strike on the head of any request, before all other rules, and
cannot know a name.

    action                                       keys and their defaults
    close-before-reading, reset-before-reading   the connection ends (FIN or RST), nothing was looked at
    close-after-reading, reset-after-reading     the same after reading; nothing is created
    close-after-creating, reset-after-creating   the same after creating
    hang-before-creating, hang-after-creating    seconds = 60.0; then the connection is closed without an answer
    slow                                         seconds = 1.0; carried out at once, answered late
    slow-to-create                               seconds = 1.0; carried out late
    rate-limited                                 retry_after = ""; 429
    rate-limit-text                              status = 400; a body that speaks of the rate limit
    server-error                                 status = 500, created = false, retry_after = ""; 502 is HTML
    no-id, garbled, empty                        created = true; the true status, the body spoiled
    truncated                                    created = true; Content-Length promises more than is sent
    refused                                      status = 400; nothing is created
    redirect                                     status = 307, location = "/elsewhere", created = false
    answer                                       status = 200, body = "", content_type = "application/json",
                                                 created = false, retry_after = ""

Four actions need operation = "create" and do something to the campaign. Of the first three the answer does not tell;
`rename` the answer shows, and it goes with whatever other rule strikes the same request:

    alter                                        field, value; this value is stored instead of the one that was sent
    vanish                                       seconds = 0.0; so long after its creation it is gone
    stuck                                        it stays Preparing for ever
    rename                                       how = "escape", length = 30; it is stored under another name

`field` is a path into the body that was sent and must be there: "contactLists", "dialingStrategy.maxAttemptsPerRecord",
"dialingStrategy.callingHours.days.0.start"; `value` is of any type, and null if it is not given.

`how` is "escape" (& < > and quotes as in HTML), "cut" (to `length` characters), "trim" (blanks around it go), "drop"
(what is not ASCII goes) or "question-marks" (each character that is not ASCII becomes one).

`retry_after` is sent as it is ("5", "1.5", "-3", "soon"), `date+30` as an HTTP-date, an array as several headers, ""
not at all. "Creating" stands for carrying out whatever the operation is.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loader.sandbox.errors import SandboxError, toml_of
from loader.sandbox.fault_kinds import CREATES_ONLY, KINDS, fault
from loader.sandbox.faults import Rule
from loader.sandbox.json_schema import Json, JsonObject

OPERATIONS = ("create", "list", "get", "status", "update", "delete", "trigger", "contact-lists", "queues")
_MATCHING: Mapping[str, type] = {"name": str, "nth": int, "every": int, "times": int, "probability": float}
_STATUSES = {
    "server-error": range(500, 600),
    "refused": range(400, 500),
    "redirect": range(300, 400),
    "rate-limit-text": range(200, 600),
    "answer": range(200, 600),
}
_HEADER = re.compile("[^\x00-\x1f\x7f]*")


def rule(**keys: object) -> Rule:
    """Make one rule from the keys of the file; SandboxError says what is wrong with them."""
    action = keys.pop("action", None)
    if not isinstance(action, str) or action not in KINDS:
        raise SandboxError(f"{action!r} is no action; there are {', '.join(KINDS)}")
    operations = _operations(keys.pop("operation", None))
    matching = {key: _typed(key, keys.pop(key), kind()) for key, kind in _MATCHING.items() if key in keys}
    _check_matching(action, operations, matching)
    return Rule(fault=fault(action, **_action_keys(action, keys)), operations=operations, **matching)


def rules_in(path: Path) -> tuple[Rule, ...]:
    document = toml_of(path)
    tables = document.pop("rule", [])
    if document:
        raise SandboxError(f"{path.name}: '{min(document)}' is no key; the file is made of [[rule]] tables")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SandboxError(f"{path.name}: rule is not a list of [[rule]] tables")
    return tuple(_numbered(path, number, table) for number, table in enumerate(tables, start=1))


def _numbered(path: Path, number: int, table: Json) -> Rule:
    try:
        return rule(**table)
    except SandboxError as error:
        raise SandboxError(f"{path.name}, rule {number}: {error}") from error


def _operations(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    given = value if isinstance(value, list) else [value]
    unknown = [operation for operation in given if operation not in OPERATIONS]
    if unknown or not given:
        raise SandboxError(f"{value!r} is no operation; there are {', '.join(OPERATIONS)}")
    return frozenset(given)


def _check_matching(action: str, operations: frozenset[str] | None, matching: JsonObject) -> None:
    if action in CREATES_ONLY and operations != frozenset({"create"}):
        raise SandboxError(f'{action} needs operation = "create": it strikes what was created')
    if "name" in matching and operations != frozenset({"create"}):
        raise SandboxError('name needs operation = "create": no other request carries a name')
    if "name" in matching and action.endswith("-before-reading"):
        raise SandboxError(
            f"{action} strikes before the name is read; {action.replace('before', 'after')} can have one"
        )
    if "nth" in matching and "every" in matching:
        raise SandboxError("nth and every exclude one another")
    for key in ("nth", "every", "times"):
        if matching.get(key, 1) < 1:
            raise SandboxError(f"{key} is 1 or more, not {matching[key]}")
    if not 0 <= matching.get("probability", 1) <= 1:
        raise SandboxError(f"probability is between 0 and 1, not {matching['probability']}")


def _action_keys(action: str, keys: Mapping[str, object]) -> Json:
    defaults = KINDS[action].keys
    for key in keys:
        if key not in defaults:
            raise SandboxError(f"'{key}' is no key of {action}; it has {', '.join(defaults) or 'none of its own'}")
    made = {key: _typed(key, value, defaults[key]) for key, value in keys.items()}
    status = made.get("status")
    if status is not None and status not in _STATUSES[action]:
        allowed = _STATUSES[action]
        raise SandboxError(f"status of {action} is {allowed[0]} to {allowed[-1]}, not {status}")
    if made.get("seconds", 0) < 0:
        raise SandboxError(f"seconds is 0 or more, not {made['seconds']}")
    if made.get("length", 1) < 1:
        raise SandboxError(f"length is 1 or more, not {made['length']}")
    return made


def _typed(key: str, value: object, like: object) -> Any:  # noqa: ANN401  the type is that of `like`
    """Return the value if it has the type of `like`; a whole number will do for a decimal one, anything for None."""
    if like is None:
        return value
    if isinstance(like, float) and type(value) is int:
        return float(value)
    texts = value if key == "retry_after" and isinstance(value, list) else [value]
    for text in texts:
        if type(text) is not type(like):
            raise SandboxError(f"{key} = {value!r} is not understood; it is like {like!r}")
        if key in ("retry_after", "location", "content_type") and not _HEADER.fullmatch(str(text)):
            raise SandboxError(f"{key} = {value!r} cannot stand in a header")
    return value
