"""Every kind of fault by its name, with the keys it takes and their defaults; fault_rules.py says what they do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiohttp import web

from loader.sandbox.faults import Afterwards, Ending, Fault, altered, spelling, stuck, vanishing
from loader.sandbox.http import cut_in_half, emptied, refusal, reply, with_retry_after, without_ids
from loader.sandbox.json_schema import JsonObject

Keys = JsonObject
Alter = Callable[[web.Response], web.Response]

_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_RATE_TEXT = "account exceeded the per-minute rate limit of 60 requests"
_REFUSALS = {
    401: "auth: JWT is not valid",
    403: "the JWT app lacks the scope Campaign Management",
    404: "not found",
    409: "name is taken by another campaign",
}


@dataclass(frozen=True, slots=True)
class Kind:
    keys: Keys
    """The keys a rule may give, with their defaults; a given value has the type of its default (any, if None)."""
    build: Callable[[str, Keys], Fault]


def fault(kind: str, **keys: object) -> Fault:
    """Build a fault from keys already known to be right."""
    return KINDS[kind].build(kind, {**KINDS[kind].keys, **keys})


def survivable(seconds: float) -> tuple[tuple[Fault, ...], ...]:
    """Return, kind by kind, the faults a run must get over by itself.

    Left out are those that rightly end a run or a row: 401, 403, 404, 409, other refusals, redirects; and what happens
    to campaigns behind the back of whoever created them.
    """
    either = (False, True)
    return (
        *((fault(kind),) for kind in KINDS if kind.startswith(("close-", "reset-"))),
        *((fault(kind, seconds=seconds),) for kind in ("hang-before-creating", "hang-after-creating")),
        *((fault(kind, seconds=seconds),) for kind in ("slow", "slow-to-create")),
        tuple(fault("rate-limited", retry_after=text) for text in ("", "1", "1.5", "-3", "soon", "date+2")),
        tuple(fault("rate-limit-text", status=status) for status in (200, 400)),
        *(
            tuple(fault("server-error", status=status, created=created) for created in either)
            for status in (500, 502, 503, 504)
        ),
        # a server that said yes and did nothing leaves a row for a person: no run gets over that by itself
        *((fault(kind, created=True),) for kind in SPOILED),
    )


def _cut(ending: Ending, *, reads: bool = True, carries_out: bool = False) -> Kind:
    return Kind({}, lambda kind, _: Fault(kind, ending, reads=reads, carries_out=carries_out))


def _hang(*, carries_out: bool) -> Kind:
    return Kind(
        {"seconds": 60.0},
        lambda kind, keys: Fault(kind, Ending.CLOSE, carries_out=carries_out, wait_after=keys["seconds"]),
    )


def _spoiled(alter: Alter | None, ending: Ending = Ending.ANSWER) -> Kind:
    return Kind({"created": True}, lambda kind, keys: Fault(kind, ending, carries_out=keys["created"], altered=alter))


def _answering(keys: Keys, respond: Callable[[Keys], web.Response]) -> Kind:
    """Answer something of our own, after carrying the request out if the rule says so."""

    def build(kind: str, given: Keys) -> Fault:
        values = list(_texts(given.get("retry_after", "")))
        return Fault(
            kind,
            carries_out=given.get("created", False),
            altered=lambda _: with_retry_after(respond(given), values),
        )

    return Kind(keys, build)


def _behind_the_back(keys: Keys, afterwards: Callable[[Keys], Afterwards]) -> Kind:
    """Create, and answer as if nothing was the matter."""
    return Kind(keys, lambda kind, given: Fault(kind, carries_out=True, afterwards=afterwards(given)))


def _stored_otherwise(kind: str, keys: Keys) -> Fault:
    return Fault(kind, carries_out=True, spelling=spelling(keys["how"], keys["length"]))


def _texts(value: str | list[str]) -> Iterator[str]:
    if isinstance(value, list):
        yield from value
    elif value:
        yield value


def _server_error(keys: Keys) -> web.Response:
    if keys["status"] == 502:  # noqa: PLR2004  a proxy's answer, so a proxy's page
        return reply(502, _GATEWAY_PAGE, content_type="text/html")
    return refusal(keys["status"], "the request could not be completed")


def _refused(keys: Keys) -> web.Response:
    return refusal(keys["status"], _REFUSALS.get(keys["status"], "the request is not valid"))


def _own(keys: Keys) -> web.Response:
    return reply(keys["status"], keys["body"], content_type=keys["content_type"])


def _redirect(keys: Keys) -> web.Response:
    return web.Response(status=keys["status"], headers={"Location": keys["location"]})


SPOILED: dict[str, Kind] = {
    "no-id": _spoiled(without_ids),
    "garbled": _spoiled(cut_in_half),
    "empty": _spoiled(emptied),
    "truncated": _spoiled(None, Ending.TRUNCATE),
}

CREATES_ONLY: dict[str, Kind] = {
    "alter": _behind_the_back({"field": "", "value": None}, lambda keys: altered(keys["field"], keys["value"])),
    "vanish": _behind_the_back({"seconds": 0.0}, lambda keys: vanishing(keys["seconds"])),
    "stuck": _behind_the_back({}, lambda _: stuck()),
    "rename": Kind({"how": "escape", "length": 30}, _stored_otherwise),
}

KINDS: dict[str, Kind] = {
    "close-before-reading": _cut(Ending.CLOSE, reads=False),
    "reset-before-reading": _cut(Ending.RESET, reads=False),
    "close-after-reading": _cut(Ending.CLOSE),
    "reset-after-reading": _cut(Ending.RESET),
    "close-after-creating": _cut(Ending.CLOSE, carries_out=True),
    "reset-after-creating": _cut(Ending.RESET, carries_out=True),
    "hang-before-creating": _hang(carries_out=False),
    "hang-after-creating": _hang(carries_out=True),
    "slow": Kind({"seconds": 1.0}, lambda kind, keys: Fault(kind, carries_out=True, wait_after=keys["seconds"])),
    "slow-to-create": Kind(
        {"seconds": 1.0}, lambda kind, keys: Fault(kind, carries_out=True, wait_before=keys["seconds"])
    ),
    "rate-limited": _answering({"retry_after": ""}, lambda _: refusal(429, _RATE_TEXT)),
    "rate-limit-text": _answering({"status": 400}, lambda keys: refusal(keys["status"], _RATE_TEXT)),
    "server-error": _answering({"status": 500, "created": False, "retry_after": ""}, _server_error),
    **SPOILED,
    "refused": _answering({"status": 400}, _refused),
    "redirect": _answering({"status": 307, "location": "/elsewhere", "created": False}, _redirect),
    "answer": _answering(
        {"status": 200, "body": "", "content_type": "application/json", "created": False, "retry_after": ""}, _own
    ),
    **CREATES_ONLY,
}
