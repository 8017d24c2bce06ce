"""What a cell could hold instead: nothing is offered that would not be read, and nothing sure that would be another
campaign."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING

from loader.model.campaign import Window, clock
from loader.model.fixes import Fix, Sure
from loader.workbook.cell_parsers import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.model.row import CellError, Draft, Sheet

# a number that calls are made from is a person's to confirm, however it is read
NEVER_SURE = frozenset({"caller_id"})
_CLOSED = "closed"


def corrections(
    reading: Reading | CellError, field: str, read: Callable[[object], Reading | CellError]
) -> tuple[Fix, ...]:
    """Of a cell that was read with a warning, or not at all. `read`: how a cell of that field is read.

    What was read otherwise than it stands there is sure if written so it is read as the same, and nothing is to be
    said of it any more.
    """
    if isinstance(reading, Reading) and not reading.fixes:
        text = written(reading.value)
        same = text is not None and read(text) == Reading(reading.value)
        return (Fix(text, None if field in NEVER_SURE else Sure.READ_SO),) if text is not None and same else ()
    return tuple(fix for fix in reading.fixes if isinstance(read(fix.text), Reading))


def stands_in_its_cell(sheet: Sheet, draft: Draft, field: str) -> bool:
    """Whether the sheet has the value so, and it does not come from an option or a mapping."""
    column, value = sheet.columns.get(field), draft.values.get(field)
    if column is None or value is None or draft.row > len(sheet.cells):
        return False
    typed = sheet.cells[draft.row - 1][column - 1]
    return type(typed) is type(value) and typed == value


def written(value: object) -> str | None:
    """A value as a person types it; None where nobody would."""
    match value:
        case str():  # choices, too
            return str(value)
        case int() if not isinstance(value, bool):
            return str(value)
        case time():
            return clock(value)
        case tuple():
            return "; ".join(map(str, value)) or _CLOSED
        case Mapping():
            return _week(value)
        case _:
            return None


def _week(windows: Mapping[str, tuple[Window, ...]]) -> str:
    """ "Monday 9:00 AM - 5:00 PM; Tuesday ...": one part for each day, or for days that follow one another alike."""
    parts = []
    for several, days in itertools.groupby(windows, key=windows.__getitem__):
        first, *others = days
        named = f"{first} - {others[-1]}" if others else first
        parts.append(f"{named} {'; '.join(map(str, several)) or _CLOSED}")
    return "; ".join(parts)
