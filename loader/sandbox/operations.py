"""What the calls do: about campaigns, contact lists and queues, in every version of the API (reference 1, 4, 5, 6).

Each plans: it judges a request and returns what remains to be done, which judges again what may have changed meanwhile.
"""

from collections.abc import Sequence
from functools import partial

from aiohttp import web

from loader.sandbox import lifecycle
from loader.sandbox import responses as answers
from loader.sandbox.context import (
    Backend,
    Call,
    Dialect,
    Plan,
    check_empty_object,
    check_no_body,
    check_query,
    json_body,
    positive,
)
from loader.sandbox.errors import RefusedError
from loader.sandbox.http import json_reply
from loader.sandbox.json_schema import Json, JsonObject
from loader.sandbox.list_query import Query, page_of, query_of
from loader.sandbox.names import check_names
from loader.sandbox.store import Campaign

_VOICE = {"campaignType": "voice"}


def plan_create(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    body = _voice_body(dialect, backend, call)
    if backend.settings.dnc_required and not dialect.has_dnc_lists:
        raise RefusedError(400, "a DNC list is mandatory for voice campaigns")
    if call.stored_name is not None:
        body = {**body, "name": call.stored_name}
    _check_free(backend, body["name"])
    return partial(_create, dialect, backend, call, body)


def _create(dialect: Dialect, backend: Backend, call: Call, body: JsonObject) -> web.Response:
    _check_free(backend, body["name"])
    campaign = lifecycle.create(backend, body, account=call.account)
    return json_reply(backend.settings.success_status, dialect.created(campaign, backend.settings))


def plan_update(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    body = _voice_body(dialect, backend, call)
    campaign = lifecycle.found(backend, call.item)
    lifecycle.check_not_active(backend, campaign, "edited")
    _check_free(backend, body["name"], besides=campaign)
    return partial(_update, dialect, backend, call, body)


def _update(dialect: Dialect, backend: Backend, call: Call, body: JsonObject) -> web.Response:
    campaign = lifecycle.found(backend, call.item)
    _check_free(backend, body["name"], besides=campaign)
    changed = lifecycle.update(backend, campaign, body)
    return json_reply(200, dialect.updated(changed, backend.settings, backend.clock.wall()))


def plan_list(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    check_query(call, {}, with_account=dialect.account_in_query)
    query = query_of(json_body(call), largest_limit=backend.settings.largest_list_limit)
    return partial(_list, dialect, backend, query)


def _list(dialect: Dialect, backend: Backend, query: Query) -> web.Response:
    now = backend.clock.wall()
    page, rows = page_of(query, backend.store, backend.settings, now)
    data = {"results": [dialect.list_item(row, now) for row in rows], **page}
    return json_reply(200, answers.success("Campaigns retrieved", data))


def plan_get(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    check_query(call, {}, with_account=dialect.account_in_query)
    check_no_body(call)
    campaign = lifecycle.found(backend, call.item)
    return lambda: _whole(dialect, backend, campaign, "retrieved")


def plan_status(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    check_query(call, {"view": "status"}, with_account=dialect.account_in_query)
    check_empty_object(call)
    campaign = lifecycle.found(backend, call.item)
    return lambda: json_reply(200, answers.status(campaign, backend.clock.wall()))


def plan_delete(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    check_query(call, _VOICE, with_account=dialect.account_in_query)
    check_no_body(call)
    lifecycle.check_not_active(backend, lifecycle.found(backend, call.item), "deleted")
    return partial(_delete, dialect, backend, call)


def _delete(dialect: Dialect, backend: Backend, call: Call) -> web.Response:
    campaign = lifecycle.found(backend, call.item)
    lifecycle.delete(backend, campaign)
    return _whole(dialect, backend, campaign, "deleted")


def plan_trigger(dialect: Dialect, backend: Backend, call: Call) -> Plan:
    action = dict(call.query).get("trigger", "")
    expected = action if action in lifecycle.TRIGGERS else " or ".join(lifecycle.TRIGGERS)
    check_query(call, {**_VOICE, "trigger": expected}, with_account=dialect.account_in_query)
    check_empty_object(call)
    lifecycle.check_trigger(backend, lifecycle.found(backend, call.item), action)
    return partial(_trigger, backend, call, action)


def _trigger(backend: Backend, call: Call, action: str) -> web.Response:
    campaign = lifecycle.trigger(backend, lifecycle.found(backend, call.item), action)
    return json_reply(200, answers.triggered(campaign, backend.clock.wall()))


def _voice_body(dialect: Dialect, backend: Backend, call: Call) -> Json:
    check_query(call, _VOICE, with_account=dialect.account_in_query)
    body = json_body(call)
    dialect.check_body(body)
    if backend.settings.strict_names:
        check_names(backend.known, body)
    return body


def _whole(dialect: Dialect, backend: Backend, campaign: Campaign, done: str) -> web.Response:
    data = dialect.whole(campaign, backend.settings, backend.clock.wall())
    return json_reply(200, answers.success(f"Campaign {campaign.name} {done} successfully", data))


def _check_free(backend: Backend, name: str, *, besides: Campaign | None = None) -> None:
    if backend.settings.unique_names and backend.store.has_name(name, besides=besides):
        raise RefusedError(backend.settings.duplicate_status, "name is taken by another campaign")


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
