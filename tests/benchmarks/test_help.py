"""`--help` of every command against `import pandas`; it should take a third of that at most."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import typer

from loader.cli.main import app
from tests.benchmarks.processes import LOADER, in_turns

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 7


@pytest.mark.benchmark
def test_help_against_import_pandas(tmp_path: Path) -> None:
    commands = typer.main.get_group(app).commands
    helps = {name: [*LOADER, name, "--help"] for name in commands}
    taken = in_turns(
        {"--help": [*LOADER, "--help"], **helps, "import pandas": [sys.executable, "-c", "import pandas"]},
        cwd=tmp_path,
        rounds=ROUNDS,
    )
    pandas = taken.pop("import pandas").seconds
    slowest = max(taken, key=lambda name: taken[name].seconds)
    print(f"\n--help, whole processes, against import pandas ({pandas:.2f} s):")
    print(f"  --help {taken['--help'].seconds:.2f} s, {taken['--help'].seconds / pandas:.2f} of it")
    print(f"  slowest: {slowest} {taken[slowest].seconds:.2f} s, {taken[slowest].seconds / pandas:.2f} of it")
