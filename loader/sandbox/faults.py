"""What a fault is, and which one a request gets.

Each kind of fault is the same small story with other values: read the request or not, wait, carry it out or not, wait,
and end the connection or the answer in some way. Of a create also what becomes of the campaign behind the client's
back.
"""

import html
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase

from aiohttp import web

from loader.sandbox.errors import RefusedError, SandboxError
from loader.sandbox.json_schema import JsonObject
from loader.sandbox.store import Campaign, fields_of


def with_field(fields: JsonObject, path: str, new: object) -> JsonObject:
    """Return a copy in which the field, which must be there, is `new`; the fields themselves are left as they are."""
    first, *below = path.split(".")
    try:
        return {**fields, first: _with(fields[first], below, new)}
    except LookupError as error:
        raise SandboxError(f"there is no field {path}") from error


def _with(value: object, steps: Sequence[str], new: object) -> object:
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, dict):
        return {**value, step: _with(value[step], rest, new)}
    if isinstance(value, list) and step.isdecimal():
        index = int(step)
        return [*value[:index], _with(value[index], rest, new), *value[index + 1 :]]
    raise KeyError(step)


Afterwards = Callable[[Campaign], JsonObject]

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
    kind, kind_words = _KINDS.get(field, (object, ""))
    if not isinstance(value, kind):
        raise SandboxError(f"value of {field} must be {kind_words}, not {value!r}")
    try:
        new = json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise SandboxError(f"value of {field} is none of JSON: {value!r}") from error

    def changes(campaign: Campaign) -> JsonObject:
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


def spelling(how: str, length: int) -> Callable[[str], str]:
    """Return what makes the stored name of a name; `length` counts for "cut" alone."""
    if how == "cut":
        return lambda name: name[:length]
    if how not in _SPELLINGS:
        raise SandboxError(f"how = {how!r} is no spelling; there are cut, {', '.join(_SPELLINGS)}")
    return _SPELLINGS[how]


_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "escape": html.escape,
    "trim": str.strip,
    "drop": lambda name: name.encode("ascii", "ignore").decode(),
    "question-marks": lambda name: name.encode("ascii", "replace").decode(),
}


class Ending(Enum):
    ANSWER = auto()
    CLOSE = auto()
    """FIN, no answer."""
    RESET = auto()
    """RST, no answer."""
    TRUNCATE = auto()
    """The head of the answer and half of its body, then FIN."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    ending: Ending = Ending.ANSWER
    reads: bool = True
    """False acts on the head of the request, before its body, its token or its rate are looked at."""
    carries_out: bool = False
    wait_before: float = 0.0
    wait_after: float = 0.0
    altered: Callable[[web.Response], web.Response] | None = None
    """What is answered instead of the true answer."""
    afterwards: Afterwards | None = None
    """Of a create: what becomes of the campaign behind the client's back."""
    spelling: Callable[[str], str] | None = None
    """Of a create: the name under which the campaign is stored. It goes with whatever else strikes the request."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Made by fault_rules.rule(), which says what the fields mean."""

    fault: Fault
    operations: frozenset[str] | None = None
    name: str | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    probability: float = 1.0

    def fits(self, operation: str, name: str | None) -> bool:
        if self.operations is not None and operation not in self.operations:
            return False
        return self.name is None or (name is not None and fnmatchcase(name, self.name))


class RandomFaults:
    """A share of all creates and lists meets one of `kinds`, each given with its variants."""

    def __init__(self, rate: float, kinds: Sequence[Sequence[Fault]], chance: random.Random) -> None:
        self._rate = rate
        self._kinds = kinds
        self._chance = chance

    def drawn(self, operation: str) -> Fault | None:
        if operation not in ("create", "list") or self._chance.random() >= self._rate:
            return None
        return self._chance.choice(self._chance.choice(self._kinds))


class RuledFaults:
    """The first rule that fits wins; every rule counts all requests that fit it, also those another rule takes."""

    def __init__(self, rules: Sequence[Rule], chance: random.Random) -> None:
        spellings = [rule for rule in rules if rule.fault.spelling]
        self._spellings = [_Counted(rule, chance) for rule in spellings]
        self._early = [_Counted(rule, chance) for rule in rules if not rule.fault.reads]
        self._late = [_Counted(rule, chance) for rule in rules if rule.fault.reads and rule not in spellings]

    def on_head(self, operation: str) -> Fault | None:
        return _first(self._early, operation, None)

    def on_request(self, operation: str, name: str | None) -> Fault | None:
        return _first(self._late, operation, name)

    def stored_name(self, operation: str, name: str | None) -> str | None:
        """The name a new campaign gets, by all rules about names that fit; None where it is the one that was sent."""
        stored = name or ""
        for one in self._spellings:
            if one.count(operation, name) and (spelling := one.strike().spelling):
                stored = spelling(stored)
        return stored if name is not None and stored != name else None


class _Counted:
    def __init__(self, rule: Rule, chance: random.Random) -> None:
        self._rule = rule
        self._chance = chance
        self._fitted = 0
        self._struck = 0

    def count(self, operation: str, name: str | None) -> bool:
        """Count a request that fits, and say whether it is one to strike."""
        rule = self._rule
        if not rule.fits(operation, name):
            return False
        self._fitted += 1
        return (
            (rule.nth is None or self._fitted == rule.nth)
            and (rule.every is None or self._fitted % rule.every == 0)
            and (rule.times is None or self._struck < rule.times)
            and (rule.probability >= 1 or self._chance.random() < rule.probability)
        )

    def strike(self) -> Fault:
        self._struck += 1
        return self._rule.fault


def _first(rules: Sequence[_Counted], operation: str, name: str | None) -> Fault | None:
    ready = [rule for rule in rules if rule.count(operation, name)]
    return ready[0].strike() if ready else None
