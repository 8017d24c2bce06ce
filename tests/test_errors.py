"""The tree of errors: what somebody does about each, and the exit code of a command that ends with it."""

from __future__ import annotations

import inspect
import re

import pytest

from loader import errors
from loader.errors import (
    AccountBusyError,
    ApiError,
    CanaryError,
    HeadersError,
    JournalError,
    LoaderError,
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotOpenedError,
    NotSentError,
    OutputError,
    RefusedError,
    RejectedError,
    SettingsError,
    StopError,
    StoppedError,
    ThrottledError,
    UnansweredError,
    WorkbookError,
)

TREE: list[tuple[type[LoaderError], type[Exception], int]] = [
    (LoaderError, Exception, 70),
    (SettingsError, LoaderError, 2),
    (JournalError, LoaderError, 2),
    (OutputError, LoaderError, 2),
    (WorkbookError, LoaderError, 3),
    (HeadersError, WorkbookError, 3),
    (NotOpenedError, WorkbookError, 3),
    (AccountBusyError, LoaderError, 7),
    (CanaryError, LoaderError, 4),
    (ApiError, LoaderError, 4),
    (NotSentError, ApiError, 4),
    (ThrottledError, NotSentError, 4),
    (UnansweredError, ApiError, 5),
    (RejectedError, ApiError, 4),
    (NameTakenError, RejectedError, 4),
    (StopError, ApiError, 4),
    (RefusedError, StopError, 6),
    (NotAllowedError, RefusedError, 6),
    (MisdirectedError, StopError, 2),
    (StoppedError, ApiError, 4),
]


@pytest.mark.parametrize(("kind", "parent", "code"), TREE)
def test_an_error_has_one_parent_and_one_exit_code(kind: type[LoaderError], parent: type[Exception], code: int) -> None:
    assert kind.__bases__ == (parent,)
    assert kind.exit_code == code


def test_there_are_no_other_errors() -> None:
    defined = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    assert defined == {kind for kind, _, _ in TREE}


def test_the_tree_at_the_top_of_the_module_is_the_tree_of_the_classes() -> None:
    drawn: list[tuple[str, str, str]] = []
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?P<trunk>[│├└─ ]*)(?P<name>\w+Error)\s*(?P<code>\d*)", line):
            depth = len(found["trunk"]) // 4
            branch[depth:] = [found["name"]]
            drawn.append((found["name"], branch[depth - 1] if depth else "Exception", found["code"]))
    assert [(name, parent) for name, parent, _ in drawn] == [
        (kind.__name__, parent.__name__) for kind, parent, _ in TREE
    ]
    # a code is drawn where it is not the parent's
    assert {name: int(code) for name, _, code in drawn if code} == {
        kind.__name__: code for kind, parent, code in TREE if code != getattr(parent, "exit_code", 70)
    }


def test_an_error_of_the_api_is_its_sentence_and_knows_the_status_of_the_answer() -> None:
    error = RejectedError("no such queue (HTTP 400)", status=400)
    assert (str(error), error.status) == ("no such queue (HTTP 400)", 400)
    assert RejectedError("no such queue").status is None


def test_a_limit_signal_knows_how_long_to_wait_if_the_server_said_so() -> None:
    error = ThrottledError("slow down", status=429, retry_after=7.5)
    assert (str(error), error.status, error.retry_after) == ("slow down", 429, 7.5)
    assert ThrottledError("slow down").retry_after is None


def test_a_lost_answer_knows_whether_the_request_was_accepted() -> None:
    error = UnansweredError("no id", status=201, accepted=True)
    assert (str(error), error.status, error.accepted) == ("no id", 201, True)
    assert UnansweredError("cut").accepted is False
