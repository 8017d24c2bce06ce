"""Pages from their templates, and the files they need: all of it comes with the package, and from nowhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from aiohttp import web
from jinja2 import Environment, FunctionLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEB = files("loader.web")
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class About:
    """What every page shows. `account`: the profile and its host; blank where settings are `missing`."""

    account: str = ""
    missing: str = ""


ABOUT = web.AppKey("ABOUT", About)
SIGNED_IN = web.RequestKey("SIGNED_IN", str)
"""The cookie of whoever asks."""


def _template(name: str) -> str:
    return _WEB.joinpath("pages", name).read_text(encoding="utf-8")


def _static_files() -> dict[str, bytes]:
    found = _WEB.joinpath("static").iterdir()
    return {it.name: it.read_bytes() for it in found if it.name.rpartition(".")[2] in _KINDS}


STATIC = _static_files()
# new files have a new address, so that a browser may keep them for good
VERSION = hashlib.sha256(b"".join(name.encode() + content for name, content in sorted(STATIC.items()))).hexdigest()[:12]
_templates = Environment(
    loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.globals["static"] = f"/static/{VERSION}"


def page(
    request: web.Request, name: str, shown: Mapping[str, object] | None = None, *, status: int = 200
) -> web.Response:
    """A template with its values; every text is escaped."""
    usual = {"about": request.app[ABOUT], "signed_in": SIGNED_IN in request}
    text = _templates.get_template(name).render({**usual, **(shown or {})})
    response = web.Response(status=status, text=text, content_type="text/html")
    response.enable_compression()
    return response


async def static_file(request: web.Request) -> web.StreamResponse:
    """A style sheet, a module or a picture of the package."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    response = web.Response(body=STATIC[name], content_type=_KINDS[name.rpartition(".")[2]], charset="utf-8")
    if request.match_info["version"] == VERSION:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.enable_compression()
    return response
