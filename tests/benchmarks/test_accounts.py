"""Several accounts in one night: as long as one of them takes, and each at its own rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.nightly.nights import Inbox
from tests.nightly.test_batch import profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Serve
    from tests.program import Program

pytestmark = pytest.mark.benchmark
ROWS, PER_MINUTE = 100, 600


async def test_ten_accounts_take_as_long_as_one_and_keep_to_their_rates(
    serve: Serve, program: Callable[..., Program], folder: Path
) -> None:
    one = await night_of(1, serve, program, folder)
    ten = await night_of(10, serve, program, folder)
    print(f"one account: {one:.1f} s, ten: {ten:.1f} s, {ten / one:.2f} times as long")


async def night_of(accounts: int, serve: Serve, program: Callable[..., Program], folder: Path) -> float:
    """Seconds that a night with a workbook for each of so many accounts takes, from its start to its end."""
    names = [f"account{accounts}x{number}" for number in range(accounts)]
    servers = [await serve(app_id=f"st-{name}", account_id=name) for name in names]
    (folder / "loader.toml").write_text(
        "\n".join(
            profile(name, server.url, rate_per_minute=PER_MINUTE) for name, server in zip(names, servers, strict=True)
        )
    )
    box = Inbox(folder / f"incoming{accounts}")
    for name in names:
        box.put(f"{name}/sheet.xlsx", [f"{name} {number:03}" for number in range(ROWS)])
    began = time.monotonic()
    ended = await program().run("nightly", box.folder.name, "--json")
    seconds = time.monotonic() - began
    assert ended.code == 0, ended.err
    for server in servers:
        assert len(server.campaigns) == ROWS
        assert server.largest_window(6) <= PER_MINUTE / 10 + 1
    return seconds
