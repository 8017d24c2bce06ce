"""The campaign of the API reference's own example, and answers of the API."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Any

from loader.api.messages import Answer
from loader.api.v1 import WireV1
from loader.model.campaign import Campaign, DialingMode, DialingOrder, MachineDetection, Weekday, Window

ANSWERS = Path(__file__).parents[1] / "answers"
NAME = "Dental recall April"
CAMPAIGN_ID = "cd-77ab012-1111-4222-8333-444455556666"
WIRE = WireV1(app_id="st-1", account_id="acc-1")

_OF_THE_MODE: dict[DialingMode, dict[str, Any]] = {
    DialingMode.AGENTLESS: {"experience_flow": "Recall intake"},
    DialingMode.PROGRESSIVE: {"queue": "Reception"},
    DialingMode.PREVIEW: {"queue": "Reception", "max_skips": 0},
}


def campaign(mode: DialingMode = DialingMode.AGENTLESS, **changes: object) -> Campaign:
    """The example of reference 1.2, with these fields changed."""
    fields: dict[str, Any] = {
        "name": NAME,
        "description": "Recall calls for patients due in April",
        "contact_lists": ("recall-2026-04",),
        "priority": 3,
        "dialing_mode": mode,
        "caller_id": "+442079460018",
        "timezone": "Europe/London",
        "calling_hours": {
            Weekday.TUESDAY: (Window(time(10, 15), time(12, 45)), Window(time(14), time(17, 30))),
        },
        "dialing_order": DialingOrder.LIFO,
        "max_attempts": 2,
        "retry_period": 45,
        "max_ring_time": 25,
        "machine_detection": MachineDetection.YES,
    }
    return Campaign(**(fields | _OF_THE_MODE[mode] | changes))


def sample(name: str) -> bytes:
    return (ANSWERS / name).read_bytes()


def answer(status: int = 200, body: object = b"", *, whole: bool = True, **headers: str) -> Answer:
    """An answer with this body: bytes and text as they are, anything else as JSON. `retry_after` is Retry-After."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, whole)
