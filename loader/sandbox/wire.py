"""The endings of a connection that a web framework does not offer."""

import asyncio
import socket
import struct

from aiohttp import web

from loader.sandbox.replies import bytes_of

# on, and no time to linger: closing sends RST and forgets what was not read or sent
_LINGER_NOT = struct.pack("ii", 1, 0)


def closed(request: web.Request) -> web.Response:
    """End the connection with FIN. The returned response can no longer be sent; aiohttp drops it quietly."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def reset(request: web.Request) -> web.Response:
    """End the connection with RST."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    return web.Response()


async def truncated(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Send the head, half of the body it promises, and FIN."""
    body = bytes_of(response)
    headers = {"Content-Type": response.headers["Content-Type"], "Content-Length": str(len(body))}
    part = web.StreamResponse(status=response.status, headers=headers)
    await part.prepare(request)
    await part.write(body[: len(body) // 2])
    closed(request)
    return part
