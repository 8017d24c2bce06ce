"""What the API calls the fields of a campaign, where each stands in a body, and how its value is sent.

One list for what is sent and for what is compared. Sections named here are those of the API reference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from loader.api.messages import Shown
from loader.model.campaign import Campaign, DialingMode, Weekday, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loader.model.campaign import Week

# field of the sheet -> where it stands in a body of either version, in the order of the page (1.2 and 4)
PATHS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "description": ("description",),
    "contact_lists": ("contactLists",),
    "priority": ("priority",),
    "dialing_mode": ("dialingMode",),
    "caller_id": ("dialingStrategy", "callerId", "phoneNumber"),
    "frequency": ("dialingStrategy", "callingHours", "frequency"),
    "timezone": ("dialingStrategy", "callingHours", "timezone"),
    "calling_hours": ("dialingStrategy", "callingHours", "days"),
    "dialing_order": ("dialingStrategy", "dialingOrder"),
    "max_attempts": ("dialingStrategy", "maxAttemptsPerRecord"),
    "retry_period": ("dialingStrategy", "defaultRetryPeriod"),
    "max_ring_time": ("dialingStrategy", "maxRingTime"),
    # no column of a sheet. In every sample and never in the table; without it a campaign might start at once (9.3)
    "scheduling": ("schedule", "isSchedulingEnabled"),
    "experience_flow": ("experienceFlowName",),
    "queue": ("queue_name",),
    "max_skips": ("maxSkips",),
    "machine_detection": ("enableMachineDetect",),
    "dnc_list": ("dncLists", "name"),
}
DAYS = dict(zip(Weekday, ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))


def _days(hours: Week) -> list[dict[str, str]]:
    return [
        {"day": DAYS[day], "start": clock(window.start), "end": clock(window.end)}
        for day, windows in hours.items()
        for window in windows
    ]


# how a value is sent, where not as it is
_SENT_AS: Mapping[str, Callable[[Any], object]] = {
    "contact_lists": list,
    "priority": str,
    "dialing_mode": str,
    "frequency": str,
    "calling_hours": _days,
    "dialing_order": str,
}
_MODES = {
    "experience_flow": {DialingMode.AGENTLESS},
    "queue": {DialingMode.PROGRESSIVE, DialingMode.PREVIEW},
    "max_skips": {DialingMode.PREVIEW},
}
_SHARED = tuple(it for it in PATHS if it in Campaign.model_fields and it not in ("machine_detection", "dnc_list"))


def shared_values(campaign: Campaign) -> dict[str, object]:
    """What both versions send of it, by field of the sheet."""
    return {
        field: _SENT_AS.get(field, _itself)(getattr(campaign, field))
        for field in _SHARED
        if campaign.dialing_mode in _MODES.get(field, DialingMode)
    } | {"scheduling": False}


def _itself(value: object) -> object:
    return value


def shown_of(body: bytes) -> Shown:
    """What the campaign list will show of the campaign created by this body, of either version."""
    fields = json.loads(body)
    return Shown(
        frozenset(fields["contactLists"]),
        fields["dialingMode"],
        fields["priority"],
        fields.get("experienceFlowName") or fields.get("queue_name") or "",
    )


def in_their_places(values: Mapping[str, object]) -> dict[str, object]:
    """A body, or a part of one, with these values by field of the sheet; always in the order of `PATHS`."""
    body: dict[str, object] = {}
    for field, (*above, last) in PATHS.items():
        if field in values:
            place = body
            for key in above:
                place = cast("dict[str, object]", place.setdefault(key, {}))
            place[last] = values[field]
    return body
