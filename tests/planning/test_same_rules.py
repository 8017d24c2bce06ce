"""What the sandbox refuses in a body, by its own reading of the API, the loader refuses in the sheet before sending."""

from __future__ import annotations

import json
from datetime import time
from typing import TYPE_CHECKING, Any

import pytest

from loader.api.v1 import WireV1
from loader.model.campaign import Campaign, Weekday, Window
from loader.planning.validate import validate
from loader.sandbox.create_body import check_create_v1
from loader.sandbox.errors import RefusedError
from loader.workbook.reader.read import read_sheet
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from loader.planning.checked import Checked

WIRE = WireV1(app_id="st-1", account_id="acc-1")
MODES: dict[str, dict[str, object]] = {
    "Agentless": {},
    "Progressive": {"Dialing mode": "Progressive", "Experience flow": None, "Queue": "Claims"},
    "Preview": {"Dialing mode": "Preview", "Experience flow": None, "Queue": "Claims", "Max skips": 2},
}
OVERLAP = "9:00 AM - 6:00 PM; 5:00 PM - 8:00 PM"
BACKWARDS = "6:00 PM - 9:00 AM"

# header, what the sheet holds, the campaign's field, and the value that would have come of it
SHARED: list[tuple[str, object, str, Any]] = [
    ("Campaign name", None, "name", ""),
    ("Campaign name", "x" * 49, "name", "x" * 49),
    ("Campaign name", "a\nb", "name", "a\nb"),
    ("Description", None, "description", ""),
    ("Description", "x" * 257, "description", "x" * 257),
    ("Contact lists", None, "contact_lists", ()),
    ("Contact lists", "; ;", "contact_lists", ()),
    ("Contact lists", "a; b; a", "contact_lists", ("a", "b", "a")),
    ("Contact lists", ";".join(f"l{n}" for n in range(11)), "contact_lists", tuple(f"l{n}" for n in range(11))),
    ("Priority", 0, "priority", 0),
    ("Priority", 6, "priority", 6),
    ("Caller ID", None, "caller_id", ""),
    ("Caller ID", "+123456", "caller_id", "+123456"),
    ("Caller ID", "+1234567890123456", "caller_id", "+1234567890123456"),
    ("Caller ID", "sip:pbx", "caller_id", "sip:pbx"),
    ("Caller ID", "front desk", "caller_id", "front desk"),
    ("Frequency", "MONTHLY", "frequency", "MONTHLY"),
    ("Timezone", None, "timezone", ""),
    ("Timezone", "IST", "timezone", "IST"),
    ("Monday", None, "calling_hours", {}),
    ("Monday", "closed", "calling_hours", {}),
    ("Monday", BACKWARDS, "calling_hours", {Weekday.MONDAY: (Window(time(18), time(9)),)}),
    ("Monday", "9:00 AM - 9:00 AM", "calling_hours", {Weekday.MONDAY: (Window(time(9), time(9)),)}),
    (
        "Monday",
        OVERLAP,
        "calling_hours",
        {Weekday.MONDAY: (Window(time(9), time(18)), Window(time(17), time(20)))},
    ),
    ("Dialing order", "RANDOM", "dialing_order", "RANDOM"),
    ("Max attempts", None, "max_attempts", None),
    ("Max attempts", 0, "max_attempts", 0),
    ("Max attempts", 101, "max_attempts", 101),
    ("Max attempts", 2.5, "max_attempts", 2.5),
    ("Max attempts", "many", "max_attempts", "many"),
    ("Retry period (minutes)", 0, "retry_period", 0),
    ("Retry period (minutes)", 1441, "retry_period", 1441),
    ("Max ring time (seconds)", 4, "max_ring_time", 4),
    ("Max ring time (seconds)", 121, "max_ring_time", 121),
]
OWN: list[tuple[str, str, object, str, Any]] = [
    ("Agentless", "Experience flow", None, "experience_flow", ""),
    ("Progressive", "Queue", None, "queue", ""),
    ("Preview", "Queue", None, "queue", ""),
    ("Preview", "Max skips", None, "max_skips", None),
    ("Preview", "Max skips", -1, "max_skips", -1),
    ("Preview", "Max skips", 1.5, "max_skips", 1.5),
]
CORRUPTIONS = [(mode, *corruption) for mode in MODES for corruption in SHARED] + OWN


def checked(path: Path, **changes: object) -> Checked:
    good = row("Other", Priority=2)
    return validate(read_sheet(write_workbook(path, [{**row("Spring recall"), **changes}, good])))


def campaign(path: Path, mode: str) -> Campaign:
    return checked(path, **MODES[mode]).ready[0].campaign


def body(one: Campaign) -> dict[str, Any]:
    return dict(json.loads(WIRE.body_of(one)))


class _Word(str):
    """A word no enumeration has, where the body asks for an enumeration's value."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


@pytest.mark.parametrize("mode", MODES)
def test_what_the_loader_accepts_the_sandbox_accepts(tmp_path: Path, mode: str) -> None:
    check_create_v1(body(campaign(tmp_path / "sheet.xlsx", mode)))


@pytest.mark.parametrize(("mode", "header", "cell", "field", "value"), CORRUPTIONS)
def test_what_the_sandbox_refuses_the_loader_refuses_before_sending(  # noqa: PLR0917 - a line of the table
    tmp_path: Path, mode: str, header: str, cell: object, field: str, value: object
) -> None:
    found = checked(tmp_path / "sheet.xlsx", **(MODES[mode] | {header: cell}))
    assert list(found.invalid) == [("", 2)]
    assert [ready.row for ready in found.ready] == [3]
    [problem] = [problem for problem in found.problems if problem.row == 2]
    assert header in problem.sentence() or "weekday" in problem.sentence()

    good = campaign(tmp_path / "good.xlsx", mode)
    forced = good.model_copy(update={field: _Word(value) if field in ("frequency", "dialing_order") else value})
    with pytest.raises(RefusedError):
        check_create_v1(body(forced))
