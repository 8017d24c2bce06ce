"""Whatever becomes of the process that reads, the loader lives on and says one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from loader.errors import HeadersError, WorkbookError
from loader.model.limits import Limits
from loader.model.sheet_choice import SheetChoice
from loader.workbook.reader import reader_process
from loader.workbook.reader.read import ReadOptions, read_workbook
from loader.workbook.reader.reader_process import ReaderProcess, Readers
from tests.sheets import row, write_workbook
from tests.workbook.raw import cell, parts, sheet_xml, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loader.model.row import Sheet

pytestmark = pytest.mark.own_reader

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
    monkeypatch.setattr(reader_process, "_HOUSE", folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(b"PK", "calls.xlsx", ReadOptions(limits=limits))
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
    monkeypatch.setattr(reader_process, "_SECONDS", 0.1)
    begun = time.monotonic()
    program = "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    assert read_by(tmp_path, monkeypatch, program) == TOO_LONG
    assert time.monotonic() - begun < 10


def test_a_reader_that_says_more_than_a_workbook_may_hold_is_not_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "while True: say(json.dumps(['rows', [[['x' * 1_000_000]], []]]).encode())"
    assert read_by(tmp_path, monkeypatch, _PAGE + rows, limits=Limits(inflated_mb=3)) == BROKE_OFF


def test_a_refusal_is_reported_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'say(b\'["refused", "calls.xlsx is no workbook."]\')'
    assert read_by(tmp_path, monkeypatch, said) == "calls.xlsx is no workbook."


def test_no_setting_and_no_secret_reaches_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KORE_CLIENT_SECRET", "hush")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    told = "say(json.dumps(['refused', str('hush' in os.environ.values())]).encode())"
    assert read_by(tmp_path, monkeypatch, told) == "False"


def test_a_reader_that_was_given_no_workbook_leaves_nobody_behind() -> None:
    with ReaderProcess() as one:
        process = one._process
    assert process.returncode is not None


def test_the_loader_itself_reads_nothing() -> None:
    program = """
import sys
from pathlib import Path
from loader.workbook.reader.read import ReadOptions, read_sheet
from loader.errors import WorkbookError
try:
    read_sheet(Path(sys.argv[1]))
except WorkbookError as error:
    print(error)
assert not {"pandas", "numpy", "python_calamine"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", program, __file__], check=True, capture_output=True)


def test_pandas_which_takes_long_to_import_is_imported_for_text_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pandas.py").write_text("raise SystemExit")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    workbook = write_workbook(tmp_path / "calls.xlsx", [row("Spring")])
    assert [draft.values["name"] for draft in read_workbook(workbook.read_bytes(), "calls.xlsx").drafts] == ["Spring"]
    with pytest.raises(WorkbookError) as caught:
        read_workbook(b"Campaign name,Description", "calls.csv")
    assert str(caught.value).startswith("calls.csv cannot be opened, its reader broke off")


def test_the_process_that_reads_brings_nothing_along_that_talks_to_others() -> None:
    program = """
import sys
import loader.workbook.reader.worker, loader.workbook.reader.grid_reader
print(*sorted({"socket", "ssl", "http", "urllib.request", "email", "aiohttp"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_once_it_reads_it_can_open_no_file_and_no_connection() -> None:
    program = """
import socket
from loader.workbook.reader.worker import _confine, _Memory
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


@pytest.fixture
def readers() -> Iterator[Readers]:
    with Readers() as kept:
        yield kept


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., bytes]:
    """One with good rows of these names."""
    return lambda *names: write_workbook(tmp_path / "calls.xlsx", [row(name) for name in names]).read_bytes()


def read_with(readers: Readers, content: bytes) -> Sheet:
    return read_workbook(content, "calls.xlsx", open_reader=readers.reader)


def test_one_process_reads_one_workbook_after_another(readers: Readers, workbook: Callable[..., bytes]) -> None:
    first = read_with(readers, workbook("A"))
    process = readers._idle
    assert process is not None
    second = read_with(readers, workbook("B", "C"))
    assert readers._idle is process
    assert [len(sheet.drafts) for sheet in (first, second)] == [1, 2]


def test_a_workbook_that_is_refused_does_not_cost_the_next_one_its_reader(
    readers: Readers, workbook: Callable[..., bytes]
) -> None:
    with pytest.raises(WorkbookError):
        read_with(readers, b"PK\x03\x04")
    process = readers._idle
    assert process is not None
    assert len(read_with(readers, workbook("A")).drafts) == 1
    assert readers._idle is process


@pytest.mark.skipif(sys.platform == "win32", reason="has no such processes")
@pytest.mark.parametrize(("last", "code"), [("pass", 0), ("raise RuntimeError", 3)])
def test_how_a_look_at_further_sheets_ends_matters_only_where_something_was_left_unsaid(last: str, code: int) -> None:
    program = f"""
import os
from loader.workbook.reader import worker as reader
def inspect(into):
    raise BrokenPipeError
def read(out):
    os.read(out, 1)  # until the one that looks has gone
    {last}
reader._inspect, reader._read_inspected = inspect, read
print(reader._one_workbook())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == f"{code}\n"


def test_after_one_that_takes_its_reader_along_the_next_gets_another(
    readers: Readers, workbook: Callable[..., bytes]
) -> None:
    read_with(readers, workbook("A"))
    before = readers._idle
    assert before is not None
    with readers.reader() as reader:
        reader.hand_in(workbook("A"), "calls.xlsx", limits=Limits())
        reader.receive()  # and whoever asked for it leaves
    assert before.returncode is not None
    assert len(read_with(readers, workbook("B")).drafts) == 1
    assert readers._idle is not before


def test_a_reader_that_was_killed_between_two_workbooks_is_replaced(
    readers: Readers, workbook: Callable[..., bytes]
) -> None:
    read_with(readers, workbook("A"))
    assert readers._idle is not None
    readers._idle.kill()
    readers._idle.wait()
    assert len(read_with(readers, workbook("B")).drafts) == 1


PANDAS = """
import os, sys
from pathlib import Path
with Path(__file__).with_name("imported").open("a") as log:
    log.write("x")
del sys.modules["pandas"]
sys.path.remove(os.path.dirname(__file__))
import pandas
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such processes")
def test_for_many_texts_pandas_is_imported_by_the_first_and_once_more_for_all_others(
    readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pandas.py").write_text(PANDAS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for _ in range(4):
        with pytest.raises(HeadersError):
            read_workbook(b"Some,words", "calls.csv", open_reader=readers.reader)
    assert (tmp_path / "imported").read_text() == "xx"


def test_who_comes_while_another_workbook_is_read_waits(readers: Readers, workbook: Callable[..., bytes]) -> None:
    content = workbook("A")
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda _: read_with(readers, content), range(8)))
    assert [len(sheet.drafts) for sheet in read] == [1] * 8


def test_readers_leave_nobody_behind(workbook: Callable[..., bytes]) -> None:
    with Readers() as readers:
        read_with(readers, workbook("A"))
        process = readers._idle
        assert process is not None
        assert process.poll() is None
    assert process.returncode == 3  # it went by itself


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_a_look_that_uses_up_its_time_is_said_to_take_too_long() -> None:
    doubtful = "".join(f'<row r="{row}"><c r="A{row}"><v>-1</v></c></row>' for row in range(1, 400_000))
    content = zipped(parts(sheet_xml(doubtful)))
    with ReaderProcess() as reader:
        reader._name, reader._left = "calls.xlsx", 1_000_000
        request = {"name": "calls.xlsx", "sheets": SheetChoice().plain, "encoding": None, "seconds": 1, "once": True}
        reader.send({**request, "limits": [900_000, 9, 400], "size": len(content)}, content)
        with pytest.raises(WorkbookError) as caught:
            reader.receive()
    assert str(caught.value) == TOO_LONG


@pytest.mark.skipif(sys.platform == "win32", reason="has no such processes")
def test_what_is_interrupted_leaves_none_of_its_processes_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_process, "_SECONDS", 0.2)
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    program = f"""
if not os.fork():
    open({str(pipe)!r}, "wb").write(b"here")
    time.sleep(60)
os.wait()
"""
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(pipe.read_bytes)  # until nobody holds the other end
        assert read_by(tmp_path, monkeypatch, program) == TOO_LONG
        assert heard.result(timeout=10) == b"here"


def test_a_reader_that_is_warm_is_there_before_the_first_workbook(
    readers: Readers, workbook: Callable[..., bytes]
) -> None:
    readers.warm()
    warm = readers._idle
    assert warm is not None
    assert read_with(readers, workbook("A")).drafts
    assert readers._idle is warm


def test_whoever_waits_for_a_reader_hears_of_its_end_at_once_when_it_is_interrupted(readers: Readers) -> None:
    said: list[str] = []

    def wait() -> None:
        with readers.reader() as reader:
            waiting.set()
            with pytest.raises(WorkbookError) as refused:
                reader.receive()  # nothing was handed in, so nothing would ever come
        said.append(str(refused.value))

    waiting = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(60)
    readers.interrupt()
    thread.join(60)
    assert said
    assert readers._idle is None
