"""How large a workbook may be. Settings, with defaults that a good sheet of 100,000 rows passes."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 100_000, 200
# a good sheet of 100,000 rows and 30 columns unpacks to 147 MB; how a bomb is distinguished from it: see Package
MOST_INFLATED_MB = 400
HEAD = 20  # first rows of a sheet: its header is looked for in them, and may have titles above
SEEN_FIRST = 200  # rows that are read before a sheet is known to be the right one: a header too far down is reported
SAVE_AGAIN = "open it in Excel and save it again as .xlsx"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows below the header, columns in use, and what all parts of the file that are read unpack to."""

    rows: int = MOST_ROWS
    columns: int = MOST_COLUMNS
    inflated_mb: int = MOST_INFLATED_MB

    @property
    def inflated(self) -> int:
        """In bytes."""
        return self.inflated_mb * 1_000_000

    def exceeded_by(self, rows: int, columns: int) -> str:
        """What is too large about such a sheet, and what to do, as the end of a sentence; blank where nothing is."""
        if rows > self.rows + HEAD:
            return f"has {rows:,} rows, and at most {self.rows:,} are loaded: split it, or raise LOADER_MAX_ROWS"
        if columns > self.columns:
            most = f"at most {self.columns:,} are read"
            return f"has {columns:,} columns, and {most}: delete some, or raise LOADER_MAX_COLUMNS"
        return ""


USUAL_LIMITS = Limits()
