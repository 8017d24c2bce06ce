"""Answers as bytes, the ways in which an answer can be spoiled, and the endings that a web framework does not offer."""

import json
import re
import socket
import struct
import time
from collections.abc import Iterable
from email.utils import formatdate

from aiohttp import web
from multidict import CIMultiDict

_ID_KEYS = frozenset({"id", "_id", "campId"})
_JSON = json.JSONEncoder(separators=(",", ":"))
_DATE = re.compile(r"date([+-]\d+)")


def reply(status: int, body: str, *, content_type: str = "application/json") -> web.Response:
    headers = {"Content-Type": f"{content_type}; charset=utf-8"}
    return web.Response(status=status, body=body.encode(), headers=headers)


def json_reply(status: int, value: object) -> web.Response:
    return reply(status, _JSON.encode(value))


def refusal(status: int, *reasons: str) -> web.Response:
    """Answer in the error shape documented for rejected tokens (reference 8.2); the campaign pages document none."""
    return json_reply(status, {"errors": [{"msg": reason, "code": status} for reason in reasons]})


def with_retry_after(response: web.Response, values: Iterable[str]) -> web.Response:
    """Add one header for each text, as it is; `date+30` becomes the HTTP-date 30 seconds from now."""
    headers = CIMultiDict(response.headers)
    for value in values:
        ahead = _DATE.fullmatch(value)
        headers.add("Retry-After", formatdate(time.time() + int(ahead[1]), usegmt=True) if ahead else value)
    return web.Response(status=response.status, body=response.body, headers=headers)


def without_ids(response: web.Response) -> web.Response:
    return json_reply(response.status, _stripped(json.loads(bytes_of(response))))


def cut_in_half(response: web.Response) -> web.Response:
    """Half of the JSON, with the length of the half: a whole answer that is not JSON."""
    body = bytes_of(response)
    headers = {"Content-Type": response.headers["Content-Type"]}
    return web.Response(status=response.status, body=body[: len(body) // 2], headers=headers)


def emptied(response: web.Response) -> web.Response:
    return web.Response(status=response.status, headers={"Content-Type": response.headers["Content-Type"]})


def bytes_of(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


def _stripped(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stripped(entry) for key, entry in value.items() if key not in _ID_KEYS}
    return [_stripped(entry) for entry in value] if isinstance(value, list) else value


# on, and no time to linger: closing sends RST and forgets what was not read or sent
_LINGER_NOT = struct.pack("ii", 1, 0)


def ended(request: web.Request, *, reset: bool = False) -> web.Response:
    """End the connection with FIN or RST. The returned response can no longer be sent; aiohttp drops it quietly."""
    transport = request.transport
    if transport is None:  # the client was quicker
        return web.Response()
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    else:
        transport.close()
    return web.Response()


async def truncated(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Send the head, half of the body it promises, and FIN."""
    body = bytes_of(response)
    headers = {"Content-Type": response.headers["Content-Type"], "Content-Length": str(len(body))}
    part = web.StreamResponse(status=response.status, headers=headers)
    try:
        await part.prepare(request)
        await part.write(body[: len(body) // 2])
    except ConnectionError:  # the client was quicker
        return ended(request)
    ended(request)
    return part
