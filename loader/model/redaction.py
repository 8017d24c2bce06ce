"""What is nobody's to keep, in a log or in somebody's mail, and what would move a terminal's cursor."""

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


def as_text(name: str) -> str:
    """The name of a file as every encoding of Unicode can hold it: a byte that is no letter is written out."""
    return name.encode("utf-8", "backslashreplace").decode()


def visible(text: str) -> str:
    """Nothing in it moves the cursor, begins a line or turns the reading direction: such letters are written out."""
    if text.isprintable():  # as nearly every text is, of hundred thousands of problems
        return text
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def in_a_line(text: str) -> str:
    """A text from a sheet, a server or a file's name as it may stand in a line for a terminal."""
    return visible(without_whole_tokens(text))


def for_terminal(text: str) -> str:
    """A message of several lines. All but the first are indented: none looks like a message of its own."""
    first, *others = map(in_a_line, text.split("\n"))
    return "\n".join([first, *(line if line.startswith("  ") or not line else f"  {line}" for line in others)])
