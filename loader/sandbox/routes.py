"""The calls of API v1: paths and methods (reference 1, 2, 5, 6). Queues have no other version."""

import re
from functools import partial

from loader.sandbox import account_lists, answers_v1, operations
from loader.sandbox import responses as answers
from loader.sandbox.context import DELETE, GET, POST, PUT, Route
from loader.sandbox.create_v1 import check_create
from loader.sandbox.dialect import Dialect

_V1 = Dialect(
    account_in_query=False,
    has_dnc_lists=False,
    check_body=check_create,
    created=answers_v1.created,
    updated=answers_v1.updated,
    whole=answers_v1.whole,
    list_item=answers.list_item,
    list_columns={},
)


def _path(rest: str, prefix: str = "/agentassist") -> re.Pattern[str]:
    return re.compile(prefix + r"/api/v1/public/(?P<app>[^/]+)" + rest)


_ITEM = "/campaign/(?P<item>(?!getAll)[^/]+)"

ROUTES = (
    Route("create", POST, _path("/campaign"), partial(operations.plan_create, _V1)),
    Route("list", POST, _path("/campaign/getAllCampaignDetails"), partial(operations.plan_list, _V1)),
    Route(
        "contact-lists",
        POST | GET,
        _path("/campaign/contactList/getAllListDetails"),
        partial(account_lists.plan_contact_lists, _V1),
    ),
    Route("status", POST, _path(_ITEM + "/status"), partial(operations.plan_status, _V1)),
    Route("get", GET, _path(_ITEM), partial(operations.plan_get, _V1)),
    Route("update", PUT, _path(_ITEM), partial(operations.plan_update, _V1)),
    Route("delete", DELETE, _path(_ITEM), partial(operations.plan_delete, _V1)),
    Route("trigger", POST, _path(_ITEM, prefix="/campaign"), partial(operations.plan_trigger, _V1)),
    Route("queues", GET, _path("/queues"), account_lists.plan_queues, scope="Configuration"),
)
