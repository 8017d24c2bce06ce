"""What the body of a voice create must be, field for field, and what each version has of its own (1.2, 2, 4).

Whatever the reference does not list is refused: a client that sends it relies on luck (10.12).

Calling windows: what the reference says, and where it is silent (10.7) the careful side of it. A window ends after it
starts, the windows of one day do not overlap (they may touch), and all stand in order of weekday and start. `12:00 AM`
is the first minute of a day, so it ends no window.
"""

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from itertools import pairwise

from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import Rule, array, exactly, flag, one_of, record, text, whole

_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TIME = re.compile(r"(1[0-2]|[1-9]):([0-5][0-9]) (AM|PM)")
# read once: the list is gathered from the disk at every call
_ZONES = frozenset(zoneinfo.available_timezones())


def zone(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or value not in _ZONES:
        yield f"{path} must be a name of the tz database such as Europe/London"


def days(path: str, value: object) -> Iterator[str]:
    wrong = list(_ENTRIES(path, value))
    yield from wrong or _misplaced(path, value)


def _minute(value: object) -> int | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    hour, minute, half = match.groups()
    return int(hour) % 12 * 60 + int(minute) + (720 if half == "PM" else 0)


def _time(path: str, value: object) -> Iterator[str]:
    if _minute(value) is None:
        yield f"{path} must be a time such as 9:00 AM"


def _misplaced(path: str, value: object) -> Iterator[str]:
    """Judge well-formed windows against one another."""
    windows: list[tuple[int, int, int]] = []
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        start, end = _minute(entry["start"]), _minute(entry["end"])
        if start is None or end is None or end <= start:
            yield f"{path}[{index}].end must be after its start"
            return
        windows.append((_WEEK.index(entry["day"]), start, end))
    for index, (earlier, later) in enumerate(pairwise(windows), start=1):
        if later[:2] < earlier[:2]:
            yield f"{path}[{index}] is not in order: windows go by weekday from MO to SU, then by start"
        elif later[0] == earlier[0] and later[1] < earlier[2]:
            yield f"{path}[{index}] overlaps the window before it"


_ENTRIES: Rule = array(record({"day": one_of(*_WEEK), "start": _time, "end": _time}, of="a window"), least=1)


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


_RULES_V1 = rules_with({mode: {"enableMachineDetect": flag} for mode in MODES})


def check_create_v1(body: Mapping[str, object]) -> None:
    """Refuse the body with every fault it has."""
    check(_RULES_V1, body)


# one object, for all that its name is a plural
_DNC_LISTS = {"dncLists": record({"name": text()}, of="dncLists")}

_RULES_V2 = rules_with(
    {
        "Agentless": {**_DNC_LISTS, "enableMachineDetect": one_of("no", "detect", "disconnect")},
        "Progressive": _DNC_LISTS,
        "Preview": _DNC_LISTS,
    }
)


def check_create_v2(body: Mapping[str, object]) -> None:
    """Refuse the body with every fault it has."""
    check(_RULES_V2, body)
