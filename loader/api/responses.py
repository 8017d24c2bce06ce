"""Whether an answer says yes, and what one proves that does not: the same in both versions and for every call.

Sections named here are those of the API reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loader.api.json_values import line_of, object_of, text_of, whole_of
from loader.api.messages import retry_after
from loader.errors import (
    MisdirectedError,
    NameTakenError,
    NotAllowedError,
    NotSentError,
    RefusedError,
    RejectedError,
    ThrottledError,
    UnansweredError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.api.messages import Answer
    from loader.errors import ApiError

_LONGEST_PLAIN = 300
# so much of a reason is searched: searching a page takes time with the square of this
_LONGEST_HEAD = 4096


def fields_of(answer: Answer) -> Mapping[str, object]:
    """The fields of a success.

    Raises:
        ApiError: it is none; the subclass says what it proves.
    """
    fields = object_of(answer.content)
    if not answer.accepted or says_no(fields):
        raise failure(answer)
    return fields


def says_no(fields: Mapping[str, object]) -> bool:
    """In one of the documented forms (1.3, 8.1)."""
    return bool(fields.get("errors")) or text_of(fields.get("status")).lower() in ("error", "failure", "failed")


def says_yes(fields: Mapping[str, object]) -> bool:
    """Some answers of the API have no status at all (8.2)."""
    return not says_no(fields) and text_of(fields.get("status", "success")).lower() == "success"


def failure(answer: Answer, *, name: str = "") -> ApiError:
    """What an answer that is no success proves (8.2 and 8.3; statuses by RFC 9110).

    `name`: the campaign's; where the answer repeats it, its words are not the server's.
    """
    content = answer.content
    reason = _reason(content)[:_LONGEST_HEAD] or ("" if content in ({}, []) else _plain(answer.body))
    status, code = answer.status, _code(content)
    if answer.accepted:  # a failure in an accepted envelope: its own code counts
        status = code or 400
    elif status == 400 and code in (401, 403):  # noqa: PLR2004 - a token refused, in a gateway's words
        status = code
    line = line_of(reason)
    text = f"{line} (HTTP {answer.status})" if line else f"HTTP {answer.status} without a reason"
    return _sorted(status, _without(name, reason).lower(), text, answer)


def _without(name: str, text: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE) if name else text


_LIMIT = re.compile(
    r"(exceeded|reached|hit) (the |your |its )?([a-z-]+ )?rate limit"
    r"|rate limit (is |was |has been )?(exceeded|reached)|too many requests"
)
# phrases, not words: a contact list may well be called "permission"
_AUTHORIZATION = re.compile(
    r"not (authori[sz]ed|permitted|allowed to)|unauthori[sz]ed|access denied|forbidden"
    r"|(authori[sz]ation|permission) (is |was )?(failed|denied|required|missing|error)"
    r"|(no|without|insufficient|lacks?|missing|not have)( the| any)?( required)? (authori[sz]ation|permission)"
)
_TAKEN = re.compile(r"already (exists|in use|taken|used)|taken by|duplicate|(must|has to|should) be unique|not unique")
_NEVER_PROCESSED = frozenset({423, 424, 425})
_WRONG_PLACE = frozenset({301, 302, 307, 308, 501, 505, 507, 508, 511})


def _sorted(status: int, reason: str, text: str, answer: Answer) -> ApiError:  # noqa: PLR0911 - one line for each error
    said = answer.status
    if status == 429 or _LIMIT.search(reason):  # noqa: PLR2004
        return ThrottledError(text, status=said, retry_after=retry_after(answer.headers))
    if status == 401:  # noqa: PLR2004
        return RefusedError(text, status=said)
    if status == 403 or (status == 400 and _AUTHORIZATION.search(reason)):  # noqa: PLR2004
        return NotAllowedError(text, status=said)
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


def _code(content: object) -> int | None:
    errors = object_of(content).get("errors")
    code = whole_of(object_of(errors[0] if isinstance(errors, list) and errors else errors).get("code"))
    return code if code is not None and 400 <= code < 600 else None  # noqa: PLR2004


# where a sentence stands in the documented shapes, the most telling first; the last ones hold others
_REASONS = ("errors", "error", "message", "msg", "reason", "customCode", "failedUserDetails", "userInfo", "data")
_DEEPEST = 8


def _reason(content: object, depth: int = 0) -> str:
    """The sentence in an error answer, in any shape of 8.2; "" where there is none."""
    if isinstance(content, str):
        return content.strip()
    if depth == _DEEPEST:
        return ""
    if isinstance(content, list):
        return "; ".join(filter(None, (_reason(entry, depth + 1) for entry in content)))
    if isinstance(content, dict):
        for key in _REASONS:
            if text := _reason(content.get(key), depth + 1):
                return text
    return ""


def _plain(body: bytes) -> str:
    """The readable part of an answer that is no JSON: a gateway's HTML, or plain text."""
    text = body[:_LONGEST_HEAD].decode(errors="replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        text = title[1]
    return line_of(re.sub(r"<[^>]*>", " ", text), _LONGEST_PLAIN)
