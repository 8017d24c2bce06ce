"""How much of the allowance a run uses, and that the server never sees more than the allowance in any minute."""

from __future__ import annotations

import json
from itertools import pairwise
from statistics import quantiles
from typing import TYPE_CHECKING

import pytest

from loader.sandbox.traffic import largest_window
from tests.benchmarks.processes import LOADER, served, spent
from tests.benchmarks.sheets import write_sheet
from tests.benchmarks.test_sending import account

if TYPE_CHECKING:
    from pathlib import Path

PER_MINUTE = 600
SECONDS = 75


@pytest.mark.benchmark
def test_the_share_of_the_allowance_that_is_used(tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "campaigns.xlsx", PER_MINUTE * SECONDS // 60)
    log = tmp_path / "requests.jsonl"
    command = [*LOADER, "sandbox", "--port", "0", "--rate", "0", "--log", str(log)]
    with served(command, cwd=tmp_path) as url:
        spent([*LOADER, "run", str(sheet), "--yes"], cwd=tmp_path, env=account(url, per_minute=PER_MINUTE))
    arrivals = sorted(json.loads(line)["at"] for line in log.read_text().splitlines())
    minute = [at for at in arrivals if at - arrivals[0] < 60]
    largest = largest_window(arrivals)
    gaps = quantiles([later - earlier for earlier, later in pairwise(arrivals)], n=100)
    print(f"\nallowance of {PER_MINUTE} a minute:")
    print(f"  used in the first minute: {len(minute)} requests, {len(minute) / PER_MINUTE:.3f} of it")
    print(f"  most in any 60 s, seen at the server: {largest}")
    print(f"  between two requests: median {gaps[49] * 1000:.0f} ms, 99 of 100 under {gaps[98] * 1000:.0f} ms")
    assert largest <= PER_MINUTE
