"""Edits of any cell, in any kind of file: what is edited is read as it was typed, and nothing else has changed."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table

from loader.editing.corrected import Edit, corrected
from loader.errors import WorkbookError
from loader.model.row import Sheet
from loader.workbook.reader.read import ReadOptions, read_workbook
from tests.sheets import row
from tests.workbook.raw import SHEET, cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet


HEADERS = list(row("A"))
ROWS: list[list[object]] = [
    [*HEADERS],
    list(row("Spring").values()),
    list(row("Summer, late").values()),
    list(row('"Autumn"').values()),
]
AT = {header: number for number, header in enumerate(HEADERS, start=1)}
# every sign that a CSV file, XML or Excel could take for something else
TEXTS = st.text(st.sampled_from("aZ9 ;,\t|\"'<&>=+-@_x0\né€日"), min_size=1, max_size=12).filter(str.strip)


def workbook(then: Callable[[Worksheet], object] = lambda _: None) -> bytes:
    book, file = Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.title = "Campaigns"
    for one in ROWS:
        page.append(one)
    for look in page["B"]:
        look.font, look.fill = Font(name="Arial", bold=True), PatternFill("solid", fgColor="E4DFEC")
    then(page)
    book.save(file)
    return file.getvalue()


def text_file(separator: str, line_end: str, *, quoted: bool = False) -> str:
    def written(value: object) -> str:
        typed = str(value)
        needed = quoted or any(sign in typed for sign in (separator, '"', "\n"))
        return '"' + typed.replace('"', '""') + '"' if needed else typed

    return "".join(separator.join(map(written, one)) + line_end for one in ROWS)


FILES = {
    "calls.xlsx": workbook(),
    "comma.csv": text_file(",", "\r\n").encode(),
    "marked.csv": text_file(";", "\n", quoted=True).encode("utf-8-sig"),
    "tab.txt": text_file("\t", "\r\n").encode("utf-16"),
    "big-endian.txt": b"\xfe\xff" + text_file("|", "\n").encode("utf-16-be"),
}


def read(content: bytes, file: str) -> Sheet:
    return read_workbook(content, file, ReadOptions(encoding="cp1252"))


def texts_of(sheet: Sheet) -> list[list[str]]:
    return [["" if value is None else str(value) for value in one] for one in sheet.cells]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(sorted(FILES)),
    edits=st.dictionaries(st.tuples(st.integers(2, 4), st.integers(1, len(HEADERS))), TEXTS, max_size=6),
)
def test_what_is_edited_is_read_as_it_was_typed_and_nothing_else_has_changed(
    file: str, edits: dict[tuple[int, int], str]
) -> None:
    before = read(FILES[file], file)
    made = corrected(FILES[file], [before], [Edit(*at, text) for at, text in edits.items()])
    assert made.left == {}
    wanted = texts_of(before)
    for (number, column), text in edits.items():
        wanted[number - 1][column - 1] = text
    after = read(made.content, file)
    assert texts_of(after) == wanted
    unedited = [
        (one, other)
        for number, (of_old, of_new) in enumerate(zip(before.cells, after.cells, strict=True), start=1)
        for column, (one, other) in enumerate(zip(of_old, of_new, strict=True), start=1)
        if (number, column) not in edits
    ]
    assert all(type(one) is type(other) and one == other for one, other in unedited)


@pytest.mark.parametrize("file", FILES)
def test_without_an_edit_nothing_changes(file: str) -> None:
    content = FILES[file]
    made = corrected(content, [read(content, file)], []).content
    if file.endswith(".xlsx"):
        assert parts_of(made) == parts_of(content)
    else:
        assert made == content


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("codec", "text", "left"),
    [("cp1252", "Málaga, 5 €", ""), ("cp1252", "Łódź", "cannot be written in cp1252"), ("utf-8", "日本", "")],
)
def test_a_text_keeps_its_encoding_and_what_that_has_not_is_left(codec: str, text: str, left: str) -> None:
    content = text_file(",", "\n").replace("Renewal intake", "Überläufe").encode(codec)
    before, edit = read(content, "calls.csv"), Edit(2, 2, text)
    made = corrected(content, [before], [edit], encoding="cp1252")
    assert made.left == ({edit: left} if left else {})
    renewed = text_file(",", "\n").replace("Renewal intake", "Überläufe")
    wanted = (
        renewed if left else renewed.replace("Renewal calls to policy holders", f'"{text}"' if "," in text else text, 1)
    )
    assert made.content == wanted.encode(codec)


def test_a_csv_differs_in_the_bytes_of_the_cell_alone() -> None:
    content = text_file(";", "\r\n").encode()
    before = read(content, "calls.csv")
    made = corrected(content, [before], [Edit(3, AT["Timezone"], "Asia/Kolkata")]).content
    lines, now = content.split(b"\r\n"), made.split(b"\r\n")
    assert [at for at, (one, other) in enumerate(zip(lines, now, strict=True)) if one != other] == [2]
    assert now[2] == lines[2].replace(b"America/New_York", b"Asia/Kolkata")


def test_a_csv_takes_cells_and_lines_that_it_has_not() -> None:
    content = b"Campaign name,Description,Contact lists\nA,b\n\nC,d,e"
    sheet = seen(
        "calls.csv", "calls", [["Campaign name", "Description", "Contact lists"], ["A", "b"], [None], ["C", "d", "e"]]
    )
    edits = [Edit(2, 3, "x"), Edit(2, 5, "y"), Edit(3, 2, "z"), Edit(6, 2, "w,w")]
    made = corrected(content, [sheet], edits).content
    assert made == b'Campaign name,Description,Contact lists\nA,b,x,,y\n,z\nC,d,e\n\n,"w,w"\n'


def seen(file: str, title: str, cells: Sequence[Sequence[object]] = ()) -> Sheet:
    """A sheet with nothing but what an edit asks for."""
    return Sheet(file, title, 1, cells, {}, ())


def test_a_text_whose_cells_are_others_than_were_read_is_refused() -> None:
    content = FILES["comma.csv"]
    sheet = seen("calls.csv", "calls", [["Campaign name"]])
    with pytest.raises(WorkbookError, match=r"^calls\.csv cannot be corrected in place: programs differ about where"):
        corrected(content, [sheet], [Edit(1, 1, "x")])


def test_only_the_cell_differs_in_a_workbook_and_its_look_stays() -> None:
    content = workbook()
    made = corrected(content, [read(content, "calls.xlsx")], [Edit(2, 2, "=1+2"), Edit(2, 30, "far away")]).content
    before, after = parts_of(content), parts_of(made)
    assert {name for name in before | after if before.get(name) != after.get(name)} == {SHEET}
    old, new = (load_workbook(io.BytesIO(it)).worksheets[0] for it in (content, made))
    assert (new["B2"].value, new["B2"].data_type) == ("=1+2", "s")
    assert new["B2"].style_id == old["B2"].style_id
    assert new["AD2"].value == "far away"
    assert new["C2"].value == old["C2"].value


def test_a_row_that_is_not_there_is_made_in_its_place() -> None:
    content = zipped(parts(sheet_xml(f'<row r="2">{cell("A2", "a")}</row><row r="9">{cell("A9", "b")}</row>')))
    sheet = seen("x.xlsx", "Data")
    made = corrected(content, [sheet], [Edit(1, 2, "one"), Edit(5, 1, "five"), Edit(12, 3, "twelve"), Edit(9, 1, "")])
    page = load_workbook(io.BytesIO(made.content)).worksheets[0]
    found = {it.coordinate: it.value for line in page.iter_rows() for it in line if it.value is not None}
    assert found == {"B1": "one", "A2": "a", "A5": "five", "C12": "twelve"}


@pytest.mark.parametrize(
    ("then", "edit", "why"),
    [
        (lambda page: page.__setitem__("B2", '="a"&"b"'), Edit(2, 2, "x"), "holds a formula"),
        (lambda page: page.merge_cells("B2:B3"), Edit(3, 2, "x"), "is under a merged cell"),
        (
            lambda page: page.add_table(Table(displayName="T", ref="A1:L4")),
            Edit(1, 2, "x"),
            "is the name of a table's column: rename it in Excel",
        ),
        (lambda _: None, Edit(2, 2, "x" * 32_768), "cannot hold a text so long"),
    ],
)
def test_a_cell_that_is_more_than_its_text_is_left_and_it_is_said_why(
    then: Callable[[Worksheet], object], edit: Edit, why: str
) -> None:
    content, other = workbook(then), Edit(4, 1, "Winter")
    sheet = seen("x.xlsx", "Campaigns")
    made = corrected(content, [sheet], [edit, other])
    assert made.left == {edit: why}
    old, new = (load_workbook(io.BytesIO(it)).worksheets[0] for it in (content, made.content))
    assert new.cell(edit.row, edit.column).value == old.cell(edit.row, edit.column).value
    assert new["A4"].value == "Winter"


def test_a_cell_that_a_formula_of_several_cells_fills_is_left() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:B2">C1:D2</f><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="2"><c r="A2"><v>3</v></c><c r="B2"><v>4</v></c><c r="C2"><v>5</v></c></row>'
    )
    sheet = seen("x.xlsx", "Data")
    edits = [Edit(2, 2, "x"), Edit(2, 3, "y")]
    assert corrected(zipped(parts(sheet_xml(rows))), [sheet], edits).left == {edits[0]: "holds a formula"}


def test_a_person_may_type_over_a_formula_unless_other_cells_need_it() -> None:
    rows = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c>'
        '<c r="B1"><f t="shared" ref="B1:B2" si="0">1+2</f><v>3</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f t="shared" si="0"/><v>3</v></c></row>'
    )
    chain = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    content = parts(sheet_xml(rows)) | {"xl/calcChain.xml": '<calcChain><c r="A1" i="1"/></calcChain>'}
    for name, closing, line in (
        (
            "xl/_rels/workbook.xml.rels",
            "</Relationships>",
            f'<Relationship Id="rId7" Type="{chain}" Target="calcChain.xml"/>',
        ),
        ("[Content_Types].xml", "</Types>", '<Override PartName="/xl/calcChain.xml" ContentType="application/xml"/>'),
    ):
        content[name] = str(content[name]).replace(closing, line + closing)
    edits = [Edit(1, 1, "x"), Edit(1, 2, "y"), Edit(2, 2, "z")]
    made = corrected(zipped(content), [seen("x.xlsx", "Data")], edits, over_formulas=True)
    assert made.left == {edits[1]: "holds a formula"}
    after = parts_of(made.content)
    assert "xl/calcChain.xml" not in after
    assert not any(b"calcChain" in part for part in after.values())
    page = load_workbook(io.BytesIO(made.content)).worksheets[0]
    assert [page["A1"].value, page["A2"].value, page["B2"].value] == ["x", 1, "z"]
    kept = corrected(zipped(content), [seen("x.xlsx", "Data")], [Edit(2, 1, "x")], over_formulas=True)
    assert "xl/calcChain.xml" in parts_of(kept.content)


def test_macros_stay_as_they_are() -> None:
    content = parts(sheet_xml(f'<row r="1">{cell("A1", "a")}</row>')) | {"xl/vbaProject.bin": b"\0macros"}
    sheet = seen("x.xlsm", "Data")
    made = parts_of(corrected(zipped(content), [sheet], [Edit(1, 1, "b")]).content)
    assert made["xl/vbaProject.bin"] == b"\0macros"
    assert b">b<" in made[SHEET]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            parts(sheet_xml('<row r="1"><c><v>1</v></c></row>')),
            "holds what could be damaged on the way",
        ),
        (
            parts(sheet_xml(""))
            | {
                "_rels/.rels": str(parts("")["_rels/.rels"]).replace(
                    "</Relationships>",
                    '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/package/2006/relationships/'
                    'digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Relationships>',
                )
            },
            "is signed, and a change would break the signature",
        ),
    ],
)
def test_a_package_that_cannot_be_edited_in_place_is_refused_with_the_reason(
    content: dict[str, str | bytes], why: str
) -> None:
    sheet = seen("x.xlsx", "Data")
    with pytest.raises(WorkbookError) as caught:
        corrected(zipped(content), [sheet], [Edit(1, 1, "b")])
    assert str(caught.value).startswith(f"x.xlsx cannot be corrected in place: it {why}. ")
