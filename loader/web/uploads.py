"""What comes in: a name is never a path, nothing is larger than the reader takes, and a number is one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from loader.errors import WorkbookError
from loader.model.redaction import visible
from loader.workbook.reader.reader_process import LARGEST_FILE

if TYPE_CHECKING:
    from aiohttp import StreamReader

_LONGEST_NAME = 200
_LONGEST_NUMBER = 9
_AT_ONCE = 1 << 16
PASTED = "pasted.csv"


async def raw_upload(request: web.Request) -> tuple[str, bytes]:
    """The name in `X-File-Name`, percent-encoded, and the body as it comes."""
    name = plain_name(unquote(request.headers.get("X-File-Name", ""), errors="replace"))
    return name, await _whole(request.content, name)


async def form_upload(request: web.Request) -> tuple[str, bytes]:
    """The file of a form that was sent without JavaScript."""
    if not request.content_type.startswith("multipart/form-data"):
        raise WorkbookError("Choose a file first.")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.filename:
            name = plain_name(part.filename)
            return name, await _whole(part, name)
    raise WorkbookError("Choose a file first.")


def whole_number(text: str) -> int | None:
    """What an address or a form says; None where it is no number, or one that no row and no revision has."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def plain_name(name: str) -> str:
    """What a browser calls the file, as a name: without folders, control characters and the end of a long one."""
    last = visible(name.replace("\\", "/").rpartition("/")[2]).strip()
    stem, dot, ending = last.rpartition(".")
    return f"{stem[: _LONGEST_NAME - len(ending)]}{dot}{ending}"[:_LONGEST_NAME] if last.strip(".") else "sheet"


async def _whole(source: StreamReader | BodyPartReader, name: str) -> bytes:
    """All of it, or a sentence as soon as it is too large."""
    content = bytearray()
    while block := await (source.read_chunk(_AT_ONCE) if isinstance(source, BodyPartReader) else source.read(_AT_ONCE)):
        content += block
        if len(content) > LARGEST_FILE:
            raise WorkbookError(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB: split it.")
    if not content:
        raise WorkbookError(f"{name} is empty.")
    return bytes(content)
