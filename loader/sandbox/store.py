"""What the sandbox holds: in memory in the order of creation, and in a file that a restart reads again.

The file is JSON lines, only ever added to: `{"event": "created", "id", "name", "lname", "body", "created_at",
"account", "app"}` and `{"event": "deleted", "id", "deleted_at"}`. A line is handed to the system before the answer
leaves, so what a client was told is in the file even if the sandbox is killed.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO

from loader.sandbox.errors import SandboxError
from loader.sandbox.files import opened_to_add


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    name: str
    lname: str
    body: Mapping[str, Any]
    """The create request, key for key."""
    created_at: float
    """Wall time in seconds."""
    account: str
    app: str


_JSON = json.JSONEncoder(separators=(",", ":"))
_FIELDS = tuple(field.name for field in fields(Campaign))


class Store:
    """The campaigns of one application; those of others in the same file are left alone."""

    def __init__(self, path: Path | None, *, app: str) -> None:
        self._app = app
        self._held: dict[str, Campaign] = {}
        self._names: Counter[str] = Counter()
        self._file: TextIO | None = None
        if path is not None:
            self._load(path)
            self._file = opened_to_add(path)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, campaign: Campaign) -> None:
        self._write({"event": "created", **{name: getattr(campaign, name) for name in _FIELDS}})
        self._keep(campaign)

    def remove(self, campaign: Campaign, *, at: float) -> None:
        self._write({"event": "deleted", "id": campaign.id, "deleted_at": at})
        self._drop(campaign.id)

    def get(self, campaign_id: str) -> Campaign | None:
        return self._held.get(campaign_id)

    def has_name(self, name: str) -> bool:
        return self._names[name.lower()] > 0

    def oldest_first(self) -> Iterator[Campaign]:
        return iter(self._held.values())

    def newest_first(self) -> Iterator[Campaign]:
        return reversed(self._held.values())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, event: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(_JSON.encode(event) + "\n")
            self._file.flush()

    def _load(self, path: Path) -> None:
        for number, line in enumerate(_whole_lines(path), start=1):
            try:
                self._replay(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise SandboxError(f"{path.name}, line {number} was not written by a sandbox") from error

    def _replay(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "deleted":
            self._drop(event["id"])
        elif event["app"] == self._app:
            self._keep(Campaign(**{name: event[name] for name in _FIELDS}))

    def _keep(self, campaign: Campaign) -> None:
        self._held[campaign.id] = campaign
        self._names[campaign.lname] += 1

    def _drop(self, campaign_id: str) -> None:
        campaign = self._held.pop(campaign_id, None)
        if campaign is not None:
            self._names[campaign.lname] -= 1


def _whole_lines(path: Path) -> list[bytes]:
    """Read the file and cut off a last line without an end: it was being written when the sandbox was killed."""
    if not path.is_file():
        return []
    whole, newline, torn = path.read_bytes().rpartition(b"\n")
    if torn:
        with path.open("r+b") as file:
            file.truncate(len(whole) + len(newline))
    return whole.splitlines()
