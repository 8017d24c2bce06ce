"""A sheet on the page: opened, corrected, undone, found again; the words are those of `check`."""

from __future__ import annotations

import asyncio
import io
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from openpyxl import Workbook, load_workbook

from loader.planning.validate import validate
from loader.web.sheet_store import SheetStore
from loader.workbook.mapping import renaming_of
from loader.workbook.reader.read import read_sheet
from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.web.conftest import Visit
    from tests.web.visitor import Answer, Visitor

PRIORITY, NAME = 4, 1  # columns of `row`


def cells_of(grid: Any) -> dict[tuple[int, int], str]:  # noqa: ANN401 - JSON
    """All cells of an answer by row and column."""
    columns = [it["at"] for it in grid["columns"]]
    return {
        (row, column): grid["texts"][text]
        for row, line in zip(grid["rows"], grid["cells"], strict=True)
        for column, text in zip(columns, line, strict=True)
    }


def handed_in(path: Path) -> tuple[str, bytes]:
    return path.name, path.read_bytes()


async def opened(visitor: Visitor, path: Path) -> str:
    answer = await visitor.upload(*handed_in(path))
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


async def grid(visitor: Visitor, sheet: str) -> Any:  # noqa: ANN401 - JSON
    answer = await visitor.get(f"/api/sheets/{sheet}/grid")
    assert answer.status == 200, answer.text
    return answer.json


async def edit(visitor: Visitor, sheet: str, *cells: tuple[int, int, str], revision: int, **more: object) -> Answer:
    return await visitor.post(f"/api/sheets/{sheet}/edits", {"edits": cells, **more}, revision=revision)


async def test_a_sheet_is_shown_with_the_problems_that_check_finds(visit: Visit, make_workbook: MakeWorkbook) -> None:
    path = make_workbook([row("A"), row("B", Priority=9, Timezone="Mars"), row("A"), row("C", Monday="9-5")])
    visitor = await visit()
    shown = await grid(visitor, await opened(visitor, path))
    sheet = read_sheet(path)
    found = [it for it in validate(sheet).problems if it.row is not None]
    assert len(found) >= 4
    assert [(it["place"], it["text"], it["severity"]) for it in shown["problems"]] == [
        (it.place, it.said(), it.severity) for it in found
    ]
    assert shown["counts"] == {"ready": 2, "invalid": 2, "warnings": 1, "left_out": 0}
    cells = cells_of(shown)
    assert cells[2, NAME] == "A"
    assert cells[3, PRIORITY] == "9"
    assert [it["means"] for it in shown["columns"]][:2] == ["Campaign name", "Description"]


async def test_an_edit_is_answered_with_what_it_changes(visit: Visit, make_workbook: MakeWorkbook) -> None:
    path = make_workbook([row("A", Priority=9), row("B"), row("A")])
    visitor = await visit()
    sheet = await opened(visitor, path)
    answer = await edit(visitor, sheet, (4, NAME, "C"), (2, PRIORITY, "4"), revision=0)
    assert answer.json["revision"] == 1
    assert answer.json["problems"] == []
    assert {2, 4} <= {*answer.json["touched"]}
    assert answer.json["counts"] == {"ready": 3, "invalid": 0, "warnings": 0, "left_out": 0}
    # and a name that comes to be there twice is told at the row that is not touched
    answer = await edit(visitor, sheet, (2, NAME, "b"), revision=1)
    assert [(it["row"], it["column"]) for it in answer.json["problems"]] == [(3, NAME)]


async def test_corrections_come_as_data_and_a_click_without_javascript_makes_one(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A", Timezone="America/NewYork"), row("B")]))
    [problem] = (await grid(visitor, sheet))["problems"]
    [fix] = problem["fixes"]
    assert (fix["text"], fix["label"]) == ("America/New_York", "Use America/New_York")
    page = (await visitor.get(f"/sheets/{sheet}/problems")).text
    assert '<button name="use" value="America/New_York">Use America/New_York' in page
    where = {"row": str(problem["row"]), "column": str(problem["column"])}
    await visitor.send_form(f"/sheets/{sheet}/edits", revision="0", use=fix["text"], **where)
    assert (await grid(visitor, sheet))["counts"]["ready"] == 2


async def test_a_header_is_corrected_too(visit: Visit, make_workbook: MakeWorkbook) -> None:
    unit = "Retry period (minutes)"
    named = {("Retry" if header == unit else header): value for header, value in row("A").items()}
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([named]))
    [problem] = (await grid(visitor, sheet))["problems"]
    assert (problem["row"], problem["fixes"][0]["text"], problem["fixes"][0]["sure"]) == (1, unit, True)
    answer = await edit(visitor, sheet, (1, problem["column"], unit), revision=0)
    assert answer.json["next"] == f"/sheets/{sheet}"
    assert (await grid(visitor, sheet))["problems"] == []


async def test_a_row_that_is_left_out_has_no_problems_and_says_by_whom(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A"), row("A", Priority=9), row("B")]))
    answer = await edit(visitor, sheet, revision=0, left_out=[[3, True]])
    assert answer.json["counts"] == {"ready": 2, "invalid": 0, "warnings": 0, "left_out": 1}
    assert answer.json["left_out"] == [[3, "you"]]
    answer = await edit(visitor, sheet, revision=1, left_out=[[3, False]])
    assert answer.json["counts"] == {"ready": 2, "invalid": 1, "warnings": 0, "left_out": 0}


async def test_all_of_it_is_undone_and_done_again_also_after_a_restart(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A", Priority=9), row("B")]))
    await edit(visitor, sheet, (2, PRIORITY, "4"), (3, PRIORITY, "2"), revision=0)
    await edit(visitor, sheet, revision=1, left_out=[[3, True]])
    before = await grid(visitor, sheet)

    again = await visit()
    assert {**await grid(again, sheet)} == before
    for path, expected in (
        ("undo", {"left_out": []}),
        ("undo", {"counts": {"ready": 1, "invalid": 1, "warnings": 0, "left_out": 0}}),
    ):
        answer = await again.post(f"/api/sheets/{sheet}/{path}", {})
        assert {name: answer.json[name] for name in expected} == expected
    assert (await again.post(f"/api/sheets/{sheet}/undo", {})).json["undo"] == 0
    for _ in range(3):
        await again.post(f"/api/sheets/{sheet}/redo", {})
    after = await grid(again, sheet)
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"revision"}


async def test_an_edit_of_what_somebody_else_has_changed_is_refused_and_others_merge(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A"), row("B")]))
    await edit(visitor, sheet, (2, PRIORITY, "4"), revision=0)
    late = await edit(visitor, sheet, (2, PRIORITY, "1"), (3, PRIORITY, "1"), revision=0)
    assert (late.status, late.json["revision"], late.json["since"]) == (409, 1, [[2, PRIORITY, "4"]])
    elsewhere = await edit(visitor, sheet, (3, PRIORITY, "1"), revision=0)
    assert (elsewhere.status, elsewhere.json["revision"]) == (200, 2)
    cells = cells_of(await grid(visitor, sheet))
    assert (cells[2, PRIORITY], cells[3, PRIORITY]) == ("4", "1")


async def test_of_fifty_edits_at_once_none_is_lost(visit: Visit, make_workbook: MakeWorkbook) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([f"Row {number}" for number in range(50)]))
    answers = await asyncio.gather(
        *(edit(visitor, sheet, (number + 2, NAME, f"Renamed {number}"), revision=0) for number in range(50))
    )
    assert {it.status for it in answers} == {200}
    assert sorted(it.json["revision"] for it in answers) == list(range(1, 51))
    cells = cells_of(await grid(visitor, sheet))
    assert [cells[number + 2, NAME] for number in range(50)] == [f"Renamed {number}" for number in range(50)]


async def test_what_cannot_be_read_is_refused_with_the_sentence_of_check(visit: Visit, folder: Path) -> None:
    visitor = await visit()
    for name, content, sentence in (
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls"),
        ("../../etc/a.xlsx", b"PK\x03\x04 no zip", "a.xlsx"),
        ("a.csv", b"", "a.csv is empty."),
    ):
        answer = await visitor.upload(name, content)
        assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json; charset=utf-8")
        assert answer.json["detail"].startswith(sentence), answer.json
        assert "etc" not in answer.json["detail"]
    assert not (folder / "output" / "page" / "sheets").exists()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([",".join(row(""))], "has a header row and no campaign under it."),
        ([*["A title"] * 25, "Campaign name,Description,Priority", "A,B,3"], "stands in row 26: delete rows above it"),
        (["Campaign name,A,B", "Description,C,D", "Priority,1,2"], "and paste it with &#39;Transpose&#39;."),
    ],
)
async def test_a_sheet_that_no_match_would_help_says_what_check_says(
    visit: Visit, lines: Sequence[str], sentence: str
) -> None:
    visitor = await visit()
    answer = await visitor.upload("a.csv", "\r\n".join(lines).encode())
    assert answer.json["next"] == f"/sheets/{answer.json['id']}/match"
    assert sentence in (await visitor.get(answer.json["next"])).text


async def test_a_file_with_nothing_in_it_is_refused(visit: Visit, folder: Path) -> None:
    Workbook().save(folder / "empty.xlsx")
    visitor = await visit()
    answer = await visitor.upload(*handed_in(folder / "empty.xlsx"))
    assert (answer.status, answer.json["detail"]) == (422, "empty.xlsx has nothing in its cells.")


async def test_a_workbook_with_several_sheets_is_asked_about_and_another_one_needs_no_upload(
    visit: Visit, folder: Path
) -> None:
    book = Workbook()
    for title, names in (("EMEA", ["A", "B"]), ("APAC", ["C"])):
        page = book.create_sheet(title)
        page.append(list(row("")))
        for name in names:
            page.append(list(row(name).values()))
    del book["Sheet"]
    book.save(folder / "regions.xlsx")
    visitor = await visit()
    answer = await visitor.upload("regions.xlsx", (folder / "regions.xlsx").read_bytes())
    assert [(it["title"], it["header_row"], it["rows"]) for it in answer.json["sheets"]] == [
        ("EMEA", 1, 2),
        ("APAC", 1, 1),
    ]
    sheet = answer.json["id"]
    assert answer.json["next"] == f"/sheets/{sheet}/sheet"
    for wrong in ({"title": "EMEA", "header_row": 9}, {"title": "Africa", "header_row": 1}, {"title": "EMEA"}):
        assert (await visitor.post(f"/api/sheets/{sheet}/sheet", wrong, method="PUT")).status in (400, 422)
    assert (await visitor.send_form(f"/sheets/{sheet}/sheet", pick="0-9")).status == 422
    for title, names in (("APAC", ["C"]), ("EMEA", ["A", "B"])):
        chosen = await visitor.post(f"/api/sheets/{sheet}/sheet", {"title": title, "header_row": 1}, method="PUT")
        assert chosen.json["next"] == f"/sheets/{sheet}"
        shown = await grid(visitor, sheet)
        assert [cells_of(shown)[number, NAME] for number in shown["rows"]] == names


async def test_columns_and_words_are_matched_and_the_mapping_is_that_of_the_command_line(
    visit: Visit, folder: Path
) -> None:
    good = row("A", Priority=3)
    theirs = {"Campaign name": "Kampagne", "Priority": "Wichtigkeit"}
    lines = [
        ",".join(theirs.get(it, it) for it in good),
        ",".join(str(it) for it in {**good, "Dialing mode": "Robot"}.values()),
    ]
    path = folder / "theirs.csv"
    path.write_text("\r\n".join(lines), encoding="utf-8")
    visitor = await visit()
    sheet = await opened(visitor, path)
    form = await visitor.get(f"/sheets/{sheet}/match")
    assert "Kampagne" in form.text
    fields = {"column-1": "Campaign name", "column-4": "Priority"}
    answer = await visitor.send_form(f"/sheets/{sheet}/match", **fields)
    assert (answer.status, answer.headers["Location"]) == (303, f"/sheets/{sheet}")
    form = await visitor.get(f"/sheets/{sheet}/match")
    assert "Robot" in form.text
    await visitor.send_form(f"/sheets/{sheet}/match", **{"word-5-0": "Agentless"})
    assert (await grid(visitor, sheet))["counts"] == {"ready": 1, "invalid": 0, "warnings": 0, "left_out": 0}

    file = await visitor.get(f"/api/sheets/{sheet}/mapping")
    plain = tomllib.loads(file.text)
    assert plain["headers"] == {"Kampagne": "Campaign name", "Wichtigkeit": "Priority"}
    assert plain["values"] == {"Dialing mode": {"Robot": "Agentless"}}
    assert len(validate(read_sheet(path, renaming=renaming_of(plain))).ready) == 1


async def test_the_second_sheet_of_a_shape_is_matched_by_itself_and_says_so(
    visit: Visit, make_workbook: MakeWorkbook, folder: Path
) -> None:
    def theirs(name: str) -> bytes:
        good = {("Kampagne" if it == "Campaign name" else it): value for it, value in row(name).items()}
        return handed_in(make_workbook([good]))[1]

    visitor = await visit()
    first = (await visitor.upload("first.xlsx", theirs("A"))).json
    assert first["next"] == f"/sheets/{first['id']}/match"
    await visitor.send_form(f"/sheets/{first['id']}/match", **{"column-1": "Campaign name"})
    second = (await visitor.upload("second.xlsx", theirs("B"))).json
    assert second["next"] == f"/sheets/{second['id']}?matched"
    assert "matched as those of the last sheet" in (await visitor.get(second["next"])).text
    shown = await grid(visitor, second["id"])
    assert (shown["counts"]["ready"], shown["header_row"], shown["undo"]) == (1, 1, 1)
    # nothing was corrected yet, so that the same bytes are a new sheet; and a broken memory is none
    assert (await visitor.upload("second.xlsx", theirs("B"))).json["id"] != second["id"]
    for kept in (folder / "output" / "page" / "matches").iterdir():
        kept.write_text('{"campaign-loader": "match", "mapping": {"headers": 7}}')
    third = (await visitor.upload("third.xlsx", theirs("C"))).json
    assert third["next"] == f"/sheets/{third['id']}/match"


async def test_a_sheet_is_found_again_on_the_first_page_and_removed_by_hand(
    visit: Visit, make_workbook: MakeWorkbook, folder: Path
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook(["A"], file="april <b>&.xlsx"))
    start = (await visitor.get("/")).text
    assert "april &lt;b&gt;&amp;.xlsx" in start
    assert f"/sheets/{sheet}" in start
    assert (await visitor.send_form(f"/sheets/{sheet}/remove")).status == 303
    assert (await visitor.get(f"/sheets/{sheet}")).status == 422
    assert list((folder / "output" / "page" / "sheets").iterdir()) == []


async def test_the_corrected_workbook_is_taken_home_in_its_own_format(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    path = make_workbook([row("A", Priority=9), row("B")], file="äpril 'a'.xlsx")
    visitor = await visit()
    sheet = await opened(visitor, path)
    assert (await visitor.get(f"/api/sheets/{sheet}/workbook")).body == handed_in(path)[1]
    await edit(visitor, sheet, (2, PRIORITY, "4"), revision=0)
    answer = await visitor.get(f"/api/sheets/{sheet}/workbook")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="_pril _a_-corrected.xlsx"'
    assert [
        [cell.value for cell in line] for line in load_workbook(io.BytesIO(answer.body)).worksheets[0].iter_rows(2)
    ] == [
        [*row("A", Priority="4").values()],
        [*row("B").values()],
    ]


async def test_a_correction_that_cannot_be_made_in_the_file_is_named_before(visit: Visit, folder: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append([*row("")])
    for name in ("A", "B"):
        page.append([*row(name).values()])
    page.merge_cells("D2:D3")
    book.save(folder / "merged.xlsx")
    visitor = await visit()
    sheet = await opened(visitor, folder / "merged.xlsx")
    await edit(visitor, sheet, (3, PRIORITY, "4"), revision=0)
    answer = await visitor.get(f"/api/sheets/{sheet}/workbook", Accept="text/html")
    assert answer.status == 422
    assert "D3: the cell" in answer.text
    assert f'href="/api/sheets/{sheet}/workbook?anyway"' in answer.text
    assert (await visitor.get(f"/api/sheets/{sheet}/workbook?anyway")).body.startswith(b"PK")


async def test_the_same_workbook_opens_what_was_corrected_or_starts_afresh(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    path = make_workbook([row("A", Priority=9)])
    visitor = await visit()
    untouched = await opened(visitor, path)
    assert await opened(visitor, path) != untouched
    await edit(visitor, untouched, (2, PRIORITY, "4"), revision=0)
    answer = await visitor.upload("renamed.xlsx", handed_in(path)[1])
    assert (answer.status, answer.json["id"], answer.json["next"]) == (200, untouched, f"/sheets/{untouched}?again")
    assert "with 1 change: you go on with it" in (await visitor.get(answer.json["next"])).text
    fresh = (await visitor.send_form(f"/sheets/{untouched}/afresh")).headers["Location"]
    assert (await grid(visitor, fresh.rpartition("/")[2]))["counts"]["invalid"] == 1
    assert (await grid(visitor, untouched))["counts"]["invalid"] == 0


async def test_a_sheet_is_removed_a_month_after_its_last_change(
    visit: Visit, make_workbook: MakeWorkbook, folder: Path
) -> None:
    visitor = await visit()
    old = await opened(visitor, make_workbook(["A"]))
    young = await opened(visitor, make_workbook(["B"]))
    store = SheetStore(folder / "output" / "page" / "sheets")
    now = datetime.now(UTC)
    for known_as, days in ((old, 31), (young, 29)):
        store.keep(replace(store.load(known_as), changed_at=(now - timedelta(days=days)).isoformat()))
    again = await visit()
    assert [(await again.get(f"/sheets/{it}")).status for it in (old, young)] == [422, 200]


async def test_the_whole_correction_works_with_forms_alone(visit: Visit, make_workbook: MakeWorkbook) -> None:
    path = make_workbook([row("A", Priority=9), row("B", Timezone="Mars"), row("C")])
    visitor = await visit()
    form = aiohttp.FormData()
    form.add_field("file", path.read_bytes(), filename="april.xlsx", content_type="application/octet-stream")
    answer = await visitor.ask("POST", "/sheets", headers={"Origin": visitor.base}, data=form)
    assert answer.status == 303
    home = answer.headers["Location"]
    page = (await visitor.get(f"{home}/problems")).text
    assert "D2 Priority" in page
    answer = await visitor.send_form(f"{home}/edits", revision="0", row="2", column=str(PRIORITY), text="4")
    assert answer.headers["Location"] == f"{home}/problems"
    await visitor.send_form(f"{home}/edits", revision="1", row="3", leave_out="yes")
    page = (await visitor.get(f"{home}/problems")).text
    assert "Nothing is wrong" in page
    assert "Row 3, by you" in page
    assert (
        await visitor.send_form(f"{home}/edits", revision="0", row="2", column=str(PRIORITY), text="1")
    ).status == 409
    await visitor.send_form(f"{home}/undo")
    assert "Row 3, by you" not in (await visitor.get(f"{home}/problems")).text


HUGE = "9" * 5000
ODD_TEXTS = ["\ud800", "a\0b", "\x1b[31m", HUGE, "=1+1", "\u202e", "\U0010ffff"]


@pytest.mark.parametrize("text", ODD_TEXTS, ids=ascii)
async def test_any_text_may_be_typed_into_a_cell_and_is_there_after_a_restart(
    visit: Visit, make_workbook: MakeWorkbook, text: str
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A")]))
    answer = await edit(visitor, sheet, (2, NAME, text), revision=0)
    assert answer.status in (200, 400), answer.text
    assert (await visitor.get(f"/api/sheets/{sheet}/workbook")).status in (200, 409, 422)
    assert (await visitor.get(f"/sheets/{sheet}/problems")).status == 200
    if answer.status == 200:
        again = await visit()
        assert cells_of(await grid(again, sheet))[2, NAME] == text


@pytest.mark.parametrize(
    "body",
    [
        {"edits": [[10**12, 1, "x"]]},
        {"edits": [[2, 10**12, "x"]]},
        {"edits": [[True, True, "x"]]},
        {"edits": {"a": 1}},
        {"left_out": [[10**12, True]]},
        {"title": "Sheet", "header_row": 10**12},
        {"headers": {"\ud800": "Queue"}},
        {"values": {"Priority": {"\0": 5}}},
        {"constants": [[[[[[]]]]]]},
        [],
    ],
    ids=ascii,
)
async def test_no_request_of_a_program_is_a_defect(visit: Visit, make_workbook: MakeWorkbook, body: object) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A")]))
    for path, method in (("edits", "POST"), ("mapping", "PUT"), ("sheet", "PUT")):
        answer = await visitor.post(f"/api/sheets/{sheet}/{path}", body, revision=0, method=method)
        assert answer.status < 500, (path, answer.text)
    for begin in ("-1", "x", HUGE, "1000000"):
        assert (await visitor.get(f"/api/sheets/{sheet}/grid?begin={begin}")).status < 500, begin
    assert (await visitor.get(f"/api/sheets/{sheet}/grid")).status == 200
    for page in ("", "/match", "/sheet", "/problems"):
        assert (await visitor.get(f"/sheets/{sheet}{page}")).status in (200, 303), page


@pytest.mark.parametrize("value", ["", "-1", "x", HUGE, "1-1-1", "\u0661-\u0661", "\ud7ff\0"], ids=ascii)
async def test_no_form_is_a_defect(visit: Visit, make_workbook: MakeWorkbook, value: str) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row("A", Priority=9)]))
    names = ("pick", "revision", "row", "column", "use", "text", "out", "all", "kind")
    for path in ("sheet", "match", "edits", "undo", "redo", "afresh"):
        answer = await visitor.send_form(f"/sheets/{sheet}/{path}", **dict.fromkeys(names, value))
        assert answer.status < 500, (path, answer.text)
        answer = await visitor.send_form(f"/sheets/{sheet}/{path}", pick=f"{value}-{value}", revision="0", row="3")
        assert answer.status < 500, (path, answer.text)
    assert (await visitor.get(f"/api/sheets/{sheet}/grid?begin={value[:300]}")).status < 500
    assert (await visitor.get(f"/sheets/{sheet}/problems?page={value[:300]}")).status < 500


async def test_a_paste_of_many_cells_is_one_step_whatever_pieces_it_comes_in(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    sheet = await opened(visitor, make_workbook([row(f"A{number}") for number in range(500)]))
    pasted = [(number, NAME, f"{'x' * 1000}{number}") for number in range(2, 502)]
    answer = await edit(visitor, sheet, *pasted, revision=0)
    assert (answer.status, answer.json["revision"]) == (200, 1)
    assert cells_of(await grid(visitor, sheet))[501, NAME] == f"{'x' * 1000}501"
