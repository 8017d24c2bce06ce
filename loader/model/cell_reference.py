"""Where a cell is, read from its address in a file; the way back is `loader.model.row.address`."""

from __future__ import annotations

import re

Cell = tuple[int, int]  # row and column, from 1

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384  # of any sheet in Excel
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,4})\$?([0-9]{1,10})")
_MOST_DIGITS = 10


def cell_of(address: str) -> Cell:
    """(5, 3) for "C5", with or without dollar signs; (0, 0) for what is no address."""
    found = _ADDRESS.fullmatch(address)
    return (int(found[2]), column_of(found[1])) if found else (0, 0)


def column_of(letters: str) -> int:
    """3 for "C"."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def position(digits: str) -> int:
    """A row, a column or an index as XML has it; 0 for what is no such number."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


def row_in_words(at: tuple[str, int]) -> str:
    """ "row 3", or "row 3 of 'EMEA'" where several sheets are loaded."""
    sheet, row = at
    return f"row {row} of '{sheet}'" if sheet else f"row {row}"


def in_formula(sheet: str) -> str:
    """A sheet's title as a formula has it: "EMEA", "'North America'"."""
    return sheet if not sheet or sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
