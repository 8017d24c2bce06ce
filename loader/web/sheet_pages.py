"""Pages about sheets. Each of them works without JavaScript: what is done is a form, answered by 303."""

from __future__ import annotations

import asyncio
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from loader.errors import LoaderError, WorkbookError
from loader.model.row import Severity, shown
from loader.planning.problem_groups import grouped, in_one_line
from loader.web.failures import answer
from loader.web.match_view import mapping_of, match_view
from loader.web.open_sheets import ChangedMeanwhileError, shown_of
from loader.web.rendering import page
from loader.web.sheet_api import SHEETS, arrived, attachment, next_step, opened
from loader.web.sheet_json import text_at
from loader.web.sign_in import YOU
from loader.web.uploads import form_upload, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loader.editing.sheet_edit import View
    from loader.model.cell_reference import Cell
    from loader.model.row import Problem
    from loader.web.open_sheets import OpenSheet

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_SHOWN, _COLUMNS_SHOWN = 20, 12  # of a sheet whose header row is asked for
_PROBLEMS_A_PAGE = 100
_GROUPS_SHOWN = 50


async def start(request: web.Request) -> web.StreamResponse:
    return page(request, "start.html", {"sheets": await request.app[SHEETS].all()})


async def template(_: web.Request) -> web.StreamResponse:
    content = await asyncio.to_thread(_made, "campaigns.xlsx")
    return web.Response(body=content, content_type=_XLSX, headers=attachment("campaigns.xlsx"))


async def example(request: web.Request) -> web.StreamResponse:
    """Opens the example, so that somebody can look around without a sheet of their own."""
    content = await asyncio.to_thread(_made, "example.xlsx")
    sheet = await request.app[SHEETS].add("example.xlsx", content, by=YOU)
    raise web.HTTPSeeOther(next_step(sheet))


@lru_cache
def _made(name: str) -> bytes:
    from loader.workbook.writer.template import (  # noqa: PLC0415 - as slow as reading a sheet
        write_example,
        write_template,
    )

    with tempfile.TemporaryDirectory(prefix="campaign-loader-") as folder:
        path = Path(folder, name)
        return (write_example(path) if name == "example.xlsx" else write_template(path)).read_bytes()


async def upload(request: web.Request) -> web.StreamResponse:
    name, content = await form_upload(request)
    sheet = await request.app[SHEETS].add(name, content, by=YOU)
    raise web.HTTPSeeOther(arrived(sheet))


async def afresh(request: web.Request) -> web.StreamResponse:
    """The same bytes once more, as if they had just been handed in; what was done before stays where it is."""
    sheets, sheet = request.app[SHEETS], await opened(request)
    fresh = await sheets.add(sheet.stored.file, await sheets.content(sheet), by=YOU, afresh=True)
    raise web.HTTPSeeOther(next_step(fresh))


async def correct(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    if (there := next_step(sheet)) != request.path:
        raise web.HTTPSeeOther(there)
    return page(
        request,
        "correct.html",
        {**_about(sheet), "view": shown_of(sheet), **{it: it in request.query for it in ("again", "matched")}},
    )


async def choose(request: web.Request) -> web.StreamResponse:
    """Which sheet, and which row is its header."""
    sheet = await opened(request)
    heads = [
        {
            "number": number,
            "title": grid.title,
            "rows": [
                (row, [shown(it) for it in cells[:_COLUMNS_SHOWN]])
                for row, cells in enumerate(grid.cells[:_ROWS_SHOWN], start=1)
            ],
            "found": next((it for it in sheet.candidates if it.title == grid.title), None),
        }
        for number, grid in enumerate(sheet.book.grids)
    ]
    at = (sheet.view.title, sheet.view.header_row) if sheet.view else ("", 0)
    return page(request, "choose.html", {**_about(sheet), "heads": heads, "at": at})


async def chosen(request: web.Request) -> web.StreamResponse:
    sheet, form = await opened(request), await _form(request)
    number, _, row = form.get("pick", "").partition("-")
    at, header_row = whole_number(number), whole_number(row)
    if at is None or header_row is None or at >= len(sheet.book.grids):
        raise LoaderError("Pick the row that holds the headers first.")
    await request.app[SHEETS].choose(sheet, sheet.book.grids[at].title, header_row, by=YOU)
    raise web.HTTPSeeOther(next_step(sheet))


async def match(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    if sheet.view is None:
        raise web.HTTPSeeOther(next_step(sheet))
    form = await asyncio.to_thread(match_view, sheet.view)
    return page(request, "match.html", {**_about(sheet), "view": sheet.view, "form": form})


async def matched(request: web.Request) -> web.StreamResponse:
    sheet, form = await opened(request), await _form(request)
    mapping = await asyncio.to_thread(mapping_of, shown_of(sheet), form)
    await request.app[SHEETS].match(sheet, mapping, by=YOU)
    raise web.HTTPSeeOther(next_step(sheet))


async def problems(request: web.Request) -> web.StreamResponse:
    """All problems as a list, each with a field for what the cell should say."""
    sheet = await opened(request)
    view = shown_of(sheet)
    if view.checks is None:
        raise web.HTTPSeeOther(next_step(sheet))
    listed = [it for it in view.checks.checked.problems if it.row is not None]
    groups = [(in_one_line(group), group[0].severity) for group in grouped(listed)][:_GROUPS_SHOWN]
    pages = max(1, -(-len(listed) // _PROBLEMS_A_PAGE))
    number = min(max(_number(request.query.get("page", "1")), 1), pages)
    some = listed[(number - 1) * _PROBLEMS_A_PAGE : number * _PROBLEMS_A_PAGE]
    here = {"items": list(_items(view, some)), "number": number, "pages": pages, "total": len(listed)}
    return page(request, "problems.html", {**_about(sheet), **here, "view": view, "groups": groups, "again": False})


def _items(view: View, some: list[Problem]) -> Iterator[dict[str, object]]:
    for problem in some:
        editable = problem.row is not None and problem.column is not None and problem.last is None
        text = text_at(view, problem.row, problem.column) if problem.row and problem.column else ""
        yield {
            "problem": problem,
            "sentence": problem.sentence(),
            "is_error": problem.severity is Severity.ERROR,
            "editable": editable,
            "text": text,
        }


async def edited(request: web.Request) -> web.StreamResponse:
    """One cell, or one row left out or taken in again."""
    sheet, form = await opened(request), await _form(request)
    cells: dict[Cell, str] = {}
    left_out: dict[int, bool] = {}
    row = _number(form.get("row", ""))
    if "leave_out" in form or "take_in" in form:
        left_out[row] = "leave_out" in form
    else:
        cells[row, _number(form.get("column", ""))] = form.get("use", form.get("text", ""))
    try:
        revision = _number(form.get("revision", ""))
        await request.app[SHEETS].edit(sheet, cells, left_out, revision=revision, by=YOU)
    except ChangedMeanwhileError as error:
        return answer(request, 409, str(error))
    raise web.HTTPSeeOther(f"/sheets/{sheet.id}/problems")


async def undone(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    await request.app[SHEETS].undo(sheet)
    raise web.HTTPSeeOther(_back(sheet))


async def redone(request: web.Request) -> web.StreamResponse:
    sheet = await opened(request)
    await request.app[SHEETS].redo(sheet)
    raise web.HTTPSeeOther(_back(sheet))


async def removed(request: web.Request) -> web.StreamResponse:
    await request.app[SHEETS].remove(request.match_info["id"])
    raise web.HTTPSeeOther("/")


def _back(sheet: OpenSheet) -> str:
    there = next_step(sheet)
    return f"{there}/problems" if there == f"/sheets/{sheet.id}" else there


def _about(sheet: OpenSheet) -> dict[str, object]:
    history = sheet.stored.history
    return {
        "sheet": sheet.stored,
        "candidates": sheet.candidates,
        "changes": history.done,
        "revision": history.revision,
        "can_undo": history.done > 0,
        "can_redo": history.done < len(history.steps),
    }


def _number(text: str) -> int:
    """0 where it is none."""
    return whole_number(text) or 0


async def _form(request: web.Request) -> Mapping[str, str]:
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise WorkbookError("The request is no form.")
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
