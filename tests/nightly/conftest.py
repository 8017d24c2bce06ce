"""What tests of a night share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import account_at
from tests.nightly.nights import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def inbox(folder: Path, monkeypatch: pytest.MonkeyPatch, _hurried: None) -> Callable[..., Inbox]:
    """A folder for the account at a host."""

    def made(host: str = "http://127.0.0.1:9", **environment: str) -> Inbox:
        for name, value in {**account_at(host), "LOADER_PATIENCE_SECONDS": "2", **environment}.items():
            monkeypatch.setenv(name, value)
        (folder / "inbox").mkdir()
        return Inbox(Path("inbox"))

    return made
