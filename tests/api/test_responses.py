"""What every status proves, and what sentence stands in every shape of an error (reference 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.api.responses import failure, fields_of, says_yes
from loader.errors import (
    ApiError,
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotSentError,
    RefusedError,
    RejectedError,
    ThrottledError,
    UnansweredError,
)
from tests.api.samples import NAME, WIRE, answer, sample

if TYPE_CHECKING:
    from collections.abc import Callable

# statuses


def ranges(kind: type[ApiError], *statuses: int) -> list[tuple[int, type[ApiError]]]:
    return [(status, kind) for status in statuses]


STATUSES = [
    *ranges(MisdirectedError, 301, 302, 307, 308, 501, 505, 507, 508, 511),
    *ranges(RejectedError, 400, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 402, 418, 499),
    *ranges(RefusedError, 401),
    *ranges(NotAllowedError, 403),
    *ranges(NameTakenError, 409),
    *ranges(NotSentError, 423, 424, 425),
    *ranges(ThrottledError, 429),
    *ranges(UnansweredError, 300, 303, 304, 408, 500, 502, 503, 504, 506, 510),
    *ranges(UnansweredError, 520, 521, 522, 523, 524, 525, 526, 599, 600, 999, 100, 0),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
@pytest.mark.parametrize("body", [b"", b'{"message": "no"}', b"<html><title>no</title></html>", b"[1]"])
def test_a_status_means_what_the_table_says_whatever_the_body(status: int, kind: type[ApiError], body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        WIRE.created(answer(status, body), name=NAME)
    assert type(caught.value) is kind
    assert caught.value.status == status
    if isinstance(caught.value, UnansweredError):
        assert not caught.value.accepted


@pytest.mark.parametrize("status", [200, 400, 403, 409, 422, 500, 502, 503])
@pytest.mark.parametrize(
    "text",
    [
        "account exceeded the per-minute rate limit of 60 requests",
        "You have exceeded the hourly rate limit",
        "You have exceeded your rate limit",
        "You have hit the rate limit",
        "API rate limit exceeded",
        "Rate limit reached for account",
        "Too Many Requests",
    ],
)
def test_a_body_that_speaks_of_the_rate_limit_asks_everyone_to_wait_in_any_status(status: int, text: str) -> None:
    with pytest.raises(ThrottledError) as caught:
        WIRE.created(answer(status, {"status": "error", "errors": [{"msg": text}]}, retry_after="7"), name=NAME)
    assert (caught.value.status, caught.value.retry_after) == (status, 7.0)


def test_a_throttling_answer_without_a_time_names_none() -> None:
    error = failure(answer(429, b""))
    assert isinstance(error, ThrottledError)
    assert error.retry_after is None


@pytest.mark.parametrize(
    "text",
    [
        "Unauthorized to perform this activity",
        "User is not authorised for this application",
        "Authorization failed",
        "Permission denied",
        "The app does not have the required permission",
        "Access denied",
    ],
)
def test_a_400_that_speaks_of_missing_permission_is_like_a_403(text: str) -> None:
    assert type(failure(answer(400, {"message": text}))) is NotAllowedError
    assert type(failure(answer(422, {"message": text}))) is RejectedError


def test_a_400_with_the_code_of_a_refused_token_is_a_refused_token() -> None:
    error = failure(answer(400, sample("token-replayed.json")))
    assert (type(error), error.status) == (RefusedError, 400)


@pytest.mark.parametrize(
    "text",
    ["Contact list permission-2026 not found", "No queue 'Authorization desk'", "dialingOrder must be FIFO or LIFO"],
)
def test_a_list_or_queue_of_a_suspicious_name_stops_nobody(text: str) -> None:
    assert type(failure(answer(400, {"message": text}))) is RejectedError


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "text",
    [
        "Campaign name already exists",
        "This name is already in use",
        "name is taken by another campaign",
        "Duplicate campaign name",
        "name must be unique",
        "The name is not unique",
    ],
)
def test_a_name_that_is_there_already_is_looked_up_because_it_may_be_our_own(status: int, text: str) -> None:
    assert type(failure(answer(status, {"message": text}))) is NameTakenError
    assert type(failure(answer(500, {"message": text}))) is UnansweredError


@pytest.mark.parametrize(
    "name", ["Rate limit exceeded", "Already exists", "Access denied", "too many requests", "Duplicate"]
)
def test_a_name_repeated_in_a_refusal_is_not_the_servers_word(name: str) -> None:
    with pytest.raises(RejectedError) as caught:
        WIRE.created(answer(400, {"message": f"Campaign {name.upper()}: flow not found"}), name=name)
    assert type(caught.value) is RejectedError
    assert str(caught.value) == f"Campaign {name.upper()}: flow not found (HTTP 400)"


def test_a_name_that_is_part_of_a_word_leaves_the_words_whole() -> None:
    with pytest.raises(NameTakenError):
        WIRE.created(answer(400, {"message": "Campaign a already exists"}), name="a")


def test_a_name_made_of_patterns_is_a_text() -> None:
    with pytest.raises(RejectedError):
        WIRE.created(answer(400, {"message": "no flow"}), name="(((*+?[")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (None, RejectedError),
        (401, RefusedError),
        (403, NotAllowedError),
        (404, RejectedError),
        (409, NameTakenError),
        (423, NotSentError),
        (399, RejectedError),
        (500, UnansweredError),
        (599, UnansweredError),
        (600, RejectedError),
    ],
)
def test_in_an_answer_that_says_yes_the_code_of_its_failure_counts(code: int | None, kind: type[ApiError]) -> None:
    error = failure(answer(200, {"status": "error", "errors": [{"msg": "no", "code": code}]}))
    assert (type(error), error.status) == (kind, 200)


@pytest.mark.parametrize("code", [401, 403])
def test_a_400_with_the_code_of_a_refusal_is_that_refusal(code: int) -> None:
    error = failure(answer(400, {"errors": [{"msg": "no", "code": code}]}))
    assert type(error) is (RefusedError if code == 401 else NotAllowedError)
    assert type(failure(answer(400, {"errors": [{"msg": "no", "code": 404}]}))) is RejectedError


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("fields", [{"data": 1}, {"status": "success"}, {"status": "Preparing"}, {"errors": []}, {}])
def test_the_fields_of_a_success_are_whatever_it_holds(status: int, fields: dict[str, object]) -> None:
    assert fields_of(answer(status, fields)) == fields


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (400, {}),
        (500, {"status": "success"}),
        (200, {"errors": ["no"]}),
        *((200, {"status": word}) for word in ("error", "Failure", "FAILED")),
    ],
)
def test_the_fields_of_a_failure_are_an_error(status: int, fields: dict[str, object]) -> None:
    with pytest.raises(ApiError):
        fields_of(answer(status, fields))


def test_an_answer_says_yes_where_it_says_so_or_has_no_status() -> None:
    assert says_yes({"status": "Success"})
    assert says_yes({})
    assert not says_yes({"status": "success", "errors": ["no"]})
    assert not says_yes({"errors": ["no"]})
    assert not says_yes({"status": "pending"})


# sentences


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"errors": [{"msg": "Too long", "code": 400}]}', "Too long (HTTP 400)"),
        (b'{"errors": [{"msg": "Too long"}, {"msg": "No flow"}]}', "Too long; No flow (HTTP 400)"),
        (b'{"errors": ["Too long", {"message": "No flow"}, 7, null]}', "Too long; No flow (HTTP 400)"),
        (b'{"errors": {"msg": "Too long"}}', "Too long (HTTP 400)"),
        (b'{"error": "Too long"}', "Too long (HTTP 400)"),
        (b'{"error": {"message": "Too long"}}', "Too long (HTTP 400)"),
        (b'{"message": "Too long"}', "Too long (HTTP 400)"),
        (b'{"msg": " Too long "}', "Too long (HTTP 400)"),
        (b'{"status": "failed", "reason": "time_in_past"}', "time_in_past (HTTP 400)"),
        (b'{"status": "success", "data": [{"status": "failed", "reason": "time_in_past"}]}', "time_in_past (HTTP 400)"),
        (b'{"statusCode": 400, "customCode": "E17"}', "E17 (HTTP 400)"),
        (b'{"errors": [], "error": null, "message": "", "msg": "Too long"}', "Too long (HTTP 400)"),
        (b'["Too long", "No flow"]', "Too long; No flow (HTTP 400)"),
        (b'"Too long"', "Too long (HTTP 400)"),
        (b"Conversation not found for the session", "Conversation not found for the session (HTTP 400)"),
        (b'{"totalRequested": 1, "failed": 1}', '{"totalRequested": 1, "failed": 1} (HTTP 400)'),
        (b"400", "400 (HTTP 400)"),
        (b"", "HTTP 400 without a reason"),
        (b"{}", "HTTP 400 without a reason"),
        (b"[]", "HTTP 400 without a reason"),
        (b"  \n ", "HTTP 400 without a reason"),
        (b"\xff\xfeno", "\ufffd\ufffdno (HTTP 400)"),
        (b"<p>No <b>flow</b>\n of that   name</p>", "No flow of that name (HTTP 400)"),
    ],
)
def test_every_shape_of_an_error_becomes_a_sentence(body: bytes, sentence: str) -> None:
    assert str(failure(answer(400, body))) == sentence


@pytest.mark.parametrize(
    ("status", "file", "sentence"),
    [
        (401, "token-replayed.json", "JWT with this jti was used before, possibly a replay (HTTP 401)"),
        (400, "bad-request-nested.json", "Unauthorized to do this (HTTP 400)"),
        (400, "bad-user-nested.json", "INVALID_EMAIL (HTTP 400)"),
        (502, "bad-gateway.html", "502 Bad Gateway (HTTP 502)"),
    ],
)
def test_every_documented_error_becomes_a_sentence(status: int, file: str, sentence: str) -> None:
    assert str(failure(answer(status, sample(file)))) == sentence


@pytest.mark.parametrize("wrapped", [lambda it: {"error": it}, lambda it: [it]], ids=["in fields", "in lists"])
@pytest.mark.parametrize(("levels", "found"), [(1, True), (8, True), (9, False), (900, False)])
def test_a_sentence_is_looked_for_eight_levels_down(
    wrapped: Callable[[object], object], levels: int, *, found: bool
) -> None:
    content: object = "Too long"
    for _ in range(levels):
        content = wrapped(content)
    assert (str(failure(answer(400, content))) == "Too long (HTTP 400)") is found


def test_a_long_page_of_a_gateway_is_cut_visibly() -> None:
    assert str(failure(answer(502, b"x" * 5000))) == f"{'x' * 300}... (HTTP 502)"


def test_an_error_that_broke_off_is_quoted_as_far_as_it_came() -> None:
    assert str(failure(answer(500, b'{"message": "Int', whole=False))) == '{"message": "Int (HTTP 500)'


@pytest.mark.parametrize("body", [b"<title>" * 200_000, b"<" * 1_000_000, b"[" * 800 + b"]" * 800])
def test_a_hostile_error_page_costs_no_time_and_no_stack(body: bytes) -> None:
    assert type(failure(answer(400, body))) is RejectedError
