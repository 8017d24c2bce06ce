"""Text files as office programs write them: one test a kind. A guess is shown, and never made where nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.errors import HeadersError, WorkbookError
from loader.planning.validate import validate
from loader.workbook.mapping import NOTHING_RENAMED
from loader.workbook.mapping_draft import mapping_draft
from loader.workbook.reader.read import ReadOptions, read_sheet, read_workbook
from tests.workbook.people import FULL, campaign, said_of

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = (
    "Kampagne;Beschreibung;Kontaktliste;Priorität;Modus;Anrufernummer;Zeitzone;Montag;Dienstag;Mittwoch;Donnerstag;"
    "Freitag;Samstag;Sonntag;Max. Versuche;Wiederholung (Min.);Klingeldauer (Sek.);Flow\r\n"
    "Erneuerung Süd;Kündigungen;kunden-süd;3;Agentless;+49 30 23125042;Europe/Berlin;9-18;"
    "9-18;9-18;9-18;9-18;;;3;60;30;F"
)


def text(delimiter: str, *changes: str) -> str:
    rows = [FULL, *(campaign(f"Camp {at}", Description=it) for at, it in enumerate(changes, start=1))]
    return "\r\n".join(delimiter.join("" if it is None else str(it) for it in row) for row in rows) + "\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_in_unicode_with_any_separator(tmp_path: Path, delimiter: str, encoding: str) -> None:
    file = tmp_path / "calls.txt"
    file.write_bytes(text(delimiter, "Rückruf für Müller", "Desc").encode(encoding))
    said = said_of(file)
    assert [it.description for it in said.campaigns.values()] == ["Rückruf für Müller", "Desc"]
    assert said.problems == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_in_windows_1252_is_read_with_a_warning_that_shows_cells(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "calls.csv"
    typed = ["Rückruf", "plain", "Café", "50 € Rabatt", "Straße"]
    file.write_bytes(text(delimiter, *typed).encode("cp1252"))
    said = said_of(file)
    assert [it.description for it in said.campaigns.values()] == typed
    assert [*said.changed.values()] == [
        (
            "The file is not in UTF-8, and is read as Windows-1252 (B2 'Rückruf', B4 'Café', B5 '50 € Rabatt'): if "
            "that is wrong, name its encoding with --encoding."
        )
    ]


def test_a_text_without_a_header_row_says_that_its_encoding_was_guessed(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    guessed = "is not in UTF-8, and is read as Windows-1252: if that is wrong, name its encoding with --encoding."
    for encoding, said in (("cp1252", True), ("utf-8", False)):
        file.write_bytes("Größe;Farbe;Stück\r\n1;2;3\r\n".encode(encoding))
        with pytest.raises(WorkbookError, match="none of the first 20 rows") as refused:
            read_sheet(file)
        assert str(refused.value).endswith(guessed) is said


@pytest.mark.parametrize(
    ("encoding", "typed"),
    [("mac-roman", "Rückruf für Zoë"), ("cp1251", "Звонок"), ("cp850", "Müller"), ("gbk", "回电")],
)
def test_a_text_in_an_encoding_that_was_named_is_read_without_a_word(encoding: str, typed: str) -> None:
    content = text(";", typed).encode(encoding)
    checked = validate(read_workbook(content, "calls.csv", ReadOptions(encoding=encoding)))
    assert [it.campaign.description for it in checked.ready] == [typed]
    assert checked.problems == []


def test_a_text_in_unicode_stays_what_it_is_whatever_encoding_was_named() -> None:
    for unicode in ("utf-8", "utf-16"):
        content = text(";", "Rückruf").encode(unicode)
        assert (
            read_workbook(content, "calls.csv", ReadOptions(encoding="cp1252")).drafts[0].values["description"]
            == "Rückruf"
        )


def test_where_nobody_looks_nothing_is_guessed() -> None:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(text(";", "Rückruf").encode("cp1252"), "calls.csv", ReadOptions(encoding="utf-8"))
    assert str(caught.value) == (
        "calls.csv is not in UTF-8: save it as 'CSV UTF-8', or name its encoding, such as --encoding windows-1252."
    )


@pytest.mark.parametrize("content", [b"Campaign name;\x81\x8d", b"Campaign name;\x01\xfc", b"a\x00b\x00", b"\xff\xfea"])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(WorkbookError, match=r"^calls.csv is neither a workbook nor text in UTF-8: save it as"):
        read_workbook(content, "calls.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_headers_in_another_language_are_split_by_their_separator_in_the_draft(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(GERMAN.replace(";", delimiter).encode("cp1252"))
    with pytest.raises(HeadersError) as caught:
        read_sheet(file)
    error = caught.value
    draft = mapping_draft(file.name, error.cells, error.header_row, NOTHING_RENAMED)
    assert '"Kampagne" = ' in draft
    assert '"Wiederholung (Min.)" = "Retry period (minutes)"  # P1, a guess' in draft
    assert delimiter * 2 not in str(error)


def test_a_header_of_windows_1252_that_is_refused_says_as_what_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(text(";", "Rückruf").replace("Timezone", "Timezonne").encode("cp1252"))
    said = said_of(file)
    assert said.refusal.splitlines()[-1] == (
        "calls.csv, sheet 'calls': The file is not in UTF-8, and is read as Windows-1252."
    )
