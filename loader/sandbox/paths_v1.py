"""The calls of API v1: paths, methods, queries, and what each does (reference 1, 5, 6)."""

import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from loader.sandbox import answers_v1 as answers
from loader.sandbox.backend import Backend, Call, Plan, Route
from loader.sandbox.create_v1 import check_create
from loader.sandbox.errors import RefusedError
from loader.sandbox.list_v1 import Query, page_of, query_of
from loader.sandbox.replies import json_reply
from loader.sandbox.store import Campaign
from loader.sandbox.strict_json import object_of

_VOICE = {"campaignType": "voice"}


def plan_create(backend: Backend, call: Call) -> Plan:
    _check_query(call, _VOICE)
    body = _json_body(call)
    check_create(body)
    _check_names(backend, body)
    _check_free(backend, body["name"])
    return partial(_create, backend, call, body)


def _create(backend: Backend, call: Call, body: Mapping[str, Any]) -> web.Response:
    name = body["name"]
    _check_free(backend, name)  # again: a slow fault may have let another one in
    campaign = Campaign(
        id=_new_id(),
        name=name,
        lname=name.lower(),
        body=body,
        created_at=backend.clock.wall(),
        account=call.account,
        app=call.app,
    )
    backend.store.add(campaign)
    return json_reply(backend.settings.success_status, answers.created(campaign, backend.settings))


def plan_list(backend: Backend, call: Call) -> Plan:
    _check_query(call, {})
    query = query_of(_json_body(call), largest_limit=backend.settings.largest_list_limit)
    return partial(_list, backend, query)


def _list(backend: Backend, query: Query) -> web.Response:
    data = page_of(query, backend.store, backend.settings, backend.clock.wall())
    return json_reply(200, {"status": "success", "message": "Campaigns retrieved", "data": data})


def plan_get(backend: Backend, call: Call) -> Plan:
    _check_query(call, {})
    _check_no_body(call)
    campaign = _found(backend, call)
    return lambda: json_reply(200, answers.details(campaign, backend.settings, backend.clock.wall()))


def plan_status(backend: Backend, call: Call) -> Plan:
    _check_query(call, {"view": "status"})
    _check_empty_object(call)
    campaign = _found(backend, call)
    return lambda: json_reply(200, answers.status(campaign, backend.settings, backend.clock.wall()))


def plan_delete(backend: Backend, call: Call) -> Plan:
    _check_query(call, _VOICE)
    _check_no_body(call)
    _found(backend, call)
    return partial(_delete, backend, call)


def _delete(backend: Backend, call: Call) -> web.Response:
    campaign = _found(backend, call)
    now = backend.clock.wall()
    backend.store.remove(campaign, at=now)
    return json_reply(200, answers.details(campaign, backend.settings, now))


def plan_contact_lists(backend: Backend, call: Call) -> Plan:
    _check_query(call, {"type": "call"})
    _check_empty_object(call)
    return partial(_contact_lists, backend)


def _contact_lists(backend: Backend) -> web.Response:
    now = backend.clock.wall()
    entries = [answers.contact_list(known, backend.store.oldest_first(), now) for known in backend.contact_lists]
    return json_reply(200, {"status": "success", "message": "Lists retrieved", "data": entries})


def plan_queues(backend: Backend, call: Call) -> Plan:
    """Paging is undocumented here; `page` and `limit` are taken as on the sibling pages."""
    given = dict(call.query)
    page, limit = (_positive(given.get(key, default), key) for key, default in (("page", "1"), ("limit", "10")))
    _check_query(call, {key: value for key, value in given.items() if key in ("page", "limit")})
    _check_no_body(call)
    return lambda: json_reply(200, answers.queue_page(backend.queues, page=page, limit=limit))


def _check_query(call: Call, expected: Mapping[str, str]) -> None:
    """Refuse any other query; `accountId` may be repeated there, as an early version of the page had it (9.8)."""
    pairs = [(key, value) for key, value in call.query if (key, value) != ("accountId", call.account)]
    for key, value in pairs:
        if expected.get(key) != value:
            wanted = ", ".join(f"{name}={entry}" for name, entry in expected.items()) or "none"
            raise RefusedError(400, f"query {key} is wrong; this call takes {wanted}")
    for key in expected:
        if [name for name, _ in pairs].count(key) != 1:
            raise RefusedError(400, f"query {key} must be given once")


def _json_body(call: Call) -> dict[str, Any]:
    _check_json_type(call)
    return object_of(call.body)


def _check_json_type(call: Call) -> None:
    if not call.json_typed:
        raise RefusedError(400, "header Content-Type must be application/json")


def _check_empty_object(call: Call) -> None:
    """These POSTs need no body, and `{}` is as good (5.3, 5.4)."""
    if call.body and _json_body(call):
        raise RefusedError(400, "body must be empty or {}")


def _check_no_body(call: Call) -> None:
    if call.body:
        raise RefusedError(400, "body must be empty")


def _check_free(backend: Backend, name: str) -> None:
    if backend.settings.unique_names and backend.store.has_name(name):
        raise RefusedError(backend.settings.duplicate_status, "name is taken by another campaign")


def _check_names(backend: Backend, body: Mapping[str, Any]) -> None:
    if not backend.settings.strict_names:
        return
    lists = {known.name for known in backend.contact_lists}
    faults = [f"contactLists: no list is named '{name}'" for name in body["contactLists"] if name not in lists]
    queue = body.get("queue_name")
    if queue is not None and queue not in {known.name for known in backend.queues}:
        faults.append(f"queue_name: no queue is named '{queue}'")
    if faults:
        raise RefusedError(400, *faults)


def _found(backend: Backend, call: Call) -> Campaign:
    campaign = backend.store.get(call.item)
    if campaign is None:
        raise RefusedError(404, f"campaign {call.item} is not here")
    return campaign


def _positive(text: str, key: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise RefusedError(400, f"query {key} must be a whole number from 1")
    return int(text)


def _new_id() -> str:
    """Like a UUID with a digit too few, as voice campaigns have them (1.4)."""
    digits = secrets.token_hex(16)
    return f"cd-{digits[:7]}-{digits[7:11]}-{digits[11:15]}-{digits[15:19]}-{digits[19:31]}"


def _path(rest: str) -> re.Pattern[str]:
    return re.compile(r"/agentassist/api/v1/public/(?P<app>[^/]+)" + rest)


_POST, _GET = frozenset({"POST"}), frozenset({"GET"})
_ITEM = "/campaign/(?P<item>(?!getAll)[^/]+)"

ROUTES = (
    Route("create", _POST, _path("/campaign"), plan_create),
    Route("list", _POST, _path("/campaign/getAllCampaignDetails"), plan_list),
    Route("contact-lists", _POST | _GET, _path("/campaign/contactList/getAllListDetails"), plan_contact_lists),
    Route("status", _POST, _path(_ITEM + "/status"), plan_status),
    Route("get", _GET, _path(_ITEM), plan_get),
    Route("delete", frozenset({"DELETE"}), _path(_ITEM), plan_delete),
    Route("queues", _GET, _path("/queues"), plan_queues, scope="Configuration"),
)
