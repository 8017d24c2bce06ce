"""Tables and pictures of somebody's sheet make room for the result columns beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.model.cell_reference import column_of
from loader.workbook.ooxml.sheet_part import grown_range
from loader.workbook.ooxml.xml_edit import Part, number_of, tag

if TYPE_CHECKING:
    from collections.abc import Mapping


def grown_table(xml: bytes, header_row: int, added: Mapping[int, str], last: int) -> bytes | None:
    """A table that ends right beside the results, with the `added` columns in it; None for any other table.

    Somebody who sorts a table sorts its own columns only.
    """
    part = Part(xml, root="table")
    grown = added and grown_range(part.root.attributes.get("ref", ""), header_row, min(added), last)
    columns = part.first("table/tableColumns")
    if not grown or columns is None or part.root.attributes.get("headerRowCount", "1") != "1":
        return None
    known = list(part.all("table/tableColumns/tableColumn"))
    begin, end = (column_of("".join(filter(str.isalpha, corner))) for corner in grown.split(":"))
    names = {element.attributes.get("name", "").casefold() for element in known}
    if end - begin + 1 != len(known) + len(added) or any(header.casefold() in names for header in added.values()):
        return None
    ids = max(number_of(element.attributes.get("id", "0")) for element in known)
    new = [tag("tableColumn", {"id": str(ids + n), "name": header}) for n, header in enumerate(added.values(), 1)]
    part.retag(part.root, ref=grown)
    part.retag(columns, count=str(len(known) + len(added)))
    part.append(columns, b"".join(new))
    own_filter = part.first("table/autoFilter")
    if own_filter and (ref := grown_range(own_filter.attributes.get("ref", ""), header_row, min(added), last)):
        part.retag(own_filter, ref=ref)
    return part.edited()


def covers(xml: bytes, header_row: int) -> bool:
    """Whether a table has the header row of the campaigns in it, and with it a filter of its own."""
    first, _, last = Part(xml, root="table").root.attributes.get("ref", "").partition(":")
    rows = [int("".join(filter(str.isdigit, corner)) or "0") for corner in (first, last or first)]
    return rows[0] <= header_row <= rows[1]


def shifted(drawing: bytes, first: int, by: int) -> bytes:
    """Pictures and charts from a column on, counted from 1, moved to the right."""
    part = Part(drawing, deepest=4)
    moved, seen, end = False, 0, 0  # of the anchor that is being looked at
    for element in part.elements:
        if element.path.count("/") == 1:
            moved, seen, end = False, 0, element.end
        elif element.start < end and element.name.rpartition(":")[2] == "col":
            place, seen = number_of(part.inside(element).decode().strip()), seen + 1
            moved |= seen == 1 and place >= first - 1
            if moved:
                part.replace(element, f"<{element.name}>{place + by}</{element.name}>".encode())
    return part.edited()
