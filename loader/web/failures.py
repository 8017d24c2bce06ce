"""What went wrong, shown to a person on a page, or to a program as `application/problem+json`; a defect has an id."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import TYPE_CHECKING

from aiohttp import web

from loader.errors import AccountBusyError, LoaderError, WorkbookError
from loader.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loader.web.guard import Handler

_log = logging.getLogger(__name__)
_TITLES = {
    401: "Signed out",
    403: "Not let in",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Somebody was quicker",
    413: "Too large",
    422: "This cannot be read",
    500: "A defect of the loader",
}
_ADVICE = {
    401: "Open the address that `campaign-loader serve` printed in the terminal. It works once: for another browser, "
    "or after twelve hours, start `serve` again.",
    404: "It may have been removed. Go back to the start.",
}
_UNREADABLE = 422


@web.middleware
async def telling(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The only place where an error becomes an answer."""
    try:
        return await handler(request)
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        said = error.text if error.text and not error.text.startswith(f"{error.status}") else ""
        return answer(request, error.status, said)
    except LoaderError as error:
        return answer(request, _status(error), str(error))
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception:  # noqa: BLE001 - a defect: its traceback is for the log, an id for the reader
        known_as = secrets.token_hex(4)
        _log.exception("defect %s at %s %s", known_as, request.method, request.path)
        return answer(request, 500, f"It is in the output of `serve` as {known_as}. What was saved is still right.")


def _status(error: LoaderError) -> int:
    if isinstance(error, AccountBusyError):
        return 409
    return _UNREADABLE if isinstance(error, WorkbookError) else 400


def answer(
    request: web.Request, status: int, sentence: str, *, way: Mapping[str, str] | None = None, **more: object
) -> web.StreamResponse:
    """`way`: where a person can go on from there. `more`: what a program gets beside the sentence."""
    title, sentence = _TITLES.get(status, "This does not work"), sentence or _ADVICE.get(status, "")
    if request.path.startswith("/api/") and "text/html" not in request.headers.get("Accept", ""):
        body = {"title": title, "status": status, "detail": sentence, **more}
        return web.Response(status=status, text=json.dumps(body), content_type="application/problem+json")
    return page(
        request, "failure.html", {"code": status, "title": title, "sentence": sentence, "way": way}, status=status
    )
