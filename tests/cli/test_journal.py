"""The commands about the journal itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loader.model.records import Run
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


def test_the_journal_tells_its_size_and_what_is_in_it(
    main: Main, make_workbook: MakeWorkbook, serve_aside: Callable[..., Sandbox], folder: Path
) -> None:
    server = serve_aside()
    assert main("journal", "stats", "--json").json["first_run"] is None
    make_workbook(["A", "B"])
    assert main("run", "campaigns.xlsx", "--yes", "--no-preflight", host=server.url).code == 0
    told = main("journal", "stats", "--json").json
    assert (told["campaigns"], told["runs"], told["unused_bytes"] < 20_000) == (2, 1, True)
    assert told["bytes"] == (folder / "output" / "journal.db").stat().st_size
    assert "campaigns     2\n" in main("journal", "stats").out


def test_room_that_is_not_used_goes_back_to_the_disk_and_nothing_is_forgotten(main: Main, folder: Path) -> None:
    run = Run("r1", "acc at h", "app at h", "kim", 1, "a.xlsx", "d2", {}, datetime(2026, 4, 1, tzinfo=UTC))
    with closing(open_journal(f"sqlite:///{folder}/output/journal.db")) as journal, journal.carrying_out(run, b"PK"):
        pass
    with closing(sqlite3.connect(folder / "output" / "journal.db")) as database:
        database.execute("INSERT INTO workbook VALUES ('d1', zeroblob(300000))")
        database.commit()
        database.execute("DELETE FROM workbook WHERE digest = 'd1'")
        database.commit()
    assert main("journal", "stats", "--json").json["unused_bytes"] > 290_000
    done = main("journal", "vacuum", "--json")
    assert (done.code, done.json["bytes"]) == (0, (folder / "output" / "journal.db").stat().st_size)
    assert done.json["bytes"] <= done.json["bytes_before"] - 290_000
    with closing(open_journal(f"sqlite:///{folder}/output/journal.db")) as journal:
        assert journal.workbook("d2") == b"PK"


def test_a_journal_that_a_run_is_writing_to_is_not_made_smaller(main: Main, folder: Path) -> None:
    run = Run("r1", "acc at h", "app at h", "kim", 1, "a.xlsx", "d1", {}, datetime(2026, 4, 1, tzinfo=UTC))
    with closing(open_journal(f"sqlite:///{folder}/output/journal.db")) as journal, journal.carrying_out(run, b"PK"):
        done = main("journal", "vacuum")
    assert done.code == 7
    assert "is running; make the journal smaller when it has ended" in done.err
