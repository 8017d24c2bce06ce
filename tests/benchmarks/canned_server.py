"""A server that costs next to nothing: every create gets an id, the campaign list is empty, all else is not there.

    python canned_server.py      prints its address

It answers what a sender's speed is measured against. `GET /rate` tells, as two numbers, how many creates came in and
how many seconds lay between the first and the last, and starts counting anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
import sys
import time
from typing import cast

_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
_NAME = re.compile(rb'"name": *("[^"]*")')
_EMPTY_PAGE = {
    "status": "success",
    "data": {"results": [], "skip": 0, "limit": 100, "hasMore": False, "totalPages": 0, "totalResults": 0},
}


class _Counted:
    def __init__(self) -> None:
        self.creates = 0
        self.first = self.last = 0.0

    def create(self) -> int:
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.creates += 1
        return self.creates

    def told(self) -> bytes:
        text = f"{self.creates} {self.last - self.first}".encode()
        self.creates, self.first = 0, 0.0
        return text


class _Connection(asyncio.Protocol):
    def __init__(self, counted: _Counted) -> None:
        self._counted = counted
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            status, answer = self._answer(head.split(b"\r\n", 1)[0], body)
            self._transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(answer), answer)
            )

    def _answer(self, request: bytes, body: bytes) -> tuple[bytes, bytes]:
        if request.startswith(b"GET /rate"):
            return b"200 OK", self._counted.told()
        if b"getAllCampaignDetails" in request:
            return b"200 OK", json.dumps(_EMPTY_PAGE).encode()
        if b"/campaign?campaignType=voice" not in request:
            return b"404 Not Found", b"{}"
        number = self._counted.create()
        name = found[1] if (found := _NAME.search(body)) else b'""'
        # the full object, variant V-A: the request echoed with an id
        return b"200 OK", (
            b'{"status": "success", "message": "Campaign creation in progress", "data": {"id": "%b", "name": %b, '
            b'"status": "Preparing", "echo": %b}}' % (_id_of(number), name, body)
        )


def _id_of(number: int) -> bytes:
    """Shaped like those of the API, and no two alike: a journal of them is as large as a real one."""
    digits = hashlib.sha256(b"%d" % number).hexdigest()
    return f"cd-{digits[:7]}-{digits[7:11]}-{digits[11:15]}-{digits[15:19]}-{digits[19:31]}".encode()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    counted = _Counted()
    server = await loop.create_server(lambda: _Connection(counted), "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
