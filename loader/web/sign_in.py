"""Who may use the page of this machine: whoever has the address that `serve` printed, once, and then their browser."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING

from loader.storage.atomic_files import remove, write_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOURS = 12
YOU = "you"  # with the token of this machine all are one person
_SECONDS = HOURS * 3600


class SignIns:
    """Browsers that are signed in, kept over a restart. A file is called by the hash of a cookie, and says until when.

    Whoever reads the folder cannot sign in by it.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder, self._now = folder, now
        self._token = secrets.token_urlsafe(32)
        self._until = dict(self._kept())

    @property
    def token(self) -> str:
        """What the printed address ends with; blank once it was used."""
        return self._token

    def exchange(self, token: str) -> str | None:
        """A cookie for the token, which is worth nothing from then on; None if it is not the one."""
        if not self._token or not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = ""
        cookie = secrets.token_urlsafe(32)
        until = int(self._now()) + _SECONDS
        write_once(self._folder / _hash(cookie), lambda file: file.write(str(until).encode()))
        self._until[_hash(cookie)] = until
        return cookie

    def is_signed_in(self, cookie: str) -> bool:
        return self._until.get(_hash(cookie), 0) > self._now()

    def sign_out(self, cookie: str) -> None:
        if self._until.pop(_hash(cookie), None) is not None:
            remove(self._folder / _hash(cookie))

    def _kept(self) -> list[tuple[str, int]]:
        """Those that still count; the others are removed."""
        kept = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            text = path.read_text(encoding="ascii", errors="replace")
            if text.isdecimal() and int(text) > self._now():
                kept.append((path.name, int(text)))
            elif not path.name.startswith("."):
                remove(path)
        return kept


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def cookie_name(port: int) -> str:
    """Cookies are shared by all ports of a host."""
    return f"campaign-loader-{port}"
