"""All of the API's own words, version 1: paths, field names, answers. No I/O.

Sections named here are those of the API reference.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from loader.api.message import Answer, Created, Listed, Page, Request, Shown
from loader.campaign import Campaign, DialingMode, MachineDetection, Weekday, clock, name_key
from loader.errors import (
    ApiError,
    MisdirectedError,
    NameTakenError,
    NotSentError,
    RefusedError,
    RejectedError,
    ThrottledError,
    UnansweredError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAYS = dict(zip(Weekday, ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))
_LONGEST_PLAIN = 300


class WireV1:
    """Speaks for one application of one account."""

    version = "v1"

    def __init__(self, *, app_id: str, account_id: str) -> None:
        self._campaigns = f"/agentassist/api/v1/public/{quote(app_id, safe='')}/campaign"
        self.headers: Mapping[str, str] = {
            "iid": app_id,
            "accountId": account_id,
            "Content-Type": "application/json",
        }

    def body_of(self, campaign: Campaign) -> bytes:
        """The body of a create, key for key as in 1.2; the same campaign gives the same bytes."""
        return json.dumps(_fields(campaign), ensure_ascii=False, allow_nan=False).encode()

    def create(self, body: bytes) -> Request:
        # the page calls the query "sms" in words and `voice` in its samples (9.1)
        return Request("POST", f"{self._campaigns}?campaignType=voice", body)

    def list_page(self, number: int, *, limit: int, newest_first: bool) -> Request:
        """Page `number`, counted from 1. Not filtered by status: that would hide campaigns still `Preparing` (5.1)."""
        body: dict[str, object] = {"type": "voice", "limit": limit, "skip": (number - 1) * limit, "page": number}
        if newest_first:
            body["sortBy"] = {"createdAt": "desc"}
        return Request("POST", f"{self._campaigns}/getAllCampaignDetails", json.dumps(body).encode())

    def created(self, answer: Answer, *, name: str) -> Created:
        """The new campaign's id, from any of its four documented places (1.3), or what the answer means for its row.

        Raises:
            ApiError: the subclass says what the answer proves.
        """
        content = _content(answer)
        fields: Mapping[str, Any] = content if isinstance(content, dict) else {}
        if not _accepted(answer) or _failed(fields):
            raise failure(answer)
        data = fields.get("data")
        data = data if isinstance(data, dict) else {}
        echoed, status = data.get("name"), data.get("status")
        if isinstance(echoed, str) and name_key(echoed) != name_key(name):
            raise UnansweredError("the answer is about another campaign", status=answer.status, accepted=True)
        for campaign_id in (data.get("id"), data.get("_id"), data.get("campId"), fields.get("id")):
            if isinstance(campaign_id, str) and campaign_id:
                return Created(answer.status, campaign_id, status if isinstance(status, str) else None)
        raise UnansweredError("accepted, but the answer names no campaign id", status=answer.status, accepted=True)

    def page(self, answer: Answer, *, number: int, limit: int) -> Page:
        """One page of the campaign list (5.1).

        Raises:
            ApiError: no page, or one that cannot be read whole.
        """
        content = _content(answer)
        if not _accepted(answer) or (isinstance(content, dict) and _failed(content)):
            raise failure(answer)
        data = content.get("data") if isinstance(content, dict) else None
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(results, list):
            raise UnansweredError("the campaign list came back garbled", status=answer.status)
        items = tuple(_listed(item) for item in results)
        total, pages = _whole(data.get("totalResults")), _whole(data.get("totalPages"))
        # samples contradict themselves, so no signal alone ends the walk: any that says "more" is believed
        more = bool(items) and (
            data.get("hasMore") is True
            or (pages is not None and number < pages)
            or (total is not None and (number - 1) * limit + len(items) < total)
            or (total is None and pages is None and "hasMore" not in data and len(items) >= limit)
        )
        return Page(items, more, total, _date(answer.headers.get("date", "")))


def shown(body: bytes) -> Shown:
    """What the campaign list will show of the campaign created by this body."""
    fields = json.loads(body)
    return Shown(
        frozenset(fields["contactLists"]),
        fields["dialingMode"],
        fields["priority"],
        fields.get("experienceFlowName") or fields.get("queue_name") or "",
    )


def failure(answer: Answer) -> ApiError:
    """What an answer that is no success proves (8.2 and 8.3; statuses by RFC 9110)."""
    content = _content(answer)
    reason = _reason(content) if content is not None else _plain(answer.body)
    status = answer.status
    if _accepted(answer):  # a failure in an accepted envelope: its own code counts
        status = _code(content) or 400
    text = f"{reason} (HTTP {answer.status})" if reason else f"HTTP {answer.status} without a reason"
    return _sorted(status, reason.lower(), text, answer)


_LIMIT = re.compile(
    r"exceeded the [a-z-]+ rate limit|rate limit (is |was |has been )?(exceeded|reached)|too many requests"
)
_AUTHORIZATION = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authori[sz]ation|permission|forbidden|access denied")
_TAKEN = re.compile(r"already (exists|in use|taken|used)|duplicate (campaign )?name|name must be unique")
_NEVER_PROCESSED = frozenset({423, 424, 425})
_WRONG_PLACE = frozenset({301, 302, 307, 308, 501, 505, 507, 508, 511})


def _sorted(status: int, reason: str, text: str, answer: Answer) -> ApiError:  # noqa: PLR0911 - one line a verdict
    said = answer.status
    if status == 429 or _LIMIT.search(reason):  # noqa: PLR2004
        return ThrottledError(text, status=said, retry_after=retry_after(answer.headers))
    if status in (401, 403) or (status == 400 and _AUTHORIZATION.search(reason)):  # noqa: PLR2004
        return RefusedError(text, status=said)
    if status in _NEVER_PROCESSED:
        return NotSentError(text, status=said)
    if status in _WRONG_PLACE:
        return MisdirectedError(f"this is not the campaign API: {text}", status=said)
    if status == 409 or (status in (400, 422) and _TAKEN.search(reason)):  # noqa: PLR2004
        return NameTakenError(text, status=said)
    # 408 is misused by gateways, 303 is what follows a POST that was done; a 5xx says nothing about the row
    if 400 <= status < 500 and status != 408:  # noqa: PLR2004
        return RejectedError(text, status=said)
    return UnansweredError(text, status=said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After: a number, sloppy or not, or a date in any form, taken relative to `Date`.

    None where it cannot be understood (RFC 9110, 10.2.3).
    """
    text = headers.get("retry-after", "").strip()
    numbers = [part.strip() for part in text.split(",")]
    if text.isascii() and all(re.fullmatch(r"\+?[0-9]+(\.[0-9]*)?", number) for number in numbers):
        return max(float(number) for number in numbers)
    if (until := _date(text)) is None:
        return None
    return max(0.0, (until - (_date(headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _fields(campaign: Campaign) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": campaign.name,
        "description": campaign.description,
        "contactLists": list(campaign.contact_lists),
        "priority": str(campaign.priority),
        "dialingMode": campaign.dialing_mode.value,
        "dialingStrategy": {
            "callerId": {"phoneNumber": campaign.caller_id},
            "callingHours": {
                "frequency": campaign.frequency.value,
                "timezone": campaign.timezone,
                "days": [
                    {"day": _DAYS[day], "start": clock(window.start), "end": clock(window.end)}
                    for day, windows in campaign.calling_hours.items()
                    for window in windows
                ],
            },
            "dialingOrder": campaign.dialing_order.value,
            "maxAttemptsPerRecord": campaign.max_attempts,
            "defaultRetryPeriod": campaign.retry_period,
            "maxRingTime": campaign.max_ring_time,
        },
        # in every sample and never in the table; without it a campaign might start at once (9.3)
        "schedule": {"isSchedulingEnabled": False},
    }
    if campaign.dialing_mode is DialingMode.AGENTLESS:
        fields["experienceFlowName"] = campaign.experience_flow
        fields["enableMachineDetect"] = campaign.machine_detection is MachineDetection.YES
    else:
        fields["queue_name"] = campaign.queue
        # switched off for these modes since 11.20.0, and still a required field (section 2)
        fields["enableMachineDetect"] = False
    if campaign.dialing_mode is DialingMode.PREVIEW:
        fields["maxSkips"] = campaign.max_skips
    fields["campaignType"] = "voice"
    return fields


def _listed(item: object) -> Listed:
    """Voice items carry `_id` in samples and `id` in tables (5.1).

    Raises:
        UnansweredError: the item has no id or no name, so the page says less than it seems to.
    """
    fields: Mapping[str, Any] = item if isinstance(item, dict) else {}
    campaign_id, name = fields.get("_id") or fields.get("id"), fields.get("name")
    if not isinstance(campaign_id, str) or not isinstance(name, str):
        raise UnansweredError("the campaign list holds an item without an id or a name")
    lists, status = fields.get("contactLists"), fields.get("status")
    return Listed(
        campaign_id,
        name,
        status if isinstance(status, str) else None,
        _timestamp(fields.get("createdAt")),
        Shown(
            frozenset(str(entry) for entry in lists) if isinstance(lists, list) else frozenset(),
            str(fields.get("dialingMode", "")),
            str(fields.get("priority", "")),
            str(fields.get("connection", "")),
        ),
    )


def _timestamp(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _content(answer: Answer) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(answer.body) if answer.whole else None
    except (ValueError, RecursionError):
        return None


def _accepted(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004


def _failed(content: Mapping[str, Any]) -> bool:
    """Anything but success is a failure (9.14)."""
    return bool(content.get("errors")) or str(content.get("status", "success")).lower() != "success"


def _code(content: object) -> int | None:
    errors = content.get("errors") if isinstance(content, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = _whole(first.get("code"))
    return code if code is not None and 400 <= code < 600 else None  # noqa: PLR2004


def _whole(value: object) -> int | None:
    """A whole number, also one that comes as text."""
    try:
        return None if isinstance(value, bool) else int(str(value))
    except ValueError:
        return None


def _reason(content: object) -> str:
    """The sentence in an error answer, in any shape of 8.2; "" where there is none."""
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, list):
        return "; ".join(filter(None, map(_reason, content)))
    if not isinstance(content, dict):
        return ""
    for key in ("errors", "error", "message", "msg", "reason", "customCode"):
        if text := _reason(content.get(key)):
            return text
    return ""


def _plain(body: bytes) -> str:
    """The readable part of an answer that is no JSON: a gateway's HTML, or plain text."""
    text = body[:65536].decode(errors="replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        text = title[1]
    line = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return line if len(line) <= _LONGEST_PLAIN else f"{line[:_LONGEST_PLAIN]}..."
