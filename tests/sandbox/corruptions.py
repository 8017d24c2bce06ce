"""Everything that can be wrong in one field of a body, in both versions; each with the reason the sandbox must give."""

import copy
from typing import Any

MODES = ("Agentless", "Progressive", "Preview")
GONE = object()

# path, value, fragment of the reason; for every mode
SHARED: list[tuple[str, Any, str]] = [
    ("name", GONE, "name is missing"),
    ("name", "", "name is empty"),
    ("name", "x" * 49, "name has 49 characters, at most 48"),
    ("name", "   ", "name is blank"),
    ("name", "\u00a0", "name is blank"),
    ("name", "a\x00b", "name contains a control character"),
    ("name", "a\nb", "name contains a control character"),
    ("name", "a\x7fb", "name contains a control character"),
    ("name", "a\x85b", "name contains a control character"),
    ("name", "a\ud800b", "name contains a control character"),
    ("name", 5, "name must be a string"),
    ("name", None, "name must be a string"),
    ("name", ["x"], "name must be a string"),
    ("description", GONE, "description is missing"),
    ("description", "", "description is empty"),
    ("description", "x" * 257, "description has 257 characters, at most 256"),
    ("description", None, "description must be a string"),
    ("contactLists", GONE, "contactLists is missing"),
    ("contactLists", [], "contactLists must have at least 1 entry"),
    ("contactLists", [f"l{n}" for n in range(11)], "contactLists has 11 entries, at most 10"),
    ("contactLists", ["a", "b", "a"], "contactLists names a list twice"),
    ("contactLists", "a", "contactLists must be an array"),
    ("contactLists", ["a", 5], "contactLists[1] must be a string"),
    ("contactLists", ["a", [1]], "contactLists[1] must be a string"),
    ("contactLists", [""], "contactLists[0] is empty"),
    ("contactLists", ["a\x1b"], "contactLists[0] contains a control character"),
    ("priority", GONE, "priority is missing"),
    ("priority", 3, "priority must be a string"),
    ("priority", "0", "priority must be one of 1, 2, 3, 4, 5"),
    ("priority", "6", "priority must be one of"),
    ("priority", "03", "priority must be one of"),
    ("priority", " 3", "priority must be one of"),
    ("priority", None, "priority must be a string"),
    ("dialingMode", GONE, "dialingMode is missing"),
    ("dialingMode", "Power", "dialingMode must be one of Agentless, Progressive, Preview"),
    ("dialingMode", "agentless", "dialingMode must be one of"),
    ("dialingMode", 1, "dialingMode must be one of"),
    ("dialingMode", [], "dialingMode must be one of"),
    ("dialingStrategy", GONE, "dialingStrategy is missing"),
    ("dialingStrategy", [], "dialingStrategy must be an object"),
    ("dialingStrategy.pacing", 2, "dialingStrategy.pacing is not a field of dialingStrategy"),
    ("dialingStrategy.useSystemMappings", True, "dialingStrategy.useSystemMappings is not a field"),
    ("dialingStrategy.callerId", GONE, "dialingStrategy.callerId is missing"),
    ("dialingStrategy.callerId", "+442079460018", "dialingStrategy.callerId must be an object"),
    ("dialingStrategy.callerId.name", "x", "dialingStrategy.callerId.name is not a field of callerId"),
    ("dialingStrategy.callerId.phoneNumber", GONE, "callerId.phoneNumber is missing"),
    ("dialingStrategy.callerId.phoneNumber", 442079460018, "callerId.phoneNumber must be a string"),
    ("dialingStrategy.callerId.phoneNumber", "442079460018", "callerId.phoneNumber must be + and 7 to 15 digits"),
    ("dialingStrategy.callerId.phoneNumber", "+123456", "callerId.phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "+1234567890123456", "callerId.phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "+44 2079460018", "callerId.phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "+442079460018\n", "callerId.phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "+\u0664\u0664\u0662\u0660\u0667\u0669\u0664", "phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "sip:pbx", "callerId.phoneNumber must be"),
    ("dialingStrategy.callerId.phoneNumber", "sip:a b@pbx.example.com", "callerId.phoneNumber must be"),
    ("dialingStrategy.callingHours", GONE, "callingHours is missing"),
    ("dialingStrategy.callingHours.holidays", [], "callingHours.holidays is not a field of callingHours"),
    ("dialingStrategy.callingHours.frequency", GONE, "callingHours.frequency is missing"),
    ("dialingStrategy.callingHours.frequency", "weekly", "frequency must be one of WEEKLY, DAILY, CUSTOM"),
    ("dialingStrategy.callingHours.frequency", None, "frequency must be a string"),
    ("dialingStrategy.callingHours.timezone", GONE, "timezone is missing"),
    ("dialingStrategy.callingHours.timezone", "IST", "timezone must be a name of the tz database"),
    ("dialingStrategy.callingHours.timezone", "europe/london", "timezone must be a name"),
    ("dialingStrategy.callingHours.timezone", "", "timezone must be a name"),
    ("dialingStrategy.callingHours.timezone", 0, "timezone must be a name"),
    ("dialingStrategy.callingHours.days", GONE, "days is missing"),
    ("dialingStrategy.callingHours.days", [], "days must have at least 1 entry"),
    ("dialingStrategy.callingHours.days", {}, "days must be an array"),
    ("dialingStrategy.callingHours.days", ["MO"], "days[0] must be an object"),
    ("dialingStrategy.callingHours.days.0.day", GONE, "days[0].day is missing"),
    ("dialingStrategy.callingHours.days.0.day", "Tu", "days[0].day must be one of MO, TU, WE, TH, FR, SA, SU"),
    ("dialingStrategy.callingHours.days.0.day", "SU", "days[1] is not in order"),
    ("dialingStrategy.callingHours.days.0.zone", "UTC", "days[0].zone is not a field of a window"),
    ("dialingStrategy.callingHours.days.0.start", GONE, "days[0].start is missing"),
    ("dialingStrategy.callingHours.days.0.start", "09:00 AM", "days[0].start must be a time such as 9:00 AM"),
    ("dialingStrategy.callingHours.days.0.start", "9:00AM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "9:00  AM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "9:00 am", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "9 AM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "0:30 AM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "13:00 PM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "9:60 AM", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "9:00 AM\n", "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", 900, "days[0].start must be a time"),
    ("dialingStrategy.callingHours.days.0.start", "12:45 PM", "days[0].end must be after its start"),
    ("dialingStrategy.callingHours.days.0.start", "1:00 PM", "days[0].end must be after its start"),
    ("dialingStrategy.callingHours.days.0.end", GONE, "days[0].end is missing"),
    ("dialingStrategy.callingHours.days.0.end", "17:30", "days[0].end must be a time"),
    ("dialingStrategy.callingHours.days.0.end", "2:01 PM", "days[1] overlaps the window before it"),
    ("dialingStrategy.callingHours.days.1.end", "12:00 AM", "days[1].end must be after its start"),
    ("dialingStrategy.callingHours.days.1.start", "10:00 AM", "days[1] is not in order"),
    ("dialingStrategy.callingHours.days.1.day", "MO", "days[1] is not in order"),
    ("dialingStrategy.dialingOrder", GONE, "dialingOrder is missing"),
    ("dialingStrategy.dialingOrder", "fifo", "dialingOrder must be one of FIFO, LIFO"),
    ("schedule", GONE, "schedule is missing"),
    ("schedule", {}, "schedule.isSchedulingEnabled is missing"),
    ("schedule", None, "schedule must be an object"),
    ("schedule.isSchedulingEnabled", True, "schedule.isSchedulingEnabled must be false"),
    ("schedule.isSchedulingEnabled", 0, "schedule.isSchedulingEnabled must be false"),
    ("schedule.isSchedulingEnabled", "false", "schedule.isSchedulingEnabled must be false"),
    ("schedule.isRecurrenceEnabled", False, "schedule.isRecurrenceEnabled is not a field"),
    ("campaignType", GONE, "campaignType is missing"),
    ("campaignType", "Voice", "campaignType must be voice"),
    ("campaignType", "sms", "campaignType must be voice"),
    ("campaignType", None, "campaignType must be voice"),
    ("lname", "dental recall april", "lname is not a field of a campaign in"),
    ("status", "Ready", "status is not a field"),
    *[
        (f"dialingStrategy.{field}", value, f"dialingStrategy.{field} {reason}")
        for field, low, high in (
            ("maxAttemptsPerRecord", 1, 100),
            ("defaultRetryPeriod", 1, 1440),
            ("maxRingTime", 5, 120),
        )
        for value, reason in (
            (GONE, "is missing"),
            (low - 1, f"must be {low} to {high}, not {low - 1}"),
            (high + 1, f"must be {low} to {high}, not {high + 1}"),
            (-low, "must be"),
            (float(high), "must be an integer"),
            (str(low), "must be an integer"),
            (True, "must be an integer"),
            (None, "must be an integer"),
        )
    ],
]

ROUTING: list[tuple[str, str, Any, str]] = [
    ("Agentless", "experienceFlowName", GONE, "experienceFlowName is missing"),
    ("Agentless", "experienceFlowName", "", "experienceFlowName is empty"),
    ("Agentless", "experienceFlowName", None, "experienceFlowName must be a string"),
    ("Agentless", "experienceFlowName", "a\tb", "experienceFlowName contains a control character"),
    ("Agentless", "queue_name", "Claims", "queue_name is not a field of a campaign in Agentless mode"),
    ("Agentless", "maxSkips", 0, "maxSkips is not a field of a campaign in Agentless mode"),
    ("Progressive", "queue_name", GONE, "queue_name is missing"),
    ("Progressive", "queue_name", "", "queue_name is empty"),
    ("Progressive", "queue_name", 5, "queue_name must be a string"),
    ("Progressive", "queue_name", "a\x90", "queue_name contains a control character"),
    ("Progressive", "queueName", "Claims", "queueName is not a field of a campaign in Progressive mode"),
    ("Progressive", "experienceFlowName", "Intake", "experienceFlowName is not a field of a campaign in Progressive"),
    ("Progressive", "maxSkips", 0, "maxSkips is not a field of a campaign in Progressive mode"),
    ("Preview", "queue_name", GONE, "queue_name is missing"),
    ("Preview", "queue_name", None, "queue_name must be a string"),
    ("Preview", "experienceFlowName", "Intake", "experienceFlowName is not a field of a campaign in Preview mode"),
    ("Preview", "maxSkips", GONE, "maxSkips is missing"),
    ("Preview", "maxSkips", -1, "maxSkips must be 0 or more, not -1"),
    ("Preview", "maxSkips", 1.0, "maxSkips must be an integer"),
    ("Preview", "maxSkips", "1", "maxSkips must be an integer"),
    ("Preview", "maxSkips", False, "maxSkips must be an integer"),
]


def corrupted(body: Any, path: str, value: object) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Change the body in one place; GONE takes the field away."""
    place = body
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in above:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = copy.deepcopy(value)
    return dict(body)


def paths(value: object, prefix: str = "") -> set[str]:
    """Every field of the body; of windows, the first one's."""
    if isinstance(value, dict):
        below = {path for key, entry in value.items() for path in paths(entry, f"{prefix}.{key}".lstrip("."))}
        return below | {prefix} - {""}
    if isinstance(value, list) and isinstance(value[0], dict):
        return paths(value[0], f"{prefix}.0") - {f"{prefix}.0"} | {prefix}
    return {prefix}
