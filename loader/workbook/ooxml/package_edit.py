"""A workbook in which some cells have other texts: every other part of its package is carried over as it is.

Unlike the results, which are for others as well, it stays whole: macros and links are its owner's, and none is run.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from loader.workbook.ooxml.cell_texts import CellTexts
from loader.workbook.ooxml.package import ALWAYS_ALLOWED, MOST_PACKED, Package, part_key
from loader.workbook.ooxml.sheet_part import corners_of
from loader.workbook.ooxml.unfit import Ending, Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loader.model.cell_reference import Cell

_BLOCK = 1 << 20
_SIGNATURES = "origin"


def with_texts(
    content: bytes, file: str, texts: Mapping[str, Mapping[Cell, str]]
) -> tuple[bytes, dict[str, dict[Cell, str]]]:
    """The workbook with these texts, by sheet and cell, and why some cells stay as they are.

    Raises:
        Unfit: it cannot be done without perhaps damaging something.
    """
    package = Package(content, file)
    if any(kind == _SIGNATURES for _, kind, _ in package.targets("")):
        raise Unfit(Ending.SIGNED)
    parts = {sheet.title: sheet.part for sheet in package.sheets()}
    edits = {title: _edit(content, file, package, parts.get(title, ""), of_sheet) for title, of_sheet in texts.items()}
    by_part = {part_key(parts[title]): edit for title, edit in edits.items()}
    made, left_to_copy = io.BytesIO(), max(ALWAYS_ALLOWED, MOST_PACKED * len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as written:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            edit = by_part.get(part_key(entry.filename))
            blocks = edit.edited() if edit else _blocks(archive, entry)
            with written.open(_as_before(entry), "w") as file_within:
                for block in blocks:
                    left_to_copy -= len(block)
                    if left_to_copy < 0:
                        raise Unfit(Ending.WORK)
                    file_within.write(block)
    return made.getvalue(), {title: edit.left for title, edit in edits.items()}


def _edit(content: bytes, file: str, package: Package, part: str, texts: Mapping[Cell, str]) -> CellTexts:
    if part not in package:
        raise Unfit
    # one a reading: each has its limit
    return CellTexts(lambda: Package(content, file).inflated(part), texts, named=set(_names(package, part)))


def _names(package: Package, part: str) -> Iterator[Cell]:
    """The cells that are the names of a table's columns, or of its totals: the table has them once more."""
    for _, kind, target in package.targets(part):
        for table in package.elements(target, "table") if kind == "table" and target in package else ():
            (top, left), (bottom, right) = corners_of(table.get("ref", ""))
            rows = [top] * (table.get("headerRowCount", "1") != "0") + [bottom] * bool(table.get("totalsRowCount"))
            yield from ((row, column) for row in rows for column in range(left, right + 1))


def _as_before(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    same = zipfile.ZipInfo(entry.filename, entry.date_time)
    same.compress_type, same.external_attr = entry.compress_type, entry.external_attr
    return same


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as file:
            while block := file.read(_BLOCK):
                yield block
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Unfit from error
