"""What people did to a sheet, step by step, so that all of it can be undone and done again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loader.model.cell_reference import Cell

Plain = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody did at once, in one sheet of the workbook, and what one undo takes back.

    `cells`: new texts by row and column. `left_out`: rows that are not to be loaded, or are again. `header_row` and
    `mapping`: how the sheet is read from now on, None where that stays as it was.
    """

    by: str
    at: str
    title: str
    cells: Mapping[Cell, str] = field(default_factory=dict)
    left_out: Mapping[int, bool] = field(default_factory=dict)
    header_row: int | None = None
    mapping: Mapping[str, object] | None = None

    @property
    def plain(self) -> Plain:
        """As JSON."""
        return {
            "by": self.by,
            "at": self.at,
            "title": self.title,
            "cells": [[row, column, text] for (row, column), text in self.cells.items()],
            "left_out": [[row, out] for row, out in self.left_out.items()],
            "header_row": self.header_row,
            "mapping": self.mapping,
        }


@dataclass(frozen=True, slots=True)
class Edits:
    """What all steps come to, of one sheet: texts, rows left out and by whom, and how it is read."""

    cells: Mapping[Cell, str] = field(default_factory=dict)
    left_out: Mapping[int, str] = field(default_factory=dict)
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """`done`: how many of the steps count; those behind it were undone. `revision` grows with everything."""

    steps: tuple[Step, ...] = ()
    done: int = 0
    revision: int = 0
    touched: Mapping[tuple[str, Cell], int] = field(default_factory=dict, compare=False)
    """By title and cell, column 0 standing for the row itself: the revision that changed it last."""

    def with_step(self, step: Step) -> History:
        """Done after all others; what was undone cannot be done again."""
        return self._moved((*self.steps[: self.done], step), self.done + 1, step)

    def undone(self) -> History:
        """The same if there is nothing to undo."""
        return self._moved(self.steps, self.done - 1, self.steps[self.done - 1]) if self.done else self

    def redone(self) -> History:
        """The same if there is nothing to do again."""
        return self._moved(self.steps, self.done + 1, self.steps[self.done]) if self.done < len(self.steps) else self

    def edits(self, title: str) -> Edits:
        cells: dict[Cell, str] = {}
        left_out: dict[int, str] = {}
        header_row = None
        for step in self.steps[: self.done]:
            if step.title == title:
                cells |= step.cells
                left_out |= {row: step.by for row, out in step.left_out.items() if out}
                for row in (row for row, out in step.left_out.items() if not out):
                    left_out.pop(row, None)
                header_row = step.header_row or header_row
        return Edits(cells, left_out, header_row)

    @property
    def mapping(self) -> Mapping[str, object] | None:
        """The last one that was said, None where none was."""
        said = (step.mapping for step in reversed(self.steps[: self.done]) if step.mapping is not None)
        return next(said, None)

    @property
    def title(self) -> str:
        """The sheet that was chosen last; blank where nobody has chosen one."""
        chosen = (step.title for step in reversed(self.steps[: self.done]) if step.header_row or step.mapping)
        return next(chosen, "")

    def changed_since(self, revision: int, title: str, cells: Iterable[Cell]) -> list[Cell]:
        """Those of the cells that somebody else has changed since."""
        return [cell for cell in cells if self.touched.get((title, cell), 0) > revision]

    def _moved(self, steps: tuple[Step, ...], done: int, by: Step) -> History:
        revision = self.revision + 1
        cells = [*by.cells, *((row, 0) for row in by.left_out)]
        touched = {**self.touched, **{(by.title, cell): revision for cell in cells}}
        return replace(self, steps=steps, done=done, revision=revision, touched=touched)

    @property
    def plain(self) -> Plain:
        """As JSON; `history_from` makes a history of it again."""
        return {"revision": self.revision, "done": self.done, "steps": [step.plain for step in self.steps]}


def history_from(plain: Mapping[str, object]) -> History:
    """What `plain` gave. What was changed before counts as changed just now: no earlier reader's edit goes over it."""
    match plain:
        case {"revision": int(revision), "done": int(done), "steps": list(listed)}:
            steps = tuple(map(_step, listed))
            cells = {
                (it.title, cell): revision for it in steps for cell in (*it.cells, *((row, 0) for row in it.left_out))
            }
            return History(steps, done, revision, cells)
        case _:
            raise ValueError("no history")


def _step(plain: Mapping[str, object]) -> Step:
    match plain:
        case {
            "by": str(by),
            "at": str(at),
            "title": str(title),
            "cells": list(cells),
            "left_out": list(left_out),
            "header_row": None | int() as header_row,
            "mapping": None | dict() as mapping,
        }:
            return Step(
                by=by,
                at=at,
                title=title,
                cells=_cells(cells),
                left_out={int(row): bool(out) for row, out in left_out},
                header_row=header_row,
                mapping=mapping,
            )
        case _:
            raise ValueError("no step")


def _cells(listed: Sequence[Sequence[object]]) -> dict[Cell, str]:
    return {(int(str(row)), int(str(column))): str(text) for row, column, text in listed}
