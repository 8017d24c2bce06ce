"""A sheet without its rows: what stands before and behind them, and is changed so that the results find their place."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from loader.model.cell_reference import LAST_COLUMN, cell_of, column_of
from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.ooxml.xml_edit import RELATIONS, Element, Part, number_of, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loader.model.cell_reference import Cell

# the order of a worksheet's children (ECMA-376 part 1, 18.3.1.99); Excel calls any other order damage
_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "webPublishItems", "tableParts", "extLst"),
)
_ROWS_BEGIN = re.compile(rb"<sheetData\s*(/?)>")
_ROWS_END = b"</sheetData>"
_LARGEST_HEAD = 4 << 20
_MOST_TAIL_BLOCKS = 8  # of a megabyte at most
_NO_ROWS = b"<sheetData/>"
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})(?::\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}))?")


class SheetPart:
    """`blocks` is the whole sheet; its rows are passed over."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        head, tail = _around_rows(blocks)
        self._part = Part(head + _NO_ROWS + tail, root="worksheet")
        known = {f"worksheet/{name}" for name in _ORDER} | {"worksheet/mc:AlternateContent"}
        children = [element for element in self._part.elements if element.path.count("/") == 1]
        if any(element.path not in known for element in children):
            raise Unfit
        self._children = children
        self._columns = list(self._part.all("worksheet/cols/col"))
        self._column_styles = _column_styles_of(self._columns)

    @property
    def around_rows(self) -> bytes:
        """The sheet as it came, without its rows."""
        return self._part.xml

    def edited(self) -> tuple[bytes, bytes]:
        """What stands before the rows, and what stands behind them."""
        before, _, behind = self._part.edited().partition(_NO_ROWS)
        return before + b"<sheetData>", _ROWS_END + behind

    def usual_style(self, column: int) -> int:
        """The style of the cells of a column that are not there."""
        at = bisect_right(self._column_styles, column, key=lambda it: it[0]) - 1
        return self._column_styles[at][2] if at >= 0 and column <= self._column_styles[at][1] else 0

    def _child(self, name: str) -> Element | None:
        return self._part.first(f"worksheet/{name}")

    def _add(self, name: str, xml: bytes) -> None:
        """Put in a child that is not there yet."""
        behind = _ORDER[_ORDER.index(name) + 1 :]
        for element in self._children:
            if element.name in behind:
                self._part.insert(element.start, xml)
                return
        self._part.insert(self._part.root.until, xml)

    def _replace(self, name: str, inside: bytes) -> None:
        xml = f"<{name}>".encode() + inside + f"</{name}>".encode()
        if existing := self._child(name):
            self._part.replace(existing, xml)
        else:
            self._add(name, xml)

    def forget_size(self) -> None:
        """What the sheet says of its size may be left out, and is wrong in many."""
        if dimension := self._child("dimension"):
            self._part.replace(dimension, b"")

    def make_room_for(self, cells: Iterable[Cell]) -> None:
        """The same where some of these are outside of it."""
        dimension = self._child("dimension")
        if dimension and not all(is_within(cell, corners_of(dimension.attributes.get("ref", ""))) for cell in cells):
            self.forget_size()

    def covered(self, cells: Iterable[Cell]) -> set[Cell]:
        """Those of them that are under a merged one, and are not seen."""
        merged = [corners_of(it.attributes.get("ref", "")) for it in self._part.all("worksheet/mergeCells/mergeCell")]
        return {cell for cell in cells if any(is_within(cell, it) and cell != it[0] for it in merged)}

    def set_widths(self, widths: Mapping[int, float]) -> None:
        """Give columns a width, and show those that are hidden; their neighbours keep what they have."""
        if not widths:
            return
        written = []
        for element in self._columns:
            first, last = number_of(element.attributes.get("min", "")), number_of(element.attributes.get("max", ""))
            for begin, end in _without(first, min(last, LAST_COLUMN), sorted(widths)):
                written.append((begin, {**element.attributes, "min": str(begin), "max": str(end)}))
        for column, width in widths.items():
            ours = {"min": str(column), "max": str(column), "width": f"{width:g}", "customWidth": "1"}
            written.append((column, ours))
        columns = b"".join(tag("col", attributes) for _, attributes in sorted(written, key=lambda it: it[0]))
        self._replace("cols", columns)

    def freeze(self, row: int, column: int) -> None:
        """Keep the rows down to `row` and the columns before `column` in sight, unless something is frozen already."""
        view = self._part.first("worksheet/sheetViews/sheetView")
        if self._part.first("worksheet/sheetViews/sheetView/pane") or (
            view and view.attributes.get("view", "normal") != "normal"
        ):
            return
        pane = {"xSplit": str(column - 1)} if column > 1 else {}
        pane |= {
            "ySplit": str(row),
            "topLeftCell": f"{get_column_letter(column)}{row + 1}",
            "activePane": "bottomRight" if column > 1 else "bottomLeft",
            "state": "frozen",
        }
        if view is None:
            self._replace("sheetViews", b'<sheetView workbookViewId="0">' + tag("pane", pane) + b"</sheetView>")
        elif view.blank:
            self._part.append(view, tag("pane", pane))
        else:
            self._part.insert(view.inside, tag("pane", pane))

    def filter(self, header_row: int, last_row: int, columns: tuple[int, int]) -> str | None:
        """Let every column be filtered; the user's own filter grows to the results beside it. The range, if changed."""
        first, last = columns
        existing = self._child("autoFilter")
        if existing is None:
            ref = f"A{header_row}:{get_column_letter(last)}{max(last_row, header_row)}"
            self._add("autoFilter", tag("autoFilter", {"ref": ref}))
            return ref
        grown = grown_range(existing.attributes.get("ref", ""), header_row, first, last)
        if grown:
            self._part.retag(existing, ref=grown)
        return grown

    def notes_drawing(self) -> str | None:
        """The relation of the drawing with the boxes of the comments."""
        element = self._child("legacyDrawing")
        return None if element is None else relation_key(element)

    def add_notes_drawing(self, key: str) -> None:
        self._add("legacyDrawing", tag("legacyDrawing", {"xmlns:r": RELATIONS, "r:id": key}))


def _column_styles_of(columns: Sequence[Element]) -> list[tuple[int, int, int]]:
    """First and last column and the style of each entry; Unfit where two share a column, which Excel calls damage."""
    styles = sorted(
        (number_of(at.get("min", "")), number_of(at.get("max", "")), number_of(at.get("style", "0")))
        for at in (element.attributes for element in columns)
    )
    if any(second[0] <= first[1] for first, second in itertools.pairwise(styles)):
        raise Unfit
    return styles


def corners_of(ref: str) -> tuple[Cell, Cell]:
    first, _, last = ref.partition(":")
    return cell_of(first), cell_of(last or first)


def is_within(cell: Cell, corners: tuple[Cell, Cell]) -> bool:
    (top, left), (bottom, right) = corners
    return top <= cell[0] <= bottom and left <= cell[1] <= right


def relation_key(element: Element) -> str:
    """The relation an element names, whatever prefix its attribute has."""
    return next((value for name, value in element.attributes.items() if name.endswith(":id")), "")


def grown_range(ref: str, header_row: int, first: int, last: int) -> str | None:
    """A range under the header that ends right before `first`, or among the results, with all results in it."""
    found = _RANGE.fullmatch(ref)
    if found is None or found[3] is None or int(found[2]) != header_row:
        return None
    end = column_of(found[3])
    if not first - 1 <= end < last:
        return None
    return f"{found[1]}{found[2]}:{get_column_letter(last)}{found[4]}"


def rows_of(blocks: Iterable[bytes]) -> Iterable[bytes]:
    """What stands between the tags of sheetData, a block at a time."""
    pending, inside = b"", False
    for block in blocks:
        pending += block
        if not inside:
            begin = _ROWS_BEGIN.search(pending)
            if begin is None:
                continue
            if begin[1]:
                return
            inside, pending = True, pending[begin.end() :]
        end = pending.find(_ROWS_END)
        if end >= 0:
            yield pending[:end]
            return
        keep = len(pending) - len(_ROWS_END)
        if keep > 0:
            yield pending[:keep]
            pending = pending[keep:]
    raise Unfit


def _around_rows(blocks: Iterable[bytes]) -> tuple[bytes, bytes]:
    head, pending = b"", b""
    tail: list[bytes] = []
    state = 0  # before the rows, among them, behind them
    for block in blocks:
        pending += block
        if state == 0:
            begin = _ROWS_BEGIN.search(pending)
            if begin is None:
                if len(pending) > _LARGEST_HEAD:
                    raise Unfit
                continue
            head, pending = pending[: begin.start()], pending[begin.end() :]
            state = 2 if begin[1] else 1
        if state == 1:
            end = pending.find(_ROWS_END)
            if end < 0:
                pending = pending[-len(_ROWS_END) :]
                continue
            pending, state = pending[end + len(_ROWS_END) :], 2
        tail, pending = [*tail, pending], b""
        if len(tail) > _MOST_TAIL_BLOCKS:
            raise Unfit
    behind = b"".join(tail)
    if state != 2 or b"<!" in head or b"<!" in behind:  # noqa: PLR2004 - comments could hide what is looked for
        raise Unfit
    return head, behind


def _without(first: int, last: int, gaps: list[int]) -> Iterable[tuple[int, int]]:
    """The runs of columns from first to last that have none of the gaps."""
    for gap in gaps:
        if first <= gap <= last:
            if first < gap:
                yield first, gap - 1
            first = gap + 1
    if first <= last:
        yield first, last
