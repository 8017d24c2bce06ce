"""A body must be right in every field; each single corruption is refused with a reason that names the field."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from loader.sandbox.create_body import check_create_v1, check_create_v2
from loader.sandbox.errors import RefusedError
from tests.sandbox.caller import BODY_OF, Caller, Version
from tests.sandbox.corruptions import GONE, MODES, ROUTING, SHARED, corrupted, paths

CHECK: dict[Version, Callable[[Mapping[str, object]], None]] = {
    "v1": check_create_v1,
    "v2": check_create_v2,
}
CHOICES = [(version, mode) for version in BODY_OF for mode in MODES]

# path, value, fragment of the reason; for every mode
V1: list[tuple[str, Any, str]] = [
    ("enableMachineDetect", GONE, "enableMachineDetect is missing"),
    ("enableMachineDetect", "no", "enableMachineDetect must be true or false"),
    ("enableMachineDetect", 0, "enableMachineDetect must be true or false"),
    ("enableMachineDetect", None, "enableMachineDetect must be true or false"),
    ("enableMachineDetect", "detect", "enableMachineDetect must be true or false"),
    ("dncLists", {"name": "Default Global DNC"}, "dncLists is not a field of a campaign in"),
]
V2: list[tuple[str, Any, str]] = [
    ("dncLists", GONE, "dncLists is missing"),
    ("dncLists", None, "dncLists must be an object"),
    ("dncLists", "Default Global DNC", "dncLists must be an object"),
    ("dncLists", ["Default Global DNC"], "dncLists must be an object"),
    ("dncLists", [{"name": "Default Global DNC"}], "dncLists must be an object"),
    ("dncLists", {}, "dncLists.name is missing"),
    ("dncLists.name", GONE, "dncLists.name is missing"),
    ("dncLists.name", "", "dncLists.name is empty"),
    ("dncLists.name", "  ", "dncLists.name is blank"),
    ("dncLists.name", "a\nb", "dncLists.name contains a control character"),
    ("dncLists.name", None, "dncLists.name must be a string"),
    ("dncLists.name", ["Default Global DNC"], "dncLists.name must be a string"),
    ("dncLists.id", "cl-1", "dncLists.id is not a field of dncLists"),
    ("dncList", {"name": "Default Global DNC"}, "dncList is not a field of a campaign in"),
    ("isFiltersEnabled", False, "isFiltersEnabled is not a field of a campaign in"),
]
AGENTLESS_V2: list[tuple[str, Any, str]] = [
    ("enableMachineDetect", GONE, "enableMachineDetect is missing"),
    ("enableMachineDetect", True, "enableMachineDetect must be a string"),
    ("enableMachineDetect", False, "enableMachineDetect must be a string"),
    ("enableMachineDetect", None, "enableMachineDetect must be a string"),
    ("enableMachineDetect", "", "enableMachineDetect must be one of no, detect, disconnect"),
    ("enableMachineDetect", "yes", "enableMachineDetect must be one of"),
    ("enableMachineDetect", "false", "enableMachineDetect must be one of"),
    ("enableMachineDetect", "Detect", "enableMachineDetect must be one of"),
]
QUEUED_V2: list[tuple[str, Any, str]] = [
    ("enableMachineDetect", value, "enableMachineDetect is not a field of a campaign in")
    for value in (False, True, None, "no", "detect", "disconnect")
]

CORRUPTIONS: list[tuple[Version, str, str, Any, str]] = [
    *[("v1", mode, *corruption) for mode in MODES for corruption in SHARED + V1],
    *[("v2", mode, *corruption) for mode in MODES for corruption in SHARED + V2],
    *[(version, *corruption) for version in BODY_OF for corruption in ROUTING],
    *[("v2", "Agentless", *corruption) for corruption in AGENTLESS_V2],
    *[("v2", mode, *corruption) for mode in ("Progressive", "Preview") for corruption in QUEUED_V2],
]


@pytest.mark.parametrize(("version", "mode", "path", "value", "reason"), CORRUPTIONS)
def test_one_wrong_field_is_refused_for_a_reason_that_names_it(
    version: Version, mode: str, path: str, value: object, reason: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        CHECK[version](corrupted(BODY_OF[version](mode), path, value))
    assert refused.value.status == 400
    assert len(refused.value.reasons) == 1
    assert reason in refused.value.reasons[0]


@pytest.mark.parametrize(("version", "mode"), CHOICES)
def test_no_field_was_forgotten_in_the_table(version: Version, mode: str) -> None:
    tried = {path for row_version, row_mode, path, *_ in CORRUPTIONS if (row_version, row_mode) == (version, mode)}
    assert paths(BODY_OF[version](mode)) - tried == set()


@pytest.mark.parametrize(("version", "mode"), CHOICES)
async def test_a_corrupted_body_is_refused_over_the_wire_and_creates_nothing(
    caller: Caller, version: Version, mode: str
) -> None:
    for _, _, path, value, reason in (row for row in CORRUPTIONS if row[:2] == (version, mode)):
        raw = json.dumps(corrupted(BODY_OF[version](mode), path, value)).encode()
        answer = await caller.speaking(version).send("POST", "/campaign?campaignType=voice", raw=raw)
        assert (answer.status, answer.json["errors"][0]["code"]) == (400, 400), path
        assert reason in answer.json["errors"][0]["msg"]
    assert caller.sandbox.campaigns == []


async def test_all_reasons_are_reported_at_once(caller: Caller) -> None:
    answer = await caller.create(name="", priority=3, extra=1)
    assert answer.status == 400
    assert answer.reasons == (
        "name is empty; priority must be a string; extra is not a field of a campaign in Agentless mode"
    )


@pytest.mark.parametrize(("version", "mode"), CHOICES)
def test_a_valid_body_passes_in_every_mode(version: Version, mode: str) -> None:
    CHECK[version](BODY_OF[version](mode))


@pytest.mark.parametrize(("version", "mode"), CHOICES)
def test_a_body_of_the_other_version_is_refused(version: Version, mode: str) -> None:
    other = BODY_OF["v1" if version == "v2" else "v2"](mode)
    with pytest.raises(RefusedError):
        CHECK[version](other)


@pytest.mark.parametrize("word", ["no", "detect", "disconnect"])
def test_v2_has_three_words_for_machine_detection(word: str) -> None:
    CHECK["v2"](BODY_OF["v2"](enableMachineDetect=word))


@pytest.mark.parametrize("flag", [True, False])
def test_v1_switches_machine_detection_on_and_off(flag: bool) -> None:
    CHECK["v1"](BODY_OF["v1"](enableMachineDetect=flag))


@pytest.mark.parametrize("version", BODY_OF)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "x"),
        ("name", "é" * 48),
        ("name", "\U0001f4de" * 48),
        ("name", "A-b.c|d/e"),
        ("description", "d" * 256),
        ("description", "first line\nsecond line"),
        ("contactLists", [f"l{n}" for n in range(10)]),
        ("contactLists", ["a", "A"]),
        ("priority", "1"),
        ("priority", "5"),
        ("dialingStrategy.callerId.phoneNumber", "+1234567"),
        ("dialingStrategy.callerId.phoneNumber", "+123456789012345"),
        ("dialingStrategy.callerId.phoneNumber", "sip:1001@pbx.example.com"),
        ("dialingStrategy.callerId.phoneNumber", "sips:front.desk@10.0.0.5:5061"),
        ("dialingStrategy.callerId.phoneNumber", "442079460018@trunk.example.com"),
        ("dialingStrategy.callingHours.frequency", "DAILY"),
        ("dialingStrategy.callingHours.frequency", "CUSTOM"),
        ("dialingStrategy.callingHours.timezone", "GB"),
        ("dialingStrategy.callingHours.timezone", "Asia/Kolkata"),
        ("dialingStrategy.callingHours.days", [{"day": "SU", "start": "12:00 AM", "end": "11:59 PM"}]),
        ("dialingStrategy.callingHours.days.0.end", "2:00 PM"),
        ("dialingStrategy.maxAttemptsPerRecord", 1),
        ("dialingStrategy.maxAttemptsPerRecord", 100),
        ("dialingStrategy.defaultRetryPeriod", 1440),
        ("dialingStrategy.maxRingTime", 5),
        ("dialingStrategy.maxRingTime", 120),
    ],
)
def test_what_is_just_allowed_passes(version: Version, path: str, value: object) -> None:
    CHECK[version](corrupted(BODY_OF[version](), path, value))
