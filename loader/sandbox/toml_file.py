"""A TOML file, or a sentence about why it cannot be read."""

import tomllib
from pathlib import Path
from typing import Any

from loader.sandbox.errors import SandboxError


def toml_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SandboxError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SandboxError(f"{path.name} is not TOML: {error}") from error
