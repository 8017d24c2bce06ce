"""What is installed: one package, one program, and a `--help` that waits for no heavy library."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, metadata, version
from pathlib import Path

import pytest
import typer

import loader
from loader.__main__ import main
from loader.cli.main import app

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = typer.main.get_group(app).commands
HEAVY = ("pandas", "numpy", "sqlalchemy", "aiohttp", "openpyxl", "pydantic", "jwt", "asyncio", "structlog")


def test_what_is_installed_is_this_project() -> None:
    assert version("campaign-loader") == PROJECT["version"]
    assert metadata("campaign-loader")["Requires-Python"] == PROJECT["requires-python"] == ">=3.11"
    assert metadata("campaign-loader")["Description-Content-Type"] == "text/markdown"


def test_the_version_is_the_one_that_the_changelog_tells_of_first() -> None:
    changelog = (Path(loader.__file__).parent / "docs" / "changelog.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\d+\.\d+\.\d+)\b", changelog, re.MULTILINE)
    assert first
    assert first[1] == PROJECT["version"]


def test_version_python_and_platform_are_reported_in_one_line() -> None:
    ended = subprocess.run([sys.executable, "-m", "loader", "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout == (
        f"campaign-loader {version('campaign-loader')}, "
        f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()}\n"
    )


def test_it_is_said_to_run_on_python_3_11_to_3_13() -> None:
    named = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert named == ["3.11", "3.12", "3.13"]


def test_the_program_is_the_command_line() -> None:
    assert EntryPoint("campaign-loader", PROJECT["scripts"]["campaign-loader"], "console_scripts").load() is main


def test_type_checkers_learn_that_it_is_typed() -> None:
    assert Path(loader.__file__).with_name("py.typed").exists()


def test_it_runs_as_a_module() -> None:
    ended = subprocess.run([sys.executable, "-m", "loader", "--help"], capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("Usage: python -m loader")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda words: "".join(words) or "none")
def test_help_loads_no_heavy_library(command: list[str]) -> None:
    told = (
        "import sys\n"
        "from loader.cli.main import app\n"
        "try:\n"
        f"    app({[*command, '--help']!r})\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code\n"
        f"print('loaded:', *(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "Usage:" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "loaded:"


def test_checking_a_sheet_loads_nothing_that_sends_or_signs() -> None:
    told = (
        "import sys\n"
        "from loader.cli.main import app\n"
        "try:\n"
        f"    app(['check', {str(ROOT / 'templates' / 'example.xlsx')!r}])\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code\n"
        "print('loaded:', *(name for name in ('aiohttp', 'jwt', 'openpyxl', 'loader.api.v1') if name in sys.modules))\n"
    )
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert "25 valid, 0 invalid" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "loaded:"
