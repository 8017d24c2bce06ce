"""A workbook that somebody has open: said, and its lock file is no workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main


@pytest.fixture
def sheet(folder: Path) -> Path:
    return write_workbook(folder / "april.xlsx", [row("A")])


@pytest.mark.parametrize("lock", ["~$april.xlsx", ".~lock.april.xlsx#"])
def test_check_and_run_say_that_somebody_has_the_workbook_open(
    serve_aside: Callable[..., Sandbox], main: Main, sheet: Path, lock: str
) -> None:
    said = f"campaign-loader: Somebody has april.xlsx open ({lock} lies beside it): what is not saved yet is not read."
    host = serve_aside().url
    assert said not in main("check", "april.xlsx").err
    sheet.with_name(lock).write_bytes(b"owner")
    checked = main("check", "april.xlsx", "--json")
    assert (checked.code, checked.err.strip(), checked.json["valid"]) == (0, said, 1)
    done = main("run", "april.xlsx", "--yes", host=host)
    assert (done.code, said in done.err) == (0, True)
    assert said not in main("run", "april.xlsx", "--yes", "--log-json", host=host).err


@pytest.mark.parametrize("lock", ["~$april.xlsx", ".~lock.april.xlsx#"])
def test_a_lock_file_is_named_for_what_it_is(main: Main, sheet: Path, lock: str) -> None:
    sheet.with_name(lock).write_bytes(b"owner")
    done = main("check", lock)
    assert done.code == 3
    assert done.err.strip() == (
        f"campaign-loader: {lock} is no workbook, but what lies beside one while somebody has it open: give april.xlsx "
        "itself, saved and closed."
    )
