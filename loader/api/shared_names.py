"""Names that several campaigns bear, as pages of the campaign list show them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.campaign import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loader.api.messages import Listed


class SharedNames:
    """`groups`: by key, the campaigns of a name that one reading of the list showed side by side, the last time."""

    def __init__(self) -> None:
        self.groups: dict[str, Sequence[Listed]] = {}
        self._walk: dict[str, list[Listed]] = {}

    def take(self, number: int, items: Iterable[Listed]) -> None:
        """Take in a page. Page 1 begins another reading: it may show what was made after another was deleted."""
        if number == 1:
            self._walk = {}
        for item in items:
            group = self._walk.setdefault(name_key(item.name), [])
            if all(item.campaign_id != other.campaign_id for other in group):
                group.append(item)
                if len(group) > 1:
                    self.groups[name_key(item.name)] = group

    def merged(self, later: SharedNames) -> Mapping[str, Sequence[Listed]]:
        """With those of later readings."""
        return {**self.groups, **later.groups}
