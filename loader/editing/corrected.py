"""A workbook with other texts in some of its cells, as the bytes of a file of the same kind.

Nothing else changes: not a look, not a formula, not a quotation mark. A text is read as that of a CSV file is, in
whatever kind of file it stands. Files are strangers', so a process of its own with little time and memory does it.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING

from loader.errors import WorkbookError
from loader.model.limits import SAVE_AGAIN
from loader.workbook.ooxml import package_edit
from loader.workbook.ooxml.unfit import WHY, Ending, Unfit
from loader.workbook.writer import text_in_place
from loader.workbook.writer.confined import Allowance, returned_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.model.cell_reference import Cell
    from loader.model.row import Sheet

_ZIP = b"PK"
_DONE, _REFUSED = 0, 1
_SECONDS, _SECONDS_PER_MB = 5, 5
_MEMORY, _MEMORY_PER_BYTE = 256 << 20, 32


@dataclass(frozen=True, slots=True)
class Edit:
    """What a cell holds from now on; its place counts from 1. `sheet`: as in a Problem, blank for the only one."""

    row: int
    column: int
    text: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """`left`: edits that were not made, and why, as the end of a sentence about the cell."""

    content: bytes
    left: Mapping[Edit, str] = field(default_factory=dict)


def corrected(
    content: bytes,
    sheets: Sequence[Sheet],
    edits: Sequence[Edit],
    *,
    encoding: str | None = None,
    over_formulas: bool = False,
) -> Corrected:
    """The same file with these edits; of two of one cell the last counts. `sheets`: as they were read from `content`.

    `over_formulas`: as a person does it who types into a cell with a formula, which is then gone.

    Raises:
        WorkbookError: nothing of it can be edited in place, and why.
    """
    size = len(content) >> 20
    allowance = Allowance(_SECONDS + _SECONDS_PER_MB * size, _MEMORY + _MEMORY_PER_BYTE * len(content))
    source = _Source(content, sheets, encoding, over_formulas)
    with tempfile.TemporaryFile() as file:
        code = returned_apart(partial(_made, file, source, edits), allowance)
        file.seek(0)
        if code == _DONE:
            left = json.loads(file.readline())
            return Corrected(file.read(), {edits[number]: why for number, why in left})
        said = file.read().decode()
    raise WorkbookError(said if code == _REFUSED else _refusal(sheets[0].file, Ending.WORK))


@dataclass(frozen=True, slots=True)
class _Source:
    """What is edited, and how."""

    content: bytes
    sheets: Sequence[Sheet]
    encoding: str | None
    over_formulas: bool


def _made(file: IO[bytes], source: _Source, edits: Sequence[Edit]) -> int:
    """Into the file: as JSON the numbers of edits that were not made, and why; then the workbook. Or a refusal."""
    texts: dict[str, dict[Cell, str]] = {}
    for edit in edits:
        texts.setdefault(edit.sheet, {})[edit.row, edit.column] = edit.text
    try:
        made, left = _with_texts(source, texts)
    except (Unfit, WorkbookError) as error:
        said = _refusal(source.sheets[0].file, error.why) if isinstance(error, Unfit) else str(error)
        file.write(said.encode())
        file.flush()
        return _REFUSED
    whys = [(number, left.get(it.sheet, {}).get((it.row, it.column))) for number, it in enumerate(edits)]
    file.write(json.dumps([it for it in whys if it[1]]).encode() + b"\n" + made)
    file.flush()
    return _DONE


def _with_texts(
    source: _Source, texts: Mapping[str, Mapping[Cell, str]]
) -> tuple[bytes, Mapping[str, Mapping[Cell, str]]]:
    content, first = source.content, source.sheets[0]
    if not content.startswith(_ZIP):
        of_sheet = texts.get(first.label, {})
        made, left = text_in_place.with_texts(content, first.file, first.cells, of_sheet, source.encoding)
        return made, {first.label: left}
    titles = {sheet.label: sheet.title for sheet in source.sheets}
    by_title = {titles[label]: it for label, it in texts.items()}
    made, whys = package_edit.with_texts(content, first.file, by_title, over_formulas=source.over_formulas)
    return made, {label: whys[titles[label]] for label in texts}


def _refusal(file: str, why: Ending) -> str:
    return f"{file} cannot be corrected in place: it {WHY[why]}. Correct it by hand, or {SAVE_AGAIN}."
