"""What the sandbox holds: in memory in the order of creation, and in a file that a restart reads again.

The file is JSON lines, only ever added to: `{"event": "created", "id", "name", "lname", "body", "created_at",
"account", "app", "ready_at"}`, `{"event": "changed", "id"}` with the new values of other fields, and
`{"event": "deleted", "id", "deleted_at"}`. A line is handed to the system before the answer leaves, so what a client
was answered is in the file even if the sandbox is killed.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from pathlib import Path
from typing import TextIO

from loader.sandbox.errors import SandboxError, opened_to_add
from loader.sandbox.json_schema import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Campaign:
    """Times are wall time in seconds."""

    id: str
    name: str
    lname: str
    body: JsonObject
    """The create or update request, key for key; of either version of the API."""
    created_at: float
    account: str
    app: str
    ready_at: float = 0.0
    run_state: str = ""
    """Active or Stopped once it was started."""
    updated_at: float | None = None
    """When it was last edited, started or stopped."""
    instance: str = ""
    vanishes_at: float | None = None

    def status(self, now: float) -> str:
        return self.run_state or ("Ready" if now >= self.ready_at else "Preparing")

    def updated(self, now: float) -> float:
        """Becoming ready is an update as well (reference 5.3)."""
        if self.updated_at is not None:
            return self.updated_at
        return self.ready_at if now >= self.ready_at else self.created_at


def fields_of(body: JsonObject) -> Json:
    """Return the fields of a campaign that follow from its body."""
    return {"name": body["name"], "lname": body["name"].lower(), "body": body}


_JSON = json.JSONEncoder(separators=(",", ":"))
_CREATED = ("id", "name", "lname", "body", "created_at", "account", "app", "ready_at")


class Store:
    """The campaigns of one application; those of others in the same file are left alone."""

    def __init__(self, path: Path | None, *, app: str) -> None:
        self._app = app
        self._held: dict[str, Campaign] = {}
        self._names: Counter[str] = Counter()
        self._vanishing: list[tuple[float, str]] = []
        self._file: TextIO | None = None
        if path is not None:
            self._load(path)
            self._file = opened_to_add(path)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, campaign: Campaign) -> None:
        self._write({"event": "created", **{name: getattr(campaign, name) for name in _CREATED}})
        self._keep(campaign)

    def change(self, campaign: Campaign, changes: JsonObject) -> Campaign:
        """Give fields of a held campaign other values; its place in the order stays."""
        self._write({"event": "changed", "id": campaign.id, **changes})
        return self._change(campaign, changes)

    def remove(self, campaign: Campaign, *, at: float) -> None:
        self._write({"event": "deleted", "id": campaign.id, "deleted_at": at})
        self._drop(campaign.id)

    def remove_vanished(self, now: float) -> None:
        while self._vanishing and self._vanishing[0][0] <= now:
            at, campaign_id = heappop(self._vanishing)
            if campaign := self.get(campaign_id):
                self.remove(campaign, at=at)

    def get(self, campaign_id: str) -> Campaign | None:
        return self._held.get(campaign_id)

    def has_name(self, name: str, *, besides: Campaign | None = None) -> bool:
        lname = name.lower()
        own = 1 if besides is not None and besides.lname == lname else 0
        return self._names[lname] > own

    def oldest_first(self) -> Iterator[Campaign]:
        return iter(self._held.values())

    def newest_first(self) -> Iterator[Campaign]:
        return reversed(self._held.values())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, event: JsonObject) -> None:
        if self._file is not None:
            self._file.write(_JSON.encode(event) + "\n")
            self._file.flush()

    def _load(self, path: Path) -> None:
        for number, line in enumerate(_whole_lines(path), start=1):
            try:
                self._replay(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise SandboxError(f"{path.name}, line {number} was not written by a sandbox") from error

    def _replay(self, event: Json) -> None:
        kind = event["event"]
        del event["event"]
        if kind == "deleted":
            self._drop(event["id"])
        elif kind == "changed":
            if campaign := self.get(event.pop("id")):
                self._change(campaign, event)
        elif event["app"] == self._app:
            self._keep(Campaign(**event))

    def _keep(self, campaign: Campaign) -> None:
        self._held[campaign.id] = campaign
        self._names[campaign.lname] += 1

    def _change(self, campaign: Campaign, changes: JsonObject) -> Campaign:
        changed = replace(campaign, **changes)
        self._names[campaign.lname] -= 1
        self._keep(changed)
        if changed.vanishes_at is not None:
            heappush(self._vanishing, (changed.vanishes_at, changed.id))
        return changed

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
