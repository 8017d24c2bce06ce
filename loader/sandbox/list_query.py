"""The body of a campaign list request (reference 5.1), and the page it selects."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from loader.sandbox.errors import RefusedError
from loader.sandbox.json_schema import Json, JsonObject, Rule, array, one_of, record, whole
from loader.sandbox.responses import timestamp
from loader.sandbox.settings import SandboxSettings
from loader.sandbox.store import Campaign, Store

_STATUSES = ("Active", "Completed", "Ready", "Paused", "Preparing", "Stopped", "Scheduled", "Rescheduled")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_DEFAULT_LIMIT = 10
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Query:
    kind: str
    skip: int
    limit: int
    order: tuple[tuple[str, bool], ...]
    """Field and whether it descends, the first one weighing most; empty is the order of creation."""
    wanted: Mapping[str, frozenset[str]]
    since: str
    until: str


def query_of(body: JsonObject, *, largest_limit: int | None) -> Query:
    faults = list(_BODY("", body))
    if faults:
        raise RefusedError(400, *faults)
    limit = min(body.get("limit") or _DEFAULT_LIMIT, largest_limit or body.get("limit") or _DEFAULT_LIMIT)
    skip = body.get("skip", "")
    if skip == "":
        skip = ((body.get("page") or 1) - 1) * limit
    return Query(
        kind=body["type"],
        skip=skip,
        limit=limit,
        order=tuple((field, way == "desc") for field, way in body.get("sortBy", {}).items()),
        wanted={key: frozenset(map(str, values)) for key, values in body.get("filters", {}).items() if values},
        since=body.get("startDate", ""),
        until=body.get("endDate", "9999"),
    )


def page_of(query: Query, store: Store, settings: SandboxSettings, now: float) -> tuple[Json, Iterable[Campaign]]:
    """Return `data` of the answer and what belongs in its `results`; what is younger than the list lag is not there."""
    hidden = sum(1 for _ in _too_young(store, settings.list_lag_seconds, now))
    total = len(store) - hidden
    by_creation = all(field == "createdAt" for field, _ in query.order)
    if query.kind == "sms":
        rows: Iterable[Campaign] = ()
        total = 0
    elif by_creation and not query.wanted and (query.since, query.until) == ("", "9999"):
        # the everyday case, without walking through the whole store
        rows = _in_order_of_creation(query, store, hidden=hidden, total=total)
    else:
        matching = [row for row in islice(store.oldest_first(), total) if _matches(query, row, now)]
        total = len(matching)
        rows = _sorted(matching, query.order, now)[query.skip : query.skip + query.limit]
    page = {
        "skip": query.skip,
        "limit": query.limit,
        "hasMore": query.skip + query.limit < total,
        "totalPages": -(-total // query.limit),
        "totalResults": total,
    }
    return page, rows


def _too_young(store: Store, lag: float, now: float) -> Iterator[Campaign]:
    for campaign in store.newest_first():
        if campaign.created_at + lag <= now:
            return
        yield campaign


def _in_order_of_creation(query: Query, store: Store, *, hidden: int, total: int) -> Iterator[Campaign]:
    if query.order and query.order[0][1]:
        return islice(store.newest_first(), hidden + query.skip, hidden + query.skip + query.limit)
    return islice(store.oldest_first(), min(query.skip, total), min(query.skip + query.limit, total))


def _matches(query: Query, campaign: Campaign, now: float) -> bool:
    found = {
        "status": campaign.status(now),
        "priority": campaign.body["priority"],
        "dialingMode": campaign.body["dialingMode"],
    }
    if not all(found[field] in values for field, values in query.wanted.items()):
        return False
    return query.since <= timestamp(campaign.created_at) <= query.until


def _sorted(rows: list[Campaign], order: tuple[tuple[str, bool], ...], now: float) -> list[Campaign]:
    keys: Mapping[str, Callable[[Campaign], Any]] = {
        "name": lambda row: row.lname,
        "createdAt": lambda row: row.created_at,
        "updatedAt": lambda row: row.updated(now),
    }
    for field, descending in reversed(order):
        rows.sort(key=keys[field], reverse=descending)
    return rows


def _or_empty(rule: Rule) -> Rule:
    """Numbers may be sent as an empty string."""

    def either(path: str, value: object) -> Iterator[str]:
        if value != "":
            yield from rule(path, value)

    return either


def _instant(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        yield f"{path} must be an instant such as 2026-04-01T00:00:00.000Z"


_WAY = one_of("asc", "desc")
_BODY = record(
    {"type": one_of("voice", "sms")},
    {
        "limit": _or_empty(whole(1, _MOST)),
        "skip": _or_empty(whole(0, _MOST)),
        "page": _or_empty(whole(1, _MOST)),
        "startDate": _instant,
        "endDate": _instant,
        "sortBy": record({}, {"name": _WAY, "createdAt": _WAY, "updatedAt": _WAY}, of="sortBy"),
        "filters": record(
            {},
            {
                "status": array(one_of(*_STATUSES)),
                "priority": array(whole(1, 5)),
                "dialingMode": array(one_of("Agentless", "Progressive", "Preview")),
            },
            of="filters",
        ),
    },
    of="the campaign list",
)
