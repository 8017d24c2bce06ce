"""Where a platform starts the program as a user that the system does not know, without a home."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from tests.cli.output.test_streams import write_aged
from tests.load_runs import creates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.program import Program

AS_NOBODY_KNOWN = ("unshare", "--user", "--map-user=1000690000")


def _may_be_another() -> bool:
    try:
        return subprocess.run([*AS_NOBODY_KNOWN, "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _may_be_another(), reason="this system has no user namespaces")
async def test_a_user_without_an_entry_in_passwd_and_without_a_home_loads_a_night(
    serve: Serve, program: Callable[..., Program], folder: Path
) -> None:
    server = await serve()
    write_aged(folder / "in" / "april.xlsx", ["A"])
    one = program(server.url)
    assert "HOME" not in one.environment
    night = await asyncio.create_subprocess_exec(
        *AS_NOBODY_KNOWN,
        one.installed,
        "nightly",
        "in",
        cwd=folder,
        env=one.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said = await night.communicate()
    assert night.returncode == 0, said
    assert creates(server) == {"A": 1}
    [results] = (folder / "in" / "done").glob("*-results-*.xlsx")
    summary = [it for it in read_summary(results) if "1000690000" in map(str, it)]
    assert summary != []


def read_summary(results: Path) -> list[tuple[object, ...]]:
    return list(load_workbook(results)["Summary"].iter_rows(values_only=True))
