"""What is written for those who change the project fits the project."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.docs.pages import ROOT, blocks

CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECURITY = (ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")
PRE_COMMIT = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_every_file_and_folder_of_the_map_is_there() -> None:
    named = re.findall(r"`((?:loader|tests|\.ci)/[^`]*|README\.md|pyproject\.toml)`", CONTRIBUTING)
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_map_has_every_package() -> None:
    packages = {path.parent.name for path in (ROOT / "loader").glob("*/*.*") if path.suffix in (".py", ".md")}
    assert packages - set(re.findall(r"`loader/(\w+)`", CONTRIBUTING)) == set()


def test_the_quick_checks_before_a_commit_are_those_of_the_project() -> None:
    hooks = [hook for repo in yaml.safe_load(PRE_COMMIT)["repos"] for hook in repo["hooks"]]
    assert [hook["entry"] for hook in hooks] == [
        "ruff format --check",
        "ruff check",
        "mypy",
        "pytest -q tests/test_house.py",
    ]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(hook["entry"].split(" -")[0] in script for hook in hooks)


def test_they_come_from_nowhere_but_this_machine() -> None:
    assert {repo["repo"] for repo in yaml.safe_load(PRE_COMMIT)["repos"]} == {"local"}
    assert "://" not in PRE_COMMIT


@pytest.mark.parametrize("text", [CONTRIBUTING, SECURITY])
def test_they_name_no_host_and_no_path_of_ours(text: str) -> None:
    assert not re.findall(r"https?://\w", text)
    assert not re.findall(r"/(?:home|root|usr|work|tmp|opt)/", text)


def test_whoever_sets_up_as_documented_has_the_tests_of_the_readme() -> None:
    [setup, *_] = blocks(CONTRIBUTING, "sh")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert setup.strip() in readme
