"""What people call a column beside its own names: what can mean nothing else, and what is only asked about.

`SPELLINGS` are read like the column's header. `SUGGESTIONS` are not: a header of these is asked about where the sheet
has no other column that is meant. "Max retries" is in neither, as it counts one call less than "Max attempts".
"""

from __future__ import annotations

from itertools import product

_RINGS = ("ring", "max ring", "ring time", "max ring time", "ring timeout", "max ring duration", "ring duration")
_RETRIES = ("retry", "retry period", "retry interval", "retry delay", "retry time", "retry every")
# a retry that names no unit is read as minutes, and a warning says so
IN_MINUTES = ("retry", "retry interval", "retry delay")

SPELLINGS: dict[str, tuple[str, ...]] = {
    "name": ("name of campaign", "name of the campaign", "campaign names"),
    "description": ("campaign description", "campaign desc"),
    "contact_lists": ("contact list s", "contact list name", "contact list names", "names of contact lists"),
    "priority": ("campaign priority",),
    "dialing_mode": ("dialling mode", "dial mode", "dialer mode", "dialler mode"),
    "caller_id": ("cli", "outbound cli", "cli number", "callerid", "caller id number", "outbound caller id"),
    "timezone": ("timezone name", "time zone name", "tz name", "campaign timezone", "campaign time zone"),
    "frequency": ("freq",),
    "dialing_order": ("dialling order", "dial order"),
    "max_attempts": (
        *("max tries", "maximum attempts", "max number of attempts", "maximum number of attempts"),
        *("max no of attempts", "max call attempts", "max dial attempts"),
    ),
    "retry_period": (
        *(" ".join(it) for it in product(_RETRIES, ("min", "mins", "minutes", "in min", "in minutes"))),
        *IN_MINUTES[1:],
    ),
    "max_ring_time": (
        *(" ".join(it) for it in product(_RINGS, ("s", "sec", "secs", "seconds", "in s", "in sec", "in seconds"))),
        "maximum ring time",
    ),
    "experience_flow": ("flow name", "voice flow"),
    "machine_detection": ("answering machine detection",),
    "dnc_list": ("do not call list",),
}

SUGGESTIONS: dict[str, tuple[str, ...]] = {
    "name": ("campaign title", "title", "camp", "camp name"),
    "description": ("details", "campaign details"),
    "contact_lists": ("list name", "list names", "call list", "calling list", "contacts", "contact group"),
    "priority": ("priority level", "rank", "importance"),
    "dialing_mode": ("dialer", "dialing type", "dialling type", "dial type", "dialer type", "mode of dialing"),
    "caller_id": (
        *("caller", "caller no", "outbound number", "from number", "ani", "did", "calling number", "phone", "phone no"),
        *("telephone", "telephone number", "cid", "display number", "originating number", "number shown"),
    ),
    "timezone": ("zone", "local time", "local time zone", "local timezone"),
    "max_attempts": ("number of attempts", "no of attempts", "tries", "call attempts", "dial attempts", "max calls"),
    "retry_period": ("retry after", "retry time", "redial interval", "recall period", "callback interval"),
    "max_ring_time": ("ring", "max ring", "ringing time", "ring timeout", "ring duration", "no answer timeout"),
    "experience_flow": ("ivr flow", "call flow", "experience"),
    "queue": ("queues", "agent queue"),
    "max_skips": ("skips", "skip limit", "max skip", "skips allowed", "allowed skips"),
    "machine_detection": ("voicemail detection", "detect machine", "detect voicemail", "am detection"),
    "dnc_list": ("dnc", "do not call"),
    "calling_hours": ("schedule", "calling window", "call window", "dialing hours", "dialling hours"),
}
