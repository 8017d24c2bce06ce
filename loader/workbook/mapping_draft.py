"""A first draft of a mapping for a sheet whose headers or values are not known here; a person has the last word."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from loader.model.row import CellError, address
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import BY_KEY, COLUMNS, Column, header_key, result_column
from loader.workbook.header_words import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.workbook.mapping import Renaming

_PERHAPS = 0.6  # of letters in common, for a guess that a person looks at
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
        "",
        "[headers]",
        *draft.headers(),
        *draft.values(),
    ]
    return "\n".join([*lines, ""])


class _Draft:
    def __init__(self, cells: Sequence[Sequence[object]], header_row: int, renaming: Renaming) -> None:
        cells = cells or [[]]
        self._rows = cells[header_row:]
        self._header_row = header_row
        self._theirs = {at: str(cell).strip() for at, cell in enumerate(cells[header_row - 1]) if not is_blank(cell)}
        self._renaming = renaming
        self._known: dict[int, Column] = {}
        for at, header in self._theirs.items():
            column = renaming.find(header)
            if column and column not in self._known.values():
                self._known[at] = column
        self._guessed = self._guesses()

    def _guesses(self) -> dict[int, Column]:
        guessed: dict[int, Column] = {}
        for at, header in self._theirs.items():
            if at in self._known or result_column(header):
                continue
            column = closest(header) or _begun(header_key(header)) or _near(header_key(header))
            if column and column not in (*self._known.values(), *guessed.values()):
                guessed[at] = column
        return guessed

    def missing(self) -> Iterator[str]:
        found = {column.field for column in (*self._known.values(), *self._guessed.values())}
        if names := [column.header for column in COLUMNS if column.required == "yes" and column.field not in found]:
            yield f"# Still without a header of that sheet: {', '.join(names)}."

    def headers(self) -> Iterator[str]:
        for at, header in self._theirs.items():
            place = address(self._header_row, at + 1)
            if column := self._renaming.columns.get(header_key(header)):
                yield f"{_quoted(header)} = {_quoted(column.header)}"
            elif at in self._guessed:
                yield f"{_quoted(header)} = {_quoted(self._guessed[at].header)}  # {place}, a guess"
            elif at not in self._known and not result_column(header):
                yield f'# {_quoted(header)} = ""  # {place}'

    def values(self) -> Iterator[str]:
        for at, column in {**self._known, **self._guessed}.items():
            known = self._known_values(column)
            if column.field in _OF_WORDS and (unknown := self._unknown(at, column)):
                yield ""
                yield f"[values.{_quoted(column.header)}]  # {_one_line(column.rule)}"
                yield from (f"{_quoted(theirs)} = {_quoted(ours)}" for theirs, ours in known.items())
                yield from (f'# {_quoted(text)} = ""' for text in unknown)

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


def _begun(words: str) -> Column | None:
    """The only column that begins with these words: "Retry" for "Retry period"."""
    begun = {column.field: column for key, column in BY_KEY.items() if key.startswith(f"{words} ")}
    return next(iter(begun.values())) if len(begun) == 1 else None


def _near(key: str) -> Column | None:
    near = difflib.get_close_matches(key, BY_KEY, n=1, cutoff=_PERHAPS)
    return BY_KEY[near[0]] if near else None


def _quoted(text: str) -> str:
    """A string of TOML, in one line and without what its readers refuse."""
    plain = text.encode("utf-8", "replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split()).replace("\x7f", "")
