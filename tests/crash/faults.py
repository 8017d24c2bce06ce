"""Every fault on the wire that a run must get over by itself, by name; times fit a timeout of `TIMEOUT_SECONDS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.sandbox.fault_rules import rule

if TYPE_CHECKING:
    from loader.sandbox.faults import Rule

TIMEOUT_SECONDS = 0.5
# how late a campaign appears in the list, and the settle time that reckons with it; one lag outlasts a timeout, so
# that a single reading of the list after it proves nothing
LAGS_AND_SETTLE_TIMES = ((0.0, 0.6), (0.2, 0.8), (1.4, 2.4))

_SLOW = TIMEOUT_SECONDS / 2

# by name: the keys of a rule. One that says yes and creates nothing is not here: no run gets over that by itself
FAULTS: dict[str, dict[str, object]] = {
    **{
        kind: {"action": kind}
        for end in ("close", "reset")
        for kind in (f"{end}-before-reading", f"{end}-after-reading", f"{end}-after-creating")
    },
    "hang-before-creating": {"action": "hang-before-creating", "seconds": 2 * TIMEOUT_SECONDS},
    "hang-after-creating": {"action": "hang-after-creating", "seconds": 2 * TIMEOUT_SECONDS},
    "slow": {"action": "slow", "seconds": _SLOW},
    "slow-to-create": {"action": "slow-to-create", "seconds": _SLOW},
    "429": {"action": "rate-limited"},
    "429, wait a second": {"action": "rate-limited", "retry_after": "1"},
    "429, wait until": {"action": "rate-limited", "retry_after": "date+1"},
    "429, wait nonsense": {"action": "rate-limited", "retry_after": "soon"},
    "400 of the rate limit": {"action": "rate-limit-text", "status": 400},
    "200 of the rate limit": {"action": "rate-limit-text", "status": 200},
    **{
        f"{status}{', created' if created else ''}": {"action": "server-error", "status": status, "created": created}
        for status in (500, 502, 503, 504)
        for created in (False, True)
    },
    "no-id": {"action": "no-id"},
    "garbled": {"action": "garbled"},
    "empty": {"action": "empty"},
    "truncated": {"action": "truncated"},
    "303, created": {"action": "redirect", "status": 303, "created": True, "operation": "create"},
    "408": {"action": "answer", "status": 408, "operation": "create"},
    "408, created": {"action": "answer", "status": 408, "created": True, "operation": "create"},
    "202, created": {"action": "answer", "status": 202, "created": True, "operation": "create"},
}


# a list that is refused now and then leaves rows unknown, for a person to say whose campaigns they are
LIST_REFUSED = "list refused"
_ALL = {**FAULTS, LIST_REFUSED: {"action": "answer", "status": 400, "operation": "list"}}


def rules(name: str, probability: float) -> Rule:
    return rule(**_ALL[name], probability=probability)
