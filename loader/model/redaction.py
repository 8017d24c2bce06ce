"""What is nobody's to keep, in a log or in somebody's mail."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*)*")
_PHONE = re.compile(r"\+[0-9]{7,15}|\b[0-9]{10,15}\b")
# longer than any name of a campaign may be: a name is what a campaign is known by, and must stay as it is
_WHOLE_TOKEN = re.compile(r"eyJ[\w-]{17,}\.[\w-]{17,}\.[\w-]{17,}")


def discreet(text: str) -> str:
    """Without telephone numbers and tokens, which a cell or a server may have been quoted with."""
    return _PHONE.sub("***", without_tokens(text))


def without_tokens(text: str) -> str:
    """Without anything that may be a token, or the beginning of one."""
    return _TOKEN.sub("***", text)


def without_whole_tokens(text: str) -> str:
    """Without tokens, but with every name that a campaign may have."""
    return _WHOLE_TOKEN.sub("***", text)
