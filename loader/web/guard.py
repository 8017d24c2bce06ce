"""What is let in, and what every answer carries: names of this machine only, changes from our own pages only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOSTS = web.AppKey("HOSTS", frozenset)
HEALTH = "/healthz"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # not no-referrer: with that, Chromium sends `Origin: null` for our own forms
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HARMLESS = frozenset({"GET", "HEAD"})
_OUR_OWN = "same-origin"
_BY_HAND = "none"  # typed in, or a bookmark


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for another host's name, and for whatever another site has a browser do here."""
    if request.path == HEALTH:  # a probe asks by address
        return await handler(request)
    if len(request.headers.getall("Host", [])) != 1 or request.headers["Host"].lower() not in request.app[HOSTS]:
        raise web.HTTPForbidden(text="The page is not reached under this name: take the address that `serve` printed.")
    if not (_reads(request) if request.method in _HARMLESS else _is_ours(request)):
        raise web.HTTPForbidden(text="This came from another site's page, and only our own pages may do that.")
    return await handler(request)


def _is_ours(request: web.Request) -> bool:
    """Whether one of our pages sent it: browsers say so of every change, and nobody else's page can say the same."""
    origins = request.headers.getall("Origin", [])
    return origins == [f"http://{request.headers['Host'].lower()}"] and _site(request) in {_OUR_OWN, ""}


def _reads(request: web.Request) -> bool:
    """Another site may lead here by a link, and take nothing else."""
    return _site(request) in {_OUR_OWN, _BY_HAND, ""} or (
        request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def _site(request: web.Request) -> str:
    return ",".join(request.headers.getall("Sec-Fetch-Site", []))


async def give_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Also those of a stream, which are on their way before a middleware sees it."""
    response.headers.pop("Server", None)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
