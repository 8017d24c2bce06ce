"""Messages between the loader and the process that reads: plain values, each message with its length before it.

JSON, because reading it cannot do harm, whatever has become of the process that wrote it.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

_LENGTH = 4  # bytes


class BrokenOffError(Exception):
    """The other side has gone, or says something that cannot be understood."""


def send(to: BinaryIO, message: object) -> None:
    content = json.dumps(message, separators=(",", ":")).encode()
    to.write(len(content).to_bytes(_LENGTH, "big") + content)
    to.flush()


def receive(source: BinaryIO, *, most: int) -> tuple[Any, int]:
    """The next message, and its size in bytes; a larger one than `most` is not waited for."""
    size = int.from_bytes(whole(source, _LENGTH), "big")
    if size > most:
        raise BrokenOffError
    try:
        return json.loads(whole(source, size)), size
    except (ValueError, RecursionError) as error:
        raise BrokenOffError from error


def whole(source: BinaryIO, size: int) -> bytes:
    content = source.read(size)
    if len(content) < size:
        raise BrokenOffError
    return content
