"""What the query and the body of a call must be like, before anybody looks at their meaning."""

import re
from collections.abc import Mapping
from typing import Any

from loader.sandbox.context import Call
from loader.sandbox.errors import RefusedError
from loader.sandbox.strict_json import object_of


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
            raise RefusedError(400, f"query {key} is wrong; this call takes {_told(expected)}")
    for key in expected:
        if [name for name, _ in pairs].count(key) != 1:
            raise RefusedError(400, f"query {key} must be given once")


def json_body(call: Call) -> dict[str, Any]:
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


def _told(expected: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={entry}" for name, entry in expected.items()) or "none"
