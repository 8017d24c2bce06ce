"""Ten load runs in one loop, each of an account of its own: do their requests take longer than those of one run?

Beside test_accounts.py, which takes the time of whole nights: here the servers have a process of their own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from loader.config.settings import read_settings
from loader.execution.run import LoadRun
from loader.execution.send_request import Callbacks
from loader.planning.request import LoadRequest
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from loader.sandbox.traffic import largest_window
from loader.storage.journal import open_journal
from loader.workbook.reader.reader_process import Readers
from tests.benchmarks.processes import HERE
from tests.benchmarks.sheets import write_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from loader.config.settings import Settings
    from loader.execution.report import Report
    from loader.storage.journal import Journal

ACCOUNTS = 10
ROWS = 100
PER_MINUTE = 600


@contextmanager
def sandboxes(number: int, logs: Path) -> Iterator[Sequence[str]]:
    """The addresses of so many sandboxes in a process of their own."""
    logs.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.sandboxes", str(number), str(PER_MINUTE), str(logs)]
    process = subprocess.Popen(command, cwd=HERE.parents[1], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield [process.stdout.readline().strip() for _ in range(number)]
    finally:
        process.terminate()
        process.communicate()


@dataclass(frozen=True, slots=True)
class Taken:
    """`whole`: all of it. `sending`: at the slowest account, from its first request to its last. Seconds both."""

    whole: float
    sending: float


def taken_by(number: int, sheet: Path, folder: Path) -> Taken:
    """Load the sheet into so many accounts at once, from one loop and one journal, and look at each account's pace."""
    load_request = LoadRequest(sheet.name, sheet.read_bytes())

    async def all_of_them(urls: Sequence[str], journal: Journal) -> Sequence[Report]:
        with Readers() as readers:
            callbacks = Callbacks(reading=readers.reader)
            load_runs = [LoadRun(load_request, settings_for(url, folder), journal, callbacks) for url in urls]
            return await asyncio.gather(*(load_run.load() for load_run in load_runs))

    with sandboxes(number, folder) as urls, closing(open_journal(f"sqlite:///{folder}/journal.db")) as journal:
        begun = time.perf_counter()
        reports = asyncio.run(all_of_them(urls, journal))
        whole = time.perf_counter() - begun
    for report in reports:
        assert Counter(outcome.status.value for outcome in report.outcomes) == {"Created": ROWS}
    each = [sorted(json.loads(line)["at"] for line in log.read_text().splitlines()) for log in folder.glob("*.jsonl")]
    assert len(each) == number
    for arrivals in each:
        assert (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) * 60 <= PER_MINUTE
    fullest = max(largest_window(arrivals, seconds=1) for arrivals in each)
    sending = max(arrivals[-1] - arrivals[0] for arrivals in each)
    print(f"  accounts: {number:2}  whole {whole:5.1f} s  requests {sending:5.1f} s  at most {fullest} in any second")
    return Taken(whole, sending)


def settings_for(url: str, folder: Path) -> Settings:
    return read_settings(
        host=url,
        app_id=DEMO_APP_ID,
        account_id=DEMO_ACCOUNT_ID,
        client_id=DEMO_CLIENT_ID,
        client_secret=DEMO_CLIENT_SECRET,
        rate_per_minute=PER_MINUTE,
        output=folder / "output",
    )


@pytest.mark.benchmark
def test_ten_load_runs_in_one_loop_against_one(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", ROWS)
    print(f"\n{ROWS} rows for each account, {PER_MINUTE} requests a minute each:")
    one = taken_by(1, sheet, tmp_path / "one")
    ten = taken_by(ACCOUNTS, sheet, tmp_path / "ten")
    print(f"  {ACCOUNTS} / 1: whole {ten.whole / one.whole:.2f}, requests {ten.sending / one.sending:.2f}")
