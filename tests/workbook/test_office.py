"""Template, example and results in a real office program: opened, calculated, saved, printed, and loaded again."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook

from loader.errors import WorkbookError
from loader.planning.validate import validate
from loader.workbook.reader.read import read_sheet
from loader.workbook.time_windows import read_windows
from loader.workbook.writer.campaigns_sheet import window_rule
from loader.workbook.writer.template import write_example, write_template
from tests.office import Office
from tests.workbook.formatted import read, results_from, rows_with_faults, write_formatted
from tests.workbook.packages import SHEET, changed
from tests.workbook.results_made import RESULT_HEADERS, results_of, rows_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.office

ACCEPTED = (
    *("9:00 AM - 6:00 PM", "9am-5pm", "09:00 - 18:00", "9.30 am to 6.00 pm", "09:00 TO 17:00", "14:00\u201319:30"),
    *(
        "9:00 AM \u2014 12:30 PM; 1:30 PM \u2014 6:00 PM",
        "10:15 AM - 12:45 PM\n2:00 PM - 5:30 PM",
        " 9:00 AM - 6:00 PM ",
    ),
    *(
        "closed",
        "Closed",
        "OFF",
        "off",
        "-",
        " - ",
        "\u2013",
        "09:00 \u2212 17:00",
        "09:00\u201117:00",
        "9 AM \u2015 5 PM",
    ),
)
NONSENSE = ("yes", "open", "all day", "9:00 AM", "morning - evening", "?", "45", "to be told")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="module")
def office(folder: Path) -> Office:
    return Office(folder / "home")


def windows_typed(path: Path) -> Path:
    book = Workbook()
    for number, text in enumerate((*ACCEPTED, *NONSENSE), 1):
        cell = book.worksheets[0].cell(number, 1)
        cell.value, cell.data_type = text, "s"
        book.worksheets[0].cell(number, 2).value = f"={window_rule(f'A{number}')}"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def originals(folder: Path) -> dict[str, Path]:
    (folder / "again").mkdir()
    formatted = write_formatted(folder / "formatted.xlsx", rows_with_faults())
    kept = results_from(formatted, folder).rename(folder / "kept.xlsx")
    (folder / "plain.csv").write_text(
        "Campaign name,Description,Contact lists,Caller ID,Timezone,Monday,Max attempts,Retry period,Ring time,Flow\n"
        "Recall,Calls,north,+15101234567,UTC,9am-5pm,3,60,30,Intake\n"
    )
    return {
        "template": write_template(folder / "template.xlsx"),
        "example": write_example(folder / "example.xlsx"),
        "kept": kept,
        "kept twice": results_from(kept, folder / "again").rename(folder / "kept-twice.xlsx"),
        "fresh": results_from(folder / "plain.csv", folder).rename(folder / "fresh.xlsx"),
        "windows": windows_typed(folder / "windows.xlsx"),
    }


@pytest.fixture(scope="module")
def saved(office: Office, originals: dict[str, Path], folder: Path) -> dict[str, Path]:
    made = office.saved(list(originals.values()), folder / "saved")
    return dict(zip(originals, made, strict=True))


def test_the_template_saved_there_is_the_template(saved: dict[str, Path]) -> None:
    book = load_workbook(saved["template"])
    assert book.sheetnames == ["Campaigns", "Instructions", "Time zones"]
    rules = {str(rule.sqref).partition(":")[0]: rule for rule in book["Campaigns"].data_validations.dataValidation}
    assert rules["E2"].formula1 == '"Agentless,Progressive,Preview"'
    assert rules["I2"].type == "custom"
    assert rules["I2"].errorStyle == "warning"
    for number in (2, 3):
        cell = book["Campaigns"].cell(number, 1)
        cell.value = str(cell.value).removeprefix("Example: ")
    with pytest.raises(WorkbookError, match="no campaign under it"):
        read_sheet(saved["template"])
    book.save(saved["template"])
    checked = validate(read_sheet(saved["template"]))
    assert [ready.campaign.name for ready in checked.ready] == ["Spring renewal - North", "Callbacks"]


def test_the_example_saved_there_has_the_same_campaigns(originals: dict[str, Path], saved: dict[str, Path]) -> None:
    before, after = validate(read_sheet(originals["example"])), validate(read_sheet(saved["example"]))
    assert [ready.campaign for ready in after.ready] == [ready.campaign for ready in before.ready]
    assert len(after.ready) == 25


@pytest.mark.parametrize("name", ["kept", "kept twice", "fresh"])
def test_results_saved_there_say_and_load_the_same(
    name: str, originals: dict[str, Path], saved: dict[str, Path]
) -> None:
    before, after = load_workbook(originals[name]), load_workbook(saved[name])
    assert after.sheetnames == before.sheetnames
    for page in before.sheetnames[:2]:
        assert [[cell or None for cell in row] for row in rows_of(after, page)] == [
            [cell or None for cell in row] for row in rows_of(before, page)
        ]
    (_, sheet), (_, again) = read(originals[name]), read(saved[name])
    assert again.drafts == sheet.drafts
    assert len(after["Summary"]._charts) == 1  # type: ignore[attr-defined]


def test_what_other_sheets_calculate_is_calculated_with_the_results_in_it(saved: dict[str, Path]) -> None:
    assert load_workbook(saved["kept"], data_only=True)["Notes"]["A2"].value == 4


def test_results_saved_there_and_fed_back_are_filled_in_place(saved: dict[str, Path], folder: Path) -> None:
    corrected = folder / "corrected.xlsx"
    shutil.copy(saved["kept"], corrected)
    changed(corrected, {SHEET: lambda xml: re.sub(rb'(<c r="I3"[^>]*><v>)0<', rb"\g<1>3<", xml)})
    path = results_from(corrected, folder)
    again = load_workbook(path)
    page = again["Campaigns"]
    assert again.sheetnames == ["Campaigns", "Problems", "Summary", "Notes"]
    assert rows_of(again, "Campaigns")[0][13:] == RESULT_HEADERS
    assert [results_of(path, row)["Status"] for row in range(2, 6)] == ["Created", "Created", "Invalid", "Created"]
    assert page["I3"].comment is None
    assert (page["I3"].fill.fill_type, page["I3"].font.name, page["I3"].font.b) == ("solid", "Arial", False)
    assert page["I3"].fill.fgColor.rgb == "FFE4DFEC"
    assert page["G4"].comment is not None
    assert page["A3"].comment.text.strip() == "ask Maria"


def test_the_rule_on_windows_sees_nonsense_and_nothing_that_the_loader_takes(saved: dict[str, Path]) -> None:
    page = load_workbook(saved["windows"], data_only=True).worksheets[0]
    found = {str(text): accepted for text, accepted in page.iter_rows(values_only=True)}
    assert [text for text in found if found[text]] == [text for text in found if text in ACCEPTED]
    assert len(window_rule("ZZ2")) <= 255
    for text in ACCEPTED:
        assert read_windows(text)


def test_every_one_of_them_can_be_printed(office: Office, originals: dict[str, Path], folder: Path) -> None:
    for path in office.saved(list(originals.values()), folder / "printed", kind="pdf"):
        assert path.read_bytes().startswith(b"%PDF-")
