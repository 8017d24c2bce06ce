"""The contact lists, DNC lists and queues that exist, for a sandbox that is strict about names, and their TOML file:

    contact_lists = ["recall-2026-04", {name = "vip", status = "Validating", source = "passiveApi", records = 0}]
    dnc_lists = ["Do not disturb"]
    queues = ["Claims", {name = "Old claims", active = false}]

Only `name` is needed in a table; a bare string is a name. DNC lists are names alone: no call shows more of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from loader.sandbox.errors import RefusedError, SandboxError, toml_of
from loader.sandbox.json_schema import JsonObject
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


def check_names(known: KnownNames, body: JsonObject) -> None:
    """Refuse a valid body that names something else."""
    faults = list(_unknown(known, body))
    if faults:
        raise RefusedError(400, *faults)


def _unknown(known: KnownNames, body: JsonObject) -> Iterator[str]:
    lists = {entry.name for entry in known.contact_lists}
    yield from (f"contactLists: no list is named '{name}'" for name in body["contactLists"] if name not in lists)
    queue = body.get("queue_name")
    if queue is not None and queue not in {entry.name for entry in known.queues}:
        yield f"queue_name: no queue is named '{queue}'"
    dnc_list = body.get("dncLists", {}).get("name", DEFAULT_DNC_LIST)
    if dnc_list not in (DEFAULT_DNC_LIST, *known.dnc_lists):
        yield f"dncLists.name: no DNC list is named '{dnc_list}'"


Known = TypeVar("Known", KnownList, KnownQueue)


def names_in(path: Path) -> KnownNames:
    document = toml_of(path)
    keys = [field.name for field in fields(KnownNames)]
    for key, entries in document.items():
        if key not in keys:
            raise SandboxError(f"{path.name}: '{key}' is no key; it has {', '.join(keys)}")
        if not isinstance(entries, list):
            raise SandboxError(f"{path.name}: {key} is not an array")
    return KnownNames(
        tuple(_entry(KnownList, entry, path) for entry in document.get("contact_lists", [])),
        tuple(_text_entry(entry, path) for entry in document.get("dnc_lists", [])),
        tuple(_entry(KnownQueue, entry, path) for entry in document.get("queues", [])),
    )


def _text_entry(entry: object, path: Path) -> str:
    if not isinstance(entry, str):
        raise SandboxError(f"{path.name}: {entry!r} is not a name")
    return entry


def _entry(noun: type[Known], entry: object, path: Path) -> Known:
    table = {"name": entry} if isinstance(entry, str) else entry
    kinds = {field.name: field.type for field in fields(noun)}
    if not isinstance(table, dict) or "name" not in table:
        raise SandboxError(f"{path.name}: {entry!r} is neither a name nor a table with a name")
    for key, value in table.items():
        if kinds.get(key) is not type(value):
            raise SandboxError(f"{path.name}: {key} = {value!r} is not understood; an entry has {', '.join(kinds)}")
    return noun(**table)
