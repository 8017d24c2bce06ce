"""What the body of a voice create must be in both versions, field for field (reference 1.2 and 2).

Whatever the reference does not list is refused: a client that sends it relies on luck (10.12).
"""

import re
from collections.abc import Iterator, Mapping

from loader.sandbox.calling_hours import days, zone
from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import Rule, array, exactly, one_of, record, text, whole

MODES = ("Agentless", "Progressive", "Preview")
Rules = Mapping[str, Rule]
"""One for each mode."""

_NUMBER = re.compile(r"\+[0-9]{7,15}")
# a SIP number as the product registers it (11.18.0): a URI, or its user@host alone
_SIP = re.compile(
    r"(sips?:)?[A-Za-z0-9_.!~*'()&=+$,;?/%-]{1,64}"
    r"@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?"
)


def rules_with(own: Mapping[str, Mapping[str, Rule]]) -> Rules:
    """Return the rules of a version that has, mode by mode, these fields of its own."""
    return {mode: record({**_SHARED, **_ROUTING[mode], **own[mode]}, of=f"a campaign in {mode} mode") for mode in MODES}


def check(rules: Rules, body: Mapping[str, object]) -> None:
    """Refuse the body with every fault it has."""
    if "dialingMode" not in body:
        raise RefusedError(400, "dialingMode is missing")
    mode = body["dialingMode"]
    rule = rules.get(mode) if isinstance(mode, str) else None
    faults = list((rule or _no_mode)("", body))
    if faults:
        raise RefusedError(400, *faults)


def _no_mode(_path: str, _value: object) -> Iterator[str]:
    yield f"dialingMode must be one of {', '.join(MODES)}"


def _caller_id(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path} must be a string"
    elif not (_NUMBER.fullmatch(value) or _SIP.fullmatch(value)):
        yield f"{path} must be + and 7 to 15 digits, or a SIP number such as sip:1001@pbx.example.com"


def _contact_lists(path: str, value: object) -> Iterator[str]:
    faults = list(_LIST_NAMES(path, value))
    yield from faults
    if isinstance(value, list) and not faults and len(set(value)) < len(value):
        yield f"{path} names a list twice"


_LIST_NAMES: Rule = array(text(), least=1, most=10)

_DIALING_STRATEGY = record(
    {
        "callerId": record({"phoneNumber": _caller_id}, of="callerId"),
        "callingHours": record(
            {"frequency": one_of("WEEKLY", "DAILY", "CUSTOM"), "timezone": zone, "days": days}, of="callingHours"
        ),
        "dialingOrder": one_of("FIFO", "LIFO"),
        "maxAttemptsPerRecord": whole(1, 100),
        "defaultRetryPeriod": whole(1, 1440),
        "maxRingTime": whole(5, 120),
    },
    of="dialingStrategy",
)

_SHARED: Mapping[str, Rule] = {
    "name": text(48),
    "description": text(256, plain=False),
    "contactLists": _contact_lists,
    "priority": one_of("1", "2", "3", "4", "5"),
    "dialingMode": text(),
    "dialingStrategy": _DIALING_STRATEGY,
    "campaignType": exactly("voice"),
    "schedule": record({"isSchedulingEnabled": exactly(expected=False)}, of="schedule"),
}

_ROUTING: Mapping[str, Mapping[str, Rule]] = {
    "Agentless": {"experienceFlowName": text()},
    "Progressive": {"queue_name": text()},
    "Preview": {"queue_name": text(), "maxSkips": whole(0)},
}
