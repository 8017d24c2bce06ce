"""A workbook's sheet becomes drafts with their addresses. pandas reads, and infers nothing."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from python_calamine import CalamineError

from loader.errors import SettingsError, WorkbookError
from loader.row import CellError, Sheet
from loader.workbook.columns import closest, find
from loader.workbook.drafts import Grid, sheet_of
from loader.workbook.guard import admit, look
from loader.workbook.headers import SEARCHED, header_row, nearest_miss
from loader.workbook.package import MOST_INFLATED, SAVE_AGAIN, Package
from loader.workbook.reading import is_blank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DELIMITERS = (",", ";", "\t")
_PLAIN = frozenset({str, int, float, bool, datetime, date, time, timedelta, type(None)})


def read_sheet(path: Path, *, sheet: str | None = None, defaults: Mapping[str, str] | None = None) -> Sheet:
    return read_workbook(content_of(path), path.name, sheet=sheet, defaults=defaults)


def content_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_INFLATED:
            raise WorkbookError(f"{path.name} is larger than {MOST_INFLATED // 1_000_000} MB: split it.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WorkbookError(f"There is no file {path}.") from error
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}.") from error


def read_workbook(
    content: bytes, file: str, *, sheet: str | None = None, defaults: Mapping[str, str] | None = None
) -> Sheet:
    """The sheet called `sheet`, or the first visible one with a header row.

    `file` is the workbook's name, for messages. `defaults` are values by header for blank cells and missing columns.
    """
    given = _given(defaults or {})
    package = admit(content, file)
    grids = [_text_grid(package, file, sheet)] if isinstance(package, str) else _grids(package, content, sheet)
    seen: list[str] = []
    misses: list[str] = []
    for grid in grids:
        number = header_row(grid.cells)
        if number is not None:
            return sheet_of(file, grid, number, given)
        seen.append(f"'{grid.title}'")
        misses += filter(None, [nearest_miss(grid.cells)])
    raise WorkbookError(
        f"{file}: none of the first {SEARCHED} rows of {', '.join(seen)} is a header row with 'Campaign name' and the "
        f"names of other columns. {misses[0] if misses else '`campaign-loader template` writes a sheet that has one.'}"
    )


def _given(defaults: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for header, value in defaults.items():
        column = find(header)
        if column is None:
            near = closest(header)
            advice = f": did you mean '{near.header}'?" if near else "."
            raise SettingsError(f"--set '{header}={value}': there is no column '{header}'{advice}")
        if column.field in given:
            raise SettingsError(f"--set '{header}={value}': '{column.header}' is set twice.")
        if is_blank(value):
            raise SettingsError(f"--set '{header}={value}': there is no value after the '='.")
        try:
            column.read(value)
        except CellError as error:
            raise SettingsError(
                f"--set '{header}={value}': the value {error.wrong}; right: {error.right or column.rule}."
            ) from error
        given[column.field] = value
    return given


def _grids(package: Package, content: bytes, wanted: str | None) -> Iterator[Grid]:
    sheets = package.sheets()
    if wanted is None:
        chosen = [sheet for sheet in sheets if sheet.visible and sheet.part]
    else:
        chosen = [sheet for sheet in sheets if sheet.title == wanted and sheet.part]
    if not chosen:
        missing = "visible sheet with cells" if wanted is None else f"sheet '{wanted}'"
        raise WorkbookError(
            f"{package.name} has no {missing}; it has: {', '.join(repr(sheet.title) for sheet in sheets)}."
        )
    with _excel_file(content, package) as excel:
        for sheet in chosen:
            losses = look(package, sheet.part, sheet.title)
            cells = _cells(excel, sheet.title, package)
            for (row, column), text in (*losses.errors.items(), *losses.unsaved.items()):
                _put(cells, row, column, text)
            yield Grid(sheet.title, cells, losses)


def _excel_file(content: bytes, package: Package) -> pd.ExcelFile:
    try:
        return pd.ExcelFile(io.BytesIO(content), engine="calamine")
    except (CalamineError, ValueError, OSError) as error:
        raise package.damaged() from error


def _cells(excel: pd.ExcelFile, title: str, package: Package) -> list[list[object]]:
    try:
        frame = pd.read_excel(excel, sheet_name=title, header=None, dtype=object, na_filter=False)
    except (CalamineError, ValueError, OSError) as error:
        raise WorkbookError(f"{package.name}, sheet '{title}' cannot be read: {SAVE_AGAIN}.") from error
    return _rows(frame)


def _rows(frame: pd.DataFrame) -> list[list[object]]:
    """Plain Python values, None where a cell is blank."""
    rows: list[list[object]] = frame.to_numpy(dtype=object).tolist()
    kinds: set[type] = set().union(*(map(type, row) for row in rows))
    if kinds <= _PLAIN:
        return [[None if value == "" else value for value in row] for row in rows]
    return [[None if value == "" else _plain(value) for value in row] for row in rows]


def _plain(value: object) -> object:
    match value:
        case pd.Timestamp():
            return value.to_pydatetime(warn=False)
        case pd.Timedelta():
            return value.to_pytimedelta()
        case _ if type(value) in _PLAIN:
            return value
        case _ if hasattr(value, "item"):  # one of NumPy's
            return value.item()
        case _:
            return str(value)


def _put(cells: list[list[object]], row: int, column: int, text: str) -> None:
    """Show in its place what the reader has left out."""
    width = max(column, len(cells[0]) if cells else 0)
    for line in cells:
        line.extend([None] * (width - len(line)))
    cells.extend([None] * width for _ in range(len(cells), row))
    cells[row - 1][column - 1] = text


def _text_grid(text: str, file: str, wanted: str | None) -> Grid:
    title = Path(file).stem  # what a spreadsheet program calls the sheet of such a file
    if wanted not in {None, title}:
        raise WorkbookError(f"{file} is a CSV file, and its only sheet is '{title}'.")
    try:
        delimiter = next((mark for mark in DELIMITERS if header_row(_records(text, mark, SEARCHED))), ",")
        width = max((len(record) for record in _records(text, delimiter)), default=0)
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=range(width),
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        )
    except (csv.Error, ValueError) as error:
        raise WorkbookError(
            f"{file} cannot be read: it has a quotation mark that is never closed, or no text."
        ) from error
    return Grid(title, _rows(frame), ragged=True)


def _records(text: str, delimiter: str, most: int | None = None) -> list[list[str]]:
    return list(itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most))
