"""Whatever the server writes (any code point, half a surrogate, NUL, 10 MB) can be shown, kept and compared."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loader.api.campaign_diff import between, from_sent
from loader.api.json_values import LONGEST_ID, LONGEST_TEXT, id_of, time_of
from loader.api.responses import failure
from loader.errors import ApiError, UnansweredError
from loader.planning.plan import RunOptions
from tests.api.samples import NAME, WIRE, answer, campaign
from tests.load_runs import end_of, ends
from tests.own_server import own_server, said
from tests.sheets import read_results, row

if TYPE_CHECKING:
    from loader.storage.journal import Journal
    from tests.conftest import Load, MakeWorkbook

TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBJZCI6ImNzLTEifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
EVERY_CODE_POINT = st.text(st.characters(exclude_categories=()), max_size=40)
HOSTILE = [
    "\ud800",
    "a\udfffb",
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "\u202eevil",
    "\ufffe\uffff",
    "x" * 10_000_000,
    "\U000e0001",
]


def kept(text: str) -> None:
    """A text can be stored by any database, and encoded for any terminal or file."""
    assert "\x00" not in text
    text.encode()


def every_text(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for it in pair for text in every_text(it)]
        case list() | tuple() | frozenset() | set():
            return [text for it in value for text in every_text(it)]
    names = getattr(value, "__slots__", ())
    return [text for name in names for text in every_text(getattr(value, name))]


# sentences


@given(EVERY_CODE_POINT)
def test_a_reason_of_any_code_points_becomes_a_line_that_can_be_shown_and_kept(text: str) -> None:
    for body in ({"message": text}, {"errors": [{"msg": text}]}, {text: text}):
        said = str(failure(answer(400, body)))
        assert said.isprintable()
        kept(said)


@given(st.binary(max_size=60))
def test_a_reason_of_any_bytes_becomes_a_line_that_can_be_shown_and_kept(body: bytes) -> None:
    said = str(failure(answer(502, body)))
    assert said.isprintable()
    kept(said)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 409, 429, 500, 502])
def test_a_hostile_reason_is_one_short_line_in_every_status(status: int, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        WIRE.created(answer(status, {"status": "error", "errors": [{"msg": text}], "message": text}), name=NAME)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 1200
    kept(said)


def test_a_long_reason_is_cut_visibly() -> None:
    assert str(failure(answer(400, {"message": "x" * 5000}))) == f"{'x' * 1000}... (HTTP 400)"


@pytest.mark.parametrize("filler", ["", "x" * 990, "x" * 4080])
def test_a_token_in_a_reason_is_masked_also_where_the_reason_is_cut(filler: str) -> None:
    said = str(failure(answer(401, {"message": f"{filler} bad token {TOKEN}"})))
    assert "eyJ" not in said
    assert "eyJ" not in str(failure(answer(502, f"<title>{filler} {TOKEN}</title>".encode())))


# what is compared, kept and shown


def of_the_list(**fields: object) -> Any:  # noqa: ANN401
    item = {"_id": "cd-1", "name": "A", "status": "Ready", "contactLists": ["vip"], "dialingMode": "Agentless"}
    page = {"status": "success", "data": {"results": [item | fields], "hasMore": False}}
    return WIRE.page(answer(200, page), number=1, limit=100).items[0]


FIELDS = ("name", "status", "dialingMode", "priority", "connection", "createdAt", "updatedAt", "campaignInstanceId")


@given(EVERY_CODE_POINT, st.sampled_from(FIELDS))
def test_a_campaign_of_the_list_can_be_kept_whatever_a_field_holds(text: str, field: str) -> None:
    for told in every_text(of_the_list(**{field: text, "contactLists": [text]})):
        kept(told)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_bounded_wherever_they_stand(text: str) -> None:
    listed = of_the_list(**dict.fromkeys(FIELDS, text), contactLists=[text, text + "2"])
    data = {"_id": "cd-1", "name": text, "status": text, text: {text: [text]}, "updatedAt": text, "description": text}
    stored = WIRE.stored(answer(200, {"status": "success", "data": data}), campaign_id="cd-1")
    contacts = WIRE.listed_contacts(answer(200, {"data": [{"name": text, "status": text, "source": text}]}))
    queues = WIRE.queue_page(answer(200, {"results": [{"name": text}]}), number=1)
    for told in every_text([listed, stored, contacts, queues]):
        kept(told)
        assert len(told) <= LONGEST_TEXT + 3
    found = between({"description": "Words"}, stored.fields)
    assert all(len(it.theirs) <= LONGEST_TEXT + 3 for it in found)


def test_a_name_with_every_letter_a_sheet_may_hold_comes_back_as_it_was_sent() -> None:
    for name in (
        "Zo\u00eb \U0001f469\u200d\U0001f4bb",
        "a\u200bb",
        "eyJhbGciOiJI.b.c",
        "= 1+1",
        "x" * 48,
        "\u0645\u200c\u06cc",
    ):
        assert of_the_list(name=name, connection=name, contactLists=[name]).name == name
        assert of_the_list(connection=name).shown.connection == name
        assert of_the_list(contactLists=[name]).shown.contact_lists == {name}


def test_a_token_is_masked_in_whatever_the_list_shows() -> None:
    listed = of_the_list(**dict.fromkeys(FIELDS, f"a {TOKEN}"), contactLists=[TOKEN])
    assert [text for text in every_text(listed) if "eyJ" in text] == []


def test_a_description_keeps_its_line_breaks_so_that_it_is_the_same_as_was_sent() -> None:
    body = json.loads(WIRE.body_of(campaign(description="One\n\tTwo")))
    read = WIRE.stored(answer(200, {"data": {**body, "_id": "cd-1"}}), campaign_id="cd-1")
    assert from_sent(body, read.fields) == []


def test_values_nested_without_end_cost_no_stack() -> None:
    deep = b'{"data": {"_id": "cd-1", "description": ' + b"[" * 900 + b"]" * 900 + b"}}"
    read = WIRE.stored(answer(200, deep), campaign_id="cd-1")
    assert len(between({"description": "Words"}, read.fields)[0].theirs) <= LONGEST_TEXT + 3


# ids


@pytest.mark.parametrize("text", ["", "\ud800", "a\udfff", "a\x00b", "x" * (LONGEST_ID + 1), ".", "..", 7, None, ["a"]])
def test_an_id_that_cannot_be_kept_or_sent_is_no_id(text: object) -> None:
    assert id_of(text) is None
    with pytest.raises(UnansweredError) as caught:
        WIRE.created(answer(200, {"status": "success", "data": {"id": text}}), name=NAME)
    assert caught.value.accepted


@given(EVERY_CODE_POINT)
def test_an_id_is_kept_and_sent_as_it_came(text: str) -> None:
    if (campaign_id := id_of(text)) is None:
        assert text in ("", ".", "..") or "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    assert WIRE.created(answer(200, {"status": "success", "data": {"id": text}}), name=NAME).campaign_id == text
    assert of_the_list(_id=text).campaign_id == text
    assert campaign_id == text


@pytest.mark.parametrize(
    "campaign_id",
    ["a/b", "a%2Fb", "a b", "%41", "?x=1#y", "Zo\u00eb", "a\nb", "+", "\u202e", "a/../b", "/..", "x" * 200],
)
async def test_an_odd_id_reaches_the_server_as_it_came(
    campaign_id: str, load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        server.ids = lambda: campaign_id
        report = await load(make_workbook(["A"]), server.url, options={"canary": 1})
    assert (ends(report), report.exit_code) == ({"A": "Created"}, 0)
    assert end_of(report, "A").campaign_id == campaign_id
    assert read_results(report.results)[0]["Campaign ID"].replace("_x000A_", "\n") == campaign_id
    assert server.asked == {"list": 2, "create": 1, "get": 1}


# times


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    ],
)
def test_a_time_outside_of_what_can_be_kept_is_none(text: str) -> None:
    assert time_of(text) is None
    assert of_the_list(createdAt=text, updatedAt=text).updated_at is None


@given(st.datetimes(timezones=st.timezones() | st.none()))
@example(datetime(1999, 10, 31, 1, tzinfo=ZoneInfo("America/Atka")))  # there are two of it
def test_a_time_that_is_read_comes_back_from_the_journal_as_it_was(at: datetime) -> None:
    read = time_of(at.isoformat())
    if read is not None:
        assert datetime.fromtimestamp(read.timestamp(), UTC) == read
        # as it was written: an hour that there is twice equals none of another zone
        assert read == datetime.fromisoformat((at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat())


@given(EVERY_CODE_POINT | st.from_regex(r"[0-9T:+. GMTZ,-]{0,40}"))
def test_any_date_header_and_any_retry_after_can_be_read(text: str) -> None:
    page: dict[str, Any] = {"data": {"results": []}}
    assert WIRE.page(answer(200, page, date=text), number=1, limit=100).items == ()
    assert "429" in str(failure(answer(429, b"", retry_after=text, date=text)))


# windows


def test_windows_in_another_order_are_the_same_windows() -> None:
    body = json.loads(WIRE.body_of(campaign()))
    days = body["dialingStrategy"]["callingHours"]["days"]
    assert len(days) == 2
    turned = {**body, "dialingStrategy": {**body["dialingStrategy"]}}
    turned["dialingStrategy"]["callingHours"] = {**body["dialingStrategy"]["callingHours"], "days": days[::-1]}
    assert between(body, turned) == []
    turned["dialingStrategy"]["callingHours"]["days"] = days[:1]
    [found] = between(body, turned)
    assert (found.ours, found.theirs) == ("10:15 AM - 12:45 PM; 2:00 PM - 5:30 PM", "10:15 AM - 12:45 PM")


# whole loads


TEXTS = {
    "half a surrogate": b'{"message": "bad \\ud800 name"}',
    "half a surrogate in bytes": b'{"message": "bad \xed\xa0\x80 name"}',
    "NUL": b'{"message": "bad \\u0000 name"}',
    "not UTF-8": b'{"message": "bad \xff name"}',
    "a terminal's commands": b'{"message": "\\u001b[2J\\u009b31m bad name"}',
    "10 MB": b'{"message": "' + b"bad name " * 1_111_111 + b'"}',
}


@pytest.mark.parametrize("body", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("status", [400, 500])
async def test_a_sheet_is_finished_whatever_the_server_says(
    status: int, body: bytes, load: Load, make_workbook: MakeWorkbook
) -> None:
    rest = [body]

    def refused_once(asked: dict[str, Any]) -> object:
        return said(status, rest.pop()) if asked["name"] == "B" and rest else None

    sheet = make_workbook(["A", "B", "C"])
    async with own_server() as server:
        server.create = refused_once
        report = await load(sheet, server.url, timeout_seconds=2)
        assert ends(report)["A"] == ends(report)["C"] == "Created"
        assert len(read_results(report.results)) == 3
        again = await load(sheet, server.url, run_options=RunOptions(retry_rejected=True))
    assert ends(again) == {"A": "Created", "B": "Created", "C": "Created"}
    assert len(read_results(again.results)) == 3
    assert server.names() == ["A", "B", "C"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "\ud800", 7])
async def test_a_journal_stays_of_use_whatever_times_the_server_tells(
    text: object, load: Load, make_workbook: MakeWorkbook, journal: Journal
) -> None:
    sheet = make_workbook(["A", "B"])
    async with own_server() as server:
        server.dress = lambda shown: {**shown, "createdAt": text, "updatedAt": text}
        report = await load(sheet, server.url, options={"canary": 1}, verify_seconds=1)
        assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Created"}, 0)
        again = await load(sheet, server.url)
    assert (ends(again), again.exit_code) == ({"A": "Created", "B": "Created"}, 0)
    assert [it.updated_at for it in journal.records(report.run.application).values()] == [None, None]


@pytest.mark.parametrize("text", ["\ud800", "\x00", "a" * 100_000, "\x1b[2J"])
async def test_a_foreign_campaign_of_any_name_keeps_nobody_from_loading(
    text: str, load: Load, make_workbook: MakeWorkbook
) -> None:
    async with own_server() as server:
        server.store({"name": text, "contactLists": [text], "experienceFlowName": text, "dialingMode": text}, "cd-f")
        report = await load(make_workbook(["A"]), server.url, options={"canary": 1}, verify_seconds=1)
    assert (ends(report), report.exit_code) == ({"A": "Created"}, 0)


async def test_windows_kept_in_another_order_do_not_stop_the_run(load: Load, make_workbook: MakeWorkbook) -> None:
    def turned(shown: dict[str, Any]) -> dict[str, Any]:
        hours = shown["dialingStrategy"]["callingHours"]
        return {
            **shown,
            "dialingStrategy": {**shown["dialingStrategy"], "callingHours": {**hours, "days": hours["days"][::-1]}},
        }

    async with own_server() as server:
        server.dress = turned
        sheet = make_workbook([row("A", Monday="9:00 AM - 12:00 PM; 1:00 PM - 6:00 PM"), row("B")])
        report = await load(sheet, server.url, options={"canary": 1})
    assert (ends(report), report.exit_code) == ({"A": "Created", "B": "Created"}, 0)
