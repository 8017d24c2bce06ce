"""What a legacy sheet calls its columns and values, said in a file, so that nobody has to edit the sheet.

ignore = ["Monday meeting"]

[headers]
"Campaign" = "Campaign name"
"Grp" = ["Contact lists", "Queue"]

[values."Dialing mode"]
"Voice - IVR" = "Agentless"

[constants]
"Timezone" = "Europe/London"

[constants."Preview"]
"Max skips" = 2

[prefix]
"Caller ID" = "+44"

[join]
"Description" = ["Region", "Segment"]

[separator]
"Contact lists" = ","
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from loader.errors import SettingsError
from loader.model.campaign import DialingMode
from loader.model.row import CellError
from loader.workbook.cell_parsers import dialing_mode, is_blank
from loader.workbook.columns import BY_FIELD, Column, find, header_key
from loader.workbook.mapping_tables import (
    constants_in,
    has_parts,
    headers_in,
    joins_in,
    prefixes_in,
    separators_in,
    value_key,
    values_in,
)
from loader.workbook.value_warnings import is_country

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LARGEST = 1_000_000  # bytes
_TABLES = ("headers", "values", "constants", "prefix", "join", "separator")
_WITH_COUNTRY_CODE = ("+", "00", "sip:", "sips:", "tel:")


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a mapping says; fields are those of a campaign.

    `columns`: ours by the key of their header. `values`: ours by theirs, by field. `constants`, `of_mode`: values by
    field for blank cells, of all rows and of those of one dialing mode. `prefixes`, `separators`: by field.
    `joined`: their headers that are put together, by field. `ignored`: keys of headers that are not used on purpose.
    `country`: where numbers without a plus are dialled, as two letters. `plain`: all of it as JSON.
    """

    columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    of_mode: Mapping[DialingMode, Mapping[str, object]] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    country: str = ""
    plain: Mapping[str, object] = field(default_factory=dict)

    def find(self, header: str) -> Column | None:
        """The first column that a header means, by the mapping or by itself."""
        return next(iter(self.meant(header)), None)

    def meant(self, header: str) -> Sequence[Column]:
        """All columns that it means."""
        key = header_key(header)
        parts = [BY_FIELD[it] for it, theirs in self.joined.items() if key in map(header_key, theirs)]
        if named := self.columns.get(key):
            return [*named, *parts]
        own = find(header)
        return parts or ([own] if own else [])

    @property
    def given(self) -> set[str]:
        """Fields that have a value even if the sheet has no column for them."""
        return {*self.constants, *(it for constants in self.of_mode.values() for it in constants)}

    @property
    def rewrites(self) -> bool:
        """Whether any value becomes another."""
        return bool(self.values or self.separators or self.prefixes or next(self._shared(), None))

    def renamed(self, values: dict[str, object]) -> int:
        """Put our values for theirs, and say how many they were."""
        changed = 0
        for name, ours in self.values.items():
            value = ours.get(value_key(values.get(name)))
            if value is not None:
                values[name] = value
                changed += 1
        return changed

    def put_together(
        self, values: dict[str, object], row: Sequence[object], places: Mapping[str, Sequence[int]]
    ) -> None:
        """Join what stands in several columns, counted from 1, of a row."""
        for name, columns in places.items():
            parts = [_typed(row[at - 1]) for at in columns if not is_blank(row[at - 1])]
            glue = "; " if has_parts(BY_FIELD[name]) else self.separators.get(name, " ")
            if len(parts) > 1:
                values[name] = glue.join(parts)
            elif parts:
                values[name] = next(row[at - 1] for at in columns if not is_blank(row[at - 1]))

    def rewritten(self, values: dict[str, object]) -> int:
        """Give values our separators and their prefixes, and leave out what a mode has not; say how many they were."""
        before = dict(values)
        for name, separator in self.separators.items():
            if isinstance(value := values.get(name), str) and has_parts(BY_FIELD[name]):
                values[name] = "; ".join(part.strip() for part in value.split(separator) if part.strip())
        for name, prefix in self.prefixes.items():
            if name in values:
                values[name] = _prefixed(name, values[name], prefix)
        mode = _mode_of(values)
        for name in self._shared():
            modes = BY_FIELD[name].modes
            if mode and modes and mode not in modes:
                values.pop(name, None)
        return sum(values.get(name) != value for name, value in before.items())

    def _shared(self) -> Iterator[str]:
        """Fields whose column is that of other fields, too: a row need not have all of them."""
        return (column.field for several in self.columns.values() if len(several) > 1 for column in several)

    def filled(self, values: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
        """The values of a row with what stands for its blank cells; `given` comes from the command line."""
        known = {**self.constants, **given, **values}
        mode = _mode_of(known)
        return {**self.constants, **(self.of_mode.get(mode, {}) if mode else {}), **given, **values}


NOTHING_RENAMED = Renaming()


def _typed(value: object) -> str:
    """A cell as a part of a text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _prefixed(name: str, value: object, prefix: str) -> object:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return value
    text = _typed(value)
    if name == "caller_id":
        return value if text.casefold().startswith(_WITH_COUNTRY_CODE) or "@" in text else f"{prefix}{text}"
    if has_parts(BY_FIELD[name]):
        return "; ".join(
            part if part.startswith(prefix) else f"{prefix}{part}" for part in map(str.strip, _parts(text))
        )
    return text if text.startswith(prefix) else f"{prefix}{text}"


def _parts(text: str) -> Iterator[str]:
    return (part for line in text.splitlines() for part in line.split(";") if part.strip())


def _mode_of(values: Mapping[str, object]) -> DialingMode | None:
    """The dialing mode of a row, None where it cannot be read."""
    try:
        read = dialing_mode(values["dialing_mode"]).value if "dialing_mode" in values else DialingMode.AGENTLESS
    except CellError:
        return None
    return read if isinstance(read, DialingMode) else None


def read_mapping(path: Path) -> Renaming:
    """SettingsError names everything that is wrong with the file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SettingsError(f"mapping {path} is larger than {_LARGEST // 1_000_000} MB, and surely no mapping.")
        plain = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"mapping {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # its own, and those of a path or a number that is none
        raise SettingsError(f"mapping {path} is not valid TOML: {error}.") from error
    return renaming_of(plain, str(path))


def renaming_of(plain: Mapping[str, object], name: str = "of the run") -> Renaming:
    """The mapping that a file has, or a run remembers."""
    faults: list[str] = []
    tables: dict[str, Mapping[str, object]] = {table: {} for table in _TABLES}
    ignored = frozenset(_ignored(plain.get("ignore", []), faults))
    for table, content in plain.items():
        if table in {"ignore", "country"}:
            continue
        if table not in _TABLES or not isinstance(content, dict):
            named = ", ".join(f"[{it}]" for it in _TABLES)
            faults.append(f"has '{table}', and should have 'ignore', 'country' and the tables {named} only")
        else:
            tables[table] = content
    columns = headers_in(tables["headers"], faults)
    values = values_in(tables["values"], columns, faults)
    constants, of_mode = constants_in(tables["constants"], faults)
    prefixes = prefixes_in(tables["prefix"], faults)
    joined = joins_in(tables["join"], columns, faults)
    separators = separators_in(tables["separator"], joined, faults)
    country = plain.get("country", "")
    if country and (not isinstance(country, str) or not is_country(country)):
        faults.append(f"has the country '{country}', which should be two capital letters such as US or GB")
    if faults:
        raise SettingsError("\n".join(f"mapping {name} {fault}." for fault in faults))
    dialled = country if isinstance(country, str) else ""
    return Renaming(columns, values, constants, of_mode, prefixes, joined, separators, ignored, dialled, plain)


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
