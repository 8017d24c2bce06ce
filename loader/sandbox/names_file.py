"""A TOML file of the contact lists, DNC lists and queues that exist:

    contact_lists = ["recall-2026-04", {name = "vip", status = "Validating", source = "passiveApi", records = 0}]
    dnc_lists = ["Do not disturb"]
    queues = ["Claims", {name = "Old claims", active = false}]

Only `name` is needed in a table; a bare string is a name. DNC lists are names alone: no call shows more of them.
"""

from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from loader.sandbox.errors import SandboxError
from loader.sandbox.files import toml_of
from loader.sandbox.names import KnownNames
from loader.sandbox.settings import KnownList, KnownQueue

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
        tuple(_known(KnownList, entry, path) for entry in document.get("contact_lists", [])),
        tuple(_name(entry, path) for entry in document.get("dnc_lists", [])),
        tuple(_known(KnownQueue, entry, path) for entry in document.get("queues", [])),
    )


def _name(entry: object, path: Path) -> str:
    if not isinstance(entry, str):
        raise SandboxError(f"{path.name}: {entry!r} is not a name")
    return entry


def _known(noun: type[Known], entry: object, path: Path) -> Known:
    table = {"name": entry} if isinstance(entry, str) else entry
    kinds = {field.name: field.type for field in fields(noun)}
    if not isinstance(table, dict) or "name" not in table:
        raise SandboxError(f"{path.name}: {entry!r} is neither a name nor a table with a name")
    for key, value in table.items():
        if kinds.get(key) is not type(value):
            raise SandboxError(f"{path.name}: {key} = {value!r} is not understood; an entry has {', '.join(kinds)}")
    return noun(**table)
