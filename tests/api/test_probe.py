"""No request that a server held whole is ever called not sent (http-outcomes, section 2).

The cases run on the Python that runs the tests, and on every other one that has the packages: found on the PATH as
python3.11 and so on, or named in PROBE_PYTHONS. To try one: python3.13 -m venv other && other/bin/pip install . &&
PROBE_PYTHONS=other/bin/python pytest tests/api/test_probe.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.probe import CASES, Expected, Verdict, wrong

HOUSE = Path(__file__).parents[2]


@pytest.mark.parametrize("case", CASES)
async def test_the_verdict_follows_from_what_the_server_really_got(case: str) -> None:
    tried, expected = CASES[case]
    assert wrong(expected, await tried()) == ""


def others() -> list[str]:
    """Other Pythons that can run the probe."""
    named = os.environ.get("PROBE_PYTHONS", "").split(os.pathsep)
    found = [shutil.which(f"python3.{minor}") for minor in (11, 12, 13) if minor != sys.version_info.minor]
    needed = "import aiohttp, asyncio_throttle, cryptography, pydantic"
    return [
        python
        for python in (*named, *found)
        if python and subprocess.run([python, "-c", needed], capture_output=True, check=False).returncode == 0
    ]


def test_every_other_python_that_has_the_packages_agrees() -> None:
    for python in others():
        done = subprocess.run([python, "-m", "tests.api.probe"], cwd=HOUSE, capture_output=True, text=True, check=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["case"] for line in lines] == list(CASES)
        assert [f"{python} {line['case']}: {line['wrong']}" for line in lines if line["wrong"]] == []


@pytest.mark.parametrize("kind", ["NotSentError", "MisdirectedError", "RejectedError", "Created"])
def test_the_probe_notices_a_held_request_that_is_called_anything_but_unanswered(kind: str) -> None:
    assert "held" in wrong(Expected((kind,)), Verdict(kind, held=1))
    assert wrong(Expected((kind,)), Verdict(kind, held=0)) == ""


def test_the_probe_notices_another_verdict_than_the_tables() -> None:
    assert wrong(Expected(("NotSentError",)), Verdict("UnansweredError")).startswith("should be NotSentError")
    assert "accepted True" in wrong(Expected(("UnansweredError",), 201, accepted=True), Verdict("UnansweredError", 201))


def test_the_probe_notices_a_token_in_an_error() -> None:
    assert "token" in wrong(Expected(("NotSentError",)), Verdict("NotSentError", leaks=True))
