"""The plug is pulled again and again while every kind of fault goes on: no row is lost, none is created twice.

The program and the server are processes of their own; what was created is counted in the file the server keeps.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.program import until
from tests.secrets_sought import SECRET
from tests.sheets import read_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.program import Program, Running

SERVER = """
import sys
from pathlib import Path
from loader.sandbox.server import serve_forever
from loader.sandbox.settings import SandboxSettings
seed, folder, secret = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
serve_forever(
    SandboxSettings(
        client_secret=secret, rate_per_minute=0, fault_rate=0.1, fault_seed=seed, fault_seconds=1.3,
        store_path=folder / "store.jsonl", log_path=folder / "requests.jsonl",
    ),
    lambda url: print(url, flush=True),
)
"""


def held_in(store: Path) -> list[str]:
    """The names of all campaigns ever created; a line that is still being written does not count."""
    whole = store.read_text().rpartition("\n")[0] if store.exists() else ""
    return [json.loads(line)["name"] for line in whole.splitlines()]


def reached(store: Path, wanted: float, running: Running) -> bool:
    return running.over or len(held_in(store)) >= wanted


@pytest.mark.parametrize(("rows", "kinds"), [(50, 1), pytest.param(1000, 15, marks=pytest.mark.slow)])
async def test_many_rows_loaded_under_faults_by_a_program_killed_three_times_are_all_created_once(
    program: Callable[..., Program], make_workbook: MakeWorkbook, folder: Path, rows: int, kinds: int
) -> None:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"to repeat it: SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    names = [f"Campaign {number:04}" for number in range(rows)]
    make_workbook(names)
    store = folder / "store.jsonl"
    server = await program().start(seed, folder, SECRET, code=SERVER)
    url = (await server.line()).strip()
    one = program(url, LOADER_CONCURRENCY="16", LOADER_TIMEOUT_SECONDS="1", LOADER_SETTLE_SECONDS="0.5")
    for share in sorted(chance.uniform(0.05, 0.9) for _ in range(3)):
        running = await one.start("run", "--yes", "campaigns.xlsx", hurried=True)
        await until(partial(reached, store, share * rows, running))
        await running.killed()
    done = await one.run("run", "--yes", "campaigns.xlsx", "--json", hurried=True)
    assert (done.code, done.json["counts"]) == (0, {"Created": rows})
    assert Counter(held_in(store)) == Counter(names)
    assert {it["Status"] for it in read_results(folder / done.json["results"])} == {"Created"}
    faults = {json.loads(line)["fault"] for line in (folder / "requests.jsonl").read_text().splitlines()}
    assert len(faults) > kinds  # and none
