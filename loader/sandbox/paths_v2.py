"""The calls of API v2: paths and methods (reference 4, 5, 6)."""

import re
from functools import partial

from loader.sandbox import account_lists, answers_v2, operations
from loader.sandbox.context import DELETE, GET, POST, PUT, Route
from loader.sandbox.create_v2 import check_create
from loader.sandbox.dialect import Dialect

_V2 = Dialect(
    account_in_query=True,
    has_dnc_lists=True,
    check_body=check_create,
    created=answers_v2.created,
    updated=answers_v2.updated,
    whole=answers_v2.whole,
    list_item=answers_v2.list_item,
    list_columns={"columns": ["phone"]},
)


def _path(rest: str, prefix: str = "/campaign") -> re.Pattern[str]:
    return re.compile(prefix + r"/api/v2/public/(?P<app>[^/]+)" + rest)


_ITEM = "/campaign/(?P<item>(?!getAll)[^/]+)"
# start and stop stand alone without the prefix; nobody knows whether that is a slip of the pages (9.24)
_TRIGGER = _path("/campaign/trigger/(?P<item>[^/]+)", prefix="")

ROUTES = (
    Route("create", POST, _path("/campaign"), partial(operations.plan_create, _V2)),
    Route("list", POST, _path("/campaign/getAllCampaignDetails"), partial(operations.plan_list, _V2)),
    Route(
        "contact-lists",
        POST | GET,
        _path("/campaign/contactList/getAllListDetails"),
        partial(account_lists.plan_contact_lists, _V2),
    ),
    Route("status", POST, _path(_ITEM + "/status"), partial(operations.plan_status, _V2)),
    Route("get", GET, _path(_ITEM), partial(operations.plan_get, _V2)),
    Route("update", PUT, _path(_ITEM), partial(operations.plan_update, _V2)),
    Route("delete", DELETE, _path(_ITEM), partial(operations.plan_delete, _V2)),
    Route("trigger", POST, _TRIGGER, partial(operations.plan_trigger, _V2)),
)
