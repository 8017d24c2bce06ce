"""Where one version of the API differs from another; all else is operations.py and those beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loader.sandbox.responses import Json
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign


@dataclass(frozen=True, slots=True)
class Dialect:
    account_in_query: bool
    """Whether it must be there; else it may (reference 9.8)."""
    has_dnc_lists: bool
    check_body: Callable[[Mapping[str, Any]], None]
    """Of a create or an update."""
    created: Callable[[Campaign, SandboxSettings], Json]
    updated: Callable[[Campaign, SandboxSettings, float], Json]
    """The answer to an update; the last argument is the wall time."""
    whole: Callable[[Campaign, SandboxSettings, float], Json]
    """The whole object, as getting and deleting show it."""
    list_item: Callable[[Campaign, float], Json]
    list_columns: Json
    """What an entry of the contact lists has beside the fields of v1."""
