"""The tests of the modules that keep the promise notice a change of them.

A sample of the changes is tried, always the same; MUTANTS=1000 tries up to so many of each module.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant, mutants

HOUSE = Path(__file__).parents[2]
EACH = int(os.environ.get("MUTANTS", "20"))
NOTICED = 0.95
_LONGEST_SECONDS = 180  # a change may make a test wait for ever
# a module, and its own tests
MODULES = {
    "execution/sender": ["execution/test_sender.py", "execution/test_not_allowed.py"],
    "execution/lookup": ["execution/test_lookup.py"],
    "planning/reconcile": ["planning/test_reconcile.py"],
    "planning/plan": ["planning/test_plan.py"],
    "storage/journal": ["storage/test_journal.py"],
    "storage/campaign_store": ["storage/test_journal.py"],
    "storage/fence": ["storage/test_journal.py"],
    "api/rate_limiter": ["api/test_rate_limiter.py"],
    "api/responses": ["api/test_responses.py"],
    "api/campaign_list": ["api/test_campaign_list.py"],
}
# changes that change nothing, each with its reason
EQUIVALENT: dict[str, str] = {}


def sample(module: str) -> list[Mutant]:
    made = list(mutants((HOUSE / "loader" / f"{module}.py").read_text()))
    chance = random.Random(module)  # noqa: S311 - the same every time
    return chance.sample(made, min(EACH, len(made)))


def noticed(place: Path, tests: list[str]) -> bool:
    """Whether one of these tests fails in this copy of the house, or never ends."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider"]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(place / "temporary")}
    process = subprocess.Popen(
        [*command, *(f"tests/{test}" for test in tests)],
        cwd=place,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(_LONGEST_SECONDS) != 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


@pytest.mark.mutation
@pytest.mark.parametrize("module", MODULES)
def test_the_tests_of_a_module_notice_a_change_of_it(module: str, tmp_path: Path) -> None:
    place = tmp_path / "house"
    for folder in ("loader", "tests", "templates"):
        shutil.copytree(HOUSE / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(HOUSE / file, place)
    (place / "temporary").mkdir()
    assert not noticed(place, MODULES[module]), "the tests fail where nothing was changed"
    tried = [mutant for mutant in sample(module) if f"{module} {mutant.name}" not in EQUIVALENT]
    survivors = []
    for mutant in tried:
        (place / "loader" / f"{module}.py").write_text(mutant.source)
        if not noticed(place, MODULES[module]):
            survivors.append(f"{module} {mutant.name}")
            sys.stderr.write(f"survived: {survivors[-1]}\n")
    sys.stderr.write(f"{module}: {len(tried) - len(survivors)} of {len(tried)} noticed\n")
    assert len(survivors) <= (1 - NOTICED) * len(tried), "\n".join(survivors)


def test_a_mutant_is_the_module_with_one_place_changed() -> None:
    source = "def f(a: int = 1) -> int:\n    if not a < 2:\n        g(a)\n    return a + 1"
    names = [mutant.name for mutant in mutants(source)]
    assert names == [
        "f: 1 -> 2",
        "f: if not a < 2: -> if True:",
        "f: if not a < 2: -> if False:",
        "f: not a < 2 -> a < 2",
        "f: a < 2 -> a <= 2",
        "f: 2 -> 3",
        "f: g(a) -> pass",
        "f: return a + 1 -> return None",
        "f: a + 1 -> a - 1",
        "f: 1 -> 2",
    ]
    assert len({mutant.source for mutant in mutants(source)}) == 10
    assert [it.source for it in mutants(source)][4] == (
        "def f(a=1):\n    if not a <= 2:\n        g(a)\n    return a + 1"
    )


def test_every_change_that_is_said_to_change_nothing_is_one_of_the_changes() -> None:
    made = {
        f"{module} {mutant.name}"
        for module in MODULES
        for mutant in mutants((HOUSE / "loader" / f"{module}.py").read_text())
    }
    assert EQUIVALENT.keys() <= made
    assert all(EQUIVALENT.values())
