"""How far one gets on the way to a host: its name, a connection, its certificate. No request is made."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from loader.errors import MisdirectedError


@dataclass(frozen=True, slots=True)
class Handshake:
    """`expires_at` is the certificate's; over plain http there is none, and `protocol` is blank."""

    address: str
    protocol: str
    expires_at: datetime | None


async def shake_hands(host: str, *, seconds: float) -> Handshake:
    """Connect to `host` (scheme and name) within so many seconds, and let go.

    Raises:
        MisdirectedError: how far it got.
    """
    url = urlsplit(host)
    name, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    context = ssl.create_default_context() if url.scheme == "https" else None
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
            _, writer = await asyncio.open_connection(name, port, ssl=context)
    except (OSError, TimeoutError) as error:
        raise MisdirectedError(_in_words(error, name, port)) from error
    try:
        return _seen(writer)
    finally:
        writer.transport.abort()  # nothing was said, so nothing is to be ended in good order


def _seen(writer: asyncio.StreamWriter) -> Handshake:
    address = writer.get_extra_info("peername")[0]
    certificate: dict[str, str] | None = writer.get_extra_info("peercert")
    if certificate is None:
        return Handshake(address, "", None)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    return Handshake(address, str(writer.get_extra_info("ssl_object").version()), ends)


def _in_words(error: OSError, name: str, port: int) -> str:
    match error:
        case TimeoutError():
            return f"{name}:{port} does not answer within the time limit"
        case socket.gaierror():
            return f"the host name {name} is not known"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {name} is not trusted: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"no secure connection to {name}:{port} could be agreed on"
        case _:
            return f"{name}:{port} cannot be reached ({reason_of(error)})"


def reason_of(error: OSError) -> str:
    """In the system's words; the exception's own hold addresses and more."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else "it was closed"
