"""A sheet for programs, and for the modules of its own page."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiohttp import web

from loader.editing.take_home import not_made, taken_home
from loader.errors import LoaderError, SettingsError
from loader.web.failures import answer
from loader.web.open_sheets import ChangedMeanwhileError, OpenSheets, shown_of
from loader.web.sheet_json import change_shape, grid_shape, state_shape
from loader.web.sign_in import YOU
from loader.web.uploads import raw_upload, whole_number
from loader.workbook.mapping_draft import mapping_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loader.editing.history import Step
    from loader.editing.sheet_edit import View
    from loader.model.cell_reference import Cell
    from loader.web.open_sheets import OpenSheet
    from loader.web.sheet_json import Json

SHEETS = web.AppKey("SHEETS", OpenSheets)
ENCODING = web.AppKey("ENCODING", str)
"""Of text files that are not in UTF-8; blank where nobody has said it."""
_LARGEST_JSON = 8_000_000  # bytes
_LONGEST_TEXT = 32_767  # characters, as many as a cell of Excel holds


async def upload(request: web.Request) -> web.StreamResponse:
    """A workbook: where it is opened; 422 with the sentence of `check` where it cannot be read."""
    name, content = await raw_upload(request)
    sheet = await request.app[SHEETS].add(name, content, by=YOU)
    about = [{"title": it.title, "header_row": it.header_row, "rows": it.rows} for it in sheet.candidates]
    shape = {"id": sheet.id, "revision": sheet.revision, "file": sheet.stored.file, "sheets": about}
    return _json({**shape, "next": arrived(sheet)}, status=200 if sheet.stored.is_touched else 201)


async def grid(request: web.Request) -> web.StreamResponse:
    """Its cells and their problems; `?begin=` for further rows of a large one."""
    sheet = await opened(request)
    view = shown_of(sheet)
    begin = request.query.get("begin", "0")
    if (first := whole_number(begin)) is None:
        raise web.HTTPBadRequest(text="begin should be a whole number.")
    shape = await asyncio.to_thread(lambda: json.dumps(grid_shape(sheet, view, begin=first)))
    return _answer(shape)


async def state(request: web.Request) -> web.StreamResponse:
    """Its revision, its counts and the like: whether a page is still up to date."""
    sheet = await opened(request)
    return _json(state_shape(sheet, shown_of(sheet)))


async def edits(request: web.Request) -> web.StreamResponse:
    """Texts for cells, and rows to leave out: one step, however many they are."""
    sheet, body = await opened(request), await _body(request)
    cells, left_out = _cells(body.get("edits", [])), _rows(body.get("left_out", []))
    if not cells and not left_out:
        raise LoaderError("There is nothing to change.")
    try:
        view = await request.app[SHEETS].edit(sheet, cells, left_out, revision=_revision(request), by=YOU)
    except ChangedMeanwhileError as error:
        since = [list(it) for it in error.since]
        return answer(request, 409, str(error), revision=error.revision, since=since)
    if any(row == view.header_row for row, _ in cells):
        return _json({"next": next_step(sheet), "revision": sheet.revision})
    return await _changed(sheet, view, [*cells, *((row, 0) for row in left_out)])


async def undo(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    history = sheet.stored.history
    await request.app[SHEETS].undo(sheet)
    return await _moved(sheet, history.steps[: history.done][-1:])


async def redo(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    history = sheet.stored.history
    await request.app[SHEETS].redo(sheet)
    return await _moved(sheet, history.steps[history.done :][:1])


async def _moved(sheet: OpenSheet, steps: Sequence[Step]) -> web.StreamResponse:
    """What one step back or forth has changed; another page where the sheet is read another way now."""
    at = sheet.view.header_row if sheet.view else 0
    if any(step.mapping is not None or step.header_row or any(row == at for row, _ in step.cells) for step in steps):
        return _json({"next": next_step(sheet), "revision": sheet.revision})
    cells = [cell for step in steps for cell in (*step.cells, *((row, 0) for row in step.left_out))]
    return await _changed(sheet, shown_of(sheet), cells)


async def put_mapping(request: web.Request) -> web.StreamResponse:
    """What headers and words mean, as in a mapping file; 400 names everything that is wrong with it."""
    sheet = await opened(request)
    await request.app[SHEETS].match(sheet, await _body(request), by=YOU)
    return _json({"revision": sheet.revision, "next": next_step(sheet)})


async def put_sheet(request: web.Request) -> web.StreamResponse:
    """Which sheet of the workbook is meant, and which of its rows is the header."""
    sheet = await opened(request)
    match await _body(request):
        case {"title": str(title), "header_row": int(row)}:
            await request.app[SHEETS].choose(sheet, title, row, by=YOU)
        case _:
            raise LoaderError("The request should name a title and a header_row.")
    return _json({"revision": sheet.revision, "next": next_step(sheet)})


async def workbook(request: web.Request) -> web.StreamResponse:
    """Their own file with the corrections in it; a sentence for each that cannot be made, unless `?anyway`."""
    sheet, sheets = await opened(request), request.app[SHEETS]
    content = await sheets.content(sheet)
    encoding = request.app[ENCODING] or None
    made = await asyncio.to_thread(taken_home, content, sheet.book, sheet.stored.history, encoding=encoding)
    if made.left and "anyway" not in request.query:
        said = "\n".join(
            ["These corrections cannot be made in your file:", *not_made(made, several=len(sheet.book.grids) > 1)]
        )
        return answer(request, 422, said, way={"href": f"{request.path}?anyway", "text": "Download it without them"})
    return web.Response(
        body=made.content,
        content_type="application/octet-stream",
        headers=attachment(_corrected_name(sheet.stored.file)),
    )


def _corrected_name(file: str) -> str:
    stem, dot, ending = file.rpartition(".")
    return f"{stem}-corrected{dot}{ending}" if dot else f"{file}-corrected"


async def mapping_file(request: web.Request) -> web.StreamResponse:
    """The mapping as the file that the command line reads."""
    sheet = await opened(request)
    text = mapping_text(shown_of(sheet).renaming.plain)
    return web.Response(text=text, content_type="application/toml", headers=attachment("mapping.toml"))


async def opened(request: web.Request) -> OpenSheet:
    """The sheet that the address names."""
    return await request.app[SHEETS].get(request.match_info["id"], by=YOU)


def attachment(name: str) -> dict[str, str]:
    """As a file to be kept, whatever is in it."""
    plain = "".join(it if it.isalnum() or it in "._- " else "_" for it in name.encode("ascii", "replace").decode())
    return {"Content-Disposition": f'attachment; filename="{plain}"'}


def arrived(sheet: OpenSheet) -> str:
    """Where an upload leads; the page says so of a sheet that was changed before, or is matched by itself."""
    known = "?again" if sheet.stored.is_touched else "?matched" if sheet.stored.history.done else ""
    return f"{next_step(sheet)}{known}"


def next_step(sheet: OpenSheet) -> str:
    """The page on which there is something to do first."""
    home = f"/sheets/{sheet.id}"
    if sheet.view is None:
        return f"{home}/sheet"
    return f"{home}/match" if sheet.view.checks is None else home


async def _changed(sheet: OpenSheet, view: View, cells: Iterable[Cell]) -> web.StreamResponse:
    touched = list(dict.fromkeys(cells))
    return _answer(await asyncio.to_thread(lambda: json.dumps(change_shape(sheet, view, touched))))


async def _body(request: web.Request) -> Mapping[str, object]:
    if (request.content_length or 0) > _LARGEST_JSON:
        raise web.HTTPRequestEntityTooLarge(_LARGEST_JSON, request.content_length or 0)
    content = bytearray()
    async for block in request.content.iter_any():
        content += block
        if len(content) > _LARGEST_JSON:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_JSON, len(content))
    try:
        body = json.loads(content)
        json.dumps(body, ensure_ascii=False).encode()  # half of a character can be written nowhere
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise LoaderError("The request is no JSON object.")
    return body


def _revision(request: web.Request) -> int:
    revision = whole_number(request.headers.get("If-Match", "").strip('"'))
    if revision is None:
        raise web.HTTPPreconditionRequired(text="If-Match is missing: the revision that was seen.")
    return revision


def _cells(listed: object) -> dict[Cell, str]:
    cells: dict[Cell, str] = {}
    for one in listed if isinstance(listed, list) else [None]:
        match one:
            case [int(row), int(column), str(text)] if row > 0 and column > 0 and len(text) <= _LONGEST_TEXT:
                cells[row, column] = text
            case _:
                raise SettingsError("edits should be a list of [row, column, text].")
    return cells


def _rows(listed: object) -> dict[int, bool]:
    rows: dict[int, bool] = {}
    for one in listed if isinstance(listed, list) else [None]:
        match one:
            case [int(row), bool(out)] if row > 0:
                rows[row] = out
            case _:
                raise SettingsError("left_out should be a list of [row, true or false].")
    return rows


def _json(shape: Json, *, status: int = 200) -> web.StreamResponse:
    return _answer(json.dumps(shape), status=status)


def _answer(text: str, *, status: int = 200) -> web.StreamResponse:
    response = web.Response(status=status, text=text, content_type="application/json")
    response.enable_compression()
    return response
