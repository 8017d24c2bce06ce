"""`fix`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openpyxl import load_workbook

from tests.sheets import row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.program import Program


async def test_a_sheet_is_corrected_into_a_new_file_and_every_change_is_shown(
    folder: Path, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([row("A", Timezone="america new york"), row("B", Timezone="Boston", Monday="9-5")])
    before = sheet.read_bytes()
    ended = await program().run("fix", sheet.name)
    assert ended.code == 3
    lines = [line.strip() for line in ended.out.splitlines()]
    assert lines[:3] == [
        "corrected G2 Timezone: 'america new york' -> 'America/New_York'",
        "corrected H3 Monday: '9-5' -> '9:00 AM - 5:00 PM'",
        "These problems are left:",
    ]
    assert lines[3].startswith("error G3 Timezone: 'Boston' is not a time zone")
    [written] = (folder / "output").glob("campaigns-corrected-*.xlsx")
    assert lines[-1] == (
        f"campaigns.xlsx, sheet 'Campaigns': 2 cells corrected in output/{written.name}; 1 valid, 1 invalid"
    )
    page = load_workbook(written)["Campaigns"]
    assert (page["G2"].value, page["H3"].value) == ("America/New_York", "9:00 AM - 5:00 PM")
    assert sheet.read_bytes() == before
    again = await program().run("check", f"output/{written.name}")
    assert "1 valid, 1 invalid" in again.out


async def test_check_says_how_many_corrections_are_sure(
    program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([row("A", Timezone="america new york"), row("B", Timezone="Boston", Monday="9-5")])
    ended = await program().run("check", sheet.name)
    assert "2 corrections are sure: campaign-loader fix campaigns.xlsx writes a corrected copy" in ended.out
    assert "sure" not in (await program().run("check", make_workbook(["A"]).name)).out


async def test_where_nothing_is_sure_nothing_is_written(
    folder: Path, program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    sheet = make_workbook([row("A", Timezone="Boston")])
    ended = await program().run("fix", sheet.name, "--json")
    assert ended.code == 3
    assert (ended.json["changes"], ended.json["corrected"], ended.json["invalid"]) == ([], None, 1)
    assert ended.json["problems"][0]["fixes"] == [
        {"text": "America/New_York", "label": "Use America/New_York", "sure": False}
    ]
    assert not (folder / "output").exists()


async def test_a_text_keeps_its_kind_and_a_second_one_gets_a_name_of_its_own(
    folder: Path, program: Callable[..., Program]
) -> None:
    cells = row("A", Max_ring_time_="30s", Description="Überläufe")
    cells["Max ring time (seconds)"] = "30s"
    del cells["Max ring time "]
    text = ";".join(cells) + "\r\n" + ";".join(f'"{it}"' for it in cells.values()) + "\r\n"
    (folder / "april.txt").write_bytes(text.encode("cp1252"))
    asked = ("fix", "april.txt", "--encoding", "windows-1252", "--output", "there", "--json")
    first, second = [await program().run(*asked) for _ in range(2)]
    assert (first.code, second.code) == (0, 0)
    assert len({first.json["corrected"], second.json["corrected"]}) == 2
    for ended in (first, second):
        assert ended.json["corrected"].startswith("there/april-corrected-")
        assert ended.json["corrected"].endswith(".txt")
        assert (folder / ended.json["corrected"]).read_bytes() == text.replace("30s", "30").encode("cp1252")
        [change] = ended.json["changes"]
        assert (change["cell"], change["before"], change["after"]) == ("K2", "30s", "30")


async def test_a_file_that_is_no_workbook_is_said_to_be_none(folder: Path, program: Callable[..., Program]) -> None:
    (folder / "april.xlsx").write_bytes(b"%PDF-1.7")
    ended = await program().run("fix", "april.xlsx", "--json")
    assert (ended.code, ended.json["error"]) == (3, "april.xlsx is no workbook: save it as .xlsx.")


async def test_a_file_whose_name_is_no_text_is_corrected(folder: Path, program: Callable[..., Program]) -> None:
    cells = row("A", Timezone="asia/kolkata")
    name = os.fsdecode(b"m\xe4rz.csv")
    (folder / name).write_text("\n".join(",".join(f'"{it}"' for it in line) for line in (cells, cells.values())))
    ended = await program().run("fix", name)
    assert ended.code == 0
    assert "1 cell corrected in output/m_rz-corrected-" in ended.out
