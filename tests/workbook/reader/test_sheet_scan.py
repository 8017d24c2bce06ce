from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.errors import WorkbookError
from loader.model.limits import Limits
from loader.workbook.ooxml.package import Package
from loader.workbook.reader import sheet_scan
from loader.workbook.reader.losses import Losses
from loader.workbook.reader.sheet_scan import scan_sheet
from tests.workbook.raw import SHEET, cell, parts, sheet_xml, zipped

PLAIN = "".join(f'<row r="{row}">{cell(f"A{row}", "x")}<c r="B{row}" s="3"><v>1</v></c></row>' for row in range(1, 4))
REPAIR = "open it in Excel and save it again as .xlsx."


def losses_of(rows: str, *, before: str = "", after: str = "") -> Losses:
    package = Package(zipped(parts(sheet_xml(rows, before=before, after=after))), "calls.xlsx")
    return scan_sheet(package, SHEET, "Data")


def test_a_plain_sheet_loses_nothing() -> None:
    assert losses_of(PLAIN) == Losses()


@pytest.mark.parametrize(
    ("last_row", "found"),
    [
        ('<c r="A4" t="e"><v>#REF!</v></c>', Losses(errors={(4, 1): "#REF!"})),
        ('<c t="e" r="A4"><v></v></c>', Losses(errors={(4, 1): "#ERROR"})),
        ('<c r="A4"><f>B1+1</f></c>', Losses(unsaved={(4, 1): "=B1+1"})),
        ('<c r="A4"><f>B1+1</f><v/></c>', Losses(unsaved={(4, 1): "=B1+1"})),
        ('<c r="A4"><f>B1+1</f><v></v></c>', Losses(unsaved={(4, 1): "=B1+1"})),
        ('<c r="A4" t="str"><f>B1</f></c>', Losses(unsaved={(4, 1): "=B1"})),
        ('<c r="A4" t="str"><f>B1</f><v></v></c>', Losses()),  # an empty text is a result, too
        ('<c r="A4"><f>B1+1</f><v>2</v></c>', Losses()),
        ('<c r="A4"><f t="shared" si="0"/><v>2</v></c>', Losses()),
        ('<c r="A4" t="e"><f>B1/0</f><v>#DIV/0!</v></c>', Losses(errors={(4, 1): "#DIV/0!"})),
        ('<c r="C4"><v>1</v></c><c r="C4"><v>2</v></c>', Losses(doubled={(4, 3)})),
        ('<c r="C2"><v>1</v></c>', Losses(doubled={(2, 3)})),
        ('<c><v>1</v></c><c r="A4"><v>2</v></c>', Losses(doubled={(4, 1)})),
        ("<x:c xmlns:x='y' r='C4' t='e'><x:v>#N/A</x:v></x:c>", Losses(errors={(4, 3): "#N/A"})),
    ],
)
def test_what_a_reader_would_lose_is_found_with_its_cell(last_row: str, found: Losses) -> None:
    assert losses_of(f'{PLAIN}<row r="4">{last_row}</row>') == found
    # the same in the middle, where rows are looked at in blocks
    assert losses_of(f'{PLAIN}<row r="4">{last_row}</row><row r="5"/><row r="6"><c r="A6"><v>1</v></c></row>') == found


@pytest.mark.parametrize(
    ("cells", "unsaved"),
    [
        ('<c r="A4"><f>B1+1</f><v>0</v></c>', {(4, 1): "=B1+1"}),  # as XlsxWriter saves it
        ("<c r='A4' t='n'><f>B1+1</f><v>0</v></c>", {(4, 1): "=B1+1"}),
        ('<c r="A4"><v>0</v></c><c r="B4"><f>B1+1</f><v>2</v></c>', {}),
        ('<c r="A4" t="str"><f>B1</f><v>0</v></c><c r="B4" t="b"><f>A1=2</f><v>0</v></c>', {}),
    ],
)
def test_the_zero_of_a_formula_that_was_never_calculated_is_none(
    cells: str, unsaved: dict[tuple[int, int], str]
) -> None:
    rows = f'{PLAIN}<row r="4">{cells}</row><row r="5"/>'
    content = parts(sheet_xml(rows))
    book = str(content["xl/workbook.xml"]).replace("</workbook>", '<calcPr fullCalcOnLoad="1"/></workbook>')
    package = Package(zipped({**content, "xl/workbook.xml": book}), "calls.xlsx")
    assert scan_sheet(package, SHEET, "Data").unsaved == unsaved
    assert losses_of(rows).unsaved == {}


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1" spans="1:2" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="2"/></row>',
        '<row r="1" customFormat="false" ht="12.8" hidden="false"><c r="A1" s="0" t="s"><v>0</v></c></row>',
        '<row r="1"><c r="A1" s="0"><f aca="false">B1</f><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>9:00 AM</t></is></c><c r="B1" t="n"><v>1</v></c></row>',
        '<row r="1"/>',
    ],
    ids=["Excel", "LibreOffice", "a formula with its value", "openpyxl", "an empty row"],
)
def test_a_plain_row_as_the_usual_programs_write_it_need_not_be_parsed(row: str) -> None:
    scan = sheet_scan._SheetScan(Package(zipped(parts("")), "calls.xlsx"), "Data", styles={})
    rest = scan.doubtful([b"<sheetData>", row.encode(), b'<row r="2"><c r="A2"/></row></sheetData>'])
    assert b"".join(rest) == b'<sheetData><row r="2"><c r="A2"/></row></sheetData>'
    assert scan.losses.last_row == row.count("</row>")  # a row without a cell reaches nowhere


def test_a_header_and_titles_above_it_are_not_counted_as_campaigns() -> None:
    limits = Limits(rows=2, columns=3)
    assert limits.exceeded_by(22, 3) == ""
    assert limits.exceeded_by(23, 3) == ("has 23 rows, and at most 2 are loaded: split it, or raise LOADER_MAX_ROWS")


def test_a_row_that_is_there_twice_is_found() -> None:
    assert losses_of(PLAIN + '<row r="2"><c r="C2"><v>1</v></c></row>') == Losses(doubled={(2, 0)})
    assert losses_of(PLAIN + '<row r="2"><c r="C2"><v>1</v></c></row><row r="9"/>') == Losses(doubled={(2, 0)})


def test_rows_and_cells_without_addresses_are_counted_on() -> None:
    rows = f"{PLAIN}<row><c><v>1</v></c><c t='e'><v>#N/A</v></c></row>"
    assert losses_of(rows) == Losses(errors={(4, 2): "#N/A"})
    assert losses_of(f'{rows}<row r="9"/>') == Losses(errors={(4, 2): "#N/A"})


@pytest.mark.parametrize(
    ("attribute", "hidden"),
    [('hidden="1"', [4]), ('hidden="true"', [4]), ("hidden='1'", [4]), ('hidden="0"', []), ('hidden="false"', [])],
)
def test_hidden_rows_are_counted(attribute: str, hidden: list[int]) -> None:
    rows = f'{PLAIN}<row r="4" {attribute} ht="15"><c r="A4"><v>1</v></c></row><row r="5"/>'
    assert losses_of(rows) == Losses(hidden_rows=hidden)


def test_hidden_columns_and_merged_cells_are_found_around_the_rows() -> None:
    before = '<cols><col min="2" max="4" hidden="1"/><col min="7" max="7" hidden="0"/></cols>'
    after = '<mergeCells><mergeCell ref="A2:B3"/><mergeCell ref="C1"/><mergeCell ref="nonsense"/></mergeCells>'
    assert losses_of(PLAIN, before=before, after=after) == Losses(hidden_columns=[2, 3, 4], merged=[((2, 1), (3, 2))])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("A1048577", f"has a cell in row 1,048,577: {REPAIR}"),
        ("XFE9", f"has a cell in column 16,385: {REPAIR}"),
        ("A1048576", f"reaches over 1,048,576 rows and 2 columns: delete what stands far away, and {REPAIR}"),
        ("XFD2000", f"reaches over 2,000 rows and 16,384 columns: delete what stands far away, and {REPAIR}"),
    ],
)
@pytest.mark.parametrize("more", ["", '<row r="1048570"/>'])
def test_a_cell_so_far_away_that_a_reader_would_die_of_it_is_refused(address: str, said: str, more: str) -> None:
    row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    with pytest.raises(WorkbookError) as caught:
        losses_of(f'{PLAIN}<row r="{row}"><c r="{address}"><v>1</v></c></row>{more}')
    assert str(caught.value) == f"calls.xlsx, sheet 'Data' {said}"


def test_far_cells_that_are_only_coloured_do_no_harm() -> None:
    assert losses_of(PLAIN + '<row r="1048576"><c r="XFD1048576" s="1"/></row>') == Losses()


def test_a_broken_sheet_is_refused() -> None:
    with pytest.raises(WorkbookError, match="is damaged"):
        losses_of("<row r='1'><c></row>")


ROW = '<row r="{0}"><c r="A{0}"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ('<row r="{0}" hidden="1"><c r="A{0}"><v>1</v></c></row>', "hidden rows"),
        ('<row r="{0}"><c r="A{0}" t="e"><v>#N/A</v></c></row>', "cells with an error"),
        ('<row r="{0}"><c r="A{0}"><f>1</f></c></row>', "formulas whose result was not saved"),
        ('<row r="{0}"><c r="A{0}" t="s"><v>-1</v></c></row>', "cells that programs differ about"),
        (ROW + ROW, "cells that are in the file twice or out of place"),
    ],
)
def test_no_row_is_believed_that_stands_below_more_wrong_cells_than_are_noted(
    monkeypatch: pytest.MonkeyPatch, row: str, what: str
) -> None:
    monkeypatch.setattr(sheet_scan, "MOST_LISTED", 2)
    losses_of("".join(row.format(number) for number in (1, 2)))
    with pytest.raises(WorkbookError, match=f"sheet 'Data' has more than 2 {what}, which is too many"):
        losses_of("".join(row.format(number) for number in range(1, 9)))


def test_a_sheet_with_more_merged_blocks_than_are_noted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "MOST_LISTED", 2)
    merges = "".join(f'<mergeCell ref="F{row}:G{row}"/>' for row in range(1, 4))
    with pytest.raises(WorkbookError, match="more than 2 merged blocks"):
        losses_of(PLAIN, after=f"<mergeCells>{merges}</mergeCells>")


def test_a_row_longer_than_any_block_is_parsed_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_scan, "_LONGEST_ROW", 1000)
    noise = "".join(
        f'<c r="{chr(65 + column)}4" t="str"><v>{column * 7919 % 10007}{"x" * 150_000}</v></c>' for column in range(20)
    )
    assert losses_of(f'{PLAIN}<row r="4">{noise}<c r="Z4" t="e"><v>#N/A</v></c></row>') == Losses(
        errors={(4, 26): "#N/A"}
    )


CELLS = st.sampled_from(
    [
        '<c r="{at}"><v>1</v></c>',
        '<c r="{at}" s="2" t="s"><v>0</v></c>',
        '<c r="{at}" t="inlineStr"><is><t xml:space="preserve"> x&gt; </t></is></c>',
        '<c r="{at}" t="inlineStr"><is><r><t>rich</t></r></is></c>',
        '<c r="{at}" s="1"/>',
        '<c r="{at}" />',
        '<c r="{at}" t="e"><v>#REF!</v></c>',
        '<c r="{at}"><f>A1&amp;"x"</f><v>2</v></c>',
        '<c r="{at}"><f aca="false">A1</f></c>',
        '<c r="{at}" t="str"><f>A1</f><v></v></c>',
        '<c t="n" r="{at}"><v>1</v></c>',
        '<c r="{at}">\n<v>1</v>\n</c>',
        "<x:c r='{at}'><x:v>5</x:v></x:c>",
        "<!-- <c r='{at}' t='e'/> -->",
    ]
)  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.sampled_from(
            ['<row r="{row}">', '<row r="{row}" spans="1:4" hidden="0">', '<row r="{row}" hidden="1">', "<row>"]
        ),
        st.lists(st.tuples(st.integers(0, 3), CELLS), max_size=4),
        st.integers(1, 8),
    ),
    max_size=8,
)


@given(ROWS)
def test_holding_back_plain_rows_changes_nothing_of_what_is_found(
    rows: list[tuple[str, list[tuple[int, str]], int]],
) -> None:
    xml = "".join(
        start.format(row=row)
        + "".join(spelled.format(at=f"{'ABCD'[column]}{row}") for column, spelled in cells)
        + "</row>"
        for start, cells, row in rows
    )
    content = zipped(parts(sheet_xml(xml).replace("<worksheet ", '<worksheet xmlns:x="y" ')))
    quick, slow = Package(content, "calls.xlsx"), Package(content, "calls.xlsx")
    scan = sheet_scan._SheetScan(slow, "Data", styles={})
    scan.parse(slow.inflated(SHEET))
    assert scan_sheet(quick, SHEET, "Data") == scan.losses
