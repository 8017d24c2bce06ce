"""A text file in which some cells have other texts, and all else is as it was: separator, encoding, line ends, quotes.

Its cells are looked for by every separator that a reader tries. What finds other cells than the reader has found is not
believed.
"""

from __future__ import annotations

import itertools
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loader.errors import WorkbookError
from loader.workbook.reader.inspection import DELIMITERS, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.model.cell_reference import Cell

_MARKS = {
    ("utf-8-sig", BOM_UTF8): "utf-8",
    ("utf-16", BOM_UTF16_LE): "utf-16-le",
    ("utf-16", BOM_UTF16_BE): "utf-16-be",
}
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"(.*)', re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class _Record:
    """A line of cells: where each begins and ends, and where the line does."""

    cells: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0


def with_texts(
    content: bytes, file: str, seen: Sequence[Sequence[object]], texts: Mapping[Cell, str], encoding: str | None
) -> tuple[bytes, dict[Cell, str]]:
    """The file with these texts, and why some cells stay as they are. `seen`: all of its cells, as they were read.

    Raises:
        WorkbookError: it cannot be done without changing anything else.
    """
    text, _, codec = decoded(content, file, encoding)
    mark, codec = next(
        ((mark, plain) for (known, mark), plain in _MARKS.items() if known == codec and content.startswith(mark)),
        (b"", "utf-8" if codec == "utf-8-sig" else codec),
    )
    if mark + text.encode(codec, "replace") != content:
        raise WorkbookError(f"{file} cannot be corrected in place: it has letters that {codec} spells in two ways.")
    left = {cell: f"cannot be written in {codec}" for cell, it in texts.items() if not _fits(it, codec)}
    wanted = {cell: it for cell, it in texts.items() if cell not in left}
    for separator in DELIMITERS:
        if (records := _records(text, separator, seen, {row for row, _ in wanted})) is not None:
            return mark + _edited(text, separator, records, wanted).encode(codec), left
    raise WorkbookError(f"{file} cannot be corrected in place: programs differ about where its cells begin and end.")


def _fits(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _records(text: str, separator: str, seen: Sequence[Sequence[object]], rows: set[int]) -> dict[int, _Record] | None:
    """Those of the rows that are wanted; None where the cells are others than were seen."""
    found: dict[int, _Record] = {}
    number = 0
    for number, record in enumerate(_all_records(text, separator), start=1):
        values = [_value(text[begin:end]) for begin, end in record.cells]
        known = seen[number - 1] if number <= len(seen) else ()
        if any((value or None) != it for value, it in itertools.zip_longest(values, known)):
            return None
        if number in rows:
            found[number] = record
    return found if all(cell is None for row in seen[number:] for cell in row) else None


def _all_records(text: str, separator: str) -> Iterator[_Record]:
    sign = re.escape(separator)
    cell = re.compile(rf'((?:"(?:[^"]++|"")*+")?+[^{sign}\r\n]*+)({sign}|\r\n|\r|\n|\Z)')
    at, record, open_line = 0, _Record(), False
    while at < len(text) or open_line:
        found = cell.match(text, at)
        if found is None:
            return
        at, open_line = found.end(), found[2] == separator
        record.cells.append(found.span(1))
        if not open_line:
            record.end = found.end(1)
            yield record
            record = _Record()


def _value(typed: str) -> str:
    if typed.startswith('"') and (found := _QUOTED.fullmatch(typed)):
        return found[1].replace('""', '"') + found[2]
    return typed


def _edited(text: str, separator: str, records: Mapping[int, _Record], texts: Mapping[Cell, str]) -> str:
    at, pieces = 0, list[str]()
    beyond: dict[Cell, str] = {}
    for (row, column), new in sorted(texts.items()):
        record = records.get(row)
        if record is None:
            beyond[row, column] = new
            continue
        if column <= len(record.cells):
            begin, end = record.cells[column - 1]
            pieces += [text[at:begin], _written(new, separator, quoted=text.startswith('"', begin))]
            at = end
        else:
            missing = separator * (column - len(record.cells))
            pieces += [text[at : record.end], missing, _written(new, separator)]
            record.cells += [(record.end, record.end)] * (column - len(record.cells))
            at = record.end
    whole = "".join([*pieces, text[at:]])
    return whole + _added(text, separator, beyond)


def _added(text: str, separator: str, texts: Mapping[Cell, str]) -> str:
    """Lines behind the last one."""
    if not texts:
        return ""
    found = _LINE_END.search(text)
    line_end = found[0] if found else "\r\n"
    ended = not text or text.endswith(("\r", "\n"))
    rows = {row: [it for it in texts if it[0] == row] for row, _ in texts}
    first = sum(1 for _ in _all_records(text, separator)) + 1
    lines = []
    for row in range(first, max(rows) + 1):
        columns = [column for _, column in rows.get(row, ())]
        cells = (texts.get((row, column), "") for column in range(1, max(columns, default=0) + 1))
        lines.append(separator.join(_written(cell, separator) for cell in cells) + line_end)
    return ("" if ended else line_end) + "".join(lines)


def _written(text: str, separator: str, *, quoted: bool = False) -> str:
    needed = quoted or any(sign in text for sign in (separator, '"', "\r", "\n"))
    return '"' + text.replace('"', '""') + '"' if needed else text
