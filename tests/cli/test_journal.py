"""The commands about the journal itself."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from loader.storage.journal import open_journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main, MakeWorkbook


def test_a_journal_is_backed_up_by_a_command_and_never_over_another_file(
    main: Main, make_workbook: MakeWorkbook, serve_aside: Callable[..., Sandbox], folder: Path
) -> None:
    server = serve_aside()
    make_workbook(["A"])
    assert main("run", "campaigns.xlsx", "--yes", "--no-preflight", host=server.url).code == 0
    done = main("journal", "backup", "copies/april.db", "--json")
    assert (done.code, done.json) == (0, {"backup": "copies/april.db"})
    with closing(open_journal(f"sqlite:///{folder}/copies/april.db")) as copy:
        assert copy.records(f"st-demo at {server.url}")["a"].campaign_id == server.campaigns[0].id
    again = main("journal", "backup", "copies/april.db")
    assert (again.code, again.err) == (
        2,
        "campaign-loader: copies/april.db is there already: name a file that is not\n",
    )
