"""A workbook in which some cells have other texts: every other part of its package is carried over as it is.

Unlike the results, which are for others as well, it stays whole: macros and links are its owner's, and none is run.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from loader.workbook.ooxml.cell_texts import CellTexts
from loader.workbook.ooxml.package import ALWAYS_ALLOWED, MOST_PACKED, Package, part_key, relations_part
from loader.workbook.ooxml.sheet_part import corners_of
from loader.workbook.ooxml.unfit import Ending, Unfit
from loader.workbook.ooxml.xml_edit import Part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from loader.model.cell_reference import Cell

_BLOCK = 1 << 20
_SIGNATURES, _CALCULATION = "origin", "calcChain"


def with_texts(
    content: bytes, file: str, texts: Mapping[str, Mapping[Cell, str]], *, over_formulas: bool = False
) -> tuple[bytes, dict[str, dict[Cell, str]]]:
    """The workbook with these texts, by sheet and cell, and why some cells stay as they are.

    Raises:
        Unfit: it cannot be done without perhaps damaging something.
    """
    package = Package(content, file)
    if any(kind == _SIGNATURES for _, kind, _ in package.targets("")):
        raise Unfit(Ending.SIGNED)
    parts = {sheet.title: sheet.part for sheet in package.sheets()}
    edits = {title: _edit(package, content, parts.get(title, ""), it, over_formulas) for title, it in texts.items()}
    # before anything is written: only now it is known whether a formula has gone
    new = {part_key(parts[title]): b"".join(edit.edited()) for title, edit in edits.items()}
    gone = set[str]()
    if any(edit.went_over_formulas for edit in edits.values()):
        gone = {part_key(part) for _, kind, part in package.targets(package.workbook_part()) if kind == _CALCULATION}
        new |= _without_calculation(package)
    return _with(content, new, gone), {title: edit.left for title, edit in edits.items()}


def _with(content: bytes, new: Mapping[str, bytes], gone: Collection[str]) -> bytes:
    """The package with other parts in place of some, and without others."""
    made, most = io.BytesIO(), max(ALWAYS_ALLOWED, MOST_PACKED * len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as written:
        for entry in archive.infolist():
            key = part_key(entry.filename)
            if entry.is_dir() or key in gone:
                continue
            with written.open(_as_before(entry), "w") as part:
                for block in (new[key],) if key in new else _blocks(archive, entry):
                    most -= len(block)
                    if most < 0:
                        raise Unfit(Ending.WORK)
                    part.write(block)
    return made.getvalue()


def _without_calculation(package: Package) -> dict[str, bytes]:
    """What names the list of all formulas, without it: Excel makes it anew, and calls one with a formula too many
    damage."""
    relations = Part(b"".join(package.inflated(relations_part(package.workbook_part()))))
    for element in relations.elements:
        if element.attributes.get("Type", "").endswith(f"/{_CALCULATION}"):
            relations.replace(element, b"")
    kinds = Part(b"".join(package.inflated("[Content_Types].xml")))
    for element in kinds.elements:
        if element.attributes.get("PartName", "").casefold().endswith(f"/{_CALCULATION}.xml".casefold()):
            kinds.replace(element, b"")
    relations_key = part_key(relations_part(package.workbook_part()))
    return {relations_key: relations.edited(), part_key("[Content_Types].xml"): kinds.edited()}


def _edit(package: Package, content: bytes, part: str, texts: Mapping[Cell, str], over_formulas: bool) -> CellTexts:
    if part not in package:
        raise Unfit
    return CellTexts(
        lambda: Package(content, package.name).inflated(part),  # one a reading: each has its limit
        texts,
        named=set(_names(package, part)),
        over_formulas=over_formulas,
    )


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
