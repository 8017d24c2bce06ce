"""The demonstration: a whole load run without credentials, as the README shows it, and nothing left behind."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import loader.cli.demo
from tests.docs.pages import README, blocks
from tests.sheets import read_results

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Main


def test_the_demonstration_accounts_for_every_row_though_three_meet_a_fault_and_prints_what_the_readme_shows(
    main: Main, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for name in ("KORE_HOST", "KORE_APP_ID", "LOADER_TIMEOUT_SECONDS"):  # whatever is set is not the demonstration's
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("LOADER_JOURNAL", "sqlite:///not-mine.db")
    assert 25 / loader.cli.demo._PER_MINUTE * 60 < 10  # seconds of sending, which need not pass here
    monkeypatch.setattr(loader.cli.demo, "_PER_MINUTE", 6000)
    before = set(Path(tempfile.gettempdir()).iterdir())
    done = main("demo")
    assert done.code == 0
    assert shape(done.out) == shape(next(blocks(README, "text")))
    first, *_, last = done.out.splitlines()
    assert first == "25 rows of example.xlsx: 25 created"
    assert "limit reached, going on in 2 s" in done.err
    results = read_results(folder / last.removeprefix("Results: "), title="Campaigns")
    assert Counter(it["Status"] for it in results) == {"Created": 25}
    assert {it["Campaign status"] for it in results} == {"Ready"}
    told = [it["Message"] for it in results if it["Message"]]
    assert told == ["the answer was lost; the campaign was found in the campaign list"]
    assert sorted(it["Attempts"] for it in results)[-2:] == [2, 2]
    assert {path.name for path in folder.iterdir()} == {"output"}
    assert set(Path(tempfile.gettempdir()).iterdir()) == before


def shape(text: str) -> str:
    """A text without what differs from run to run."""
    text = re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "RUN", text)
    return re.sub(r"\d+ requests in \d+ s", "N requests in N s", re.sub(r"\d{8}T\d{6}Z", "TIME", text))
