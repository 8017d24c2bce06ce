"""The endings of a connection that a web framework does not offer."""

import socket
import struct

from aiohttp import web

from loader.sandbox.http import bytes_of

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
