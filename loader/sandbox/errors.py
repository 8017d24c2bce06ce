"""The two things that go wrong: the sandbox is set up wrongly, or a request is. And files, which can be wrong, too."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO


class SandboxError(ValueError):
    """The sandbox cannot be started as asked; the text is a sentence for the reader."""


class RefusedError(Exception):
    """A request is answered with this status, and one line of `errors` for each reason."""

    def __init__(self, status: int, *reasons: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *reasons)
        self.status = status
        self.reasons = reasons
        self.headers = dict(headers or {})


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
