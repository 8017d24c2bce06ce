"""What columns and words of sheets of one shape mean, remembered: the second sheet of it is matched by itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from loader.errors import SettingsError
from loader.model.limits import HEAD
from loader.storage.atomic_files import write_over
from loader.workbook.cell_parsers import is_blank
from loader.workbook.columns import header_key
from loader.workbook.header_words import one_line
from loader.workbook.mapping import renaming_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loader.editing.sheet_edit import Book

SAVED_MATCH = "a saved match"
"""By whom a step was made that nobody has made."""
_BEGINS = '{"campaign-loader": "match"'
_FEWEST = 3  # headers, by which a shape is recognised


class Matches:
    """A folder with one file for each set of headers; the last match that was said counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, headers: Sequence[object], mapping: Mapping[str, object]) -> None:
        if (shape := _shape(headers)) and any(mapping.values()):
            text = json.dumps({"campaign-loader": "match", "mapping": dict(mapping)})
            write_over(self._folder / f"{shape}.json", text, begins=_BEGINS)

    def find(self, book: Book) -> tuple[str, int, Mapping[str, object]] | None:
        """The sheet, its header row and the mapping; None where no sheet has a known shape, or more than one."""
        found = []
        for grid in book.grids if self._folder.is_dir() else ():
            rows = enumerate(grid.cells[:HEAD], start=1)
            kept = ((grid.title, number, mapping) for number, row in rows if (mapping := self._kept(row)) is not None)
            found += list(kept)[:1]
        return found[0] if len(found) == 1 else None

    def _kept(self, headers: Sequence[object]) -> Mapping[str, object] | None:
        """None also where the file says nothing that is a mapping any more."""
        shape = _shape(headers)
        try:
            plain = json.loads((self._folder / f"{shape}.json").read_text(encoding="utf-8")) if shape else {}
            mapping = plain.get("mapping")
            return renaming_of(mapping).plain if isinstance(mapping, dict) else None
        except (OSError, ValueError, AttributeError, SettingsError):
            return None


def _shape(headers: Sequence[object]) -> str:
    """What sheets share that have the same headers, in any order; blank where they are too few to tell."""
    keys = sorted({header_key(one_line(it)) for it in headers if not is_blank(it)} - {""})
    text = "\n".join(keys).encode("utf-8", "replace")
    return hashlib.sha256(text).hexdigest()[:32] if len(keys) >= _FEWEST else ""
