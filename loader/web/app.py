"""The page as an application: its routes, and what stands before all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from loader.web import sheet_api, sheet_pages
from loader.web.addresses import allowed_hosts
from loader.web.failures import answer, telling
from loader.web.guard import HEALTH, HOSTS, give_headers, guarded
from loader.web.open_sheets import OpenSheets
from loader.web.rendering import ABOUT, SIGNED_IN, About, page, static_file
from loader.web.sheet_api import ENCODING, SHEETS
from loader.web.sign_in import HOURS, SignIns, cookie_name

if TYPE_CHECKING:
    from loader.editing.sheet_edit import Reading
    from loader.web.guard import Handler
    from loader.web.matches import Matches
    from loader.web.reader_pool import ReaderPool
    from loader.web.sheet_store import SheetStore

SIGN_INS = web.AppKey("SIGN_INS", SignIns)
COOKIE = web.AppKey("COOKIE", str)
_MOST_BYTES = 110_000_000  # the reader's limit, with a sentence of its own, is below


@dataclass(frozen=True, slots=True)
class Parts:
    """What the page works with."""

    sign_ins: SignIns
    store: SheetStore
    matches: Matches
    readers: ReaderPool
    reading: Reading
    encoding: str
    about: About


def application(parts: Parts, host: str, port: int) -> web.Application:
    """`host` and `port` are those it listens at."""
    app = web.Application(middlewares=[telling, guarded, signed_in], client_max_size=_MOST_BYTES)
    app[HOSTS] = allowed_hosts(host, port)
    app[SIGN_INS], app[COOKIE] = parts.sign_ins, cookie_name(port)
    app[ABOUT] = parts.about
    app[SHEETS] = OpenSheets(parts.store, parts.matches, parts.readers, parts.reading)
    app[ENCODING] = parts.encoding
    app.on_response_prepare.append(give_headers)
    app.add_routes(
        [
            web.get(HEALTH, _health),
            web.get("/static/{version}/{name}", static_file),
            web.post("/sign-out", _sign_out),
            *_sheets(),
        ]
    )
    return app


def _sheets() -> list[web.RouteDef]:
    home, api = "/sheets/{id}", "/api/sheets/{id}"
    return [
        web.get("/", sheet_pages.start),
        web.get("/template.xlsx", sheet_pages.template),
        web.post("/sheets", sheet_pages.upload),
        web.post("/example", sheet_pages.example),
        web.get(home, sheet_pages.correct),
        web.get(f"{home}/sheet", sheet_pages.choose),
        web.post(f"{home}/sheet", sheet_pages.chosen),
        web.get(f"{home}/match", sheet_pages.match),
        web.post(f"{home}/match", sheet_pages.matched),
        web.get(f"{home}/problems", sheet_pages.problems),
        web.post(f"{home}/edits", sheet_pages.edited),
        web.post(f"{home}/undo", sheet_pages.undone),
        web.post(f"{home}/redo", sheet_pages.redone),
        web.post(f"{home}/afresh", sheet_pages.afresh),
        web.post(f"{home}/remove", sheet_pages.removed),
        web.post("/api/sheets", sheet_api.upload),
        web.get(api, sheet_api.state),
        web.get(f"{api}/grid", sheet_api.grid),
        web.post(f"{api}/edits", sheet_api.edits),
        web.post(f"{api}/undo", sheet_api.undo),
        web.post(f"{api}/redo", sheet_api.redo),
        web.get(f"{api}/workbook", sheet_api.workbook),
        web.put(f"{api}/mapping", sheet_api.put_mapping),
        web.get(f"{api}/mapping", sheet_api.mapping_file),
        web.put(f"{api}/sheet", sheet_api.put_sheet),
    ]


@web.middleware
async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Takes the token once for a cookie, and then the cookie."""
    if request.path == HEALTH or request.path.startswith("/static/"):
        return await handler(request)
    sign_ins, cookie = request.app[SIGN_INS], request.cookies.get(request.app[COOKIE], "")
    if sign_ins.is_signed_in(cookie):
        if request.path == "/" and "token" in request.query:  # gone from the address, and from what is remembered of it
            raise web.HTTPSeeOther("/")
        request[SIGNED_IN] = cookie
        return await handler(request)
    if request.path == "/" and (token := request.query.get("token")) and (fresh := sign_ins.exchange(token)):
        response = web.HTTPSeeOther("/")
        response.set_cookie(request.app[COOKIE], fresh, httponly=True, samesite="Lax", max_age=HOURS * 3600)
        raise response
    return answer(request, 401, "")


async def _sign_out(request: web.Request) -> web.StreamResponse:
    request.app[SIGN_INS].sign_out(request[SIGNED_IN])
    response = page(request, "signed_out.html")
    response.del_cookie(request.app[COOKIE])
    return response


async def _health(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")
