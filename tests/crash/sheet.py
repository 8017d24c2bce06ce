"""The sheet of a story, as people change it between one start of the program and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.campaign import name_key
from tests.sheets import Row, row, write_workbook

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

EDITS = ("sort", "shuffle", "insert", "delete", "edit", "recase", "leave")


class Sheet:
    """`edited`: keys of the names whose row has changed since it first stood there."""

    def __init__(self, chance: Random, rows: int) -> None:
        self._chance, self._made = chance, 0
        self.rows: list[Row] = []
        self.edited: set[str] = set()
        self.insert(rows)

    @property
    def keys(self) -> set[str]:
        return {key_of(one) for one in self.rows}

    def change(self, how: str) -> None:
        match how:
            case "sort":
                self.rows.sort(key=lambda one: str(one["Campaign name"]), reverse=True)
            case "shuffle":
                self._chance.shuffle(self.rows)
            case "insert":
                self.insert(2)
            case "delete":
                self.rows.pop(self._chance.randrange(len(self.rows)))
            case "edit":
                self.edit(key_of(self.rows[self._chance.randrange(len(self.rows))]))
            case "recase":
                index = self._pick()
                name = str(self.rows[index]["Campaign name"])
                self.rows[index] = {**self.rows[index], "Campaign name": name.swapcase()}

    def insert(self, rows: int) -> None:
        for _ in range(rows):
            self._made += 1
            name = f"Renewals {self._chance.choice(('north', 'West', 'ÖST'))} {self._made:02}"
            self.rows.insert(self._chance.randint(0, len(self.rows)), row(name))

    def edit(self, key: str) -> None:
        """Give the row of this name another priority."""
        [index] = [index for index, one in enumerate(self.rows) if key_of(one) == key]
        others = [priority for priority in (1, 2, 4, 5) if priority != self.rows[index]["Priority"]]
        self.rows[index] = {**self.rows[index], "Priority": self._chance.choice(others)}
        self.edited.add(key)

    def write(self, path: Path) -> None:
        write_workbook(path, self.rows)

    def _pick(self) -> int:
        index = self._chance.randrange(len(self.rows))
        self.edited.add(key_of(self.rows[index]))
        return index


def key_of(one: Row) -> str:
    return name_key(str(one["Campaign name"]))
