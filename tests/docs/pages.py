"""The README and the pages of `loader/docs`, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import loader

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted((Path(loader.__file__).parent / "docs").glob("*.md"))
}
EVERYWHERE = {"README": README, **PAGES}


def without_blocks(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^( *)```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[str]:
    """All headings of a page, with their `#`."""
    return re.findall(r"^#+ .*$", without_blocks(text), re.MULTILINE)


def section(text: str, heading: str) -> str:
    """The text under a heading, up to the next one of the same level or a higher one."""
    level = heading.split(" ", maxsplit=1)[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its header."""
    found = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = found[0].splitlines() if found else []
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def coded(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def blocks(text: str, kind: str) -> Iterator[str]:
    """All fenced blocks of a kind."""
    for indent, block in re.findall(rf"^( *)```{kind}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        yield "".join(line.removeprefix(indent) for line in block.splitlines(keepends=True))
