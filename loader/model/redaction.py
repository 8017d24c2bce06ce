"""What is nobody's to keep, in a log or in somebody's mail."""

from __future__ import annotations

import re

_PRIVATE = re.compile(r"\+[0-9]{7,15}|\b[0-9]{10,15}\b|eyJ[\w-]{8,}(\.[\w-]*)*")


def discreet(text: str) -> str:
    """Without telephone numbers and tokens, which a cell or a server may have been quoted with."""
    return _PRIVATE.sub("***", text)
