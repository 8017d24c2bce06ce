"""Workbooks with several sheets: which of them are loaded, and no other is passed over without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from loader.errors import HeadersError, WorkbookError
from loader.workbook.reader.read import read_sheet
from tests.sheets import row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sheets import Row


def several(path: Path, sheets: dict[str, list[Row]], *, hidden: str = "", headers: bool = True) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        page.sheet_state = "hidden" if title == hidden else "visible"
        if headers:
            page.append(list(row("x")))
        for one in rows:
            page.append(list(one.values()))
    book.save(path)
    return path


def refusal(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_sheet(path, sheet=sheet)
    return str(caught.value)


def test_several_sheets_with_campaigns_are_an_error_that_names_them_with_their_numbers_of_rows(tmp_path: Path) -> None:
    path = several(tmp_path / "calls.xlsx", {"APAC": [row("A")], "EMEA": [row("B"), row("C")], "Notes": []})
    said = refusal(path)
    assert "calls.xlsx has several sheets with campaigns: 'APAC' (1 row), 'EMEA' (2 rows). " in said
    assert "--sheet 'APAC'" in said


@pytest.mark.parametrize("name", ["EMEA", "emea", " Emea "])
def test_a_sheet_is_named_in_any_case(tmp_path: Path, name: str) -> None:
    path = several(tmp_path / "calls.xlsx", {"APAC": [row("A")], "EMEA": [row("B"), row("C")]})
    assert [draft.values["name"] for draft in read_sheet(path, sheet=name).drafts] == ["B", "C"]
    assert "calls.xlsx has no sheet 'EM'; it has: 'APAC', 'EMEA'." in refusal(path, "EM")


def test_a_sheet_that_has_the_header_only_is_passed_over_for_one_with_campaigns(tmp_path: Path) -> None:
    path = several(tmp_path / "calls.xlsx", {"Campaigns": [], "April": [row("A")]})
    assert read_sheet(path).title == "April"


def test_where_no_sheet_has_a_campaign_that_is_an_error(tmp_path: Path) -> None:
    path = several(tmp_path / "calls.xlsx", {"Campaigns": [], "April": []})
    assert refusal(path) == "calls.xlsx, sheet 'Campaigns' has a header row and no campaign under it."
    assert refusal(path, "april") == "calls.xlsx, sheet 'April' has a header row and no campaign under it."


def test_a_hidden_sheet_is_loaded_only_by_its_name(tmp_path: Path) -> None:
    path = several(tmp_path / "calls.xlsx", {"April": [row("A")], "Old": [row("B")]}, hidden="Old")
    assert read_sheet(path).title == "April"
    assert read_sheet(path, sheet="old").title == "Old"


def test_a_sheet_with_rows_counts_also_where_its_headers_are_wrong(tmp_path: Path) -> None:
    misspelled = {("Max atempts" if header == "Max attempts" else header): it for header, it in row("B").items()}
    path = several(tmp_path / "calls.xlsx", {"April": [row("A")]})
    book = Workbook()
    for page, one in zip([book.worksheets[0], book.create_sheet("May")], [row("A"), misspelled], strict=True):
        page.append(list(one))
        page.append(list(one.values()))
    book.save(path)
    assert "'Sheet' (1 row), 'May' (1 row)" in refusal(path)
    with pytest.raises(HeadersError, match="did you mean 'Max attempts'"):
        read_sheet(path, sheet="May")


def test_a_sheet_that_cannot_be_read_is_no_reason_to_load_only_another(tmp_path: Path) -> None:
    path = several(tmp_path / "calls.xlsx", {"April": [row("A")], "Wide": [{str(it): "x" for it in range(2000)}]})
    said = refusal(path)
    assert "'Wide'" in said
    assert said.endswith("To load another sheet without that one: --sheet 'April'.")
    assert read_sheet(path, sheet="April").title == "April"
