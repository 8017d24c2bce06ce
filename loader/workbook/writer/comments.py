"""Comments on the cells of somebody's sheet: theirs stay, ours of an earlier run go, and new ones join them.

A comment is in two places, its text in a part of its own and its box in an old drawing language (VML).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loader.model.cell_reference import column_of
from loader.model.row import address
from loader.workbook.ooxml.unfit import Unfit
from loader.workbook.ooxml.xml_edit import DECLARATION, MAIN, Part, between_tags, number_of, tag
from loader.workbook.writer.cells import escaped
from loader.workbook.writer.result_cells import AUTHOR, MOST_COMMENTS, comment_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.model.row import Problem

_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_SHAPE = re.compile(rb"<(\w+):shape(?:\s[^<>]*+)?(?<!/)>")
_SHAPE_ROW = re.compile(rb"<\w+:Row>\s*+(\d{1,9})\s*+</")
_SHAPE_COLUMN = re.compile(rb"<\w+:Column>\s*+(\d{1,9})\s*+</")
_CLOSING = re.compile(rb"</\s*xml\s*>\s*$")
# LibreOffice forgets who wrote a comment
_OURS = re.compile(r"(Error|Warning): ")
_DIVIDER = "\n--- campaign-loader ---\n"  # between their text and ours
_THREAD = "tc="  # the author of the placeholder of a conversation, whose text is elsewhere
_WIDTH = 300
_EMPTY_DRAWING = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"></xml>'
)
_BOX = (
    '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{number}" type="#_x0000_t202" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:{width}px;height:{height}px;visibility:hidden" '
    'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
    '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_BOX_TYPE = (
    b'<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


@dataclass(slots=True)
class _Comment:
    author: str
    xml: bytes  # inside of its text
    box: tuple[int, int] | None = None  # width and height of a new one


def merged_notes(
    comments: bytes | None, drawing: bytes | None, marks: Mapping[int, Mapping[int, Sequence[Problem]]], *, again: bool
) -> tuple[bytes, bytes]:
    """The comments and the drawing with the problems in them. `again`: ours of an earlier run may be among them."""
    notes = _read(comments) if comments else {}
    ours = {place for place, note in notes.items() if again and _is_ours(note)}
    for place in ours:
        del notes[place]
    for note in notes.values() if again else ():
        note.xml = _without_ours(note.xml)
    room = MOST_COMMENTS
    for row, problems_by_column in marks.items():
        for column, problems in problems_by_column.items():
            if room and _put(notes, (row, column), problems):
                room -= 1
    return _comments(notes), _boxes(drawing or _EMPTY_DRAWING, notes, ours)


def _put(notes: dict[tuple[int, int], _Comment], place: tuple[int, int], problems: Sequence[Problem]) -> bool:
    text, height = comment_on(problems)
    theirs = notes.get(place)
    if theirs is None:
        notes[place] = _Comment(AUTHOR, _run(text), (_WIDTH, height))
    elif theirs.author.startswith(_THREAD):
        return False
    else:
        theirs.xml = _in_runs(theirs.xml) + _run(_DIVIDER) + _run(text)
    return True


def _without_ours(xml: bytes) -> bytes:
    """A comment of theirs without what an earlier run has added, in whatever form it was saved since."""
    theirs, divider, _ = xml.partition(_DIVIDER.strip().encode())
    if not divider:
        return xml
    return theirs.rstrip() + (b"</t></r>" if theirs.count(b"<r>") > theirs.count(b"</r>") else b"</t>")


def _run(text: str) -> bytes:
    return b'<r><t xml:space="preserve">' + between_tags(escaped(text)) + b"</t></r>"


def _in_runs(xml: bytes) -> bytes:
    """A text without formats, which may not stand beside others, as one that may."""
    return b"<r>" + xml + b"</r>" if re.match(rb"\s*<t[\s>]", xml) else xml


def _is_ours(note: _Comment) -> bool:
    shown = "".join(re.findall(r"<t(?:\s[^>]*)?>([^<]*)</t>", note.xml.decode(errors="replace")))
    return note.author == AUTHOR or (not note.author.strip() and bool(_OURS.match(shown)))


def _read(xml: bytes) -> dict[tuple[int, int], _Comment]:
    part = Part(xml, deepest=5, root="comments")
    authors = [part.inside(it).decode() for it in part.all("comments/authors/author")]
    notes: dict[tuple[int, int], _Comment] = {}
    place, author = (0, 0), ""
    for element in part.elements:
        if element.path == "comments/commentList/comment":
            found = _PLACE.fullmatch(element.attributes.get("ref", ""))
            place = (int(found[2]), column_of(found[1])) if found else (0, 0)
            number = number_of(element.attributes.get("authorId", "0"))
            author = authors[number] if number < len(authors) else ""
        elif element.path == "comments/commentList/comment/text":
            notes[place] = _Comment(author, part.inside(element))
    notes.pop((0, 0), None)
    return notes


def _comments(notes: Mapping[tuple[int, int], _Comment]) -> bytes:
    authors = dict.fromkeys(note.author for note in notes.values()) or {AUTHOR: None}
    numbers = {author: str(number) for number, author in enumerate(authors)}
    written = [
        tag("comment", {"ref": address(*place), "authorId": numbers[note.author]}, closed=False)
        + b"<text>"
        + note.xml
        + b"</text></comment>"
        for place, note in sorted(notes.items())
    ]
    names = b"".join(b"<author>" + author.encode() + b"</author>" for author in authors)
    head = tag("comments", {"xmlns": MAIN}, closed=False)
    return b"".join(
        [DECLARATION, head, b"<authors>", names, b"</authors><commentList>", *written, b"</commentList></comments>"]
    )


def _boxes(drawing: bytes, notes: Mapping[tuple[int, int], _Comment], gone: set[tuple[int, int]]) -> bytes:
    rest = _without_boxes(drawing, gone) if gone else drawing
    boxes = [
        _BOX.format(number=50_000 + number, width=note.box[0], height=note.box[1], row=row - 1, column=column - 1)
        for number, ((row, column), note) in enumerate(sorted(notes.items()))
        if note.box
    ]
    kind = b"" if b'id="_x0000_t202"' in rest else _BOX_TYPE
    return _CLOSING.sub(lambda _: kind + "".join(boxes).encode() + b"</xml>", rest, count=1)


def _without_boxes(drawing: bytes, gone: set[tuple[int, int]]) -> bytes:
    """The drawing without the boxes of these comments. It is gone through once, whatever it holds."""
    kept, at = [], 0
    while shape := _SHAPE.search(drawing, at):
        closing = b"</%b:shape>" % shape[1]
        end = drawing.find(closing, shape.end())
        if end < 0:
            raise Unfit
        end += len(closing)
        whole = drawing[shape.start() : end]
        row, column = _SHAPE_ROW.search(whole), _SHAPE_COLUMN.search(whole)
        is_note = b'ObjectType="Note"' in whole and row and column
        is_gone = is_note and row and column and (int(row[1]) + 1, int(column[1]) + 1) in gone
        kept.append(drawing[at : shape.start() if is_gone else end])
        at = end
    return b"".join([*kept, drawing[at:]])
