"""Which sheets are loaded, as the command line and the settings say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import SettingsError
from loader.model.sheet_choice import SheetChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERY = "*"  # no sheet can be called so


def choice_of(
    names: Sequence[str] | None, *, every: bool, setting: str | None, ignored: str | None, unattended: bool = False
) -> SheetChoice:
    """What the command line says, else the settings; these are names separated by ';', or '*' for all.

    Whoever names sheets on the command line sees what others there are, unless the command is `unattended`.

    Raises:
        SettingsError: names were given, and all sheets as well.
    """
    if names and every:
        raise SettingsError("--sheet names sheets, and --all-sheets loads all: give one of the two")
    left_out = _parts(ignored)
    if names:
        return SheetChoice(tuple(names), ignored=left_out, strict=unattended)
    given = () if every else _parts(setting)
    if every or given == (_EVERY,):
        return SheetChoice(every=True, ignored=left_out)
    return SheetChoice(given, ignored=left_out, strict=bool(given))


def _parts(setting: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (setting or "").split(";") if part.strip())
