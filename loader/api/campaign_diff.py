"""Where two campaigns differ, by fields of the sheet. Of each its body is known, or what the API shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.api.campaign_fields import DAYS, PATHS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAYS = {spelling: day.lower() for day, spelling in DAYS.items()}
# a campaign that is read back shows the flow by its id, the queue not at all, and detection not in all versions (5.2)
_NOT_READ_BACK = frozenset({"experience_flow", "queue", "machine_detection", "scheduling"})


@dataclass(frozen=True, slots=True)
class Difference:
    """`field` as in `Sheet.columns`; the values as text, blank where there is none."""

    field: str
    ours: str
    theirs: str


def between(ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[Difference]:
    """The differences of two bodies."""
    mine, other = _by_field(ours), _by_field(theirs)
    fields = [field for field in mine | other if mine.get(field, "") != other.get(field, "")]
    return [Difference(field, mine.get(field, ""), other.get(field, "")) for field in fields]


def from_sent(body: Mapping[str, object], stored: Mapping[str, object]) -> list[Difference]:
    """The differences of a body that was sent and the campaign as it is read back by its id."""
    return [
        difference
        for difference in between(body, stored)
        if difference.field not in _NOT_READ_BACK or (difference.theirs and difference.ours)
    ]


def _by_field(body: Mapping[str, object]) -> dict[str, str]:
    texts = {field: _text(_at(body, path)) for field, path in PATHS.items() if field != "calling_hours"}
    days = _at(body, PATHS["calling_hours"])
    windows: dict[str, list[str]] = {}
    for entry in days if isinstance(days, list) else []:
        if isinstance(entry, dict):
            day = _DAYS.get(_text(entry.get("day")), _text(entry.get("day")))
            windows.setdefault(day, []).append(f"{_clock(entry.get('start'))} - {_clock(entry.get('end'))}")
    return {
        **{field: text for field, text in texts.items() if text},
        # in order of time: a server may keep them in another one, and they are the same windows
        **{day: "; ".join(sorted(it, key=_beginning)) for day, it in windows.items()},
    }


def _at(body: object, path: tuple[str, ...]) -> object:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(sorted(map(_text, value)))
        case _:
            return str(value)  # a number where the other has text is the same value (9.10)


def _clock(value: object) -> str:
    """Times come with a leading zero and without one (9.9)."""
    return _text(value).strip().upper().removeprefix("0")


def _beginning(window: str) -> tuple[bool, int, str]:
    hour, _, rest = window.partition(":")
    return "PM" in rest.partition(" - ")[0], int(hour) % 12 if hour.isdecimal() else 0, rest
