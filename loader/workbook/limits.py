"""How large a workbook may be. Settings, with defaults that a good sheet of 100,000 rows passes."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 100_000, 200
# a good sheet of 100,000 rows and 30 columns unpacks to 147 MB; how a bomb is told from it: see Package
MOST_INFLATED_MB = 400
SAVE_AGAIN = "open it in Excel and save it again as .xlsx"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows below the header, columns in use, and what all parts of the file that are read unpack to."""

    rows: int = MOST_ROWS
    columns: int = MOST_COLUMNS
    inflated_mb: int = MOST_INFLATED_MB
