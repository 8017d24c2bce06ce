"""Workbooks that ask for more work than they are worth: each kind of them in three sizes, made here.

`python -m tests.workbook.heavy FOLDER` writes them all.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from loader.model.row import address
from tests.workbook.formatted import rows_with_faults, write_formatted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Make = Callable[["Parts", int], None]

SIZES = (1_000, 10_000, 100_000)
SHEET, BOOK, STYLES, TYPES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"
NOTES, BOXES, CHART = "xl/comments/comment1.xml", "xl/drawings/commentsDrawing1.vml", "xl/drawings/drawing1.xml"
_ACCENTS = "\u0301\u0323"  # in an order that costs a sort
_RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Parts(dict[str, bytes]):
    """A formatted workbook, to be padded."""

    def before(self, part: str, where: str, pieces: Iterable[str]) -> None:
        """Put the pieces before the last place of `where` in a part."""
        xml = self[part]
        at = xml.rindex(where.encode())
        self[part] = xml[:at] + "".join(pieces).encode() + xml[at:]


def _shapes(parts: Parts, n: int) -> None:
    parts.before(BOXES, "</xml>", ["<v:shape/>"] * n)


def _whole_shapes(parts: Parts, n: int) -> None:
    parts.before(BOXES, "</xml>", ["<v:shape></v:shape>"] * n)


def _comments(parts: Parts, n: int) -> None:
    one = '<comment ref="{}" authorId="0"><text><t>x</t></text></comment>'
    parts.before(NOTES, "</commentList>", (one.format(address(number, 5)) for number in range(5, n + 5)))


def _authors(parts: Parts, n: int) -> None:
    one = '<comment ref="{}" authorId="{}"><text><t>x</t></text></comment>'
    parts.before(NOTES, "</authors>", (f"<author>A{number}</author>" for number in range(n)))
    parts.before(NOTES, "</commentList>", (one.format(address(at + 5, 5), at + 1) for at in range(n)))


def _merges(parts: Parts, n: int, same: bool) -> None:
    refs = ("A2:B500" if same else f"A{at}:B{at + 1}" for at in range(2, 2 + n))
    merged = [f'<mergeCells count="{n}">', *(f'<mergeCell ref="{ref}"/>' for ref in refs), "</mergeCells>"]
    parts.before(SHEET, "<conditionalFormatting", merged)


def _hidden_columns(parts: Parts, n: int) -> None:
    parts.before(SHEET, "</cols>", ['<col min="1" max="16384" hidden="1"/>'] * n)


def _columns(parts: Parts, n: int) -> None:
    parts.before(SHEET, "</cols>", ['<col min="5" max="5" width="9"/>'] * n)


def _rows(parts: Parts, n: int, more: str = "") -> None:
    parts.before(SHEET, "</sheetData>", (f'<row r="{number}"{more}/>' for number in range(6, min(n * 10, 1_048_570))))


def _empty_rows(parts: Parts, n: int) -> None:
    parts.before(SHEET, "</sheetData>", ["<row/>"] * n * 30)


def _errors(parts: Parts, n: int) -> None:
    line = '<row r="{0}"><c r="B{0}" t="e"><v>#REF!</v></c></row>'
    parts.before(SHEET, "</sheetData>", (line.format(number) for number in range(6, n + 6)))


def _formats(parts: Parts, n: int) -> None:
    rule = '<cfRule type="expression" priority="{}"><formula>1</formula></cfRule>'
    one = f'<conditionalFormatting sqref="A1:XFD1048576">{rule}</conditionalFormatting>'
    parts.before(SHEET, "<conditionalFormatting", (one.format(number) for number in range(n)))


def _validations(parts: Parts, n: int) -> None:
    one = '<dataValidation type="list" sqref="A1:XFD1048576"><formula1>"a"</formula1></dataValidation>'
    parts.before(SHEET, "</dataValidations>", [one] * n)


def _links(parts: Parts, n: int) -> None:
    links = [f'<hyperlink ref="A2" r:id="h{at}" xmlns:r="{_TYPE}"/>' for at in range(n)]
    parts.before(SHEET, "<pageMargins", ["<hyperlinks>", *links, "</hyperlinks>"])
    rest = f'Type="{_TYPE}/hyperlink" Target="https://x.example" TargetMode="External"/>'
    parts.before(_RELATIONS, "</Relationships>", (f'<Relationship Id="h{at}" {rest}' for at in range(n)))


def _looks(parts: Parts, n: int) -> None:
    parts.before(
        STYLES, "</cellXfs>", (f'<xf numFmtId="{at % 40}" fontId="0" fillId="0" borderId="0"/>' for at in range(n))
    )


def _fonts(parts: Parts, n: int) -> None:
    parts.before(STYLES, "</fonts>", (f'<font><sz val="{at}"/></font>' for at in range(n)))


def _our_looks(parts: Parts, n: int) -> None:
    parts.before(STYLES, "</cellStyleXfs>", ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'] * n)
    parts.before(STYLES, "</cellStyles>", (f'<cellStyle name="Loader mark {at}" xfId="{at + 1}"/>' for at in range(n)))
    parts.before(
        STYLES,
        "</cellXfs>",
        (f'<xf numFmtId="{at}" fontId="0" fillId="0" borderId="0" xfId="{at % n + 1}"/>' for at in range(n)),
    )


def _names(parts: Parts, n: int) -> None:
    names = (f'<definedName name="n{at}">Campaigns!$A$1</definedName>' for at in range(n))
    parts.before(BOOK, "</definedNames>", names)


def _anchors(parts: Parts, n: int) -> None:
    xml = parts[CHART]
    end = xml.index(b"</oneCellAnchor>") + len("</oneCellAnchor>")
    small = b"<oneCellAnchor><from><col>13</col><colOff>0</colOff><row>3</row><rowOff>0</rowOff></from></oneCellAnchor>"
    parts[CHART] = xml[:end] + small * n + xml[end:]


def _texts(parts: Parts, n: int) -> None:
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{"<si><t/></si>" * n * 10}</sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    parts.before(TYPES, "</Types>", [f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/>'])
    one = f'<Relationship Id="texts" Type="{_TYPE}/sharedStrings" Target="sharedStrings.xml"/>'
    parts.before("xl/_rels/workbook.xml.rels", "</Relationships>", [one])


def _sheets(parts: Parts, n: int) -> None:
    sheets = (f'<sheet name="S{at}" sheetId="{at + 9}" r:id="none{at}" xmlns:r="{_TYPE}"/>' for at in range(n))
    parts.before(BOOK, "</sheets>", sheets)


def _no_rows(parts: Parts, n: int) -> None:
    """A second sheet with a formula that reaches out, and then one cell after another without a row."""
    cells = [f"<row><c><f>WEBSERVICE(1)</f></c>{'<c/>' * n * 100}</row>"]
    parts.before("xl/worksheets/sheet2.xml", "</sheetData>", cells)


def _tail(parts: Parts, n: int) -> None:
    parts.before(SHEET, "</worksheet>", ["<extLst>", '<ext uri="x"/>' * n * 10, "</extLst>"])


def _cells(parts: Parts, rows: Iterable[int], columns: Iterable[str], texts: Sequence[str]) -> None:
    """Rows of these texts in turn, each with a name of its own."""
    cell = '<c r="{}{}" t="inlineStr"><is><t>{}</t></is></c>'
    written = (
        f'<row r="{row}">{cell.format("A", row, f"Name {row}")}'
        + "".join(cell.format(column, row, texts[at % len(texts)]) for at, column in enumerate(columns))
        + "</row>"
        for row in rows
    )
    parts.before(SHEET, "</sheetData>", written)


def _problems(parts: Parts, n: int) -> None:
    _cells(parts, range(6, 6 + n // 10), "BCDEFGHIJKLM", ["bad"])


def _long_texts(parts: Parts, n: int) -> None:
    texts = [f"a{' ' * 32_000}b", "9-5;" * 8_000, "Mon 9 to " * 3_500, f"a{_ACCENTS * 15_000}", "1," * 16_000]
    _cells(parts, range(6, 6 + max(1, n // 4_000)), "BCDEFGHIJKLM", texts)


def _wide(parts: Parts, n: int) -> None:
    """All of a row's 200 cells are errors."""
    letters = [address(1, column)[:-1] for column in range(1, 201)]
    lines = (
        f'<row r="{row}">{"".join(f"""<c r="{it}{row}" t="e"><v>#REF!</v></c>""" for it in letters)}</row>'
        for row in range(6, 6 + n // 1000)
    )
    parts.before(SHEET, "</sheetData>", lines)


def _same_names(parts: Parts, n: int) -> None:
    one = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>Same</t></is></c><c r="B{0}"><v>1</v></c></row>'
    parts.before(SHEET, "</sheetData>", (one.format(number) for number in range(6, n + 6)))


KINDS: dict[str, Make] = {
    "shapes": _shapes,
    "whole-shapes": _whole_shapes,
    "comments": _comments,
    "authors": _authors,
    "merged-again": lambda parts, n: _merges(parts, n, same=True),
    "merged": lambda parts, n: _merges(parts, n, same=False),
    "hidden-columns": _hidden_columns,
    "columns": _columns,
    "hidden-rows": lambda parts, n: _rows(parts, n, ' hidden="1"'),
    "rows": _rows,
    "empty-rows": _empty_rows,
    "errors": _errors,
    "formats": _formats,
    "validations": _validations,
    "links": _links,
    "looks": _looks,
    "fonts": _fonts,
    "our-looks": _our_looks,
    "names": _names,
    "anchors": _anchors,
    "texts": _texts,
    "sheets": _sheets,
    "no-rows": _no_rows,
    "tail": _tail,
    "problems": _problems,
    "long-texts": _long_texts,
    "wide": _wide,
    "same-names": _same_names,
}


def heavy(kind: str, size: int, folder: Path) -> Path:
    """The workbook of that kind, in the folder."""
    path = write_formatted(folder / f"{kind}-{size}.xlsx", rows_with_faults())
    with zipfile.ZipFile(path) as package:
        parts = Parts({name: package.read(name) for name in package.namelist()})
    KINDS[kind](parts, size)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    path.write_bytes(made.getvalue())
    return path


if __name__ == "__main__":
    for each in KINDS:
        for many in SIZES:
            print(heavy(each, many, Path(sys.argv[1])))  # noqa: T201 - a program of its own
