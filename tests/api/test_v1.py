"""The API's words, version 1: bodies, paths, and what every answer means (reference 1, 2, 5.1, 8)."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loader.api.campaign_fields import PATHS, shown_of
from loader.api.messages import Answer, Created, Listed, Request, Shown
from loader.api.responses import failure
from loader.api.v1 import WireV1
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
from loader.model.campaign import Campaign, DialingMode, DialingOrder, Frequency, MachineDetection, Weekday, Window
from tests.api.samples import CAMPAIGN_ID, NAME, WIRE, answer, campaign, sample

if TYPE_CHECKING:
    from loader.api.messages import Page

AGENTLESS, PROGRESSIVE, PREVIEW = DialingMode


def body_of(campaign: Campaign) -> Any:  # noqa: ANN401  JSON
    return json.loads(WIRE.body_of(campaign))


def page(body: object, *, number: int = 1, limit: int = 100, date: str = "") -> Page:
    return WIRE.page(answer(200, body, date=date), number=number, limit=limit)


# bodies


@pytest.mark.parametrize(
    ("mode", "file"),
    [
        (AGENTLESS, "body-agentless.json"),
        (PROGRESSIVE, "body-progressive.json"),
        (PREVIEW, "body-preview.json"),
    ],
)
def test_the_fields_of_the_reference_give_its_sample_body_key_for_key(mode: DialingMode, file: str) -> None:
    # as text: in Python True equals 1, and for the API it is another thing
    expected = json.dumps(json.loads(sample(file)), sort_keys=True)
    assert json.dumps(body_of(campaign(mode)), sort_keys=True) == expected


CHANGES: list[tuple[str, object, DialingMode, str, object]] = [
    ("name", "Other", AGENTLESS, "name", "Other"),
    ("description", "Two\nlines", AGENTLESS, "description", "Two\nlines"),
    ("contact_lists", ("b", "a"), AGENTLESS, "contactLists", ["b", "a"]),
    ("priority", 5, AGENTLESS, "priority", "5"),
    ("caller_id", "sip:1001@pbx.example.com", AGENTLESS, "dialingStrategy.callerId.phoneNumber", ...),
    ("frequency", Frequency.CUSTOM, AGENTLESS, "dialingStrategy.callingHours.frequency", "CUSTOM"),
    ("timezone", "Asia/Kolkata", AGENTLESS, "dialingStrategy.callingHours.timezone", "Asia/Kolkata"),
    (
        "calling_hours",
        {Weekday.SUNDAY: (Window(time(0), time(12)),), Weekday.MONDAY: (Window(time(9, 5), time(23, 59)),)},
        AGENTLESS,
        "dialingStrategy.callingHours.days",
        [
            {"day": "MO", "start": "9:05 AM", "end": "11:59 PM"},
            {"day": "SU", "start": "12:00 AM", "end": "12:00 PM"},
        ],
    ),
    ("dialing_order", DialingOrder.FIFO, AGENTLESS, "dialingStrategy.dialingOrder", "FIFO"),
    ("max_attempts", 100, AGENTLESS, "dialingStrategy.maxAttemptsPerRecord", 100),
    ("retry_period", 1440, AGENTLESS, "dialingStrategy.defaultRetryPeriod", 1440),
    ("max_ring_time", 120, AGENTLESS, "dialingStrategy.maxRingTime", 120),
    ("experience_flow", "Other flow", AGENTLESS, "experienceFlowName", "Other flow"),
    ("machine_detection", MachineDetection.NO, AGENTLESS, "enableMachineDetect", False),
    ("queue", "Other queue", PROGRESSIVE, "queue_name", "Other queue"),
    ("queue", "Other queue", PREVIEW, "queue_name", "Other queue"),
    ("max_skips", 7, PREVIEW, "maxSkips", 7),
]


def leaves(body: object, path: str = "") -> dict[str, str]:
    """JSON text by dotted path; arrays count as one value."""
    if not isinstance(body, dict):
        return {path.lstrip("."): json.dumps(body)}
    found: dict[str, str] = {}
    for key, value in body.items():
        found |= leaves(value, f"{path}.{key}")
    return found


@pytest.mark.parametrize(("field", "value", "mode", "path", "sent"), CHANGES)
def test_every_field_of_a_campaign_reaches_its_own_place_in_the_body_and_no_other(
    field: str, value: object, mode: DialingMode, path: str, sent: object
) -> None:
    before, after = leaves(body_of(campaign(mode))), leaves(body_of(campaign(mode, **{field: value})))
    assert before.keys() == after.keys()
    changed = {place: text for place, text in after.items() if text != before[place]}
    assert changed == {path: json.dumps(value if sent is ... else sent)}


def test_no_field_of_a_campaign_is_forgotten() -> None:
    sent = {field for field, *_ in CHANGES}
    # the mode has a test of its own above; v1 has no do-not-call list (reference 9.5)
    assert sent | {"dialing_mode", "dnc_list"} == set(Campaign.model_fields)
    assert set(PATHS) == set(Campaign.model_fields) | {"scheduling"}
    assert body_of(campaign(dnc_list="Default Global DNC")) == body_of(campaign())


@pytest.mark.parametrize("mode", [PROGRESSIVE, PREVIEW])
def test_machine_detection_is_off_where_the_platform_switched_it_off(mode: DialingMode) -> None:
    assert body_of(campaign(mode, machine_detection=MachineDetection.YES))["enableMachineDetect"] is False


def test_every_weekday_has_its_two_letters_and_they_come_in_the_order_of_the_week() -> None:
    hours = {day: (Window(time(9), time(18)),) for day in reversed(Weekday)}
    days = body_of(campaign(calling_hours=hours))["dialingStrategy"]["callingHours"]["days"]
    assert [entry["day"] for entry in days] == ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def test_the_same_campaign_gives_the_same_bytes_in_utf8() -> None:
    first, second = (WIRE.body_of(campaign(name="Rückruf 東京")) for _ in range(2))
    assert first == second
    assert "Rückruf 東京".encode() in first


@pytest.mark.parametrize(
    ("mode", "connection"), [(AGENTLESS, "Recall intake"), (PROGRESSIVE, "Reception"), (PREVIEW, "Reception")]
)
def test_the_list_shows_lists_mode_priority_and_flow_or_queue_of_a_body(mode: DialingMode, connection: str) -> None:
    body = WIRE.body_of(campaign(mode, contact_lists=("b", "a")))
    assert shown_of(body) == Shown(frozenset({"a", "b"}), mode.value, "3", connection)


# requests


def test_a_create_is_a_post_to_the_application_with_the_type_in_the_query() -> None:
    path = "/agentassist/api/v1/public/st-1/campaign?campaignType=voice"
    assert WIRE.create(b"{}") == Request("POST", path, b"{}", changes=True)


def test_the_application_id_cannot_lead_anywhere_else() -> None:
    wire = WireV1(app_id="../a b/?x=%2e#é", account_id="acc-1")
    assert wire.create(b"").target == (
        "/agentassist/api/v1/public/..%2Fa%20b%2F%3Fx%3D%252e%23%C3%A9/campaign?campaignType=voice"
    )


def test_the_headers_name_application_and_account() -> None:
    assert WIRE.headers == {"iid": "st-1", "accountId": "acc-1", "Content-Type": "application/json"}


def test_a_page_of_the_list_is_asked_for_by_number_and_offset_newest_first_and_unfiltered() -> None:
    request = WIRE.list_page(3, limit=50, newest_first=True)
    assert (request.method, request.target) == (
        "POST",
        "/agentassist/api/v1/public/st-1/campaign/getAllCampaignDetails",
    )
    assert json.loads(request.body) == {
        "type": "voice",
        "limit": 50,
        "skip": 100,
        "page": 3,
        "sortBy": {"createdAt": "desc"},
    }


def test_without_an_order_no_sort_is_asked_for() -> None:
    assert json.loads(WIRE.list_page(1, limit=10, newest_first=False).body) == {
        "type": "voice",
        "limit": 10,
        "skip": 0,
        "page": 1,
    }


# answers that say yes


@pytest.mark.parametrize(
    ("file", "campaign_id", "status"),
    [
        ("created-full.json", CAMPAIGN_ID, "Preparing"),
        ("created-id-only.json", CAMPAIGN_ID, None),
        ("created-sms.json", "cd-77ab0123-1111-4222-8333-444455556666", "Ready"),
        ("created-v2.json", CAMPAIGN_ID, "Preparing"),
    ],
)
@pytest.mark.parametrize("http_status", [200, 201, 202])
def test_the_id_is_found_in_every_documented_answer(
    file: str, campaign_id: str, status: str | None, http_status: int
) -> None:
    name = None if file == "created-id-only.json" else NAME
    assert WIRE.created(answer(http_status, sample(file)), name=NAME) == Created(http_status, campaign_id, status, name)


@pytest.mark.parametrize(
    ("body", "campaign_id"),
    [
        ({"status": "success", "data": {"id": "a", "_id": "b", "campId": "c"}, "id": "d"}, "a"),
        ({"status": "success", "data": {"_id": "b", "campId": "c"}, "id": "d"}, "b"),
        ({"status": "success", "data": {"campId": "c"}, "id": "d"}, "c"),
        ({"status": "success", "data": {}, "id": "d"}, "d"),
        ({"status": "success", "id": "d"}, "d"),
        ({"status": "SUCCESS", "data": {"id": "", "_id": None, "campId": "c"}}, "c"),
        ({"status": "success", "data": [], "id": "d"}, "d"),
        ({"data": {"id": "a"}}, "a"),
        ({"status": "success", "errors": [], "data": {"id": "a"}}, "a"),
    ],
)
def test_the_first_place_that_holds_an_id_counts(body: object, campaign_id: str) -> None:
    assert WIRE.created(answer(200, body), name=NAME).campaign_id == campaign_id


@pytest.mark.parametrize(
    "name", ["rate limit exceeded", "Already exists", "errors", "Unauthorized", "too many requests"]
)
def test_a_campaigns_name_is_not_read_as_a_refusal(name: str) -> None:
    body = {
        "status": "success",
        "message": f"Campaign {name} creation in progress",
        "data": {"id": "cd-1", "name": name, "lname": name.lower(), "description": name},
    }
    assert WIRE.created(answer(200, body), name=name).campaign_id == "cd-1"


def test_the_name_the_server_gives_comes_along() -> None:
    body = {"status": "success", "data": {"id": "cd-2", "name": "R&amp;D"}}
    assert WIRE.created(answer(200, body), name="R&D") == Created(200, "cd-2", None, "R&amp;D")


def test_the_echoed_name_may_differ_in_case_and_blanks() -> None:
    body = {"status": "success", "data": {"id": "cd-1", "name": "dental  RECALL april "}}
    assert WIRE.created(answer(200, body), name=NAME).campaign_id == "cd-1"


ACCEPTED_WITHOUT_AN_ID: list[object] = [
    b"",
    b"OK",
    b"null",
    b"true",
    b"7",
    b'"cd-1"',
    b"[]",
    b'[{"id": "cd-1"}]',
    b"{}",
    b'{"status": "success"',
    b"\xff\xfe\x00\xd8",
    b"[" * 100_000,
    b"<html><title>Signed in</title></html>",
    {"status": "success"},
    {"status": "success", "data": None},
    {"status": "success", "data": "cd-1"},
    {"status": "success", "data": {"id": ""}},
    {"status": "success", "data": {"id": 17}},
    {"status": "success", "data": {"id": ["cd-1"]}},
    {"status": "Preparing", "data": {"id": "cd-1"}},
    {"status": 500, "message": "Internal error"},
    {"status": None, "id": "cd-1"},
    {"status": "success", "errors": [{"msg": "late"}], "data": {"id": "cd-1"}},
    {"status": "error", "data": {"campId": "cd-1"}},
]


@pytest.mark.parametrize("body", ACCEPTED_WITHOUT_AN_ID, ids=repr)
def test_a_2xx_that_names_no_id_was_accepted_and_is_never_sent_again(body: object) -> None:
    with pytest.raises(UnansweredError) as caught:
        WIRE.created(answer(200, body), name=NAME)
    assert (caught.value.accepted, caught.value.status) == (True, 200)


@pytest.mark.parametrize("file", ["created-full.json", "created-id-only.json"])
def test_an_accepted_answer_that_broke_off_was_accepted_without_an_id(file: str) -> None:
    with pytest.raises(UnansweredError) as caught:
        WIRE.created(answer(201, sample(file), whole=False), name=NAME)
    assert (caught.value.accepted, caught.value.status) == (True, 201)


def test_every_cut_of_an_accepted_answer_is_accepted() -> None:
    body = sample("created-full.json").rstrip()
    for length in range(len(body)):
        with pytest.raises(UnansweredError) as caught:
            WIRE.created(answer(200, body[:length]), name=NAME)
        assert caught.value.accepted, length


# answers that say no


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"status": "error", "message": "Queue not found"}, RejectedError, "Queue not found (HTTP 200)"),
        ({"status": "failure", "msg": "Queue not found"}, RejectedError, "Queue not found (HTTP 200)"),
        ({"status": "Failed", "reason": "time_in_past"}, RejectedError, "time_in_past (HTTP 200)"),
        ({"status": "error"}, RejectedError, '{"status": "error"} (HTTP 200)'),
        ({"status": "error", "id": "request-7", "message": "no"}, RejectedError, "no (HTTP 200)"),
        ({"errors": [{"msg": "Too long", "code": 400}]}, RejectedError, "Too long (HTTP 200)"),
        ({"errors": [{"msg": "exp must be <= 1 hour(s)", "code": 401}]}, RefusedError, None),
        ({"errors": [{"msg": "No scope", "code": "403"}]}, NotAllowedError, "No scope (HTTP 200)"),
        ({"errors": [{"msg": "Slow down", "code": 429}]}, ThrottledError, "Slow down (HTTP 200)"),
        ({"errors": [{"msg": "Oops", "code": 500}]}, UnansweredError, "Oops (HTTP 200)"),
        ({"errors": [{"msg": "Taken", "code": 409}]}, NameTakenError, "Taken (HTTP 200)"),
        ({"errors": [{"msg": "Odd", "code": 7}]}, RejectedError, "Odd (HTTP 200)"),
        ({"status": "error", "message": "account exceeded the per-minute rate limit"}, ThrottledError, None),
        ({"status": "error", "message": f"Campaign {NAME} already exists"}, NameTakenError, None),
    ],
    ids=repr,
)
def test_a_2xx_that_says_no_is_judged_by_its_own_code_or_as_a_bad_request(
    body: dict[str, Any], kind: type[ApiError], text: str | None
) -> None:
    with pytest.raises(ApiError) as caught:
        WIRE.created(answer(200, body), name=NAME)
    assert type(caught.value) is kind
    assert caught.value.status == 200
    if text is not None:
        assert str(caught.value) == text
    if isinstance(caught.value, UnansweredError):
        assert not caught.value.accepted


@pytest.mark.parametrize("text", ["dncLists is required", "A DNC list must be given", "no do-not-call list"])
def test_a_refusal_that_misses_a_do_not_call_list_says_which_version_has_one(text: str) -> None:
    with pytest.raises(RejectedError) as caught:
        WIRE.created(answer(400, {"message": text}), name=NAME)
    advice = "set KORE_API_VERSION=v2 and fill the column 'DNC list'"
    assert (str(caught.value), caught.value.status) == (f"{text} (HTTP 400); {advice}", 400)


# the campaign list


def test_a_page_of_the_list_is_read_whole() -> None:
    read = page(sample("list-page.json"), limit=2, date="Mon, 30 Mar 2026 12:00:00 GMT")
    assert read.items == (
        Listed(
            CAMPAIGN_ID,
            "Dental recall April",
            "Preparing",
            datetime(2026, 3, 30, 8, 15, 42, 120_000, tzinfo=UTC),
            Shown(frozenset({"recall-2026-04"}), "Agentless", "3", "Recall intake"),
            updated_at=datetime(2026, 3, 30, 8, 15, 42, 120_000, tzinfo=UTC),
        ),
        Listed(
            "cd-77ab013-1111-4222-8333-444455556666",
            "Claims follow-up",
            "Ready",
            datetime(2026, 3, 29, 17, tzinfo=UTC),
            Shown(frozenset({"claims-a", "claims-b"}), "Preview", "5", "Claims"),
        ),
    )
    assert (read.more, read.total, read.server_time) == (True, 8, datetime(2026, 3, 30, 12, tzinfo=UTC))


def test_a_listed_campaign_is_alike_the_body_that_made_it() -> None:
    assert page(sample("list-page.json")).items[0].shown == shown_of(WIRE.body_of(campaign()))


ITEM = {"_id": "cd-1", "name": "One"}


@pytest.mark.parametrize(
    ("signals", "number", "limit", "count", "more"),
    [
        ({"hasMore": False, "totalPages": 1, "totalResults": 2}, 1, 100, 2, False),
        ({"hasMore": True, "totalPages": 1, "totalResults": 2}, 1, 100, 2, True),
        ({"hasMore": False, "totalPages": 2, "totalResults": 2}, 1, 100, 2, True),
        ({"hasMore": False, "totalPages": 1, "totalResults": 3}, 1, 100, 2, True),
        ({"hasMore": False, "totalPages": 3, "totalResults": 5}, 3, 2, 1, False),
        ({"hasMore": False, "totalPages": "2", "totalResults": "2"}, 1, 100, 2, True),
        ({"hasMore": False, "totalPages": "1", "totalResults": "3"}, 1, 100, 2, True),
        ({"hasMore": True, "totalPages": 9, "totalResults": 99}, 2, 100, 0, False),
        ({"hasMore": False}, 1, 2, 2, False),
        ({"hasMore": True}, 1, 100, 2, True),
        ({"hasMore": "yes"}, 1, 100, 2, True),
        ({"hasMore": None, "totalPages": None, "totalResults": True}, 1, 100, 2, True),
        ({"totalPages": [], "totalResults": {}}, 1, 100, 2, True),
        ({"totalPages": "few", "totalResults": "many"}, 1, 100, 2, True),
        ({"totalPages": 1}, 1, 100, 2, False),
        ({"totalResults": 2}, 1, 100, 2, True),  # perhaps it counts this page alone
        ({"totalResults": 2}, 1, 2, 2, True),
        ({"totalResults": 0}, 1, 100, 0, False),
        ({"totalResults": 2, "hasMore": False}, 1, 100, 2, False),
        ({"totalResults": 2, "totalPages": 1}, 1, 100, 2, False),
        ({"totalResults": 3}, 2, 2, 1, False),
        ({"totalResults": 2}, 2, 100, 0, False),
        ({}, 1, 2, 2, True),
        ({}, 1, 100, 2, True),
        ({}, 2, 100, 0, False),
    ],
)
def test_the_walk_goes_on_while_any_signal_says_so_and_the_page_is_not_empty(
    signals: dict[str, object], number: int, limit: int, count: int, *, more: bool
) -> None:
    body = {"status": "success", "data": {"results": [ITEM] * count, **signals}}
    assert page(body, number=number, limit=limit).more is more


def test_what_an_item_does_not_say_is_left_open() -> None:
    [item] = page({"status": "success", "data": {"results": [ITEM]}}).items
    assert item == Listed("cd-1", "One", None, None, Shown(frozenset(), "", "", ""))


@pytest.mark.parametrize(
    ("created_at", "read"),
    [
        ("2026-03-30T08:15:42.120Z", datetime(2026, 3, 30, 8, 15, 42, 120_000, tzinfo=UTC)),
        ("2026-03-30T08:15:42+00:00", datetime(2026, 3, 30, 8, 15, 42, tzinfo=UTC)),
        ("2026-03-30T08:15:42", datetime(2026, 3, 30, 8, 15, 42, tzinfo=UTC)),
        ("yesterday", None),
        (1774858542120, None),
        (None, None),
    ],
)
def test_the_time_of_creation_is_in_utc_or_unknown(created_at: object, read: datetime | None) -> None:
    [item] = page({"data": {"results": [{**ITEM, "createdAt": created_at}]}}).items
    assert item.created_at == read


def test_a_priority_that_comes_as_a_number_is_the_same_priority() -> None:
    [item] = page({"data": {"results": [{**ITEM, "priority": 3}]}}).items
    assert item.shown.priority == "3"


GARBLED: list[object] = [
    b"",
    b"OK",
    b"[]",
    b"{}",
    b'{"status": "success", "data": {"results": [{"_id": "cd',
    {"status": "success"},
    {"status": "success", "data": []},
    {"status": "success", "data": {"results": {}}},
    {"status": "success", "data": {"results": None, "totalResults": 0}},
    {"status": "success", "data": {"results": [{"_id": "cd-1"}]}},
    {"status": "success", "data": {"results": ["One"]}},
    {"status": "success", "data": {"results": [ITEM, None]}},
    {"status": "thinking", "data": {"results": []}},
]


@pytest.mark.parametrize("given", [{}, {"_id": 7}, {"_id": ""}, {"_id": ".."}, {"id": "a\x00b"}, {"_id": "\ud800"}])
def test_a_campaign_without_an_id_that_can_be_used_stands_apart(given: dict[str, object]) -> None:
    results = [ITEM, {**given, "name": "One"}]
    shown = page({"status": "success", "data": {"results": results, "totalResults": 3}}, limit=2)
    assert [item.campaign_id for item in shown.items] == ["cd-1"]
    assert [(item.name, item.mark) for item in shown.without_id] == [("One", "without an id: one")]
    assert (shown.size, shown.more) == (2, True)


@pytest.mark.parametrize("body", GARBLED, ids=repr)
def test_a_page_that_cannot_be_read_whole_is_no_page_and_no_sign_of_trouble(body: object) -> None:
    with pytest.raises(UnansweredError) as caught:
        page(body)
    assert caught.value.status == 200


def test_a_page_that_broke_off_is_no_page() -> None:
    with pytest.raises(UnansweredError):
        WIRE.page(answer(200, sample("list-page.json"), whole=False), number=1, limit=2)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"status": "error", "message": "sortBy.name must be included"}, RejectedError),
        (400, {"message": "sortBy.name must be included"}, RejectedError),
        (401, {}, RefusedError),
        (429, {}, ThrottledError),
        (503, {}, UnansweredError),
        (307, {}, MisdirectedError),
    ],
)
def test_a_refused_page_means_what_a_refused_create_means(status: int, body: object, kind: type[ApiError]) -> None:
    with pytest.raises(ApiError) as caught:
        WIRE.page(answer(status, body), number=1, limit=100)
    assert (type(caught.value), caught.value.status) == (kind, status)


# nothing a server can send breaks the loader

ERROR_KEYS = ["status", "message", "msg", "reason", "customCode", "errors", "error", "code", "failedUserDetails"]
CREATED_KEYS = ["status", "data", "id", "_id", "campId", "name"]
PAGE_KEYS = ["results", "hasMore", "totalPages", "totalResults", "createdAt", "contactLists", "priority", "connection"]
KEYS = st.sampled_from([*ERROR_KEYS, *CREATED_KEYS, *PAGE_KEYS])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["success", "error", "2026-03-30T08:15:42.120Z", "401", "rate limit exceeded", NAME])
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)
BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
STATUS = st.sampled_from([200, 201, 204, 303, 400, 401, 409, 422, 429, 500, 503]) | st.integers(0, 999)
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "date", "content-type"]), st.text(max_size=40))
ANSWER = st.builds(Answer, STATUS, HEADERS, BODIES, st.booleans())
NESTED = [Answer(status, {}, b"[" * deep + b"]" * deep) for status in (200, 400) for deep in (300, 900, 5000)]
NESTED_ITEM = b'{"data": {"results": [{"_id": "1", "name": "a", "contactLists": ' + b"[" * 900 + b"]" * 900 + b"}]}}"


@settings(deadline=None)
@given(ANSWER)
@example(NESTED[0])
@example(NESTED[1])
@example(NESTED[2])
@example(NESTED[3])
@example(NESTED[4])
@example(NESTED[5])
@example(Answer(200, {}, NESTED_ITEM))
@example(Answer(200, {}, b'{"data": {"totalResults": ' + b"9" * 5000 + b"}}"))
def test_whatever_comes_back_has_a_meaning(strange: Answer) -> None:
    with suppress(ApiError):
        WIRE.created(strange, name=NAME)
    with suppress(ApiError):
        WIRE.page(strange, number=1, limit=100)
    assert str(failure(strange))


@settings(deadline=None)
@given(ANSWER.filter(lambda strange: 200 <= strange.status < 300))
def test_no_accepted_create_is_ever_called_not_sent_unless_it_says_so(strange: Answer) -> None:
    try:
        WIRE.created(strange, name=NAME)
    except NotSentError:
        assert b"error" in strange.body or b"fail" in strange.body.lower()
    except ApiError:
        pass
