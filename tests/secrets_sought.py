"""Where a secret might have ended up: in a file of a test, or in what a program said."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# 64 characters: HS512 wants a key as long as its digest
SECRET = "do-not-tell-anybody-this-secret-of-the-tests-0123456789-abcdefgh"
# every token begins with '{"' in base64
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}")
# what a test itself put down, to be read by the program
_GIVEN = (".env", ".toml", ".secret")


def seen_in(text: str) -> list[str]:
    """The secrets in a text."""
    return [SECRET] * (SECRET in text) + _TOKEN.findall(text)


def spilled(folder: Path) -> list[str]:
    """Files below the folder that hold a secret, workbooks unzipped."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(_GIVEN):
            found += [f"{path.name}: {secret}" for secret in seen_in(_content(path))]
    return found


def _content(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".xlsx" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            content = b"\n".join(package.read(name) for name in package.namelist())
    return content.decode("latin-1")
