"""The calls of both versions: paths and methods (reference 1, 2, 4, 5, 6). Queues are in v1 alone."""

import re
from functools import partial

from loader.sandbox import operations, responses
from loader.sandbox.context import DELETE, GET, POST, PUT, Dialect, Route
from loader.sandbox.create_body import check_create_v1, check_create_v2

_V1 = Dialect(
    account_in_query=False,
    has_dnc_lists=False,
    check_body=check_create_v1,
    created=responses.created_v1,
    updated=responses.updated_v1,
    whole=responses.whole_v1,
    list_item=responses.list_item,
    list_columns={},
)


def _path(rest: str, prefix: str = "/agentassist") -> re.Pattern[str]:
    return re.compile(prefix + r"/api/v1/public/(?P<app>[^/]+)" + rest)


_ITEM = "/campaign/(?P<item>(?!getAll)[^/]+)"

ROUTES_V1 = (
    Route("create", POST, _path("/campaign"), partial(operations.plan_create, _V1)),
    Route("list", POST, _path("/campaign/getAllCampaignDetails"), partial(operations.plan_list, _V1)),
    Route(
        "contact-lists",
        POST | GET,
        _path("/campaign/contactList/getAllListDetails"),
        partial(operations.plan_contact_lists, _V1),
    ),
    Route("status", POST, _path(_ITEM + "/status"), partial(operations.plan_status, _V1)),
    Route("get", GET, _path(_ITEM), partial(operations.plan_get, _V1)),
    Route("update", PUT, _path(_ITEM), partial(operations.plan_update, _V1)),
    Route("delete", DELETE, _path(_ITEM), partial(operations.plan_delete, _V1)),
    Route("trigger", POST, _path(_ITEM, prefix="/campaign"), partial(operations.plan_trigger, _V1)),
    Route("queues", GET, _path("/queues"), operations.plan_queues, scope="Configuration"),
)


_V2 = Dialect(
    account_in_query=True,
    has_dnc_lists=True,
    check_body=check_create_v2,
    created=responses.created_v2,
    updated=responses.updated_v2,
    whole=responses.whole_v2,
    list_item=responses.list_item_v2,
    list_columns={"columns": ["phone"]},
)


def _path_v2(rest: str, prefix: str = "/campaign") -> re.Pattern[str]:
    return re.compile(prefix + r"/api/v2/public/(?P<app>[^/]+)" + rest)


_ITEM_V2 = "/campaign/(?P<item>(?!getAll)[^/]+)"
# start and stop stand alone without the prefix; nobody knows whether that is a slip of the pages (9.24)
_TRIGGER = _path_v2("/campaign/trigger/(?P<item>[^/]+)", prefix="")

ROUTES_V2 = (
    Route("create", POST, _path_v2("/campaign"), partial(operations.plan_create, _V2)),
    Route("list", POST, _path_v2("/campaign/getAllCampaignDetails"), partial(operations.plan_list, _V2)),
    Route(
        "contact-lists",
        POST | GET,
        _path_v2("/campaign/contactList/getAllListDetails"),
        partial(operations.plan_contact_lists, _V2),
    ),
    Route("status", POST, _path_v2(_ITEM_V2 + "/status"), partial(operations.plan_status, _V2)),
    Route("get", GET, _path_v2(_ITEM_V2), partial(operations.plan_get, _V2)),
    Route("update", PUT, _path_v2(_ITEM_V2), partial(operations.plan_update, _V2)),
    Route("delete", DELETE, _path_v2(_ITEM_V2), partial(operations.plan_delete, _V2)),
    Route("trigger", POST, _TRIGGER, partial(operations.plan_trigger, _V2)),
)
