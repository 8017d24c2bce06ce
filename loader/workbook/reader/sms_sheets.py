"""SMS campaigns are another request with other fields (API reference, section 3): known here, and not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.row import Problem
from loader.workbook.cell_parsers import NO_SMS, is_blank, says_sms
from loader.workbook.columns import header_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_KINDS = frozenset({"campaign type", "type", "channel", "channel type", "campaign channel", "medium"})
_TEXTS = frozenset({"sms message", "sms text", "sms body", "sms template", "sms template name"})
_VOICE = frozenset({"max_attempts", "retry_period", "max_ring_time"})
# in a sheet without any of these
_TEXTS_OF_A_SHEET = frozenset({*_TEXTS, "message", "message text", "message template", "template", "template name"})


def sms_rows(cells: Sequence[Sequence[object]], unused: Mapping[int, str], rows: Iterable[int]) -> Iterator[Problem]:
    """One error for each row of which a column, not used otherwise, says that it is none of a voice campaign."""
    keys = {at: header_key(header) for at, header in unused.items()}
    telling = [at for at, key in keys.items() if key in _KINDS | _TEXTS]
    for row in rows if telling else ():
        values = cells[row - 1]
        found = next((at for at in telling if _tells(keys[at], values[at - 1], _TEXTS)), None)
        if found is not None:
            yield Problem(row, found, unused[found], str(values[found - 1]), NO_SMS, "no row for it in this sheet")


def sms_column(cells: Sequence[Sequence[object]], header_row: int, fields: Collection[str]) -> str:
    """The header of a column by which a sheet is one of SMS campaigns; blank where it is not, or has voice's fields."""
    if not _VOICE.isdisjoint(fields):
        return ""
    for at, header in enumerate(cells[header_row - 1]):
        key = header_key(str(header))
        if any(_tells(key, row[at], _TEXTS_OF_A_SHEET) for row in cells[header_row:]):
            return str(header).strip()
    return ""


def _tells(key: str, value: object, texts: frozenset[str]) -> bool:
    return says_sms(value) if key in _KINDS else key in texts and not is_blank(value)
