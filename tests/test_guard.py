"""What the other tests stand on: nothing of them gets out."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guarded import sitecustomize as guard
from tests.secrets_sought import SECRET, seen_in, spilled
from tests.sheets import row, write_workbook

OUTSIDE = Path(__file__).parent / "written-by-a-test"


def test_a_test_that_reaches_for_another_machine_fails() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        pytest.raises(AssertionError, match=r"reaches for 192\.0\.2\.1"),
    ):
        one.connect(("192.0.2.1", 53))
    with pytest.raises(AssertionError, match=r"reaches for platform\.kore\.ai"):
        socket.getaddrinfo("platform.kore.ai", 443)
    assert guard.BROKEN == ["a test reaches for 192.0.2.1", "a test reaches for platform.kore.ai"]
    guard.BROKEN.clear()


def test_a_test_that_writes_outside_of_its_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="writes"):
        OUTSIDE.write_text("x")
    with pytest.raises(AssertionError, match="writes"):
        sqlite3.connect(OUTSIDE)
    with pytest.raises(AssertionError, match="writes"):
        OUTSIDE.mkdir()
    assert not OUTSIDE.exists()
    (tmp_path / "inside").write_text("x")
    assert len(guard.BROKEN) == 3
    guard.BROKEN.clear()


def test_a_process_that_a_test_starts_is_held_to_the_same() -> None:
    folder = Path(__file__).parent / "guarded"
    done = subprocess.run(
        [sys.executable, "-c", f"open({str(OUTSIDE)!r}, 'w')"],
        env={"PYTHONPATH": str(folder), "GUARDED_FOLDER": guard.FOLDER},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "tests stay on loopback and in tmp_path" in done.stderr
    assert not OUTSIDE.exists()


def test_secrets_are_found_in_files_and_inside_of_workbooks(tmp_path: Path) -> None:
    write_workbook(tmp_path / "sheet.xlsx", [row("A", Description=f"it is {SECRET}")])
    (tmp_path / "log").write_bytes(b"\xff auth: eyJhbGciOiJIUzI1NiJ9.e30.x")
    assert sorted(spilled(tmp_path)) == ["log: eyJhbGciOiJIUzI1NiJ9", f"sheet.xlsx: {SECRET}"]
    assert seen_in("eyJ alone is no token") == []
