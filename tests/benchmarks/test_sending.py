"""Requests a second of `run` with the limit far away, against a bare aiohttp loop posting the same bytes."""

from __future__ import annotations

import json
import sys
from statistics import median
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.benchmarks.processes import HERE, LOADER, Spent, served, spent
from tests.benchmarks.sheets import write_sheet

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 10_000
ROUNDS = 3
CONCURRENCY = 64

pytestmark = pytest.mark.benchmark


def account(url: str, *, per_minute: int, concurrency: int = 8) -> dict[str, str]:
    return {
        "KORE_HOST": url,
        "KORE_APP_ID": DEMO_APP_ID,
        "KORE_ACCOUNT_ID": DEMO_ACCOUNT_ID,
        "KORE_CLIENT_ID": DEMO_CLIENT_ID,
        "KORE_CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "LOADER_RATE_PER_MINUTE": str(per_minute),
        "LOADER_CONCURRENCY": str(concurrency),
        "LOADER_VERIFY_SECONDS": "0",
    }


def run(url: str, sheet: Path, *, cwd: Path) -> Spent:
    cwd.mkdir()
    env = account(url, per_minute=6_000_000, concurrency=CONCURRENCY)
    return spent([*LOADER, "run", str(sheet), "--yes", "--canary", "0"], cwd=cwd, env=env)


def bare(url: str, sheet: Path, *, cwd: Path) -> Spent:
    cwd.mkdir()
    return spent([sys.executable, str(HERE / "bare_loop.py"), url, str(sheet), str(CONCURRENCY)], cwd=cwd)


def test_against_a_server_of_canned_answers(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", ROWS)
    rates: dict[str, list[float]] = {"run": [], "bare": []}
    whole: dict[str, list[float]] = {"run": [], "bare": []}
    with served([sys.executable, str(HERE / "canned_server.py")], cwd=tmp_path) as url:
        for number in range(ROUNDS):
            for name, sender in (("run", run), ("bare", bare)):
                whole[name].append(sender(url, sheet, cwd=tmp_path / f"{name}{number}").seconds)
                creates, seconds = urlopen(f"{url}/rate").read().split()  # noqa: S310 - our own server
                assert int(creates) == ROWS
                rates[name].append((ROWS - 1) / float(seconds))
    tell("canned answers", rates, whole)


def test_against_the_sandbox(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", ROWS)
    rates: dict[str, list[float]] = {"run": [], "bare": []}
    whole: dict[str, list[float]] = {"run": [], "bare": []}
    for number in range(ROUNDS):
        for name, sender in (("run", run), ("bare", bare)):
            store = tmp_path / f"{name}{number}.jsonl"
            command = [*LOADER, "sandbox", "--port", "0", "--rate", "0", "--store", str(store)]
            with served(command, cwd=tmp_path) as url:
                whole[name].append(sender(url, sheet, cwd=tmp_path / f"{name}{number}").seconds)
            times = [json.loads(line)["created_at"] for line in store.read_text().splitlines()]
            assert len(times) == ROWS
            rates[name].append((ROWS - 1) / (times[-1] - times[0]))
    tell("sandbox", rates, whole)


def tell(server: str, rates: dict[str, list[float]], whole: dict[str, list[float]]) -> None:
    """Medians; and the ratio of each round by itself, since both of a round met the same machine."""
    ratios = [ours / theirs for ours, theirs in zip(rates["run"], rates["bare"], strict=True)]
    print(f"\nsending {ROWS} campaigns, {CONCURRENCY} at a time, server with {server}:")
    for name, each in rates.items():
        print(f"  {name:5} {median(each):6.0f} requests/s   whole process {median(whole[name]):5.1f} s")
    print(f"  run / bare: {median(ratios):.2f} (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")
