"""The calls about what an account has beside campaigns: contact lists and queues (reference 5.4, 5.5)."""

from collections.abc import Sequence
from functools import partial

from aiohttp import web

from loader.sandbox import responses as answers
from loader.sandbox.calls import check_empty_object, check_no_body, check_query, positive
from loader.sandbox.context import Backend, Call, Plan
from loader.sandbox.dialect import Dialect
from loader.sandbox.errors import RefusedError
from loader.sandbox.http import json_reply


def plan_contact_lists(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    check_query(call, {"type": "call"}, with_account=dialect.account_in_query)
    check_empty_object(call)
    return partial(_contact_lists, dialect, backend)


def _contact_lists(dialect: Dialect, backend: Backend) -> web.Response:
    _check_named(backend, "contact lists", backend.known.contact_lists)
    now = backend.clock.wall()
    entries = [
        {**answers.contact_list(known, backend.store.oldest_first(), now), **dialect.list_columns}
        for known in backend.known.contact_lists
    ]
    return json_reply(200, answers.success("Lists retrieved", entries))


def plan_queues(backend: Backend, call: Call) -> Plan:
    """Paging is undocumented here; `page` and `limit` are taken as on the sibling pages."""
    given = dict(call.query)
    page, limit = (positive(given.get(key, default), key) for key, default in (("page", "1"), ("limit", "10")))
    check_query(call, {key: value for key, value in given.items() if key in ("page", "limit")}, with_account=False)
    check_no_body(call)
    return partial(_queues, backend, page, limit)


def _queues(backend: Backend, page: int, limit: int) -> web.Response:
    _check_named(backend, "queues", backend.known.queues)
    return json_reply(200, answers.queue_page(backend.known.queues, page=page, limit=limit))


def _check_named(backend: Backend, what: str, known: Sequence[object]) -> None:
    """Where every name is taken, an empty list would be a lie."""
    if not known and not backend.settings.strict_names:
        raise RefusedError(400, f"this sandbox was given no {what}: it takes any in a campaign, and lists none")
