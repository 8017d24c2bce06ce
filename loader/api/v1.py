"""The API's own words, version 1: paths, bodies, and where an answer has what. No I/O.

Sections named here are those of the API reference.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from loader.api.campaign_fields import in_their_places, shared_values
from loader.api.campaign_status import has_run
from loader.api.json_values import id_of, object_of, text_of, tidy, time_of, whole_of, word_of
from loader.api.messages import Answer, Created, Listed, Page, QueuePage, Request, Shown, Stored, http_date
from loader.api.responses import failure, fields_of, says_no, says_yes
from loader.errors import ApiError, RejectedError, UnansweredError
from loader.model.campaign import Campaign, DialingMode, MachineDetection
from loader.model.inventory import ContactList

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_LISTS_BYTES = 32 << 20  # thousands of them, each with the campaigns that use it


class WireV1:
    """Speaks for one application of one account."""

    version = "v1"

    def __init__(self, *, app_id: str, account_id: str) -> None:
        self._app, self._account = quote(app_id, safe=""), quote(account_id, safe="")
        self.headers: Mapping[str, str] = {
            "iid": app_id,
            "accountId": account_id,
            "Content-Type": "application/json",
        }

    def body_of(self, campaign: Campaign) -> bytes:
        """The body of a create, key for key as in 1.2; the same campaign gives the same bytes."""
        return json.dumps(self.fields(campaign), ensure_ascii=False, allow_nan=False).encode()

    def create(self, body: bytes) -> Request:
        # the page calls the query "sms" in words and `voice` in its samples (9.1)
        return Request("POST", self._target("", campaignType="voice"), body, changes=True)

    def list_page(self, number: int, *, limit: int, newest_first: bool) -> Request:
        """Page `number`, counted from 1. Not filtered by status: that would hide campaigns still `Preparing` (5.1)."""
        body: dict[str, object] = {"type": "voice", "limit": limit, "skip": (number - 1) * limit, "page": number}
        if newest_first:
            body["sortBy"] = {"createdAt": "desc"}
        return Request("POST", self._target("/getAllCampaignDetails"), json.dumps(body).encode())

    def created(self, answer: Answer, *, name: str) -> Created:
        """The new campaign's id, from any of its four documented places (1.3), or what the answer means for its row.

        Raises:
            ApiError: the subclass says what the answer proves.
        """
        fields = object_of(answer.content)
        data = object_of(fields.get("data"))
        ids = [data.get("id"), data.get("_id"), data.get("campId")]
        if not answer.accepted or (says_no(fields) and not any(ids)):
            raise self._advised(failure(answer, name=name))
        echoed = data.get("name")
        if not says_yes(fields):  # whatever it means, the status line said yes
            raise UnansweredError("accepted, but the answer does not say success", status=answer.status, accepted=True)
        if campaign_id := next(filter(None, map(id_of, (*ids, fields.get("id")))), None):
            called = text_of(echoed) if isinstance(echoed, str) else None
            return Created(answer.status, campaign_id, word_of(data.get("status")), called)
        raise UnansweredError("accepted, but the answer names no campaign id", status=answer.status, accepted=True)

    def page(self, answer: Answer, *, number: int, limit: int) -> Page:
        """One page of the campaign list (5.1).

        Raises:
            ApiError: no page, or one that cannot be read whole.
        """
        fields = fields_of(answer)
        data = object_of(fields.get("data"))
        results = data.get("results")
        if not says_yes(fields) or not isinstance(results, list):
            raise UnansweredError("the campaign list came back garbled", status=answer.status)
        shown = [_listed(item, answer.status) for item in results]
        items = tuple(item for item in shown if item.campaign_id)
        has_more = data.get("hasMore")
        total, pages = whole_of(data.get("totalResults")), whole_of(data.get("totalPages"))
        # samples contradict themselves, so no signal alone ends the walk: any that says "more" is believed, and where
        # none can be read only an empty page is the end; a count of what the first page shows may be the page's own
        counts_the_page = number == 1 and total == len(shown)
        more = bool(shown) and (
            has_more is True
            or (pages is not None and number < pages)
            or (total is not None and (number - 1) * limit + len(shown) < total)
            or (total is None and pages is None and has_more is not False)
            or (counts_the_page and pages is None and not isinstance(has_more, bool))
        )
        without_id = tuple(item for item in shown if not item.campaign_id)
        return Page(items, more, total, http_date(answer.headers.get("date", "")), without_id)

    def campaign(self, campaign_id: str) -> Request:
        return Request("GET", self._target(f"/{quote(campaign_id, safe='')}"), b"")

    def stored(self, answer: Answer, *, campaign_id: str) -> Stored:
        """The campaign of this id (5.2).

        Raises:
            ApiError: the answer does not show it; RejectedError with the status 404: there is none.
        """
        data = object_of(fields_of(answer).get("data"))
        if campaign_id not in (data.get("_id"), data.get("id")):
            raise UnansweredError(f"the campaign {campaign_id} came back garbled", status=answer.status)
        return Stored(
            campaign_id,
            text_of(data.get("name")),
            word_of(data.get("status")),
            time_of(data.get("updatedAt")),
            has_run(data),
            tidy(data),
            time_of(data.get("createdAt")),
        )

    def delete(self, campaign_id: str) -> Request:
        # the page prints a wrong placeholder (9.13)
        target = self._target(f"/{quote(campaign_id, safe='')}", campaignType="voice")
        return Request("DELETE", target, b"", changes=True)

    def deleted(self, answer: Answer) -> None:
        """Whatever else the answer says: its status line said that it is done (section 6).

        Raises:
            ApiError: it was not, or nobody knows.
        """
        fields_of(answer)  # it need not have any

    def contact_lists(self, method: str) -> Request:
        """All of them at once. The page says POST and shows a GET (5.4)."""
        body = b"{}" if method == "POST" else b""
        target = self._target("/contactList/getAllListDetails", type="call")
        return Request(method, target, body, _LONGEST_LISTS_BYTES)

    def queues(self, number: int) -> Request:
        """Page `number`, counted from 1; the query is undocumented, and that of the sibling pages (5.5)."""
        return Request("GET", f"/agentassist/api/v1/public/{self._app}/queues{query_of({'page': str(number)})}", b"")

    def listed_contacts(self, answer: Answer) -> tuple[ContactList, ...]:
        """All contact lists (5.4).

        Raises:
            ApiError: the answer shows none, or something else.
        """
        return tuple(
            ContactList(
                name,
                word_of(item.get("status")) or "",
                word_of(item.get("source")) or "",
                whole_of(item.get("totalRecordCount")),
            )
            for name, item in _named(fields_of(answer).get("data"), "contact lists", answer.status)
        )

    def queue_page(self, answer: Answer, *, number: int) -> QueuePage:
        """One page of queues, which has no envelope (5.5).

        Raises:
            ApiError: no page.
        """
        fields = fields_of(answer)
        queues = _named(fields.get("results"), "queues", answer.status)
        pages = whole_of(fields.get("totalPages"))
        more = bool(queues) and (fields.get("hasMore") is True or (pages is not None and number < pages))
        return QueuePage(tuple(name for name, item in queues if item.get("isActive") is not False), more)

    def _advised(self, error: ApiError) -> ApiError:
        """A DNC list is mandatory since 11.20.0, and this version has no field for it (9.5)."""
        if isinstance(error, RejectedError) and re.search(r"\bdnc|do.not.call", str(error), re.IGNORECASE):
            text = f"{error}; set KORE_API_VERSION=v2 and fill the column 'DNC list'"
            return RejectedError(text, status=error.status)
        return error

    def _target(self, below: str, **query: str) -> str:
        """Path and query of what lies `below` the application's campaigns, percent-encoded already."""
        return f"/agentassist/api/v1/public/{self._app}/campaign{below}{query_of(query)}"

    def fields(self, campaign: Campaign) -> dict[str, object]:
        """What a create of it sends."""
        return {**in_their_places(self._values(campaign)), "campaignType": "voice"}

    def _values(self, campaign: Campaign) -> dict[str, object]:
        """By field of the sheet. Machine detection is a boolean in every mode.

        It is switched off outside Agentless since 11.20.0, and still required (section 2).
        """
        agentless = campaign.dialing_mode is DialingMode.AGENTLESS
        detected = agentless and campaign.machine_detection is MachineDetection.YES
        return {**shared_values(campaign), "machine_detection": detected}


def query_of(query: Mapping[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""


def _named(items: object, what: str, status: int) -> list[tuple[str, Mapping[str, object]]]:
    """Items with their names.

    Raises:
        UnansweredError: one has no name, or there is no list of them.
    """
    if isinstance(items, list):
        found = [(text_of(object_of(item).get("name")), object_of(item)) for item in items]
        if all(name for name, _ in found):
            return found
    raise UnansweredError(f"the {what} came back garbled", status=status)


def _listed(item: object, status: int) -> Listed:
    """Voice items carry `_id` in samples and `id` in tables (5.1).

    Raises:
        UnansweredError: the item has no name, so it may be any row's campaign.
    """
    fields = object_of(item)
    campaign_id, name = id_of(fields.get("_id")) or id_of(fields.get("id")) or "", fields.get("name")
    if not isinstance(name, str):
        raise UnansweredError("the campaign list holds an item without a name", status=status)
    lists, priority = fields.get("contactLists"), fields.get("priority")
    return Listed(
        campaign_id,
        text_of(name),
        word_of(fields.get("status")),
        time_of(fields.get("createdAt")),
        Shown(
            frozenset(map(text_of, lists)) if isinstance(lists, list) else frozenset(),
            text_of(fields.get("dialingMode")),
            text_of(str(priority)) if isinstance(priority, int) else text_of(priority),  # a number in one table (9.10)
            text_of(fields.get("connection")),
        ),
        time_of(fields.get("updatedAt")),
        has_run(fields),
    )
