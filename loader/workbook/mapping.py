"""What a legacy sheet calls its columns and values, said in a file, so that nobody has to edit the sheet.

ignore = ["Monday meeting"]

[headers]
"Campaign" = "Campaign name"

[values."Dialing mode"]
"Voice - IVR" = "Agentless"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from loader.errors import SettingsError
from loader.model.row import CellError
from loader.workbook.columns import Column, find, header_key
from loader.workbook.header_words import closest
from loader.workbook.value_warnings import is_country

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LARGEST = 1_000_000  # bytes
_TABLES = ("headers", "values")


@dataclass(frozen=True, slots=True)
class Renaming:
    """`columns`: ours by the key of their header. `values`: ours by theirs, by field.

    `ignored`: keys of headers that are not used on purpose. `country`: where numbers without a plus are dialled, as
    two letters. `plain`: all of it as JSON.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    country: str = ""
    plain: Mapping[str, object] = field(default_factory=dict)

    def find(self, header: str) -> Column | None:
        """The column that a header means, by the mapping or by itself."""
        return self.columns.get(header_key(header)) or find(header)

    def renamed(self, values: dict[str, object]) -> int:
        """Put our values for theirs, and say how many they were."""
        changed = 0
        for name, ours in self.values.items():
            value = ours.get(_value_key(values.get(name)))
            if value is not None:
                values[name] = value
                changed += 1
        return changed


NOTHING_RENAMED = Renaming()


def read_mapping(path: Path) -> Renaming:
    """SettingsError names everything that is wrong with the file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SettingsError(f"mapping {path} is larger than {_LARGEST // 1_000_000} MB, and surely no mapping.")
        plain = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"mapping {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"mapping {path} is not valid TOML: {error}.") from error
    return renaming_of(plain, str(path))


def renaming_of(plain: Mapping[str, object], name: str = "of the run") -> Renaming:
    """The mapping that a file has, or a run remembers."""
    faults: list[str] = []
    tables: dict[str, Mapping[str, object]] = {}
    ignored = frozenset(_ignored(plain.get("ignore", []), faults))
    for table, content in plain.items():
        if table in {"ignore", "country"}:
            continue
        if table not in _TABLES or not isinstance(content, dict):
            faults.append(f"has '{table}', and should have the tables [headers] and [values.\"<header>\"] only")
        else:
            tables[table] = content
    columns = _columns(tables.get("headers", {}), faults)
    values = _values(tables.get("values", {}), columns, faults)
    country = plain.get("country", "")
    if country and (not isinstance(country, str) or not is_country(country)):
        faults.append(f"has the country '{country}', which should be two capital letters such as US or GB")
    if faults:
        raise SettingsError("\n".join(f"mapping {name} {fault}." for fault in faults))
    return Renaming(columns, values, ignored, country if isinstance(country, str) else "", plain)


def _ignored(headers: object, faults: list[str]) -> Iterator[str]:
    if not isinstance(headers, list) or not all(isinstance(it, str) and header_key(it) for it in headers):
        faults.append("has 'ignore', which should be a list of headers in quotation marks")
    else:
        yield from map(header_key, headers)


def ignoring(renaming: Renaming, headers: Sequence[str]) -> Renaming:
    """A mapping that leaves these headers out, too."""
    if not headers:
        return renaming
    before = cast("Sequence[str]", renaming.plain.get("ignore", ()))
    return renaming_of({**renaming.plain, "ignore": [*before, *(it for it in headers if it not in before)]}, "--ignore")


def dialled_in(renaming: Renaming, country: str | None) -> Renaming:
    """A mapping that says where numbers without a plus are dialled, too."""
    if not country:
        return renaming
    if not is_country(country.upper()):
        raise SettingsError(f"country '{country}': should be two letters such as US or GB.")
    return renaming_of({**renaming.plain, "country": country.upper()})


def _columns(headers: Mapping[str, object], faults: list[str]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    meant: dict[str, str] = {}
    for theirs, ours in headers.items():
        column = find(ours) if isinstance(ours, str) else None
        if column is None:
            faults.append(f"gives '{theirs}' the header {_unknown(ours)}")
        elif not header_key(theirs):
            faults.append(f"has the header '{theirs}', which is blank")
        elif column.field in meant:
            faults.append(f"gives both '{meant[column.field]}' and '{theirs}' the header '{column.header}'")
        else:
            meant[column.field] = theirs
            columns[header_key(theirs)] = column
    return columns


def _unknown(ours: object) -> str:
    near = closest(ours) if isinstance(ours, str) else None
    return f"'{ours}', which is no column" + (f" (perhaps '{near.header}')" if near else "")


def _values(
    tables: Mapping[str, object], columns: Mapping[str, Column], faults: list[str]
) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for header, pairs in tables.items():
        column = columns.get(header_key(header)) or find(header)
        if column is None:
            faults.append(f"has values for {_unknown(header)}")
        elif not isinstance(pairs, dict):
            faults.append(f"has '{header}' without a list of values")
        else:
            values.setdefault(column.field, {}).update(_pairs(column, pairs, faults))
    return values


def _pairs(column: Column, pairs: Mapping[str, object], faults: list[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for theirs, ours in pairs.items():
        if not isinstance(ours, str):
            faults.append(f"gives '{theirs}' under '{column.header}' a value that is no text in quotation marks")
            continue
        try:
            column.read(ours)
        except CellError as error:
            right = error.right or column.rule
            faults.append(f"gives '{theirs}' the {column.header} '{ours}', which {error.wrong}; right: {right}")
        known[_value_key(theirs)] = ours
    return known


def _value_key(value: object) -> str:
    """What two spellings of a value share; a number cell is found by its digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).casefold().split()) if isinstance(value, str | int | float) else ""
