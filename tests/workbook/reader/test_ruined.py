"""Cells that Excel has ruined, and files that programs differ about: read right with a word about it, or refused."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest

from loader.model.row import Severity
from loader.planning.validate import validate
from loader.workbook.ooxml.package import MOST_PARTS
from loader.workbook.reader.read import read_sheet, read_workbook
from tests.workbook.conftest import HEADERS
from tests.workbook.raw import RELATIONS, cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from loader.model.row import Sheet
    from tests.workbook.conftest import MakeRow, MakeWorkbook

ODD = "is written in the file in a way that programs differ about, so that its value is not certain"


def told(sheet: Sheet) -> list[tuple[str, str, str]]:
    return [(problem.severity.value, problem.header, problem.wrong) for problem in validate(sheet).problems]


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (3, "0%", ("error", "is shown as a percentage, a hundred times as much")),
        (0.03, "0%", ("error", "is shown as a percentage, a hundred times as much")),
        (3, "$#,##0", ("warning", "is shown as an amount of money and is read as the number alone")),
        ("50%", "General", ("error", "is a percentage, not a whole number")),
        ("\u20ac5", "General", ("error", "is an amount of money, not a whole number")),
    ],
)
def test_percentages_and_money_are_no_whole_numbers(
    make_workbook: MakeWorkbook, make_row: MakeRow, value: object, code: str, said: tuple[str, str]
) -> None:
    def dress(sheet: Worksheet) -> None:
        sheet["G2"].number_format = code
        sheet["A3"].number_format = "0%"

    sheet = read_sheet(make_workbook([HEADERS, make_row("A", Max_attempts=value), ["B"]], then=dress))
    assert [(kind, wrong) for kind, header, wrong in told(sheet) if header == "Max attempts"][:1] == [said]


def test_a_number_of_the_wrong_style_is_found_in_whatever_way_its_row_is_written() -> None:
    styles = '<Relationship Id="rId3" Type="x/styles" Target="styles.xml"/></Relationships>'
    header = "".join(cell(f"{letter}1", text) for letter, text in zip("ABCDEFGHIJ", HEADERS, strict=True))
    plain = f'<row r="2">{cell("A2", "x")}<c r="G2" s="1"><v>3</v></c>{cell("J2", "Intake")}</row>'
    parsed = f"<row r='3'>{cell('A3', 'y')}<c r='G3' s='1'><v>3</v></c>{cell('J3', 'Intake')}</row>"
    content = parts(sheet_xml(f'<row r="1">{header}</row>{plain}{parsed}'))
    relations = "xl/_rels/workbook.xml.rels"
    content[relations] = str(content[relations]).replace("</Relationships>", styles)
    content["xl/styles.xml"] = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs></styleSheet>'
    sheet = read_workbook(zipped(content), "calls.xlsx")
    assert [(problem.row, problem.column) for problem in sheet.problems] == [(2, 7), (3, 7)]


def test_times_with_blanks_that_do_not_break_or_marks_that_do_not_show_are_read_right(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    rows = [make_row("A", Monday="9:00\u00a0AM\u202f\u2013 6:00\u200b PM\u200e"), make_row("B", Monday="\u200f")]
    checked = validate(read_sheet(make_workbook([HEADERS, *rows])))
    assert [ready.row for ready in checked.ready] == [2]
    [window] = next(iter(checked.ready[0].campaign.calling_hours.values()))
    assert (window.start, window.end) == (time(9), time(18))


def test_an_improbable_caller_id_with_its_plus_is_a_warning_and_never_an_error(
    make_workbook: MakeWorkbook, make_row: MakeRow
) -> None:
    rows = [make_row("A", Caller_ID="+9991234567"), make_row("B", Caller_ID="+1510123456")]
    checked = validate(read_sheet(make_workbook([HEADERS, *rows])))
    assert [ready.campaign.caller_id for ready in checked.ready] == ["+9991234567", "+1510123456"]
    assert [(problem.severity, problem.wrong) for problem in checked.problems] == [
        (Severity.WARNING, "begins with +999, which is no country's code"),
        (Severity.WARNING, "is no number of the numbering plan of country code +1"),
    ]


@pytest.mark.parametrize("digits", [1510123456, "1510123456"])
def test_an_improbable_caller_id_without_its_plus_is_an_error(
    make_workbook: MakeWorkbook, make_row: MakeRow, digits: object
) -> None:
    checked = validate(read_sheet(make_workbook([HEADERS, make_row("A", Caller_ID=digits)])))
    assert checked.ready == []
    assert [(problem.severity, problem.header) for problem in checked.problems] == [(Severity.ERROR, "Caller ID")]


def test_look_alikes_in_names_are_warnings(make_workbook: MakeWorkbook, make_row: MakeRow) -> None:
    rows = [make_row("Spr\u0456ng", Contact_lists="north; w\u0435st\u00a0")]
    assert [(kind, header) for kind, header, _ in told(read_sheet(make_workbook([HEADERS, *rows])))] == [
        ("warning", "Campaign name"),
        ("warning", "Contact lists"),
    ]


HEADER = "".join(cell(f"{letter}1", text) for letter, text in zip("ABCDEFGHIJ", HEADERS, strict=True))


@pytest.mark.parametrize(
    "odd",
    [
        '<c r="A2"><v><![CDATA[5]]></v></c>',
        '<c r="A2"><v>1<!-- and -->2</v></c>',
        '<c r="A2" t="str"><v>a<?and so on?>b</v></c>',
        '<c r="A2"><v>1</v><v>2</v></c>',
        '<c r="A2" t="inlineStr"><is><t>a</t></is><is><t>b</t></is></c>',
        '<c r="A2" t="inlineStr"><v>1</v></c>',
        '<c r="A2" t="s"><v>-1</v></c>',
    ],
)
def test_a_value_that_readers_differ_about_is_an_error_on_its_cell(odd: str) -> None:
    shared = '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    content = parts(sheet_xml(f'<row r="1">{HEADER}</row><row r="2">{odd}{cell("B2", "x")}</row>'))
    relations = "xl/_rels/workbook.xml.rels"
    content[relations] = str(content[relations]).replace("</Relationships>", shared)
    content["xl/sharedStrings.xml"] = "<sst><si><t>zero</t></si></sst>"
    sheet = read_workbook(zipped(content), "calls.xlsx")
    assert [(problem.row, problem.column, problem.wrong) for problem in sheet.problems] == [(2, 1, ODD)]


def test_rows_that_the_reader_passes_over_are_named() -> None:
    again = f'</sheetData><sheetData><row r="3">{cell("A3", "lost")}</row>'
    rows = f'<row r="1">{HEADER}</row><row r="2">{cell("A2", "x")}{cell("C2", "north")}</row>{again}'
    sheet = read_workbook(zipped(parts(sheet_xml(rows))), "calls.xlsx")
    assert [problem.wrong for problem in sheet.problems] == [
        "The sheet has cells elsewhere whose value is not certain, as programs differ about it: A3."
    ]


def test_texts_without_a_letter_are_no_values_and_nothing_to_speak_of() -> None:
    shared = '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    empty = '<c r="B2" t="s"><v>0</v></c><c r="C2" t="inlineStr"><is><t></t></is></c><c r="D2" t="s"><v>1</v></c>'
    content = parts(
        sheet_xml(f'<row r="1">{HEADER}</row><row r="2">{cell("A2", "x")}{empty}{cell("J2", "Intake")}</row>')
    )
    relations = "xl/_rels/workbook.xml.rels"
    content[relations] = str(content[relations]).replace("</Relationships>", shared)
    content["xl/sharedStrings.xml"] = "<sst><si/><si><t>  </t></si></sst>"
    sheet = read_workbook(zipped(content), "calls.xlsx")
    assert sheet.problems == []
    assert sheet.drafts[0].values == {"name": "x", "experience_flow": "Intake"}


def linked(content: dict[str, str | bytes]) -> None:
    relations = "xl/_rels/workbook.xml.rels"
    link = f'<Relationship Id="rId9" Type="{RELATIONS}/externalLink" Target="externalLinks/externalLink1.xml"/>'
    content[relations] = str(content[relations]).replace("</Relationships>", f"{link}</Relationships>")


def macros(content: dict[str, str | bytes]) -> None:
    relations = "xl/_rels/workbook.xml.rels"
    link = (
        '<Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="v"/>'
    )
    content[relations] = str(content[relations]).replace("</Relationships>", f"{link}</Relationships>")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            linked,
            "The workbook refers to other workbooks; their values are those of the last time it was saved in Excel.",
        ),
        (macros, "The workbook has macros, which are never run, and do not come along into the results."),
    ],
)
def test_what_is_not_done_with_a_workbook_is_said(change: Callable[[dict[str, str | bytes]], None], said: str) -> None:
    content = parts(sheet_xml(f'<row r="1">{HEADER}</row><row r="2">{cell("A2", "x")}{cell("C2", "north")}</row>'))
    change(content)
    assert [problem.wrong for problem in read_workbook(zipped(content), "calls.xlsx").problems] == [said]


def test_a_sheet_with_more_links_than_a_workbook_has_parts_is_read() -> None:
    content = parts(sheet_xml(f'<row r="1">{HEADER}</row><row r="2">{cell("A2", "x")}{cell("C2", "north")}</row>'))
    link = f'Type="{RELATIONS}/hyperlink" Target="mailto:ann@shop.example" TargetMode="External"/>'
    links = "".join(f'<Relationship Id="h{at}" {link}' for at in range(MOST_PARTS + 1))
    kind = "http://schemas.openxmlformats.org/package/2006/relationships"
    content["xl/worksheets/_rels/sheet1.xml.rels"] = f'<Relationships xmlns="{kind}">{links}</Relationships>'
    sheet = read_workbook(zipped(content), "calls.xlsx")
    assert sheet.drafts[0].values == {"name": "x", "contact_lists": "north"}
