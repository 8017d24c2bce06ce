"""Whatever becomes of the process that reads, the loader lives on and says one sentence."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from loader.errors import WorkbookError
from loader.workbook import door as door_module
from loader.workbook.door import Door
from loader.workbook.limits import Limits
from loader.workbook.read import read_workbook
from tests.workbook.raw import cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from pathlib import Path

BROKE_OFF = (
    "calls.xlsx cannot be opened, its reader broke off: open it in Excel and save it again as .xlsx, or copy its cells "
    "into a new workbook."
)
TOO_LONG = "calls.xlsx takes too long to read: open it in Excel and save it again as .xlsx, or split it."
# what it is told first, so that the loader is not stopped while it speaks
_TAKES_IT = """
import json, os, signal, sys, time
size = int.from_bytes(sys.stdin.buffer.read(4), "big")
order = json.loads(sys.stdin.buffer.read(size))
sys.stdin.buffer.read(order["size"])
def say(content):
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()
"""
_PAGE = """say(json.dumps(["page", "Data", False, [], [[["Campaign name", "Mode", "Desc"]], []]]).encode())\n"""


def read_by(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> str:
    """The sentence that comes of a reader which does this."""
    home = folder / "loader" / "workbook"
    home.mkdir(parents=True)
    (home / "__init__.py").touch()
    (home.parent / "__init__.py").touch()
    (home / "reader.py").write_text(_TAKES_IT + program)
    monkeypatch.setattr(door_module, "_HOUSE", folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(b"PK", "calls.xlsx", limits=limits)
    return str(caught.value)


@pytest.mark.parametrize(
    "program",
    [
        "os.abort()",
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "sys.exit(0)",
        "raise BaseException",
        "sys.stdout.buffer.write(b'garbage, and more of it than four bytes')",
        "say(b'{')",
        "say(b'[' * 100000)",
        "say(b'7')",
        "say(b'[]')",
        "say(b'[1]')",
        "say(b'[\"page\"]')",
        'say(b\'["page", "Data", false, [], 7]\')',
        'say(b\'["page", "Data", false, [], [[[1]], [[5, 5, "moment", "x"]]]]\')',
        'say(b\'["page", "Data", false, [], [[[1]], [[0, 0, "bomb", "x"]]]]\')',
        "sys.stdout.buffer.write(b'\\xff' * 4)",
        'say(b\'["page", "Data", false, [], [[[{}]], []]]\')',
        "say(b'[\"page\", 7, false, [], [[[1]], []]]')",
        _PAGE + "os.abort()",
        _PAGE + "say(json.dumps(['end', dict.fromkeys(('errors', 'unsaved', 'shown', 'odd'), [])]).encode())",
        _PAGE + "say(b'[\"rows\", 3]')",
        _PAGE + "say(b'[\"end\", {}]')",
        _PAGE + "say(b'[\"end\"]')",
    ],
)
def test_a_reader_that_breaks_off_or_talks_nonsense_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    assert read_by(tmp_path, monkeypatch, program) == BROKE_OFF


def test_a_reader_that_cannot_be_stopped_otherwise_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "_SECONDS", 0.1)
    begun = time.monotonic()
    program = "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    assert read_by(tmp_path, monkeypatch, program) == TOO_LONG
    assert time.monotonic() - begun < 10


def test_a_reader_that_says_more_than_a_workbook_may_hold_is_not_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "while True: say(json.dumps(['rows', [[['x' * 1_000_000]], []]]).encode())"
    assert read_by(tmp_path, monkeypatch, _PAGE + rows, limits=Limits(inflated_mb=3)) == BROKE_OFF


def test_a_refusal_is_told_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'say(b\'["refused", "calls.xlsx is no workbook."]\')'
    assert read_by(tmp_path, monkeypatch, said) == "calls.xlsx is no workbook."


def test_no_setting_and_no_secret_reaches_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KORE_CLIENT_SECRET", "hush")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    told = "say(json.dumps(['refused', str('hush' in os.environ.values())]).encode())"
    assert read_by(tmp_path, monkeypatch, told) == "False"


def test_a_door_that_nothing_went_through_leaves_nobody_behind() -> None:
    with Door() as one:
        process = one._process
    assert process.returncode is not None


def test_the_loader_itself_reads_nothing() -> None:
    program = """
import sys
from pathlib import Path
from loader.workbook.read import read_sheet
from loader.errors import WorkbookError
try:
    read_sheet(Path(sys.argv[1]))
except WorkbookError as error:
    print(error)
assert not {"pandas", "numpy", "python_calamine"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", program, __file__], check=True, capture_output=True)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_once_it_reads_it_can_open_no_file_and_no_connection() -> None:
    program = """
import socket
from loader.workbook.reader import _confine, _Memory
memory = _Memory()
_confine(5)
memory.allow(50 << 20)
for attempt in (lambda: open("/etc/hostname"), socket.socket, lambda: bytearray(100 << 20)):
    try:
        attempt()
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["OSError", "OSError", "MemoryError"]


def test_a_text_that_many_cells_share_cannot_fill_the_memory() -> None:
    shared = '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    header = "".join(cell(f"{letter}1", text) for letter, text in zip("ABC", ("Name", "Desc", "Mode"), strict=True))
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(2, 60_000))
    content = parts(sheet_xml(f'<row r="1">{header}</row>{rows}'))
    relations = "xl/_rels/workbook.xml.rels"
    content[relations] = str(content[relations]).replace("</Relationships>", shared)
    content["xl/sharedStrings.xml"] = f"<sst><si><t>{'x' * 32_000}</t></si></sst>"
    with pytest.raises(WorkbookError) as caught:
        read_workbook(zipped(content), "calls.xlsx")
    assert str(caught.value) == BROKE_OFF
