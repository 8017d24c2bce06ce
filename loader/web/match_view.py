"""What the headers and words of a sheet mean, as a form: what is proposed, and the mapping it makes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast

from loader.model.row import address, shown
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import BY_FIELD, COLUMNS, header_key, result_column
from loader.workbook.header_words import one_line
from loader.workbook.mapping import renaming_of
from loader.workbook.mapping_draft import meanings, proposal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.editing.sheet_edit import View

LEFT_OUT, AS_IT_IS = "", "="
_SAMPLES = 3
_OFFERED = tuple(column.header for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class Match:
    """One column of a sheet. `chosen`: what it means, "" for nothing, "=" for what is in `understood`.

    `sure`: whether somebody said so, or it is the column's own name; else it is a proposal.
    """

    at: int
    header: str
    samples: Sequence[str]
    chosen: str
    understood: str
    sure: bool

    @property
    def letter(self) -> str:
        return address(None, self.at).removeprefix("column ")


@dataclass(frozen=True, slots=True)
class Word:
    """A text of a column that cannot be read, and what it is said to mean."""

    at: int
    number: int
    column: str
    rule: str
    text: str
    chosen: str


@dataclass(frozen=True, slots=True)
class MatchView:
    columns: Sequence[Match]
    words: Sequence[Word]
    missing: Sequence[str]
    offered: Sequence[str] = _OFFERED

    @property
    def proposed(self) -> int:
        """How many of them nobody has said anything of."""
        return sum(not it.sure for it in self.columns)


def match_view(view: View) -> MatchView:
    """The form for a sheet as it stands."""
    renaming, cells = view.renaming, view.cells
    found = meanings(cells, view.header_row, renaming)
    guessed = proposal(cells, view.header_row, renaming)
    columns = []
    for at, header in _headers(view).items():
        if result_column(header) and not found.get(at):
            continue
        fields = found.get(at, ())
        own = BY_FIELD[fields[0]].header if len(fields) == 1 else ""
        chosen = (own if own in _OFFERED else AS_IT_IS) if fields else LEFT_OUT
        sure = bool(fields) or header_key(header) in renaming.ignored
        if not sure and at in guessed.headers:
            chosen = guessed.headers[at].header
        understood = ", ".join(BY_FIELD[field].header for field in fields)
        columns.append(Match(at, header, _samples(view, at), chosen, understood, sure))
    have = {BY_FIELD[field].header for fields in found.values() for field in fields} | {it.chosen for it in columns}
    have |= {BY_FIELD[field].header for field in renaming.given}
    missing = [it.header for it in COLUMNS if it.required == "yes" and it.header not in have]
    return MatchView(columns, _words(columns, guessed.values), missing)


def mapping_of(view: View, form: Mapping[str, str]) -> dict[str, object]:
    """The mapping that a filled form makes of the one before."""
    before = view.renaming.plain
    shown_now = match_view(view)
    theirs = {header_key(it.header) for it in shown_now.columns}
    headers: dict[str, object] = {}
    ignored = [it for it in cast("Sequence[str]", before.get("ignore", ())) if header_key(it) not in theirs]
    for column in shown_now.columns:
        chosen = form.get(f"column-{column.at}", column.chosen)
        if chosen == LEFT_OUT:
            ignored.append(column.header)
        elif chosen != AS_IT_IS and not _means_already(column.header, chosen):
            headers[column.header] = chosen
        elif kept := _as_before(before, column.header):
            headers[column.header] = kept
    taken = {it for one in headers.values() for it in (one if isinstance(one, list) else [one])}
    headers |= {
        header: ours
        for header, ours in cast("Mapping[str, object]", before.get("headers", {})).items()
        if header_key(header) not in theirs and taken.isdisjoint(ours if isinstance(ours, list) else [ours])
    }
    mapping: dict[str, object] = {**before, "headers": headers, "values": _values(before, shown_now.words, form)}
    return {**mapping, "ignore": list(dict.fromkeys(ignored))}


def _values(before: Mapping[str, object], words: Sequence[Word], form: Mapping[str, str]) -> dict[str, object]:
    values = {it: dict(words) for it, words in cast("Mapping[str, dict[str, str]]", before.get("values", {})).items()}
    for word in words:
        if chosen := form.get(f"word-{word.at}-{word.number}", "").strip():
            values.setdefault(word.column, {})[word.text] = chosen
    return {**values}


def _means_already(header: str, chosen: str) -> bool:
    column = renaming_of({}).find(header)
    return column is not None and column.header == chosen


def _as_before(before: Mapping[str, object], header: str) -> object:
    headers = cast("Mapping[str, object]", before.get("headers", {}))
    return next((ours for theirs, ours in headers.items() if header_key(theirs) == header_key(header)), None)


def _headers(view: View) -> dict[int, str]:
    cells = view.cells[view.header_row - 1] if view.cells else []
    return {at: one_line(cell) for at, cell in enumerate(cells, start=1) if not is_blank(cell)}


def _samples(view: View, at: int) -> list[str]:
    values = (row[at - 1] for row in view.cells[view.header_row :] if at <= len(row))
    texts = dict.fromkeys(shown(it) for it in islice(values, 500) if not is_blank(it))
    return list(islice(texts, _SAMPLES))


def _words(columns: Sequence[Match], unknown: Mapping[int, Sequence[str]]) -> list[Word]:
    by_header = {it.header: it for it in COLUMNS}
    return [
        Word(it.at, number, it.chosen, by_header[it.chosen].rule, text, "")
        for it in columns
        if it.chosen in by_header
        for number, text in enumerate(unknown.get(it.at, ()))
    ]
