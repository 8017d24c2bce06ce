"""Cells as they are read, remembered: a sheet repeats its texts, its numbers and its weeks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import ValidationError

from loader.model.campaign import Week, week
from loader.model.row import CellError
from loader.workbook.caller_ids import caller_id_in
from loader.workbook.cell_parsers import Reading, must_be_short
from loader.workbook.columns import BY_FIELD, DAY_FIELDS

if TYPE_CHECKING:
    from loader.model.campaign import Weekday

WHOLE_DAYS = tuple(day.whole for day in DAY_FIELDS.values())
_CLOSED = Reading(())


def read_anew(field: str, value: object) -> Reading | CellError:
    try:
        must_be_short(value)
        return BY_FIELD[field].read(value)
    except CellError as error:
        return error


# typed, or True would be what 1 was
read_again = lru_cache(maxsize=32768, typed=True)(read_anew)


@lru_cache(maxsize=32768, typed=True)
def number_in(country: str, value: object) -> Reading | CellError:
    try:
        must_be_short(value)
        return caller_id_in(value, country)
    except CellError as error:
        return error


@lru_cache(maxsize=4096, typed=True)
def plain_week(*typed: object) -> Week | None:
    """The windows of all days, None where there is anything to say about one of them."""
    windows: dict[Weekday, object] = {}
    for day, field, value in zip(DAY_FIELDS, WHOLE_DAYS, typed, strict=True):
        reading = _CLOSED if value is None else read_again(field, value)
        if isinstance(reading, CellError) or reading.warning:
            return None
        if reading.value:
            windows[day] = reading.value
    try:
        return week(windows)
    except ValidationError:
        return None
