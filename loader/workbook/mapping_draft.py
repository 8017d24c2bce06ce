"""A first draft of a mapping for a sheet whose headers or values are not known here; a person has the last word."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.row import CellError, address
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import BY_KEY, COLUMNS, Column, header_key, result_column
from loader.workbook.header_words import closest, days_in, foreign_days, one_line, suggested, with_remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.workbook.mapping import Renaming

_BARE = ("ignore", "country")  # what stands before the tables
_UNCHANGED = ("constants", "prefix", "join", "separator")  # the tables that a draft has nothing to add to
_MOST_VALUES = 50
# columns with few words in them: the words of another system are what a mapping is for
_OF_WORDS = frozenset({"dialing_mode", "frequency", "dialing_order", "machine_detection", "timezone"})


def mapping_draft(name: str, cells: Sequence[Sequence[object]], header_row: int, renaming: Renaming) -> str:
    """The text of the file. `name` is the sheet's file, `cells` its rows; `renaming` is taken over."""
    draft = _Draft(cells, header_row, renaming)
    lines = [
        f"# How the headers and values of {_one_line(name)}, row {header_row}, are called here: a first draft.",
        "# Look at every line. A line that begins with # counts for nothing until the # is taken away.",
        *draft.missing(),
        *_taken_over({it: renaming.plain[it] for it in _BARE if it in renaming.plain}),
        "",
        "[headers]",
        *draft.headers(),
        *draft.values(),
        *_tables(renaming.plain),
    ]
    return "\n".join([*lines, ""])


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for headers and values that are not known, by column counted from 1."""

    headers: Mapping[int, Column]
    values: Mapping[int, Sequence[str]]
    """Texts that cannot be read, of columns that have few words."""


def proposal(cells: Sequence[Sequence[object]], header_row: int, renaming: Renaming) -> Proposal:
    """What a first draft would say of the sheet."""
    draft = _Draft(cells, header_row, renaming)
    return Proposal({at + 1: column for at, column in draft.guessed.items()}, dict(draft.unknown_values()))


def meanings(cells: Sequence[Sequence[object]], header_row: int, renaming: Renaming) -> dict[int, Sequence[str]]:
    """The fields that each header stands for, by column counted from 1, as far as that is known."""
    return {at + 1: fields for at, fields in _Draft(cells, header_row, renaming).meanings()}


def mapping_text(plain: Mapping[str, object]) -> str:
    """A mapping as the text of a file."""
    bare = _taken_over({it: plain[it] for it in _BARE if it in plain})
    return "\n".join([*bare, *_tables(plain, ("headers", "values", *_UNCHANGED)), ""]).lstrip("\n")


class _Draft:
    def __init__(self, cells: Sequence[Sequence[object]], header_row: int, renaming: Renaming) -> None:
        cells = cells or [[]]
        self._rows = cells[header_row:]
        self._header_row = header_row
        self._theirs = {at: one_line(cell) for at, cell in enumerate(cells[header_row - 1]) if not is_blank(cell)}
        self._renaming = renaming
        self._understood = dict(self._days())
        self._known: dict[int, Column] = {}
        for at, header in self._theirs.items():
            column = renaming.find(header)
            if column and column not in self._known.values():
                self._known[at] = column
        self.guessed = self._guesses()

    def _days(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The columns that are understood without a mapping, and the fields that each of them stands for."""
        foreign, _ = foreign_days({at: it for at, it in self._theirs.items() if not self._renaming.find(it)})
        for at, header in self._theirs.items():
            if at in foreign:
                yield at, (foreign[at],)
            elif fields := days_in(header):
                yield at, fields
            elif (meaning := with_remark(header)) and not meaning.fault:
                yield at, meaning.fields

    def _guesses(self) -> dict[int, Column]:
        guessed: dict[int, Column] = {}
        taken = {field for fields in self._understood.values() for field in fields}
        taken |= {column.field for column in self._known.values()}
        for at, header in self._theirs.items():
            if at in self._known or at in self._understood or result_column(header):
                continue
            key = header_key(header)
            column = closest(header) or _begun(key) or suggested(header)
            if column and column.field not in taken:
                guessed[at] = column
                taken.add(column.field)
        return guessed

    def missing(self) -> Iterator[str]:
        found = {column.field for column in (*self._known.values(), *self.guessed.values())} | self._renaming.given
        found |= {field for fields in self._understood.values() for field in fields}
        if names := [column.header for column in COLUMNS if column.required == "yes" and column.field not in found]:
            yield f"# Still without a header of that sheet: {', '.join(names)}."

    def headers(self) -> Iterator[str]:
        for at, header in self._theirs.items():
            place = address(self._header_row, at + 1)
            if columns := self._renaming.columns.get(header_key(header)):
                ours = [it.header for it in columns]
                yield f"{_quoted(header)} = {_value(ours if len(ours) > 1 else ours[0])}"
            elif at in self.guessed:
                yield f"{_quoted(header)} = {_quoted(self.guessed[at].header)}  # {place}, a guess"
            elif not (at in self._known or at in self._understood or self._is_left_out(header)):
                yield f'# {_quoted(header)} = ""  # {place}'

    def _is_left_out(self, header: str) -> bool:
        """On purpose, or because the mapping has something to do with it already."""
        used = result_column(header) or self._renaming.meant(header)
        return bool(used) or header_key(header) in self._renaming.ignored

    def values(self) -> Iterator[str]:
        for at, column in {**self._known, **self.guessed}.items():
            known = self._known_values(column)
            if column.field in _OF_WORDS and (unknown := self._unknown(at, column)):
                yield ""
                yield f"[values.{_quoted(column.header)}]  # {_one_line(column.rule)}"
                yield from (f"{_quoted(theirs)} = {_quoted(ours)}" for theirs, ours in known.items())
                yield from (f'# {_quoted(text)} = ""' for text in unknown)

    def meanings(self) -> Iterator[tuple[int, Sequence[str]]]:
        for at, header in self._theirs.items():
            if header_key(header) in self._renaming.ignored:
                continue
            if at in self._known:
                yield at, [column.field for column in self._renaming.meant(header)]
            elif at in self._understood:
                yield at, self._understood[at]

    def unknown_values(self) -> Iterator[tuple[int, Sequence[str]]]:
        for at, column in {**self._known, **self.guessed}.items():
            if column.field in _OF_WORDS and (unknown := self._unknown(at, column)):
                yield at + 1, unknown

    def _known_values(self, column: Column) -> Mapping[str, str]:
        return self._renaming.values.get(column.field, {})

    def _unknown(self, at: int, column: Column) -> list[str]:
        unknown: dict[str, None] = {}
        for row in self._rows:
            values = {column.field: row[at]} if at < len(row) and isinstance(row[at], str) else {}
            if not values or is_blank(row[at]) or self._renaming.renamed(values):
                continue
            try:
                column.read(row[at])
            except CellError:
                unknown[str(row[at]).strip()] = None
            if len(unknown) == _MOST_VALUES:
                break
        return list(unknown)


def _tables(plain: Mapping[str, object], names: Sequence[str] = _UNCHANGED) -> Iterator[str]:
    """Tables of a mapping as they are."""
    for name in names:
        table = plain.get(name)
        if not isinstance(table, dict):
            continue
        inner = {key: it for key, it in table.items() if isinstance(it, dict)}
        if own := {key: it for key, it in table.items() if key not in inner}:
            yield from ("", f"[{name}]", *_taken_over(own))
        for key, it in inner.items():
            yield from ("", f"[{name}.{_quoted(key)}]", *_taken_over(it))


def _taken_over(table: Mapping[str, object]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{key if key in _BARE else _quoted(key)} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _begun(words: str) -> Column | None:
    """The only column that begins with these words: "Retry" for "Retry period"."""
    begun = {column.field: column for key, column in BY_KEY.items() if key.startswith(f"{words} ")}
    return next(iter(begun.values())) if len(begun) == 1 else None


def _quoted(text: str) -> str:
    """A string of TOML, in one line and without what its readers refuse."""
    plain = text.encode("utf-8", "replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split()).replace("\x7f", "")
