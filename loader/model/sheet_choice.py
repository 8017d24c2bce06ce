"""Which sheets of a workbook are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """`names` in any case; without one it is the only sheet that has campaigns. `every`: all that have some.

    `ignored`: sheets that are left out on purpose. `strict`: it is an error where others than `names` have campaigns.
    `first`: the first one with a header row, as in runs that were begun when nothing was said about the others.
    """

    names: tuple[str, ...] = ()
    every: bool = False
    ignored: tuple[str, ...] = ()
    strict: bool = False
    first: bool = False

    @property
    def looks_at_others(self) -> bool:
        """Whether sheets that are not named are looked at, too."""
        return self.every or self.strict or not self.names

    def has_named(self, title: str) -> bool:
        return _key(title) in map(_key, self.names)

    def ignores(self, title: str) -> bool:
        return not self.has_named(title) and _key(title) in map(_key, self.ignored)

    @property
    def plain(self) -> dict[str, object]:
        """As JSON."""
        return {
            "names": list(self.names),
            "every": self.every,
            "ignored": list(self.ignored),
            "strict": self.strict,
            "first": self.first,
        }


ONLY_ONE = SheetChoice()


def choice_from(plain: Mapping[str, Any]) -> SheetChoice:
    """What `plain` gave."""
    return SheetChoice(
        tuple(map(str, plain["names"])),
        bool(plain["every"]),
        tuple(map(str, plain["ignored"])),
        bool(plain["strict"]),
        bool(plain["first"]),
    )


def _key(title: str) -> str:
    return " ".join(title.split()).casefold()
