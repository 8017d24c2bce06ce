"""The files of templates/container, as far as they can be examined without an engine."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from loader.nightly.schedule import Start, kubernetes

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "container"
CONTAINERFILE = (TEMPLATES / "Containerfile").read_text(encoding="utf-8")
STEPS = [(word, rest) for word, rest in re.findall(r"^([A-Z]+) (.*)$", CONTAINERFILE, re.MULTILINE) if word != "ARG"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def values_of(instruction: str) -> list[str]:
    return [rest for word, rest in STEPS if word == instruction]


def test_the_example_is_what_schedule_prints() -> None:
    start = Start(
        program=("campaign-loader",),
        arguments=("nightly", "/campaigns/incoming", "--json", "--wait", "4h", "--expect"),
        folder="/campaigns/incoming",
        working="/campaigns",
        user="",
        at=time(1, 30),
        zone=ZoneInfo("Europe/Berlin"),
    )
    printed = kubernetes(start, f"campaign-loader:{PROJECT['project']['version']}")
    assert (TEMPLATES / "cronjob.yaml").read_text(encoding="utf-8") == printed


def test_no_step_of_the_image_needs_a_shell() -> None:
    commands = [
        *values_of("RUN"),
        *values_of("CMD"),
        *values_of("ENTRYPOINT"),
        *(it.partition("CMD ")[2] for it in values_of("HEALTHCHECK")),
    ]
    assert len(commands) == 5
    for command in commands:
        first, *_ = json.loads(command)
        assert first in ("python", "/opt/campaign-loader/bin/pip", "campaign-loader", "--help")


def test_the_image_is_slim_and_starts_as_a_number_that_is_not_root() -> None:
    assert re.search(r"^ARG PYTHON=\S+:3\.\d+-slim$", CONTAINERFILE, re.MULTILINE)
    assert values_of("FROM") == ["${PYTHON} AS build", "${PYTHON}"]
    assert values_of("USER") == ["10001:10001"]
    owned = "--from=build --chown=10001:10001 /campaigns /campaigns"
    assert owned in values_of("COPY")
    assert "      runAsUser: 10001\n" in (TEMPLATES / "cronjob.yaml").read_text(encoding="utf-8")


def test_the_image_has_a_python_that_the_loader_is_tested_with_and_all_that_a_wheel_is_made_of() -> None:
    [python] = re.findall(r"python:(\S+)-slim", CONTAINERFILE)
    assert f"Programming Language :: Python :: {python}" in PROJECT["project"]["classifiers"]
    [*copied] = [it.split()[:-1] for it in values_of("COPY") if not it.startswith("--from")]
    sources = {source for each in copied for source in each}
    assert {PROJECT["project"]["readme"], "pyproject.toml", "loader"} <= sources
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["loader"]
    assert [it for it in sources if not (ROOT / it).exists()] == []
