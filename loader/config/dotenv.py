"""Lines of `.env` that would be read as something else than was written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from loader.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?['\"]?(\w+)['\"]?[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_SECRET = re.compile(r".*(SECRET|PASSWORD|WEBHOOK|PROXY)")


def refuse_misread(settings: Collection[str], env_file: Path | None) -> None:
    """Refuse values of these settings that would be cut or filled in, in `.env` and in the other file.

    The environment wins over a file: what it sets is not looked at.

    Raises:
        SettingsError: there are such values; it holds none of them.
        OSError: a file cannot be read.
        UnicodeDecodeError: it is no text in UTF-8.
    """
    set_there = {name.upper() for name, value in os.environ.items() if value}
    counting = {name.upper() for name in settings} - set_there
    files = [file for file in (Path(".env"), env_file) if file is not None and file.is_file()]
    said = [f"  {line}" for file in files for line in _misread(file, counting)]
    if said:
        raise SettingsError("\n".join(["settings:", *said]))


def _misread(file: Path, counting: Collection[str]) -> Iterator[str]:
    for name, value in _LINE.findall(file.read_text(encoding="utf-8-sig")):
        if name.upper() not in counting:
            continue
        bare = not value.startswith(("'", '"'))
        if "${" in (re.split(r"\s#", value)[0] if bare else value):
            yield f"{name}: {file} has a '${{' in it, which would be filled in; set it in the environment instead"
        elif bare and _SECRET.fullmatch(name.upper()) and re.search(r"\s#", value):
            yield (
                f"{name}: {file} has a blank and a '#' in it; right: the value in single quotes, if they belong to "
                "it, or the comment on a line of its own"
            )
