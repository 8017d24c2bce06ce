"""A correction of a cell, as data: what it would hold, and whether that needs a person.

The sentences about a problem are for people. Whatever corrects a cell takes its text from here, and never from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST_LABEL = 60  # characters of the text


class Sure(StrEnum):
    """What may be corrected without asking; there is nothing else. Each stands in docs/sheet.md with its reason."""

    READ_SO = "what is read so anyway, with a warning"
    ALIAS = "another known name of a column"
    ZONE = "a time zone in another spelling of itself"


WHY_SURE: Mapping[Sure, str] = {
    Sure.READ_SO: "the campaign stays the same, and the warning goes",
    Sure.ALIAS: "the column stays the same, and its name says what is counted",
    Sure.ZONE: "letters and their order are the same, and no other zone has them",
}


@dataclass(frozen=True, slots=True)
class Fix:
    """`text`: what the cell would hold. `why`: what makes it sure; None where a person has to say that it is meant."""

    text: str
    why: Sure | None = None

    @property
    def sure(self) -> bool:
        return self.why is not None

    @property
    def label(self) -> str:
        """What a button says: "Use America/New_York"."""
        line = " ".join(self.text.split())
        return f"Use {line if len(line) <= _LONGEST_LABEL else f'{line[: _LONGEST_LABEL - 1]}…'}"


def perhaps(*texts: str) -> tuple[Fix, ...]:
    """Corrections that may be meant."""
    return tuple(map(Fix, dict.fromkeys(texts)))


def in_words(fixes: Iterable[Fix]) -> str:
    """All of them in a line, as they are offered: "Use Asia/Kolkata (sure)", "Use 9:00 AM, or use 9:00 PM"."""
    labels = [f"{fix.label} (sure)" if fix.sure else fix.label for fix in fixes]
    return ", or ".join([*labels[:1], *(label[:1].lower() + label[1:] for label in labels[1:])])
