"""Files to read and to add to, or a sentence about why that cannot be."""

import tomllib
from pathlib import Path
from typing import Any, TextIO

from loader.sandbox.errors import SandboxError


def toml_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise SandboxError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SandboxError(f"{path.name} is not TOML: {error}") from error


def opened_to_add(path: Path) -> TextIO:
    """Open a file of lines; folders above it are made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise SandboxError(f"{path.name} cannot be written: {error.strerror}") from error
