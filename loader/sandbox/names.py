"""The contact lists, DNC lists and queues that exist, for a sandbox that is strict about names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loader.sandbox.errors import RefusedError
from loader.sandbox.settings import KnownList, KnownQueue

DEFAULT_DNC_LIST = "Default Global DNC"
"""Made with the module, so every account has it (reference 1.5)."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    contact_lists: tuple[KnownList, ...] = ()
    dnc_lists: tuple[str, ...] = ()
    queues: tuple[KnownQueue, ...] = ()

    def __add__(self, other: "KnownNames") -> "KnownNames":
        return KnownNames(
            self.contact_lists + other.contact_lists, self.dnc_lists + other.dnc_lists, self.queues + other.queues
        )


def check_names(known: KnownNames, body: Mapping[str, Any]) -> None:
    """Refuse a valid body that names something else."""
    faults = list(_unknown(known, body))
    if faults:
        raise RefusedError(400, *faults)


def _unknown(known: KnownNames, body: Mapping[str, Any]) -> Iterator[str]:
    lists = {entry.name for entry in known.contact_lists}
    yield from (f"contactLists: no list is named '{name}'" for name in body["contactLists"] if name not in lists)
    queue = body.get("queue_name")
    if queue is not None and queue not in {entry.name for entry in known.queues}:
        yield f"queue_name: no queue is named '{queue}'"
    dnc_list = body.get("dncLists", {}).get("name", DEFAULT_DNC_LIST)
    if dnc_list not in (DEFAULT_DNC_LIST, *known.dnc_lists):
        yield f"dncLists.name: no DNC list is named '{dnc_list}'"
