"""What the operations of every version work on, and what a call must be like before anybody asks what it means."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from re import Pattern

from aiohttp import web

from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import Json, JsonObject, object_of
from loader.sandbox.names import KnownNames
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign, Store


@dataclass(frozen=True, slots=True)
class Clock:
    """`wall` stamps campaigns and judges tokens, `monotonic` counts requests; both in seconds."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


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
    stored_name: str | None = None
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


def check_query(call: Call, expected: Mapping[str, str], *, with_account: bool) -> None:
    """Refuse any other query.

    v2 wants `accountId` there (reference 4); in v1 it may be, as an early version of the page had it (9.8).
    """
    pairs = list(call.query)
    if with_account:
        expected = {"accountId": call.account, **expected}
    else:
        pairs = [pair for pair in pairs if pair != ("accountId", call.account)]
    for key, value in pairs:
        if expected.get(key) != value:
            raise RefusedError(400, f"query {key} is wrong; this call takes {_in_words(expected)}")
    for key in expected:
        if [name for name, _ in pairs].count(key) != 1:
            raise RefusedError(400, f"query {key} must be given once")


def json_body(call: Call) -> Json:
    if not call.json_typed:
        raise RefusedError(400, "header Content-Type must be application/json")
    return object_of(call.body)


def check_empty_object(call: Call) -> None:
    """These POSTs need no body, and `{}` is as good (5.3, 5.4, 6)."""
    if call.body and json_body(call):
        raise RefusedError(400, "body must be empty or {}")


def check_no_body(call: Call) -> None:
    if call.body:
        raise RefusedError(400, "body must be empty")


def positive(text: str, key: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise RefusedError(400, f"query {key} must be a whole number from 1")
    return int(text)


def _in_words(expected: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={entry}" for name, entry in expected.items()) or "none"


@dataclass(frozen=True, slots=True)
class Dialect:
    account_in_query: bool
    """Whether it must be there; else it may (reference 9.8)."""
    has_dnc_lists: bool
    check_body: Callable[[JsonObject], None]
    """Of a create or an update."""
    created: Callable[[Campaign, SandboxSettings], Json]
    updated: Callable[[Campaign, SandboxSettings, float], Json]
    """The answer to an update; the last argument is the wall time."""
    whole: Callable[[Campaign, SandboxSettings, float], Json]
    """The whole object, as getting and deleting show it."""
    list_item: Callable[[Campaign, float], Json]
    list_columns: Json
    """What an entry of the contact lists has beside the fields of v1."""
