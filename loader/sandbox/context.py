"""What the operations of every API version work on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from re import Pattern

from aiohttp import web

from loader.sandbox.clock import Clock
from loader.sandbox.names import KnownNames
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Backend:
    settings: SandboxSettings
    clock: Clock
    store: Store
    known: KnownNames


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    app: str
    account: str
    item: str
    """The id in the path, or empty."""
    query: Iterable[tuple[str, str]]
    body: bytes
    json_typed: bool
    """Whether Content-Type is the documented one."""
    kept_name: str | None = None
    """Of a create: the name its campaign gets instead of the one that was sent."""


Plan = Callable[[], web.Response]
"""A valid request, to be carried out by calling it; nothing is changed before, and it may still refuse."""


POST, GET, PUT, DELETE = (frozenset({method}) for method in ("POST", "GET", "PUT", "DELETE"))


@dataclass(frozen=True, slots=True)
class Route:
    operation: str
    methods: frozenset[str]
    path: Pattern[str]
    """With a group `app`, and `item` where the path holds an id."""
    plan: Callable[[Backend, Call], Plan]
    scope: str = "Campaign Management"
