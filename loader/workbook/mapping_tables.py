"""The tables of a mapping file, read; what is wrong with them is gathered as ends of sentences about the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.campaign import DialingMode
from loader.model.row import CellError
from loader.workbook.cell_parsers import names, text, whole_week, windows
from loader.workbook.columns import Column, find, header_key
from loader.workbook.header_words import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Table = Mapping[str, object]


def headers_in(table: Table, faults: list[str]) -> dict[str, tuple[Column, ...]]:
    """Our columns by the key of their header; a column of theirs may be several of ours."""
    columns: dict[str, tuple[Column, ...]] = {}
    meant: dict[str, str] = {}
    for theirs, ours in table.items():
        found: list[Column] = []
        for one in ours if isinstance(ours, list) and ours else [ours]:
            column = find(one) if isinstance(one, str) else None
            if column is None:
                faults.append(f"gives '{theirs}' the header {_unknown(one)}")
            elif not header_key(theirs):
                faults.append(f"has the header '{theirs}', which is blank")
            elif column.field in meant:
                faults.append(f"gives both '{meant[column.field]}' and '{theirs}' the header '{column.header}'")
            else:
                meant[column.field] = theirs
                found.append(column)
        if found:
            columns[header_key(theirs)] = tuple(found)
    return columns


def values_in(tables: Table, columns: Mapping[str, tuple[Column, ...]], faults: list[str]) -> dict[str, dict[str, str]]:
    """Our words by theirs, by field."""
    values: dict[str, dict[str, str]] = {}
    for header, pairs in tables.items():
        known = columns.get(header_key(header)) or tuple(filter(None, [find(header)]))
        if not known:
            faults.append(f"has values for {_unknown(header)}")
        elif not isinstance(pairs, dict):
            faults.append(f"has '{header}' without a list of values")
        else:
            for column in known:
                values.setdefault(column.field, {}).update(_pairs(column, pairs, faults))
    return values


def _pairs(column: Column, pairs: Table, faults: list[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for theirs, ours in pairs.items():
        if not isinstance(ours, str):
            faults.append(f"gives '{theirs}' under '{column.header}' a value that is no text in quotation marks")
            continue
        if wrong := _unreadable(column, ours):
            faults.append(f"gives '{theirs}' the {column.header} '{ours}', which {wrong}")
        known[value_key(theirs)] = ours
    return known


def constants_in(table: Table, faults: list[str]) -> tuple[dict[str, object], dict[DialingMode, dict[str, object]]]:
    """Values by field for blank cells and missing columns: of all rows, and of those of one dialing mode."""
    modes = {mode.casefold(): mode for mode in DialingMode}
    plain: dict[str, object] = {}
    of_mode: dict[DialingMode, dict[str, object]] = {}
    for name, value in table.items():
        if not isinstance(value, dict):
            plain.update(_constants({name: value}, faults))
        elif mode := modes.get(name.strip().casefold()):
            of_mode[mode] = dict(_constants(value, faults))
        else:
            faults.append(f"has constants for '{name}', which is no dialing mode: {', '.join(DialingMode)}")
    return plain, of_mode


def _constants(table: Table, faults: list[str]) -> Iterator[tuple[str, object]]:
    for header, value in table.items():
        column = find(header)
        if column is None:
            faults.append(f"has a constant for {_unknown(header)}")
        elif not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
            faults.append(f"has a constant for '{header}' that is neither a text nor a whole number")
        elif wrong := _unreadable(column, value):
            faults.append(f"has the constant '{value}' for '{column.header}', which {wrong}")
        else:
            yield column.field, value


def prefixes_in(table: Table, faults: list[str]) -> dict[str, str]:
    """What is put before the values of a field."""
    prefixes: dict[str, str] = {}
    for header, prefix in table.items():
        column = find(header)
        if column is None:
            faults.append(f"has a prefix for {_unknown(header)}")
        elif not _takes_prefix(column):
            faults.append(f"has a prefix for '{column.header}', which is not a name, a text or a number to call")
        elif not isinstance(prefix, str) or not prefix.strip():
            faults.append(f"has a prefix for '{column.header}' that is no text in quotation marks")
        else:
            prefixes[column.field] = prefix
    return prefixes


def _takes_prefix(column: Column) -> bool:
    return column.read in {text, names} or column.field == "caller_id"


def joins_in(table: Table, columns: Mapping[str, tuple[Column, ...]], faults: list[str]) -> dict[str, tuple[str, ...]]:
    """The headers of theirs that are put together, by field."""
    joins: dict[str, tuple[str, ...]] = {}
    mapped = {column.field for several in columns.values() for column in several}
    for header, parts in table.items():
        column = find(header)
        if column is None:
            faults.append(f"joins columns to {_unknown(header)}")
        elif (
            not isinstance(parts, list) or not all(isinstance(it, str) and header_key(it) for it in parts) or not parts
        ):
            faults.append(f"joins to '{column.header}' what is no list of headers in quotation marks")
        elif column.field in mapped:
            faults.append(f"joins columns to '{column.header}', and gives that header to another column, too")
        else:
            joins[column.field] = tuple(parts)
    return joins


def separators_in(table: Table, joins: Mapping[str, tuple[str, ...]], faults: list[str]) -> dict[str, str]:
    """What stands between the parts of a field: of several names or windows, or of what is joined."""
    separators: dict[str, str] = {}
    for header, separator in table.items():
        column = find(header)
        if column is None:
            faults.append(f"has a separator for {_unknown(header)}")
        elif not isinstance(separator, str) or not separator:
            faults.append(f"has a separator for '{column.header}' that is no text in quotation marks")
        elif not has_parts(column) and column.field not in joins:
            faults.append(f"has a separator for '{column.header}', which has one value and is not joined")
        else:
            separators[column.field] = separator
    return separators


def has_parts(column: Column) -> bool:
    """Whether a cell of it may hold several values, with a semicolon between them."""
    return column.read in {names, windows, whole_week}


def _unreadable(column: Column, value: object) -> str:
    """Why a value that a mapping gives cannot be read, with what would do; blank where it can."""
    try:
        column.read(value)
    except CellError as error:
        return f"{error.wrong}; right: {error.right or column.rule}"
    return ""


def _unknown(ours: object) -> str:
    near = closest(ours) if isinstance(ours, str) else None
    return f"'{ours}', which is no column" + (f" (perhaps '{near.header}')" if near else "")


def value_key(value: object) -> str:
    """What two spellings of a value share; a number cell is found by its digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).casefold().split()) if isinstance(value, str | int | float) else ""
