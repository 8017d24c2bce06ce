"""The tests of the modules that keep the promise notice a change of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.mutation.modules import EQUIVALENT, HOUSE, MODULES
from tests.mutation.mutants import mutants

NOTICED = 0.95


@pytest.mark.mutation
@pytest.mark.parametrize("module", MODULES)
def test_the_tests_of_a_module_notice_a_change_of_it(module: str) -> None:
    # in a process of its own, which has neither threads nor an event loop when it forks
    process = subprocess.run(
        [sys.executable, "-m", "tests.mutation", module],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    told = process.stdout.splitlines()[-1] if process.stdout else ""
    sys.stderr.write(f"{process.stdout}\n")
    noticed, tried = (int(word) for word in told.split() if word.isdigit())
    assert noticed >= NOTICED * tried > 0, process.stdout


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
        "f: 1 -> 2 (2)",
    ]
    assert len({mutant.source for mutant in mutants(source)}) == 10
    assert [it.source for it in mutants(source)][4] == (
        "def f(a=1):\n    if not a <= 2:\n        g(a)\n    return a + 1"
    )


def test_every_change_that_is_said_to_change_nothing_is_one_of_the_changes() -> None:
    for module, reasons in EQUIVALENT.items():
        made = {mutant.name for mutant in mutants((HOUSE / "loader" / f"{module}.py").read_text())}
        assert reasons.keys() <= made
        assert all(reasons.values())
