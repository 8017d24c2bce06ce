"""What office programs put beside a workbook while somebody has it open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EXCEL, LIBRE_OFFICE = "~$", ".~lock."


def lock_beside(path: Path) -> Path | None:
    """The lock file of a workbook, None where nobody has it open."""
    locks = (path.with_name(f"{EXCEL}{path.name}"), path.with_name(f"{LIBRE_OFFICE}{path.name}#"))
    # unlike Path.exists, also where a name of nearly 255 bytes leaves no room for more
    return next((lock for lock in locks if os.path.exists(lock)), None)  # noqa: PTH110


def locked(path: Path) -> str:
    """The name of the workbook whose lock file this is; blank where it is none."""
    if path.name.startswith(LIBRE_OFFICE):
        return path.name.removeprefix(LIBRE_OFFICE).removesuffix("#")
    return path.name.removeprefix(EXCEL) if path.name.startswith(EXCEL) else ""


def what_open_means(path: Path) -> str:
    """A sentence for a workbook that somebody has open; blank where nobody has."""
    lock = lock_beside(path)
    return (
        f"Somebody has {path.name} open ({lock.name} lies beside it): what is not saved yet is not read."
        if lock
        else ""
    )
